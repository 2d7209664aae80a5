#!/usr/bin/env python3
"""Sends every case of the table to usher dev: whole, byte by byte, and between valid requests.

What the program saw as requests is counted from its log, not from the answers.
"""

import argparse
import asyncio
import collections
import json
import pathlib
import socket
import sys
import urllib.request

import table
import wire

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "process"))
import program  # noqa: E402  (its folder is known only now)

AT_ONCE = 24
# A connection that does neither answer nor end: the case has failed.
PATIENCE_S = 20
SETTINGS = {
    "USHER_LOG_LEVEL": "info",
    # Many connections that are fed byte by byte share two cores; this is no test of times.
    "USHER_OPERATOR_REQUEST_TIMEOUT_MS": "120000",
}


class Talk:
    """One case in one way: what is sent, what must come, and what came."""

    def __init__(self, number, case, way, parts, token):
        self.case, self.way = case, way
        self.id = f"c{number:03d}{way[0]}"
        filler = table.Filler(parts, {"id": self.id, "token": token})
        self.pieces = case.pieces(filler)
        self.statuses, self.seen = list(case.statuses), [self.id] * case.seen
        if case.canary:
            self.seen[-1] = self.id + ".canary"
        self.bodiless = [0] if case.bodiless else []
        if way == "pipelined":
            self.put_between(filler)
        if way != "bytes":
            self.pieces = [b"".join(self.pieces)]
        self.reader = wire.Reader(self.bodiless)
        self.problems = []
        self.asked = False

    def put_between(self, filler):
        self.pieces = filler.pieces("${before}") + self.pieces
        self.statuses.insert(0, 403)
        self.seen.insert(0, self.id + ".before")
        self.bodiless = [place + 1 for place in self.bodiless]
        if self.case.waits:
            return
        self.pieces += filler.pieces("${after}")
        if not self.case.closed:
            self.statuses.append(403)
            self.seen.append(self.id + ".after")

    async def hold(self, port):
        with socket.socket() as connection:
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connection, ("127.0.0.1", port))
            self.asked = True
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sending = asyncio.ensure_future(self.send(connection))
            try:
                await asyncio.wait_for(self.receive(connection, sending), PATIENCE_S)
            except asyncio.TimeoutError:
                self.problems.append(f"neither answered nor ended within {PATIENCE_S} s")
            except (OSError, wire.NoAnswer) as trouble:
                self.problems.append(repr(trouble))
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def send(self, connection):
        loop = asyncio.get_running_loop()
        for piece in self.pieces:
            await loop.sock_sendall(connection, piece)
            await asyncio.sleep(0)  # the others' turn, and the server's to read it alone

    async def receive(self, connection, sending):
        """Ours is to end the connection only where the server must not."""
        loop = asyncio.get_running_loop()
        finished = False
        while len(self.reader.answers) <= len(self.statuses):
            enough = len(self.reader.answers) >= len(self.statuses)
            if enough and not self.case.closed and not finished:
                await sending
                connection.shutdown(socket.SHUT_WR)
                finished = True
            try:
                piece = await loop.sock_recv(connection, 65536)
            except ConnectionResetError:
                if not enough:
                    raise
                piece = b""  # it had more to say than the server would hear out
            if not piece:
                if not finished and not self.case.closed:
                    self.problems.append("the connection was ended")
                return
            self.reader.add(piece)

    def check(self, log):
        statuses = self.reader.statuses()
        if statuses != self.statuses:
            self.problems.append(f"answers are {statuses}, not {self.statuses}")
        if self.reader.rest:
            self.problems.append(f"behind the answers: {self.reader.rest[:200]!r}")
        if self.reader.interim > self.case.interim:
            self.problems.append("an interim answer that nobody asked for")
        ends = [answer.ends for answer in self.reader.answers]
        if ends and ends != [False] * (len(ends) - 1) + [self.case.closed]:
            self.problems.append(f"answers that say `close`: {ends}")
        seen = log.of(self.id)
        if seen != self.seen:
            self.problems.append(f"requests seen are {seen}, not {self.seen}")
        answered = [answer.id for answer in self.reader.answers if answer.id in log.all]
        if answered != seen:
            self.problems.append(f"answers name {answered}, the log {seen}")

    def report(self):
        shown = b"".join(self.pieces)
        shown = repr(shown[:400])[1:] + (f" … {len(shown)} bytes" if len(shown) > 400 else "")
        print(f"FAIL {self.case.name} ({self.way})\n     sent {shown}")
        for problem in self.problems:
            print(f"     {problem}")


