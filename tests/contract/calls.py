"""What can come of each call once it is understood: arguments, lifecycle, partner, editions."""

import json
import threading
import time

from program import ENTITLEMENTS, PREMIUM, run, until
from samples import (ACCOUNTS, ACTIONS, METHOD_OF, MONTHLY, MUSIC, PRODUCTS, UPDATES, report,
                     report_by_body)
from world import Request

LONG = "x" * 257
LOST = {"effect": "lose-request"}


def catalogue(portal):
    sample = portal.product("MUSIC")
    portal.expect(201, sample)
    portal.expect(40011, sample.without("name"))
    portal.expect(40012, sample.having(name=5))
    portal.expect(40013, sample.having(name=""))
    portal.expect(40014, sample.having(providerId="a b"))
    portal.expect(40017, sample.having(type="THIRDPARTY"))
    # The same id, made of two other names.
    portal.expect(400, sample.having(providerId="BANGO", providerResourceId="US_MUSIC"))

    sample = portal.renaming(MUSIC)
    portal.expect(40011, sample.with_json({}))
    portal.expect(40012, sample.having(name=5))
    portal.expect(40013, sample.having(name=""))
    portal.expect(40014, sample.having(providerId="a b"))
    portal.expect(40017, sample.having(type="THIRDPARTY"))
    portal.expect(40038, sample.having(providerId="ANOTHER"))
    for request in (sample, portal.request("GET", f"{PRODUCTS}/x")):
        portal.expect(40014, request.with_target(f"{PRODUCTS}/a%20b"))
        portal.expect(40405, request.with_target(f"{PRODUCTS}/nothing"))
    portal.expect(40019, portal.request("GET", f"{PRODUCTS}?limit=all"))

    name = portal.world.new_name("customer")
    sample = portal.account(name)
    portal.expect(201, sample)
    portal.expect(201, portal.request("POST", ACCOUNTS, {}))
    portal.expect(40004, sample.having(status="PENDING"))
    portal.expect(40012, sample.having(status=5))
    portal.expect(40013, sample.having(status=LONG))
    portal.expect(40014, sample.having(_id="a b"))
    portal.expect(40036, sample.having(status="SUSPENDED"))
    accounts(portal)


def accounts(portal):
    name = portal.new_account()
    portal.bought(account=name)
    for path in ("", "preHashedPassword/"):
        sample = portal.account_change(path + name, "SUSPENDED")
        portal.expect(40004, sample.having(status="PENDING"))
        portal.expect(40011, sample.with_json({}))
        portal.expect(40012, sample.having(status=5))
        portal.expect(40013, sample.having(status=LONG))
        portal.expect(40014, portal.account_change(path + "a%20b"))
        portal.expect(40404, portal.account_change(path + "nobody"))
    portal.expect(40014, portal.account_read("a%20b"))
    portal.expect(40404, portal.account_read("nobody"))
    gone = portal.request("DELETE", f"{ACCOUNTS}/{name}")
    portal.expect(40014, gone.with_target(f"{ACCOUNTS}/a%20b"))
    portal.expect(40404, gone.with_target(f"{ACCOUNTS}/nobody"))
    portal.expect(200, portal.account_change(name, "CANCELLED"))
    portal.expect(200, portal.account_read(name))
    for path in ("", "preHashedPassword/"):
        portal.expect(40047, portal.account_change(path + name))
    portal.expect(200, gone)
    away = portal.new_account()
    portal.bought(account=away)
    portal.faults({"action": "*"} | LOST)
    portal.expect(200, portal.request("DELETE", f"{ACCOUNTS}/{away}"))
    portal.faults()


def purchase_arguments(portal, purchase):
    account = portal.new_account()
    sample = purchase(account)
    portal.expect(40004, sample.having(status="SOLD"))
    portal.expect(40011, sample.without("productId"))
    portal.expect(40012, sample.having(productId=5))
    portal.expect(40013, sample.having(reasonCode=LONG))
    portal.expect(40014, sample.having(accountId="a b"))
    portal.expect(40015, sample.having(validFrom="tomorrow"))
    portal.expect(40016, sample.having(expiryDate="2020-01-01T00:00:00Z"))
    portal.expect(40017, sample.having(productType="MUSIC"))
    portal.expect(40018, sample.having(status="ACTIVE"))
    portal.expect(40019, sample.with_query("prohibitDuplicateProductPurchase=maybe"))
    portal.expect(40033, sample.having(accountId="nobody"))
    portal.expect(40034, sample.having(productId="nothing"))
    portal.expect(40035, sample.having(accountId=portal.new_account(status="SUSPENDED")))
    chosen = portal.world.new_name("chosen")
    portal.expect(201, sample.having(_id=chosen))
    portal.expect(40036, sample.having(_id=chosen, productId=MUSIC))
    portal.expect(40037, sample)


