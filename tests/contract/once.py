"""Idempotency-Key: what was answered is answered again, and two at once are one."""

import threading
import uuid

from program import until
MUSIC = "BANGO_US_MUSIC"
METHOD_OF = {"updateEntitlement": "PUT", "updateEntitlementByPost": "POST"}
BY_TPES = ("cancelEntitlement", "cancelEntitlementByPut", "revokeEntitlement", "suspendEntitlement",
           "resumeEntitlement", "changeProductOfEntitlement")
KEYED = {"createEntitlement", "createEntitlementByTpes", "deleteEntitlement",
         "deleteEntitlementsOfAccount", "deleteAccount", "putProduct", "changeProduct",
         "addAccount", "changeAccount", "changeAccountByOldPath", "addTenant", "changeTenant",
         *METHOD_OF, *BY_TPES}
# By the partner, so within the change's own transaction nothing was refused.
REFUSED_LATER = {40051, 40052, 40053}
AT_ONCE = 6
ROUNDS = 40


def key():
    return str(uuid.uuid4())


def is_keyed(document, listener, request):
    operation = document.find(listener, request.method, request.target)
    return (operation is not None and operation.id in KEYED
            and "Idempotency-Key" not in request.headers)


def told(answer):
    """What a repeat must tell as well."""
    return (answer.status, answer.body, answer.header("ETag"), answer.header("Location"),
            answer.header("usher-propagation"), answer.header("Preference-Applied"))


def repeat(world, started, request, answer):
    """`request` had a key and was answered so."""
    def again():
        came = world.send(started, request)
        return came if came.status != 409 else None
    came = until("the answer of the first", again)
    replayed = came.header("Idempotent-Replayed") == "true"
    if answer.status < 300:
        if not replayed or told(came) != told(answer):
            world.misses.append(f"{request.method} {request.target[:100]}: a repeat got "
                                f"{told(came)}, the first {told(answer)}")
        other = request.with_query("something=else")
        world.expect(42201, started, other)
    elif replayed and told(came) != told(answer):
        world.misses.append(f"{request.method} {request.target[:100]}: a repeat got "
                            f"{told(came)}, not {told(answer)}")


def at_once(portal, make):
    """Several of one request at once: one is carried out, and some are told to come again."""
    world, started = portal.world, portal.started
    for _ in range(ROUNDS):
        request = make().with_header("Idempotency-Key", key())
        answers = []
        threads = [threading.Thread(
            target=lambda: answers.append(world.send(started, request))) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        good = {told(answer) for answer in answers if answer.status < 300}
        first = [answer for answer in answers if answer.status < 300
                 and answer.header("Idempotent-Replayed") is None]
        if len(good) != 1 or len(first) != 1:
            world.misses.append(f"{request.method} {request.target[:100]}: of {AT_ONCE} at once "
                                f"{len(first)} were carried out: {sorted(map(str, good))}")
        if any(answer.status == 409 for answer in answers):
            return
    world.misses.append(f"{request.method} {request.target[:100]}: never told to come again")


def make_one(portal, name):
    """A request of this operation that goes well, once."""
    if name == "deleteEntitlement":
        return portal.deletion(portal.bought())
    if name == "deleteAccount":
        return portal.samples("some", portal.new_account())[name][1]
    if name in ("createEntitlement", "createEntitlementByTpes"):
        return portal.samples("some", portal.new_account())[name][1]
    if name == "changeProductOfEntitlement":
        return portal.moving(portal.bought(), MUSIC)
    if name in BY_TPES:
        one = portal.bought()
        if name == "resumeEntitlement":
            portal.expect(200, portal.update(one, "SUSPENDED"))
        return portal.action(one, name)
    if name in METHOD_OF:
        return portal.update(portal.bought(), "SUSPENDED", METHOD_OF[name])
    if name == "addTenant":
        return portal.new_tenant(portal.world.new_name("demo_t"))
    if name == "changeTenant":
        return portal.tenant_change("demo_sub-tenant-1", "ENABLED")
    if name == "putProduct":
        return portal.product(portal.world.new_name("P"))
    return portal.samples("some", portal.new_account())[name][1]


def provoke(portal):
    for name in sorted(KEYED):
        at_once(portal, lambda name=name: make_one(portal, name))
        sample = make_one(portal, name)
        portal.expect(40026, sample.with_header("Idempotency-Key", "a key"))
