"""A request for each operation that goes well, from which the others are made."""

import hashlib
import json
import time

import once
from program import ENTITLEMENTS, PREMIUM
from world import Request, basic, bearer

MUSIC, MONTHLY = "BANGO_US_MUSIC", "BANGO_US_MUSIC_MONTHLY"
PRODUCTS, ACCOUNTS = "/cpm/commercial/v1/products", "/adm/v1/accounts"
TENANTS = "/rmg/v1/admin/tenants"
REPORTS = "/bango/v1/reports"
UPDATES = ("updateEntitlement", "updateEntitlementByPost")
LIST = "/crm-gateway/v1/rmg/v1/entitlements"
EVENTS = "/crm-gateway/v2/usher/events"
TPES = "/tpes/v1/operator/entitlements"
# Of the other door, what changes a status: (operation, method, action).
ACTIONS = (("cancelEntitlement", "POST", "cancel"), ("cancelEntitlementByPut", "PUT", "cancel"),
           ("revokeEntitlement", "POST", "revoke"), ("suspendEntitlement", "POST", "suspend"),
           ("resumeEntitlement", "POST", "resume"))
ENDING = {"cancelReasonCategory": "CUSTOMER_CANCELLED", "cancelReasonCode": "OTHER"}
METHOD_OF = {"updateEntitlement": "PUT", "updateEntitlementByPost": "POST"}
DATES = {"validFrom": "2026-09-01T13:47:59.228Z", "expiryDate": "2036-09-01T13:47:59.228Z"}
WAIT = {"Prefer": "wait=30"}


