#!/usr/bin/env python3
"""Secrets are put everywhere; none may be in a log line, an error body or the printed settings."""

import argparse
import base64
import json

import program
from program import ENTITLEMENTS, Program, until

CANARY = "c4naryC4NARYc4nary"


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def forms(secret):
    """A secret as it is, and as Basic authentication or a JSON string would carry it."""
    return [secret, base64.b64encode(secret.encode()).decode().rstrip("="),
            json.dumps(secret).strip('"')]


class Secrets(program.Case):
    def setUp(self):
        super().setUp()
        self.secrets = {CANARY}
        self.errors = []

    def no_secret_in(self, text, what):
        for secret in self.secrets:
            for form in forms(secret):
                self.assertNotIn(form, text, f"a secret is in {what}")

    def tried(self, answer):
        if answer.status >= 400:
            self.errors.append(answer.text)
        return answer

    def check_errors(self, least):
        self.assertGreaterEqual(len(self.errors), least)
        self.no_secret_in("\n".join(self.errors), "an error body")

    def settings_with(self, sandbox, name="usher.toml"):
        """For usher serve beside a sandbox, with a password that the partner does not take."""
        (self.folder / "password").write_text(CANARY + "-file\n")
        path = self.folder / name
        path.write_text(f"""
log_level = "debug"
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{self.folder}/usher.db"
[auth]
issuer = "{sandbox}/keycloak/auth/realms/nagra"
[partner.bango]
url = "{sandbox}/bango"
username = "usher"
password = "{CANARY}-partner"
report_username = "bango"
report_password_file = "{self.folder}/password"
[[partner.bango.route]]
merchant = "OTHER"
password = "{CANARY}-route"
[[tenant]]
id = "operator"
default = true
""")
        self.secrets |= {CANARY + "-partner", CANARY + "-file", CANARY + "-route"}
        return path

    def ask_wrongly(self, caller, token):
        """Requests with secrets in places where they do not belong."""
        for headers in ({"Authorization": "Bearer " + CANARY}, {"Authorization": CANARY},
                        {"Authorization": "Bearer " + token[:-4] + "AAAA"},
                        {"Authorization": "Basic " + token}, basic("portal", CANARY),
                        {"nv-tenant-id": token[:200]}, {"nv-tenant-id": CANARY},
                        {"If-Match": f'{CANARY}'}, {"Content-Type": "text/" + CANARY},
                        {"x-correlation-id": token}):
            self.tried(caller.put("some-id", "CANCELLED", headers))
        for body in ({"status": CANARY}, {"status": token},
                     {"status": "ACTIVE", "accountId": token},
                     {"status": [CANARY]}, {CANARY: 1}, {"status": "ACTIVE", "reasonCode": 5}):
            self.tried(caller.ask("PUT", ENTITLEMENTS + "/some-id", body))
        for path in (f"{ENTITLEMENTS}/{CANARY}", f"{ENTITLEMENTS}/{token}", f"/{CANARY}",
                     f"{ENTITLEMENTS}/x?password={CANARY}", f"{ENTITLEMENTS}/%zz{CANARY}",
                     f"/adm/v1/accounts/{token}"):
            self.tried(caller.ask("GET", path))
        self.tried(caller.ask("POST", f"{ENTITLEMENTS}?prohibitDuplicateProductPurchase={CANARY}",
                              {"productType": CANARY, "productId": CANARY + "{", "accountId": token,
                               "status": CANARY, "validFrom": CANARY}))
        for text in (f'{{"status": "{CANARY}', f"{CANARY}", f'"{CANARY}"', f'["{CANARY}"]'):
            self.tried(caller.send("operator", "PUT", ENTITLEMENTS + "/some-id", text, {
                "Authorization": "Bearer " + token, "Content-Type": "application/json"}))
        self.tried(caller.ask("POST", "/adm/v1/accounts", {
            "_id": "account-1", "signonId": CANARY, "password": CANARY, "status": CANARY}))
        self.tried(caller.ask("POST", "/adm/v1/accounts", {
            "_id": "account-1", "password": CANARY, "status": "SUSPENDED"}))

    def test_dev(self):
        usher = self.started(program.start_dev(extra={"USHER_LOG_LEVEL": "debug"}))
        portal = self.called(usher)
        token = portal.token()
        # What proves nothing by itself is not secret: head and body of a token are in many others.
        self.secrets |= {token, token.split(".")[2]}
        bought = portal.buy("account-1", "BANGO_US_MUSIC").json
        again = portal.buy("account-1", "BANGO_US_MUSIC").json
        for answer in (bought, again):
            self.secrets |= {answer["parameters"]["url"],
                             answer["parameters"]["url"].rsplit("/", 1)[1]}
        self.tried(portal.put(bought["_id"], "SUSPENDED"))
        self.ask_wrongly(portal, token)
        for credentials in (basic("usher", CANARY), basic(CANARY, "usher"), {}):
            self.tried(portal.send("operator", "POST", f"/bango/v1/reports/demo/{bought['_id']}",
                                   json.dumps({"status": CANARY}), credentials))
        for rule in ("garbage", "lose-answer", "refuse", "forget"):
            portal.faults([{"action": "*", "effect": rule, "times": 2}])
            self.tried(portal.buy("account-2", "BANGO_US_MUSIC"))
            self.tried(portal.put(bought["_id"], "ACTIVE", {"Prefer": "wait=5"}))
        self.tried(self.called(usher, "viewer").put(bought["_id"], "CANCELLED"))
        self.assertEqual(usher.stop(), 0)
        log = usher.read_log()
        self.assertIn('"event":"request"', log)
        self.assertIn('"event":"partner_call"', log)
        self.no_secret_in(log, "the log")
        self.check_errors(30)

    def test_serve_with_a_password_that_the_partner_refuses(self):
        sandbox = self.started(Program("sandbox", "--port", "0"))
        config = self.settings_with(sandbox.addresses["sandbox"])
        usher = self.started(Program("serve", "--config", str(config)))
        usher.addresses["sandbox"] = sandbox.addresses["sandbox"]
        portal = self.called(usher)
        self.secrets.add(portal.token().split(".")[2])
        portal.ask("POST", "/adm/v1/accounts", {"_id": "account-1", "password": CANARY})
        portal.ask("PUT", "/cpm/commercial/v1/products", {
            "type": "thirdParty", "name": "Music", "providerId": "BANGO_US",
            "providerResourceId": "MUSIC"})
        bought = portal.buy("account-1", "BANGO_US_MUSIC")
        self.assertEqual(bought.json["status"], "PENDING")
        self.assertEqual(bought.headers["usher-propagation"], "pending")
        record = portal.ask("GET", f"{ENTITLEMENTS}/{bought.json['_id']}")
        self.no_secret_in(record.text, "a record")
        reports = f"/bango/v1/reports/operator/{bought.json['_id']}"
        self.tried(portal.send("operator", "POST", reports, "{}", basic("bango", CANARY)))
        told = portal.send("operator", "POST", reports, "{}", basic("bango", CANARY + "-file"))
        self.assertEqual(told.status, 200)
        until("a line about the partner", lambda: '"partner_call"' in usher.read_log())
        self.assertEqual(usher.stop(), 0)
        self.no_secret_in(usher.read_log() + sandbox.read_log(), "the log")
        self.check_errors(1)

    def test_printed_settings(self):
        config = self.settings_with("http://127.0.0.1:1")
        for format_ in ("text", "json", "toml", "markdown"):
            extra = {"USHER_PARTNER_BANGO_PASSWORD": CANARY + "-environment"}
            done = program.run("settings", "--config", str(config), "--format", format_,
                               extra=extra)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("password", done.stdout)
            self.no_secret_in(done.stdout + done.stderr, f"usher settings --format {format_}")
        done = program.run("check", "--config", str(config))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.no_secret_in(done.stdout + done.stderr, "usher check")

    def test_wrong_settings_with_secrets(self):
        for line in (f'password = ["{CANARY}"]', f'passwort = "{CANARY}"', f'password = "{CANARY}',
                     f'password_file = ["{CANARY}"]', f'password = "{CANARY}"\nurl = 5'):
            path = self.folder / "wrong.toml"
            path.write_text(f"[partner.bango]\n{line}\n")
            done = program.run("check", "--config", str(path))
            self.assertEqual(done.returncode, 2)
            self.no_secret_in(done.stdout + done.stderr, f"what is said about {line}")

    def test_token_command(self):
        sandbox = self.started(Program("sandbox", "--port", "0"))
        for given in (("--password", CANARY), ()):
            done = program.run("token", "--url", sandbox.addresses["sandbox"], "--user", "portal",
                               *given, given=CANARY + "\n")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.no_secret_in(done.stderr, "what usher token says")


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="canary.py", description=__doc__))
