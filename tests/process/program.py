"""The real program under test: started, asked, stopped and killed. Standard library only."""

import http.client
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest
import urllib.parse

ENTITLEMENTS = "/crm-gateway/v2/rmg/v1/entitlements"
TOKEN_PATH = "/keycloak/auth/realms/nagra/protocol/openid-connect/token"
PREMIUM = "BANGO_US_MUSIC_PREMIUM"

# Generous: a sanitizer build on a machine that has other things to do.
PATIENCE_S = 120

USHER = "build/release/usher"


def environment(extra=None):
    """Ours, without settings of whoever runs the tests."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("USHER_")}
    return kept | (extra or {})


def run(*arguments, extra=None, given=None, cwd=None):
    """A command that ends by itself."""
    return subprocess.run([USHER, *arguments], capture_output=True, text=True, input=given,
                          env=environment(extra), cwd=cwd, timeout=PATIENCE_S, check=False)


def until(what, condition, patience=PATIENCE_S):
    """Polls; returns the first true value."""
    deadline = time.monotonic() + patience
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"did not come in {patience} s: {what}")
        time.sleep(0.05)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers = status, {k.lower(): v for k, v in headers}
        self.text = body.decode("utf-8", "replace")

    @property
    def json(self):
        return json.loads(self.text)


class NotStarted(Exception):
    pass


class Program:
    """A command that serves until it is told to stop. Its diagnostics go to a file."""

    def __init__(self, *arguments, extra=None):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen([USHER, *arguments], stdout=subprocess.PIPE,
                                        stderr=self.log, text=True, env=environment(extra))
        self.ready = self.process.stdout.readline()
        if not self.ready.startswith("ready "):
            self.process.wait(PATIENCE_S)
            self.process.stdout.close()
            with self.log:
                raise NotStarted(self.read_log())
        self.addresses = dict(part.split("=", 1) for part in self.ready.split()[1:])

    def read_log(self):
        self.log.flush()
        return os.pread(self.log.fileno(), 1 << 28, 0).decode("utf-8", "replace")

    def port(self, name):
        return str(urllib.parse.urlsplit(self.addresses[name]).port)

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def stop(self, how=signal.SIGTERM):
        """Its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        try:
            code = self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError("it did not stop when told to") from None
        self.process.stdout.close()
        return code

    def release(self):
        if self.process.poll() is None:
            self.kill()
        self.log.close()

    def caller(self, user="portal"):
        return Caller(self, user)


def start_dev(data=None, ports=None, extra=None):
    ports = ports or {}
    arguments = ["dev"]
    for option, name in (("--port", "operator"), ("--sandbox-port", "sandbox"),
                         ("--admin-port", "admin")):
        arguments += [option, ports.get(name, "0")]
    if data:
        arguments += ["--data", str(data)]
    return Program(*arguments, extra=extra)


class Caller:
    """One user with connections of its own; for one thread."""

    def __init__(self, program, user):
        self.program, self.user = program, user
        self.connections = {}
        self.given_token = None

    def token(self):
        if self.given_token is None:
            form = urllib.parse.urlencode({"grant_type": "password", "client_id": "operator-portal",
                                           "username": self.user, "password": self.user})
            answer = self.send("sandbox", "POST", TOKEN_PATH, form,
                               {"Content-Type": "application/x-www-form-urlencoded"})
            self.given_token = answer.json["access_token"]
        return self.given_token

    def send(self, to, method, path, body=None, headers=None):
        """Raises OSError or HTTPException when no whole answer came."""
        if to not in self.connections:
            address = urllib.parse.urlsplit(self.program.addresses[to])
            self.connections[to] = http.client.HTTPConnection(address.hostname, address.port,
                                                              timeout=PATIENCE_S)
        connection = self.connections[to]
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            answer = Answer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException):
            self.connections.pop(to).close()
            raise
        if response.will_close:
            self.connections.pop(to).close()
        return answer

    def ask(self, method, path, body=None, headers=None):
        """The operator's listener, with the token; body is what becomes JSON."""
        fields = {"Authorization": "Bearer " + self.token()}
        if body is not None:
            fields["Content-Type"] = "application/json"
            body = json.dumps(body)
        return self.send("operator", method, path, body, fields | (headers or {}))

    def buy(self, account, product=PREMIUM, headers=None, **more):
        body = {"productType": "THIRDPARTY", "productId": product, "accountId": account,
                "status": "PENDING"}
        return self.ask("POST", ENTITLEMENTS, body | more, headers)

    def put(self, entitlement, status, headers=None, **more):
        return self.ask("PUT", f"{ENTITLEMENTS}/{entitlement}", {"status": status} | more, headers)

    def read(self, entitlement):
        return self.ask("GET", f"{ENTITLEMENTS}/{entitlement}").json

    def faults(self, rules):
        return self.send("sandbox", "PUT", "/sandbox/partner/faults", json.dumps({"rules": rules}),
                         {"Content-Type": "application/json"})

    def held(self):
        """What the partner holds, by our id."""
        answer = self.send("sandbox", "GET", "/sandbox/partner/entitlements")
        return {record["externalEntitlementId"]: record for record in answer.json}

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}


ENDED = ("CANCELLED", "REVOKED")
SAME = {"SUBSCRIBED": "ACTIVE", "UNSUBSCRIBED": "CANCELLED"}


def agree(record, held):
    """Whether our record is settled and says what the partner holds."""
    ours = SAME.get(record["status"], record["status"])
    if record["propagation"]["state"] != "confirmed":
        return False
    if held is None:
        return ours in ENDED
    theirs = held["status"]
    return ours == theirs or (ours in ENDED and theirs in ENDED)


class Case(unittest.TestCase):
    """Stops what a test started, and gives it a folder."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="usher-test-")
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def started(self, program):
        self.addCleanup(program.release)
        return program

    def called(self, program, user="portal"):
        caller = program.caller(user)
        self.addCleanup(caller.close)
        return caller


def main(parser):
    """Runs the caller's tests. --usher names the program; -k picks tests, as unittest has it."""
    global USHER
    parser.add_argument("--usher", default=USHER, help="the program (default: %(default)s)")
    known, rest = parser.parse_known_args()
    USHER = str(pathlib.Path(known.usher).resolve())
    unittest.main("__main__", argv=[parser.prog, *rest], verbosity=2)
