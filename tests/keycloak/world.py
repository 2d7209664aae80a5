"""What the tests share: one Keycloak behind its reverse proxy, one partner, and Ushers."""

import json
import pathlib
import tempfile
import time
import unittest
import uuid

import keycloak
import program
from reverse_proxy import ReverseProxy

HERE = pathlib.Path(__file__).resolve().parent
PREMIUM = {"type": "thirdParty", "name": "Music", "providerId": "BANGO_US",
           "providerResourceId": "MUSIC_PREMIUM"}
TEXT = """
{auth}
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{folder}/usher.db"
[partner.bango]
url = "{sandbox}/bango"
username = "usher"
password = "usher"
customer_id = "{{tenant}}-{{account}}"
"""
TENANT = """
[[tenant]]
id = "{id}"
default = {default}
"""


class Usher(program.Program):
    """`usher serve` with auth settings of its own; `bought` is what expect_good() reads."""

    def __init__(self, world, folder, text="", tenants=("operator", "second"), **auth):
        if not text:
            auth = {"issuer": world.keycloak.issuer, "tenant_claim": "tenants", "skew_ms": 1000,
                    "jwks_min_interval_ms": 100, "fetch_timeout_ms": 60000} | auth
        # JSON's texts, numbers and arrays are TOML's.
        text += "".join(f"auth.{name} = {json.dumps(value)}\n" for name, value in auth.items())
        sandbox = world.sandbox.addresses["sandbox"]
        path = folder / "usher.toml"
        path.write_text(TEXT.format(auth=text, folder=folder, sandbox=sandbox) + "".join(
            TENANT.format(id=tenant, default=json.dumps(tenant == tenants[0]))
            for tenant in tenants))
        super().__init__("serve", "--config", str(path))
        self.addresses["sandbox"] = sandbox
        self.bought = None

    def log_lines(self, **wanted):
        # The last line may not be written to its end yet.
        lines = [json.loads(line) for line in self.read_log().splitlines(keepends=True)
                 if line[:1] == "{" and line.endswith("\n")]
        return [line for line in lines if wanted.items() <= line.items()]


class World:
    def __init__(self):
        self.held = tempfile.TemporaryDirectory(prefix="usher-keycloak-")
        self.folder = pathlib.Path(self.held.name)
        self.keycloak = self.front = self.sandbox = None
        self.ushers = []

    def start(self):
        begun = time.monotonic()
        self.keycloak = keycloak.Keycloak(self.folder, HERE / "realm.json")
        self.keycloak.start()
        self.front = ReverseProxy(self.keycloak.front_port, self.keycloak.port)
        self.sandbox = program.Program("sandbox", "--port", "0")
        print(f"Keycloak is up after {time.monotonic() - begun:.1f} s", flush=True)

    def usher(self, **settings):
        folder = self.folder / f"usher-{len(self.ushers)}"
        folder.mkdir()
        self.ushers.append(Usher(self, folder, **settings))
        return self.ushers[-1]

    def stop(self):
        """Whatever is left, also after an interruption."""
        for usher in self.ushers:
            usher.release()
        if self.front:
            self.front.close()
        if self.sandbox:
            self.sandbox.release()
        if self.keycloak:
            self.keycloak.stop()
        self.held.cleanup()


WORLD = World()


class Case(program.Case):
    def setUp(self):
        super().setUp()
        self.keycloak, self.front = WORLD.keycloak, WORLD.front

    def usher(self, **settings):
        return self.started(WORLD.usher(**settings))

    def stocked(self, token=None, **settings):
        """An Usher that knows the keys and has something to read."""
        usher = self.usher(**settings)
        self.stock(usher, token or self.keycloak.user_token("portal"))
        return usher

    def ask(self, usher, token, path=None, method="GET", body=None, **headers):
        caller = usher.caller()
        caller.given_token = token
        path = path or f"{program.ENTITLEMENTS}/{usher.bought or 'none'}"
        try:
            return caller.ask(method, path, body,
                              {name.replace("_", "-"): text for name, text in headers.items()})
        finally:
            caller.close()

    def stock(self, usher, token):
        """A product, an account and a purchase: three operator calls."""
        account = uuid.uuid4().hex
        answer = self.ask(usher, token, "/cpm/commercial/v1/products", "PUT", PREMIUM)
        self.assertIn(answer.status, (200, 201), answer.text)
        answer = self.ask(usher, token, "/adm/v1/accounts", "POST", {"_id": account})
        self.assertEqual(answer.status, 201, answer.text)
        answer = self.ask(usher, token, program.ENTITLEMENTS, "POST",
                          {"productType": "THIRDPARTY", "productId": program.PREMIUM,
                           "accountId": account, "status": "PENDING"})
        self.assertEqual(answer.status, 201, answer.text)
        usher.bought = answer.json["_id"]
        return answer

    def expect_good(self, usher, token):
        answer = self.ask(usher, token)
        self.assertEqual(answer.status, 200, answer.text)
        self.assertEqual(answer.json["_id"], usher.bought)

    def expect_error(self, usher, token, code, refusal="", **headers):
        """The answer; `refusal` is what the log says of the reason."""
        correlation = str(uuid.uuid4())
        answer = self.ask(usher, token, x_correlation_id=correlation, **headers)
        self.assertEqual((answer.status, answer.json["errorCode"]), (code // 100, code),
                         answer.text)
        if code in (40301, 40302, 40303):
            self.assertEqual(answer.json["resultCode"], "99999:403")
        line = program.until("the request in the log",
                             lambda: usher.log_lines(correlationId=correlation))[0]
        self.assertEqual((line["errorCode"], line["refusal"]), (code, refusal), line)
        return answer

    def expect_away(self, usher, token):
        answer = self.expect_error(usher, token, 50306,
                                   "the issuer's keys cannot be fetched now")
        self.assertGreaterEqual(int(answer.headers["retry-after"]), 1)

    def add_key(self, algorithm, priority):
        """Taken away at the test's end."""
        key = self.keycloak.add_key(algorithm, priority)
        self.addCleanup(self.keycloak.remove_key, key)
        return key

    def sign_with(self, algorithm, priority=100):
        """The CRM's tokens get a key of this test alone."""
        key = self.add_key(algorithm, priority)
        self.keycloak.set_algorithm("crm", algorithm)
        self.addCleanup(self.keycloak.set_algorithm, "crm", "")
        return key


class Timed(unittest.TextTestResult):
    """Says how long each test took."""

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def say_time(self):
        self.stream.write(f"{time.monotonic() - self.begun:.1f} s ")

    def addSuccess(self, test):
        self.say_time()
        super().addSuccess(test)

    def addFailure(self, test, err):
        self.say_time()
        super().addFailure(test, err)

    def addError(self, test, err):
        if test.id().startswith("__main__."):  # else it is no test: setUpModule
            self.say_time()
        super().addError(test, err)
