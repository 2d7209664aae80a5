"""What can come of taking over what both sides have: its arguments, and each row's result."""

import uuid

from calls import LONG
from bulks import see
from program import until
from samples import MONTHLY, MUSIC, row_to_import
from world import Request, basic

RECORDED = {"outcome", "status", "partnerStatus", "agreed"}
REFUSED = {"outcome", "errorCode", "message"}


def arguments(portal):
    row = row_to_import("nothing", "nobody", productId="NOTHING")
    sample = portal.imports(row)
    portal.expect(200, sample, "admin")
    portal.expect(40011, sample.without("rows"), "admin")
    portal.expect(40011, sample.without("reason"), "admin")
    portal.expect(40011, sample.having(dryRun=False, reason=None), "admin")
    for wrong in ({"rows": row}, {"rows": [row, "x"]}, {"reason": 5}, {"dryRun": "yes"}):
        portal.expect(40012, sample.having(**wrong), "admin")
    for wrong in ({"rows": []}, {"rows": [row] * 501}, {"reason": "x" * 501}, {"reason": ""}):
        portal.expect(40013, sample.having(**wrong), "admin")
    portal.expect(40013, sample.having(dryRun=True, reason="x" * 501), "admin")
    for good in ({"rows": [row] * 500}, {"dryRun": True, "reason": None}, {"dryRun": None},
                 {"dryRun": True, "reason": ""}, {"more": "ignored"}):
        portal.expect(200, sample.having(**good), "admin")


def results(portal, *rows, **more):
    return portal.expect(200, portal.imports(*rows, **more), "admin").json["results"]


def new_row(portal, **more):
    """Of an account that is not there."""
    name = portal.world.new_name("taken")
    return row_to_import(name, name, **more)


def refusals(portal):
    """Each for a reason of its own, and the row behind them goes on."""
    mine = portal.bought()
    record = portal.expect(200, portal.reading(mine)).json
    gone, ended = portal.new_account(), portal.new_account()
    portal.expect(200, portal.samples("some", gone)["deleteAccount"][1])
    portal.expect(200, portal.account_change(ended, "CANCELLED"))
    wrong = [({name: None}, 40011) for name in row_to_import("some", "some")]
    wrong += [({name: 5}, 40012) for name in (*row_to_import("some", "some"), "customerId",
                                              "created", "validFrom", "expiryDate")]
    wrong += [({name: "a b"}, 40014) for name in ("entitlementId", "accountId", "productId")]
    wrong += [({name: "yesterday"}, 40015) for name in ("created", "validFrom", "expiryDate")]
    wrong += [({name: LONG}, 40013) for name in ("partnerEntitlementId", "customerId")]
    wrong += [({"status": status}, 40013) for status in ("CANCELLED", "REVOKED", "UNSUBSCRIBED")]
    wrong += [({"partnerEntitlementId": ""}, 40013), ({"status": "OPEN"}, 40004),
              ({"status": "active"}, 40004), ({"productId": "NOTHING"}, 40034),
              ({"accountId": gone}, 40033), ({"accountId": ended}, 40035),
              ({"entitlementId": mine}, 40036), ({"accountId": record["accountId"]}, 40037),
              ({"partnerEntitlementId": record["partnerEntitlementId"]}, 40059),
              ({"created": "2999-01-01T00:00:00Z"}, 40013),
              ({"validFrom": "2026-02-01T00:00:00Z", "expiryDate": "2026-01-01T00:00:00Z"}, 40016)]
    good = new_row(portal)
    for more in ({"dryRun": True}, {}):
        came = results(portal, *(new_row(portal) | fields for fields, _ in wrong), good, **more)
        for (fields, code), result in zip(wrong, came):
            see(portal, f"a row with {str(fields)[:100]}", (set(result), result.get("errorCode")),
                (REFUSED, code))
        see(portal, "the row behind them", came[-1]["outcome"], "imported")
    for code, text in ((40037, mine), (40059, mine), (40013, "status")):
        see(portal, f"whether {code} names {text}", any(
            text in result["message"] for result in came if result.get("errorCode") == code), True)
    see(portal, "what was there", portal.expect(200, portal.reading(mine)).json, record)


