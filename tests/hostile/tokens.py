#!/usr/bin/env python3
"""Tokens that are signed well and still open nothing, and forgeries that need the issuer's keys.

What can be said without keys is in tests/api/bad_tokens.json. Here the issuer is our own."""

import argparse
import base64
import hashlib
import hmac
import json
import socket
import threading
import time

from issuer import Issuer, Key, b64
from rig import ENTITLEMENTS, program, until

ISSUED, EXPIRED, ROLE, TENANT, DISABLED, UNNAMED = 40302, 40303, 40304, 40402, 40305, 40022
DEEP = "[" * 40 + "]" * 40

# What is wrong with the claims, and what is answered. Claims that are None are left out.
CLAIMS = [
    ("expired", {"exp": -60}, EXPIRED),
    ("expired long ago", {"exp": "=1"}, EXPIRED),
    ("no end", {"exp": None}, ISSUED),
    ("an end that is no number", {"exp": "=\"2100-01-01\""}, ISSUED),
    ("an end before time began", {"exp": "=-1"}, ISSUED),
    ("an end beyond time", {"exp": "=1e300"}, ISSUED),
    ("an end that nobody can hold", {"exp": "=1e999"}, ISSUED),
    ("not valid yet", {"nbf": 600}, ISSUED),
    ("issued in the future", {"iat": 600}, ISSUED),
    ("a beginning that is no number", {"nbf": "=[]"}, ISSUED),
    ("another issuer", {"iss": "https://issuer.example/realms/test"}, ISSUED),
    ("no issuer", {"iss": None}, ISSUED),
    ("the issuer and a slash", {"iss": "{issuer}/"}, ISSUED),
    ("the issuer in capitals", {"iss": "{ISSUER}"}, ISSUED),
    ("the issuer and more behind it", {"iss": "{issuer}.example"}, ISSUED),
    ("a list of issuers", {"iss": ["{issuer}"]}, ISSUED),
    ("a refresh token", {"typ": "Refresh"}, ISSUED),
    ("an ID token", {"typ": "ID"}, ISSUED),
    ("an offline token", {"typ": "Offline"}, ISSUED),
    ("no type", {"typ": None}, ISSUED),
    ("a list of types", {"typ": ["Bearer"]}, ISSUED),
    ("nobody", {"sub": None}, ISSUED),
    ("an empty subject", {"sub": ""}, ISSUED),
    ("a subject that is a number", {"sub": 7}, ISSUED),
    ("no roles", {"realm_access": None}, ROLE),
    ("an empty list of roles", {"realm_access": {"roles": []}}, ROLE),
    ("another role", {"realm_access": {"roles": ["adminRole"]}}, ROLE),
    ("a role in small letters", {"realm_access": {"roles": ["operatorrole"]}}, ROLE),
    ("a role with a blank", {"realm_access": {"roles": ["operatorRole "]}}, ROLE),
    ("several roles in one", {"realm_access": {"roles": ["x,operatorRole"]}}, ROLE),
    ("a role in another place", {"realm_access": None, "roles": ["operatorRole"],
                                 "resource_access": {"a": {"roles": ["operatorRole"]}}}, ROLE),
    ("roles as text", {"realm_access": {"roles": "operatorRole"}}, ISSUED),
    ("roles in a list in a list", {"realm_access": {"roles": [["operatorRole"]]}}, ISSUED),
    ("roles with a number", {"realm_access": {"roles": ["operatorRole", 7]}}, ISSUED),
    ("roles as a list of nothing", {"realm_access": ["operatorRole"]}, ISSUED),
    ("no tenants", {"tenants": None}, TENANT),
    ("null tenants", {"tenants": "=null"}, TENANT),
    ("an empty list of tenants", {"tenants": []}, TENANT),
    ("an empty tenant", {"tenants": [""]}, TENANT),
    ("another tenant", {"tenants": ["other"]}, TENANT),
    ("a tenant in capitals", {"tenants": ["OPERATOR"]}, TENANT),
    ("every tenant", {"tenants": ["*"]}, TENANT),
    ("tenants in one text", {"tenants": "other,operator"}, TENANT),
    ("tenants in another claim", {"tenants": None, "tenant": ["operator"]}, TENANT),
    ("tenants as a number", {"tenants": 7}, ISSUED),
    ("tenants as true", {"tenants": True}, ISSUED),
    ("tenants as an object", {"tenants": {"operator": True}}, ISSUED),
    ("tenants with a number", {"tenants": ["operator", 7]}, ISSUED),
    ("tenants in a list in a list", {"tenants": [["operator"]]}, ISSUED),
]

