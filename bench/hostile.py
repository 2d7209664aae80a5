"""What good clients feel while 900 connections of others are slow, deaf or silent."""

import multiprocessing
import random
import socket
import statistics
import threading
import time

import measure
import prepare
from checkpoints import read_statuses
from servers import Silent, Trouble, Usher

OF_A_KIND = 300
KINDS = ("slow", "deaf", "idle")
READERS, WRITERS = 48, 16
SHARE_OF_PEAK = 0.3
BYTE_EVERY_S = 1.0
ASKED_AT_ONCE = 100  # by a deaf one: more than the server's socket buffer has answers for
SETTLE_S = 3
WANTED_SHARE = 0.9  # of the hostile connections, to be there at any time


class Pest:
    """One hostile connection: slow sends a request byte by byte, deaf asks and never reads, idle
    does nothing. Comes back when it is thrown out."""

    def __init__(self, kind, port, request):
        self.kind, self.port, self.request = kind, port, request
        self.socket, self.sent, self.due = None, 0, 0.0

    def connect(self, now):
        self.socket = socket.socket()
        # A small window makes the server notice soon that nobody reads.
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.socket.connect(("127.0.0.1", self.port))
        self.socket.setblocking(False)
        self.sent, self.due = 0, now + random.uniform(0, BYTE_EVERY_S)
        if self.kind == "deaf":
            self.socket.send(self.request * ASKED_AT_ONCE)

    def close(self):
        self.socket.close()
        self.socket = None

    def act(self, now):
        """False when it is thrown out; a deaf one finds out by asking on."""
        if now < self.due:
            return True
        self.due = now + BYTE_EVERY_S
        try:
            if self.kind == "deaf":
                self.socket.send(self.request[:1])
                return True
            if self.kind == "slow":
                at = self.sent % len(self.request)
                self.sent += self.socket.send(self.request[at:at + 1])
            return self.socket.recv(4096) != b""
        except BlockingIOError:
            return True


def pester(port, request, ready, stop, least):
    pests = [Pest(kind, port, request) for kind in KINDS for _ in range(OF_A_KIND)]
    random.shuffle(pests)
    while not stop.is_set():
        now, connected = time.monotonic(), 0
        for pest in pests:
            try:
                if pest.socket is None:
                    pest.connect(now)
                if pest.act(now):
                    connected += 1
                else:
                    pest.close()
            except OSError:
                if pest.socket:
                    pest.close()
        if ready.is_set():
            least.value = min(least.value, connected)
        elif connected > len(pests) * WANTED_SHARE:
            ready.set()
        time.sleep(BYTE_EVERY_S / 4)
    for pest in pests:
        if pest.socket:
            pest.close()


class Pests:
    def __init__(self, port, token):
        context = multiprocessing.get_context("spawn")
        self.ready, self.stop = context.Event(), context.Event()
        self.least = context.Value("i", len(KINDS) * OF_A_KIND)
        request = prepare.get_bytes("none", token)
        self.process = context.Process(target=pester, daemon=True, args=(
            port, request, self.ready, self.stop, self.least))

    def __enter__(self):
        self.process.start()
        if not self.ready.wait(30):
            raise Trouble("the hostile connections did not all get in")
        time.sleep(SETTLE_S)
        return self

    def __exit__(self, *_):
        self.stop.set()
        self.process.join(10)
        if self.process.is_alive():
            self.process.kill()


class Good:
    """Readers and writers at a pace that the server can easily keep."""

    def __init__(self, world, usher, rows):
        self.world, self.usher, self.rows = world, usher, rows
        self.rates = {"GET": 0, "PUT": 0}

    def run(self, statuses):
        world, token = self.world, self.world.sandbox.token()
        files = {"GET": prepare.get_requests(world.folder / "good-get", self.rows, READERS,
                                             [token]),
                 "PUT": prepare.put_requests(world.folder / "good-put", statuses, WRITERS, token)}
        found, threads = {}, []
        for name, count in (("GET", READERS), ("PUT", WRITERS)):
            threads.append(threading.Thread(target=self.load, args=(found, name, files, count)))
            threads[-1].start()
        for thread in threads:
            thread.join()
        for name, result in found.items():
            measure.check_answers(f"good {name}", result)
        if len(found) != len(threads):
            raise Trouble("a good client could not be measured")
        return found

    def load(self, found, name, files, count):
        found[name] = measure.load(self.world, self.usher.port, files[name], count, "--rate",
                                   self.rates[name])


def hostile(world):
    silent = Silent()
    store = prepare.copy_store(world.store, "hostile.db")
    rows = prepare.statuses(store)
    usher = Usher(world.folder, store, world.sandbox, f"http://127.0.0.1:{silent.port}/bango")
    pairs, least = [], len(KINDS) * OF_A_KIND
    try:
        good = Good(world, usher, rows)
        peak = good.run(rows)
        good.rates = {name: one["per_second"] * SHARE_OF_PEAK for name, one in peak.items()}
        for number in range(max(5, world.rounds)):
            measure.await_quiet(world)
            others = measure.Others()
            calm = good.run(read_statuses(usher, world.sandbox, rows))
            statuses = read_statuses(usher, world.sandbox, rows)
            with Pests(usher.port, world.sandbox.token()) as pests:
                pestered = good.run(statuses)
            least = min(least, pests.least.value)
            busy = others.share()
            pairs.append((calm, pestered, busy))
            print(f"    pair {number + 1}: " + ", ".join(
                f"{name} p99 {calm[name]['p99_us'] / 1e3:.2f} -> "
                f"{pestered[name]['p99_us'] / 1e3:.2f} ms" for name in good.rates)
                  + (f"  (others {busy:.0%})" if busy > measure.QUIET else ""), flush=True)
    finally:
        usher.stop()
        silent.close()
    print(f"  at least {least} hostile connections at any time")
    return report(pairs, good.rates, least)


def report(pairs, rates, least):
    rows, goals = [], []
    quiet = [pair for pair in pairs if pair[2] <= measure.QUIET]
    for name, rate in rates.items():
        ratio = statistics.median(b[name]["p99_us"] / a[name]["p99_us"]
                                  for a, b, _ in quiet or pairs)
        rows.append({"benchmark": "hostile", "name": name, "rate": rate, "least": least,
                     "p99_ratio": ratio, "p99_us": [[a[name]["p99_us"], b[name]["p99_us"]]
                                                    for a, b, _ in pairs]})
        goals.append(measure.goal(f"p99 of {name}, with hostile clients over without", ratio, 1.5,
                                  at_most=True, quiet=quiet))
    return rows, goals
