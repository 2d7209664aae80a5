"""What disk.py works with: a disk that can be filled, and who remembers what he was told."""

import contextlib
import os
import re
import resource
import subprocess
import sys
import tempfile
import threading
import time

import rig
from rig import ENTITLEMENTS, program, until

NAMESPACE = "DISK_TEST_NAMESPACE"  # set once we are in one
STORE_MIB = 48
WORDS = ("SUSPENDED", "ACTIVE")
REMEDY = re.compile(r"[:;] (make|restore|name|stop|start|create|look|put|remove|delete)\b")


# --- a disk that can be filled


class SmallDisk:
    """A tmpfs, filled by a foreign file."""

    def __init__(self, folder):
        self.folder = folder / "small"
        self.folder.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={STORE_MIB}m", "tmpfs",
                        str(self.folder)], check=True)
        self.foreign = self.folder / "foreign"

    def fill(self, _):
        with open(self.foreign, "ab", buffering=0) as file:
            for size in (65536, 4096, 1):
                with contextlib.suppress(OSError):
                    while True:
                        file.write(bytes(size))

    def make_room(self, _):
        self.foreign.unlink()

    def close(self):
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)


class LimitedFiles:
    """In place of it: no file of the program may become larger than the largest is."""

    def __init__(self, folder):
        self.folder = folder / "small"
        self.folder.mkdir()
        self.hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        # A write beyond the limit must fail, not kill; what is ignored stays so in what is run.
        wrapper = folder / "usher"
        wrapper.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec '{program.USHER}' \"$@\"\n")
        wrapper.chmod(0o755)
        self.usher, program.USHER = program.USHER, str(wrapper)

    def fill(self, usher):
        largest = max(file.stat().st_size for file in self.folder.iterdir())
        resource.prlimit(usher.process.pid, resource.RLIMIT_FSIZE, (largest, self.hard))

    def make_room(self, usher):
        if usher.process.poll() is None:
            resource.prlimit(usher.process.pid, resource.RLIMIT_FSIZE, (self.hard, self.hard))

    def close(self):
        program.USHER = self.usher


def make_disk(folder):
    return (SmallDisk if os.environ[NAMESPACE] != "none" else LimitedFiles)(folder)


def can_mount(command):
    with tempfile.TemporaryDirectory() as folder:
        tried = subprocess.run([*command, "mount", "-t", "tmpfs", "tmpfs", folder],
                               capture_output=True, check=False)
    return tried.returncode == 0


def enter_namespace():
    """Where mounts are our own and go with us; goes on as a new process."""
    if NAMESPACE in os.environ:
        return
    found = next(filter(can_mount, (["unshare", "--mount"],
                                    ["unshare", "--map-root-user", "--mount"])), None)
    os.environ[NAMESPACE] = " ".join(found or ["none"])
    if found:
        print("full disk: a tmpfs by", os.environ[NAMESPACE], flush=True)
        os.execvp(found[0], [*found, sys.executable, *sys.argv])
    print("full disk: mounting is not allowed here, a limit on file sizes takes its place",
          flush=True)


# --- who changes records and remembers what he was told


