"""80 % GET, 15 % PUT, 5 % lists: what a hundred times as many entitlements change."""

import random
import statistics

import fill
import measure
import prepare
import put
from servers import Silent, Trouble, Usher
from start import Start

CONNECTIONS = 64
BLOCK = {"get": 16, "put": 3, "list": 1}
ASKED = sum(BLOCK.values())
BLOCKS = 50  # of a connection, after which it begins anew
# Each is changed there and back while the blocks are gone through once.
CHANGED = BLOCKS * BLOCK["put"] // 2
READ = 16384  # different ones
SHARE_OF_PEAK = 0.5
ROUNDS, STARTS = 5, 5
READY_MS = 2000


def order():
    """Of the kinds, the same in every run."""
    chosen = random.Random(1)
    for _ in range(BLOCKS):
        kinds = [kind for kind, count in BLOCK.items() for _ in range(count)]
        chosen.shuffle(kinds)
        yield from kinds


class Mixed:
    """The mix at `rate`, 0 as fast as it goes, on a store that the server is started with anew."""

    def __init__(self, world, name, store, partner):
        self.world, self.name, self.store, self.partner = world, name, store, partner
        self.rate = 0
        rows = fill.sample(store, READ)
        if len(rows) < CONNECTIONS * CHANGED:
            raise Trouble(f"{name} are too few")
        self.read = [(row[0], row[2]) for row in rows]
        self.changed = [row[0] for row in rows[:CONNECTIONS * CHANGED]]

    def requests(self):
        token, number = self.world.sandbox.token(), 0
        with prepare.opened(self.store) as connection:
            rows = [(one, connection.execute(
                "SELECT status FROM entitlement WHERE tenant_id = 'demo' AND entitlement_id = ?",
                [one]).fetchone()[0]) for one in self.changed]
        slots = []
        for share in prepare.shares(rows, CONNECTIONS, CHANGED):
            puts, slot = iter(prepare.there_and_back(share, token)), []
            for kind in order():
                entitlement, account = self.read[number % len(self.read)]
                number += 1
                slot.append(next(puts) if kind == "put" else
                            prepare.get_bytes(entitlement, token) if kind == "get" else
                            prepare.list_bytes({"accountId": account}, token))
            slots.append(slot)
        return prepare.write_requests(self.world.folder / "mixed.requests", slots)

    def __call__(self, connections):
        world, before = self.world, prepare.feed_end(self.store)
        requests = self.requests()
        usher = Usher(world.folder, self.store, world.sandbox, self.partner)
        try:
            result = measure.load(world, usher.port, requests, connections, "--rate", self.rate,
                                  "--contains", put.COUNTED, warmup=world.warmup)
        finally:
            usher.stop()
        self.check(result, prepare.count_requested(self.store, before))
        return result

    def check(self, result, events):
        """At any time a connection is inside one block."""
        measure.check_answers(self.name, result)
        whole = result["answers"]["200"] // ASKED - CONNECTIONS
        if result["counted"] != events or result["counted"] < whole * BLOCK["put"]:
            raise Trouble(f"{self.name} is void: {result['answers']} answers, "
                          f"{result['counted']} changes, {events} events")


def run_rounds(world, small, large):
    peak = large(CONNECTIONS)["per_second"]
    small.rate = large.rate = peak * SHARE_OF_PEAK
    print(f"  peak of {large.name} {peak:.0f}/s; both at {large.rate:.0f}/s", flush=True)
    rounds, world.rounds = world.rounds, max(ROUNDS, world.rounds)
    try:
        return measure.alternate(world, CONNECTIONS, {one.name: one for one in (small, large)})
    finally:
        world.rounds = rounds


def start_again(world, large):
    case = Start(world, large.name, large.store, rows=[(large.read[0][0], "")])
    others = measure.Others()
    times = [case.once() for _ in range(STARTS)]
    print(f"  {large.name}: first answer after a restart in "
          f"{statistics.median(times):.0f} ms, at worst {max(times):.0f} ms", flush=True)
    row = {"benchmark": "mixed", "name": f"restart, {large.name}", "ms": times}
    return row, measure.goal(f"first answer, {large.name}, ms", statistics.median(times), READY_MS,
                             at_most=True, quiet=others.share() <= measure.QUIET)


def mixed(world):
    silent, stores = Silent(), []
    try:
        contestants = []
        for count in world.mixed:
            stores.append(fill.fill(world, f"mixed-{count}.db", count))
            contestants.append(Mixed(world, f"{count} entitlements", stores[-1],
                                     f"http://127.0.0.1:{silent.port}/bango"))
        small, large = contestants
        measured = run_rounds(world, small, large)
        restart, ready = start_again(world, large)
    finally:
        silent.close()
        for store in stores:
            fill.discard(store)
    rows = measure.summarize("mixed", CONNECTIONS, measured, large.name)
    measure.show_rows("80 % GET, 15 % PUT, 5 % an account's list, at the same rate", rows)
    goals = []
    for key, most in (("p50", 1.3), ("p99", 2.5)):
        apart, quiet = measure.paired_ratio(measured[large.name], measured[small.name],
                                            f"{key}_us")
        rows.append({"benchmark": "mixed", "name": f"{key} apart", "ratio": apart})
        goals.append(measure.goal(f"{key}, {large.name} over {small.name}", apart, most,
                                  at_most=True, quiet=quiet))
    return rows + [restart], goals + [ready]
