#!/usr/bin/env python3
"""The store's disk is full, its file is removed, damaged, locked, or not to be written: nothing
that was acknowledged is lost, and whoever runs Usher is told in a sentence what is wrong.

The full disk is a small tmpfs in a mount namespace of this process (root, or a user namespace).
Where neither is allowed, a limit on the size of files takes its place; it is said which it was."""

import argparse
import contextlib
import os
import pathlib
import shutil
import sqlite3
import tempfile
import time

import rig
from disk_rig import DiskCase, Owner, Owners, SmallDisk, enter_namespace, make_disk
from rig import ENTITLEMENTS, program, until

RETURN_S = 30  # the writer's longest pause between two tries is 10 s


# --- no room


class FullDisk(DiskCase):
    def setUp(self):
        super().setUp()
        self.disk = make_disk(self.folder)
        self.addCleanup(self.disk.close)
        self.store = self.disk.folder / "usher.db"
        self.extra = {"USHER_STORE_URL": f"sqlite:{self.store}"}

    def says_why(self, usher):
        answer = self.ready(usher)
        self.assertEqual((answer.status, answer.json["status"]), (503, "not ready"), answer.text)
        self.one_sentence(answer.json["reason"], self.store)

    def fill(self, usher, owners):
        """Until nothing goes in any more."""
        self.disk.fill(usher)
        until("changes that are refused", lambda: owners.work(0.3)[0] == 0)
        self.says_why(usher)
        # Who reads is still served, and reads what was acknowledged.
        owners.check()

    def make_room(self, usher, owners):
        self.disk.make_room(usher)
        until("changes that are taken again", lambda: owners.work(0.2)[1] == 0, RETURN_S)
        self.assertEqual(self.ready(usher).status, 200)
        owners.check()

    def test_a_full_disk(self):
        usher = self.dev(**self.extra)
        owners = Owners(usher, 6)
        self.addCleanup(owners.close)
        self.assertEqual(owners.work(0.3)[1], 0)
        for _ in range(2):
            self.fill(usher, owners)
            self.make_room(usher, owners)
        self.assertGreater(owners.work(0.3)[0], 0)
        self.fill(usher, owners)
        usher.kill()
        if isinstance(self.disk, SmallDisk):
            # It proves at the start that it can write.
            said = self.refusal(self.store, **self.extra)
            self.assertIn("room", said)
        self.disk.make_room(usher)
        usher = self.dev(**self.extra)
        owners.follow(usher)
        owners.check()
        self.assertGreater(owners.work(0.3)[0], 0)
        codes = {code for owner in owners.all for code in owner.codes}
        self.assertEqual(codes - {50302, 50303}, set())
        self.assertIn(50302, codes)
        self.settle(owners)
        self.assertEqual(usher.stop(), 0)

    def settle(self, owners):
        def all_agree():
            held = owners.all[0].caller.held()
            return all(program.agree(owner.read().json, held.get(owner.id))
                       for owner in owners.all)

        until("agreement with the partner", all_agree)
        for owner in owners.all:
            effects = owners.all[0].caller.held()[owner.id]["effects"]
            self.assertEqual(effects["create"], 1)

    def test_a_file_that_is_gone_when_it_is_reopened(self):
        """The file is removed, and a full disk makes the store open it again: an empty one must
        not take its place."""
        usher = self.dev(**self.extra)
        owner = Owner(usher, "account-1")
        self.addCleanup(owner.caller.close)
        for file in (self.store, self.with_end("-wal"), self.with_end("-shm")):
            file.unlink()
        self.disk.fill(usher)
        until("a change that is refused", lambda: not owner.change())
        self.disk.make_room(usher)
        deadline = time.monotonic() + 3
        while time.monotonic() < deadline:
            answer = owner.read()
            self.assertNotEqual(answer.status, 404, f"it forgot everything: {answer.text}")
            made = owner.caller.ask("POST", "/adm/v1/accounts",
                                    {"_id": f"new-{time.monotonic_ns()}"})
            self.assertEqual(made.status, 503, "it takes changes into an empty store")
            self.says_why(usher)
            time.sleep(0.1)

    def with_end(self, end):
        return self.store.with_name(self.store.name + end)


# --- removed under it


