#!/usr/bin/env python3
"""`usher bulk` as it is typed: it says what a file would do, does it once however often either side
dies, and ends no large part of a tenant's entitlements unless that was confirmed."""

import argparse
import contextlib
import csv
import json
import signal
import sqlite3
import subprocess

import program

ENDINGS = ["entitlementId", "status", "cancelReasonCategory", "cancelReasonCode"]


class Bulk(program.Case):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        self.usher = self.started(program.start_dev(self.data))
        self.portal = self.called(self.usher)
        self.file = self.folder / "rows.csv"

    def write(self, names, rows):
        with self.file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(names)
            writer.writerows(rows)

    def extra(self, user="admin"):
        caller = self.called(self.usher, user)
        return {"USHER_ADMIN_URL": self.usher.addresses["admin"], "USHER_TOKEN": caller.token()}

    def bulk(self, code, *arguments, user="admin"):
        """What it told, as JSON."""
        done = program.run("bulk", str(self.file), "--format", "json", *arguments,
                           extra=self.extra(user))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout) if done.stdout else done.stderr

    def carried_out(self, code=0, *more):
        return self.bulk(code, "--apply", "--reason", "a test", "--rate", "100000", *more)["run"]

    def results(self):
        with open(f"{self.file}.results.csv", newline="", encoding="utf-8") as found:
            return list(csv.DictReader(found))

    def accounts(self, count):
        """So many, each with one entitlement, bought by a file."""
        self.write(["action", "accountId"], [("add-account", f"b-{n}") for n in range(count)])
        self.assertEqual(self.carried_out()["changed"], count)
        self.write(["action", "accountId", "productId", "entitlementId"],
                   [("purchase", f"b-{n}", program.PREMIUM, f"be-{n}") for n in range(count)])
        self.assertEqual(self.carried_out()["changed"], count)

    def statuses(self, count):
        return [self.portal.read(f"be-{n}")["status"] for n in range(count)]

    def test_a_preview_says_what_would_be_and_changes_nothing(self):
        self.accounts(40)
        self.write(ENDINGS, [("be-1", "SUSPENDED", "", ""), ("be-2", "ACTIVE", "", ""),
                             ("none", "CANCELLED", "", ""), ("be-3", "PENDING", "", ""),
                             ("be-4", "CANCELLED", "CUSTOMER_CHANGED", "FRAUD")])
        told = self.bulk(1)
        look = told["look"]
        names = ("changed", "unchanged", "refused", "ends", "live")
        self.assertEqual([look[name] for name in names], [1, 1, 3, 1, 40])
        self.assertEqual({one["errorCode"]: one["firstLine"] for one in told["refusals"]},
                         {40403: 4, 40040: 5, 40023: 6})
        self.assertEqual(set(self.statuses(5)), {"ACTIVE"})

    def test_what_ends_much_needs_the_token_of_its_preview(self):
        self.accounts(40)
        rows = [(f"be-{n}", "CANCELLED", "REVOKED", "OTHER") for n in range(3)]
        self.write(ENDINGS, rows)
        token = self.bulk(1)["token"]
        stopped = self.bulk(1, "--apply", "--reason", "a test")
        self.assertNotIn("run", stopped)
        self.assertEqual(set(self.statuses(3)), {"ACTIVE"})

        self.write(ENDINGS, rows[:2] + [("be-7", "CANCELLED", "REVOKED", "OTHER")])
        self.assertIn("token", self.bulk(1, "--apply", "--reason", "a test", "--token", token))
        self.write(ENDINGS, rows)
        run = self.carried_out(0, "--token", token)
        self.assertEqual((run["changed"], run["ends"], run["confirmed"]), (3, 3, True))
        self.assertEqual(self.statuses(4), ["CANCELLED"] * 3 + ["ACTIVE"])
        used = self.bulk(1, "--apply", "--reason", "a test", "--token", token)
        self.assertIn("token", used)
        self.assertEqual(self.carried_out()["unchanged"], 3, "nothing would end any more")

    def test_accounts_count_with_what_they_hold(self):
        self.accounts(40)
        self.write(["action", "accountId", "status"],
                   [("delete-of-account", "b-1", ""), ("account-status", "b-2", "CANCELLED"),
                    ("delete-account", "b-3", "")])
        told = self.bulk(1)
        self.assertEqual((told["look"]["ends"], told["look"]["guarded"]), (3, True))
        run = self.carried_out(0, "--token", told["token"])
        self.assertEqual((run["changed"], run["ends"]), (3, 3))
        program.until("the endings", lambda: self.portal.read("be-2")["status"] == "CANCELLED")

    def test_results_are_no_formulas_and_name_what_was_made(self):
        self.portal.ask("POST", "/adm/v1/accounts", {"_id": "-1"})
        self.write(["action", "accountId", "productId", "reasonCode"],
                   [("purchase", "-1", program.PREMIUM, "=HYPERLINK(0)"),
                    ("purchase", "-none", program.PREMIUM, "@x")])
        self.carried_out(1)
        bought, refused = self.results()
        self.assertEqual((bought["accountId"], bought["outcome"]), ("'-1", "changed"))
        self.assertEqual(self.portal.read(bought["entitlementId"])["status"], "ACTIVE")
        self.assertEqual((refused["outcome"], refused["errorCode"]), ("refused", "40033"))

    def test_rows_that_would_race_or_cannot_be_read_are_refused_as_a_file(self):
        self.write(["action", "accountId", "productId"],
                   [("add-account", "z", ""), ("purchase", "z", program.PREMIUM)])
        self.assertIn("lines 2 and 3", self.bulk(2))
        self.file.write_text('{"entitlementId":"a"\n[]\n', encoding="utf-8")
        self.assertIn("2 rows that cannot be read", self.bulk(2))
        self.file.write_text("entitlementId;status\na;ACTIVE\n", encoding="utf-8")
        self.assertIn("separated by commas", self.bulk(2))
        self.file.write_text("", encoding="utf-8")
        self.bulk(2)

    def test_who_is_no_admin_may_not(self):
        self.write(ENDINGS, [("be-1", "SUSPENDED", "", "")])
        self.assertIn("role", self.bulk(1, user="portal"))

    def test_a_run_goes_on_whoever_dies(self):
        count = 900
        self.accounts(count)
        self.write(ENDINGS, [(f"be-{n}", "SUSPENDED" if n % 2 else "CANCELLED", "", "")
                             for n in range(count)])
        token = self.bulk(1)["token"]
        command = [program.USHER, "bulk", str(self.file), "--apply", "--reason", "a test",
                   "--token", token, "--rate", "300", "--format", "json"]
        ports = {name: self.usher.port(name) for name in ("operator", "sandbox", "admin")}
        for victim in ("client", "server", "client"):
            client = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      text=True, env=program.environment(self.extra()))
            before = self.told_rows()
            program.until("rows", lambda seen=before: self.told_rows() > seen
                          or client.poll() is not None)
            if victim == "client":
                client.send_signal(signal.SIGKILL)
            else:
                self.usher.kill()
                self.usher = self.started(program.start_dev(self.data, ports))
                self.portal = self.called(self.usher)
                client.terminate()
            client.communicate(timeout=program.PATIENCE_S)
        if self.told_rows() < count:
            told = self.bulk(1)
            self.assertEqual(told["state"], "running", "a look changes nothing")
        done = program.run(*command[1:], extra=self.extra())
        if done.returncode == 0:
            run = json.loads(done.stdout)["run"]
            self.assertEqual((run["rows"], run["changed"]), (count, count))
            self.assertEqual([row["outcome"] for row in self.results()], ["changed"] * count)
        else:
            # The last of them had got to the end before it was killed: the token is used.
            self.assertIn("token", done.stderr)
        for n in range(count):
            wanted = "SUSPENDED" if n % 2 else "CANCELLED"
            program.until(f"be-{n}", lambda n=n, wanted=wanted:
                          self.portal.read(f"be-{n}")["status"] == wanted)
        self.assertEqual(self.usher.stop(), 0)
        self.assertEqual(self.recorded_more_than_once(), [])

    def told_rows(self):
        admin = self.called(self.usher, "admin")
        answer = admin.send("admin", "GET", "/admin/v1/bulk",
                            headers={"Authorization": "Bearer " + admin.token()})
        return answer.json["bulks"][0].get("run", {}).get("rows", 0)

    def recorded_more_than_once(self):
        """Entitlements with more than the purchase and one change that was asked for."""
        with contextlib.closing(sqlite3.connect(self.data / "usher.db")) as database:
            return database.execute(
                "SELECT entitlement_id, count(*) FROM event WHERE kind = 'requested' "
                "GROUP BY entitlement_id HAVING count(*) != 2").fetchall()


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(description=__doc__))
