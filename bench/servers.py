"""Starts and stops whoever is measured: Usher, its sandbox, and the rivals. Each on free ports of
this machine, each with its files in the run's own folder."""

import base64
import json
import os
import pathlib
import pwd
import signal
import socket
import subprocess
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests" / "process"))
import program  # noqa: E402

PATIENCE_S = 60
POSTGRES_BIN = "/usr/lib/postgresql/15/bin"
REALM = "/keycloak/auth/realms/nagra"
PROCESSES = os.cpu_count() or 1
# Of all processes of the everyday stack together; measured best of 8, 16, 32, 64 and 128.
POOL = 32


class Trouble(Exception):
    """A run that says nothing, and why."""


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def wait_for_port(port, process):
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise Trouble(f"{process.args[0]} ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    raise Trouble(f"{process.args[0]} did not listen within {PATIENCE_S} s")


def run_program(*arguments, extra=None):
    """Usher's own commands that end by themselves, after however long."""
    return subprocess.run([program.USHER, *map(str, arguments)], capture_output=True, text=True,
                          env=program.environment(extra), check=False)


class Silent:
    """A port that refuses connections and that nobody else gets meanwhile."""

    def __init__(self):
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]

    def close(self):
        self.socket.close()


def end(process, how=signal.SIGTERM):
    """A process that leads a group of its own."""
    if process.poll() is None:
        process.send_signal(how)
    try:
        process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Served:
    """A program that serves on one port until it is stopped."""

    def __init__(self, name, port, command, log, **more):
        self.port = port
        with open(log, "ab") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out,
                                            start_new_session=True, **more)
        try:
            wait_for_port(port, self.process)
        except Trouble as trouble:
            end(self.process, signal.SIGKILL)
            last = pathlib.Path(log).read_text(errors="replace")[-2000:]
            raise Trouble(f"{name}: {trouble}\n{last}") from None

    def stop(self):
        end(self.process)


class Sandbox:
    """Partner and token issuer, with everything in memory."""

    def __init__(self):
        self.program = program.Program("sandbox", "--port", "0")
        self.url = self.program.addresses["sandbox"]
        self.issuer = self.url + REALM
        self.caller = self.program.caller()

    def token(self, user="portal"):
        self.caller.close()  # what was kept may have been idle for too long
        self.caller.user, self.caller.given_token = user, None
        return self.caller.token()

    def keys(self):
        self.caller.close()
        answer = self.caller.send("sandbox", "GET", REALM + "/protocol/openid-connect/certs")
        return answer.json["keys"]

    def stop(self):
        self.caller.close()
        self.program.stop()
        self.program.release()


SETTINGS = """log_level = "warning"
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{store}"
[auth]
issuer = "{issuer}"
tenant_claim = "tenants"
[partner.bango]
url = "{partner}"
username = "usher"
password = "usher"
customer_id = "{{tenant}}-{{account}}"
"""
TENANT = """[[tenant]]
id = "{name}"
default = {default}
edition = "A"
requests_per_second = {limit}
"""


class Usher:
    """`usher serve` on one store; `partner` is where it looks for the partner. The first of the
    tenants is the default one; each may send so many requests a second, 0 as many as it likes."""

    def __init__(self, folder, store, sandbox, partner, tenants=("demo",), limit=0):
        self.config = folder / f"usher-{store.stem}.toml"
        text = SETTINGS.format(store=store, issuer=sandbox.issuer, partner=partner)
        for name in tenants:
            text += TENANT.format(name=name, default=str(name == tenants[0]).lower(),
                                  limit=limit)
        self.config.write_text(text)
        self.program = program.Program("serve", "--config", str(self.config))
        self.port = int(self.program.port("operator"))
        self.admin_port = int(self.program.port("admin"))
        self.process = self.program.process

    def stop(self):
        try:
            code = self.program.stop()
            if code != 0:
                raise Trouble(f"usher ended with {code}: {self.program.read_log()[-2000:]}")
        finally:
            self.program.release()


