"""Tenants are apart on every path of openapi.yaml: another tenant's ids are answered as ids that
were never given, whoever asks, wherever they stand, and nothing is read or sent for them."""

import json
import re

from program import PREMIUM
from samples import LIST, Portal, row_to_import
from world import bearer

# What stands in a path, and what may stand for it in a body or a query.
PLACES = {"entitlementId": "entitlement", "accountId": "account", "productId": "product",
          "tenantId": "tenant", "bulkId": "bulk"}
# They are about no tenant, or about all; and the partner has a door of its own.
WITHOUT_ID = re.compile(r"^/(health/|metrics|bango/)|/all-tenants/")
VARYING = ("date", "x-correlation-id")


def told(answer, names):
    """An answer without what differs from one request to the next; the ids by their kind."""
    text = answer.body.decode("utf-8", "replace")
    for kind, name in names.items():
        text = text.replace(name, f"<{kind}>")
    text = re.sub(r'"(requestId|at)":"[^"]*"', r'"\1":""', text)
    headers = sorted((name.lower(), value) for name, value in answer.headers
                     if name.lower() not in (*VARYING, "content-length"))
    return answer.status, headers, text


def target_of(operation, names):
    return re.sub(r"\{(\w+)\}", lambda place: names[PLACES[place[1]]], operation.path)


def with_ids(request, target, names, held):
    """The sample with another path, and the ids of its body and query replaced."""
    made = request.with_target(target + "".join(re.findall(r"\?.*", request.target)))
    made.target = made.target.replace(held["account"], names["account"])
    if made.body:
        text = made.body.decode()
        for kind in ("entitlement", "account"):
            text = text.replace(held[kind], names[kind])
        made.body = text.encode()
    return made