class Portal:
    """Somebody with a token, at one program."""

    def __init__(self, world, started, token, tenant=None, admin=None):
        """`admin` is the token for the admin listener, else the same one."""
        self.world, self.started = world, started
        self.headers = {"Authorization": bearer(token)}
        self.admin = {"Authorization": bearer(admin or token)}
        if tenant:
            self.headers["nv-tenant-id"] = tenant

    def in_tenant(self, tenant):
        other = Portal(self.world, self.started, "")
        other.headers = self.headers | {"nv-tenant-id": tenant}
        other.admin = self.admin | {"nv-tenant-id": tenant}
        return other

    # --- requests

    def request(self, method, target, body=None, **headers):
        made = Request(method, target, self.headers | headers)
        if body is None:
            return made
        return made.with_header("Content-Type", "application/json").with_json(body)

    def purchase(self, account, product=PREMIUM, **more):
        body = {"productType": "THIRDPARTY", "productId": product, "accountId": account,
                "status": "PENDING"} | DATES
        return self.request("POST", ENTITLEMENTS, body | more, **WAIT)

    def update(self, entitlement, status, method="PUT", **more):
        return self.request(method, f"{ENTITLEMENTS}/{entitlement}", {"status": status} | more,
                            **WAIT)

    def purchase_by_tpes(self, account, product=PREMIUM, **more):
        return self.purchase(account, product, **more).with_target(TPES)

    def action(self, entitlement, name, **more):
        """Of one of ACTIONS; what it needs is in it."""
        method, action = {operation: rest for operation, *rest in ACTIONS}[name]
        target = f"{TPES}/{entitlement}/actions/{action}"
        if action == "suspend":
            return self.request(method, target, **WAIT)
        body = {"productId": PREMIUM} if action == "resume" else ENDING
        return self.request(method, target, body | more, **WAIT)

    def moving(self, entitlement, product=MONTHLY):
        return self.request("POST", f"{TPES}/{entitlement}/actions/changeProduct",
                            {"productId": product}, **WAIT)

    def activation(self, entitlement):
        return self.request("GET", f"{TPES}/{entitlement}/activationinfo")

    def recovery(self, entitlement):
        return self.request("POST", f"{TPES}/{entitlement}/actions/recover")

    def deletion(self, entitlement):
        return self.request("DELETE", f"{ENTITLEMENTS}/{entitlement}", **WAIT)

    def deletion_of_account(self, account):
        return self.request("DELETE", f"{ENTITLEMENTS}/account/{account}")

    def listing(self, query=""):
        return self.request("GET", LIST + query)

    def reading(self, entitlement):
        return self.request("GET", f"{ENTITLEMENTS}/{entitlement}")

    def product(self, key):
        return self.request("PUT", PRODUCTS, {"type": "thirdParty", "name": "Music", "providerId":
                                              "BANGO_US", "providerResourceId": key})

    def account(self, account, **more):
        return self.request("POST", ACCOUNTS, {"_id": account} | more)

    def renaming(self, product):
        return self.request("PUT", f"{PRODUCTS}/{product}", {"name": "Music"})

    def account_read(self, account):
        return self.request("GET", f"{ACCOUNTS}/{account}")

    def account_change(self, account, status="ACTIVE"):
        return self.request("PUT", f"{ACCOUNTS}/{account}", {"status": status})

    # As who looks after the tenants under this one.

    def new_tenant(self, name, **more):
        return self.administer(TENANTS, {"_id": name} | more)

    def tenants(self):
        return Request("GET", TENANTS, self.admin)

    def tenant_change(self, name, status):
        return self.administer(f"{TENANTS}/{name}", {"status": status}, "PUT")

    def explanation(self, entitlement, query=""):
        return Request("GET", f"/admin/v1/entitlements/{entitlement}/explanation{query}",
                       self.admin)

    def events(self, query):
        return self.request("GET", f"{EVENTS}?{query}")

    def events_as_admin(self, query):
        return Request("GET", f"/admin/v1/events?{query}", self.admin)

    def explanations(self, query):
        return Request("GET", f"/admin/v1/explanations?{query}", self.admin)

    def reports(self, entitlement):
        return Request("GET", f"/admin/v1/entitlements/{entitlement}/reports", self.admin)

    def administer(self, path, body, method="POST"):
        made = Request(method, path, self.admin)
        return made.with_header("Content-Type", "application/json").with_json(body)

    def dry_run(self, request, **more):
        """How that request would go."""
        body = {"body": json.loads(request.body)} if request.body else {}
        return self.administer("/admin/v1/dry-run", {
            "method": request.method, "path": request.target} | body | more)

    def retry(self, entitlement):
        return self.administer(f"/admin/v1/entitlements/{entitlement}/retry",
                               {"reason": "a test"})

    # --- the partner's daily file

    def compared(self, customer, **more):
        row = {"partnerEntitlementId": "some", "customerId": customer, "status": "ACTIVE",
               "productKey": "MUSIC", "lastUpdated": "2026-09-01T10:00:00Z"}
        return self.administer("/admin/v1/comparisons/rows",
                               {"merchant": "BANGO_US", "asOf": "2026-09-01T10:00:00Z",
                                "rows": [row | more]})

    def must_have(self, query=""):
        as_of = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return Request("GET", f"/admin/v1/comparisons/held?merchant=BANGO_US&asOf={as_of}{query}",
                       self.admin)

    def reads(self, entitlement, version=1):
        return self.administer("/admin/v1/comparisons/reads",
                               {"entitlements": [{"entitlementId": entitlement,
                                                  "version": version}]})

    def line(self, **counts):
        return self.administer("/admin/v1/comparisons",
                               {"merchant": "BANGO_US", "file": "active.csv", "sha256": "a" * 64,
                                "asOf": "2026-09-01T10:00:00Z", "reads": 0, "counts": counts})

    # --- files of changes

    def bulk(self, rows=1, **more):
        """Another file each time."""
        digest = hashlib.sha256(self.world.new_name("file").encode()).hexdigest()
        return self.administer("/admin/v1/bulk",
                               {"file": "changes.csv", "sha256": digest, "rows": rows} | more)

    def bulks(self):
        return Request("GET", "/admin/v1/bulk", self.admin)

    def bulk_read(self, bulk):
        return Request("GET", f"/admin/v1/bulk/{bulk}", self.admin)

    def bulk_look(self, bulk, *rows, begin=0):
        return self.administer(f"/admin/v1/bulk/{bulk}/look", {"from": begin, "rows": rows})

    def bulk_start(self, bulk, **more):
        return self.administer(f"/admin/v1/bulk/{bulk}/start", {"reason": "a test"} | more)

    def bulk_rows(self, bulk, *rows, begin=0):
        return self.administer(f"/admin/v1/bulk/{bulk}/rows", {"from": begin, "rows": rows})

    # --- what both sides have already

    def imports(self, *rows, **more):
        return self.administer("/admin/v1/imports", {"rows": rows, "reason": "a test"} | more)

    def samples(self, entitlement, account, bulk="some"):
        """For every operation: the listener, and a request that does little harm. The bulk's are
        in their order, of a file with one row."""
        operator = {
            "createEntitlement": self.purchase(account),
            "readEntitlement": self.reading(entitlement),
            "listEntitlements": self.listing(),
            "listEvents": self.events(f"limit=3&accountId={account}"),
            "deleteEntitlement": self.deletion(entitlement),
            "deleteEntitlementsOfAccount": self.deletion_of_account(account),
            "createEntitlementByTpes": self.purchase_by_tpes(account, MUSIC),
            "readActivation": self.activation(entitlement),
            "recoverEntitlement": self.recovery(entitlement),
            "changeProductOfEntitlement": self.moving(entitlement),
            "putProduct": self.product("MUSIC"),
            "listProducts": self.request("GET", PRODUCTS),
            "readProduct": self.request("GET", f"{PRODUCTS}/{MUSIC}"),
            "changeProduct": self.renaming(MUSIC),
            "addAccount": self.account(account),
            "readAccount": self.account_read(account),
            "changeAccount": self.account_change(account),
            "changeAccountByOldPath": self.account_change("preHashedPassword/" + account),
            "deleteAccount": self.request("DELETE", f"{ACCOUNTS}/{account}"),
            "addTenant": self.new_tenant("demo_sub-tenant-1"),
            "listTenants": self.tenants(),
            "changeTenant": self.tenant_change("demo_sub-tenant-1", "ENABLED"),
            "receiveReport": report(entitlement),
            "receiveReportByBody": report_by_body(entitlement)}
        for name, *_ in ACTIONS:
            operator[name] = self.action(entitlement, name)
        for name in UPDATES:
            operator[name] = self.update(entitlement, "ACTIVE", METHOD_OF[name])
        admin = {name: Request("GET", path) for name, path in (
            ("isLive", "/health/live"), ("isReady", "/health/ready"), ("readMetrics", "/metrics"))}
        hold = {"kind": "paused", "merchant": "NOBODY", "reason": "a test"}
        for end, path in (("", "/admin/v1/holds"), ("OfAll", "/admin/v1/all-tenants/holds")):
            admin |= {"listHolds" + end: Request("GET", path, self.admin),
                      "placeHold" + end: self.administer(path, hold),
                      "liftHold" + end: self.administer(path + "/lift", hold)}
        pin = {"merchant": "NOBODY", "productKey": "NOTHING", "action": "suspend",
               "reason": "a test"}
        for end, path in (("", "/admin/v1"), ("OfAll", "/admin/v1/all-tenants")):
            admin |= {"readStatus" + end: Request("GET", path + "/status", self.admin),
                      "listActions" + end: Request("GET", path + "/actions", self.admin),
                      "clearActions" + end: self.administer(path + "/actions/clear", pin),
                      "pinAction" + end: self.administer(path + "/actions/pins",
                                                         pin | {"supported": True}),
                      "unpinAction" + end: self.administer(path + "/actions/pins/lift", pin)}
        admin |= {"listUnsettled": Request("GET", "/admin/v1/unsettled", self.admin),
                  "listStrayReports": Request("GET", "/admin/v1/reports", self.admin),
                  "listReports": self.reports(entitlement),
                  "retryEntitlement": self.retry(entitlement)}
        admin |= {"dryRun": self.dry_run(self.update(entitlement, "ACTIVE"))}
        admin |= {"readTenant": Request("GET", "/admin/v1/tenant", self.admin),
                  "changeTenantSettings": self.administer("/admin/v1/tenant",
                                                          {"reason": "a test"}, "PUT")}
        admin |= {"listEventsAsAdmin": self.events_as_admin(f"limit=3&accountId={account}"),
                  "explainEntitlement": self.explanation(entitlement),
                  "explainEntitlements": self.explanations(f"accountId={account}")}
        admin |= {"compareRows": self.compared(account), "listHeld": self.must_have(),
                  "askReads": self.reads(entitlement), "signComparison": self.line(equal=3),
                  "latestComparisons": Request("GET", "/admin/v1/comparisons/latest", self.admin)}
        row = {"entitlementId": entitlement, "status": "ACTIVE"}
        admin |= {"beginBulk": self.bulk(), "listBulks": self.bulks(),
                  "readBulk": self.bulk_read(bulk), "lookAtRows": self.bulk_look(bulk, row),
                  "startBulk": self.bulk_start(bulk), "carryOutRows": self.bulk_rows(bulk, row)}
        admin |= {"importRows": self.imports(row_to_import(entitlement, account), dryRun=True)}
        return ({name: ("operator", request) for name, request in operator.items()}
                | {name: ("admin", request) for name, request in admin.items()})

    # --- what is done

    def expect(self, wanted, request, listener="operator", wire=None):
        """A change that is carried out is repeated with its key, and must be answered the same."""
        keyed = wire is None and (wanted < 300 or wanted in once.REFUSED_LATER) and once.is_keyed(
            self.world.observed.document, listener, request)
        if keyed:
            request = request.with_header("Idempotency-Key", once.key())
        answer = self.world.expect(wanted, self.started, request, listener, wire)
        if keyed:
            once.repeat(self.world, self.started, request, answer)
        return answer

    def new_account(self, **more):
        name = self.world.new_name("customer")
        self.expect(201, self.account(name, **more))
        return name

    def bought(self, product=PREMIUM, account=None):
        """The id of a new entitlement, on which both sides agree."""
        wanted = {"demo_b": 200, "demo_c": 202 if product == MUSIC else 200}.get(
            self.headers.get("nv-tenant-id"), 201)
        answer = self.expect(wanted, self.purchase(account or self.new_account(), product))
        return answer.json.get("_id", "none")

    def begun(self, rows=1):
        """The id of a new bulk."""
        return self.expect(201, self.bulk(rows), "admin").json.get("bulkId", "none")

    def started_bulk(self, *rows):
        """One whose rows may be carried out."""
        bulk = self.begun(len(rows))
        looked = self.expect(200, self.bulk_look(bulk, *rows), "admin").json
        self.expect(200, self.bulk_start(bulk, token=looked.get("token")), "admin")
        return bulk

    def faults(self, *rules):
        self.world.sandbox_call(self.started, "PUT", "/sandbox/partner/faults",
                                {"rules": list(rules)})

    def held(self, entitlement):
        """The partner's record of it, or None."""
        records = self.world.sandbox_call(self.started, "GET", "/sandbox/partner/entitlements")
        return next((record for record in records
                     if record["externalEntitlementId"] == entitlement), None)

    def move(self, entitlement, move):
        """The merchant acts."""
        held = self.held(entitlement)
        self.world.sandbox_call(self.started, "POST",
                                f"/sandbox/partner/entitlements/{held['entitlementId']}/{move}")


def row_to_import(entitlement, account, **more):
    return {"entitlementId": entitlement, "accountId": account, "productId": PREMIUM,
            "partnerEntitlementId": "at-" + entitlement, "status": "ACTIVE"} | more


def report(entitlement, tenant="demo"):
    request = Request("POST", f"{REPORTS}/{tenant}/{entitlement}", {
        "Authorization": basic("usher", "usher"), "Content-Type": "application/json"})
    return request.with_json({"responseCode": "ACTIVATION_SUCCESS", "status": "ACTIVE"})


def report_by_body(entitlement, tenant="demo", **more):
    request = Request("POST", f"{REPORTS}/{tenant}", {
        "Authorization": basic("usher", "usher"), "Content-Type": "application/json"})
    return request.with_json({"externalEntitlementId": entitlement, "status": "ACTIVE"} | more)