def not_supported(portal):
    """What a product does not know is remembered for long; so this has a program of its own."""
    active, other = portal.bought(), portal.bought(MONTHLY)
    third, back = portal.bought(), portal.bought()
    portal.expect(200, portal.action(back, "suspendEntitlement"))
    portal.faults(*({"action": action, "effect": "refuse"} for action in (
        "suspend", "resume", "cancel", "revoke", "create", "recovery_info", "change_product")))
    portal.expect(40053, portal.update(active, "SUSPENDED", "PUT"))
    portal.expect(40053, portal.update(other, "SUSPENDED", "POST"))
    for name, *_ in ACTIONS:
        one = back if name == "resumeEntitlement" else third
        portal.expect(40053, portal.action(one, name))
    portal.expect(40053, portal.moving(third))
    portal.expect(40053, portal.recovery(third))
    portal.expect(40053, portal.deletion(third))
    account = portal.expect(200, portal.reading(third)).json["accountId"]
    portal.expect(200, portal.deletion_of_account(account))
    portal.expect(40053, portal.purchase(portal.new_account()))
    portal.expect(40053, portal.purchase_by_tpes(portal.new_account()))


def backlog(portal):
    """A partner so slow that changes wait, for as long as it takes to know how fast they go; then
    one in trouble, and one that is paused."""
    active = [portal.bought() for _ in range(20)]
    status = Request("GET", "/admin/v1/status", portal.admin)

    def routes():
        return portal.world.send(portal.started, status, "admin").json["routes"]
    portal.faults({"action": "*", "effect": "delay", "delay_ms": 1000})
    for one in active:
        portal.expect(200, portal.update(one, "CANCELLED").with_header("Prefer", "respond-async"))
    until("a time is told", lambda: any("eta" in route for route in routes()))
    portal.expect(200, status, "admin")
    portal.faults({"action": "*", "effect": "answer", "http": 401})
    until("trouble", lambda: any("nextProbe" in route for route in routes()))
    portal.expect(200, status, "admin")
    portal.expect(201, portal.administer("/admin/v1/holds", {
        "kind": "paused", "merchant": "BANGO_US", "reason": "a test"}), "admin")
    portal.expect(200, status, "admin")
    portal.faults()


def ended_while_being_bought(portal, purchase):
    """The partner's answer is lost, and before it is read the merchant has ended it."""
    portal.faults({"action": "create", "effect": "lose-answer", "times": 1},
                  {"action": "report", "effect": "drop"},
                  *({"action": action} | LOST for action in ("read", "find")))
    chosen = portal.world.new_name("chosen")
    request = purchase(portal.new_account(), _id=chosen)
    buyer = threading.Thread(target=portal.expect, args=(40051, request))
    buyer.start()
    until("the partner's record", lambda: portal.held(chosen))
    portal.move(chosen, "revoke")
    portal.faults()
    buyer.join()


def update_arguments(portal, method):
    entitlement = portal.bought()
    sample = portal.update(entitlement, "ACTIVE", method)
    portal.expect(200, sample.having(reasonCode="because"))
    portal.expect(40004, sample.having(status="active"))
    portal.expect(40011, sample.with_json({}))
    portal.expect(40012, sample.having(status=5))
    portal.expect(40013, sample.having(reasonCode=LONG))
    portal.expect(40014, sample.with_target(f"{ENTITLEMENTS}/a%20b"))
    portal.expect(40020, sample.with_header("If-Match", "3"))
    portal.expect(40030, sample.having(accountId="somebody"))
    portal.expect(40031, sample.having(productId="another"))
    portal.expect(40032, sample.having(productType="MUSIC"))
    portal.expect(40403, sample.with_target(f"{ENTITLEMENTS}/nothing"))
    portal.expect(41201, sample.with_header("If-Match", '"999"'))
    portal.expect(200, sample.with_header("If-Match", "*"))


