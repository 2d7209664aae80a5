#!/usr/bin/env python3
"""Clients that are slow, mute, gone, or too many. Meanwhile a witness must be served as always,
memory must stay within bounds, and afterwards nothing may be left of them."""

import argparse
import itertools
import json
import resource
import selectors
import socket
import struct
import threading
import time

import rig
from rig import ENTITLEMENTS, program, until

REQUEST_LIMIT_MS = 1000
IDLE_LIMIT_MS = 3000
ALLOWED = 1000
SMALL = {"USHER_OPERATOR_REQUEST_TIMEOUT_MS": str(REQUEST_LIMIT_MS),
         "USHER_OPERATOR_IDLE_TIMEOUT_MS": str(IDLE_LIMIT_MS),
         "USHER_OPERATOR_MAX_CONNECTIONS": str(ALLOWED),
         # So that whoever has a connection is served.
         "USHER_OPERATOR_MAX_IN_FLIGHT": str(4 * ALLOWED)}

# Bounds on liveness: for a sanitizer build on a machine that has other things to do.
PATIENCE_S = 20
# A connection may hold a request's head (16 KiB), what was read ahead (2 x 8 KiB), one answer and
# its coroutines; the rest is room for the allocator.
EACH_KIB = 64
SPARE_KIB = 16 * 1024
SANITIZED_KIB = 96 * 1024
# Connections to the partner are kept, at both ends, and both ends are in usher dev.
KEPT = 8


class Pourer:
    """Sends the same again and again, and never reads."""

    def __init__(self, connection, data):
        self.connection, self.data, self.at = connection, memoryview(data), 0
        self.moved, self.is_ended = time.monotonic(), False
        connection.settimeout(0)

    def pour(self):
        """As much as goes in at once, within reason: others want to be served too."""
        try:
            for _ in range(100):
                self.at += self.connection.send(self.data[self.at:])
                self.at %= len(self.data)
                self.moved = time.monotonic()
        except BlockingIOError:
            pass
        except ConnectionError:
            self.is_ended = True


