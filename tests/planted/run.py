#!/usr/bin/env python3
"""Shows that the simulation can fail: each fault that can be planted in the product is found, by
the promise that docs/promises.md names beside it.

Usage: tests/planted/run.py [--usher FILE] [name...]
Compares the table with the program's list first. Several faults are tried at once."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "promises.md"
ROW = re.compile(r"^\| `([a-z-]+)` \| ([^|]+) \| `([a-z-]+)` \|$")
MOST_SEEDS = 20000
# They show only where several nodes share a database, which is a quarter of the worlds.
OF_SEVERAL = {"answer-replaced-late", "decides-on-stale-rows", "hears-of-own-node-alone",
              "holds-not-looked-at", "lease-by-own-clock", "position-outside-transaction",
              "unheard-commit-is-failure"}
SECONDS = 300  # for one fault; what is found at all is found in a fraction of it
WORLDS = ["--entitlements", "60"]
# What needs a fault that is rare beside all the others: worlds where that one goes wrong alone.
# And what makes large worlds go on without end.
NARROWED = {"answer-replaced-late": [*WORLDS, "--fault", "stands-still"],
            "without-refusal-serves-the-request": [*WORLDS, "--fault", "conflict"],
            "events-reversed": ["--entitlements", "20"]}


def table():
    """By name: what it breaks, and the promise that finds it."""
    rows = {}
    for line in PAGE.read_text().splitlines():
        if match := ROW.match(line):
            rows[match[1]] = (match[2], match[3])
    return rows


def listed(usher):
    run = subprocess.run([usher, "simulate", "--planted", "list"], capture_output=True, text=True,
                         check=True)
    return dict(line.split(": ", 1) for line in run.stdout.splitlines())


def differences(rows, faults):
    for name in sorted(rows.keys() | faults.keys()):
        if name not in rows:
            yield f"{name} is not in {PAGE.name}"
        elif name not in faults:
            yield f"{name} is in {PAGE.name} alone"
        elif rows[name][0] != faults[name]:
            yield f"{name}: {PAGE.name} says '{rows[name][0]}', the program '{faults[name]}'"


def find(usher, name, promise):
    """The seed of the first world in which it is found, or None; and the seconds."""
    began = time.monotonic()
    run = subprocess.run(
        [usher, "simulate", "--planted", name, "--until", promise,
         "--nodes", "3" if name in OF_SEVERAL else "0", "--seeds", str(MOST_SEEDS),
         "--processes", "1", "--format", "json",
         *NARROWED.get(name, WORLDS)],
        capture_output=True, text=True, timeout=SECONDS)
    took = time.monotonic() - began
    for world in json.loads(run.stdout)["failed"]:
        if any(broken["invariant"] == promise for broken in world["violations"]):
            return world["seed"], took
    return None, took


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/planted/usher", help="of the preset planted")
    parser.add_argument("--count", type=pathlib.Path, help="write the number of faults here")
    parser.add_argument("names", nargs="*", help="only these")
    arguments = parser.parse_args()
    rows = table()
    problems = list(differences(rows, listed(arguments.usher)))
    for problem in problems:
        print(problem)
    names = arguments.names or list(rows)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        tries = {name: pool.submit(find, arguments.usher, name, rows[name][1]) for name in names}
        for name, tried in tries.items():
            try:
                seed, took = tried.result()
            except subprocess.TimeoutExpired:
                seed, took = None, SECONDS
            if seed is None:
                problems.append(name)
            found = "NOT found" if seed is None else f"found in world {seed}"
            print(f"{name}: {found} by {rows[name][1]}, {took:.1f} s", flush=True)
    if arguments.count:
        arguments.count.write_text(f"{len(names)}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
