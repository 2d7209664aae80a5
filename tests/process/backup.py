#!/usr/bin/env python3
"""Backups of the real program while it works, and what a day-old one leads to: a copy is one moment
of the store, and after a restore both sides agree without anything being done twice."""

import argparse
import contextlib
import json
import sqlite3
import threading

import program
from program import ENTITLEMENTS, Case, agree, until

WORDS = ("ACTIVE", "SUSPENDED")


class Writer(threading.Thread):
    """Changes one record over and over; each change carries its number as reasonCode."""

    def __init__(self, usher, account):
        super().__init__()
        self.caller = usher.caller()
        self.id = self.caller.buy(account, reasonCode="0").json["_id"]
        until("a settled record", lambda: agreed(self.caller, self.id))
        self.sent = self.told = 0
        self.done = threading.Event()
        self.trouble = None

    def run(self):
        try:
            while not self.done.is_set():
                self.sent += 1
                answer = self.caller.put(self.id, WORDS[self.sent % 2],
                                         {"Prefer": "respond-async"}, reasonCode=str(self.sent))
                if answer.status != 200:
                    raise AssertionError(f"{answer.status} {answer.text}")
                self.told = self.sent
        except Exception as trouble:  # pylint: disable=broad-except
            self.trouble = trouble

    def stop(self):
        self.done.set()
        self.join()
        self.caller.close()


def agreed(caller, id_):
    return agree(caller.read(id_), caller.held().get(id_))


def held_in(copy):
    """What number each record of a backup holds."""
    with contextlib.closing(sqlite3.connect(f"file:{copy}?immutable=1", uri=True)) as database:
        return dict(database.execute("SELECT entitlement_id, reason_code FROM entitlement"))


class Backup(Case):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"
        self.store = {"USHER_STORE_URL": f"sqlite:{self.data}/usher.db"}

    def command(self, *arguments):
        done = program.run(*arguments, extra=self.store)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_while_it_is_written_to(self):
        usher = self.started(program.start_dev(self.data))
        writers = [Writer(usher, f"account-{index + 1}") for index in range(4)]
        for writer in writers:
            writer.start()
        try:
            for number in range(4):
                copy = self.folder / f"copy-{number}.db"
                before = {writer.id: writer.told for writer in writers}
                said = json.loads(self.command("backup", str(copy), "--format", "json"))
                after = {writer.id: writer.sent for writer in writers}
                found = held_in(copy)
                self.assertEqual(said["entitlements"], len(writers))
                for id_, told in before.items():
                    self.assertLessEqual(told, int(found[id_]), "answered before, and not in it")
                    self.assertLessEqual(int(found[id_]), after[id_], "from nowhere")
                looked = program.run("check", "--store",
                                     extra={"USHER_STORE_URL": f"sqlite:{copy}"})
                self.assertEqual(looked.returncode, 0, looked.stdout)
        finally:
            for writer in writers:
                writer.stop()
        for writer in writers:
            self.assertIsNone(writer.trouble)
            self.assertGreater(writer.told, 0)
        self.assertEqual(usher.stop(), 0)

    def test_a_copy_from_before_the_partner_moved_on(self):
        usher = self.started(program.start_dev(self.data))
        caller = self.called(usher)
        names = ("untouched", "suspended", "moved", "ended", "asked", "resumed")
        ids = {}
        for number, name in enumerate(names):
            ids[name] = caller.buy(f"account-{number + 1}").json["_id"]
        self.settle(caller, ids.values())
        caller.put(ids["resumed"], "SUSPENDED")
        self.settle(caller, ids.values())
        caller.faults([{"action": "suspend", "effect": "lose-request"}])
        caller.put(ids["asked"], "SUSPENDED", {"Prefer": "respond-async"})
        copy = self.folder / "day-old.db"
        self.command("backup", str(copy))

        caller.send("sandbox", "DELETE", "/sandbox/partner/faults")
        caller.put(ids["suspended"], "SUSPENDED")
        caller.put(ids["resumed"], "ACTIVE")
        for name, move in (("moved", "suspend"), ("ended", "revoke")):
            partner_id = caller.read(ids[name])["partnerEntitlementId"]
            caller.send("sandbox", "POST", f"/sandbox/partner/entitlements/{partner_id}/{move}")
        later = "bought-later"
        self.assertEqual(caller.buy("account-7", _id=later).status, 201)
        self.settle(caller, [*ids.values(), later])
        before = caller.held()
        usher.kill()

        said = self.command("restore", str(copy), "--replace")
        self.assertIn(f"{len(names)} entitlements; the partner is asked about {len(names)}", said)
        usher = self.started(program.start_dev(self.data))
        caller = self.called(usher)
        self.settle(caller, ids.values())
        now = {name: caller.read(id_)["status"] for name, id_ in ids.items()}
        self.assertEqual(now, {"untouched": "ACTIVE", "suspended": "SUSPENDED",
                               "moved": "SUSPENDED", "ended": "REVOKED", "asked": "SUSPENDED",
                               "resumed": "ACTIVE"})
        self.assertEqual({id_: record["effects"] for id_, record in caller.held().items()},
                         {id_: record["effects"] for id_, record in before.items()},
                         "something was done again")

        # What was bought since is not known; bought again under its id it is found.
        self.assertEqual(caller.ask("GET", f"{ENTITLEMENTS}/{later}").status, 404)
        self.assertEqual(caller.buy("account-7").status, 400)
        self.assertEqual(caller.buy("account-7", _id=later).status, 201)
        self.settle(caller, [later])
        self.assertEqual(caller.read(later)["status"], "ACTIVE")
        self.assertEqual(caller.held()[later]["effects"], before[later]["effects"])

    def settle(self, caller, ids):
        for id_ in ids:
            until(f"agreement about {id_}", lambda id_=id_: agreed(caller, id_))

    def test_what_is_refused(self):
        usher = self.started(program.start_dev(self.data))
        copy = self.folder / "copy.db"
        self.command("backup", str(copy))
        for arguments, words in ((("backup", str(copy)), "copy.db is there already"),
                                 (("restore", str(copy)), "in use by another Usher"),
                                 (("restore", str(copy), "--replace"), "in use by another Usher"),
                                 (("restore", "nowhere.db"), "nowhere.db is not there")):
            done = program.run(*arguments, extra=self.store)
            self.assertEqual(done.returncode, 1)
            self.assertIn(words, done.stderr)
        self.assertEqual(usher.stop(), 0)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="backup.py", description=__doc__))
