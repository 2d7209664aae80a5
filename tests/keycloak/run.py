#!/usr/bin/env python3
"""Usher with a real Keycloak as the issuer of its tokens."""

import argparse
import base64
import http.client
import json
import os
import pathlib
import random
import signal
import socket
import sys
import threading
import time
import unittest
import urllib.parse
import uuid

HERE = pathlib.Path(__file__).resolve().parent
sys.path[1:1] = [str(HERE.parent / "process"), str(HERE.parent / "docs")]
# pylint: disable=wrong-import-position
import fetch
import keycloak
import program
import run_docs
import world
from keycloak import claims
from world import WORLD

CERTS = "/protocol/openid-connect/certs"
NOT_PUBLISHED = "the issuer publishes no such key"
PAGE = HERE.parents[1] / "docs" / "keycloak.md"
THEIRS = "https://id.operator.example"


def setUpModule():  # pylint: disable=invalid-name
    WORLD.start()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Access(world.Case):
    """Who gets in, and to what."""

    @classmethod
    def setUpClass(cls):
        cls.shared = WORLD.usher()
        cls.addClassCleanup(cls.shared.release)

    def setUp(self):
        super().setUp()
        if not self.shared.bought:
            self.stock(self.shared, self.keycloak.user_token("portal"))

    def test_password_grant_serves_a_subscription(self):
        token = self.keycloak.user_token("portal")
        self.stock(self.shared, token)
        path = f"{program.ENTITLEMENTS}/{self.shared.bought}"
        answer = self.ask(self.shared, token, path, "PUT", {"status": "SUSPENDED"},
                          Prefer="wait=30")
        self.assertEqual((answer.status, answer.headers["usher-propagation"]), (200, "confirmed"))
        self.assertEqual(self.ask(self.shared, token).json["status"], "SUSPENDED")
        held = self.called(self.shared).held()[self.shared.bought]
        self.assertEqual(held["status"], "SUSPENDED")
        self.assertTrue(held["customerIdentifier"].startswith("operator-"), held)

    def test_refresh_grant(self):
        first = self.keycloak.password("portal").json
        second = self.keycloak.tokens(grant_type="refresh_token", client_id="operator-portal",
                                      refresh_token=first["refresh_token"])
        self.assertNotEqual(first["access_token"], second["access_token"])
        self.expect_good(self.shared, first["access_token"])
        self.expect_good(self.shared, second["access_token"])

    def test_client_credentials(self):
        token = self.keycloak.crm_token()
        self.assertEqual(claims(token)["tenants"], ["operator", "second"])
        self.expect_good(self.shared, token)
        self.expect_error(self.shared, token, 40403, nv_tenant_id="second")

    def test_without_the_role(self):
        self.expect_error(self.shared, self.keycloak.user_token("viewer"), 40304)

    def test_another_tenant(self):
        token = self.keycloak.user_token("second")
        self.assertEqual(claims(token)["tenants"], ["second"])
        # Its own tenant, which the token names: there is no such entitlement.
        self.expect_error(self.shared, token, 40403)
        other = self.expect_error(self.shared, token, 40402, nv_tenant_id="operator").json
        unknown = self.expect_error(self.shared, token, 40402, nv_tenant_id="no-such").json
        self.assertNotEqual(other.pop("requestId"), unknown.pop("requestId"))
        self.assertEqual(other, unknown)

    def test_nobody_gives_himself_a_tenant(self):
        """tenants is an attribute that only the realm's administrator may set."""
        token = self.keycloak.user_token("second")
        account = json.loads(self.account(token).text)
        self.assertEqual(account["username"], "second")
        account["attributes"] = {"tenants": ["operator", "second"]}
        self.account(token, account)
        again = self.keycloak.user_token("second")
        self.assertEqual(claims(again)["tenants"], ["second"])
        self.expect_error(self.shared, again, 40402, nv_tenant_id="operator")

    def account(self, token, body=None):
        """The user's own page at Keycloak: read, or changed."""
        headers = {"Authorization": "Bearer " + token, "Accept": "application/json",
                   "Content-Type": "application/json"}
        return self.keycloak.send("POST" if body else "GET", keycloak.REALM + "/account/",
                                  json.dumps(body) if body else None, headers)

    def test_audience_and_client(self):
        portal, crm = self.keycloak.user_token("portal"), self.keycloak.crm_token()
        choosy = self.stocked(portal, audience="usher")
        self.expect_good(choosy, portal)
        self.expect_error(choosy, crm, 40302, "the token is for another audience")
        choosy = self.stocked(crm, azp=["crm"])
        self.expect_good(choosy, crm)
        self.expect_error(choosy, portal, 40302, "the token was issued to another client")

    # --- tokens that are not what they should be

    def test_wrong_signature(self):
        head, payload, signature = self.keycloak.user_token("portal").split(".")
        changed = claims(f"{head}.{payload}.") | {"tenants": ["operator", "second"]}
        for token in (f"{head}.{payload}.{b64url(random.Random(1).randbytes(256))}",
                      f"{head}.{b64url(json.dumps(changed).encode())}.{signature}"):
            self.expect_error(self.shared, token, 40302, "the signature is wrong")

    def test_a_token_of_another_realm(self):
        token = self.keycloak.admin_access()
        self.assertTrue(claims(token)["iss"].endswith("/realms/master"))
        self.expect_error(self.shared, token, 40302, NOT_PUBLISHED)

    def test_another_issuer_with_our_keys(self):
        """As after Keycloak got another name: the same realm, the same key, another `iss`."""
        realm = self.keycloak.admin("GET", "").json
        self.addCleanup(self.keycloak.admin, "PUT", "", realm)
        named = realm["attributes"] | {"frontendUrl": "http://elsewhere.example/keycloak/auth"}
        self.keycloak.admin("PUT", "", realm | {"attributes": named})
        token = self.keycloak.user_token("portal")
        self.assertTrue(claims(token)["iss"].startswith("http://elsewhere.example/"))
        self.expect_error(self.shared, token, 40302, "the token is from another issuer")

    def test_other_tokens_of_the_same_grant(self):
        given = self.keycloak.password("portal", scope="openid").json
        self.assertEqual(claims(given["refresh_token"])["typ"], "Refresh")
        self.assertEqual(claims(given["id_token"])["typ"], "ID")
        self.expect_good(self.shared, given["access_token"])
        self.expect_error(self.shared, given["refresh_token"], 40302,
                          "the signature algorithm is not allowed")
        self.expect_error(self.shared, given["id_token"], 40302, "it is not an access token")

    def test_expired(self):
        self.keycloak.set_client("crm", access__token__lifespan="2")
        self.addCleanup(self.keycloak.set_client, "crm", access__token__lifespan="")
        token = self.keycloak.crm_token()
        over = claims(token)["exp"] + 1  # the skew
        status = 200
        while status == 200:
            before = time.time()
            answer = self.ask(self.shared, token)
            status = answer.status
            self.assertTrue(status == 200 or time.time() >= over, answer.text)
            self.assertTrue(status != 200 or before < over, "accepted after its end")
            time.sleep(0.05)
        self.expect_error(self.shared, token, 40303, "the token has expired")

    def test_a_disabled_user(self):
        given = self.keycloak.password("leaver").json
        user = self.keycloak.find("/users?exact=true&username=leaver")
        self.addCleanup(self.keycloak.admin, "PUT", f"/users/{user['id']}", user)
        self.keycloak.admin("PUT", f"/users/{user['id']}", user | {"enabled": False})
        for answer in (self.keycloak.password("leaver"), self.keycloak.grant(
                grant_type="refresh_token", client_id="operator-portal",
                refresh_token=given["refresh_token"])):
            self.assertEqual((answer.status, answer.json["error"]), (400, "invalid_grant"))
        # Documented: until it expires.
        self.expect_good(self.shared, given["access_token"])


