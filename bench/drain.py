"""After an outage with many open changes: does it drain at the partner's pace, without a storm, and
was the time that was told true?"""

import json
import pathlib
import subprocess
import sys
import time
import urllib.request

import measure
from servers import Served, Trouble, Usher, free_port

OUTAGE_S, TOLD_AFTER_S = 12, 15
# A partner that counts calls a second, and one that does so many at once.
PER_SECOND, AT_ONCE, LATENCY_MS = 500, 10, 20
PARTNERS = {
    "so many a second": ["--per-second", str(PER_SECOND), "--latency-ms", str(LATENCY_MS)],
    "so many at once": ["--at-once", str(AT_ONCE), "--latency-ms", str(LATENCY_MS)],
}
PATIENCE = 4  # times what the capacity allows


def fill(world, name):
    store = world.folder / f"drain-{name.replace(' ', '-')}.db"
    done = subprocess.run([str(world.tools / "raw_store"), "fill", "--store", f"sqlite:{store}",
                           "--count", str(world.drain), "--open", "1"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"the store was not filled: {done.stderr.strip()}")
    return store


class Limited:
    def __init__(self, world, name, options):
        self.port = free_port()
        script = pathlib.Path(__file__).parent / "limited.py"
        self.served = Served(name, self.port, [sys.executable, str(script), "--port",
                                               str(self.port), *options],
                             world.folder / "limited.log")
        self.url = f"http://127.0.0.1:{self.port}"

    def ask(self, path):
        with urllib.request.urlopen(self.url + path, timeout=30) as answer:
            return json.loads(answer.read())


def read_status(world, usher):
    token = world.sandbox.token("admin")  # a run may outlive one
    request = urllib.request.Request(
        f"http://127.0.0.1:{usher.admin_port}/admin/v1/status",
        headers={"Authorization": f"Bearer {token}", "nv-tenant-id": "demo"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        routes = json.loads(answer.read())["routes"]
    return routes[0] if routes else {"unsettled": 0}


def capacity_of(name, figures):
    """Calls a second; of the one that counts those at once, from how long each was in it."""
    if name == "so many a second":
        return PER_SECOND
    return AT_ONCE * (figures["done"] + figures["reads"]) / figures["inside_s"]


def run_one(world, name, options):
    partner = Limited(world, name, options)
    usher = Usher(world.folder, fill(world, name), world.sandbox, partner.url)
    try:
        time.sleep(OUTAGE_S)
        during = read_status(world, usher)
        if during["state"] != "open" or during["unsettled"] != world.drain:
            raise Trouble(f"{name} is void: no outage but {during}")
        before = partner.ask("/figures")
        partner.ask("/up")
        begun = time.monotonic()
        told = None
        while True:
            time.sleep(1)
            now = time.monotonic()
            route = read_status(world, usher)
            if told is None and now - begun >= TOLD_AFTER_S:
                if "etaSeconds" not in route:
                    raise Trouble(f"{name}: no time was told: {route}")
                told = (now, route["etaSeconds"])
            if route["unsettled"] == 0:
                break
            if now - begun > PATIENCE * world.drain / PER_SECOND + 60:
                raise Trouble(f"{name} did not drain: {route}")
        ended = time.monotonic()
        after = partner.ask("/figures")
    finally:
        usher.stop()
        partner.served.stop()
    if told is None:
        raise Trouble(f"{name}: it was over before a time was told; --drain more")
    done, away = after["done"], after["turned_away"]
    if done != world.drain:
        raise Trouble(f"{name} is void: {done} calls took effect for {world.drain} changes")
    answered, capacity = done + after["reads"], capacity_of(name, after)
    return {"benchmark": "drain", "name": name, "per_second": done / (ended - begun),
            "of_capacity": answered / (ended - begun) / capacity,
            "turned_away": away / (answered + away),
            "told": told[1] / max(ended - told[0], 1e-9),
            "calls_in_outage": before["unavailable"]}


def drain(world):
    rows, goals = [], []
    print(f"\n{world.drain} open changes after an outage of {OUTAGE_S} s\n"
          f"{'the partner takes':22s} {'per s':>8s} {'of capacity':>12s} {'429':>7s} "
          f"{'told/took':>10s} {'calls in the outage':>20s}")
    for name, options in PARTNERS.items():
        others = measure.Others()
        row = run_one(world, name, options)
        quiet = others.share() <= measure.QUIET
        rows.append(row)
        print(f"{name:22s} {row['per_second']:8.0f} {row['of_capacity']:12.2f} "
              f"{row['turned_away']:7.1%} {row['told']:10.2f} {row['calls_in_outage']:20d}",
              flush=True)
        goals += [measure.goal(f"drained over capacity, {name}", row["of_capacity"], 0.7, 0.85,
                               quiet=quiet),
                  measure.goal(f"share of 429, {name}", row["turned_away"], 0.06, 0.03,
                               at_most=True, quiet=quiet),
                  measure.goal(f"time told over time taken, {name}", row["told"], 0.6, 1,
                               quiet=quiet),
                  measure.goal(f"time told over time taken, {name}", row["told"], 1.6, 1,
                               at_most=True, quiet=quiet)]
    print(flush=True)
    return rows, goals
