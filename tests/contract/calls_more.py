"""What can come of the calls by one path for each action, of lists and of deletions."""

from calls import LOST, refused, wait_for
from samples import ACTIONS, MONTHLY, MUSIC


def refusals_by_tpes(portal):
    """What each action of the other door can be refused for."""
    active, pending, ending = portal.bought(), portal.bought(MUSIC), portal.bought(MONTHLY)
    ended, revoked = portal.bought(), portal.bought()
    portal.expect(200, portal.action(ending, "cancelEntitlement"))
    portal.expect(200, portal.action(ended, "cancelEntitlementByPut"))
    portal.expect(200, portal.action(revoked, "revokeEntitlement"))
    for name, method, action in ACTIONS:
        sample = portal.action(active, name)
        portal.expect(40014, portal.action("a%20b", name))
        portal.expect(40020, sample.with_header("If-Match", "3"))
        portal.expect(40403, portal.action("nothing", name))
        portal.expect(41201, sample.with_header("If-Match", '"999"'))
        if action != "suspend":
            portal.expect(40011, sample.with_json({}))
        if action in ("cancel", "revoke"):
            portal.expect(40012, sample.having(cancelReasonCode=5))
            portal.expect(40013, sample.having(cancelReasonDescription="x" * 1001))
            portal.expect(40023, sample.having(cancelReasonCode="FRAUD"))
            portal.faults(refused(action))
            portal.expect(40052, sample)
    resume = portal.action(active, "resumeEntitlement")
    portal.expect(40012, resume.having(productId=5))
    portal.expect(40014, resume.having(productId="a b"))
    portal.expect(40031, resume.having(productId=MUSIC))
    for name in ("cancelEntitlement", "cancelEntitlementByPut"):
        portal.expect(40044, portal.action(revoked, name))
    portal.expect(40043, portal.action(ended, "revokeEntitlement"))
    portal.expect(40043, portal.action(ended, "suspendEntitlement"))
    portal.expect(40043, portal.action(ended, "resumeEntitlement"))
    portal.expect(40041, portal.action(pending, "suspendEntitlement"))
    portal.expect(40042, portal.action(ending, "suspendEntitlement"))
    portal.expect(40050, portal.action(pending, "resumeEntitlement", productId=MUSIC))
    portal.faults(refused("suspend"))
    portal.expect(40052, portal.action(active, "suspendEntitlement"))
    portal.expect(200, portal.action(active, "suspendEntitlement"))
    portal.faults(refused("resume"))
    portal.expect(40052, resume)
    portal.expect(200, resume)


def ended_by_the_partner(portal):
    """Before it is heard of."""
    portal.faults({"action": "report", "effect": "drop"})
    active, away = portal.bought(), portal.bought()
    portal.expect(200, portal.action(away, "suspendEntitlement"))
    for one in (active, away):
        portal.move(one, "revoke")
    portal.expect(40051, portal.action(active, "suspendEntitlement"))
    portal.expect(40051, portal.action(away, "resumeEntitlement"))
    portal.faults()


def other_products(portal):
    one, pending = portal.bought(), portal.bought(MUSIC)
    sample = portal.moving(one)
    portal.expect(40011, sample.with_json({}))
    portal.expect(40012, sample.having(productId=5))
    portal.expect(40014, sample.having(productId="a b"))
    portal.expect(40014, portal.moving("a%20b"))
    portal.expect(40020, sample.with_header("If-Match", "3"))
    portal.expect(40034, sample.having(productId="NOTHING"))
    portal.expect(201, portal.product("ELSEWHERE").having(providerId="ANOTHER"))
    portal.expect(40039, sample.having(productId="ANOTHER_ELSEWHERE"))
    portal.expect(40048, portal.moving(pending))
    portal.expect(40403, portal.moving("nothing"))
    portal.expect(41201, sample.with_header("If-Match", '"999"'))
    account = portal.new_account()
    portal.bought(MONTHLY, account)
    portal.expect(40037, portal.moving(portal.bought(account=account)))
    portal.faults(refused("change_product"))
    portal.expect(40052, sample)
    portal.expect(200, portal.reading(one))
    portal.expect(200, sample)
    # The customer must act for that one.
    portal.expect(202, portal.moving(one, MUSIC))
    away = portal.bought()
    portal.faults({"action": "*"} | LOST)
    portal.expect(202, portal.moving(away).with_header("Prefer", "wait=0"))
    portal.expect(40049, portal.moving(away, MUSIC))
    portal.expect(200, portal.reading(away))
    portal.expect(200, portal.explanation(away), "admin")
    portal.faults()
    wait_for(portal, away, "confirmed")
    portal.faults({"action": "report", "effect": "drop"})
    ended = portal.bought()
    portal.move(ended, "revoke")
    portal.expect(40051, portal.moving(ended))
    portal.faults()
    portal.expect(40043, portal.moving(ended))