class Log:
    """The requests that the program handled, by the correlation ids that the callers chose."""

    def __init__(self, text):
        self.all = collections.Counter()
        self.by_talk = collections.defaultdict(list)
        lines = text.splitlines()
        self.rest = "\n".join(line for line in lines if not line.startswith("{"))
        for line in lines:
            if not line.startswith("{"):
                continue
            entry = json.loads(line)
            if entry["event"] == "request":
                name = entry["correlationId"]
                self.all[name] += 1
                self.by_talk[name.partition(".")[0]].append(name)

    def of(self, name):
        return self.by_talk.get(name, [])


def strangers(log, talks):
    """Requests that no case meant to send; an answer may tell where they came from."""
    known = {talk.id for talk in talks}
    found = []
    for name in log.all:
        if name.partition(".")[0] in known:
            continue
        of = [talk for talk in talks if name in (answer.id for answer in talk.reader.answers)]
        found.append(f"a request was seen that no case sent: {name}, "
                     f"{of[0].case.name + ' ' + of[0].way if of else 'not answered'}")
    return found


async def hold_all(talks, port):
    room = asyncio.Semaphore(AT_ONCE)

    async def hold(talk):
        async with room:
            try:
                await talk.hold(port)
            except ConnectionError:
                pass  # the program is gone, which is told once

    await asyncio.gather(*map(hold, talks))


def counted(address):
    """How many requests the metrics tell of."""
    with urllib.request.urlopen(address + "/metrics", timeout=program.PATIENCE_S) as answer:
        lines = answer.read().decode().splitlines()
    return sum(int(float(line.rpartition(" ")[2])) for line in lines
               if line.startswith("usher_http_requests_total{"))


def run(cases):
    usher = program.start_dev(extra=SETTINGS)
    problems = []
    try:
        caller = usher.caller()
        token, parts = caller.token(), table.load_parts()
        caller.close()
        talks = [Talk(number, case, way, parts, token) for number, case in enumerate(cases)
                 for way in ("whole", "bytes", "pipelined")]
        asyncio.run(hold_all(talks, int(usher.port("operator"))))
        try:
            total = counted(usher.addresses["admin"])
        except OSError:
            total = None  # its end tells more
        code = usher.stop()
        log = Log(usher.read_log())
        if code != 0:
            problems.append(f"the program ended with {code}\n{log.rest[-3000:]}")
    finally:
        usher.release()
    if total != sum(log.all.values()):
        problems.append(f"the metrics count {total} requests, the log {sum(log.all.values())}")
    asked = [talk for talk in talks if talk.asked]
    if len(asked) < len(talks):
        problems.append(f"{len(talks) - len(asked)} were not asked, as the program had ended; "
                        "look for the cause among those that failed")
    for talk in asked:
        talk.check(log)
    return talks, problems + strangers(log, talks)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=program.USHER, help="the program")
    parser.add_argument("cases", nargs="*", help="only those whose name holds one of these")
    arguments = parser.parse_args()
    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    cases = [case for case in table.load()
             if not arguments.cases or any(part in case.name for part in arguments.cases)]
    talks, problems = run(cases)
    failed = [talk for talk in talks if talk.problems]
    for talk in failed:
        talk.report()
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{len(cases)} cases in three ways, {len(failed) + len(problems)} failed")
    return 1 if failed or problems or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
