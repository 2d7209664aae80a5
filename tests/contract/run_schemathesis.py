#!/usr/bin/env python3
"""Lets Schemathesis loose on usher dev: all its checks against openapi.yaml, with a real token."""

import argparse
import collections
import contextlib
import hashlib
import json
import math
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import packages

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "process"))
import program  # noqa: E402

TENANTS = ("demo", "demo_b", "demo_c")
SUB_TENANTS = tuple(f"{tenant}_one" for tenant in TENANTS)
PRODUCTS = ("BANGO_US_MUSIC", "BANGO_US_MUSIC_PREMIUM", "BANGO_US_MUSIC_MONTHLY")
# Bought beforehand, by what happens to them: nothing that lasts, an end, a deletion.
HELD = {name: [f"{name}-{number}" for number in range(1, count + 1)]
        for name, count in (("lasting", 9), ("ending", 60), ("gone", 60))}
ACCOUNTS = [f"account-{number}" for number in range(1, 10)]
CUSTOMERS = [f"customer-{number}" for number in range(1, 31)]
DATES = {"validFrom": "2026-09-01T13:47:59.228Z", "expiryDate": "2036-09-01T13:47:59.228Z"}
OPERATIONS = 31  # at the operator's listener
# The share of the requests that fuzzing is sure to send; the other phases send the rest.
FUZZED = 0.72
WRITING = ("createEntitlement", "createEntitlementByTpes", "putProduct", "addAccount")
ENDING = ("updateEntitlement", "updateEntitlementByPost", "cancelEntitlement",
          "cancelEntitlementByPut", "revokeEntitlement")
ON_ACCOUNTS = ("changeAccount", "changeAccountByOldPath", "deleteAccount")
DELETING = ("deleteEntitlement", "deleteEntitlementsOfAccount", *ON_ACCOUNTS)
SEQUENCES_S = 90
# Made-up reports name nothing that is there, and a 429 for each would hide what else they meet.
SETTINGS = {"USHER_PARTNER_BANGO_REPORT_UNNAMED_PER_MINUTE": "1000000"}


class Run:
    """One process of Schemathesis. They run side by side, because each fills one core only."""

    def __init__(self, name, options, tenants=TENANTS, listener="operator", user="portal",
                 held="lasting"):
        self.name, self.options, self.tenants, self.listener = name, options, tenants, listener
        self.user, self.held = user, held
        self.process = None
        self.log = None

    def start(self, folder, python, usher, token, arguments, seed, bulks):
        """In a folder of its own, with what schemathesis.toml refers to."""
        folder.mkdir()
        shutil.copy(HERE / "schemathesis.toml", folder)
        openapi = folder / "openapi.yaml"
        openapi.write_text(addressed(arguments.openapi.read_text(encoding="utf-8"), usher),
                           encoding="utf-8")
        for name, words in (("tenants", self.tenants), ("sub-tenants", SUB_TENANTS),
                            ("accounts", ACCOUNTS + CUSTOMERS),
                            ("holders", HELD[self.held]), ("products", PRODUCTS),
                            ("entitlements", HELD[self.held]), ("bulks", bulks)):
            (folder / name).write_text("".join(f'"{word}"\n' for word in words), encoding="ascii")
        environment = program.environment({
            "USHER_TOKEN": token, "USHER_OPENAPI": str(openapi), "HOME": str(folder),
            "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"})
        self.log = open(folder / "log", "w+", encoding="utf-8")
        self.process = subprocess.Popen(
            [python.parent / "st", "run", openapi, "--url", usher.addresses[self.listener],
             "--checks", "all", "--no-color", "--seed", str(seed), *self.options],
            env=environment, cwd=folder, stdout=self.log, stderr=subprocess.STDOUT)

    def end(self):
        """Its exit code; says what it did, and everything when something was found."""
        code = self.process.wait()
        self.log.seek(0)
        text = self.log.read()
        cases = [line.strip() for line in text.splitlines() if " generated, " in line]
        print(f"{self.name}: {'; '.join(cases) or 'no cases'}, exit {code}", flush=True)
        if code or not cases:
            print(text)
        return code or not cases

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if self.log:
            self.log.close()


def runs(requests):
    """Examples are a promise: fuzzing sends one request or more for each, for each operation. What
    follows from answers is not, because these differ from time to time; it gets time instead."""
    examples = str(math.ceil(requests * FUZZED / OPERATIONS))
    calls = ["--phases", "examples,coverage,fuzzing", "--max-examples", examples]
    sequences = ["--phases", "stateful", "--exclude-tag", "admin", "--exclude-tag", "tenants",
                 "--max-time", str(SEQUENCES_S),
                 *(word for name in ON_ACCOUNTS for word in ("--exclude-operation-id", name))]
    def only(names):
        return [word for name in names for word in ("--include-operation-id", name)]
    others = [word for name in (*WRITING, *ENDING, *DELETING)
              for word in ("--exclude-operation-id", name)]
    return (
        Run("calls that record", [*calls, *only(WRITING)]),
        Run("calls that end", [*calls, *only(ENDING)], held="ending"),
        Run("calls that delete", [*calls, *only(DELETING)], held="gone"),
        Run("other calls", [*calls, "--exclude-tag", "admin", "--exclude-tag", "tenants",
                            *others]),
        Run("tenants", [*calls, "--include-tag", "tenants"], user="admin"),
        Run("sequences in edition A", sequences, tenants=("demo",)),
        Run("sequences in edition C", sequences, tenants=("demo_c",)),
        Run("admin", ["--phases", "examples,coverage,fuzzing", "--max-examples", "10",
                      "--include-tag", "admin"], listener="admin", user="admin"),
    )


