#!/usr/bin/env python3
"""`usher import` as it is typed: an operator's entitlements come from another platform, with the
ids that the partner gave them. Nothing is sent; each is asked of the partner, and what is not as
the file says is told."""

import argparse
import csv
import json

import program

NAMES = ["entitlementId", "accountId", "productId", "partnerEntitlementId", "status"]
BANGO = "/sandbox/partner/entitlements"


class Takeover(program.Case):
    def setUp(self):
        super().setUp()
        self.file = self.folder / "rows.csv"
        self.usher = None

    def platform_of_before(self, count):
        """Entitlements of another store at the same partner; what our file has of them."""
        data = self.folder / "data"
        before = self.started(program.start_dev(data))
        caller = self.called(before)
        rows = []
        for n in range(count):
            caller.ask("POST", "/adm/v1/accounts", {"_id": f"i-{n}"})
            bought = caller.buy(f"i-{n}", headers={"Prefer": "wait=10"}, _id=f"ie-{n}").json
            record = caller.read(bought["_id"])
            rows.append([bought["_id"], f"i-{n}", program.PREMIUM, record["partnerEntitlementId"],
                         record["status"]])
        self.assertEqual(before.stop(), 0)
        for path in data.glob("usher.db*"):
            path.unlink()
        self.usher = self.started(program.start_dev(data))
        self.portal = self.called(self.usher)
        return rows

    def write(self, rows):
        with self.file.open("w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(NAMES)
            writer.writerows(rows)

    def run_import(self, code, *arguments):
        admin = self.called(self.usher, "admin")
        done = program.run("import", str(self.file), "--format", "json", *arguments,
                           extra={"USHER_ADMIN_URL": self.usher.addresses["admin"],
                                  "USHER_TOKEN": admin.token()})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return json.loads(done.stdout)

    def take_over(self, code=0):
        return self.run_import(code, "--apply", "--reason", "from the old platform")

    def calls(self):
        calls = self.portal.send("sandbox", "GET", "/sandbox/partner/calls").json
        return [call["method"] for call in calls]

    def test_all_of_it(self):
        rows = self.platform_of_before(12)
        self.write(rows)
        told = self.run_import(0)
        self.assertEqual((told["imported"], told["applied"]), (12, False))
        self.assertEqual(self.portal.ask("GET", f"/adm/v1/accounts/{rows[0][1]}").status, 404)

        before = len(self.calls())
        told = self.take_over()
        self.assertEqual((told["imported"], told["agreed"]), (12, 12))
        self.assertEqual(set(self.calls()[before:]), {"GET"}, "only asked")
        again = self.take_over()
        self.assertEqual((again["imported"], again["unchanged"], again["agreed"]), (0, 12, 12))
        self.assertEqual(self.portal.ask("GET", f"/adm/v1/accounts/{rows[0][1]}").json["status"],
                         "ACTIVE")
        # They are entitlements like any other.
        answer = self.portal.put(rows[0][0], "SUSPENDED", {"Prefer": "wait=10"})
        self.assertEqual(answer.status, 200)
        self.assertEqual(self.portal.held()[rows[0][0]]["status"], "SUSPENDED")

    def test_what_is_not_as_the_file_says_is_told(self):
        rows = self.platform_of_before(6)
        right_id = rows[1][3]
        rows[0][4] = "SUSPENDED"
        rows[1][3] = "no-such-id"
        rows[2][2] = "NO_SUCH_PRODUCT"
        rows[3][4] = "CANCELLED"
        rows[4][3] = rows[5][3]
        self.write(rows)
        told = self.take_over(1)
        self.assertEqual((told["imported"], told["refused"]), (3, 3))
        self.assertEqual({one["errorCode"]: one["firstLine"] for one in told["refusals"]},
                         {40034: 4, 40013: 5, 40059: 7})
        self.assertEqual((told["agreed"], told["differs"], told["open"]), (0, 1, 2))
        doubtful = {one["line"]: one["problem"] for one in told["doubtful"]}
        self.assertEqual(doubtful[2], "the file has SUSPENDED, the partner ACTIVE")
        self.assertIn("does not know", doubtful[3])
        self.assertIn("another id of ours", doubtful[6])
        self.assertEqual(self.portal.read(rows[0][0])["status"], "ACTIVE", "it follows the partner")

        # A wrong id is corrected by a file that has the right one.
        rows[1][3] = right_id
        self.write([rows[1]])
        told = self.take_over()
        self.assertEqual((told["imported"], told["agreed"]), (1, 1))
        self.assertEqual(self.portal.read(rows[1][0])["partnerStatus"], "ACTIVE")

    def test_a_file_names_each_once(self):
        self.usher = self.started(program.start_dev())
        row = ["e", "a", program.PREMIUM, "b", "ACTIVE"]
        self.write([row, ["e", "a", program.PREMIUM, "c", "ACTIVE"]])
        admin = self.called(self.usher, "admin")
        done = program.run("import", str(self.file),
                           extra={"USHER_ADMIN_URL": self.usher.addresses["admin"],
                                  "USHER_TOKEN": admin.token()})
        self.assertEqual(done.returncode, 2)
        self.assertIn("lines 2 and 3", done.stderr)

    def test_nobody_is_taken_over_twice(self):
        rows = self.platform_of_before(2)
        self.write(rows)
        self.take_over()
        self.write([["other", *rows[0][1:]], ["another", "i-9", *rows[1][2:]]])
        told = self.take_over(1)
        self.assertEqual({one["errorCode"] for one in told["refusals"]}, {40037, 40059})


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(description=__doc__))
