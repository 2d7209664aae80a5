#!/usr/bin/env python3
"""Usher and its rivals in the same run on the same cores, as ratios."""

import argparse
import datetime
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
from http.client import HTTPException

import bulk_file
import checkpoints
import drain
import get
import hostile
import listing
import measure
import mixed
import noisy
import prepare
import put
import start
from servers import Trouble, program

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCHMARKS = {
    "put": (put.put, "durable, authenticated status changes: raw store, everyday stack"),
    "get": (get.get, "the record with a token: nginx `return 200`, everyday stack"),
    "token": (get.token, "repeated and many tokens: HAProxy `jwt_verify`"),
    "store": (put.store, "the store alone: PostgreSQL under pgbench"),
    "start": (start.start, "from exec to the first authenticated answer"),
    "checkpoints": (checkpoints.checkpoints, "long writing with readers: the log and the latency"),
    "drain": (drain.drain, "100,000 open changes after an outage: the partner's capacity"),
    "hostile": (hostile.hostile, "p99 while 900 slow, deaf or idle connections are there"),
    "list": (listing.listing, "lists at 10^6 entitlements: reading one"),
    "bulk": (bulk_file.bulk, "a file of changes: single PUTs, and what other clients feel"),
    "mixed": (mixed.mixed, "80 % GET, 15 % PUT, 5 % lists at 10^5 and 10^7 entitlements"),
    "noisy": (noisy.noisy, "p99 of a quiet tenant beside one that asks 50 times as much"),
}
USUAL = ("put", "get", "token", "store", "start")


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    parser.add_argument("names", nargs="*", help="what to run; without: " + " ".join(USUAL))
    parser.add_argument("--list", action="store_true", help="what there is")
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="figures for programs")
    parser.add_argument("--save", action="store_true", help="a line in bench/history.jsonl")
    parser.add_argument("--seconds", type=float, default=5, help="of one run (%(default)s)")
    parser.add_argument("--warmup", type=float, default=3, help="running in (%(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="in turn (%(default)s)")
    parser.add_argument("--patience", type=float, default=0, metavar="S",
                        help="longest wait before each run for others to be done (%(default)s)")
    parser.add_argument("--connections", default="1,64,512", help="(%(default)s)")
    parser.add_argument("--minutes", type=float, default=10, help="of checkpoints (%(default)s)")
    parser.add_argument("--drain", type=int, default=100_000, metavar="N",
                        help="open changes of drain (%(default)s)")
    parser.add_argument("--entitlements", type=int, default=1_000_000, metavar="N",
                        help="of list (%(default)s)")
    parser.add_argument("--bulk", type=int, default=10_000, metavar="N",
                        help="rows of bulk (%(default)s)")
    parser.add_argument("--mixed", default="100000,10000000", metavar="FEW,MANY",
                        help="entitlements of mixed (%(default)s)")
    parser.add_argument("--folder", default="/var/tmp", help="on a real disk (%(default)s)")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release",
                        help=argparse.SUPPRESS)
    parser.add_argument("--usher", type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--modules", type=pathlib.Path, default=ROOT / "build" / "everyday",
                        help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"no benchmark named {unknown[0]}: see --list")
    return arguments


def commit():
    done = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, check=False)
    return done.stdout.strip() or "unknown"


def run_all(arguments, folder, report):
    connections = [int(word) for word in arguments.connections.split(",")]
    world = prepare.World(folder, arguments.build / "bench", arguments.modules, arguments.seconds,
                          arguments.warmup, arguments.rounds, connections)
    world.drain, world.bulk = arguments.drain, arguments.bulk
    world.entitlements = arguments.entitlements
    world.mixed = [int(word) for word in arguments.mixed.split(",")]
    world.minutes, world.patience = arguments.minutes, arguments.patience
    try:
        world.prepare(prepare.RUN_IN_ROWS + max(1024, 2 * max(connections)))
        for name in arguments.names:
            try:
                rows, goals = BENCHMARKS[name][0](world)
            except (Trouble, program.NotStarted, OSError, HTTPException, AssertionError) as trouble:
                print(f"{name}: VOID: {trouble}", flush=True)
                report["void"].append({"benchmark": name, "why": repr(trouble)})
                continue
            measure.show_goals(goals)
            report["rows"] += rows
            report["goals"] += goals
    finally:
        if world.others:
            report["others_busy"] = sum(world.others) / len(world.others)
            print(f"others used {report['others_busy']:.0%} of the cores meanwhile")
        world.close()
        if hasattr(world, "postgres"):
            world.postgres.stop()


def save(report):
    """One line: what is needed to see a loss."""
    line = {key: report[key] for key in ("date", "commit", "machine", "others_busy", "void")}
    line["ratios"] = {f"{row['benchmark']} {row['name']} {row['connections']}":
                      round(row["usher_over_it"], 3) for row in report["rows"]
                      if "usher_over_it" in row}
    line["goals"] = {one["goal"]: round(one["value"], 3) for one in report["goals"]}
    with open(ROOT / "bench" / "history.jsonl", "a", encoding="utf-8") as history:
        history.write(json.dumps(line) + "\n")


def main():
    arguments = read_arguments()
    if arguments.list:
        for name, (_, what) in BENCHMARKS.items():
            print(f"{name:12s} {what}")
        return 0
    arguments.names = arguments.names or list(USUAL)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all is stopped
    program.USHER = str((arguments.usher or arguments.build / "usher").resolve())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="usher-bench-", dir=arguments.folder))
    folder.chmod(0o711)  # PostgreSQL runs as another user
    try:
        report = {"date": datetime.datetime.now(datetime.timezone.utc).isoformat("T", "seconds"),
                  "commit": commit(), "machine": measure.machine(folder), "rows": [], "goals": [],
                  "void": [], "others_busy": None}
        print(json.dumps(report["machine"]), flush=True)
        run_all(arguments, folder, report)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(report, indent=1) + "\n")
    if arguments.save:
        save(report)
    return 1 if report["void"] or not all(one["reached"] for one in report["goals"]) else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Trouble as trouble:
        sys.exit(f"scripts/bench: {trouble}")
