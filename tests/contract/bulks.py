"""What can come of a file of changes: its arguments, its turns, its guard, its rows."""

import threading

from calls import LONG
from program import until
from samples import MONTHLY, MUSIC

ROW = {"entitlementId": "some", "status": "ACTIVE"}


def arguments(portal):
    sample = portal.bulk()
    portal.expect(201, sample, "admin")
    portal.expect(40011, sample.without("file"), "admin")
    portal.expect(40012, sample.having(rows=-1), "admin")
    portal.expect(40012, sample.having(token=5), "admin")
    for wrong in ({"file": LONG}, {"sha256": "x"}, {"rows": 0}, {"rows": 1000001},
                  {"token": "x" * 65}):
        portal.expect(40013, sample.having(**wrong), "admin")
    portal.expect(40058, sample.having(token="another"), "admin")
    bulk = portal.begun()
    for page in (portal.bulk_look, portal.bulk_rows):
        sample = page(bulk, ROW)
        portal.expect(40011, sample.without("from"), "admin")
        portal.expect(40011, sample.without("rows"), "admin")
        for wrong in ({"from": -1}, {"from": "first"}, {"rows": ROW}, {"rows": [ROW, "x"]}):
            portal.expect(40012, sample.having(**wrong), "admin")
        for wrong in ([], [ROW] * 501):
            portal.expect(40013, sample.having(rows=wrong), "admin")
    sample = portal.bulk_start(bulk)
    portal.expect(40011, sample.without("reason"), "admin")
    portal.expect(40012, sample.having(reason=5), "admin")
    portal.expect(40013, sample.having(reason="x" * 501), "admin")
    portal.expect(40013, sample.having(token="x" * 65), "admin")
    portal.expect(40058, sample.having(token="another"), "admin")


def turns(portal):
    """What comes before its turn, or after."""
    bulk = portal.begun(2)
    for ask in (portal.bulk_rows(bulk, ROW), portal.bulk_start(bulk),
                portal.bulk_look(bulk, ROW, begin=1), portal.bulk_look(bulk, ROW, ROW, ROW)):
        portal.expect(40903, ask, "admin")
    portal.expect(200, portal.bulk_look(bulk, ROW), "admin")
    portal.expect(40903, portal.bulk_start(bulk), "admin")
    portal.expect(200, portal.bulk_look(bulk, ROW, begin=1), "admin")
    portal.expect(40903, portal.bulk_rows(bulk, ROW), "admin")
    portal.expect(200, portal.bulk_start(bulk), "admin")
    portal.expect(200, portal.bulk_start(bulk), "admin")
    portal.expect(40903, portal.bulk_look(bulk, ROW), "admin")
    portal.expect(40903, portal.bulk_rows(bulk, ROW, begin=1), "admin")
    portal.expect(40903, portal.bulk_rows(bulk, ROW, ROW, ROW), "admin")
    portal.expect(200, portal.bulk_rows(bulk, ROW, ROW), "admin")
    portal.expect(200, portal.bulk_rows(bulk, ROW), "admin")
    portal.expect(40903, portal.bulk_start(bulk), "admin")
    portal.expect(40407, portal.bulk_read("nothing"), "admin")


def see(portal, what, got, wanted):
    if got != wanted:
        portal.world.misses.append(f"{what}: {got}, not {wanted}")


def outcomes(answer):
    return [result["outcome"] for result in answer.json["results"]]


