"""Servers with other settings, or in trouble."""

import sqlite3
import threading
import time

from program import until
from bulks import of_one_subject
from messages import (BULKS, BULKS_TO_READ, CATALOGUE, CHANGED_BY_TPES, DELETES, OF_ALL,
                      WITH_TOKEN)
from tenants import SUB, add_sub, as_sub, not_apart, settings
from samples import ACCOUNTS, MUSIC, PREMIUM, Portal, report, report_by_body, row_to_import
from world import REALM, Issuer, Request, bearer, no_room, stop

DEMO = '[[tenant]]\nid = "demo"\ndefault = true\nwait_ms = 20000\n'
# No default one, and one that is closed.
# A tenant that no token is for, so that none is for all.
STRANGE = DEMO + '[[tenant]]\nid = "elsewhere"\n'
CLOSED = '[[tenant]]\nid = "demo"\n[[tenant]]\nid = "demo_b"\nenabled = false\n'
SLOW_MS = 200
RESERVED = 16  # bytes of each page, for its checksum
ADMIN_CONNECTIONS = 64
WRITING = (
    *DELETES, "createEntitlement", "createEntitlementByTpes", *CHANGED_BY_TPES, "updateEntitlement",
    "updateEntitlementByPost", *CATALOGUE, "receiveReport", "receiveReportByBody",
    "placeHold", "placeHoldOfAll", "liftHold", "liftHoldOfAll",
    "pinAction", "pinActionOfAll", "unpinAction", "unpinActionOfAll", "retryEntitlement",
    "askReads", "signComparison", "addTenant", "changeTenant", "changeTenantSettings", *BULKS,
    "importRows")
READING = (
    "readEntitlement", "listEntitlements", "listEvents", "listEventsAsAdmin", "readActivation",
    "recoverEntitlement", "listHolds", "listHoldsOfAll", "listProducts", "readProduct",
    "readAccount", "listUnsettled", "listActions", "listActionsOfAll", "listHeld",
    "latestComparisons",
    "listReports", "listStrayReports", "listTenants", "readTenant", "dryRun", *BULKS_TO_READ)
# What looks at the tenants that were added.
OF_TENANTS = ("addTenant", "listTenants", "changeTenant")


def serve(world, sandbox, tenants, **more):
    address = sandbox.addresses["sandbox"]
    started = world.serve(more.pop("issuer", address + REALM), address, tenants, **more)
    started.addresses["sandbox"] = address
    return started


def not_let_in(world, sandbox, token):
    """Tenants that are not named or closed, and requests that never end."""
    started = serve(world, sandbox, CLOSED,
                    extra={"USHER_OPERATOR_REQUEST_TIMEOUT_MS": str(SLOW_MS)})
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    for name, (listener, request) in portal.samples("some", "account-1").items():
        if name in WITH_TOKEN and name not in OF_ALL:
            portal.expect(40022, request, listener)
            portal.expect(40305, request.with_header("nv-tenant-id", "demo_b"), listener)
        if listener == "operator":
            portal.expect(40801, request, wire=request.wire()[:-2 - len(request.body or b"")])
    stop(started)


def forgetful(world, sandbox, token):
    """Keeps no event longer than a second."""
    started = serve(world, sandbox, DEMO, extra={"USHER_OPERATOR_EVENTS_KEPT_S": "1"})
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    portal.expect(201, portal.product("MUSIC_PREMIUM"))
    portal.bought()
    time.sleep(1.5)
    portal.expect(41001, portal.events("after=0"))
    portal.expect(41001, portal.events_as_admin("after=0"), "admin")
    stop(started)


def too_many(world, sandbox, token):
    """More than were agreed with the tenant. What its requests are about does not matter."""
    once = DEMO + "requests_per_second = 1\n"
    started = serve(world, sandbox, once)
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    asked = [request for name, (listener, request) in
             portal.samples("some", "account-1").items()
             if name in WITH_TOKEN and listener == "operator"]
    passed = -1.0  # when one was let through; a second later the next will be
    for request in asked:
        if time.monotonic() - passed > 0.5:
            until("one is let through", lambda: world.send(started, asked[0]).status != 429)
            passed = time.monotonic()
        portal.expect(42902, request)
    stop(started)


