#!/usr/bin/env python3
"""The table through nginx and HAProxy, which keep their connections to one usher dev.

A front gives every request that it forwards a name of its own; the program's log must hold exactly
those names. A request smuggled past the front has none.
"""

import argparse
import asyncio
import pathlib
import sys
import tempfile

import proxies
import run
import table
import wire
from run import program

PATIENCE_S = 20
# A caller that has not heard the end goes away: soon where the table says that nothing will come,
# else after longer than the fronts wait for what is missing.
WAITS_S, CASE_S = 0.2, 4
# What the program answers to what it does not take for a request.
REFUSALS = {400, 408, 413, 414, 431, 501, 505}


class Front:
    """A port of a proxy, with a pool of connections of its own, and what became of the cases."""

    def __init__(self, letter, name, options):
        self.letter, self.name, self.options = letter, name, options
        self.port = proxies.free_port()
        self.names = {}
        self.problems = []

    async def prepare(self, target):
        self.relay = proxies.Relay(target)
        self.relay_port = await self.relay.start()

    def settings(self):
        return {"letter": self.letter, "port": self.port, "relay": self.relay_port,
                "options": self.options}

    async def wait_for_start(self, proxy):
        for _ in range(200):
            if proxy.child.poll() is not None:
                break
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                return
            except ConnectionRefusedError:
                await asyncio.sleep(0.1)
        raise SystemExit(f"{self.name} did not start:\n{proxy.output.read_text('latin-1')}")

    async def ask(self, sent, patience, reader):
        """Until the front ends the connection, or patience does."""
        incoming, outgoing = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            outgoing.write(sent)
            while True:
                piece = await asyncio.wait_for(incoming.read(65536), patience)
                if not piece:
                    return
                if reader:
                    reader.add(piece)
        except (asyncio.TimeoutError, ConnectionError):
            pass
        finally:
            outgoing.close()

    async def take(self, case, filler):
        """The case and a last request behind it; then, on a new connection, a stranger's."""
        sent = b"".join(case.pieces(filler)) + filler.of("${last}")
        await self.ask(sent, WAITS_S if case.waits else CASE_S, None)
        reader = wire.Reader()
        try:
            await self.ask(filler.of("${last}").replace(b".last", b".stranger"), PATIENCE_S, reader)
        except wire.NoAnswer as trouble:
            self.problems.append(f"{case.name}: a stranger then got {trouble}")
        # An answer tells the name that the front gave the request that it is the answer to.
        got = [(answer.status, answer.id == answer.fields.get("x-front"))
               for answer in reader.answers]
        if got != [(403, True)] or reader.rest:
            self.problems.append(f"{case.name}: a stranger then got {got} (status, and whether it "
                                 f"was an answer to the stranger) and {reader.rest[:200]!r}")

    async def take_all(self, cases, parts, token):
        for number, case in enumerate(cases):
            name = f"{self.letter}{number:03d}x"
            self.names[name] = case.name
            await self.take(case, table.Filler(parts, {"id": name, "token": token}))

    def case_of(self, own):
        return self.names.get(own.partition(".")[0], "unknown case")


def fault(row, log, names):
    """What is wrong with one request that a front had, if anything is."""
    seen = log.all[row.name]
    if not row.status:
        return f"was not forwarded, but seen {seen} times" if seen else None
    if row.status == proxies.CUT_SHORT:  # what was sent on may have been whole
        return f"was forwarded once, but seen {seen} times" if seen > 1 else None
    if not row.answered:
        return f"was forwarded, but not answered by the program ({row.status})"
    if row.answered == row.name:
        return f"was forwarded once, but seen {seen} times" if seen != 1 else None
    if row.answered in names or row.answered in log.all:
        return "got the answer to another request"
    if row.status not in REFUSALS or seen:
        return f"was refused with {row.status}, but seen {seen} times"
    return None


def judge(fronts, rows, log):
    """Every request that was seen is one that a front forwarded, and the other way round."""
    by_port = {str(front.port): front for front in fronts}
    names = {row.name for row in rows}
    for row in rows:
        front = by_port[row.port]
        wrong = fault(row, log, names)
        if wrong:
            front.problems.append(f"{front.case_of(row.own)}: {row.own or row.name} {wrong}")
    strangers = [name for name in log.all if name not in names]
    for front in fronts:
        front.problems += [f"{front.case_of(name)}: {name} was seen, but no front forwarded it"
                           for name in strangers if name.partition(".")[0] in front.names]
    known = {name for front in fronts for name in front.names}
    return [f"{name} was seen, but no front forwarded it" for name in strangers
            if name.partition(".")[0] not in known]


def summarize(front, rows, log):
    mine = [row for row in rows if row.port == str(front.port)]
    forwarded = [row for row in mine if row.status]
    seen = sum(log.all[row.name] for row in mine)
    cut = sum(row.status == proxies.CUT_SHORT for row in forwarded)
    refused = sum(row.answered not in ("", row.name) for row in forwarded)
    print(f"{front.name}: {len(mine)} requests read, {len(forwarded)} forwarded over "
          f"{front.relay.connections} connections; usher saw {seen} and refused {refused}, "
          f"{cut} were cut short")
    if front.relay.connections * 3 > len(forwarded):
        front.problems.append("its connections are hardly reused, so that this test says little")


async def take_all(running, cases, target, parts, token):
    fronts = []
    for proxy in running:
        mine = [Front("fghijk"[len(fronts) + number], *temper)
                for number, temper in enumerate(proxy.tempers.items())]
        for front in mine:
            await front.prepare(target)
        proxy.start(mine)
        for front in mine:
            await front.wait_for_start(proxy)
        fronts += mine
    try:
        await asyncio.gather(*(front.take_all(cases, parts, token) for front in fronts))
    finally:
        await asyncio.gather(*(front.relay.stop() for front in fronts))
    return fronts


def run_all(wanted, cases):
    with tempfile.TemporaryDirectory(prefix="usher-fronts-") as folder:
        running = [proxies.PROXIES[name](pathlib.Path(folder)) for name in wanted]
        usher = program.start_dev(extra=run.SETTINGS)
        try:
            caller = usher.caller()
            token = caller.token()
            caller.close()
            target = int(usher.port("operator"))
            fronts = asyncio.run(take_all(running, cases, target, table.load_parts(), token))
        finally:
            for proxy in running:
                proxy.stop()
            try:
                code = usher.stop()
                log = run.Log(usher.read_log())
            finally:
                usher.release()
        rows = [row for proxy in running for row in proxy.rows()]
    problems = judge(fronts, rows, log)
    if code != 0:
        problems.append(f"the program ended with {code}\n{log.rest[-3000:]}")
    for front in fronts:
        summarize(front, rows, log)
    return fronts, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default=program.USHER, help="the program")
    parser.add_argument("--front", choices=sorted(proxies.PROXIES), help="only this one")
    parser.add_argument("cases", nargs="*", help="only those whose name holds one of these")
    arguments = parser.parse_args()
    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    cases = [case for case in table.load()
             if not arguments.cases or any(part in case.name for part in arguments.cases)]
    wanted = [arguments.front] if arguments.front else sorted(proxies.PROXIES)
    for name in wanted:
        proxies.binary(name)
    fronts, problems = run_all(wanted, cases)
    for front in fronts:
        problems += [f"{front.name}: {problem}" for problem in front.problems]
    for problem in problems:
        print(f"FAIL {problem}")
    print(f"{len(cases)} cases through {len(fronts)} fronts, {len(problems)} problems")
    return 1 if problems or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