class Slow(program.Case):
    """One program for all tests but the last."""

    @classmethod
    def setUpClass(cls):
        rig.allow_descriptors(4096)
        cls.spare = SANITIZED_KIB if rig.is_sanitized() else SPARE_KIB
        cls.usher = program.start_dev(extra=SMALL | rig.CALM)
        cls.accounts = itertools.count()

    @classmethod
    def tearDownClass(cls):
        cls.usher.release()

    def setUp(self):
        super().setUp()
        self.pid = self.usher.process.pid
        self.caller = self.called(self.usher)
        self.witness = rig.Witness(self.usher, self.new_account(), PATIENCE_S)
        self.entitlement = self.witness.entitlement
        for _ in range(4):
            self.witness.ask()
        self.opened = rig.descriptors(self.pid)
        self.memory = rig.resident_kib(self.pid)
        self.sockets = []
        self.addCleanup(self.close_all)
        self.witness.start()

    def close_all(self):
        for one in self.sockets:
            one.close()
        self.sockets = []
        self.witness.stopping.set()

    def connect(self, **how):
        self.sockets.append(rig.connect(self.usher, **how))
        return self.sockets[-1]

    def check_memory(self, connections):
        """At the height of it."""
        allowed = self.memory + connections * EACH_KIB + self.spare
        self.assertLessEqual(rig.resident_kib(self.pid), allowed, "resident KiB")

    def check_afterwards(self, connections):
        self.close_all()
        self.witness.finish()
        self.portal.close()
        until("closed descriptors",
              lambda: rig.descriptors(self.pid) <= self.opened + KEPT, PATIENCE_S)
        self.check_memory(connections)
        self.assertIsNone(self.usher.process.poll())

    @property
    def portal(self):
        """On a new connection, since a kept one is closed when it is idle."""
        self.caller.close()
        return self.caller

    def new_account(self):
        account = f"slow-{next(self.accounts)}"
        self.portal.ask("POST", "/adm/v1/accounts", {"_id": account})
        return account

    def token(self):
        return ("Authorization", "Bearer " + self.caller.token())

    def get(self):
        return rig.reading(self.caller, self.entitlement)

    def bought(self):
        """Another record, which the witness does not touch."""
        bought = self.portal.buy(self.new_account()).json["_id"]
        until("a settled record", lambda: self.portal.read(bought)["propagation"]["state"]
              == "confirmed")
        return bought, self.portal.read(bought)

    def refused_as_late(self, connection, sent):
        answer = rig.Answers(connection).next()
        self.assertIsNotNone(answer, f"closed without a word: {sent!r}")
        status, head, body = answer
        self.assertEqual((status, json.loads(body)["errorCode"]), (408, 40801), sent)
        self.assertIn(b"connection: close", head.lower())

    # --- slow

    def drip(self, texts):
        """Sends byte after byte on a connection for each text until the server ends it; the time
        runs from the first byte to the last, so sending on must not help."""
        watch = selectors.DefaultSelector()
        for text in texts:
            watch.register(self.connect(), selectors.EVENT_READ, [text, 0])
        deadline = time.monotonic() + PATIENCE_S
        while watch.get_map():
            self.assertLess(time.monotonic(), deadline, "a slow sender was not ended")
            for key in list(watch.get_map().values()):
                text, at = key.data
                self.assertLess(at, len(text), "a slow sender could send all of it")
                try:
                    key.fileobj.send(text[at:at + 1])
                except ConnectionError:
                    pass  # ended; what was answered is there to be read
                key.data[1] += 1
            pause = time.monotonic() + 0.2
            while time.monotonic() < pause:
                for key, _ in watch.select(0.05):
                    self.refused_as_late(key.fileobj, key.data[0][:key.data[1]])
                    watch.unregister(key.fileobj)

    def test_one_byte_at_a_time(self):
        padded = [("x", "y" * 500)]
        heads = [b"GET / HTTP/1.1\r\nHost: usher\r\nx: " + b"y" * 500,
                 rig.wire("GET", f"{ENTITLEMENTS}/x", padded)] * 20
        self.drip(heads)
        self.check_memory(len(heads))
        self.check_afterwards(len(heads))

    def test_a_body_byte_by_byte(self):
        bought, before = self.bought()
        path = f"{ENTITLEMENTS}/{bought}"
        fields = [self.token(), ("Content-Type", "application/json")]
        body = json.dumps({"status": "SUSPENDED", "x": "y" * 500}).encode()
        whole = rig.wire("PUT", path, fields, body)
        chunked = rig.wire("PUT", path, fields + [("Transfer-Encoding", "chunked")])
        chunks = b"".join(b"1\r\n%c\r\n" % byte for byte in body) + b"0\r\n\r\n"
        senders = []
        for head, rest in ((whole[:-len(body)], body), (chunked, chunks)):
            for _ in range(20):
                connection = self.connect()
                connection.sendall(head)
                senders.append((connection, rest))
        deadline = time.monotonic() + PATIENCE_S
        for at in range(3):
            for connection, rest in senders:
                connection.sendall(rest[at:at + 1])
            time.sleep(0.2)
        for connection, rest in senders:
            connection.settimeout(max(1, deadline - time.monotonic()))
            self.refused_as_late(connection, rest[:3])
        self.assertEqual(self.portal.read(bought), before)
        self.check_afterwards(len(senders))

    def test_a_body_that_never_comes(self):
        path = f"{ENTITLEMENTS}/{self.entitlement}"
        fields = [self.token(), ("Content-Type", "application/json")]
        for more, first in ((("Content-Length", "100"), b""),
                            (("Transfer-Encoding", "chunked"), b""),
                            (("Content-Length", "100"), b"HTTP/1.1 100 Continue\r\n\r\n")):
            expect = [("Expect", "100-continue")] if first else []
            connection = self.connect(timeout=PATIENCE_S)
            connection.sendall(rig.wire("PUT", path, fields + [more] + expect))
            if first:
                self.assertEqual(connection.recv(len(first), socket.MSG_WAITALL), first)
            self.refused_as_late(connection, str(more))
            self.assertEqual(rig.ended(connection), b"")
        self.check_afterwards(3)

    def test_connections_that_do_nothing(self):
        count = 300
        fresh = [self.connect(timeout=PATIENCE_S) for _ in range(count)]
        used = [self.connect(timeout=PATIENCE_S) for _ in range(count)]
        for connection in used:
            connection.sendall(self.get())
            self.assertEqual(rig.Answers(connection).next()[0], 200)
        self.check_memory(2 * count)
        for connection in fresh + used:
            self.assertEqual(rig.ended(connection), b"", "something was said to who said nothing")
        self.check_afterwards(2 * count)

    # --- not reading

    def test_readers_that_never_read(self):
        """Each pipelines requests until no more go in. What was answered must not pile up."""
        count = 10
        senders = [Pourer(self.connect(receive_buffer=2048), self.get() * 20)
                   for _ in range(count)]

        def pour():
            for sender in senders:
                sender.pour()
            self.check_memory(count)

        def no_more_goes_in():
            pour()
            return all(time.monotonic() - sender.moved > 1 for sender in senders)

        until("full buffers", no_more_goes_in)
        self.assertFalse([sender for sender in senders if sender.is_ended],
                         "ended before its time was over")
        until("an end of those who never read",
              lambda: pour() or all(sender.is_ended for sender in senders), 2 * PATIENCE_S)
        self.check_afterwards(count)

    # --- too many

    def test_twice_as_many_as_allowed(self):
        count = 2 * ALLOWED
        many = [self.connect(timeout=PATIENCE_S) for _ in range(count)]
        for connection in many:
            try:
                connection.sendall(self.get())
            except ConnectionError:
                pass  # a surplus one
        served, told, closed = 0, 0, 0
        for connection in many:
            try:
                answer = rig.Answers(connection).next()
            except ConnectionError:
                answer = None
            if answer is None:
                closed += 1
                continue
            status, head, body = answer
            if status == 200:
                served += 1
                continue
            self.assertEqual((status, json.loads(body)["errorCode"]), (503, 50301), body)
            self.assertRegex(head.lower(), rb"\r\nretry-after: [1-9][0-9]*\r\n")
            self.assertIn(b"\r\nconnection: close\r\n", head.lower())
            told += 1
        # The witness has connections too.
        self.assertLessEqual(served, ALLOWED)
        self.assertGreater(served, ALLOWED - 10)
        self.assertGreater(told, 0)
        self.assertEqual(served + told + closed, count)
        self.assertLessEqual(rig.descriptors(self.pid), self.opened + ALLOWED + 128 + KEPT)
        self.check_memory(count)
        self.check_afterwards(ALLOWED)
        self.assertEqual(self.asked_anew(), 200)

    def asked_anew(self):
        with rig.connect(self.usher) as connection:
            connection.sendall(self.get())
            return rig.Answers(connection).next()[0]

    # --- half closed

    def test_a_writing_side_that_is_closed(self):
        bought, _ = self.bought()
        connection = self.connect(timeout=PATIENCE_S)
        connection.sendall(self.get() * 3)
        connection.shutdown(socket.SHUT_WR)
        answers = rig.Answers(connection)
        self.assertEqual([answers.next()[0] for _ in range(3)], [200] * 3)
        self.assertIsNone(answers.next())
        self.portal.faults([{"action": "suspend", "effect": "delay", "delay_ms": 1500,
                                     "times": 1}])
        connection = self.connect(timeout=PATIENCE_S)
        connection.sendall(rig.update(self.caller, bought, "SUSPENDED",
                                      [("Prefer", "wait=10")]))
        connection.shutdown(socket.SHUT_WR)
        status, head, body = rig.Answers(connection).next()
        self.assertEqual((status, json.loads(body)["modifiedCount"]), (200, 1))
        self.assertIn(b"usher-propagation: confirmed", head.lower())
        self.assertEqual(rig.ended(connection), b"")
        self.check_afterwards(2)

    def test_half_a_request_and_no_more(self):
        bought, before = self.bought()
        whole = rig.update(self.caller, bought, "SUSPENDED")
        for length in (1, 10, len(whole) // 2, whole.find(b"\r\n\r\n") + 2,
                       whole.find(b"\r\n\r\n") + 4, len(whole) - 1):
            connection = self.connect(timeout=PATIENCE_S)
            connection.sendall(whole[:length])
            connection.shutdown(socket.SHUT_WR)
            came = rig.ended(connection)
            self.assertNotRegex(came or b"", rb"^HTTP/1\.1 2", whole[:length])
        self.assertEqual(self.portal.read(bought), before)
        self.check_afterwards(6)

    # --- gone

    def test_resets_in_the_middle_of_answers(self):
        request = self.get() * 50
        for index in range(300):
            connection = self.connect(receive_buffer=2048)
            connection.sendall(request)
            if index % 3:
                connection.recv(index)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.sockets.pop().close()
        self.check_afterwards(50)

    def test_who_goes_while_the_partner_is_slow(self):
        """The change was accepted: it goes on without him, once."""
        for reset in (False, True):
            bought, _ = self.bought()
            self.portal.faults([{"action": "suspend", "effect": "delay",
                                         "delay_ms": 1500, "times": 1}])
            connection = self.connect()
            connection.sendall(rig.update(self.caller, bought, "SUSPENDED",
                                          [("Prefer", "wait=10")]))
            until("the change", lambda: self.portal.read(bought)["status"] == "SUSPENDED")
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                      struct.pack("ii", 1, 0))
            self.sockets.pop().close()
            until("both sides suspended", lambda: program.agree(
                self.portal.read(bought), self.portal.held()[bought]))
            held = self.portal.held()[bought]
            self.assertEqual((held["status"], held["effects"]),
                             ("SUSPENDED", {"create": 1, "suspend": 1}))
        self.check_afterwards(2)