def not_for_all(world, sandbox, token):
    started = serve(world, sandbox, STRANGE)
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    samples = portal.samples("some", "account-1")
    for name in OF_ALL:
        portal.expect(40402, samples[name][1], "admin")
    stop(started)


class SlowAdmin:
    """The admin listener's patience cannot be set; so this waits beside everything else."""

    def __init__(self, portal, samples):
        self.threads = [
            threading.Thread(target=portal.expect, args=(40801, request, listener,
                                                         request.wire()[:-2]))
            for listener, request in samples.values() if listener == "admin"]
        for thread in self.threads:
            thread.start()

    def join(self):
        for thread in self.threads:
            thread.join()


def expired(world, sandbox):
    issuer = Issuer(world.folder)
    try:
        started = serve(world, sandbox, DEMO, issuer=issuer.url)
        portal = Portal(world, started, issuer.token(age_s=0))
        old = bearer(issuer.token(age_s=600))
        for name, (listener, request) in portal.samples("some", "account-1").items():
            if name in WITH_TOKEN:
                portal.expect(40303, request.with_header("Authorization", old), listener)
        portal.expect(40403, portal.reading("some"))  # a young one gets further
        of_one_subject(portal, Portal(world, started, issuer.token(age_s=0, subject="another")))
        stop(started)
    finally:
        issuer.close()


def issuer_away(world, sandbox, token):
    started = serve(world, sandbox, DEMO, issuer="http://127.0.0.1:1/away")
    portal = Portal(world, started, token)
    for name, (listener, request) in portal.samples("some", "account-1").items():
        if name in WITH_TOKEN:
            portal.expect(50306, request, listener)
    stop(started)


def overloaded(world, sandbox, token):
    started = serve(world, sandbox, DEMO, extra={"USHER_OPERATOR_MAX_CONNECTIONS": "1"})
    portal = Portal(world, started, token)
    samples = portal.samples("some", "account-1")
    held = world.hold(started, "operator", 1, samples["readEntitlement"][1])
    held += world.hold(started, "admin", ADMIN_CONNECTIONS, samples["isLive"][1])
    for listener, request in samples.values():
        portal.expect(50301, request, listener)
    for connection in held:
        connection.close()
    stop(started)


def pause(merchant):
    return {"kind": "paused", "merchant": merchant, "reason": "a test"}


def pin(merchant):
    return {"merchant": merchant, "action": "suspend", "supported": True, "reason": "a test"}