def lifecycle(portal, method):
    def ask(wanted, entitlement, status, **more):
        return portal.expect(wanted, portal.update(entitlement, status, method, **more))

    active = portal.bought()
    ask(40040, active, "PENDING")
    ask(40023, active, "CANCELLED", cancelReasonCategory="REASONS")
    ask(200, active, "CANCELLED", cancelReasonCategory="CUSTOMER_CANCELLED",
        cancelReasonCode="NOT_RENEWED", cancelReasonDescription="Moved away")
    portal.expect(200, portal.reading(active))
    ask(40043, active, "ACTIVE")
    revoked = portal.bought()
    ask(200, revoked, "REVOKED")
    ask(40044, revoked, "CANCELLED")
    pending = portal.bought(MUSIC)
    portal.expect(200, portal.reading(pending))
    ask(40041, pending, "SUSPENDED")
    ask(40050, pending, "ACTIVE")
    ending = portal.bought(MONTHLY)
    ask(200, ending, "CANCELLED", reasonCode="because", reasonCategory="REASONS")
    portal.expect(200, portal.reading(ending))
    ask(40042, ending, "SUSPENDED")


def refused(action):
    return {"action": action, "effect": "answer", "http": 400, "responseCode": "BAD_REQUEST",
            "times": 1}


def partner(portal, method):
    entitlement = portal.bought()
    portal.faults(refused("suspend"))
    portal.expect(40052, portal.update(entitlement, "SUSPENDED", method))
    portal.expect(200, portal.reading(entitlement))
    # From before the purchase on: a report of that may be late, and would bring the news.
    portal.faults({"action": "report", "effect": "drop"})
    ended = portal.bought()
    portal.move(ended, "revoke")
    portal.expect(40051, portal.update(ended, "SUSPENDED", method))
    portal.faults()


def wait_for(portal, entitlement, state):
    def settled():
        return portal.world.send(portal.started, portal.reading(entitlement)).json[
            "propagation"]["state"] == state
    until(f"{entitlement} to be {state}", settled)


def lost(portal, method):
    """Recorded while the partner is away; what the record then says about it."""
    entitlement = portal.bought()
    portal.expect(200, portal.update(entitlement, "SUSPENDED", method))
    portal.faults({"action": "*"} | LOST)
    edition_a = "nv-tenant-id" not in portal.headers
    resume = portal.update(entitlement, "ACTIVE", method).with_header("Prefer", "wait=0")
    portal.expect(200 if edition_a else 202, resume)

    def troubled():
        record = portal.world.send(portal.started, portal.reading(entitlement)).json
        return "lastProblem" in record["propagation"] and "next" in record["propagation"]
    until("a problem in the record", troubled)
    portal.faults()
    wait_for(portal, entitlement, "confirmed")


def explanations(portal):
    """Why an entitlement is as it is, while something is wrong and afterwards."""
    entitlement, other = portal.bought(), portal.bought(MUSIC)
    bought = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 1))
    portal.faults({"action": "*"} | LOST)
    portal.expect(200, portal.update(entitlement, "SUSPENDED").with_header("Prefer", "wait=0"))
    telling = portal.explanation(entitlement)

    def told():
        return portal.world.send(portal.started, telling, "admin").json
    until("a cause", lambda: told()["cause"]["code"] == "no_answer" and "also" in told())
    portal.faults()
    wait_for(portal, entitlement, "confirmed")
    time.sleep(1.1)  # the time above is over
    then = portal.expect(200, portal.explanation(entitlement, "?at=" + bought), "admin").json
    if "caveat" not in then:
        portal.world.misses.append(f"what was known then has no caveat: {then}")
    record = portal.expect(200, portal.reading(other)).json
    portal.expect(200, portal.explanations(f"accountId={record['accountId']}"), "admin")
    found = portal.expect(200, portal.explanations(
        "partnerEntitlementId=" + record["partnerEntitlementId"]), "admin").json["explanations"]
    if [one["entitlementId"] for one in found] != [other]:
        portal.world.misses.append(f"{other} is not found by the partner's id: {found}")
    portal.expect(40014, portal.explanation("a%20b"), "admin")
    portal.expect(40019, portal.explanation(entitlement, "?at=yesterday"), "admin")
    portal.expect(40403, portal.explanation("nothing"), "admin")
    portal.expect(40014, portal.explanations("accountId=a%20b"), "admin")
    for query in ("", "accountId=a&partnerEntitlementId=b", "partnerEntitlementId="):
        portal.expect(40019, portal.explanations(query), "admin")


