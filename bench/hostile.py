"""What good clients feel while 900 connections of others are slow, deaf or silent."""

import multiprocessing
import random
import socket
import time

import measure
import prepare
from clients import Clients, p99_row, tell_pair
from servers import Silent, Trouble, Usher

OF_A_KIND = 300
KINDS = ("slow", "deaf", "idle")
CONNECTIONS = {"GET": 48, "PUT": 16}
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


def hostile(world):
    silent = Silent()
    store = prepare.copy_store(world.store, "hostile.db")
    usher = Usher(world.folder, store, world.sandbox, f"http://127.0.0.1:{silent.port}/bango")
    pairs, least = [], len(KINDS) * OF_A_KIND
    try:
        good = Clients(world, usher, prepare.statuses(store), CONNECTIONS)
        good.find_rates(SHARE_OF_PEAK)
        for number in range(max(5, world.rounds)):
            measure.await_quiet(world)
            calm = good.run(good.statuses())
            statuses = good.statuses()
            with Pests(usher.port, world.sandbox.token()) as pests:
                pestered = good.run(statuses)
            least = min(least, pests.least.value)
            pairs.append((calm, pestered))
            tell_pair(number, calm, pestered)
    finally:
        usher.stop()
        silent.close()
    print(f"  at least {least} hostile connections at any time")
    rows = [p99_row("hostile", name, pairs, rate, least=least)
            for name, rate in good.rates.items()]
    return rows, [measure.goal(f"p99 of {row['name']}, with hostile clients over without",
                               row["p99_ratio"], 1.5, at_most=True, quiet=row["quiet"])
                  for row in rows]