def changing(portal, name, entitlement, account, spare):
    """A request of this operation that changes what is stored."""
    new = portal.world.new_name("new")
    if name == "deleteEntitlement":
        return portal.deletion(spare[name].pop())
    if name == "deleteEntitlementsOfAccount":
        return portal.deletion_of_account(spare[name])
    if name == "deleteAccount":
        return portal.request("DELETE", f"{ACCOUNTS}/{spare[name].pop()}")
    if name in ("changeAccount", "changeAccountByOldPath"):
        path = "preHashedPassword/" if name.endswith("Path") else ""
        return portal.account_change(path + account, spare["statuses"].pop())
    if name == "changeProductOfEntitlement":
        return portal.moving(spare[name].pop(), MUSIC)
    if name in CHANGED_BY_TPES:
        return portal.action(spare[name], name, cancelReasonDescription=new)
    if name == "changeTenant":
        return portal.tenant_change(SUB, spare[name].pop())
    if name == "changeTenantSettings":
        return settings(spare["sub"], waitMs=spare[name].pop())
    return {"createEntitlement": portal.purchase(account),
            "createEntitlementByTpes": portal.purchase_by_tpes(spare["account"]),
            "putProduct": portal.product(new), "changeProduct":
            portal.renaming(MUSIC).having(name=new), "addAccount": portal.account(new),
            "addTenant": portal.new_tenant("demo_" + new),
            "receiveReport": report(entitlement),
            "receiveReportByBody": report_by_body(entitlement),
            "placeHold": portal.administer("/admin/v1/holds", pause(new)),
            "placeHoldOfAll": portal.administer("/admin/v1/all-tenants/holds", pause(new)),
            "liftHold": portal.administer("/admin/v1/holds/lift", pause("LIFTED")),
            "liftHoldOfAll": portal.administer("/admin/v1/all-tenants/holds/lift",
                                               pause("LIFTED")),
            "pinAction": portal.administer("/admin/v1/actions/pins", pin(new)),
            "pinActionOfAll": portal.administer("/admin/v1/all-tenants/actions/pins", pin(new)),
            "unpinAction": portal.administer("/admin/v1/actions/pins/lift", pin("LIFTED")),
            "unpinActionOfAll": portal.administer("/admin/v1/all-tenants/actions/pins/lift",
                                                  pin("LIFTED")),
            "retryEntitlement": portal.retry(entitlement),
            "askReads": portal.reads(entitlement, portal.world.send(
                portal.started, portal.reading(entitlement)).json["version"]),
            "signComparison": portal.line(equal=7), "beginBulk": portal.bulk(),
            "lookAtRows": portal.bulk_look(spare["lookAtRows"], spare["row"]),
            "startBulk": portal.bulk_start(spare["startBulk"]),
            "carryOutRows": portal.bulk_rows(spare["carryOutRows"], spare["row"]),
            "importRows": portal.imports(row_to_import(new, new)),
            "updateEntitlement": portal.update(entitlement, "ACTIVE", "PUT", reasonCode=new),
            "updateEntitlementByPost": portal.update(entitlement, "ACTIVE", "POST",
                                                     reasonCode=new)}[name]


def full(world, sandbox, token, store):
    """The first change that meets the full disk may be recorded or not; the next are not."""
    address = sandbox.addresses["sandbox"]
    started = world.serve_that_may_fill_up(address + REALM, address, DEMO, store=store)
    started.addresses["sandbox"] = address
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    for key in ("MUSIC", "MUSIC_PREMIUM"):
        portal.expect(201, portal.product(key))
    holder, account = portal.new_account(), portal.new_account()
    entitlement = portal.bought(account=holder)
    spare = {name: portal.bought() for name in CHANGED_BY_TPES}
    spare["account"] = portal.new_account()
    spare["deleteEntitlement"] = [portal.bought(), portal.bought()]
    spare["changeProductOfEntitlement"] = [portal.bought(), portal.bought()]
    spare["deleteAccount"] = [portal.new_account(), portal.new_account()]
    spare["statuses"] = ["ACTIVE", "RESTRICTED", "SUSPENDED", "RESTRICTED"]
    spare["deleteEntitlementsOfAccount"] = portal.new_account()
    add_sub(portal)
    spare["sub"] = as_sub(portal, world.token(sandbox, "portal3"))
    spare["changeTenant"] = ["DISABLED", "DISABLED"]
    spare["changeTenantSettings"] = [1, 2]
    spare["row"] = {"entitlementId": entitlement, "status": "ACTIVE"}
    spare["lookAtRows"], spare["startBulk"] = portal.begun(), portal.begun()
    portal.expect(200, portal.bulk_look(spare["startBulk"], spare["row"]), "admin")
    spare["carryOutRows"] = portal.started_bulk(spare["row"])
    for product in (PREMIUM, MUSIC):
        portal.bought(product, spare["deleteEntitlementsOfAccount"])
    portal.expect(200, portal.update(spare["resumeEntitlement"], "SUSPENDED"))
    samples = portal.samples(entitlement, account)
    ready = samples["isReady"][1]
    portal.expect(200, report_by_body("nothing"))  # a stray
    # Something to lift, and something that is not settled.
    for path in ("/admin/v1/holds", "/admin/v1/all-tenants/holds"):
        portal.expect(201, portal.administer(path, pause("LIFTED")), "admin")
    for path in ("/admin/v1/actions/pins", "/admin/v1/all-tenants/actions/pins"):
        portal.expect(201, portal.administer(path, pin("LIFTED")), "admin")
    portal.expect(201, portal.administer("/admin/v1/holds", pause("BANGO_US")), "admin")
    portal.expect(200, portal.update(entitlement, "SUSPENDED"))
    portal.expect(201, portal.line(equal=1), "admin")

    def writes():
        return world.send(started, portal.account(world.new_name("probe"))).status == 201

    for name in WRITING:
        until("a store that takes changes", writes)
        with no_room(started):
            listener = samples[name][0]
            for code in (50303, 50302):
                request = changing(portal, name, entitlement, account, spare)
                portal.expect(code, request, listener)
            portal.expect(503, ready, "admin")
            if name == "retryEntitlement":
                portal.expect(50302, samples["dryRun"][1], "admin")
                portal.expect(200, portal.bulk_read(spare["startBulk"]), "admin")
            portal.expect(200, samples["readStatus"][1], "admin")
    until("a store that takes changes", writes)
    portal.expect(200, ready, "admin")
    stop(started)
    return entitlement, holder, account, spare["carryOutRows"]