class Load(threading.Thread):
    """Asks with a fresh token each time, and with one of each key that it has seen."""

    def __init__(self, case, usher, over):
        super().__init__()
        self.case, self.usher, self.over = case, usher, over
        self.by_kid, self.asked, self.wrong = {}, 0, []

    def run(self):
        try:
            while not self.over.is_set():
                fresh = self.case.keycloak.crm_token()
                for token in [fresh, *self.by_kid.values()]:
                    answer = self.case.ask(self.usher, token)
                    self.asked += 1
                    if answer.status != 200:
                        self.wrong.append((answer.status, answer.text, claims(token, 0)))
                self.by_kid.setdefault(claims(fresh, 0)["kid"], fresh)
                self.over.wait(0.02)  # else making a key takes Keycloak very long
        except Exception as trouble:  # pylint: disable=broad-except
            self.wrong.append(repr(trouble))


class Keys(world.Case):
    """Which keys count, and when."""

    def test_rotation_under_load(self):
        interval_s = 0.2
        usher = self.stocked(jwks_min_interval_ms=int(interval_s * 1000))
        over = threading.Event()
        loads = [Load(self, usher, over) for _ in range(3)]
        try:
            for load in loads:
                load.start()
            for generation in (1, 2, 3):
                program.until("everybody to see the new key", lambda: all(
                    len(load.by_kid) == generation or load.wrong for load in loads))
                if generation < 3:
                    time.sleep(interval_s)  # two in one interval may be refused, by design
                    self.add_key("RS256", 100 + generation)
        finally:
            over.set()
            for load in loads:
                load.join()
        self.assertEqual([load.wrong for load in loads], [[], [], []])
        self.assertGreater(sum(load.asked for load in loads), 50)

    def test_rotation_while_the_keys_are_being_fetched(self):
        """A fetch that Keycloak answered before the new key was there says nothing about it."""
        token = self.keycloak.crm_token()
        usher = self.stocked(token, jwks_refresh_ms=1000)
        self.front.hold(CERTS)
        self.addCleanup(self.front.release)
        program.until("the next fetch", self.front.held)
        self.sign_with("ES256")
        fresh = self.keycloak.crm_token()
        self.assertNotEqual(claims(fresh, 0)["kid"], claims(token, 0)["kid"])
        answers = []
        asker = threading.Thread(target=lambda: answers.append(self.ask(usher, fresh)))
        asker.start()
        asker.join(1)
        self.front.release()
        asker.join()
        self.assertEqual(answers[0].status, 200, answers[0].text)

    def test_algorithms(self):
        token = self.keycloak.crm_token()
        usher = self.stocked(token)
        names = ("PS256", "RS512", "ES256", "ES384", "ES512")
        # Ed25519 is published among the others, and does them no harm.
        for name in ("EdDSA", *names):
            self.sign_with(name)
        for name in names:
            with self.subTest(name):
                self.keycloak.set_algorithm("crm", name)
                token = self.keycloak.crm_token()
                self.assertEqual(claims(token, 0)["alg"], name)
                self.expect_good(usher, token)
        self.keycloak.set_algorithm("crm", "EdDSA")
        token = self.keycloak.crm_token()
        self.assertEqual(claims(token, 0)["alg"], "EdDSA")
        self.expect_error(usher, token, 40302, "the signature algorithm is not allowed")

    def test_a_key_that_is_taken_away(self):
        remains = self.keycloak.crm_token()
        usher = self.stocked(remains, jwks_refresh_ms=1000)
        first = self.sign_with("ES256", 200)
        second = self.keycloak.add_key("ES256", 300)
        by_second = self.keycloak.crm_token()
        self.keycloak.set_key(second, active="false")
        by_first = self.keycloak.crm_token()
        kids = {claims(token, 0)["kid"] for token in (remains, by_first, by_second)}
        self.assertEqual(len(kids), 3)
        for token in (by_second, by_first, remains):  # not active, but published
            self.expect_good(usher, token)

        self.keycloak.remove_key(second)
        self.wait_for_refusal(usher, by_second)
        self.expect_good(usher, by_first)
        self.keycloak.set_key(first, enabled="false")
        self.wait_for_refusal(usher, by_first)
        self.expect_good(usher, remains)
        self.keycloak.set_key(first, enabled="true")
        program.until("the key to count again", lambda: self.ask(usher, by_first).status == 200)

    def wait_for_refusal(self, usher, token):
        program.until("the key to be gone", lambda: self.ask(usher, token).status != 200)
        self.expect_error(usher, token, 40302, NOT_PUBLISHED)

    def test_ten_thousand_unknown_keys(self):
        valid, interval_s = self.keycloak.crm_token(), 0.5
        usher = self.stocked(valid, jwks_min_interval_ms=int(interval_s * 1000))
        certs, asked = self.front.asked(CERTS), self.front.asked()
        begun = time.monotonic()
        floods = [Flood(usher, valid, 2500) for _ in range(4)]
        for flood in floods:
            flood.start()
        for _ in range(20):
            self.expect_good(usher, valid)
        for flood in floods:
            flood.join()
        took = time.monotonic() - begun
        fetches = self.front.asked(CERTS) - certs
        for flood in floods:
            self.assertEqual(flood.codes, {(403, 40302): 2500})
        self.assertGreaterEqual(fetches, 1)
        self.assertLessEqual(fetches, 1 + took / interval_s)
        self.assertEqual(self.front.asked() - asked, fetches, "something else was asked for")
        self.expect_good(usher, self.keycloak.crm_token())