def addressed(text, usher):
    """The file with the addresses of this program."""
    for port, name in ((8080, "operator"), (8082, "admin")):
        written = f"http://127.0.0.1:{port}"
        if written not in text:
            raise SystemExit(f"openapi.yaml has no server {written}")
        text = text.replace(written, usher.addresses[name])
    return text


def begin_bulk(admin, tenant, number, steps):
    """A file of changes as far as that."""
    headers = {"nv-tenant-id": tenant, "Content-Type": "application/json",
               "Authorization": "Bearer " + admin.token()}

    def ask(path, body):
        answer = admin.send("admin", "POST", "/admin/v1/bulk" + path, json.dumps(body), headers)
        if answer.status >= 300:
            raise SystemExit(f"no file of changes: {answer.status} {answer.text}")
        return answer.json

    digest = hashlib.sha256(f"{tenant} {number}".encode()).hexdigest()
    rows = [{"entitlementId": HELD["lasting"][0], "status": "ACTIVE"}] * 3
    bulk = ask("", {"file": "changes.csv", "sha256": digest, "rows": len(rows)})["bulkId"]
    all_steps = (("/look", {"from": 0, "rows": rows}), ("/start", {"reason": "a test"}))
    for path, body in all_steps[:steps]:
        ask(f"/{bulk}{path}", body)
    return bulk


def prepare(caller, primary):
    """What is there in each tenant before Schemathesis comes; the ids of files of changes."""
    for tenant, under in zip(TENANTS, SUB_TENANTS):
        headers = {"nv-tenant-id": tenant}
        primary.ask("POST", "/rmg/v1/admin/tenants", {"_id": under}, headers)
        for name in CUSTOMERS:
            caller.ask("POST", "/adm/v1/accounts", {"_id": name}, headers)
        for number, name in enumerate(name for names in HELD.values() for name in names):
            # Each has an account of its own, named as it is.
            caller.ask("POST", "/adm/v1/accounts", {"_id": name}, headers)
            answer = caller.buy(name, PRODUCTS[number % 3], headers, _id=name, **DATES)
            if answer.status >= 300:
                raise SystemExit(f"{name} could not be bought: {answer.status} {answer.text}")
    return [begin_bulk(primary, tenant, 3 * number + steps, steps)
            for tenant in TENANTS for number in range(3) for steps in range(3)]


def answered(usher):
    """How many requests the program itself has counted, by (method, route, status)."""
    caller = usher.caller()
    metrics = caller.send("admin", "GET", "/metrics").text
    caller.close()
    found = re.findall(r'^usher_http_requests_total\{method="(\w+)",route="([^"]+)",'
                       r'status="(\d+)"\} (\S+)$', metrics, re.M)
    return collections.Counter({(*key, int(status)): int(float(count))
                                for *key, status, count in found})


def hollow(sent):
    """Routes where nothing went well, or nothing was refused: there was not much to be found."""
    routes = {key[:2] for key in sent if key[1] != "none"
              and not key[1].startswith(("/health/", "/metrics", "/admin/"))}
    if len(routes) != OPERATIONS:
        yield f"{len(routes)} operations were asked, not {OPERATIONS}"
    for method, route in sorted(routes):
        statuses = {status for *key, status in sent if tuple(key) == (method, route)}
        if not any(status < 300 for status in statuses):
            yield f"{method} {route} never went well: {sorted(statuses)}"
        if 400 not in statuses:
            yield f"{method} {route} never had anything wrong: {sorted(statuses)}"


def go(usher, python, arguments):
    """What is wrong, in words."""
    caller = usher.caller()
    bulks = prepare(caller, usher.caller("admin"))
    before, begun = answered(usher), time.monotonic()
    processes = runs(arguments.requests)
    with contextlib.ExitStack() as stack:
        home = pathlib.Path(stack.enter_context(
            tempfile.TemporaryDirectory(prefix="usher-schemathesis-")))
        def start(number, run):
            stack.callback(run.kill)
            run.start(home / str(number), python, usher, usher.caller(run.user).token(), arguments,
                      arguments.seed + number, bulks)
        *together, alone = enumerate(processes)
        for number, run in together:
            start(number, run)
        wrong = [f"{run.name}: see above" for _, run in together if run.end()]
        # Who administers may pause the partner, and then nobody else gets far.
        start(*alone)
        wrong += [f"{run.name}: see above" for _, run in [alone] if run.end()]
    sent, took = answered(usher) - before, time.monotonic() - begun
    count = sent.total()
    by_status = collections.Counter()
    for (*_, status), number in sent.items():
        by_status[status] += number
    print("answers: " + ", ".join(f"{number} x {status}" for status, number in
                                  sorted(by_status.items())))
    print(f"{count} requests in {took:.0f} s, {count / took:.0f} a second, seed {arguments.seed}")
    if count < arguments.requests:
        wrong.append(f"fewer than {arguments.requests} requests were sent")
    return wrong + list(hollow(sent))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    parser.add_argument("--requests", type=int, default=20000, help="at least so many are sent")
    parser.add_argument("--seed", type=int, default=1, help="what is made up follows from it")
    parser.add_argument("--openapi", type=pathlib.Path, default=ROOT / "openapi.yaml",
                        help="another file than the project's")
    arguments = parser.parse_args()
    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    python = packages.ensure() / "bin" / "python"
    print(f"seed {arguments.seed}, at least {arguments.requests} requests", flush=True)
    usher = program.start_dev(extra=SETTINGS)
    try:
        wrong = go(usher, python, arguments)
        code = usher.stop()
    finally:
        usher.release()
    if code:
        wrong.append(f"the program ended with {code}")
    for text in wrong:
        print(f"FAIL  {text}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
