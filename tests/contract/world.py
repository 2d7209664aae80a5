"""The programs that are asked, and requests as bytes."""

import base64
import contextlib
import http.client
import http.server
import json
import pathlib
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "process"))
import program  # noqa: E402

EDITIONS = {"demo": "A", "demo_b": "B", "demo_c": "C", "second": "A"}
DEFAULT_TENANT = "demo"
REALM = "/keycloak/auth/realms/nagra"
UNLIMITED = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    @property
    def json(self):
        return json.loads(self.body)


def receive(connection, method):
    response = http.client.HTTPResponse(connection, method=method)
    response.begin()
    return Answer(response.status, response.getheaders(), response.read())


class Request:
    """One that can be varied before it is sent: each `with_…` gives another one."""

    def __init__(self, method, target, headers=(), body=None):
        self.method, self.target, self.headers, self.body = method, target, dict(headers), body

    def with_header(self, name, value):
        headers = {key: old for key, old in self.headers.items() if key.lower() != name.lower()}
        if value is not None:
            headers[name] = value
        return Request(self.method, self.target, headers, self.body)

    def with_query(self, query):
        mark = "&" if "?" in self.target else "?"
        return Request(self.method, self.target + mark + query, self.headers, self.body)

    def with_target(self, target):
        return Request(self.method, target, self.headers, self.body)

    def with_text(self, text):
        return Request(self.method, self.target, self.headers, text.encode())

    def with_json(self, value):
        return self.with_text(json.dumps(value))

    def without(self, name):
        """Without one field of the body."""
        return self.with_json({key: value for key, value in json.loads(self.body).items()
                               if key != name})

    def having(self, **fields):
        """With other fields in the body."""
        return self.with_json(json.loads(self.body or "{}") | fields)

    def wire(self, version="HTTP/1.1", host="localhost", length=None):
        lines = [f"{self.method} {self.target} {version}"]
        lines += [f"Host: {host}"] if host else []
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        if length is None and self.body is not None:
            length = len(self.body)
        lines += [f"Content-Length: {length}"] if length is not None else []
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (self.body or b"")


def bearer(token):
    return "Bearer " + token


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def edition_of(request):
    named = {name.lower(): value for name, value in request.headers.items()}
    return EDITIONS.get(named.get("nv-tenant-id", DEFAULT_TENANT))


