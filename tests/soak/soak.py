#!/usr/bin/env python3
"""Repeats worlds, kills and fuzzers for hours; scripts/soak builds and calls it."""

import argparse
import concurrent.futures
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build" / "soak"
PAGE = ROOT / "docs" / "soak.md"
FIRST_SEED = 1_000_001  # those before are for scripts/test and for people
MOST_TRACES = 5         # of one batch of worlds
CORES = os.cpu_count() or 1
HEAD = """# Long runs

`scripts/soak --hours H` repeats what `scripts/test` has no time for: simulated worlds with ever new
seeds, `kill -9` of the real program under load, and the fuzzers, each with everything that it has
learnt before. A line is one run over one commit; what was found is listed with its remedy below.

| date | commit | hours | seeds | kills | fuzz minutes | findings |
|---|---|---|---|---|---|---|
"""


def run(command, patience_s):
    """What it printed and its exit code; a program that hangs is one that failed."""
    try:
        done = subprocess.run([str(word) for word in command], cwd=ROOT, text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace",
                              timeout=patience_s)
        return done.stdout, done.returncode
    except subprocess.TimeoutExpired as hung:
        said = hung.stdout or b""
        return (said if isinstance(said, str) else said.decode("utf-8", "replace")) + \
            f"\nstill ran after {patience_s:.0f} s\n", -1


class Finding:
    """A folder with what is needed to see it again."""

    lock = threading.Lock()

    def __init__(self, part, output, command):
        parent = FOLDER / "findings"
        with self.lock:
            number = 1 + len(list(parent.glob("*"))) if parent.exists() else 1
            self.folder = parent / f"{number:03}-{part}"
            self.folder.mkdir(parents=True)
        self.keep("output.txt", output)
        self.keep("command.txt", " ".join(str(word) for word in command) + "\n")

    def keep(self, name, text):
        (self.folder / name).write_text(text)


def at_once(work, items):
    """The results of `work` for each, as many at once as there are cores."""
    with concurrent.futures.ThreadPoolExecutor(CORES) as pool:
        return list(pool.map(work, items))


class Worlds:
    """Batches of worlds; each takes up where the last one ended. Nine of ten are of small worlds,
    of which many more fit into the time."""

    name, share = "worlds", 0.55
    small = ("--entitlements", "20")

    def __init__(self, state, usher):
        self.state, self.usher, self.batch, self.batches = state, usher, 100, 0

    def step(self, seconds):
        begun = time.monotonic()
        first = self.state["next_seed"]
        size = () if self.batches % 10 == 0 else self.small
        self.batches += 1
        command = [self.usher, "simulate", "--seeds", self.batch, "--from", first, *size,
                   "--format", "json"]
        output, code = run(command, 3600)
        self.state["next_seed"] = first + self.batch
        self.state["seeds"] += self.batch
        if size:
            # Below 1,000, so that a batch need not meet every fault.
            rate = self.batch / (time.monotonic() - begun)
            self.batch = max(1, min(900, int(rate * min(seconds, 30))))
        return self.findings(command, output, code, size)

    def findings(self, command, output, code, size):
        if code == 0:
            return []
        finding = Finding(self.name, output, command)
        for failed in self.failed(output)[:MOST_TRACES]:
            again = [self.usher, "simulate", "--seed", failed["seed"], *size, "--verbose"]
            finding.keep(f"seed-{failed['seed']}.txt", run(again, 600)[0])
        return [finding]

    @staticmethod
    def failed(output):
        for line in output.splitlines():
            if line.startswith("{") and '"failed"' in line:
                return json.loads(line)["failed"]
        return []


class Kills:
    """The real program, killed over and over."""

    name, share, rounds = "kills", 0.15, 25

    def __init__(self, state, usher, script=ROOT / "tests" / "process" / "kill.py"):
        self.state, self.usher, self.script = state, usher, script

    def step(self, _):
        found = at_once(self.one, range(CORES))
        self.state["kills"] += self.rounds * CORES
        return [finding for one in found for finding in one]

    def one(self, number):
        seed = random.SystemRandom().getrandbits(32)
        files = FOLDER / f"killed-{number}"
        command = [sys.executable, self.script, "--usher", self.usher, "--rounds", self.rounds,
                   "--seed", seed, "--keep", files]
        output, code = run(command, 1800)
        if code == 0:
            return []
        finding = Finding(self.name, output, command)
        if files.exists():
            files.rename(finding.folder / "files")
        return [finding]


