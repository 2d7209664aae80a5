"""A file of changes beside the same changes one by one, and what other clients feel of it."""

import json
import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import measure
import prepare
import put
from clients import Clients, p99_ratio, p99_row, tell_pair
from drain import read_status
from servers import Silent, Trouble, Usher, program, run_program

PAUSED = "preview, partner paused"
PREVIEW = "preview"
SUSPEND = "run with the preview's token"
RESUME = "preview and run in one"
SINGLE = "single PUTs at 16 connections"
ASYNC = "the same, not waiting for the partner"
CONNECTIONS = 16
SINGLES = CONNECTIONS * prepare.MOST_EACH
CLIENTS = {"GET": 8, "PUT": 8}
SHARE_OF_PEAK = 0.05
PAIRS = 5


class File:
    """Of changes of the same entitlements. Usher knows a file by its content, so that each has an
    order of its own."""

    def __init__(self, world, usher, rows):
        self.world, self.usher = world, usher
        self.rows = rows
        self.path = world.folder / "changes.csv"

    def write(self, status):
        rows = random.sample(self.rows, len(self.rows))
        self.path.write_text("entitlementId,status\n"
                             + "".join(f"{one},{status}\n" for one, _ in rows))

    def ask(self, code, *more):
        """What `usher bulk` told, and its seconds."""
        extra = {"USHER_ADMIN_URL": self.usher.program.addresses["admin"],
                 "USHER_TOKEN": self.world.sandbox.token("admin")}
        begun = time.monotonic()
        done = run_program("bulk", self.path, "--format", "json", *more, extra=extra)
        took = time.monotonic() - begun
        if done.returncode != code:
            raise Trouble(f"usher bulk ended with {done.returncode}: {done.stdout[-500:]}"
                          f"{done.stderr[-500:]}")
        return json.loads(done.stdout), took

    def look(self):
        """Its token, as all of them would be suspended, and its seconds."""
        told, took = self.ask(1)
        self.check(told["look"])
        return told["token"], took

    def carry_out(self, *more):
        told, took = self.ask(0, "--apply", "--reason", "a benchmark", "--rate", "100000", *more)
        self.check(told["run"])
        return took

    def check(self, tally):
        if tally["changed"] != len(self.rows):
            raise Trouble(f"usher bulk is void: {tally} of {len(self.rows)} rows")

    def preview(self):
        self.write("SUSPENDED")
        return self.look()[1]

    def suspend(self):
        self.write("SUSPENDED")
        return self.carry_out("--token", self.look()[0])

    def resume(self):
        self.write("ACTIVE")
        return self.carry_out()


class Contestant:
    """`run` gets the server, and the rows for single changes and for the file."""

    def __init__(self, world, store, partner, run, settles=True):
        self.world, self.store, self.partner, self.run = world, store, partner, run
        self.settles = settles

    def __call__(self, connections):
        world = self.world
        rows = prepare.statuses(self.store)
        apart, ones, many = (rows[:prepare.RUN_IN_ROWS],
                             rows[prepare.RUN_IN_ROWS:][:SINGLES], rows[-world.bulk:])
        usher = Usher(world.folder, self.store, world.sandbox, self.partner)
        try:
            first = prepare.put_requests(world.folder / "run-in.requests", apart,
                                         prepare.RUN_IN_CONNECTIONS, world.sandbox.token(),
                                         waits=self.settles)
            run_in = measure.load(world, usher.port, first, prepare.RUN_IN_CONNECTIONS,
                                  seconds=world.warmup, warmup=0)
            measure.check_answers("running in", run_in)
            result = self.run(world, usher, ones, many)
            if self.settles:
                program.until("all is confirmed",
                              lambda: read_status(world, usher)["unsettled"] == 0)
            return result
        finally:
            usher.stop()


def in_file(step):
    def run(world, usher, _, many):
        return {"per_second": len(many) / step(File(world, usher, many))}
    return run


def one_by_one(waits):
    def run(world, usher, ones, _):
        requests = prepare.put_requests(world.folder / "put.requests", ones, CONNECTIONS,
                                        world.sandbox.token(), waits)
        result = measure.load(world, usher.port, requests, CONNECTIONS, "--contains", put.COUNTED)
        measure.check_answers(SINGLE, result)
        if result["counted"] != result["answers"]["200"]:
            raise Trouble(f"{SINGLE} is void: {result}")
        return result
    return run


def compare(world, store, here):
    silent = Silent()
    away = f"http://127.0.0.1:{silent.port}/bango"
    apart = prepare.copy_store(store, "bulk-paused.db")
    try:
        measured = measure.alternate(world, CONNECTIONS, {
            PAUSED: Contestant(world, apart, away, in_file(File.preview), False),
            PREVIEW: Contestant(world, store, here, in_file(File.preview)),
            SUSPEND: Contestant(world, store, here, in_file(File.suspend)),
            RESUME: Contestant(world, store, here, in_file(File.resume)),
            SINGLE: Contestant(world, store, here, one_by_one(True)),
            ASYNC: Contestant(world, store, here, one_by_one(False))})
    finally:
        silent.close()
    rows = []
    print(f"\n`usher bulk`, {world.bulk} rows\n{'':40s} {'rows per s':>11s} {'over single':>12s}")
    for name, results in measured.items():
        ratio, quiet = measure.paired_ratio(results, measured[SINGLE])
        row = {"benchmark": "bulk", "name": name, "quiet": quiet, "over_single": ratio,
               "per_second": measure.median(results, "per_second"),
               "rounds": [result["per_second"] for result in results]}
        rows.append(row)
        print(f"{name:40s} {row['per_second']:11.0f} {ratio:12.2f}{' ' if quiet else '?'}")
    return rows


def work_on(file, stop, begun):
    """Ends with everything as it was."""
    while not stop.is_set():
        file.write("SUSPENDED")
        token, _ = file.look()
        begun.set()
        file.carry_out("--token", token)
        file.resume()


def beside(file, clients, statuses):
    """What the clients measured while the file was carried out, over and over."""
    stop, begun = threading.Event(), threading.Event()
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(work_on, file, stop, begun)
        try:
            while not begun.wait(0.1) and not work.done():
                pass
            found = clients.run(statuses)
        finally:
            stop.set()
        work.result()
    return found


def feel(world, store, here):
    rows = prepare.statuses(store)
    usher = Usher(world.folder, store, world.sandbox, here)
    try:
        clients = Clients(world, usher, rows[:SINGLES], CLIENTS)
        file = File(world, usher, rows[-world.bulk:])
        clients.find_rates(SHARE_OF_PEAK)
        pairs = []
        for number in range(max(PAIRS, world.rounds)):
            measure.await_quiet(world)
            alone = clients.run(clients.statuses())
            pairs.append((alone, beside(file, clients, clients.statuses())))
            tell_pair(number, *pairs[-1])
    finally:
        usher.stop()
    for name, rate in clients.rates.items():
        print(f"  p99 of {name} at {rate:.0f}/s while a file is carried out, over without: "
              f"{p99_ratio(pairs, name)[0]:.2f}")
    print(flush=True)
    return [p99_row("bulk", name, pairs, rate) for name, rate in clients.rates.items()]


def bulk(world):
    store = world.folder / "bulk.db"
    here = world.sandbox.url + "/bango"
    world.buy(store, prepare.RUN_IN_ROWS + SINGLES + world.bulk)
    return compare(world, store, here) + feel(world, store, here), []