class Flood(threading.Thread):
    """Requests whose tokens name random keys, many on the way at once."""

    AT_ONCE = 50

    def __init__(self, usher, token, count):
        super().__init__()
        self.usher, self.count, self.codes = usher, count, {}
        self.rest = token.split(".", 1)[1]

    def request(self):
        head = json.dumps({"alg": "RS256", "typ": "JWT", "kid": str(uuid.uuid4())}).encode()
        return (f"GET {program.ENTITLEMENTS}/none HTTP/1.1\r\nHost: usher\r\n"
                f"Authorization: Bearer {b64url(head)}.{self.rest}\r\n\r\n").encode()

    def run(self):
        address = urllib.parse.urlsplit(self.usher.addresses["operator"])
        with socket.create_connection((address.hostname, address.port)) as connection:
            connection.settimeout(program.PATIENCE_S)
            with connection.makefile("rb") as answers:
                for _ in range(self.count // self.AT_ONCE):
                    connection.sendall(b"".join(self.request() for _ in range(self.AT_ONCE)))
                    for _ in range(self.AT_ONCE):
                        code = read_code(answers)
                        self.codes[code] = self.codes.get(code, 0) + 1


def read_code(answers):
    """(status, errorCode) of the next answer on a connection."""
    status = int(answers.readline().split()[1])
    headers = http.client.parse_headers(answers)
    return status, json.loads(answers.read(int(headers["Content-Length"])))["errorCode"]


class Away(world.Case):
    """Keycloak is not there, or not under the name in its tokens."""

    def test_keycloak_stops_and_comes_back(self):
        old, unused = self.keycloak.crm_token(), self.keycloak.user_token("portal")
        running = self.stocked(old)
        self.sign_with("ES256")
        fresh = self.keycloak.crm_token()  # by a key that nobody has asked for yet
        over, wrong = threading.Event(), []
        meanwhile = threading.Thread(target=self.keep_asking, args=(running, old, over, wrong))
        meanwhile.start()
        try:
            self.keycloak.stop()
            self.expect_good(running, unused)
            self.expect_away(running, fresh)
            started = self.usher()
            for token in (old, fresh):
                self.expect_away(started, token)
            self.assertEqual(started.log_lines(event="token_keys"), [])
            self.keycloak.start()
            program.until("the new key", lambda: self.ask(running, fresh).status == 200)
            self.expect_good(running, self.keycloak.user_token("portal"))
            # By itself: nobody asks for anything meanwhile.
            program.until("the keys", lambda: started.log_lines(event="token_keys"))
            self.stock(started, fresh)
            self.expect_good(started, old)
        finally:
            over.set()
            meanwhile.join()
        self.assertEqual(wrong, [])

    def keep_asking(self, usher, token, over, wrong):
        while not over.is_set():
            try:
                self.expect_good(usher, token)
            except (AssertionError, OSError, http.client.HTTPException) as trouble:
                wrong.append(repr(trouble))
            time.sleep(0.02)

    def test_by_another_name(self):
        """Nobody answers under the name that the tokens and Keycloak's documents hold."""
        token = self.keycloak.crm_token()
        self.assertEqual(claims(token)["iss"], self.keycloak.issuer)
        document = self.keycloak.send(
            "GET", keycloak.REALM + "/.well-known/openid-configuration").json
        self.assertEqual(document["issuer"], self.keycloak.issuer)
        self.assertEqual(document["jwks_uri"], self.keycloak.issuer + CERTS)
        self.front.close()
        self.addCleanup(self.front.open)
        direct = self.keycloak.root + keycloak.REALM
        self.expect_good(self.stocked(token, discovery_url=direct), token)
        self.expect_away(self.usher(), token)


class Page(world.Case):
    """The page's commands, on a realm of their own."""

    def test_step_by_step(self):
        shell = run_docs.Shell(self.folder, WORLD.sandbox)
        self.addCleanup(shell.close)
        shell.run("KEYCLOAK_ADMIN_PASSWORD=admin")
        commands, settings = [next(block for block in run_docs.read_blocks(PAGE)
                                   if block.language == language) for language in ("sh", "toml")]
        found, code = shell.run(commands.text.replace(THEIRS, self.keycloak.root)
                                .replace("REALM=nagra", "REALM=page"))
        self.assertEqual(code, 0, found)
        commands.shown.text = self.ours(commands.shown.text)
        self.assertTrue(run_docs.fits(commands.shown, found), found)

        usher = self.usher(text=self.ours(settings.text), tenants=("demo", "second"))
        token = shell.run("echo $TOKEN")[0].strip()
        self.stock(usher, token)
        self.expect_good(usher, token)
        self.expect_error(usher, token, 40402, nv_tenant_id="second")

    def ours(self, text):
        return text.replace(THEIRS + keycloak.REALM, self.keycloak.issuer[:-len("nagra")] + "page")


def main():
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--usher", default=program.USHER, help="the program (default: %(default)s)")
    known, rest = parser.parse_known_args()
    program.USHER = str(pathlib.Path(known.usher).resolve())
    # The one exception that unittest lets through.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if not os.access(program.USHER, os.X_OK):
            raise fetch.Missing(f"{program.USHER} is missing; build it with scripts/build")
        keycloak.check_java()
        fetch.distribution()
    except fetch.Missing as missing:
        sys.exit(f"run.py: {missing}")
    try:
        unittest.main("__main__", argv=[parser.prog, *rest], testRunner=unittest.TextTestRunner(
            stream=sys.stdout, resultclass=world.Timed, verbosity=2))
    finally:
        WORLD.stop()


if __name__ == "__main__":
    main()