class Removed(DiskCase):
    def notices(self, remove):
        """At the latest when it is asked how it is; from then on nothing is acknowledged."""
        usher = self.dev()
        owner = Owner(usher, "account-1")
        self.addCleanup(owner.caller.close)
        remove(self.data / "usher.db")
        deadline = time.monotonic() + 5
        acknowledged = 0
        while self.ready(usher).status == 200:
            acknowledged += owner.change()
            self.assertLess(time.monotonic(), deadline,
                            f"nothing was noticed, and {acknowledged} changes were acknowledged "
                            "that are in no file")
        self.one_sentence(self.ready(usher).json["reason"], self.data / "usher.db")
        self.assertFalse(owner.change(), "it knows, and acknowledges all the same")
        self.assertIn("usher.db", usher.read_log())

    def test_the_file(self):
        self.notices(lambda path: path.unlink())

    def test_the_file_and_its_log(self):
        def remove(path):
            for file in list(path.parent.glob("usher.db*")):
                file.unlink()

        self.notices(remove)

    def test_moved_away(self):
        self.notices(lambda path: path.rename(path.with_name("old.db")))

    def test_another_file_in_its_place(self):
        def swap(path):
            shutil.copy(path, path.with_name("copy.db"))
            path.with_name("copy.db").rename(path)

        self.notices(swap)


# --- what a start finds


def spoil(path, at, length):
    """Other bytes in the middle; the same ones at each run."""
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(bytes((37 * index + 11) % 251 for index in range(length)))


