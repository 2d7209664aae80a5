"""Which paths and methods there are, on both listeners."""

import re

from world import Request

METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE")
# Of the platform's pages, and of the other listener; there when the file has them.
PUBLISHED = ("/crm-gateway/v1/rmg/v1/entitlements", "/crm-gateway/v1/rmg/v1/entitlements/x",
             "/crm-gateway/v2/rmg/v1/entitlements/account/x", "/crm-gateway/v2/adm/v1/accounts",
             "/tpes/v1/operator/entitlements", "/tpes/v1/operator/entitlements/x",
             "/tpes/v1/operator/entitlements/x/activationinfo",
             "/tpes/v1/operator/entitlements/x/actions/recover",
             "/tpes/v1/operator/entitlements/x/actions/cancel",
             "/tpes/v1/operator/entitlements/x/actions/revoke",
             "/tpes/v1/operator/entitlements/x/actions/suspend",
             "/tpes/v1/operator/entitlements/x/actions/resume",
             "/tpes/v1/operator/entitlements/x/actions/changeProduct",
             "/rmg/v1/operator/entitlements", "/rmg/v1/user/entitlements", "/adm/v1/accounts/x",
             "/adm/v1/accounts/preHashedPassword/x", "/adm/v1/devices", "/cpm/commercial/v1",
             "/cpm/commercial/v1/products/x", "/commercial/v1/products", "/rmg/v1/admin/tenants",
             "/bango/v1/reports", "/bango/v1/reports/demo", "/bango/v1/entitlement", "/bango",
             "/sandbox/partner/entitlements", "/keycloak/auth/realms/nagra", "/health", "/metrics",
             "/health/live", "/health/ready", "/admin", "/openapi.yaml", "/docs", "/version", "/",
             "//", "/favicon.ico", "/robots.txt")


def filled(path):
    return re.sub(r"\{[^}]+\}", "x", path)


def neighbours(path):
    """What stands close to a path."""
    parts = filled(path).split("/")
    yield from ("/".join(parts[:length]) for length in range(2, len(parts)))
    whole = "/".join(parts)
    yield from (whole + "/", whole + "/x", "/" + whole, whole.upper(), whole + ".json",
                whole + "s", whole[:-1])
    yield from (whole.replace(old, new) for old, new in (("v1", "v2"), ("v2", "v1"), ("v1", "v3"))
                if old in whole)


def table(world, started):
    """(method, path) of all calls: the program measures each, asked or not."""
    text = world.send(started, Request("GET", "/metrics"), "admin").body.decode()
    found = re.findall(r'usher_http_request_seconds_count\{method="(\w+)",route="([^"]+)"\}', text)
    return {(method, path) for method, path in found if path != "none"}


def provoke(world, started, document):
    """What differs, in words; what each answer must be is judged where it is recorded."""
    measured = table(world, started)
    listed = {(operation.method, operation.path) for operation in document.operations}
    missing = [f"{method} {path}: the program has it, the file not"
               for method, path in sorted(measured - listed)]
    missing += [f"{method} {path}: the file has it, the program not"
                for method, path in sorted(listed - measured)]
    for listener in ("operator", "admin"):
        targets = set(PUBLISHED)
        for path in document.tree["paths"]:
            targets |= {filled(path), *neighbours(path)}
        for target in sorted(targets):
            for method in METHODS:
                answer = world.send(started, Request(method, target), listener)
                if document.find(listener, method, target) and answer.status in (404, 405):
                    missing.append(f"{method} {target}: listed, but answered {answer.status}")
    return missing
