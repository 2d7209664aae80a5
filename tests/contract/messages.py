"""What is wrong with a message whatever it asks for, once for each operation."""

from samples import ACTIONS as BY_TPES, UPDATES
from world import basic, bearer

# What concerns every tenant at once names none.
ACTIONS = ("clearActions", "pinAction", "unpinAction")
OF_ALL = ("listHoldsOfAll", "placeHoldOfAll", "liftHoldOfAll", "readStatusOfAll",
          "listActionsOfAll", *(name + "OfAll" for name in ACTIONS))
DELETES = ("deleteEntitlement", "deleteEntitlementsOfAccount", "deleteAccount")
CATALOGUE = ("putProduct", "changeProduct", "addAccount", "changeAccount", "changeAccountByOldPath")
CHANGED_BY_TPES = (*(name for name, *_ in BY_TPES), "changeProductOfEntitlement")
TENANTS = ("addTenant", "changeTenant")
BULKS_TO_READ = ("listBulks", "readBulk")
BULKS = ("beginBulk", "lookAtRows", "startBulk", "carryOutRows")
WITH_BODY = (
    *TENANTS, "changeTenantSettings", "dryRun", *BULKS, "importRows",
    "createEntitlement", "createEntitlementByTpes", *UPDATES,
    *(name for name in CHANGED_BY_TPES if name != "suspendEntitlement"), *CATALOGUE,
    "receiveReport", "receiveReportByBody", "placeHold", "liftHold",
    "placeHoldOfAll", "liftHoldOfAll", "retryEntitlement", "compareRows", "askReads",
    "signComparison", *ACTIONS, *(name + "OfAll" for name in ACTIONS))
WITH_TOKEN = (
    *TENANTS, "listTenants", "readTenant", "changeTenantSettings", "dryRun", *BULKS, *BULKS_TO_READ,
    "importRows", "createEntitlement", "createEntitlementByTpes", "readEntitlement", *UPDATES,
    *CHANGED_BY_TPES, *DELETES, "listEntitlements", "listEvents", "listEventsAsAdmin",
    "readActivation", "recoverEntitlement",
    *CATALOGUE, "listProducts", "readProduct", "readAccount", "explainEntitlement",
    "explainEntitlements", "listHolds", "placeHold", "liftHold", "listUnsettled", "listReports",
    "listStrayReports", "retryEntitlement", "compareRows", "listHeld", "askReads", "signComparison",
    "latestComparisons", "readStatus", "listActions", *ACTIONS, *OF_ALL)
BODIES = {40005: "{", 40006: '{"a":' + "[" * 1000 + "]" * 1000 + "}", 40007: '{"a":1,"a":2}',
          40008: '{"a":"\\u0000"}', 40009: '{"a":1e999}'}
TOO_LARGE = 256 * 1024 + 1


def framing(portal, listener, request):
    """Refused before anybody looks at what is asked."""
    wires = {40001: request.wire(host=None), 50501: request.wire(version="HTTP/2.0"),
             41301: request.with_text("").wire(length=TOO_LARGE),
             50101: request.with_header("Upgrade", "websocket").wire(),
             43101: request.with_header("x-filler", "x" * 16384).wire()}
    for code, wire in wires.items():
        portal.expect(code, request, listener, wire)
    if listener == "admin":
        for host in ("contract.test", "localhost.contract.test:8082"):
            portal.expect(42101, request, listener, request.wire(host=host))
        known = ("127.0.0.1:8082", "[::1]", "LOCALHOST") if "/health/" in request.target else ()
        for host in known:
            portal.expect(200, request, listener, request.wire(host=host))
    portal.expect(40002, request.with_query("x=%zz"), listener)
    portal.expect(41401, request.with_query("x=" + "x" * 8192), listener)


def bodies(portal, name, listener, request):
    portal.expect(40003, request.with_text(""), listener)
    for code, text in BODIES.items():
        portal.expect(code, request.with_text(text), listener)
    if name not in ("receiveReport", "receiveReportByBody"):
        portal.expect(40010, request.with_text("[]"), listener)
        portal.expect(41501, request.with_header("Content-Type", "text/plain"), listener)


def admission(portal, viewer, name, listener, request):
    portal.expect(40301, request.with_header("Authorization", None), listener)
    portal.expect(40302, request.with_header("Authorization", bearer("nonsense")), listener)
    portal.expect(40304, request.with_header("Authorization", bearer(viewer)), listener)
    if listener == "operator":
        portal.expect(40025, request.with_header("x-usher-comment", "x" * 501))
    if name not in OF_ALL:
        portal.expect(40021, request.with_header("nv-tenant-id", ""), listener)
        portal.expect(40402, request.with_header("nv-tenant-id", "nobody"), listener)
    if listener == "admin":  # the operator's people are not who runs Usher
        portal.expect(40304, request.with_header("Authorization",
                                                 portal.headers["Authorization"]), listener)


def provoke(portal, viewer, samples):
    for name, (listener, request) in samples.items():
        framing(portal, listener, request)
        if name in WITH_BODY:
            bodies(portal, name, listener, request)
        if name in WITH_TOKEN:
            admission(portal, viewer, name, listener, request)
    for name in ("receiveReport", "receiveReportByBody"):
        _, told = samples[name]
        portal.expect(40101, told.with_header("Authorization", None))
        portal.expect(40101, told.with_header("Authorization", basic("usher", "wrong")))
        portal.expect(40101, told.with_header("Authorization", portal.headers["Authorization"]))
