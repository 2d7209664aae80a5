#!/usr/bin/env python3
"""`usher status` and `usher actions` as they are typed, and that /metrics, /health/ready and they
tell the same."""

import argparse
import json
import re

import program

TROUBLE = [{"action": "*", "effect": "answer", "http": 401}]
MERCHANT = "BANGO_US"


def parse_metrics(text):
    """Value by name and labels."""
    found = {}
    for line in text.splitlines():
        matched = re.fullmatch(r"([a-z_]+)(?:\{(.*)\})? (\S+)", line)
        if matched:
            labels = tuple(sorted(re.findall(r'(\w+)="([^"]*)"', matched[2] or "")))
            found[matched[1], labels] = float(matched[3])
    return found


class Status(program.Case):
    def setUp(self):
        super().setUp()
        self.usher = self.started(program.start_dev())
        self.portal = self.called(self.usher)
        self.admin = self.called(self.usher, "admin")
        self.id = self.portal.buy("account-1").json["_id"]

    def run_usher(self, *arguments, token=None):
        return program.run(*arguments, extra={
            "USHER_ADMIN_URL": self.usher.addresses["admin"],
            "USHER_TOKEN": token or self.admin.token()})

    def status(self, *arguments):
        """Exit code and what it tells."""
        done = self.run_usher("status", *arguments, "--format", "json")
        self.assertEqual(done.stderr, "")
        return done.returncode, json.loads(done.stdout)

    def let_all_fail(self):
        """The partner does not take our login, and a change waits."""
        self.portal.faults(TROUBLE)
        for status in ("SUSPENDED", "ACTIVE") * 6:
            self.portal.put(self.id, status, {"Prefer": "respond-async"})
        self.portal.put(self.id, "SUSPENDED", {"Prefer": "respond-async"})
        program.until("the breaker opens", lambda: self.route()["state"] == "open")
        program.until("it is counted", lambda: self.route()["unsettled"] == 1)

    def route(self):
        routes = self.status()[1]["routes"]
        return next((one for one in routes if one["merchant"] == MERCHANT),
                    {"state": "none", "unsettled": 0})

    def metrics(self):
        return parse_metrics(self.admin.send("admin", "GET", "/metrics").text)

    def test_all_is_well(self):
        code, told = self.status("--all-tenants")
        self.assertEqual((code, told["inTrouble"], told["ready"]), (0, False, True), told)
        self.assertEqual(told["findings"], [])
        done = self.run_usher("status")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("All is well"), done.stdout)
        self.assertIn("demo/BANGO_US", done.stdout)

    def test_trouble_comes_first_and_says_what_to_do(self):
        self.let_all_fail()
        code, told = self.status()
        self.assertEqual((code, told["inTrouble"], told["ready"]), (1, True, True))
        first = told["findings"][0]
        self.assertEqual(first["severity"], "trouble")
        self.assertIn("demo/BANGO_US", first["what"])
        self.assertIn("password", first["do"])
        self.assertEqual(told["tenants"][0]["causes"], [{"cause": "login_refused", "count": 1}])
        # While the partner is tried again, nothing waits.
        program.until("why no time can be told", lambda: self.route().get(
            "etaUnknown") == "the partner is in trouble")
        done = self.run_usher("status", "--all-tenants")
        self.assertEqual(done.returncode, 1)
        lines = done.stdout.splitlines()
        self.assertTrue(lines[0].startswith("TROUBLE"), done.stdout)
        self.assertTrue(lines[2].startswith("! demo/BANGO_US"), done.stdout)
        self.portal.faults([])
        program.until("all is well again", lambda: self.status()[0] == 0)

    def test_metrics_and_health_tell_the_same(self):
        self.let_all_fail()
        ready = self.admin.send("admin", "GET", "/health/ready")
        self.assertEqual(ready.status, 200, "a partner that is away is no reason not to be ready")

        def same():
            told, metrics = self.status("--all-tenants")[1], self.metrics()
            route = next(one for one in told["routes"] if one["tenant"] == "demo")
            where = (("merchant", MERCHANT), ("tenant", "demo"))
            state = {word: value for (name, labels), value in metrics.items()
                     if name == "usher_route_state" and ("tenant", "demo") in labels
                     for label, word in labels if label == "state"}
            causes = {dict(labels)["cause"]: value for (name, labels), value in metrics.items()
                      if name == "usher_unsettled" and ("tenant", "demo") in labels}
            return (state == {word: float(word == route["state"]) for word in state}
                    and causes == {one["cause"]: one["count"]
                                   for one in told["tenants"][0]["causes"]}
                    and metrics["usher_ready", ()] == told["ready"]
                    and metrics["usher_route_unsettled", where] == route["unsettled"]
                    and metrics["usher_route_window", where] == route["window"]
                    and metrics["usher_oldest_unsettled_seconds", (("tenant", "demo"),)] > 0)
        program.until("both tell the same", same)

    def test_only_a_tenants_own(self):
        self.let_all_fail()
        code, told = self.status("--tenant", "second")
        self.assertEqual((code, told["routes"]), (0, []))
        self.assertEqual([one["tenant"] for one in told["tenants"]], ["second"])

    def test_not_for_everybody(self):
        done = self.run_usher("status", token=self.portal.token())
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("role", done.stderr)

    def test_what_was_learnt_is_shown_pinned_and_forgotten(self):
        self.portal.faults([{"action": "suspend", "effect": "refuse"}])
        self.assertEqual(self.portal.put(self.id, "SUSPENDED").status, 400)
        self.portal.faults([])
        shown = self.run_usher("actions", "list")
        self.assertIn("demo/BANGO_US/MUSIC_PREMIUM: suspend is not supported", shown.stdout)
        code, told = self.status()
        self.assertEqual((code, told["findings"][0]["severity"]), (0, "notice"))
        self.assertIn("usher actions clear", told["findings"][0]["do"])
        self.assertEqual(self.portal.put(self.id, "SUSPENDED").json["errorCode"], 40053)

        product = ["--merchant", MERCHANT, "--product", "MUSIC_PREMIUM", "--action", "suspend"]
        pinned = self.run_usher("actions", "pin", *product, "--supported", "yes", "--reason",
                                "they say so")
        self.assertIn("suspend is supported, pinned", pinned.stdout, pinned.stderr)
        self.assertIn("by admin: they say so", pinned.stdout)
        self.assertEqual(self.portal.put(self.id, "SUSPENDED").status, 200)
        self.assertEqual(self.portal.put(self.id, "ACTIVE").status, 200)

        lifted = self.run_usher("actions", "unpin", *product, "--reason", "over")
        self.assertEqual(lifted.stdout, "lifted\n", lifted.stderr)
        self.assertEqual(self.portal.put(self.id, "SUSPENDED").status, 400, "learnt all the same")
        cleared = self.run_usher("actions", "clear", *product, "--reason", "it works now")
        self.assertIn("1 forgotten", cleared.stdout, cleared.stderr)
        self.assertEqual(self.portal.put(self.id, "SUSPENDED").status, 200)
        for words in (["clear"], ["unpin", *product]):
            done = self.run_usher("actions", *words, "--reason", "again")
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn("usher actions list", done.stderr)

    def test_a_pin_outlives_the_process(self):
        data = self.folder / "data"
        usher = self.started(program.start_dev(data))
        extra = {"USHER_ADMIN_URL": usher.addresses["admin"],
                 "USHER_TOKEN": self.called(usher, "admin").token()}
        done = program.run("actions", "pin", "--all-tenants", "--action", "suspend", "--supported",
                           "no", "--reason", "none can", extra=extra)
        self.assertEqual(done.returncode, 0, done.stderr)
        usher.kill()
        usher = self.started(program.start_dev(data))
        portal = self.called(usher)
        bought = portal.buy("account-1").json["_id"]
        refused = portal.put(bought, "SUSPENDED")
        self.assertEqual((refused.status, refused.json["errorCode"]), (400, 40053))

    def test_wrong_usage(self):
        for words in (["actions"], ["actions", "pin", "--action", "stop"], ["status", "now"],
                      ["actions", "pin", "--action", "suspend", "--reason", "r"]):
            self.assertEqual(self.run_usher(*words).returncode, 2, words)

    def test_a_line_of_log_for_each_request_and_call(self):
        usher = self.started(program.start_dev(extra={"USHER_LOG_LEVEL": "info"}))
        portal = self.called(usher)
        bought = portal.buy("account-1").json["_id"]
        answer = portal.put(bought, "SUSPENDED", {"x-correlation-id": "find-me"})
        self.assertEqual(answer.headers["usher-propagation"], "confirmed")

        def lines():
            found = [json.loads(line) for line in usher.read_log().splitlines()
                     if "find-me" in line]
            # What the partner reports of it may be read already, in the same name.
            found = {line["event"]: line for line in found if line.get("action") != "read"}
            return found if len(found) == 2 else None
        told = program.until("both lines", lines)
        request, call = told["request"], told["partner_call"]
        self.assertEqual((request["tenant"], request["entitlement"], request["correlationId"],
                          request["outcome"], request["status"]),
                         ("demo", bought, "find-me", "confirmed", 200))
        self.assertTrue(request["requestId"])
        self.assertGreaterEqual(request["ms"], 0)
        self.assertEqual((call["tenant"], call["merchant"], call["entitlement"],
                          call["correlation_id"], call["outcome"], call["action"]),
                         ("demo", MERCHANT, bought, "find-me", "confirmed", "suspend"))
        self.assertTrue(call["request_id"])
        self.assertGreaterEqual(call["ms"], 0)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(description=__doc__))