def reports(portal):
    """What the partner tells, and where it can be read."""
    entitlement = portal.bought()
    portal.expect(200, report(entitlement))
    portal.expect(200, report_by_body(
        entitlement, entitlementId="other", customerIdentifier="c", productKey="MUSIC",
        reason="PRODUCT_UPDATE", dateLastUpdated="2026-09-01T13:47:59Z"))
    portal.expect(200, report_by_body("nothing"))
    portal.expect(200, portal.reports(entitlement), "admin")
    portal.expect(40014, portal.reports("a%20b"), "admin")
    portal.expect(40403, portal.reports("nothing"), "admin")
    portal.expect(200, Request("GET", "/admin/v1/reports", portal.admin), "admin")
    # Strays of one tenant are looked into so many times a minute.
    told = report_by_body("nothing", "second")
    until("too many strays", lambda: portal.world.send(portal.started, told).status == 429)
    portal.expect(42901, told)
    portal.expect(42901, report("nothing", "second"))


def status(portal):
    """How it stands, and what is supported: learnt, pinned, lifted, forgotten."""
    entitlement = portal.bought()
    portal.faults({"action": "suspend", "effect": "refuse"})
    portal.world.send(portal.started, portal.update(entitlement, "SUSPENDED"))
    for path in ("/admin/v1", "/admin/v1/all-tenants"):
        portal.expect(200, Request("GET", path + "/actions", portal.admin), "admin")
        sample = portal.administer(path + "/actions/pins", {
            "merchant": "NOBODY", "productKey": "A B", "action": "suspend", "supported": False,
            "reason": "a test"})
        portal.expect(201, sample, "admin")
        portal.expect(40011, sample.without("supported"), "admin")
        portal.expect(40012, sample.having(supported="no"), "admin")
        for end, good in (("/pins", 201), ("/pins/lift", 200), ("/clear", 200)):
            sample = portal.administer(path + "/actions" + end, {
                "merchant": "NOBODY", "action": "suspend", "reason": "a test"}
                | ({"supported": True} if good == 201 else {}))
            portal.expect(good, sample, "admin")
            portal.expect(40011, sample.without("reason"), "admin")
            portal.expect(40012, sample.having(action=5), "admin")
            portal.expect(40013, sample.having(action="stop"), "admin")
            portal.expect(40013, sample.having(productKey=""), "admin")
            portal.expect(40014, sample.having(merchant="a b"), "admin")
    everything = portal.administer("/admin/v1/actions/clear", {"reason": "a test"})
    portal.expect(200, everything, "admin")
    portal.faults({"action": "*"} | LOST)
    portal.expect(200, portal.update(entitlement, "SUSPENDED").with_header("Prefer", "wait=0"))
    for path in ("/admin/v1/status", "/admin/v1/all-tenants/status"):
        portal.expect(200, Request("GET", path, portal.admin), "admin")
    portal.faults()
    wait_for(portal, entitlement, "confirmed")


def holds(portal):
    """What a person stops, lets go on and tries again."""
    for path in ("/admin/v1/holds", "/admin/v1/all-tenants/holds"):
        for end, good in (("", 201), ("/lift", 200)):
            sample = portal.administer(path + end, {"kind": "paused", "merchant": "NOBODY",
                                                    "reason": "a test"})
            portal.expect(good, sample, "admin")
            portal.expect(40011, sample.without("reason"), "admin")
            portal.expect(40012, sample.having(kind=5), "admin")
            portal.expect(40013, sample.having(kind="stopped"), "admin")
            portal.expect(40014, sample.having(merchant="a b"), "admin")
            if not end:
                portal.expect(40013, sample.having(kind="endings"), "admin")
                portal.expect(200, Request("GET", path, portal.admin), "admin")
    entitlement = portal.bought()
    portal.faults({"action": "*"} | LOST)
    portal.expect(200, portal.update(entitlement, "SUSPENDED").with_header("Prefer", "wait=0"))
    unsettled = Request("GET", "/admin/v1/unsettled", portal.admin)

    def problem():
        found = portal.world.send(portal.started, unsettled, "admin").json["unsettled"]
        return any("problem" in one and "next" in one for one in found)
    until("a problem", problem)
    portal.expect(200, unsettled, "admin")
    portal.expect(200, unsettled.with_query("limit=1"), "admin")
    portal.expect(40019, unsettled.with_query("limit=0"), "admin")
    retry = portal.retry(entitlement)
    portal.expect(200, retry, "admin")
    portal.expect(40011, retry.without("reason"), "admin")
    portal.expect(40012, retry.having(reason=5), "admin")
    portal.expect(40013, retry.having(reason=""), "admin")
    portal.expect(40014, portal.retry("a%20b"), "admin")
    portal.expect(40403, portal.retry("nothing"), "admin")
    portal.faults()
    wait_for(portal, entitlement, "confirmed")


