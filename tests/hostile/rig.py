"""What the hostile tests share: the program looked at from outside, bytes sent as they are, and a
witness who asks properly all the time. Standard library only."""

import json
import os
import pathlib
import re
import resource
import socket
import sys
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "process"), str(HERE.parent / "api")]

import program  # noqa: E402  pylint: disable=C0413
from program import ENTITLEMENTS, until  # noqa: E402  pylint: disable=C0413

# A sanitizer keeps what was freed for a while; here only a little of it, so that growth shows.
LITTLE = "quarantine_size_mb=1:thread_local_quarantine_size_kb=64"
CALM = {"ASAN_OPTIONS": ":".join(filter(None, [os.environ.get("ASAN_OPTIONS"), LITTLE]))}
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)


class Wrong(Exception):
    pass


def is_sanitized():
    """A sanitizer keeps the stacks that it has seen, so its memory grows for long."""
    return b"__asan_init" in pathlib.Path(program.USHER).read_bytes()


def resident_kib(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def allow_descriptors(count):
    """For this process, and for what it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < count:
        raise SystemExit(f"this test needs {count} open descriptors; the hard limit is {hard}: "
                         "raise it with ulimit -Hn")
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))


def address_of(usher, name="operator"):
    parts = urllib.parse.urlsplit(usher.addresses[name])
    return parts.hostname, parts.port


def connect(usher, receive_buffer=None, timeout=program.PATIENCE_S):
    made = socket.socket()
    if receive_buffer:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    made.settimeout(timeout)
    try:
        made.connect(address_of(usher))
    except OSError:
        made.close()
        raise
    return made


def wire(method, path, fields=(), body=None):
    """A request as bytes. Nothing is checked."""
    lines = [f"{method} {path} HTTP/1.1", "Host: usher"]
    lines += [f"{name}: {value}" for name, value in fields]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines + ["", ""]).encode("latin-1") + (body or b"")


def update(caller, entitlement, status, fields=()):
    """A good PUT, as bytes."""
    body = json.dumps({"status": status}).encode()
    return wire("PUT", f"{ENTITLEMENTS}/{entitlement}",
                [("Authorization", "Bearer " + caller.token()),
                 ("Content-Type", "application/json"), *fields], body)


def reading(caller, entitlement):
    return wire("GET", f"{ENTITLEMENTS}/{entitlement}",
                [("Authorization", "Bearer " + caller.token())])


class Answers:
    """Takes answers off a connection one by one."""

    def __init__(self, connection):
        self.connection, self.rest = connection, b""

    def fill(self):
        more = self.connection.recv(1 << 16)
        self.rest += more
        return bool(more)

    def next(self):
        """(status, head, body), or None when the connection ended first."""
        while True:
            end = self.rest.find(b"\r\n\r\n")
            if end >= 0:
                break
            if not self.fill():
                return None
        head = self.rest[:end + 2]
        length = LENGTH.search(head)
        if not length:
            raise Wrong(f"an answer without Content-Length: {head!r}")
        whole = end + 4 + int(length[1])
        while len(self.rest) < whole:
            if not self.fill():
                return None
        body, self.rest = self.rest[end + 4:whole], self.rest[whole:]
        return int(head[9:12]), head, body


def ended(connection):
    """Reads until the other side has ended the connection; what came, or None when it was reset."""
    came = b""
    try:
        while True:
            more = connection.recv(1 << 16)
            if not more:
                return came
            came += more
    except ConnectionError:
        return None


class Witness(threading.Thread):
    """Somebody else, who changes and reads a record of his own all the while, and must be answered
    correctly and soon."""

    def __init__(self, usher, account, patience):
        super().__init__(daemon=True)
        self.caller, self.patience = usher.caller(), patience
        bought = self.caller.buy(account)
        if bought.status != 201:
            raise Wrong(f"the witness could not buy: {bought.status} {bought.text}")
        self.entitlement = bought.json["_id"]
        self.asked, self.slowest, self.trouble = 0, 0.0, None
        self.stopping = threading.Event()

    def run(self):
        try:
            while not self.stopping.wait(0.02):
                self.ask()
        except Exception as trouble:  # pylint: disable=broad-except
            self.trouble = trouble

    def ask(self):
        word = ("SUSPENDED", "ACTIVE")[self.asked % 2]
        begun = time.monotonic()
        changed = self.caller.put(self.entitlement, word, {"Prefer": "respond-async"})
        took = time.monotonic() - begun
        if changed.status != 200 or changed.json != {"matchedCount": 1, "modifiedCount": 1}:
            raise Wrong(f"the witness was answered {changed.status} {changed.text}")
        found = self.caller.read(self.entitlement)["status"]
        if found != word:
            raise Wrong(f"the witness said {word} and reads {found}")
        self.asked, self.slowest = self.asked + 1, max(self.slowest, took)

    def finish(self):
        """Raises what went wrong for him."""
        self.stopping.set()
        self.join(program.PATIENCE_S)
        self.caller.close()
        if self.trouble:
            raise self.trouble
        if not self.asked:
            raise Wrong("the witness asked nothing")
        if self.slowest > self.patience:
            raise Wrong(f"the witness waited {self.slowest:.1f} s for an answer")
        until("agreement about the witness's record", lambda: program.agree(
            self.caller.read(self.entitlement), self.caller.held().get(self.entitlement)))
        self.caller.close()