class Fuzzers:
    """Each for a while, beginning with what it has learnt."""

    name, share = "fuzz", 0.3

    def __init__(self, state, programs):
        self.state, self.programs = state, programs

    def step(self, seconds):
        each = max(1, int(seconds * CORES / len(self.programs)))
        done = at_once(lambda item: self.one(*item, each), self.programs.items())
        self.state["fuzz_minutes"] += sum(minutes for minutes, _ in done)
        return [finding for _, found in done for finding in found]

    def one(self, name, program, seconds):
        learnt, artifacts = FOLDER / "corpus" / name, FOLDER / "artifacts" / name
        for folder in (learnt, artifacts):
            folder.mkdir(parents=True, exist_ok=True)
        command = [program, f"-max_total_time={seconds}", "-timeout=10", "-rss_limit_mb=2048",
                   f"-artifact_prefix={artifacts}/", learnt,
                   ROOT / "tests" / "fuzz" / "corpus" / name]
        begun = time.monotonic()
        output, code = run(command, seconds + 300)
        minutes = (time.monotonic() - begun) / 60
        if code == 0:
            return minutes, []
        finding = Finding(f"{self.name}-{name}", output[-100_000:], command)
        for artifact in artifacts.iterdir():
            artifact.rename(finding.folder / artifact.name)
        return minutes, [finding]


def commit():
    return run(["git", "describe", "--always", "--dirty"], 60)[0].strip()


def seeds_so_far(page):
    """The last seed of any line, so that no run repeats another's."""
    lines = page.read_text().splitlines() if page.exists() else []
    lasts = [int(number) for line in lines
             for number in re.findall(r"\| \d+–(\d+) \|", line)]
    return max(lasts, default=FIRST_SEED - 1)


def new_state(page, hours):
    first = seeds_so_far(page) + 1
    return {"commit": commit(), "date": time.strftime("%Y-%m-%d", time.gmtime()), "hours": hours,
            "seconds": 0.0, "first_seed": first, "next_seed": first, "seeds": 0, "kills": 0,
            "fuzz_minutes": 0.0, "findings": []}


class Soak:
    def __init__(self, state, parts, folder=FOLDER, page=PAGE):
        self.state, self.parts, self.folder, self.page = state, parts, folder, page

    def save(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        unfinished = self.folder / "state.json.new"
        unfinished.write_text(json.dumps(self.state, indent=1))
        unfinished.replace(self.folder / "state.json")

    def left(self):
        return self.state["hours"] * 3600 - self.state["seconds"]

    def run(self):
        """Part after part in turns of at most ten minutes, until the hours are over."""
        while self.left() > 0:
            turn = min(600, max(self.left(), 1))
            for part in self.parts:
                self.run_part(part, turn * part.share)
        self.finish()

    def run_part(self, part, seconds):
        begun = time.monotonic()
        while time.monotonic() < begun + seconds:
            before = time.monotonic()
            for finding in part.step(begun + seconds - before):
                self.state["findings"].append(str(finding.folder))
                print(f"FOUND by {part.name}: {finding.folder}", flush=True)
            self.state["seconds"] += time.monotonic() - before
            self.save()
        print(f"{self.state['seconds'] / 3600:.2f} of {self.state['hours']:g} h: "
              f"{self.state['seeds']} worlds, {self.state['kills']} kills, "
              f"{self.state['fuzz_minutes']:.1f} minutes of fuzzing, "
              f"{len(self.state['findings'])} findings", flush=True)

    def finish(self):
        """The run's line; the next call begins a new one."""
        state = self.state
        seeds = f"{state['first_seed']}–{state['next_seed'] - 1}" if state["seeds"] else "none"
        line = (f"| {state['date']} | {state['commit']} | {state['seconds'] / 3600:.2f} | {seeds} |"
                f" {state['kills']} | {state['fuzz_minutes']:.0f} | {len(state['findings'])} |\n")
        page = self.page.read_text() if self.page.exists() else HEAD
        lines = page.splitlines(keepends=True)
        last = max(index for index, text in enumerate(lines) if text.startswith("|"))
        self.page.write_text("".join(lines[:last + 1]) + line + "".join(lines[last + 1:]))
        (self.folder / "state.json").unlink(missing_ok=True)
        print(line, end="")


def resume(hours, folder=FOLDER, page=PAGE):
    """What a run that was interrupted had come to; of another commit it is finished as it is."""
    kept = folder / "state.json"
    if not kept.exists():
        return new_state(page, hours or 8)
    state = json.loads(kept.read_text())
    if state["commit"] == commit():
        state["hours"] = hours or state["hours"]
        print(f"goes on after {state['seconds'] / 3600:.2f} hours", flush=True)
        return state
    Soak(state, [], folder, page).finish()
    return new_state(page, hours or 8)


def main():
    parser = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    parser.add_argument("--hours", type=float, help="how long (default: 8)")
    arguments = parser.parse_args()
    if arguments.hours is not None and arguments.hours <= 0:
        parser.error("--hours must be more than 0")
    usher = ROOT / "build" / "release" / "usher"
    fuzzers = {path.name[:-len("_fuzz.cc")]: None
               for path in sorted((ROOT / "tests" / "fuzz").glob("*_fuzz.cc"))}
    fuzzers = {name: ROOT / "build" / "asan" / "tests" / f"fuzz_{name}" for name in fuzzers}
    state = resume(arguments.hours)
    soak = Soak(state, [Worlds(state, usher), Kills(state, usher), Fuzzers(state, fuzzers)])
    try:
        soak.run()
    except KeyboardInterrupt:
        soak.save()
        print("interrupted; scripts/soak goes on from here")
        return 1
    return 1 if state["findings"] else 0


if __name__ == "__main__":
    sys.exit(main())
