#!/usr/bin/env python3
"""A self-care portal of the first edition: one update of the status for everything, TPES for the
rest. Its pages: purchase (201), update, TPES cancel and suspend, recover, activationinfo, list,
deletion of one and of an account's."""

import time

from portal import main

GATEWAY = "/crm-gateway/v2/rmg/v1/entitlements"
TPES = "/tpes/v1/operator/entitlements"
COUNTS = {"matchedCount": 1, "modifiedCount": 1}


def buy(portal, account, product, **more):
    return portal.call("POST", GATEWAY, {"productType": "THIRDPARTY", "productId": product,
                                         "accountId": account, "status": "PENDING"} | more,
                       wanted=(201,))


def run(portal):
    portal.call("PUT", "/cpm/commercial/v1/products", {
        "type": "thirdParty", "name": "Music", "providerId": "BANGO_US",
        "providerResourceId": "MUSIC"}, wanted=(201,))
    account = portal.account(f"a-{time.time_ns()}")

    # The customer must activate; the link may have expired by then.
    bought = buy(portal, account, "BANGO_US_MUSIC", reasonCode="SALE", reasonCategory="WEB")
    fresh = portal.call("GET", f"{TPES}/{bought['_id']}/activationinfo")
    assert fresh["entitlementId"] == bought["_id"] and fresh["responseCode"] == "200"
    assert fresh["parameters"]["action"] == "NAVIGATE_TO_URL" and fresh["parameters"]["urlExpiry"]
    portal.activate(fresh["parameters"]["url"])
    portal.until("the status", lambda: portal.listed(account), {"BANGO_US_MUSIC": "ACTIVE"})

    # Forgotten user name.
    assert portal.call("POST", f"{TPES}/{bought['_id']}/actions/recover")["recoveryUrl"]

    # Every change is one call.
    for status in ("SUSPENDED", "ACTIVE"):
        portal.expect(COUNTS, portal.call("PUT", f"{GATEWAY}/{bought['_id']}", {
            "status": status, "productId": "BANGO_US_MUSIC", "accountId": account,
            "productType": "THIRDPARTY", "reasonCode": "UNPAID", "reasonCategory": "BILLING"}))
    portal.expect(COUNTS, portal.call("PUT", f"{GATEWAY}/{bought['_id']}",
                                      {"status": "CANCELLED"}))
    portal.until("the status", lambda: portal.listed(account), {"BANGO_US_MUSIC": "CANCELLED"})

    # The same by TPES.
    other = buy(portal, account, "BANGO_US_MUSIC_PREMIUM")["_id"]
    portal.call("POST", f"{TPES}/{other}/actions/suspend", wanted=(200, 202))
    portal.call("POST", f"{TPES}/{other}/actions/cancel", {
        "cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "NOT_RENEWED"},
        wanted=(200, 202))

    portal.expect({"deletedCount": 1}, portal.call("DELETE", f"{GATEWAY}/{other}"))
    buy(portal, account, "BANGO_US_MUSIC_MONTHLY")
    portal.expect({"deletedCount": 2}, portal.call("DELETE", f"{GATEWAY}/account/{account}"))
    portal.expect({}, portal.listed(account))


if __name__ == "__main__":
    main(run)