def deletions(portal):
    one = portal.bought()
    sample = portal.deletion(one)
    portal.expect(40014, portal.deletion("a%20b"))
    portal.expect(40020, sample.with_header("If-Match", "3"))
    portal.expect(41201, sample.with_header("If-Match", '"999"'))
    portal.faults(refused("cancel"))
    portal.expect(40052, sample)
    portal.expect(200, sample)
    portal.expect(40403, sample)
    account = portal.new_account()
    portal.bought(account=account)
    portal.expect(40014, portal.deletion_of_account("a%20b"))
    portal.expect(200, portal.deletion_of_account(account))


def lists(portal):
    portal.bought()
    portal.expect(200, portal.listing("?limit=1"))
    portal.expect(200, portal.listing("?limit=0"))
    portal.expect(40019, portal.listing("?limit=all"))
    portal.expect(40024, portal.listing("?limit=10000&page=12"))


def events(portal):
    entitlement = portal.bought()
    portal.expect(200, portal.update(entitlement, "SUSPENDED"))
    portal.faults(refused("resume"))
    portal.world.send(portal.started, portal.update(entitlement, "ACTIVE"))
    for ask, listener in ((portal.events, "operator"), (portal.events_as_admin, "admin")):
        page = portal.expect(200, ask("limit=2"), listener).json
        behind = f"after={page['next']}&wait=1&entitlementId={entitlement}"
        portal.expect(200, ask(behind), listener)
        portal.expect(200, ask("after=newest"), listener)
        portal.expect(40019, ask("after=oldest"), listener)
        portal.expect(40014, ask("accountId=a%20b"), listener)
        portal.expect(41002, ask("after=77-0123456789ab"), listener)


def by_tpes(portal):
    """Each action while the partner is away, then with it; and the customer's links."""
    refusals_by_tpes(portal)
    ended_by_the_partner(portal)
    for name, *_ in ACTIONS:
        one = portal.bought()
        if name == "resumeEntitlement":
            portal.expect(200, portal.action(one, "suspendEntitlement"))
        portal.faults({"action": "*"} | LOST)
        portal.expect(202, portal.action(one, name).with_header("Prefer", "wait=0"))
        portal.faults()
        wait_for(portal, one, "confirmed")
        portal.expect(200, portal.action(one, name))
    pending, active = portal.bought(MUSIC), portal.bought()
    portal.expect(200, portal.activation(pending))
    portal.expect(200, portal.recovery(active))
    portal.expect(40045, portal.activation(active))
    portal.expect(40046, portal.recovery(pending))
    for ask in (portal.activation, portal.recovery):
        portal.expect(40014, ask("a%20b"))
        portal.expect(40403, ask("nothing"))
    portal.faults(refused("recovery_info"))
    portal.expect(40052, portal.recovery(active))
    # Without an answer to its purchase there is no link.
    portal.faults({"action": "*"} | LOST)
    waits = portal.expect(201, portal.purchase_by_tpes(portal.new_account(), MUSIC).with_header(
        "Prefer", "wait=0")).json["_id"]
    portal.expect(50307, portal.activation(waits))
    portal.expect(50307, portal.recovery(active))
    portal.faults()
    wait_for(portal, waits, "confirmed")


def provoke(portal):
    by_tpes(portal)
    lists(portal)
    events(portal)
    other_products(portal)
    deletions(portal)