class World:
    """Programs with the addresses of their listeners; what they answer goes to `observed`."""

    def __init__(self, observed):
        self.observed = observed
        self.stack = contextlib.ExitStack()
        self.folder = pathlib.Path(self.stack.enter_context(
            tempfile.TemporaryDirectory(prefix="usher-contract-")))
        self.made = 0
        self.misses = []

    def close(self):
        self.stack.close()

    def started(self, started):
        self.stack.callback(started.release)
        return started

    def new_name(self, prefix):
        """Never the same twice."""
        self.made += 1
        return f"{prefix}-{self.made}"

    # --- programs

    def dev(self, extra=None):
        return self.started(program.start_dev(extra=extra))

    def sandbox(self):
        return self.started(program.Program("sandbox", "--port", "0"))

    def serve(self, issuer, partner, tenants, extra=None, store=None):
        name = self.new_name("serve")
        path = self.folder / f"{name}.toml"
        path.write_text(f"""
[operator]
listen = "127.0.0.1:0"
[admin]
listen = "127.0.0.1:0"
[store]
url = "sqlite:{store or self.folder / name}.db"
[auth]
issuer = "{issuer}"
tenant_claim = "tenants"
[partner.bango]
url = "{partner}/bango"
username = "usher"
password = "usher"
customer_id = "{{tenant}}-{{account}}"
report_username = "usher"
report_password = "usher"
report_client = "partner-reports"
{tenants}
""", encoding="utf-8")
        return self.started(program.Program("serve", "--config", str(path), extra=extra))

    def serve_that_may_fill_up(self, *arguments, **more):
        """A process that meets its file size limit is killed, unless it was told to ignore that."""
        path = self.folder / "usher-ignoring-xfsz"
        path.write_text(f"#!/bin/sh\ntrap '' XFSZ\nexec '{program.USHER}' \"$@\"\n",
                        encoding="utf-8")
        path.chmod(0o700)
        real, program.USHER = program.USHER, str(path)
        try:
            return self.serve(*arguments, **more)
        finally:
            program.USHER = real

    # --- asking

    def exchange(self, started, listener, wire, method):
        address = urllib.parse.urlsplit(started.addresses[listener])
        with socket.create_connection((address.hostname, address.port),
                                      program.PATIENCE_S) as connection:
            # One that is refused may be closed before all of it was read.
            with contextlib.suppress(ConnectionError):
                connection.sendall(wire)
            return receive(connection, method)

    def send(self, started, request, listener="operator", wire=None):
        """Records what came. `wire` are other bytes, which stand for the request."""
        answer = self.exchange(started, listener, wire or request.wire(), request.method)
        self.observed.take(listener, request.method, request.target, answer, edition_of(request))
        return answer

    def expect(self, wanted, started, request, listener="operator", wire=None):
        """`wanted` is a status (200) or an error code (40301)."""
        answer = self.send(started, request, listener, wire)
        got = answer.status
        if wanted > 999:
            body = answer.json if answer.body.startswith(b"{") else {}
            got = body.get("errorCode", got)
        if got != wanted:
            self.misses.append(f"{request.method} {request.target[:100]}: wanted {wanted}, got "
                               f"{answer.status} {answer.body[:300].decode('utf-8', 'replace')}")
        return answer

    def sandbox_call(self, started, method, path, value=None):
        headers = {"Content-Type": "application/json"} if value is not None else {}
        request = Request(method, path, headers)
        if value is not None:
            request = request.with_json(value)
        return self.exchange(started, "sandbox", request.wire(), method).json

    def token(self, sandbox, user="portal"):
        form = urllib.parse.urlencode({"grant_type": "password", "client_id": "operator-portal",
                                       "username": user, "password": user})
        request = Request("POST", program.TOKEN_PATH,
                          {"Content-Type": "application/x-www-form-urlencoded"}).with_text(form)
        return self.exchange(sandbox, "sandbox", request.wire(), "POST").json["access_token"]

    def hold(self, started, listener, count, probe):
        """Keeps connections open, all of them taken in: the last one was answered."""
        address = urllib.parse.urlsplit(started.addresses[listener])
        held = [self.stack.enter_context(socket.create_connection(
            (address.hostname, address.port), program.PATIENCE_S)) for _ in range(count)]
        held[-1].sendall(probe.wire())
        receive(held[-1], probe.method)
        return held


@contextlib.contextmanager
def no_room(started):
    """The process can write to no file."""
    resource.prlimit(started.process.pid, resource.RLIMIT_FSIZE, (0, UNLIMITED[1]))
    try:
        yield
    finally:
        resource.prlimit(started.process.pid, resource.RLIMIT_FSIZE, UNLIMITED)


class Issuer:
    """A token issuer that lets tokens be as old as they shall be. Signs with openssl."""

    def __init__(self, folder):
        self.key = folder / "issuer.pem"
        self.openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048",
                     "-out", self.key)
        text = self.openssl("rsa", "-in", self.key, "-noout", "-modulus").decode()
        modulus = bytes.fromhex(text.strip().removeprefix("Modulus="))
        self.jwk = {"kty": "RSA", "kid": "contract", "alg": "RS256", "use": "sig",
                    "n": b64url(modulus), "e": b64url(b"\x01\x00\x01")}
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self.handler())
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def openssl(self, *arguments, given=None):
        return subprocess.run(["openssl", *map(str, arguments)], input=given, check=True,
                              capture_output=True).stdout

    def handler(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = json.dumps(
                    {"keys": [issuer.jwk]} if self.path == "/keys" else
                    {"issuer": issuer.url, "jwks_uri": issuer.url + "/keys"}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler

    def token(self, age_s, lifetime_s=60, subject="contract"):
        now = int(time.time())
        claims = {"iss": self.url, "sub": subject, "typ": "Bearer", "azp": "operator-portal",
                  "iat": now - age_s, "exp": now - age_s + lifetime_s,
                  "realm_access": {"roles": ["operatorRole", "adminRole"]}, "tenants": ["demo"]}
        signed = ".".join(b64url(json.dumps(part).encode()) for part in (
            {"alg": "RS256", "typ": "JWT", "kid": "contract"}, claims))
        signature = self.openssl("dgst", "-sha256", "-sign", self.key, given=signed.encode())
        return f"{signed}.{b64url(signature)}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def stop(started):
    code = started.stop(signal.SIGTERM)
    if code != 0:
        raise SystemExit(f"the program ended with {code}:\n{started.read_log()[-2000:]}")