def at_partner(portal, account):
    """The id of one that somebody else has created there, in our customer's name."""
    request = Request("POST", "/bango/v1/entitlement", {
        "Authorization": basic("usher", "usher"), "Content-Type": "application/json",
        "X-RequestIdentifier": str(uuid.uuid4())})
    request = request.with_json({"customerIdentifier": f"demo-{account}",
                                 "merchantAccountKey": "BANGO_US", "productKey": "MUSIC_PREMIUM"})
    return portal.world.exchange(portal.started, "sandbox", request.wire(),
                                 "POST").json["entitlementId"]


def settled(portal, what, row, wanted):
    """Sent again until it stands so; `wanted` is what the result must have."""
    def again():
        result = results(portal, row)[0]
        return result if wanted.items() <= result.items() else None
    result = until(what, again)
    see(portal, what, result["outcome"], "unchanged")
    return result


def taken_over(portal):
    """One that the partner has; it is not asked before it may be."""
    row = new_row(portal, status="SUSPENDED", created="2026-01-01T00:00:00Z", validFrom=None)
    there = at_partner(portal, row["accountId"])
    calls = len(portal.world.sandbox_call(portal.started, "GET", "/sandbox/partner/calls"))
    hold = {"kind": "paused", "merchant": "BANGO_US", "reason": "a test"}
    portal.expect(201, portal.administer("/admin/v1/holds", hold), "admin")
    see(portal, "what would be", results(portal, row, dryRun=True),
        [{"outcome": "imported", "accountIsNew": True}])
    portal.expect(40403, portal.reading(row["entitlementId"]))
    portal.expect(40404, portal.account_read(row["accountId"]))
    open_yet = {"status": "SUSPENDED", "partnerStatus": "UNKNOWN", "agreed": False}
    see(portal, "what is", results(portal, row),
        [{"outcome": "imported", "accountIsNew": True} | open_yet])
    for more in ({}, {"dryRun": True}):
        see(portal, "the same again", results(portal, row, **more),
            [{"outcome": "unchanged"} | open_yet])
    right = row | {"partnerEntitlementId": there}
    see(portal, "what would be right", results(portal, right, dryRun=True),
        [{"outcome": "imported"}])
    see(portal, "the right id", results(portal, right), [{"outcome": "imported"} | open_yet])
    portal.expect(200, portal.account_read(row["accountId"]))
    portal.expect(200, portal.administer("/admin/v1/holds/lift", hold), "admin")
    result = settled(portal, "the partner's word", right, {"agreed": True})
    see(portal, "the partner's word", result, {
        "outcome": "unchanged", "status": "ACTIVE", "partnerStatus": "ACTIVE", "agreed": True})
    record = portal.expect(200, portal.reading(row["entitlementId"])).json
    see(portal, "the record", (record["status"], record["partnerEntitlementId"]),
        ("ACTIVE", there))
    for wrong, code in ((row, 40036), (right | {"productId": MUSIC}, 40036),
                        (right | {"accountId": "other"}, 40036),
                        (new_row(portal, partnerEntitlementId=there), 40059)):
        see(portal, "another one in its place", results(portal, wrong)[0].get("errorCode"), code)
    portal.expect(200, portal.explanation(row["entitlementId"]), "admin")
    sent = portal.world.sandbox_call(portal.started, "GET", "/sandbox/partner/calls")[calls:]
    see(portal, "what was sent", {call["method"] for call in sent}, {"GET"})
    # It is an entitlement like any other.
    portal.expect(200, portal.update(row["entitlementId"], "SUSPENDED"))


def not_known(portal):
    """What the partner does not have is told, and may be in another state each time."""
    row = new_row(portal, productId=MONTHLY, customerId="somebody", status="SUBSCRIBED",
                  validFrom="2026-09-01T13:47:59.228Z", expiryDate="2036-09-01T13:47:59.228Z")
    see(portal, "a made-up id", set(results(portal, row)[0]), RECORDED | {"accountIsNew"})

    def again():
        result = results(portal, row)[0]
        return result if "problem" in result else None
    result = until("the partner's answer", again)
    see(portal, "what it does not know", (set(result), result["agreed"], result["outcome"]),
        (RECORDED | {"problem"}, False, "unchanged"))


def provoke(portal):
    arguments(portal)
    refusals(portal)
    taken_over(portal)
    not_known(portal)
