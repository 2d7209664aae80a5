"""How long after its start Usher gives the first answer."""

import signal
import statistics
import subprocess
import time

import measure
import prepare
from servers import Trouble, Usher

MANY = 100_000
STARTS = 7


def fill(world):
    store = world.folder / "many.db"
    done = subprocess.run([str(world.tools / "raw_store"), "fill", "--store", f"sqlite:{store}",
                           "--count", str(MANY)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"the store was not filled: {done.stderr.strip()}")
    return store


class Start:
    def __init__(self, world, name, store, killed=False, expected=200, rows=None):
        self.world, self.name, self.store = world, name, store
        self.killed, self.expected = killed, expected
        self.rows = rows or (prepare.statuses(store) if store.exists() else [("none", "")])

    def prepare(self):
        """With `killed`, what the next start finds is a log that was not copied back."""
        world = self.world
        if not self.killed:
            return
        usher = Usher(world.folder, self.store, world.sandbox, world.sandbox.url + "/bango")
        try:
            requests = prepare.put_requests(world.folder / "start.requests", self.rows, 64,
                                            world.sandbox.token())
            measure.load(world, usher.port, requests, 64)
        finally:
            usher.process.send_signal(signal.SIGKILL)
            usher.program.release()

    def once(self):
        world = self.world
        self.prepare()
        token = world.sandbox.token()
        begun = time.monotonic()
        usher = Usher(world.folder, self.store, world.sandbox, world.sandbox.url + "/bango")
        try:
            caller = usher.program.caller()
            caller.given_token = token
            answer = caller.ask("GET", f"{prepare.ENTITLEMENTS}/{self.rows[0][0]}")
            took = time.monotonic() - begun
            caller.close()
        finally:
            usher.stop()
        if answer.status != self.expected:
            raise Trouble(f"{self.name} is void: the first answer was {answer.status}")
        return took * 1e3


def start(world):
    many = fill(world)
    cases = [Start(world, "empty store (404 with a token)", world.folder / "empty.db",
                   expected=404),
             Start(world, f"{MANY} entitlements", many),
             Start(world, f"{MANY} entitlements, killed", prepare.copy_store(many, "killed.db"),
                   killed=True)]
    times = {case.name: [] for case in cases}
    others = measure.Others()
    for _ in range(STARTS):
        for case in cases:
            times[case.name].append(case.once())
    quiet = others.share() <= measure.QUIET
    rows, goals = [], []
    print(f"\nFrom exec to the first authenticated answer, {STARTS} starts\n"
          f"{'':36s} {'median ms':>9s} {'worst ms':>9s}")
    for name, measured in times.items():
        middle, worst = statistics.median(measured), max(measured)
        print(f"{name:36s} {middle:9.0f} {worst:9.0f}")
        rows.append({"benchmark": "start", "name": name, "median_ms": middle, "worst_ms": worst})
        goals.append(measure.goal(f"first answer, {name}, ms", middle, 300, at_most=True,
                                  quiet=quiet))
    print(flush=True)
    return rows, goals