def whole(portal):
    """One that needs its token, in two pages."""
    holder = portal.new_account()
    one, two, kept = portal.bought(), portal.bought(), portal.bought()
    portal.bought(account=holder)
    first = [{"entitlementId": one, "status": "SUSPENDED", "reasonCode": "because"},
             {"action": "change-product", "entitlementId": two, "productId": MONTHLY},
             {"action": "status", "entitlementId": kept, "status": "ACTIVE", "productId": None}]
    second = [{"action": "delete-of-account", "accountId": holder},
              {"action": "purchase", "accountId": portal.new_account(), "productId": MUSIC},
              {"action": "add-account", "accountId": portal.world.new_name("added")},
              {"action": "end", "entitlementId": kept}, {"entitlementId": 5},
              {"entitlementId": kept, "colour": "red"}, {"entitlementId": "nothing"}]
    wanted = [["changed", "changed", "unchanged"], ["changed"] * 3 + ["refused"] * 4]
    sample = portal.bulk(len(first + second))
    bulk = portal.expect(201, sample, "admin").json["bulkId"]
    came = portal.expect(200, portal.bulk_look(bulk, *first), "admin")
    see(portal, "a look", (outcomes(came), "token" in came.json), (wanted[0], False))
    came = portal.expect(200, portal.bulk_look(bulk, *second, begin=3), "admin")
    see(portal, "a look's end", outcomes(came), wanted[1])
    token = came.json["token"]
    portal.expect(40902, portal.bulk_start(bulk), "admin")
    portal.expect(40058, portal.bulk_start(bulk, token="another"), "admin")
    see(portal, "a bulk by its token", portal.expect(
        201, sample.having(token=token), "admin").json["state"], "looked")
    portal.expect(200, portal.bulk_start(bulk, token=token), "admin")
    see(portal, "a bulk by its file", portal.expect(201, sample, "admin").json["bulkId"], bulk)
    portal.expect(200, portal.bulk_read(bulk), "admin")
    for rows, begin, these in ((first, 0, wanted[0]), (second, 3, wanted[1])):
        request = portal.bulk_rows(bulk, *rows, begin=begin)
        came = portal.expect(200, request, "admin")
        see(portal, "what was carried out", outcomes(came), these)
        see(portal, "a repeat", portal.expect(200, request, "admin").json, came.json)
    see(portal, "the whole", came.json["bulk"]["state"], "done")
    portal.expect(40058, portal.bulk_start(bulk, token=token), "admin")
    portal.expect(40058, sample.having(token=token), "admin")
    portal.expect(200, portal.bulk_read(bulk), "admin")
    portal.expect(200, portal.bulks(), "admin")


def stopped(portal):
    """Rows that would end more than the look has foreseen."""
    kept = portal.bought()
    bulk = portal.begun()
    row = {"entitlementId": kept, "status": "ACTIVE"}
    portal.expect(200, portal.bulk_look(bulk, row), "admin")
    portal.expect(200, portal.bulk_start(bulk), "admin")
    worse = portal.bulk_rows(bulk, row | {"status": "CANCELLED"})
    portal.expect(40902, worse, "admin")
    portal.expect(40903, worse, "admin")
    see(portal, "a bulk", portal.expect(200, portal.bulk_read(bulk), "admin").json["state"],
        "stopped")
    see(portal, "what was to be ended", portal.expect(200, portal.reading(kept)).json["status"],
        "ACTIVE")


def under_way(portal):
    """Two send the same rows at once."""
    row = {"entitlementId": portal.bought(), "status": "SUSPENDED"}
    bulk = portal.started_bulk(row)
    portal.faults({"action": "suspend", "effect": "delay", "delay_ms": 1000})
    request, answers = portal.bulk_rows(bulk, row), []

    def send():
        answers.append(portal.world.send(portal.started, request, "admin"))
    other = threading.Thread(target=send)
    other.start()
    until("the other's rows to be let through", lambda: portal.world.send(
        portal.started, portal.bulk_read(bulk), "admin").json["run"]["ends"] == 1)
    send()
    other.join()
    portal.faults()
    see(portal, "two at once", sorted(answer.json.get("errorCode", answer.status)
                                      for answer in answers), [200, 40901])
    until("the answer of the first", lambda: portal.world.send(
        portal.started, request, "admin").status == 200)


def of_one_subject(portal, another):
    """Whoever else may act for the tenant sees it in the list alone."""
    bulk = portal.begun()
    for ask in (another.bulk_read(bulk), another.bulk_look(bulk, ROW), another.bulk_start(bulk),
                another.bulk_rows(bulk, ROW)):
        portal.expect(40407, ask, "admin")
    listed = portal.expect(200, another.bulks(), "admin").json["bulks"]
    see(portal, "another's list", [one["bulkId"] for one in listed], [bulk])


def provoke(portal):
    arguments(portal)
    turns(portal)
    whole(portal)
    stopped(portal)
    under_way(portal)