def unseal(file):
    """Its pages without checksums, as another program leaves those that it copies from a log."""
    with open(file, "r+b") as store:
        store.seek(16)
        size = int.from_bytes(store.read(2), "big")
        pages = store.seek(0, 2) // size
        for page in range(1, pages + 1):
            store.seek(page * size - RESERVED)
            store.write(bytes(RESERVED))


def damage(store):
    with sqlite3.connect(f"{store}.db") as database:
        database.execute("UPDATE entitlement SET status = 'damaged'")
        database.execute("UPDATE account SET status = 'damaged'")
        database.execute("UPDATE product SET created_at = 'damaged'")
        database.execute("UPDATE hold SET kind = 'damaged'")
        database.execute("UPDATE report SET outcome = 'damaged'")
        database.execute("UPDATE comparison SET counts = 'damaged'")
        database.execute("UPDATE action_pin SET action = 'damaged'")
        database.execute("UPDATE tenant_change SET at = 'damaged'")
        database.execute("UPDATE bulk SET begun_at = 'damaged'")
    database.close()
    unseal(f"{store}.db")


def damage_tenants(store):
    with sqlite3.connect(f"{store}.db") as database:
        database.execute("UPDATE sub_tenant SET created_at = 'damaged'")
    database.close()
    unseal(f"{store}.db")


def damaged(world, sandbox, token, store, entitlement, holder, account, bulk):
    damage(store)
    started = serve(world, sandbox, DEMO, store=store)
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    portal.expect(50002, portal.explanation(entitlement), "admin")
    portal.expect(50002, portal.explanations(f"accountId={holder}"), "admin")
    portal.expect(50002, portal.compared(f"demo-{holder}"), "admin")
    portal.expect(50002, portal.deletion_of_account(holder))
    for name, (listener, request) in portal.samples(entitlement, account, bulk).items():
        # These look at nothing here.
        if name in ("signComparison", "deleteEntitlementsOfAccount", *OF_TENANTS):
            continue
        if name in ("readTenant", "changeTenantSettings"):
            continue
        if name in (*WRITING, *READING):
            portal.expect(50002, request, listener)
    sub = as_sub(portal, world.token(sandbox, "portal3"))
    portal.expect(50002, Request("GET", "/admin/v1/tenant", sub.admin), "admin")
    portal.expect(50002, settings(sub, waitMs=7), "admin")
    stop(started)
    damage_tenants(store)
    started = serve(world, sandbox, DEMO, store=store)
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    samples = portal.samples(entitlement, account)
    for name in OF_TENANTS:
        portal.expect(50002, samples[name][1])
    stop(started)


def provoke(world, sandbox, token):
    stop(not_apart(world, sandbox, serve, DEMO, token))
    not_let_in(world, sandbox, token)
    too_many(world, sandbox, token)
    forgetful(world, sandbox, token)
    not_for_all(world, sandbox, token)
    expired(world, sandbox)
    issuer_away(world, sandbox, token)
    overloaded(world, sandbox, token)
    store = world.folder / "store"
    damaged(world, sandbox, token, store, *full(world, sandbox, token, store))
