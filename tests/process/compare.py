#!/usr/bin/env python3
"""`usher compare` as it is typed, against a partner that moves while its reports are lost: it finds
exactly what differs, has exactly that read again, and signs off when nothing is left."""

import argparse
import base64
import collections
import datetime
import json
import time

import program

ACTIVE_FILE = "/sandbox/partner/reports/active.csv"
RECORDS = "/sandbox/partner/entitlements"
MUSIC = "BANGO_US_MUSIC"
ENDING = "BANGO_US_MUSIC_MONTHLY"
HEADER = "Status,EndDate,LastUpdated,ProductKey,MerchantAccountKey,BangoEntitlementId," \
         "ResellerCustomerId"
LOGIN = {"Authorization": "Basic " + base64.b64encode(b"usher:usher").decode()}
DROP_REPORTS = {"action": "report", "effect": "drop"}
NO_READS = {"action": "read", "effect": "answer", "http": 503}


def now():
    return datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds")


def next_second():
    """The file has whole seconds: what comes later has a later date there too."""
    time.sleep(1.001 - time.time() % 1)


class Compare(program.Case):
    def setUp(self):
        super().setUp()
        self.usher = self.started(program.start_dev())
        self.portal = self.called(self.usher)
        self.admin = self.called(self.usher, "admin")
        self.file = self.folder / "active.csv"

    # --- the partner

    def move(self, entitlement, name):
        record = self.portal.read(entitlement)["partnerEntitlementId"]
        answer = self.portal.send("sandbox", "POST", f"{RECORDS}/{record}/{name}")
        self.assertEqual(answer.status, 200, answer.text)

    def fetch(self):
        """The partner's file of this moment, which is returned."""
        self.file.write_text(self.portal.send("sandbox", "GET", ACTIVE_FILE).text)
        return now()

    def reads(self):
        """How often each of the partner's records was asked for."""
        calls = self.portal.send("sandbox", "GET", "/sandbox/partner/calls").json
        return collections.Counter(call["path"].rsplit("/", 1)[1] for call in calls
                                   if call["method"] == "GET")

    # --- us

    def bought(self, account, product=program.PREMIUM):
        answer = self.portal.buy(account, product, {"Prefer": "wait=10"})
        self.assertIn(answer.status, (200, 201), answer.text)
        return answer.json["_id"]

    def compare(self, *arguments, token=None, url=None):
        extra = {"USHER_ADMIN_URL": url or self.usher.addresses["admin"],
                 "USHER_TOKEN": token or self.admin.token()}
        return program.run("compare", *arguments, extra=extra)

    def found(self, code, *arguments):
        """Which finding each of our records, else each line, is in; and the whole answer."""
        done = self.compare(str(self.file), "--format", "json", *arguments)
        self.assertEqual((done.returncode, done.stderr), (code, ""), done.stdout)
        told = json.loads(done.stdout)
        self.assertEqual(told["signedOff"], code == 0)
        return {one.get("ours", {}).get("entitlementId", one.get("line")): one["finding"]
                for one in told["findings"]}, told

    def latest(self):
        answer = self.admin.send("admin", "GET", "/admin/v1/comparisons/latest",
                                 headers={"Authorization": "Bearer " + self.admin.token()})
        return answer.json["comparisons"]

    def settled(self, entitlement, status):
        def agrees():
            record = self.portal.read(entitlement)
            return record["status"] == status and record["propagation"]["state"] == "confirmed"
        program.until(f"{entitlement} as {status}", agrees)

    # --- the tests

    def test_what_moved_is_found_read_and_signed_off(self):
        kept, suspended, revoked, ending = (
            self.bought(f"account-{n}", ENDING if n == 4 else program.PREMIUM)
            for n in (1, 2, 3, 4))
        pending = self.bought("account-5", MUSIC)
        other = self.called(self.usher, "portal2")
        self.assertIn(other.buy("account-1", headers={"nv-tenant-id": "second"}).status, (200, 201))
        self.portal.faults([DROP_REPORTS])
        as_of = self.fetch()
        nothing, told = self.found(0, "--as-of", as_of)
        self.assertEqual((nothing, told["counts"]), ({}, {"equal": 5, "other_tenant": 1}))

        next_second()
        for entitlement, name in ((suspended, "suspend"), (revoked, "revoke"), (ending, "cancel")):
            self.move(entitlement, name)
        as_of = self.fetch()
        before = self.reads()
        expected = {suspended: "theirs_newer", revoked: "unknown_there", ending: "theirs_newer"}
        found, told = self.found(1, "--as-of", as_of)
        self.assertEqual(found, expected)
        self.assertEqual((told["reads"], self.reads()), (0, before))
        for entitlement in expected:
            self.assertEqual(self.portal.read(entitlement)["status"], "ACTIVE")

        found, told = self.found(1, "--as-of", as_of, "--apply")
        self.assertEqual((found, told["reads"]), (expected, 3))
        self.settled(suspended, "SUSPENDED")
        self.settled(revoked, "REVOKED")
        self.settled(ending, "ACTIVE-ENDING")
        ids = {self.portal.read(entitlement)["partnerEntitlementId"] for entitlement in expected}
        self.assertEqual(set(self.reads() - before), ids)
        self.settled(kept, "ACTIVE")
        self.assertEqual(self.portal.read(pending)["status"], "PENDING")

        _, told = self.found(0, "--as-of", as_of, "--apply")
        self.assertEqual(told["counts"], {"equal": 4, "other_tenant": 1})
        self.assertEqual((told["by"], told["rows"], told["reads"]), ("admin", 5, 0))
        latest, = self.latest()
        self.assertEqual(latest["differed"]["differences"], 3)
        self.assertEqual(latest["agreed"]["sha256"], told["sha256"])
        self.assertEqual(latest["agreed"]["at"], told["at"])

    def test_what_is_ours_to_explain_is_no_difference(self):
        open_change, newer = self.bought("account-1"), self.bought("account-2")
        as_of = self.fetch()
        next_second()
        self.portal.faults([DROP_REPORTS, NO_READS,
                            {"action": "suspend", "effect": "lose-request"}])
        self.portal.put(open_change, "SUSPENDED", {"Prefer": "wait=1"})
        self.portal.put(newer, "REVOKED", {"Prefer": "wait=10"})
        self.settled(newer, "REVOKED")
        _, told = self.found(0, "--as-of", as_of)
        self.assertEqual(told["counts"], {"ours_open": 1, "ours_newer": 1})

    def test_a_purchase_whose_answer_was_lost_is_told_from_what_nobody_knows(self):
        self.portal.faults([DROP_REPORTS, NO_READS, NO_READS | {"action": "find"},
                            {"action": "create", "effect": "lose-answer", "times": 1}])
        waiting = self.portal.buy("account-1", headers={"Prefer": "wait=1"}).json["_id"]
        program.until("the partner's record", lambda: self.portal.held().get(waiting))
        stranger = self.portal.send(
            "sandbox", "POST", "/bango/v1/entitlement",
            json.dumps({"customerIdentifier": "demo-account-2", "merchantAccountKey": "BANGO_US",
                        "productKey": "MUSIC_PREMIUM"}),
            LOGIN | {"Content-Type": "application/json"}).json["entitlementId"]
        as_of = self.fetch()
        found, told = self.found(1, "--as-of", as_of)
        self.assertEqual(sorted(found.values()), ["lost_create", "unknown_here"])
        self.assertEqual(found[waiting], "lost_create")
        self.portal.faults([DROP_REPORTS])
        self.found(1, "--as-of", as_of, "--apply")
        self.settled(waiting, "ACTIVE")
        found, told = self.found(1, "--as-of", as_of, "--apply")
        self.assertEqual((list(found.values()), told["reads"]), (["unknown_here"], 0))
        text = self.compare(str(self.file), "--as-of", as_of).stdout
        self.assertIn(stranger, text)
        self.assertIn("have the partner end it", text)

    def test_a_file_at_fault_is_told_by_its_lines(self):
        mine, twice = self.bought("account-1"), self.bought("account-2")
        ids = [self.portal.read(one)["partnerEntitlementId"] for one in (mine, twice)]
        date = datetime.datetime.now(datetime.timezone.utc).strftime("%d/%m/%Y %H:%M:%S")
        row = f"Active,,{date},MUSIC_PREMIUM,BANGO_US,%s,demo-account-%d\n"
        self.file.write_text("\ufeff" + HEADER + "\n" + row % (ids[0], 1) + "\n"
                             + row % (ids[1], 2) + row % (ids[1], 2)
                             + "Alive" + row[6:] % ("x", 3) + 'Active,"a"b\n'
                             + row[:-1] % ("x", 4) + ",more\n" + row % (ids[0] + "\t", 1)
                             + row.replace("BANGO_US", "ELSEWHERE") % ("y", 5))
        found, told = self.found(1, "--merchant", "BANGO_US", "--as-of", now())
        self.assertEqual(told["counts"], {"equal": 1, "other_merchant": 1, "repeated": 2,
                                          "not_understood": 4})
        self.assertEqual({line for line in found if isinstance(line, int)}, {6, 7, 8, 9})
        self.assertEqual(told["rows"], 8)
        text = self.compare(str(self.file), "--merchant", "BANGO_US", "--limit", "2").stdout
        self.assertIn("… and 4 more", text)
        self.file.write_text(HEADER + "\n" + row % (ids[0], 9))
        found, told = self.found(1, "--merchant", "BANGO_US")
        self.assertEqual(found[mine], "customer_differs")
        self.assertEqual(self.portal.read(mine)["accountId"], "account-1")

    def test_many_rows_are_sent_in_pages(self):
        mine = self.bought("account-1")
        as_of = self.fetch()
        lines = self.file.read_text().splitlines()
        made = [lines[1].replace(self.portal.read(mine)["partnerEntitlementId"], f"made-up-{n}")
                .replace("demo-account-1", f"other-{n}") for n in range(1203)]
        self.file.write_text("\r\n".join([lines[0], *made[:700], lines[1], *made[700:]]) + "\r\n")
        _, told = self.found(0, "--as-of", as_of)
        self.assertEqual(told["counts"], {"equal": 1, "other_tenant": 1203})

    def wrong(self, code, *arguments, names=(), **more):
        """One sentence on standard error, nothing on standard output, and no line is left."""
        done = self.compare(*arguments, **more)
        self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        for name in names:
            self.assertIn(name, done.stderr)
        self.assertEqual(self.latest(), [])

    def test_wrong_usage_and_trouble(self):
        file = str(self.file)
        self.wrong(2, file, names=[file, "cannot read"])
        self.wrong(2, str(self.folder), names=["cannot read"])
        self.file.write_text("Status,LastUpdated\n")
        self.wrong(2, file, names=["no column ResellerCustomerId"])
        self.file.write_text(HEADER + "\n")
        self.wrong(2, file, names=["--merchant"])
        self.wrong(2, file, "--merchant", "BANGO_US", names=["--as-of"])
        row = "Active,,01/09/2026 10:00:00,P,%s,b-1,demo-account-1\n"
        self.file.write_text(HEADER + "\n" + row % "A" + row % "B")
        self.wrong(2, file, names=["several merchants", "A, B", "--merchant"])
        self.file.write_text(HEADER + "\n" + row % "A")
        self.wrong(2, file, "--as-of", "2026-09-01T09:59:59Z", names=["latest LastUpdated"])
        for time_of in ("yesterday", "2999-01-01T00:00:00Z"):
            self.wrong(2, file, "--as-of", time_of, names=["--as-of"])
        self.wrong(1, file, token=self.portal.token(), names=["role"])
        self.wrong(1, file, url="http://127.0.0.1:1", names=["cannot reach"])
        self.wrong(1, file, url=self.usher.addresses["operator"], names=["--url"])
        self.wrong(1, file, "--tenant", "nobody", names=["tenant"])


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="compare.py", description=__doc__))