class FewDescriptors(program.Case):
    """Started with the soft limit that systemd and shells give: 1,024 descriptors, which the
    connections that are allowed would use up. The hard limit is higher."""

    def setUp(self):
        super().setUp()
        rig.allow_descriptors(4096)
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (1024, hard))
        self.usher = self.started(program.start_dev(extra={"USHER_STORE_READERS": "8"}))
        rig.allow_descriptors(4096)
        self.portal = self.called(self.usher)
        self.entitlement = self.portal.buy("account-1").json["_id"]
        self.callers = [self.called(self.usher) for _ in range(8)]
        for caller in self.callers:
            caller.given_token = self.portal.token()
            caller.send("operator", "GET", "/")  # a connection that stays
        for _ in range(ALLOWED + 500):
            self.addCleanup(rig.connect(self.usher).close)

    def test_connections_do_not_take_what_the_partner_needs(self):
        # The connection to the partner breaks, so that the next call needs a new one.
        self.portal.faults([{"action": "suspend", "effect": "lose-request", "times": 1}])
        changed = self.portal.put(self.entitlement, "SUSPENDED", {"Prefer": "wait=10"})
        self.assertEqual((changed.status, changed.headers.get("usher-propagation")),
                         (200, "confirmed"), self.portal.read(self.entitlement))

    def test_connections_do_not_take_what_the_store_needs(self):
        def read(caller):
            for _ in range(20):
                answer = caller.ask("GET", f"{ENTITLEMENTS}/{self.entitlement}")
                answers.append((answer.status, answer.json.get("errorCode")))

        answers = []
        readers = [threading.Thread(target=read, args=(caller,)) for caller in self.callers]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.assertEqual(set(answers), {(200, None)})


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="slow.py", description=__doc__))