def unprivileged():
    """PostgreSQL refuses to run as root."""
    if os.getuid() != 0:
        return {}
    user = pwd.getpwnam("postgres")
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
    """PostgreSQL 15 on a socket in `folder`, durable, tuned as far as a team would."""

    TUNING = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on",
              "shared_buffers": "256MB", "max_connections": "600", "max_wal_size": "4GB",
              "min_wal_size": "1GB", "wal_buffers": "16MB", "jit": "off", "listen_addresses": ""}

    def __init__(self, folder):
        self.folder = folder / "postgres"
        self.log = folder / "postgres.log"
        self.process = None
        self.who = unprivileged()
        self.folder.mkdir(mode=0o700)
        if self.who:
            os.chown(self.folder, self.who["user"], self.who["group"])
        self.run("initdb", "-D", self.folder / "data", "-A", "trust", "-U", "bench")

    def run(self, name, *arguments, given=None):
        done = subprocess.run([f"{POSTGRES_BIN}/{name}", *map(str, arguments)], input=given,
                              capture_output=True, text=True, cwd="/", check=False, **self.who)
        if done.returncode != 0:
            raise Trouble(f"{name}: {done.stderr[-2000:]}")
        return done.stdout

    def sql(self, text):
        return self.run("psql", "-h", self.folder, "-U", "bench", "-d", "postgres", "-qAtX", "-v",
                        "ON_ERROR_STOP=1", given=text)

    def start(self):
        options = [f"-c{key}={value}" for key, value in self.TUNING.items()]
        with open(self.log, "ab") as out:
            self.process = subprocess.Popen(
                [f"{POSTGRES_BIN}/postgres", "-D", str(self.folder / "data"), "-k",
                 str(self.folder), *options], stdout=out, stderr=out, cwd="/",
                start_new_session=True, **self.who)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                return self.sql("SELECT 1")
            except Trouble:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise
                time.sleep(0.05)

    def run_in(self):
        """Makes log files that it then uses again, as a server that has run for a while has."""
        self.sql("CREATE TABLE filler (number bigint, text text);"
                 + "INSERT INTO filler SELECT i, repeat('x', 900) FROM "
                   "generate_series(1, 100000) i; TRUNCATE filler;" * 7
                 + "DROP TABLE filler; CHECKPOINT;")

    def stop(self):
        if self.process:
            end(self.process, signal.SIGINT)  # "fast": ends its connections
            self.process = None


class Everyday:
    """Fastify, jose and pg over that PostgreSQL, a process a core."""

    def __init__(self, folder, modules, postgres, sandbox, calls=False):
        self.postgres = postgres
        postgres.start()
        settings = {"port": free_port(), "processes": PROCESSES, "calls": calls,
                    "pool": POOL // PROCESSES, "issuer": sandbox.issuer,
                    "database": {"host": str(postgres.folder), "user": "bench",
                                 "database": "postgres"}}
        extra = {"BENCH_SETTINGS": json.dumps(settings), "NODE_ENV": "production"}
        command = [str(modules / "node_modules" / "node" / "bin" / "node"), "server.js"]
        try:
            self.served = Served("the everyday stack", settings["port"], command,
                                 folder / "everyday.log", cwd=modules, env=os.environ | extra)
        except Trouble:
            postgres.stop()
            raise
        self.port, self.process = self.served.port, self.served.process

    def stop(self):
        self.served.stop()
        self.postgres.stop()


def start_nginx(folder, answer):
    """`return 200` with an answer of the same size."""
    port = free_port()
    text = (HERE / "rivals" / "nginx.conf").read_text()
    for name, value in {"FOLDER": folder, "PORT": port, "CORES": PROCESSES,
                        "ANSWER": answer}.items():
        text = text.replace(f"@{name}@", str(value))
    config = folder / "nginx.conf"
    config.write_text(text)
    return Served("nginx", port, ["/usr/sbin/nginx", "-e", str(folder / "nginx.log"), "-c",
                                  str(config)], folder / "nginx.log")


def start_haproxy(folder, answer, sandbox):
    port = free_port()
    signing = [key for key in sandbox.keys() if key.get("use", "sig") == "sig"]
    (folder / "public.pem").write_text(public_pem(signing[0]))
    (folder / "answer.json").write_text(answer)
    text = (HERE / "rivals" / "haproxy.cfg").read_text()
    for name, value in {"FOLDER": folder, "PORT": port, "CORES": PROCESSES}.items():
        text = text.replace(f"@{name}@", str(value))
    config = folder / "haproxy.cfg"
    config.write_text(text)
    return Served("haproxy", port, ["/usr/sbin/haproxy", "-db", "-f", str(config)],
                  folder / "haproxy.log")


def der(tag, content):
    size = len(content)
    length = bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def public_pem(key):
    """An RSA key of 2048 bits or more from its JWK: SubjectPublicKeyInfo."""
    def integer(text):
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        return der(2, (b"\0" if raw[0] > 127 else b"") + raw)
    rsa = der(0x30, integer(key["n"]) + integer(key["e"]))
    algorithm = bytes.fromhex("300d06092a864886f70d0101010500")
    text = base64.b64encode(der(0x30, algorithm + der(3, b"\0" + rsa))).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