# Heads that are refused although the signature is good.
HEADS = [
    ("crit", {"crit": ["exp"], "exp": 1}),
    ("crit of what nobody knows", {"crit": ["x"], "x": 1}),
    ("an empty crit", {"crit": []}),
    ("crit that is null", {"crit": None}),
    ("b64", {"b64": True}),
    ("a payload that is not encoded", {"b64": False, "crit": ["b64"]}),
    ("kid that is unknown", {"kid": "no-such"}),
    ("kid that leads to a file", {"kid": "../../../../../../dev/null"}),
    ("kid that is a query", {"kid": "' OR 1=1 --"}),
    ("kid that is empty", {"kid": ""}),
    ("kid that is null", {"kid": None}),
    ("kid that is a list", {"kid": ["{kid}"]}),
    ("kid with NUL behind it", {"kid": "{kid}\0"}),
    ("kid in capitals", {"kid": "{KID}"}),
    ("another algorithm of the same key", {"alg": "RS512"}),
    ("another padding of the same key", {"alg": "PS256"}),
    ("another kind of key", {"alg": "ES256"}),
    ("of another type", {"typ": "logout+jwt"}),
    ("a type that is null", {"typ": None}),
    ("deep", '{"alg":"RS256","kid":"{kid}","x":' + DEEP + "}"),
    ("kid twice", '{"alg":"RS256","kid":"no-such","kid":"{kid}"}'),
    ("alg twice", '{"alg":"none","alg":"RS256","kid":"{kid}"}'),
    ("alg twice by escape", '{"alg":"RS256","\\u0061lg":"none","kid":"{kid}"}'),
    ("something behind it", '{"alg":"RS256","kid":"{kid}"}{}'),
    ("NUL behind it", '{"alg":"RS256","kid":"{kid}"}\0'),
]

# Where keys might be fetched from, or be read, by somebody careless.
ELSEWHERE = [
    ("jku", lambda test: {"jku": test.trap_url}),
    ("x5u", lambda test: {"x5u": test.trap_url}),
    ("jwk", lambda test: {"jwk": test.foreign.jwk()}),
    ("x5c", lambda test: {"x5c": [base64.b64encode(test.foreign.public_der()).decode()]}),
    ("all of them", lambda test: {"jku": test.trap_url, "x5u": test.trap_url,
                                  "jwk": test.foreign.jwk(), "iss": test.trap_url}),
]


