#!/usr/bin/env python3
"""A partner that takes only so much: beyond it 429. Answers as Bango's API does, for entitlements
that it invents; down until it is told otherwise. What it has met is at /figures."""

import argparse
import asyncio
import datetime
import json
import re
import sys
import time

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Limits:
    def __init__(self, per_second, at_once, latency_s):
        self.per_second, self.at_once, self.latency_s = per_second, at_once, latency_s
        self.down = True
        self.inside = 0
        self.tokens, self.filled = 0.0, time.monotonic()
        self.done = self.turned_away = self.unavailable = self.reads = 0
        self.suspended = set()
        self.inside_s = 0.0  # all calls together
        self.most_inside = 0

    def take(self):
        now = time.monotonic()
        self.tokens = min(self.per_second / 10 + 1,
                          self.tokens + (now - self.filled) * self.per_second)
        self.filled = now
        if self.tokens < 1 or self.inside >= self.at_once:
            self.turned_away += 1
            return False
        self.tokens -= 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        return True

    def figures(self):
        names = ("done", "reads", "turned_away", "unavailable", "most_inside", "inside_s")
        return {name: getattr(self, name) for name in names}


def answer(status, body):
    text = json.dumps(body).encode()
    reason = {200: b"OK", 429: b"Too Many Requests", 503: b"Service Unavailable"}[status]
    return (b"HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
            % (status, reason, len(text)) + text)


class Connection(asyncio.Protocol):
    def __init__(self, limits):
        self.limits, self.buffer = limits, b""

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.buffer += data
        while (end := self.buffer.find(b"\r\n\r\n")) >= 0:
            length = LENGTH.search(self.buffer[:end])
            whole = end + 4 + (int(length[1]) if length else 0)
            if len(self.buffer) < whole:
                return
            head, body = self.buffer[:end], self.buffer[end + 4:whole]
            self.buffer = self.buffer[whole:]
            method, path = head.decode("latin-1").split(" ", 2)[:2]
            self.serve(method, path, body.decode("utf-8", "replace"))

    def serve(self, method, path, body):
        limits = self.limits
        if path == "/figures":
            self.transport.write(answer(200, limits.figures()))
        elif path == "/up":
            limits.down = False
            self.transport.write(answer(200, {}))
        elif limits.down:
            limits.unavailable += 1
            self.transport.write(answer(503, {"responseCode": "SERVICE_UNAVAILABLE"}))
        elif "echo" in path:
            self.transport.write(answer(200, {"responseCode": "OK"}))
        elif limits.take():
            asyncio.get_running_loop().call_later(limits.latency_s, self.finish, method, path,
                                                  body, time.monotonic())
        else:
            self.transport.write(answer(429, {"responseCode": "TOO_MANY_REQUESTS"}))

    def finish(self, method, path, body, begun):
        limits = self.limits
        limits.inside -= 1
        limits.inside_s += time.monotonic() - begun
        one = re.search(r"[a-z]+-held-\d+", path + body)[0]
        if method == "GET":
            limits.reads += 1
        else:
            limits.done += 1
            (limits.suspended.add if "SUSPENDED" in body else limits.suspended.discard)(one)
        now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        self.transport.write(answer(200, {
            "responseCode": "OK", "entitlementId": one, "dateLastUpdated": now + "Z",
            "status": "SUSPENDED" if one in limits.suspended else "ACTIVE"}))


async def run(arguments):
    limits = Limits(arguments.per_second, arguments.at_once, arguments.latency_ms / 1e3)
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(limits), "127.0.0.1", arguments.port)
    async with server:
        await server.serve_forever()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--per-second", type=float, default=1e9)
    parser.add_argument("--at-once", type=int, default=1_000_000)
    parser.add_argument("--latency-ms", type=float, default=20)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
