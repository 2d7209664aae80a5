"""Tenants under another one, and what a tenant is set up for."""

from samples import TENANTS, Portal
from world import Request, bearer

SUB = "demo_sub-tenant-1"
LONG = "x" * 257


def add_sub(portal):
    """The one that portal3's token is for."""
    portal.expect(201, portal.new_tenant(SUB))


def as_sub(portal, token):
    """Somebody of the tenant that was added."""
    other = Portal(portal.world, portal.started, token)
    other.headers["nv-tenant-id"] = other.admin["nv-tenant-id"] = SUB
    return other


def settings(portal, **more):
    made = Request("PUT", "/admin/v1/tenant", portal.admin)
    made = made.with_header("Content-Type", "application/json")
    return made.with_json({"reason": "a test"} | more)


def added(portal, sub):
    sample = portal.new_tenant(SUB)
    portal.expect(201, sample)
    portal.expect(40011, sample.without("_id"))
    portal.expect(40012, sample.having(status=5))
    portal.expect(40013, sample.having(status=LONG))
    portal.expect(40004, sample.having(status="OPEN"))
    portal.expect(40014, sample.having(_id="a b"))
    portal.expect(40057, sample.having(_id="elsewhere"))
    portal.expect(40036, sample.having(_id="demo_b"))
    portal.expect(40036, sample.having(status="DISABLED"))
    portal.expect(200, portal.tenants())
    sample = portal.tenant_change(SUB, "ENABLED")
    portal.expect(200, sample)
    portal.expect(40011, sample.with_json({}))
    portal.expect(40012, sample.having(status=5))
    portal.expect(40013, sample.having(status=LONG))
    portal.expect(40004, sample.having(status="OPEN"))
    portal.expect(40014, portal.tenant_change("a%20b", "ENABLED"))
    portal.expect(40406, portal.tenant_change("demo_nobody", "ENABLED"))
    for request in (portal.new_tenant("demo_x"), portal.tenants(),
                    portal.tenant_change(SUB, "ENABLED")):
        portal.expect(40055, request.with_header("Authorization", sub.headers["Authorization"]))


def set_up(portal, sub):
    reading = Request("GET", "/admin/v1/tenant", sub.admin)
    portal.expect(200, settings(sub, edition="B", waitMs=100, strictReasons=True,
                                suspendWithAccount=False), "admin")
    portal.expect(200, reading, "admin")
    portal.expect(200, settings(sub, strictReasons=False), "admin")
    sample = settings(sub)
    portal.expect(40011, sample.without("reason"), "admin")
    portal.expect(40012, sample.having(waitMs="long"), "admin")
    portal.expect(40013, sample.having(edition="D"), "admin")
    portal.expect(40056, settings(portal), "admin")


def provoke(portal, token):
    sub = as_sub(portal, token)
    added(portal, sub)
    set_up(portal, sub)


def not_apart(world, sandbox, serve, tenants, token):
    """Tokens that name no tenant could not be told apart."""
    started = serve(world, sandbox, tenants, extra={"USHER_AUTH_TENANT_CLAIM": ""})
    portal = Portal(world, started, token, admin=world.token(sandbox, "admin"))
    portal.expect(40054, portal.new_tenant(SUB))
    return started
