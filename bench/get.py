"""Reading the record, and what checking the token costs."""

import json
import subprocess

import measure
import prepare
from put import EVERYDAY, get_postgres, many_goal
from servers import Everyday, Usher, start_haproxy, start_nginx

USHER = "usher"
NGINX = "nginx, return 200"
USHER_MANY = "usher, 500 tokens"
HAPROXY = "haproxy, jwt_verify"
HAPROXY_MANY = "haproxy, jwt_verify, 500 tokens"
MANY = 500


class Get:
    """The same requests to whoever `start` starts."""

    def __init__(self, world, name, start, tokens=None):
        self.world, self.name, self.start, self.tokens = world, name, start, tokens
        self.rows = prepare.statuses(world.store)

    def __call__(self, connections):
        world = self.world
        tokens = self.tokens() if self.tokens else [world.sandbox.token()]
        requests = prepare.get_requests(world.folder / "get.requests", self.rows, connections,
                                        tokens)
        server = self.start()
        try:
            result = measure.load(world, server.port, requests, connections,
                                  warmup=world.warmup)
        finally:
            server.stop()
        measure.check_answers(self.name, result)
        return result


def start_usher(world):
    store = prepare.copy_store(world.store, "read.db")
    return lambda: Usher(world.folder, store, world.sandbox, world.sandbox.url + "/bango")


def run(world, name, title, contestants):
    rows = []
    for connections in world.connections:
        rows += measure.summarize(name, connections,
                                  measure.alternate(world, connections, contestants), USHER)
    measure.show_rows(title, rows)
    return rows


def get(world):
    postgres = get_postgres(world)
    rows = run(world, "get", "GET entitlements/{id} with a token", {
        USHER: Get(world, USHER, start_usher(world)),
        NGINX: Get(world, NGINX, lambda: start_nginx(world.folder, world.sample)),
        EVERYDAY: Get(world, EVERYDAY, lambda: Everyday(world.folder, world.modules, postgres,
                                                        world.sandbox))})
    goals = []
    nginx = measure.find(rows, NGINX, 64)
    if nginx:
        goals.append(measure.goal("GET at 64 over nginx", nginx["usher_over_it"], 0.4, 0.7,
                                  quiet=nginx["quiet"]))
    return rows, goals + many_goal("GET", rows, USHER)


def checks(world):
    """What every request passes, alone: nanoseconds by name."""
    done = subprocess.run([str(world.tools / "bench_checks"), "--benchmark_format=json",
                           "--benchmark_repetitions=3"], capture_output=True, text=True, check=True)
    times = {one["run_name"]: one["real_time"] for one in json.loads(done.stdout)["benchmarks"]
             if one.get("aggregate_name") == "median"}
    print("\nIn process, on one core")
    for name, nanoseconds in times.items():
        print(f"{name:32s} {nanoseconds / 1000:8.2f} us")
    return times


def token(world):
    def many():
        return [world.sandbox.token() for _ in range(MANY)]

    def haproxy():
        return start_haproxy(world.folder, world.sample, world.sandbox)

    usher = start_usher(world)
    rows = run(world, "token", "The same token over and over, and 500 different ones", {
        USHER: Get(world, USHER, usher),
        HAPROXY: Get(world, HAPROXY, haproxy),
        USHER_MANY: Get(world, USHER_MANY, usher, many),
        HAPROXY_MANY: Get(world, HAPROXY_MANY, haproxy, many)})
    goals = []
    alone = checks(world)
    goals.append(measure.goal("a known token over a bare signature, in process",
                              alone["bare_signature"] / alone["known_token"], 3, 5))
    haproxy_row = measure.find(rows, HAPROXY, 64)
    if haproxy_row:
        goals.append(measure.goal("repeated token at 64 over haproxy",
                                  haproxy_row["usher_over_it"], 3, 5, quiet=haproxy_row["quiet"]))
    return rows, goals