def comparisons(portal):
    """The partner's daily file against what is held."""
    ending = portal.bought(MONTHLY)
    portal.expect(200, portal.update(ending, "CANCELLED"))
    wait_for(portal, ending, "confirmed")
    record = portal.expect(200, portal.reading(ending)).json
    customer = f"demo-{record['accountId']}"
    sample = portal.compared(customer, partnerEntitlementId=record["partnerEntitlementId"],
                             status="ACTIVE-ENDING", productKey="MUSIC_MONTHLY",
                             lastUpdated="2999-09-01T10:00:00Z", endsAt="2999-09-01T10:00:00Z")

    def differs():
        found, = portal.expect(200, sample, "admin").json["findings"]
        return found["finding"] == "end_date_differs" and found["read"] and found
    found = until("another end date", differs)
    rows = json.loads(sample.body)["rows"]
    portal.expect(40011, sample.without("merchant"), "admin")
    portal.expect(40012, sample.having(rows=5), "admin")
    portal.expect(40013, sample.having(rows=[]), "admin")
    portal.expect(40015, sample.having(asOf="today"), "admin")
    portal.expect(40004, sample.having(rows=[rows[0] | {"status": "NONE"}]), "admin")
    time.sleep(1.1)  # heard before the file was made
    portal.expect(200, portal.must_have(), "admin")
    portal.expect(200, portal.must_have("&limit=1"), "admin")
    portal.expect(40019, portal.must_have("&limit=0"), "admin")
    reads = portal.reads(ending, found["version"])
    if portal.expect(200, reads, "admin").json != {"due": 1}:
        portal.world.misses.append("what was compared is not read again")
    wait_for(portal, ending, "confirmed")
    portal.expect(40011, reads.without("entitlements"), "admin")
    portal.expect(40012, reads.having(entitlements="all"), "admin")
    portal.expect(40013, reads.having(entitlements=[]), "admin")
    portal.expect(40014, portal.reads("a b"), "admin")
    names = [entry["finding"] for entry in json.loads(
        run("findings", "--format", "json").stdout)]
    for line in (portal.line(equal=2), portal.line(**dict.fromkeys(names, 1))):
        portal.expect(201, line, "admin")
    portal.expect(40011, line.without("file"), "admin")
    portal.expect(40012, line.having(reads=-1), "admin")
    portal.expect(40013, line.having(sha256="x"), "admin")
    portal.expect(40015, line.having(asOf="today"), "admin")
    latest = Request("GET", "/admin/v1/comparisons/latest", portal.admin)
    portal.expect(200, latest, "admin")


def tries(portal):
    """How changes would go."""
    entitlement, pending = portal.bought(), portal.bought(MUSIC)
    for request in (portal.update(entitlement, "SUSPENDED"), portal.update(entitlement, "ACTIVE"),
                    portal.update(entitlement, "PENDING"), portal.deletion(entitlement),
                    portal.purchase(portal.new_account(), MUSIC), portal.deletion(pending)):
        portal.expect(200, portal.dry_run(request), "admin")
    sample = portal.dry_run(portal.update(entitlement, "ACTIVE"))
    portal.expect(40011, sample.without("path"), "admin")
    portal.expect(40012, sample.having(method=5), "admin")
    portal.expect(40013, sample.having(path="/nothing"), "admin")


def editions(portal):
    for tenant in ("demo_b", "demo_c"):
        other = portal.in_tenant(tenant)
        other.bought()
        other.bought(MUSIC)
        for product, wanted in ((PREMIUM, 200), (MUSIC, 202 if tenant == "demo_c" else 200)):
            account = other.new_account()
            other.expect(wanted, other.purchase_by_tpes(account, product))
        for method in METHOD_OF.values():
            lost(other, method)
    for method in METHOD_OF.values():
        lost(portal, method)


def provoke(portal):
    catalogue(portal)
    for purchase in (portal.purchase, portal.purchase_by_tpes):
        purchase_arguments(portal, purchase)
        portal.faults(refused("create"))
        portal.expect(40052, purchase(portal.new_account()))
        ended_while_being_bought(portal, purchase)
    portal.expect(40014, portal.reading("a%20b"))
    portal.expect(40403, portal.reading("nothing"))
    portal.expect(200, report(portal.bought()))
    for name in UPDATES:
        method = METHOD_OF[name]
        update_arguments(portal, method)
        lifecycle(portal, method)
        partner(portal, method)
    explanations(portal)
    reports(portal)
    holds(portal)
    comparisons(portal)
    status(portal)
    tries(portal)
    editions(portal)