class TokenCase(program.Case):
    """usher serve with our issuer and the sandbox's partner; a record that must not change."""

    @classmethod
    def setUpClass(cls):
        cls.key, cls.foreign = Key("the-key"), Key("foreign")
        cls.issuer = Issuer([cls.key])
        cls.addClassCleanup(cls.issuer.close)
        cls.sandbox = program.Program("sandbox", "--port", "0")
        cls.addClassCleanup(cls.sandbox.release)

    def setUp(self):
        super().setUp()
        self.trapped = []
        trap = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(trap.close)
        self.trap_url = f"http://127.0.0.1:{trap.getsockname()[1]}/keys"
        threading.Thread(target=self.catch, args=(trap,), daemon=True).start()
        self.usher = self.serve("default = true")
        self.portal = self.called(self.usher)
        self.portal.given_token = self.key.token(self.claims())
        until("keys", lambda: self.portal.ask("GET", f"{ENTITLEMENTS}/x").status == 404)
        self.entitlement = self.bought()
        self.before = self.portal.read(self.entitlement)
        self.assertIn("version", self.before)

    def catch(self, trap):
        while True:
            try:
                connection, _ = trap.accept()
            except OSError:
                return
            self.trapped.append(connection.recv(100))
            connection.close()

    def serve(self, default, skew_ms=0):
        sandbox = self.sandbox.addresses["sandbox"]
        path = self.folder / "usher.toml"
        path.write_text(f"""
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{self.folder}/usher.db"
[auth]
issuer = "{self.issuer.url}"
tenant_claim = "tenants"
skew_ms = {skew_ms}
[partner.bango]
url = "{sandbox}/bango"
username = "usher"
password = "usher"
customer_id = "{{tenant}}-{{account}}"
[[tenant]]
id = "operator"
{default}
[[tenant]]
id = "other"
[[tenant]]
id = "disabled"
enabled = false
""")
        usher = self.started(program.Program("serve", "--config", str(path)))
        usher.addresses["sandbox"] = sandbox
        return usher

    def bought(self):
        account = f"tokens-{time.monotonic_ns()}"
        self.portal.ask("POST", "/adm/v1/accounts", {"_id": account})
        self.portal.ask("PUT", "/cpm/commercial/v1/products", {
            "type": "thirdParty", "name": "Music", "providerId": "BANGO_US",
            "providerResourceId": "MUSIC_PREMIUM"})
        bought = self.portal.buy(account).json["_id"]
        until("a settled record", lambda: self.portal.read(bought)["propagation"]["state"]
              == "confirmed")
        return bought

    # --- made

    def filled(self, value):
        if isinstance(value, str):
            for name, text in (("issuer", self.issuer.url), ("kid", self.key.kid)):
                value = value.replace("{%s}" % name, text)
                value = value.replace("{%s}" % name.upper(), text.upper())
            return value
        if isinstance(value, list):
            return [self.filled(one) for one in value]
        if isinstance(value, dict):
            return {name: self.filled(one) for name, one in value.items()}
        return value

    def claims(self, **changed):
        """Times are told from now; "=…" is JSON as it is written."""
        now = int(time.time())
        claims = {"exp": now + 300, "iat": now, "iss": self.issuer.url, "sub": "somebody",
                  "typ": "Bearer", "azp": "portal", "tenants": ["operator"],
                  "realm_access": {"roles": ["operatorRole"]}}
        texts = {name: json.dumps(value) for name, value in claims.items()}
        for name, value in changed.items():
            if isinstance(value, str) and value.startswith("="):
                texts[name] = value[1:]
            elif value is None:
                texts.pop(name, None)
            elif name in ("exp", "nbf", "iat"):
                texts[name] = str(now + value)
            else:
                texts[name] = json.dumps(self.filled(value))
        return "{" + ",".join(f'"{name}":{text}' for name, text in texts.items()) + "}"

    # --- asked

    def ask(self, token, **headers):
        """Would end the record if the token opened anything."""
        body = json.dumps({"status": "REVOKED"})
        return self.portal.send("operator", "PUT", f"{ENTITLEMENTS}/{self.entitlement}", body, {
            "Authorization": "Bearer " + token, "Content-Type": "application/json"} | headers)

    def refused(self, token, code, **headers):
        answer = self.ask(token, **headers)
        self.assertEqual((answer.status, answer.json["errorCode"]), (code // 100, code),
                         answer.text)
        if code in (ISSUED, EXPIRED):
            self.assertEqual(answer.json["resultCode"], "99999:403")
            self.assertIn("Get a new", answer.json["message"])

    def accepted(self, token):
        answer = self.portal.send("operator", "GET", f"{ENTITLEMENTS}/{self.entitlement}", None,
                                  {"Authorization": "Bearer " + token})
        self.assertEqual(answer.status, 200, answer.text)

    def unchanged(self):
        self.assertEqual(self.portal.read(self.entitlement), self.before)
        self.assertEqual(self.trapped, [], "it asked where a token told it to")
        self.assertEqual(self.usher.stop(), 0)


class Tokens(TokenCase):
    def test_what_opens_it(self):
        for header in ({}, {"typ": "at+jwt"}, {"typ": "application/at+jwt"}, {"x": DEEP}):
            self.accepted(self.key.token(self.claims(), header))
        self.accepted(self.key.token(self.claims(), '{"alg":"RS256"}'))
        self.accepted(self.key.token(self.claims(tenants="operator")))
        self.accepted(self.key.token(self.claims(tenants=["other", "operator"])))
        self.accepted(self.key.token(self.claims(more="x" * 8000)))
        self.unchanged()

    def test_claims(self):
        for name, changed, code in CLAIMS:
            with self.subTest(name):
                headers = {"nv-tenant-id": "operator"} if code == TENANT else {}
                self.refused(self.key.token(self.claims(**changed)), code, **headers)
        self.unchanged()

    def test_payloads_that_are_no_claims(self):
        good = self.claims()
        for payload in ("", "null", "[]", '"x"', "7", good + "{}", good[:-1], good + "\0",
                        good[:-1] + ',"iss":"https://issuer.example"}',
                        good[:-1] + ',"\\u0073ub":"admin"}', good[:-1] + ',"x":"\\ud800"}'):
            with self.subTest(payload[-40:]):
                self.refused(self.key.token(payload), ISSUED)
        self.unchanged()

    def test_tenants_that_are_not_for_it(self):
        for claimed, named, code in ((["operator"], "other", TENANT),
                                     (["operator"], "disabled", TENANT),
                                     (["operator"], "no-such", TENANT),
                                     (["no-such"], "no-such", TENANT),
                                     (["no-such"], None, TENANT),
                                     (["disabled"], "disabled", DISABLED),
                                     (["disabled"], None, DISABLED),
                                     (["other"], None, 40403)):
            with self.subTest(claimed=claimed, named=named):
                headers = {"nv-tenant-id": named} if named else {}
                self.refused(self.key.token(self.claims(tenants=claimed)), code, **headers)
        self.unchanged()

    def test_a_tenant_that_nobody_names(self):
        self.portal.close()
        self.assertEqual(self.usher.stop(), 0)
        self.usher = self.serve("")
        self.portal.program = self.usher
        several = self.key.token(self.claims(tenants=["operator", "other"]))
        until("keys", lambda: self.ask(several).status == 400)
        self.refused(several, UNNAMED)
        self.unchanged()

    def test_heads(self):
        for name, header in HEADS:
            with self.subTest(name):
                token = self.key.token(self.claims(), self.filled(header))
                self.refused(token, ISSUED)
        self.unchanged()

    def test_keys_from_elsewhere(self):
        """Never looked at: neither do they open anything, nor does anybody go there."""
        for name, header in ELSEWHERE:
            with self.subTest(name):
                for kid in (self.foreign.kid, self.key.kid, "", self.trap_url):
                    forged = self.foreign.token(self.claims(), header(self) | {"kid": kid})
                    self.refused(forged, ISSUED)
                self.accepted(self.key.token(self.claims(), header(self)))
        self.refused(self.foreign.token(self.claims()), ISSUED)
        self.refused(self.foreign.token(self.claims(iss=self.trap_url)), ISSUED)
        self.unchanged()

    def test_the_public_key_as_a_secret(self):
        for algorithm, digest in (("HS256", hashlib.sha256), ("HS384", hashlib.sha384),
                                  ("HS512", hashlib.sha512)):
            head = json.dumps({"alg": algorithm, "typ": "JWT", "kid": self.key.kid})
            signed = b64(head.encode()) + "." + b64(self.claims().encode())
            for secret in self.key.public_forms():
                mac = hmac.digest(secret, signed.encode(), digest)
                self.refused(signed + "." + b64(mac), ISSUED)
        self.unchanged()

    def test_signatures(self):
        head, payload, signature = self.key.token(self.claims()).split(".")
        number = int.from_bytes(base64.urlsafe_b64decode(signature + "=="), "big")
        others = [0, 1, self.key.n - 1, self.key.n - number, number ^ 1]
        forged = [b64(one.to_bytes(256, "big")) for one in others]
        whole = number.to_bytes(256, "big")
        forged += [b64(whole[:-1]), b64(whole + b"\0"), b64(b"\0" + whole), b64(whole * 2),
                   signature + "=", signature + "==", signature[:-1], signature + "A", "",
                   # The same bits, written in another way.
                   signature[:-1] + chr(ord(signature[-1]) + 1)]
        if number + self.key.n < 1 << 2048:
            forged.append(b64((number + self.key.n).to_bytes(256, "big")))
        for one in forged:
            with self.subTest(one[-12:]):
                self.refused(f"{head}.{payload}.{one}", ISSUED)
        other = b64(self.claims(sub="admin").encode())
        self.refused(f"{head}.{other}.{signature}", ISSUED)
        self.refused(f"{head}.{payload}.{signature}.", ISSUED)
        self.unchanged()

    def test_unknown_keys_do_not_make_it_ask_each_time(self):
        asked = len(self.issuer.asked)
        begun = time.monotonic()
        for index in range(200):
            self.refused(self.foreign.token(self.claims(), {"kid": f"unknown-{index}"})
                         if index < 3 else self.cheap(index), ISSUED)
        # Keys once in 5 s at most; discovery may come before.
        allowed = 2 * (1 + (time.monotonic() - begun) / 5)
        self.assertLessEqual(len(self.issuer.asked) - asked, allowed)
        self.unchanged()

    def cheap(self, index):
        """Signed by nobody, which takes no time."""
        head = b64(json.dumps({"alg": "RS256", "kid": f"unknown-{index}"}).encode())
        return f"{head}.{b64(self.claims().encode())}.{b64(bytes(256))}"


class IssuerAway(TokenCase):
    def test_only_unknown_keys_cannot_be_judged(self):
        self.issuer.close()
        # An unknown key may have been asked for a moment ago: until it may be asked for again, what
        # the issuer said then counts.
        def cannot_be_judged():
            nonlocal answer
            answer = self.ask(self.foreign.token(self.claims(), {"kid": "new"}))
            return (answer.status, answer.json["errorCode"]) == (503, 50306)
        answer = None
        program.until("an answer that says so", cannot_be_judged)
        self.assertRegex(answer.headers["retry-after"], r"\A[1-9]\d*\Z")
        self.accepted(self.key.token(self.claims()))
        self.refused(self.key.token(self.claims(exp=-60)), EXPIRED)
        self.unchanged()


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="tokens.py", description=__doc__))