class Owner:
    """Of one record. Each change carries its number as reasonCode, so that the record tells which
    of them it holds."""

    def __init__(self, usher, account):
        self.caller = usher.caller()
        self.id = self.caller.buy(account, reasonCode="0").json["_id"]
        until("a settled record", lambda: self.read().json["propagation"]["state"] == "confirmed")
        self.number, self.told = 0, 0
        self.open, self.never, self.codes = [], [], []

    def follow(self, usher):
        """To another process, and so to another issuer."""
        self.caller.close()
        self.caller.program, self.caller.given_token = usher, None

    def read(self):
        return self.caller.ask("GET", f"{ENTITLEMENTS}/{self.id}")

    def change(self):
        """One change; false when it was refused."""
        self.number += 1
        answer = self.caller.put(self.id, WORDS[self.number % 2], {"Prefer": "respond-async"},
                                 reasonCode=str(self.number))
        if answer.status == 200:
            self.told, self.open = self.number, []
            return True
        code = answer.json["errorCode"]
        self.codes.append(code)
        if answer.status != 503 or code not in (50302, 50303):
            raise rig.Wrong(f"a change was answered {answer.status} {answer.text}")
        if not re.fullmatch(r"[1-9]\d*", answer.headers.get("retry-after", "")):
            raise rig.Wrong(f"503 without Retry-After: {answer.headers}")
        said = "Nothing was recorded" if code == 50302 else "repeating is safe"
        if said not in answer.json["message"]:
            raise rig.Wrong(f"{code} says {answer.json['message']}")
        (self.never if code == 50302 else self.open).append(self.number)
        return False

    def check(self, record=None):
        """What was acknowledged is there, what was not recorded is not."""
        if record is None:
            answer = self.read()
            if answer.status != 200:
                raise rig.Wrong(f"{self.id} cannot be read: {answer.status} {answer.text}")
            record = answer.json
        held = int(record["reasonCode"])
        if held != self.told and held not in self.open:
            raise rig.Wrong(f"{self.id} holds change {held}; acknowledged is {self.told}, not "
                            f"confirmed {self.open}, not recorded {self.never}")
        if held and record["status"] != WORDS[held % 2]:
            raise rig.Wrong(f"{self.id} holds change {held} and is {record['status']}")
        self.told, self.open = held, []


class Owners:
    """Several at once, on threads of their own."""

    def __init__(self, usher, count):
        self.all = [Owner(usher, f"account-{index + 1}") for index in range(count)]

    def each(self, work):
        trouble = []

        def one(owner):
            try:
                work(owner)
            except Exception as caught:  # pylint: disable=broad-except
                trouble.append(caught)

        threads = [threading.Thread(target=one, args=(owner,)) for owner in self.all]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if trouble:
            raise trouble[0]

    def work(self, seconds):
        """How many changes were acknowledged, and how many refused."""
        until_ = time.monotonic() + seconds
        counts = {True: 0, False: 0}

        def changes(owner):
            while time.monotonic() < until_:
                counts[owner.change()] += 1

        self.each(changes)
        return counts[True], counts[False]

    def check(self):
        for owner in self.all:
            owner.check()

    def follow(self, usher):
        for owner in self.all:
            owner.follow(usher)

    def close(self):
        for owner in self.all:
            owner.caller.close()


class DiskCase(program.Case):
    def setUp(self):
        super().setUp()
        self.data = self.folder / "data"

    def dev(self, **extra):
        return self.started(program.start_dev(self.data, extra=extra))

    def ready(self, usher):
        caller = usher.caller()
        answer = caller.send("admin", "GET", "/health/ready")
        caller.close()
        return answer

    def one_sentence(self, said, path):
        # Lines of the log may come before it.
        lines = [line for line in said.strip().splitlines() if not line.startswith("{")]
        self.assertEqual(len(lines), 1, said)
        self.assertIn(str(path), lines[0])
        self.assertRegex(lines[0], REMEDY)

    def refusal(self, path, **extra):
        """It does not start: exit 2 and one sentence that names the file and a remedy."""
        done = self.tried(**extra)
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.one_sentence(done.stderr, path)
        return done.stderr

    def tried(self, prefix=(), **extra):
        """A start that is expected to fail."""
        command = [*prefix, program.USHER, "dev", "--port", "0", "--sandbox-port", "0",
                   "--admin-port", "0", "--data", str(self.data)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              env=program.environment(extra)) as started:
            said = started.stdout.readline()
            if said.startswith("ready "):
                started.kill()
            rest, trouble = started.communicate(timeout=program.PATIENCE_S)
        return subprocess.CompletedProcess(command, started.returncode, said + rest, trouble)
