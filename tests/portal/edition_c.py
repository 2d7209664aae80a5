#!/usr/bin/env python3
"""A CRM of the third edition: as the second, but a purchase is 200 when all is done and 202, with
what the customer must do, when it is not."""

import time

from portal import main

GATEWAY = "/crm-gateway/v2/rmg/v1/entitlements"
TPES = "/tpes/v1/operator/entitlements"
DATES = {"validFrom": "2025-09-01T13:47:59.228Z", "expiryDate": "2035-09-01T13:47:59.228Z"}


def buy(portal, door, account, product, status):
    return portal.call("POST", door, {"productType": "THIRDPARTY", "productId": product,
                                      "accountId": account} | DATES, wanted=(status,))


def run(portal):
    account = portal.account(f"c-{time.time_ns()}")
    for door in (GATEWAY, TPES):
        ready = buy(portal, door, account, "BANGO_US_MUSIC_PREMIUM", 200)
        waits = buy(portal, door, account, "BANGO_US_MUSIC", 202)
        assert "parameters" not in ready and ready["_id"] == ready["entitlementId"]
        assert waits["responseCode"] == "202"
        assert waits["parameters"]["action"] == "NAVIGATE_TO_URL"
        # The customer let the link expire; the same purchase again gives a fresh one.
        again = buy(portal, door, account, "BANGO_US_MUSIC", 202)
        assert again["_id"] == waits["_id"]
        portal.activate(again["parameters"]["url"])
        portal.until("the status", lambda: portal.listed(account).get("BANGO_US_MUSIC"), "ACTIVE")
        for one in (ready, waits):
            portal.call("POST", f"{TPES}/{one['_id']}/actions/suspend", wanted=(200, 202))
            portal.call("PUT", f"{GATEWAY}/{one['_id']}", {"status": "ACTIVE"}, wanted=(200, 202))
            portal.call("POST", f"{TPES}/{one['_id']}/actions/cancel", {
                "cancelReasonCategory": "CUSTOMER_CHANGED",
                "cancelReasonCode": "CUSTOMER_CANCELLED_BUNDLE"}, wanted=(200, 202))
        portal.until("the statuses", lambda: set(portal.listed(account).values()), {"CANCELLED"})


if __name__ == "__main__":
    main(run)
