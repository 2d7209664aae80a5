"""Two tenants: what one feels of another that asks fifty times as much, where each may send twice
its share, and where nobody is held back."""

import threading
import time

import measure
import prepare
from clients import Clients, p99_ratio, p99_row, tell_pair
from servers import Silent, Trouble, Usher

QUIET, NOISY = "demo", "second"
NOISY_USER = "portal2"
CONNECTIONS = {"GET": 8, "PUT": 8}
NOISY_CONNECTIONS = 64
SHARE_OF_PEAK = 0.01  # of a hundred tenants, each with as much
TIMES = 50
HEADROOM = 2  # times its share that a tenant may send
PAIRS = 8
LEAD_S = 1.0  # of the noisy one, before the other begins and after it has ended


class Noise:
    """PUTs of the other tenant, while this is entered."""

    def __init__(self, world, usher, rows):
        self.world, self.usher, self.rows, self.rate = world, usher, rows, 0
        self.result, self.thread, self.reached = None, None, []

    def load(self, seconds):
        world, token = self.world, self.world.sandbox.token(NOISY_USER)
        statuses = prepare.read_statuses(self.usher, token, self.rows)
        requests = prepare.put_requests(world.folder / "noisy.requests", statuses,
                                        NOISY_CONNECTIONS, token)
        return lambda: measure.load(world, self.usher.port, requests, NOISY_CONNECTIONS, "--rate",
                                    self.rate, seconds=seconds)

    def find_rate(self, rate):
        """So much, or as fast as it goes where that is less."""
        peak = self.load(self.world.seconds)()
        measure.check_answers("the noisy tenant", peak)
        self.rate = rate if rate < peak["per_second"] else 0
        return peak["per_second"]

    def __enter__(self):
        load = self.load(self.world.seconds + 2 * LEAD_S)

        def run():
            self.result = load()

        self.result, self.thread = None, threading.Thread(target=run)
        self.thread.start()
        time.sleep(LEAD_S)
        return self

    def __exit__(self, kind, *_):
        self.thread.join()
        if kind is None and self.result is None:
            raise Trouble("the noisy tenant could not be measured")
        if self.result:
            held_back = self.result["answers"].pop("429", 0)
            measure.check_answers("the noisy tenant", self.result)
            done = self.result["answers"]["200"]
            self.reached.append(self.result["per_second"] * done / (done + held_back))


def buy(world, store):
    """The second tenant's entitlements; both tenants' rows."""
    usher = Usher(world.folder, store, world.sandbox, world.sandbox.url + "/bango",
                  (QUIET, NOISY))
    try:
        made = prepare.make_entitlements(usher, world.sandbox.token(NOISY_USER),
                                         NOISY_CONNECTIONS * 16)
    finally:
        usher.stop()
    return prepare.statuses(store), [(one, "") for one in made]


def find_rates(quiet, noise):
    """What each will send."""
    peak = quiet.find_rates(SHARE_OF_PEAK)
    wanted = TIMES * sum(quiet.rates.values())
    most = noise.find_rate(wanted)
    print("  quiet: " + ", ".join(f"{name} {quiet.rates[name]:.0f} of {peak[name]:.0f}/s"
                                  for name in peak) + f"; noisy: PUT {wanted:.0f}/s"
          + ("" if noise.rate else f", of which the server takes {most:.0f}/s: as fast as it takes "
                                   "them"), flush=True)


def run_pairs(world, quiet, noise):
    control, pairs, noise.reached = [], [], []
    for number in range(PAIRS):
        measure.await_quiet(world)
        alone = quiet.run(quiet.statuses())
        statuses = quiet.statuses()
        with noise:
            beside = quiet.run(statuses)
        pairs.append((alone, beside))
        tell_pair(number, alone, beside)
        measure.await_quiet(world)
        control.append((quiet.run(quiet.statuses()), quiet.run(quiet.statuses())))
    return pairs, control


def summarize(title, rates, reached, pairs, control):
    rows = []
    print(f"\n{title}: the quiet tenant's p99, {PAIRS} pairs; of the noisy one's changes "
          f"{min(reached):.0f} to {max(reached):.0f}/s were carried out\n"
          f"{'':8s} {'per s':>8s} {'alone ms':>9s} {'beside ms':>9s} {'ratio':>7s} "
          f"{'alone/alone':>12s}")
    for name, rate in rates.items():
        same, _ = p99_ratio(control, name)
        row = p99_row("noisy", name, pairs, rate, control=same, noisy_per_second=reached)
        row["name"] = f"{name}, {title}"
        alone, beside = (measure.median([pair[at][name] for pair in pairs], "p99_us") / 1e3
                         for at in (0, 1))
        print(f"{name:8s} {rate:8.0f} {alone:9.2f} {beside:9.2f} {row['p99_ratio']:7.2f} "
              f"{same:12.2f}")
        rows.append(row)
    print(flush=True)
    return rows


def noisy(world):
    silent = Silent()
    store = prepare.copy_store(world.store, "noisy.db")
    quiet_rows, noisy_rows = buy(world, store)

    def started(limit):
        return Usher(world.folder, store, world.sandbox, f"http://127.0.0.1:{silent.port}/bango",
                     (QUIET, NOISY), limit)

    usher = started(0)
    try:
        quiet = Clients(world, usher, quiet_rows, CONNECTIONS)
        noise = Noise(world, usher, noisy_rows)
        find_rates(quiet, noise)
        free = run_pairs(world, quiet, noise)
        rows = summarize("nobody held back", quiet.rates, noise.reached, *free)
        usher.stop()
        usher = quiet.usher = noise.usher = started(round(HEADROOM * sum(quiet.rates.values())))
        limited = run_pairs(world, quiet, noise)
        kept = summarize(f"each at most {HEADROOM} times its share", quiet.rates, noise.reached,
                         *limited)
    finally:
        usher.stop()
        silent.close()
    goals = [measure.goal(f"p99 of {row['name']}, beside a noisy tenant over alone",
                          row["p99_ratio"], 1.5, at_most=True, quiet=row["quiet"]) for row in kept]
    return rows + kept, goals
