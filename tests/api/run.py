#!/usr/bin/env python3
"""Runs the API tests of this folder against the real program. Python's standard library only."""

import argparse
import base64
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
CANARY = "c4nary"
TOKEN_PATH = "/keycloak/auth/realms/nagra/protocol/openid-connect/token"


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Mismatch(Exception):
    pass


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    def header(self, name):
        for key, value in self.headers:
            if key.lower() == name.lower():
                return value
        return None


class Program:
    """usher dev on free ports, or one that runs already."""

    def __init__(self, arguments):
        self.process = None
        self.addresses = {"operator": arguments.operator, "sandbox": arguments.sandbox,
                          "admin": arguments.admin}
        self.log = tempfile.TemporaryFile()
        self.output = ""
        if not arguments.operator:
            self.start(arguments.usher)
        self.connections = {}
        self.tokens = {}

    def start(self, usher):
        command = [usher, "dev", "--port", "0", "--sandbox-port", "0", "--admin-port", "0"]
        # A line for every request, or there would be nothing in which a secret could show.
        environment = os.environ | {"USHER_LOG_LEVEL": "debug"}
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log, text=True,
                                        env=environment)
        for line in self.process.stdout:
            self.output += line
            if line.startswith("ready "):
                self.addresses = dict(part.split("=", 1) for part in line.split()[1:])
                return
        raise SystemExit(f"{' '.join(command)} ended before it was ready:\n{self.read_log()}")

    def read_log(self):
        self.log.seek(0)
        return self.log.read().decode("utf-8", "replace")

    def stop(self):
        """Ends the program; true when it ended well by itself."""
        for connection in self.connections.values():
            connection.close()
        if not self.process:
            return True
        self.process.terminate()
        try:
            rest, _ = self.process.communicate(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            rest, _ = self.process.communicate()
            return False
        self.output += rest
        return self.process.returncode == 0

    def send(self, to, method, path, headers, body):
        for attempt in (1, 2):  # a kept connection may have been closed meanwhile
            fresh = to not in self.connections
            if fresh:
                address = urllib.parse.urlsplit(self.addresses[to])
                self.connections[to] = http.client.HTTPConnection(
                    address.hostname, address.port, timeout=60)
            connection = self.connections[to]
            try:
                own_host = any(name.lower() == "host" for name, _ in headers)
                connection.putrequest(method, path, skip_host=own_host, skip_accept_encoding=True)
                for name, value in headers:
                    connection.putheader(name, value)
                if body is not None:
                    connection.putheader("Content-Length", str(len(body)))
                connection.endheaders(body)
                response = connection.getresponse()
                answer = Answer(response.status, response.getheaders(), response.read())
                if response.will_close:
                    self.connections.pop(to).close()
                return answer
            except (http.client.HTTPException, OSError):
                self.connections.pop(to).close()
                if fresh or attempt == 2:
                    raise
        return None

    def token(self, user, kind="access_token"):
        if user not in self.tokens:
            form = urllib.parse.urlencode({"grant_type": "password", "client_id": "operator-portal",
                                           "username": user, "password": user}).encode()
            answer = self.send("sandbox", "POST", TOKEN_PATH,
                               [("Content-Type", "application/x-www-form-urlencoded")], form)
            if answer.status != 200:
                raise SystemExit(f"no token for {user}: {answer.status} {answer.text}")
            self.tokens[user] = json.loads(answer.body)
        return self.tokens[user][kind]

    def forged(self, kind):
        head, payload, signature = self.token("portal").split(".")
        if kind == "none":
            return b64url(b'{"alg":"none","typ":"JWT"}') + "." + payload + "."
        if kind == "hs256":
            signed = b64url(b'{"alg":"HS256","typ":"JWT"}') + "." + payload
            return signed + "." + b64url(hmac.digest(b"secret", signed.encode(), hashlib.sha256))
        if kind == "payload":
            claims = json.loads(base64.urlsafe_b64decode(payload + "=="))
            claims["preferred_username"] = "admin"
            return head + "." + b64url(json.dumps(claims).encode()) + "." + signature
        if kind == "signature":
            return head + "." + payload + "." + b64url(bytes(len(signature) * 3 // 4))
        raise SystemExit(f"no such forgery: {kind}")


class Runner:
    def __init__(self, program, verbose):
        self.program, self.verbose = program, verbose
        self.request_ids = set()
        self.failures = []
        self.count = 0

    # --- filling in

    def lookup(self, name, values):
        repeated = re.fullmatch(r"(.)\*(\d+)", name)
        if repeated:
            return repeated[1] * int(repeated[2])
        source, _, argument = name.partition(":")
        if source == "token" and argument:
            return self.program.token(argument)
        if source == "refresh" and argument:
            return self.program.token(argument, "refresh_token")
        if source == "forged" and argument:
            return self.program.forged(argument)
        if name not in values:
            raise Mismatch(f"nothing is known as {name}")
        return values[name]

    def fill(self, value, values):
        if isinstance(value, dict):
            return {self.fill(k, values): self.fill(v, values) for k, v in value.items()}
        if isinstance(value, list):
            return [self.fill(item, values) for item in value]
        if not isinstance(value, str):
            return value
        whole = re.fullmatch(r"\$\{([^{}]+)\}", value)
        if whole:
            return self.lookup(whole[1], values)
        return re.sub(r"\$\{([^{}]+)\}", lambda m: str(self.lookup(m[1], values)), value)

    # --- one case

    def request_of(self, case):
        headers = {}
        user = case.get("as", "portal")
        to = case.get("to", "operator")
        if user == "partner":
            headers["Authorization"] = "Basic " + base64.b64encode(b"usher:usher").decode()
        elif user != "nobody" and (to == "operator" or (to == "admin" and "as" in case)):
            headers["Authorization"] = "Bearer " + self.program.token(user)
        if "tenant" in case:
            headers["nv-tenant-id"] = case["tenant"]
        body = None
        if "body" in case:
            body = json.dumps(case["body"]).encode()
        elif "text" in case:
            body = case["text"].encode("utf-8", "surrogatepass")
        elif "base64" in case:
            body = base64.b64decode(case["base64"])
        if body is not None:
            headers["Content-Type"] = "application/json"
        for name, value in case.get("headers", {}).items():
            for known in [key for key in headers if key.lower() == name.lower()]:
                del headers[known]
            if value is not None:
                headers[name] = value
        fields = []
        for name, value in headers.items():
            fields += [(name, item) for item in (value if isinstance(value, list) else [value])]
        method, path = case["send"].split(" ", 1)
        return to, method, path, fields, body

    def check_everywhere(self, answer):
        if not answer.header("x-correlation-id"):
            raise Mismatch("x-correlation-id is missing")
        if answer.header("Cache-Control") != "no-store":
            raise Mismatch("Cache-Control is not no-store")
        if answer.status < 400:
            return
        error = json.loads(answer.body)
        if answer.header("Content-Type") != "application/json":
            raise Mismatch("an error is not application/json")
        if error["code"] != answer.status or error["errorCode"] // 100 != answer.status:
            raise Mismatch("code and errorCode do not tell the status")
        if error["requestId"] in self.request_ids:
            raise Mismatch("requestId is not unique")
        self.request_ids.add(error["requestId"])
        if not error["message"] or not isinstance(error["details"], list):
            raise Mismatch("message or details are missing")

    def check(self, case, answer):
        wanted = case["status"]
        if answer.status not in (wanted if isinstance(wanted, list) else [wanted]):
            raise Mismatch(f"status is {answer.status}, not {wanted}")
        if case.get("to", "operator") in ("operator", "admin"):
            self.check_everywhere(answer)
        parsed = None
        if "json" in case or "errorCode" in case or "fields" in case:
            parsed = json.loads(answer.body)
        if "errorCode" in case and parsed["errorCode"] != case["errorCode"]:
            raise Mismatch(f"errorCode is {parsed['errorCode']}, not {case['errorCode']}")
        if "fields" in case:
            found = sorted(detail["field"] for detail in parsed["details"])
            if found != sorted(case["fields"]):
                raise Mismatch(f"fields are {found}, not {sorted(case['fields'])}")
        if "json" in case:
            check_part(case["json"], parsed, "body")
        for name, value in case.get("gets", {}).items():
            found = answer.header(name)
            if (value is None) != (found is None):
                raise Mismatch(f"header {name} is {found!r}")
            if value is not None:
                check_part(value, found, f"header {name}")
        for text in case.get("has", []):
            if text not in answer.text:
                raise Mismatch(f"{text!r} is not in the body")
        for text in case.get("hasNot", []) + [CANARY]:
            if text in answer.text:
                raise Mismatch(f"{text!r} is in the body")

    def keep(self, case, answer, values):
        for name, source in case.get("keep", {}).items():
            if source.startswith("header:"):
                found = answer.header(source[len("header:"):])
            else:
                found = json.loads(answer.body)
                for part in source.split("."):
                    found = found[int(part)] if isinstance(found, list) else found.get(part)
            if found is None:
                raise Mismatch(f"the answer has no {source}")
            values[name] = found

    def run_case(self, file, case, values, row):
        self.count += 1
        answer = None
        known = values | row
        try:
            known = values | self.fill(row, values)
            filled = self.fill({k: v for k, v in case.items() if k != "with"}, known)
            deadline = time.monotonic() + filled.get("within", 0)
            while True:
                answer = self.program.send(*self.request_of(filled))
                try:
                    self.check(filled, answer)
                    break
                except Mismatch:
                    if time.monotonic() >= deadline:
                        raise
                    time.sleep(0.05)
            self.keep(filled, answer, values)
            if self.verbose:
                print(f"ok    {file.name}: {filled['name']}")
        except (Mismatch, KeyError, TypeError, ValueError, OSError,
                http.client.HTTPException) as trouble:
            name = self.fill_in(case["name"], known)
            self.failures.append(f"{file.name}: {name}")
            print(f"FAIL  {file.name}: {name}\n      {self.fill_in(case['send'], known)[:200]}\n"
                  f"      {trouble!r}")
            if answer is not None:
                print(f"      answer {answer.status} {answer.text[:600]}")

    def fill_in(self, text, values):
        """For a message: as far as it goes."""
        try:
            return str(self.fill(text, values))
        except Mismatch:
            return text

    def run_file(self, file):
        values = {"unique": secrets.token_hex(4)}
        for case in json.loads(file.read_text())["cases"]:
            for row in case.get("with", [{}]):
                self.run_case(file, case, values, row)


def check_part(wanted, found, where):
    """Everything that is wanted must be there; more may be."""
    if isinstance(wanted, dict):
        if not isinstance(found, dict):
            raise Mismatch(f"{where} is not an object")
        for key, value in wanted.items():
            if value is None and key not in found:
                continue
            if key not in found:
                raise Mismatch(f"{where} has no {key}")
            check_part(value, found[key], f"{where}.{key}")
    elif isinstance(wanted, list):
        if not isinstance(found, list) or len(found) != len(wanted):
            raise Mismatch(f"{where} is {found!r}, not {len(wanted)} elements")
        for index, pair in enumerate(zip(wanted, found)):
            check_part(*pair, f"{where}[{index}]")
    elif isinstance(wanted, str) and wanted.startswith("~"):
        if not isinstance(found, str) or not re.search(wanted[1:], found):
            raise Mismatch(f"{where} is {found!r} and does not match {wanted[1:]}")
    elif wanted != found or isinstance(wanted, bool) != isinstance(found, bool):
        raise Mismatch(f"{where} is {found!r}, not {wanted!r}")


def leaks(program):
    """What the program must never have written."""
    written = program.output + program.read_log()
    found = [CANARY] if CANARY in written else []
    if program.process and '"event":"request"' not in written:
        found.append("no line about any request, so that this check saw nothing")
    for user, tokens in program.tokens.items():
        for kind in ("access_token", "refresh_token"):
            if tokens.get(kind) and tokens[kind].split(".")[2] in written:
                found.append(f"{kind} of {user}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    parser.add_argument("--operator", help="ask a program that runs: address of its operator side")
    parser.add_argument("--sandbox", help="and of its sandbox")
    parser.add_argument("--admin", help="and of its admin side")
    parser.add_argument("-v", "--verbose", action="store_true", help="name every case")
    parser.add_argument("files", nargs="*", help="default: all")
    arguments = parser.parse_args()
    files = [HERE / name for name in arguments.files] or sorted(HERE.glob("*.json"))

    program = Program(arguments)
    runner = Runner(program, arguments.verbose)
    try:
        for file in files:
            runner.run_file(file)
    finally:
        ended_well = program.stop()
    if not ended_well:
        runner.failures.append("the program did not end well")
    runner.failures += [f"the program wrote {what}" for what in leaks(program)]
    print(f"{runner.count} cases in {len(files)} files, {len(runner.failures)} failed")
    for failure in runner.failures:
        print(f"  {failure}")
    return 1 if runner.failures or runner.count == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
