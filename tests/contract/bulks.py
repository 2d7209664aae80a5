"""What can come of a file of changes: its arguments, its turns, its guard, its rows."""

import threading

from calls import LONG
from program import until
from samples import MONTHLY, MUSIC, PREMIUM

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


def one_turn(portal):
    """A row that was refused is never carried out, and no other row in its place."""
    later, kept, name = portal.world.new_name("later"), portal.bought(), portal.new_account()
    row = {"action": "delete", "entitlementId": later}
    other = {"entitlementId": kept, "status": "CANCELLED", "reasonCode": "because"}
    last = {"action": "account-status", "accountId": name, "status": "RESTRICTED"}
    bulk = portal.started_bulk(row, last)

    def sent_again(rows, wanted, begin=0):
        came = portal.expect(200, portal.bulk_rows(bulk, *rows, begin=begin), "admin").json
        see(portal, "a row sent again", [one.get("errorCode", one["outcome"])
                                         for one in came["results"]], wanted)
        return came["bulk"]["run"]
    first = sent_again([row], [40403])
    portal.expect(201, portal.purchase(portal.new_account(), _id=later))
    see(portal, "a run", sent_again([row], [40903]), first)
    see(portal, "a run", sent_again([other], [40903]), first)
    see(portal, "a run", sent_again([row | {"entitlementId": "nothing"}], [40403]), first)
    whole = sent_again([row, last], [40903, "changed"])
    for rows, wanted, begin in (([row, last], [40903, "changed"], 0), ([other], [40903], 0),
                                ([other], [42201], 1)):
        see(portal, "a run", sent_again(rows, wanted, begin), whole)
    for one in (later, kept):
        see(portal, "what was refused", portal.expect(200, portal.reading(one)).json.get("status"),
            "ACTIVE")


def ended_before(portal):
    """What is suspended already is not lost once more."""
    one = portal.bought()
    portal.expect(200, portal.update(one, "SUSPENDED"))
    for row, ends in (({"entitlementId": one, "status": "SUSPENDED", "reasonCode": "x"}, 0),
                      ({"entitlementId": one, "status": "CANCELLED"}, 1)):
        came = portal.expect(200, portal.bulk_look(portal.begun(), row), "admin").json
        see(portal, f"what {row['status']} ends", (came["results"][0].get("ends", 0),
                                                   came["bulk"]["look"]["ends"]), (ends, ends))


def deleted_in_part(portal):
    """What cannot be ended is kept: one of two, or all there is."""
    pins = [{"merchant": "BANGO_US", "productKey": "MUSIC_PREMIUM", "action": action,
             "reason": "a test"} for action in ("cancel", "revoke")]
    for pin in pins:
        portal.expect(201, portal.administer("/admin/v1/actions/pins", pin | {"supported": False}),
                      "admin")
    for products, wanted in (((PREMIUM, MONTHLY), "changed"), ((PREMIUM,), "refused")):
        holder = portal.new_account()
        kept = [portal.bought(product, holder) for product in products][0]
        row = {"action": "delete-of-account", "accountId": holder}
        bulk = portal.started_bulk(row)
        looked_at = portal.bulk_look(portal.begun(), row)
        for ask in (looked_at, portal.bulk_rows(bulk, row), portal.bulk_rows(bulk, row)):
            came = portal.expect(200, ask, "admin").json["results"][0]
            see(portal, "a deletion in part", [
                came.get(name) for name in ("outcome", "httpStatus", "errorCode", "message")],
                [wanted, 200, 40053, f"1 were not deleted, the first of them {kept}."])
        portal.expect(200, portal.reading(kept))
    for pin in pins:
        portal.expect(200, portal.administer("/admin/v1/actions/pins/lift", pin), "admin")


def of_one_subject(portal, another):
    """Whoever else may act for the tenant can read it, and do no more."""
    bulk = portal.begun()
    for ask in (another.bulk_look(bulk, ROW), another.bulk_start(bulk),
                another.bulk_rows(bulk, ROW)):
        portal.expect(40407, ask, "admin")
    read = portal.expect(200, another.bulk_read(bulk), "admin").json
    see(portal, "what another reads", (read["bulkId"], read["look"]["rows"]), (bulk, 0))
    listed = portal.expect(200, another.bulks(), "admin").json["bulks"]
    see(portal, "another's list", [one["bulkId"] for one in listed], [bulk])


def provoke(portal):
    arguments(portal)
    turns(portal)
    whole(portal)
    stopped(portal)
    one_turn(portal)
    ended_before(portal)
    deleted_in_part(portal)
    under_way(portal)