class Found(DiskCase):
    """Files of a program that was killed under load, changed in some way: it refuses them, or
    nothing is lost. Killed, since an orderly end leaves no log behind that could be damaged."""

    @classmethod
    def setUpClass(cls):
        kept = tempfile.TemporaryDirectory(prefix="usher-disk-")
        cls.addClassCleanup(kept.cleanup)
        cls.kept = pathlib.Path(kept.name) / "data"
        usher = program.start_dev(cls.kept)
        try:
            cls.owner = Owner(usher, "account-1")
            for _ in range(60):
                if not cls.owner.change():
                    raise rig.Wrong("a healthy store refused a change")
            cls.owner.caller.close()
        finally:
            usher.release()

    def setUp(self):
        super().setUp()
        shutil.copytree(self.kept, self.data)
        self.file = self.data / "usher.db"
        self.log = self.data / "usher.db-wal"
        self.shared = self.data / "usher.db-shm"

    def again(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.kept, self.data)

    def bytes_found(self):
        return {path.name: path.read_bytes() for path in (self.file, self.log) if path.is_file()}

    def nothing_lost(self, **extra):
        usher = program.start_dev(self.data, extra=extra)
        caller = usher.caller()
        try:
            answer = caller.ask("GET", f"{ENTITLEMENTS}/{self.owner.id}")
            self.assertEqual(answer.status, 200, "it started and has lost everything: "
                             + answer.text)
            self.assertEqual(answer.json["reasonCode"], str(self.owner.told),
                             "it started and has lost acknowledged changes")
        finally:
            caller.close()
            usher.release()

    def refused_or_whole(self):
        """And what is refused is left as it is: somebody may want to save something from it."""
        before = self.bytes_found()
        done = self.tried()
        if done.stdout.startswith("ready "):
            self.nothing_lost()
            return
        self.assertEqual(done.returncode, 2, done)
        self.one_sentence(done.stderr, self.file)
        self.assertTrue(self.bytes_found() == before,
                        "it refused the file and changed it: " + done.stderr)

    def refused(self):
        before = self.bytes_found()
        said = self.refusal(self.file)
        self.assertTrue(self.bytes_found() == before, "it refused the file and changed it: " + said)
        return said

    # --- the log

    def test_nothing_changed(self):
        self.nothing_lost()

    def test_the_log_is_missing(self):
        self.log.unlink()
        self.refused_or_whole()

    def test_the_log_is_missing_after_an_orderly_end(self):
        usher = self.dev()
        self.assertEqual(usher.stop(), 0)
        self.log.unlink(missing_ok=True)
        self.nothing_lost()

    def test_the_log_is_empty(self):
        os.truncate(self.log, 0)
        self.refused_or_whole()

    def test_the_log_is_garbage(self):
        spoil(self.log, 0, self.log.stat().st_size)
        self.refused_or_whole()

    def test_the_logs_head_is_garbage(self):
        spoil(self.log, 0, 32)
        self.refused_or_whole()

    def test_a_page_in_the_middle_of_the_log_is_garbage(self):
        spoil(self.log, self.log.stat().st_size // 2, 64)
        self.refused_or_whole()

    def test_the_log_is_a_folder(self):
        self.log.unlink()
        self.log.mkdir()
        self.refused()

    def test_the_shared_memory_is_garbage_or_missing(self):
        spoil(self.shared, 0, self.shared.stat().st_size)
        self.nothing_lost()
        self.again()
        self.shared.unlink()
        self.nothing_lost()

    # --- the file

    def test_the_file_is_missing_and_its_log_is_there(self):
        self.file.unlink()
        self.refused_or_whole()

    def test_the_file_is_cut(self):
        whole = self.file.stat().st_size
        for size in (0, 1, 15, 16, 100, 511, 4095, 4096, whole // 2, whole - 4096, whole - 1):
            with self.subTest(size=size, whole=whole):
                os.truncate(self.file, size)
                self.refused_or_whole()
            self.again()

    def test_a_page_of_the_file_is_garbage(self):
        whole = self.file.stat().st_size
        for at, length in ((0, 16), (100, 400), (4096, 4096), (whole - 4096, 4096)):
            with self.subTest(at=at, length=length):
                spoil(self.file, at, length)
                self.refused_or_whole()
            self.again()

    def test_the_file_is_a_folder(self):
        self.file.unlink()
        self.file.mkdir()
        self.assertIn("directory", self.refused())

    def test_the_file_leads_to_itself(self):
        self.file.unlink()
        self.file.symlink_to(self.file.name)
        self.refused()

    # --- somebody else's

    def changed_by_sql(self, *statements):
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as database:
            for statement in statements:
                database.execute(statement)

    def test_a_newer_version_that_was_killed(self):
        """Its log may hold what only the newer one understands."""
        keeper = sqlite3.connect(self.file, isolation_level=None)
        self.addCleanup(keeper.close)
        keeper.execute("SELECT count(*) FROM sqlite_schema").fetchall()
        self.changed_by_sql("PRAGMA user_version = 99")
        for path in (self.file, self.log):
            shutil.copy(path, self.folder)
        keeper.close()
        for path in (self.file, self.log):
            shutil.copy(self.folder / path.name, path)
        self.assertIn("newer", self.refused())

    def test_another_program(self):
        for statements in (("CREATE TABLE theirs (x)",),
                           ("PRAGMA application_id = 252006673", "PRAGMA user_version = 3"),
                           ("PRAGMA application_id = 252006673", "PRAGMA user_version = 0")):
            with self.subTest(statements):
                for path in (self.file, self.log, self.shared):
                    path.unlink()
                self.changed_by_sql(*statements)
                self.assertIn("another program", self.refused())
            self.again()

    def test_locked_by_another_program(self):
        with contextlib.closing(sqlite3.connect(self.file, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            self.assertIn("locked", self.refusal(self.file))
            other.execute("ROLLBACK")
        self.nothing_lost()

    # --- permissions

    def bound(self, path, **extra):
        """Refused when permissions count, which they do not for root with all its rights."""
        prefix = ()
        if os.geteuid() == 0:
            prefix = ("setpriv", "--bounding-set=-all", "--inh-caps=-all")
        done = self.tried(prefix, **extra)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.one_sentence(done.stderr, path)
        self.assertRegex(done.stderr, r"make (it|the file)( and its directory)? writable|, make it")
        return prefix

    def remedied(self, prefix, **extra):
        """What the sentence says was done, so it starts."""
        done = self.tried(prefix, **extra)
        self.assertTrue(done.stdout.startswith("ready "), "the remedy was no remedy: "
                        + done.stderr)
        self.nothing_lost(**extra)

    def test_a_file_that_cannot_be_written(self):
        for killed in (True, False):
            with self.subTest(killed=killed):
                if not killed:
                    self.assertEqual(self.dev().stop(), 0)
                self.file.chmod(0o444)
                prefix = self.bound(self.file)
                self.file.chmod(0o644)
                self.remedied(prefix)
            self.again()

    def test_a_folder_that_cannot_be_written(self):
        for with_lock in (True, False):
            with self.subTest(with_lock=with_lock):
                self.assertEqual(self.dev().stop(), 0)
                inner = self.data / "store"
                inner.mkdir()
                for path in self.data.glob("usher.db*"):
                    if with_lock or path.suffix != ".lock":
                        path.rename(inner / path.name)
                extra = {"USHER_STORE_URL": f"sqlite:{inner}/usher.db"}
                inner.chmod(0o555)
                prefix = self.bound(inner / "usher.db", **extra)
                inner.chmod(0o755)
                self.remedied(prefix, **extra)
            self.again()


if __name__ == "__main__":
    enter_namespace()
    program.main(argparse.ArgumentParser(prog="disk.py", description=__doc__))
