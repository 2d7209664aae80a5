"""Long writing with readers: does the write-ahead log stay small, and do changes stay quick?"""

import os
import pathlib
import re
import struct
import threading

import measure
import prepare
from servers import Silent, Usher

WRITERS, READERS = 64, 16
READS_PER_SECOND = 500
SHARE_OF_PEAK = 0.7
LIMIT_MB = 64  # store::StoreOptions::wal_hard_bytes
SEGMENT_S = 200  # a token lives for 300 s
HEADER = struct.Struct(">8I")


class LogWatch(threading.Thread):
    """Looks at the log's size and at the number in its header that each restart counts up: a log
    is begun anew only when a checkpoint has copied all of it."""

    def __init__(self, log):
        super().__init__(daemon=True)
        self.log, self.done = pathlib.Path(log), threading.Event()
        self.largest, self.restarts, self.last = 0, 0, None

    def run(self):
        while not self.done.wait(0.05):
            try:
                self.largest = max(self.largest, self.log.stat().st_size)
                with open(self.log, "rb") as file:
                    head = file.read(HEADER.size)
            except FileNotFoundError:
                continue
            if len(head) == HEADER.size:
                sequence = HEADER.unpack(head)[3]
                if self.last is not None and sequence > self.last:
                    self.restarts += sequence - self.last
                self.last = sequence

    def stop(self):
        self.done.set()
        self.join()


class Both:
    """Writers at `rate` (0: as fast as they can) and readers together."""

    def __init__(self, world, usher, rows):
        self.world, self.usher, self.rows = world, usher, rows

    def run(self, seconds, rate, statuses):
        world = self.world
        token = world.sandbox.token()
        reads = prepare.get_requests(world.folder / "reads", self.rows, READERS, [token])
        writes = prepare.put_requests(world.folder / "writes", statuses, WRITERS, token)
        found = {}

        def read():
            found["reads"] = self.load(reads, READERS, seconds, READS_PER_SECOND)

        reader = threading.Thread(target=read)
        reader.start()
        found["writes"] = self.load(writes, WRITERS, seconds, rate, "--contains",
                                    '"modifiedCount":1')
        reader.join()
        for name, result in found.items():
            measure.check_answers(name, result)
        return found

    def load(self, requests, connections, seconds, rate, *more):
        return measure.load(self.world, self.usher.port, requests, connections, "--rate", rate,
                            *more, seconds=seconds, warmup=1)


BUCKET = re.compile(r'^usher_store_group_seconds_bucket\{le="([^"]+)"\} (\d+)', re.MULTILINE)


def read_groups(usher):
    """How many groups were committed within which time, as the product counts them."""
    caller = usher.program.caller()
    text = caller.send("admin", "GET", "/metrics").text
    caller.close()
    return {float(bound): int(count) for bound, count in BUCKET.findall(text)}


class Groups:
    """The groups between two looks at the product's own histogram."""

    def __init__(self, before, after):
        self.counts = {bound: after[bound] - before[bound] for bound in sorted(after)}
        self.all = self.counts[float("inf")]

    def within(self, share):
        """The smallest of the histogram's bounds that this share of the groups kept."""
        return next(bound for bound, count in self.counts.items() if count >= share * self.all)

    def slower_than(self, bound):
        return self.all - self.counts[bound]


def checkpoints(world):
    silent = Silent()
    store = prepare.copy_store(world.store, "checkpoints.db")
    rows = prepare.statuses(store)
    usher = Usher(world.folder, store, world.sandbox, f"http://127.0.0.1:{silent.port}/bango")
    watch = LogWatch(f"{store}-wal")
    parts = []
    # The copy is ours, not the product's: its way to the disk must not be in the figures.
    os.sync()
    try:
        both = Both(world, usher, rows)
        peak = both.run(10, 0, rows)["writes"]["per_second"]
        rate = peak * SHARE_OF_PEAK
        print(f"  peak {peak:.0f}/s with {READS_PER_SECOND} reads a second; "
              f"{world.minutes:g} minutes at {rate:.0f}/s", flush=True)
        others = measure.Others()
        before = read_groups(usher)
        watch.start()
        left = world.minutes * 60
        while left > 0:
            seconds = min(left, SEGMENT_S)
            statuses = prepare.read_statuses(usher, world.sandbox.token(), rows)
            parts.append(both.run(seconds, rate, statuses))
            left -= seconds
        watch.stop()
        others = others.share()
        groups = Groups(before, read_groups(usher))
    finally:
        usher.stop()
        silent.close()
    return report(parts, watch, groups, others)


def report(parts, watch, groups, others):
    row = {"benchmark": "checkpoints", "name": "usher", "log_mb": watch.largest / 2**20,
           "restarts": watch.restarts, "groups": groups.all,
           "group_p999_ms": groups.within(0.999) * 1e3, "slower_than_50_ms":
           groups.slower_than(0.05), "others_busy": others,
           "writes": [part["writes"] for part in parts],
           "reads": [part["reads"] for part in parts]}
    for part in parts:
        for name in ("writes", "reads"):
            one = part[name]
            print(f"  {name:6s} {one['per_second']:8.0f}/s  p50 {one['p50_us'] / 1e3:.2f}  "
                  f"p99 {one['p99_us'] / 1e3:.2f}  p99.9 {one['p999_us'] / 1e3:.2f} ms")
    print(f"  {groups.all} groups: p99 within {groups.within(0.99) * 1e3:g} ms, p99.9 within "
          f"{row['group_p999_ms']:g} ms, {row['slower_than_50_ms']} slower than 50 ms, "
          f"{groups.slower_than(0.25)} slower than 250 ms")
    print(f"  largest log {row['log_mb']:.1f} MiB, begun anew {watch.restarts} times; others used "
          f"{others:.0%} of the cores", flush=True)
    return [row], [measure.goal("log, MiB", row["log_mb"], 2 * LIMIT_MB, at_most=True),
                   measure.goal("completed checkpoints", watch.restarts, 20),
                   measure.goal("p99.9 of a group's commit, ms", row["group_p999_ms"], 50,
                                at_most=True, quiet=others <= measure.QUIET)]
