#!/usr/bin/env python3
"""`usher explain` as it is typed: what it prints, and what it says when something is wrong."""

import argparse
import json

import program

SAMPLE_TIME = "2001-01-01T00:00:00Z"


class Explain(program.Case):
    def setUp(self):
        super().setUp()
        self.usher = self.started(program.start_dev())
        self.portal = self.called(self.usher)
        self.admin = self.called(self.usher, "admin")
        self.id = self.portal.buy("account-1").json["_id"]

    def explain(self, *arguments, token=None, url=None):
        extra = {"USHER_ADMIN_URL": url or self.usher.addresses["admin"]}
        if token != "":
            extra["USHER_TOKEN"] = token or self.admin.token()
        return program.run("explain", *arguments, extra=extra)

    def told(self, *arguments, **more):
        done = self.explain(*arguments, **more)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def wrong(self, code, *arguments, names=(), **more):
        """One sentence on standard error, nothing on standard output."""
        done = self.explain(*arguments, **more)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertTrue(done.stderr.startswith("usher: "), done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)
        self.assertNotIn(self.admin.token(), done.stderr)

    def test_for_people_and_for_programs(self):
        partner_id = self.portal.read(self.id)["partnerEntitlementId"]
        for whose in ((self.id,), ("--account", "account-1"), ("--partner-id", partner_id)):
            lines = self.told(*whose).splitlines()
            self.assertTrue(lines[0].startswith("Your subscription is active"), lines)
            self.assertNotIn(self.id, lines[0])
            self.assertIn(f"entitlement  {self.id}, {program.PREMIUM} of account-1", lines)
            self.assertTrue(any(line.startswith("cause        active_everywhere: ")
                                for line in lines), lines)
        as_json = json.loads(self.told(self.id, "--format", "json"))
        self.assertEqual(as_json["cause"]["code"], "active_everywhere")
        self.assertEqual(as_json["customer"], lines[0])
        several = json.loads(self.told("--account", "account-1", "--format", "json"))
        self.assertEqual([one["entitlementId"] for one in several["explanations"]], [self.id])

    def test_every_cause_is_printed(self):
        causes = json.loads(program.run("causes", "--format", "json").stdout)
        self.assertIn("login_refused", [cause["cause"] for cause in causes])
        self.assertTrue(all(cause["safeAction"] and cause["customer"] for cause in causes))

    def test_a_token_from_a_file(self):
        path = self.folder / "token"
        path.write_text(self.admin.token() + "\n", encoding="ascii")
        self.told(self.id, "--token-file", str(path), token="")
        self.wrong(2, self.id, "--token-file", str(self.folder / "none"), token="",
                   names=["none", "--token-file"])

    def test_wrong_usage(self):
        self.wrong(2, names=["--account", "--partner-id"])
        self.wrong(2, self.id, "--account", "account-1", names=["--account"])
        self.wrong(2, self.id, "--at", "yesterday", names=["--at"])
        self.wrong(2, self.id, token="", names=["USHER_TOKEN", "--token-file", "usher token"])

    def test_trouble(self):
        self.wrong(1, "nothing", names=["does not exist"])
        self.wrong(1, "--account", "nobody", names=["no live entitlement"])
        self.wrong(1, "--partner-id", "nothing", names=["that id at the partner"])
        self.wrong(1, self.id, "--at", SAMPLE_TIME, names=["does not exist"])
        self.wrong(1, self.id, "--tenant", "second", names=["does not exist"])
        self.wrong(1, self.id, token=self.portal.token(), names=["role", "usher token"])
        self.wrong(1, self.id, token="nonsense", names=["cannot be accepted", "usher token"])
        away = "http://127.0.0.1:1"
        self.wrong(1, self.id, url=away, names=[away, "USHER_ADMIN_URL"])
        for other in ("sandbox", "operator"):
            self.wrong(1, self.id, url=self.usher.addresses[other], names=["--url", "admin"])


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="explain.py", description=__doc__))
