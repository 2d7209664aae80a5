"""Runs the load, round after round in turn, and says what came of it."""

import json
import os
import pathlib
import statistics
import subprocess
import time

from servers import Trouble

CORES = os.cpu_count() or 1
QUIET = 0.1  # others may use this share of the cores
COLUMNS = ("per_second", "p50_us", "p99_us", "p999_us")


def run_tool(world, name, *arguments):
    """One of our own programs; what it measured."""
    done = subprocess.run([str(world.tools / name), *map(str, arguments)], capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        raise Trouble(f"{name}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def load(world, port, requests, connections, *more, seconds=None, warmup=0.5):
    """As many threads as cores: one alone would hold a quick rival back."""
    return run_tool(world, "bench_load", "--port", port, "--requests", requests,
                    "--connections", connections, "--seconds", seconds or world.seconds,
                    "--warmup", warmup, "--threads", min(CORES, connections), *more)


def check_answers(name, result, status="200"):
    """A run with another answer, or with a connection that broke, is void."""
    others = {key: count for key, count in result["answers"].items() if key != status}
    if others or result["broken"]:
        raise Trouble(f"{name} is void: {others or ''} {result['broken']} broken connections")
    if not result["measured"]:
        raise Trouble(f"{name} is void: nothing was answered")


def foreign_ticks():
    """CPU time of each process that is not ours, with that of its children that ended."""
    found = {}
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            words = path.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        found[int(path.parent.name)] = (int(words[1]), sum(map(int, words[11:15])))
    own = os.getpid()

    def is_ours(pid):
        while pid in found and pid != own:
            pid = found[pid][0]
        return pid in (own, 2)  # 2: the kernel's threads, which write our files

    return {pid: ticks for pid, (_, ticks) in found.items() if not is_ours(pid)}


class Others:
    """Which share of the cores is used by whoever is not ours."""

    def __init__(self):
        self.before, self.begun = foreign_ticks(), time.monotonic()

    def share(self):
        # Of all together: the time of one that ends goes over to its parent.
        used = sum(foreign_ticks().values()) - sum(self.before.values())
        elapsed = time.monotonic() - self.begun
        return min(1.0, max(0.0, used / os.sysconf("SC_CLK_TCK") / elapsed / CORES))


def await_quiet(world):
    """Waits a while for others to be done."""
    deadline = time.monotonic() + world.patience
    while time.monotonic() < deadline:
        others = Others()
        time.sleep(0.5)
        if others.share() <= QUIET:
            return


def count_syncs(folder):
    """Flushes that the folder's disk was asked for so far; None when that is not counted."""
    device = os.stat(folder).st_dev
    path = pathlib.Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}")
    try:
        disk = path.resolve(strict=True)
        if (disk / "partition").exists():
            disk = disk.parent
        return int((disk / "stat").read_text().split()[15])
    except (OSError, IndexError):
        return None


class Synced:
    """A group has at most one change of each connection, so that many flushes there must be."""

    def __init__(self, world, name, connections):
        self.world, self.name, self.connections = world, name, connections
        self.before = count_syncs(world.folder)

    def check(self, result, changes):
        after = count_syncs(self.world.folder)
        if self.before is None or after is None:
            result["syncs"] = None
            return
        result["syncs"] = after - self.before
        if result["syncs"] < changes // self.connections:
            raise Trouble(f"{self.name} is void: {changes} changes on {self.connections} "
                          f"connections, and only {result['syncs']} flushes of the disk")


def alternate(world, connections, contestants):
    """A B C A B C …: name to what each round measured. Nothing else of ours runs meanwhile."""
    measured = {name: [] for name in contestants}
    for number in range(world.rounds):
        for name, run in contestants.items():
            await_quiet(world)
            others = Others()
            result = run(connections)
            busy = result["others_busy"] = others.share()
            world.others.append(busy)
            measured[name].append(result)
            print(f"    round {number + 1} at {connections:3d}: {name:34s} "
                  f"{result['per_second']:9.0f}/s"
                  + (f"  (others {busy:.0%})" if busy > QUIET else ""), flush=True)
    return measured


def median(results, key):
    return statistics.median(result[key] for result in results)


def paired_ratio(ours, theirs, key="per_second"):
    """Of runs that stood next to each other: the median of those that nobody disturbed, and of how
    many. Where all were disturbed, of all."""
    pairs = list(zip(ours, theirs))
    quiet = [pair for pair in pairs if max(one["others_busy"] for one in pair) <= QUIET]
    return statistics.median(a[key] / b[key] for a, b in quiet or pairs), len(quiet)


def summarize(benchmark, connections, measured, ours):
    rows = []
    for name, results in measured.items():
        row = {"benchmark": benchmark, "name": name, "connections": connections}
        row.update({key: median(results, key) for key in COLUMNS})
        row["rounds"] = [result["per_second"] for result in results]
        row["others_busy"] = [result["others_busy"] for result in results]
        row["usher_over_it"], row["quiet"] = paired_ratio(measured[ours], results)
        for key in ("backlog", "cpu_s", "syncs"):
            if key in results[-1]:
                row[key] = results[-1][key]
        rows.append(row)
    return rows


def show_rows(title, rows):
    print(f"\n{title}\n{'':36s} {'conn':>5s} {'per s':>9s} {'p50 ms':>9s} {'p99 ms':>9s} "
          f"{'p99.9 ms':>9s} {'usher/it':>9s}")
    for row in rows:
        times = " ".join(f"{row[key] / 1e3:9.2f}" for key in COLUMNS[1:])
        mark = " " if row["quiet"] else "?"
        backlog = f"  backlog {row['backlog']}" if "backlog" in row else ""
        print(f"{row['name']:36s} {row['connections']:5d} {row['per_second']:9.0f} {times} "
              f"{row['usher_over_it']:9.2f}{mark}{backlog}")
    if not all(row["quiet"] for row in rows):
        print("?: others used the machine during every such pair of runs")
    print(flush=True)


def find(rows, name, connections):
    for row in rows:
        if (row["name"], row["connections"]) == (name, connections):
            return row
    return None


def goal(what, value, reach, aim=None, at_most=False, quiet=True):
    """Not quiet: others disturbed what it is judged by."""
    met = value <= reach if at_most else value >= reach
    return {"goal": what, "value": value, "reach": reach, "aim": aim, "at_most": at_most,
            "reached": met, "quiet": bool(quiet)}


def show_goals(goals):
    for one in goals:
        sign = "<=" if one["at_most"] else ">="
        aim = f", aim {one['aim']:g}" if one["aim"] is not None else ""
        word = ("reached" if one["reached"] else "MISSED") + ("" if one["quiet"] else "?")
        print(f"  {word:8s} {one['goal']}: "
              f"{one['value']:.2f} ({sign} {one['reach']:g}{aim})")
    print(flush=True)


def sync_ms(folder):
    """What one durable write of a page costs on this disk: median, and the worst of a hundred."""
    path = folder / "sync-probe"
    times = []
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR)
    for number in range(100):
        os.pwrite(descriptor, b"x" * 4096, number * 4096)
        begun = time.perf_counter()
        os.fdatasync(descriptor)
        times.append((time.perf_counter() - begun) * 1e3)
    os.close(descriptor)
    path.unlink()
    return {"median": statistics.median(times), "worst": max(times)}


def filesystem(folder):
    return subprocess.run(["stat", "-f", "-c", "%T", str(folder)], capture_output=True, text=True,
                          check=True).stdout.strip()


def machine(folder):
    model = "unknown"
    for line in pathlib.Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    kind = filesystem(folder)
    if kind in ("tmpfs", "ramfs", "overlayfs"):
        raise Trouble(f"{folder} is on {kind}, where nothing becomes durable: name another folder "
                      f"with --folder")
    return {"cpu": model, "cores": CORES, "kernel": os.uname().release,
            "filesystem": kind, "sync_ms": sync_ms(folder), "load": os.getloadavg()[0]}
