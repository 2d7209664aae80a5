#!/usr/bin/env python3
"""A CRM of the second edition, with and without SSP: a page for each action, dates at the purchase,
reasons with every end. Its purchase is answered 200."""

import time

from portal import main

GATEWAY = "/crm-gateway/v2/rmg/v1/entitlements"
TPES = "/tpes/v1/operator/entitlements"
COUNTS = {"matchedCount": 1, "modifiedCount": 1}
DATES = {"validFrom": "2025-09-01T13:47:59.228Z", "expiryDate": "2035-09-01T13:47:59.228Z"}
REASON = {"cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "CHANGED_SERVICE"}


def buy(portal, door, account, product):
    return portal.call("POST", door, {"productType": "THIRDPARTY", "productId": product,
                                      "accountId": account} | DATES)


def with_ssp(portal, account):
    entitlement = buy(portal, GATEWAY, account, "BANGO_US_MUSIC_PREMIUM")["_id"]
    portal.expect(COUNTS, portal.call("PUT", f"{GATEWAY}/{entitlement}", {"status": "SUSPENDED"}))
    portal.expect(COUNTS, portal.call("PUT", f"{GATEWAY}/{entitlement}", {"status": "ACTIVE"},
                                      wanted=(200, 202)))
    # The page says POST in its text and PUT in its example.
    portal.expect(COUNTS, portal.call("POST", f"{GATEWAY}/{entitlement}",
                                      {"status": "CANCELLED"} | REASON))
    second = buy(portal, GATEWAY, account, "BANGO_US_MUSIC_PREMIUM")["_id"]
    assert second != entitlement
    portal.expect(COUNTS, portal.call("PUT", f"{GATEWAY}/{second}", {
        "status": "REVOKED", "cancelReasonCategory": "REVOKED", "cancelReasonCode": "FRAUD"}))
    portal.expect({"deletedCount": 1}, portal.call("DELETE", f"{GATEWAY}/{second}"))


def without_ssp(portal, account):
    bought = buy(portal, TPES, account, "BANGO_US_MUSIC")
    entitlement = bought["entitlementId"]
    fresh = portal.call("GET", f"{TPES}/{entitlement}/activationinfo")
    portal.activate(fresh["parameters"]["url"])
    portal.until("the status", lambda: portal.listed(account).get("BANGO_US_MUSIC"), "ACTIVE")
    assert portal.call("POST", f"{TPES}/{entitlement}/actions/recover")["recoveryUrl"]
    portal.call("POST", f"{TPES}/{entitlement}/actions/suspend", wanted=(200, 202))
    portal.call("POST", f"{TPES}/{entitlement}/actions/resume", {"productId": "BANGO_US_MUSIC"},
                wanted=(200, 202))
    # PUT in the text, POST in the example.
    portal.call("PUT", f"{TPES}/{entitlement}/actions/cancel",
                REASON | {"cancelReasonDescription": "moved to another offer"}, wanted=(200, 202))
    last = buy(portal, TPES, account, "BANGO_US_MUSIC_MONTHLY")["entitlementId"]
    portal.call("POST", f"{TPES}/{last}/actions/revoke", {
        "cancelReasonCategory": "REVOKED", "cancelReasonCode": "ACCOUNT_TERMINATED"},
        wanted=(200, 202))
    portal.until("the statuses", lambda: portal.listed(account), {
        "BANGO_US_MUSIC_PREMIUM": "CANCELLED", "BANGO_US_MUSIC": "CANCELLED",
        "BANGO_US_MUSIC_MONTHLY": "REVOKED"})


def run(portal):
    account = portal.account(f"b-{time.time_ns()}")
    with_ssp(portal, account)
    without_ssp(portal, account)


if __name__ == "__main__":
    main(run)