class Apart:
    def __init__(self, world, started, document):
        self.world, self.started, self.document = world, started, document
        self.owner = Portal(world, started, world.token(started), tenant="demo",
                            admin=world.token(started, "admin"))
        product = self.owner.product("OWN").having(name="Own")
        self.owner.expect(201, product)
        account = self.owner.new_account()
        self.held = {"entitlement": self.owner.bought(PREMIUM, account), "account": account,
                     "product": "BANGO_US_OWN"}
        self.owner.expect(200, self.owner.update(self.held["entitlement"], "SUSPENDED"))
        self.held["tenant"] = "demo_kept"
        self.owner.expect(201, self.owner.new_tenant(self.held["tenant"]))
        self.held["bulk"] = self.owner.begun()
        self.never = {"entitlement": "never-entitlement", "account": "never-account",
                      "product": "NEVER_PRODUCT", "tenant": "demo_never", "bulk": "never-bulk"}

    def partner_calls(self):
        return len(self.world.sandbox_call(self.started, "GET", "/sandbox/partner/calls"))

    def record(self):
        return self.world.send(self.started, self.owner.reading(self.held["entitlement"])).json

    def asked(self, request, names, listener):
        return told(self.world.send(self.started, request, listener), names)

    def differences(self, operation, sample, listener, who):
        """The same request about what is another tenant's, and about what was never there."""
        both = [(with_ids(sample, target_of(operation, names), names, self.held), names)
                for names in (self.held, self.never)]
        if both[0][0].wire() == both[1][0].wire():  # it names none
            return
        answers = [self.asked(request, names, listener) for request, names in both]
        if answers[0] != answers[1]:
            yield (f"{operation.id} as {who}: {answers[0]} for another tenant's, {answers[1]} for "
                   "what was never there")

    def strangers(self):
        """By what they are: their headers for the two listeners."""
        token = {user: bearer(self.world.token(self.started, user))
                 for user in ("portal2", "viewer", "admin")}
        yield "nobody", {}, {}
        yield "a forger", *(2 * ({"Authorization": token["portal2"][:-8] + "AAAAAAAA"},))
        yield "who has no role", *(2 * ({"Authorization": token["viewer"]},))
        yield ("another tenant's portal", {"Authorization": token["portal2"]},
               {"Authorization": token["portal2"]})
        yield ("another tenant's portal, with this tenant's name",
               *(2 * ({"Authorization": token["portal2"], "nv-tenant-id": "demo"},)))
        yield ("an administrator for another tenant",
               *(2 * ({"Authorization": token["admin"], "nv-tenant-id": "second"},)))

    def every_operation(self, samples):
        # What makes an account of that name in the stranger's own tenant comes last.
        for operation in sorted(self.document.operations, key=lambda one: one.id == "addAccount"):
            if WITHOUT_ID.search(operation.path):
                continue
            listener, sample = samples[operation.id]
            for who, at_operator, at_admin in self.strangers():
                request = sample
                for name in ("Authorization", "nv-tenant-id"):
                    request = request.with_header(name, None)
                for name, value in (at_admin if listener == "admin" else at_operator).items():
                    request = request.with_header(name, value)
                yield from self.differences(operation, request, listener, who)

    def files_of_changes(self):
        """Their rows in a bulk of the stranger's own."""
        stranger = self.owner.in_tenant("second")
        come = []
        for names in (self.held, self.never):
            entitlement, account = names["entitlement"], names["account"]
            rows = [{"entitlementId": entitlement, "status": "ACTIVE"},
                    {"action": "delete", "entitlementId": entitlement},
                    {"action": "change-product", "entitlementId": entitlement,
                     "productId": names["product"]},
                    {"action": "purchase", "accountId": account, "productId": names["product"]},
                    {"action": "account-status", "accountId": account, "status": "SUSPENDED"},
                    {"action": "delete-account", "accountId": account},
                    {"action": "delete-of-account", "accountId": account}]
            bulk = stranger.started_bulk(*rows)
            answers = [self.world.send(self.started, ask(bulk, *rows), "admin")
                       for ask in (self.owner.bulk_look, self.owner.bulk_rows)]
            if any(answer.status != 404 for answer in answers):
                yield f"another tenant's bulk answers {[answer.status for answer in answers]}"
            carried_out = self.world.send(self.started, stranger.bulk_rows(bulk, *rows), "admin")
            again = stranger.bulk_look(stranger.begun(len(rows)), *rows)
            looked_at = self.world.send(self.started, again, "admin")
            come.append([told(answer, names)[2].partition('"bulk"')[0]
                         for answer in (looked_at, carried_out)])
        if come[0] != come[1]:
            yield f"rows about another tenant's get {come[0]}, about what was never there {come[1]}"
        listed = self.world.send(self.started, stranger.bulks(), "admin").json["bulks"]
        if any(one["bulkId"] == self.held["bulk"] for one in listed):
            yield "another tenant's bulk is listed"

    def stranger(self):
        """Who may do in the other tenant whatever can be done."""
        token = self.world.token
        return Portal(self.world, self.started, token(self.started, "portal2"),
                      admin=token(self.started, "admin")).in_tenant("second")

    def taken_over(self):
        """What both sides have already, under their ids or with the partner's id of theirs."""
        stranger = self.stranger()
        theirs = self.record()["partnerEntitlementId"]
        come = []
        # Accounts that nothing has been asked about yet.
        for names in (self.held | {"account": self.owner.new_account()},
                      self.never | {"account": self.world.new_name("never")}):
            row = row_to_import(names["entitlement"], names["account"])
            rows = (row, row | {"productId": names["product"]}, row | {"status": "CANCELLED"})
            come.append(self.asked(stranger.imports(*rows, dryRun=True), names, "admin"))
        if come[0] != come[1] or '"imported","accountIsNew":true' not in come[0][2]:
            yield f"rows about another tenant's get {come[0]}, about what was never there {come[1]}"
        new = self.world.new_name("new")
        row = row_to_import(new, new, partnerEntitlementId=theirs)
        for more in ({"dryRun": True}, {}):
            answer = self.world.send(self.started, stranger.imports(row, **more), "admin")
            result = answer.json["results"][0]
            if result.get("errorCode") != 40059:
                yield f"another tenant's id of the partner's can be taken over: {result}"
            told_more = [word for word in (" It is ", *self.held.values(), theirs, "demo")
                         if word in answer.body.decode()]
            if told_more:
                yield f"who has an id of the partner's is told: {told_more}"
        code = self.world.send(self.started, stranger.account_read(new)).json.get("errorCode")
        if code != 40404:
            yield f"a row that was refused has made an account: {code}"
        named = self.world.send(self.started, self.owner.imports(row), "admin").json["results"][0]
        if self.held["entitlement"] not in named["message"]:
            yield f"who has it in the same tenant is not told: {named}"

    def same_ids(self):
        """They are free in every other tenant."""
        stranger, before = self.stranger(), self.record()
        row = row_to_import(self.held["entitlement"], self.owner.new_account())
        came = self.world.send(self.started, stranger.imports(row), "admin").json["results"][0]
        if (came["outcome"], came.get("accountIsNew")) != ("imported", True):
            yield f"an id that another tenant has is not free: {came}"
        record = self.world.send(self.started, stranger.reading(self.held["entitlement"])).json
        if record.get("partnerEntitlementId") != row["partnerEntitlementId"]:
            yield f"what has another tenant's id is not the tenant's own: {record}"
        if self.record() != before:
            yield f"another tenant's import changed {json.dumps(self.record())}"

    def lists(self):
        """Nothing of another tenant's is counted or shown."""
        stranger = Portal(self.world, self.started, self.world.token(self.started, "portal2"))
        for query in (f'{{"accountId":"{self.held["account"]}"}}',
                      f'{{"_id":"{self.held["entitlement"]}"}}',
                      f'{{"productId":"{self.held["product"]}"}}',
                      f'{{"$or":[{{"accountId":"{self.held["account"]}"}},'
                      f'{{"_id":"{self.held["entitlement"]}"}}]}}'):
            answer = self.world.send(self.started, stranger.request("GET", LIST).with_query(
                "filter=" + query.replace("$", "%24").replace('"', "%22")))
            if answer.json != {"totalRecords": 0, "resourceSet": []}:
                yield f"a list of {query} shows {answer.body[:200]}"
        products = self.world.send(self.started, stranger.request("GET", stranger.product(
            "X").target)).json
        if any(one["_id"] == self.held["product"] for one in products["resourceSet"]):
            yield "another tenant's product is listed"


def provoke(world, started, document):
    apart = Apart(world, started, document)
    samples = apart.owner.samples(apart.held["entitlement"], apart.held["account"],
                                  apart.held["bulk"])
    before, calls = apart.record(), apart.partner_calls()
    yield from apart.every_operation(samples)
    yield from apart.lists()
    yield from apart.files_of_changes()
    yield from apart.taken_over()
    if apart.record() != before:
        yield f"what another tenant asked changed {json.dumps(apart.record())}"
    # Its own purchases and links may call the partner; about these ids nobody does.
    sent = world.sandbox_call(started, "GET", "/sandbox/partner/calls")[calls:]
    if any(apart.held["entitlement"] in json.dumps(call) for call in sent):
        yield "the partner was called about another tenant's entitlement"
    yield from apart.same_ids()
