#!/usr/bin/env python3
"""How the real program starts, stops, and says what is wrong."""

import argparse
import json
import os
import signal
import socket
import sqlite3
import threading

import program
from program import Program

COMMANDS = ("serve", "dev", "sandbox", "check", "settings", "errors", "lifecycle", "explore",
            "token", "explain", "causes")


class Life(program.Case):
    def settings(self, text="", sandbox="http://127.0.0.1:1", name="usher.toml"):
        """A file with which serve starts, and what is added at its end."""
        path = self.folder / name
        path.write_text(f"""
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{self.folder}/usher.db"
[auth]
issuer = "{sandbox}/keycloak/auth/realms/nagra"
[partner.bango]
url = "{sandbox}/bango"
username = "usher"
password = "usher"
[[tenant]]
id = "operator"
default = true
{text}
""")
        return str(path)

    def refused(self, *arguments, extra=None, names=()):
        """Wrong usage or settings: exit 2, a sentence on stderr that names what is wrong."""
        done = program.run(*arguments, extra=extra)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stdout, "")
        for name in names:
            self.assertIn(name, done.stderr)
        return done.stderr

    # --- the store's file

    def test_every_page_of_a_store_can_be_looked_at(self):
        usher = self.started(program.start_dev(self.folder))
        portal = self.called(usher)
        stop = threading.Event()

        def change():
            mine = usher.caller()
            for number in range(10_000):
                if stop.is_set():
                    break
                mine.ask("POST", "/adm/v1/accounts", {"_id": f"a-{number}"})
            mine.close()

        self.assertEqual(portal.buy("account-1").status, 201)
        path = self.folder / "usher.db"
        named = {"USHER_STORE_URL": f"sqlite:{path}"}
        writer = threading.Thread(target=change)
        writer.start()
        for _ in range(5):  # while it is written to
            done = program.run("check", "--store", extra=named)
            self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)
            self.assertRegex(done.stdout, r"usher\.db: \d+ pages, all in order\n\Z")
        stop.set()
        writer.join()
        self.assertEqual(usher.stop(), 0)

        damaged = bytearray(path.read_bytes())
        page = len(damaged) // 4096 // 2
        damaged[page * 4096 + 100] ^= 1
        path.write_bytes(damaged)
        done = program.run("check", "--store", "--format", "json", extra=named)
        self.assertEqual(done.returncode, 1)
        self.assertEqual(json.loads(done.stdout)["damaged"], [page + 1])
        done = program.run("check", "--store", extra=named)
        self.assertIn(f"damaged: {page + 1}. Restore it from a backup.", done.stdout)
        self.refused("check", "--store", extra={"USHER_STORE_URL": f"sqlite:{self.folder}/none"},
                     names=["none", "cannot be read"])

    # --- what a person types first

    def test_help_has_an_example(self):
        for command in COMMANDS:
            done = program.run(command, "--help")
            self.assertEqual(done.returncode, 0, command)
            self.assertRegex(done.stdout, rf"Example: usher {command}\b")
            self.assertEqual(done.stderr, "")
        done = program.run("--help")
        self.assertEqual(done.returncode, 0)
        for command in COMMANDS:
            self.assertRegex(done.stdout, rf"\n +{command} ")

    def test_version(self):
        done = program.run("--version")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertRegex(done.stdout, r"\Ausher \d+\.\d+\.\d+\n\Z")

    def test_wrong_usage_is_2(self):
        for arguments in ((), ("no-such-command",), ("check",), ("dev", "--port", "many"),
                          ("errors", "--format", "yaml"), ("token",), ("serve", "--nothing")):
            with self.subTest(arguments):
                self.assertIn("--help", self.refused(*arguments))

    def test_no_colour_in_what_is_printed(self):
        for extra in ({"NO_COLOR": "1", "TERM": "xterm"}, {"TERM": "xterm"}):
            for arguments in (("--help",), ("settings",), ("errors",), ("lifecycle",), ("check",)):
                done = program.run(*arguments, extra=extra)
                self.assertNotIn("\x1b", done.stdout + done.stderr)

    def test_met_trouble_is_1(self):
        done = program.run("token", "--url", "http://127.0.0.1:1", "--user", "portal",
                           "--password", "portal")
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("http://127.0.0.1:1", done.stderr)

    # --- settings

    def test_a_good_file(self):
        done = program.run("check", "--config", self.settings())
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_unreadable_settings(self):
        missing = str(self.folder / "missing.toml")
        for command in ("check", "serve"):
            self.refused(command, "--config", missing, names=[missing])
        self.refused("check", "--config", str(self.folder), names=[str(self.folder)])
        secret = self.settings(f"[[partner.bango.route]]\npassword_file = '{self.folder}'")
        self.refused("check", "--config", secret, names=["password_file"])
        for path in (missing, str(self.folder)):
            self.refused("check", "--config", self.settings(), names=["password_file", path],
                         extra={"USHER_PARTNER_BANGO_PASSWORD_FILE": path})
        broken = self.settings("this is not TOML")
        self.refused("serve", "--config", broken, names=[broken, ":"])

    def test_unknown_settings_name_the_nearest(self):
        wrong = self.settings("wait_s = 5")
        self.refused("check", "--config", wrong, names=["tenant.wait_s", "tenant.wait_ms"])
        wrong = self.settings("[partner.bango.valeus]\nundo_value = 'x'")
        self.refused("serve", "--config", wrong, names=["partner.bango.values.undo_value"])
        self.refused("check", "--config", self.settings(), extra={"USHER_STORE_URI": "x"},
                     names=["USHER_STORE_URI", "USHER_STORE_URL"])

    def test_all_that_is_wrong_is_said_at_once(self):
        said = self.refused("check", "--config", self.settings("id_ = 5\n[[tenant]]\n"),
                            extra={"USHER_DRAIN_MS": "soon", "USHER_AUTH_ANY_TENANT": "perhaps"})
        for name in ("tenant.id_", "drain_ms", "auth.any_tenant"):
            self.assertIn(name, said.lower().replace("usher_drain_ms", "drain_ms").replace(
                "usher_auth_any_tenant", "auth.any_tenant"))

    def test_several_tenants_need_a_claim(self):
        said = self.refused("serve", "--config", self.settings('[[tenant]]\nid = "second"'))
        self.assertIn("auth.tenant_claim", said)
        self.assertIn("auth.any_tenant", said)

    def test_environment_wins(self):
        done = program.run("settings", "--config", self.settings(),
                           extra={"USHER_STORE_QUEUE_LIMIT": "77"})
        self.assertIn("store.queue_limit = 77", done.stdout)

    # --- start

    def test_taken_ports(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            for option in ("--port", "--sandbox-port", "--admin-port"):
                ports = dict.fromkeys(("--port", "--sandbox-port", "--admin-port"), "0")
                ports[option] = port
                words = [word for pair in ports.items() for word in pair]
                self.refused("dev", *words, names=[port])
            self.refused("sandbox", "--port", port, names=[port])
            for name in ("USHER_OPERATOR_LISTEN", "USHER_ADMIN_LISTEN"):
                self.refused("serve", "--config", self.settings(),
                             extra={name: f"127.0.0.1:{port}"}, names=[port])

    def test_ready_lines(self):
        address = r"http://127\.0\.0\.1:[1-9]\d*"
        dev = self.started(program.start_dev())
        self.assertRegex(dev.ready,
                         rf"\Aready operator={address} admin={address} sandbox={address}\n\Z")
        sandbox = self.started(Program("sandbox", "--port", "0"))
        self.assertRegex(sandbox.ready, rf"\Aready sandbox={address}\n\Z")
        serve = self.started(Program("serve", "--config", self.settings()))
        self.assertRegex(serve.ready, rf"\Aready operator={address} admin={address}\n\Z")
        # Ready means that it answers, the issuer away or not.
        caller = self.called(serve)
        for path in ("/health/live", "/health/ready"):
            self.assertEqual(caller.send("admin", "GET", path).status, 200)
        for started in (dev, sandbox, serve):
            self.assertEqual(started.stop(), 0)

    def test_tells_systemd(self):
        path = str(self.folder / "notify")
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
            heard.bind(path)
            heard.settimeout(program.PATIENCE_S)
            serve = self.started(Program("serve", "--config", self.settings(),
                                         extra={"NOTIFY_SOCKET": path}))
            self.assertIn(b"READY=1", heard.recv(4096))
            self.assertEqual(serve.stop(), 0)
            self.assertIn(b"STOPPING=1", heard.recv(4096))

    # --- the store

    def test_a_second_one_on_the_same_store(self):
        first = self.started(Program("serve", "--config", self.settings()))
        said = self.refused("serve", "--config", self.settings(name="second.toml"),
                            names=["usher.db"])
        self.assertEqual(len(said.strip().splitlines()), 1, said)
        self.assertEqual(first.stop(), 0)
        again = self.started(Program("serve", "--config", self.settings()))
        self.assertEqual(again.stop(), 0)

    def test_a_newer_schema(self):
        first = self.started(Program("serve", "--config", self.settings()))
        self.assertEqual(first.stop(), 0)
        path = self.folder / "usher.db"
        with sqlite3.connect(path) as database:
            version = database.execute("PRAGMA user_version").fetchone()[0]
            database.execute(f"PRAGMA user_version = {version + 1}")
        database.close()
        before = path.read_bytes()
        self.refused("serve", "--config", self.settings(), names=["usher.db"])
        self.assertEqual(path.read_bytes(), before)

    def test_a_file_that_is_no_store(self):
        (self.folder / "usher.db").write_bytes(b"something else\n" * 1000)
        self.refused("serve", "--config", self.settings(), names=["usher.db"])

    def test_a_store_in_no_folder(self):
        url = f"sqlite:{self.folder}/none/usher.db"
        self.refused("serve", "--config", self.settings(), extra={"USHER_STORE_URL": url},
                     names=[f"{self.folder}/none/usher.db"])

    def test_data_is_kept_over_a_stop(self):
        data = self.folder / "data"
        first = self.started(program.start_dev(data))
        portal = self.called(first)
        bought = portal.buy("account-1").json["_id"]
        before = portal.read(bought)
        held = portal.held()[bought]
        self.assertEqual(first.stop(), 0)
        second = self.started(program.start_dev(data))
        portal = self.called(second)
        after = portal.read(bought)
        self.assertEqual(after["status"], before["status"])
        self.assertEqual(portal.held()[bought], held)
        self.assertEqual(portal.put(bought, "SUSPENDED").status, 200)
        self.assertEqual(second.stop(), 0)

    # --- stop

    def test_signals_end_it_well(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            for usher in (self.started(program.start_dev()),
                          self.started(Program("sandbox", "--port", "0"))):
                self.assertEqual(usher.stop(how), 0)
                self.assertNotIn('"level":"error"', usher.read_log())

    def test_what_is_in_flight_is_finished(self):
        usher = self.started(program.start_dev())
        portal, idle = self.called(usher), self.called(usher)
        entitlement = portal.buy("account-1").json["_id"]
        self.assertEqual(idle.read(entitlement)["status"], "ACTIVE")  # keeps a connection open
        portal.faults([{"action": "suspend", "effect": "delay", "delay_ms": 2000}])
        answers = []
        waiting = threading.Thread(target=lambda: answers.append(
            portal.put(entitlement, "SUSPENDED", {"Prefer": "wait=10"})))
        waiting.start()
        # Told to stop only when the request is known to be there.
        program.until("the request", lambda: idle.read(entitlement)["status"] == "SUSPENDED")
        self.assertEqual(usher.stop(), 0)
        waiting.join()
        self.assertEqual((answers[0].status, answers[0].json),
                         (200, {"matchedCount": 1, "modifiedCount": 1}))
        with self.assertRaises(OSError):
            self.called(usher).send("operator", "GET", "/")

    def test_nothing_is_left_behind(self):
        where = self.folder / "tmp"
        where.mkdir()
        usher = self.started(program.start_dev(extra={"TMPDIR": str(where)}))
        self.assertEqual(len(os.listdir(where)), 1)
        self.assertEqual(usher.stop(), 0)
        self.assertEqual(os.listdir(where), [])


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="life.py", description=__doc__))
