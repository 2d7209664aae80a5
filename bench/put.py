"""Durable, authenticated status changes, and the stores under them."""

import random

import measure
import prepare
from servers import Everyday, Postgres, Silent, Trouble, Usher

PAUSED = "usher, partner paused"
CONVERGING = "usher, convergence running"
RAW = "raw store"
EVERYDAY = "everyday stack"
EVERYDAY_CALLS = "everyday stack, with call rows"
COUNTED = '"modifiedCount":1'


def check_events(name, result, before, after):
    """Every answer was a change, and every change is in the store, once."""
    measure.check_answers(name, result)
    answered = result["answers"]["200"]
    if result["counted"] != answered:
        raise Trouble(f"{name} is void: {answered} answers, {result['counted']} of them changed "
                      "something")
    if after - before != answered + result["run_in"]:
        raise Trouble(f"{name} is void: {answered + result['run_in']} answers with running in, "
                      f"{after - before} events")


def load_changes(world, name, port, rows, connections):
    """Runs the server in first, so that its log files, caches and compilers are as after a while;
    with the same load for all, whatever is measured then."""
    token = world.sandbox.token()
    apart = prepare.RUN_IN_ROWS
    first = prepare.put_requests(world.folder / "run-in.requests", rows[:apart],
                                 prepare.RUN_IN_CONNECTIONS, token)
    then = prepare.put_requests(world.folder / "put.requests", rows[apart:], connections, token)
    run_in = measure.load(world, port, first, prepare.RUN_IN_CONNECTIONS, "--contains", COUNTED,
                          seconds=world.warmup, warmup=0)
    measure.check_answers(f"{name}, running in", run_in)
    synced = measure.Synced(world, name, connections)
    result = measure.load(world, port, then, connections, "--contains", COUNTED)
    synced.check(result, result["counted"])
    result["run_in"] = run_in["counted"]
    return result


class PutUsher:
    def __init__(self, world, name, file, partner):
        self.world, self.name, self.partner = world, name, partner
        self.store = prepare.copy_store(world.store, file)

    def __call__(self, connections):
        world = self.world
        before = prepare.count_requested(self.store)
        rows = prepare.statuses(self.store)
        usher = Usher(world.folder, self.store, world.sandbox, self.partner)
        try:
            result = load_changes(world, self.name, usher.port, rows, connections)
        finally:
            usher.stop()
        result["backlog"] = prepare.count_backlog(self.store)
        check_events(self.name, result, before, prepare.count_requested(self.store))
        return result


class PutRaw:
    def __init__(self, world):
        self.world = world
        self.store = prepare.copy_store(world.store, "raw.db")

    def __call__(self, connections):
        world = self.world
        before = prepare.count_requested(self.store)
        rows, apart = prepare.statuses(self.store), prepare.RUN_IN_ROWS
        first = self.listed("raw.run-in", rows[:apart])
        shares = prepare.shares(rows[apart:], connections)
        then = self.listed("raw.entitlements", [row for share in shares for row in share])
        synced = measure.Synced(world, RAW, connections)
        result = measure.run_tool(world, "raw_store", "run", "--store", f"sqlite:{self.store}",
                                  "--run-in", first, "--entitlements", then, "--connections",
                                  connections, "--seconds", world.seconds, "--warmup", 0.5,
                                  "--run-in-seconds", world.warmup)
        synced.check(result, result["counted"])
        check_events(RAW, result, before, prepare.count_requested(self.store))
        return result

    def listed(self, name, rows):
        path = self.world.folder / name
        path.write_text("".join(f"{one} {status}\n" for one, status in rows))
        return path


def fill_postgres(world, postgres):
    """The rows that the prepared store has."""
    schema = prepare.pathlib.Path(__file__).parent / "rivals" / "everyday" / "schema.sql"
    with prepare.opened(world.store) as connection:
        names = ("tenant_id, entitlement_id, account_id, product_id, merchant_id, product_key, "
                 "customer_id, partner_entitlement_id, status, partner_status, version, request")
        rows = connection.execute(f"SELECT {names} FROM entitlement").fetchall()
    lines = ["\t".join(map(str, row)) for row in rows]
    postgres.start()
    postgres.run_in()
    postgres.sql(schema.read_text() + f"COPY entitlement ({names}) FROM STDIN;\n"
                 + "\n".join(lines) + "\n\\.\nVACUUM ANALYZE;\nCHECKPOINT;\n")
    postgres.stop()


class PutEveryday:
    def __init__(self, world, postgres, calls):
        self.world, self.postgres, self.calls = world, postgres, calls

    def __call__(self, connections):
        world = self.world
        everyday = Everyday(world.folder, world.modules, self.postgres, world.sandbox, self.calls)
        try:
            rows = [line.split("|") for line in self.postgres.sql(
                "SELECT entitlement_id, status FROM entitlement ORDER BY 1").splitlines()]
            before = self.count()
            result = load_changes(world, EVERYDAY, everyday.port, rows, connections)
            after = self.count()
        finally:
            everyday.stop()
        check_events(EVERYDAY, result, before, after)
        return result

    def count(self):
        return int(self.postgres.sql("SELECT count(*) FROM event"))


def get_postgres(world):
    """One for the whole run."""
    if not hasattr(world, "postgres"):
        world.postgres = Postgres(world.folder)
        fill_postgres(world, world.postgres)
    return world.postgres


def put(world):
    postgres = get_postgres(world)
    silent = Silent()
    away = f"http://127.0.0.1:{silent.port}/bango"
    contestants = {
        PAUSED: PutUsher(world, PAUSED, "paused.db", away),
        RAW: PutRaw(world),
        EVERYDAY: PutEveryday(world, postgres, False),
        CONVERGING: PutUsher(world, CONVERGING, "converging.db", world.sandbox.url + "/bango"),
        EVERYDAY_CALLS: PutEveryday(world, postgres, True)}
    rows = []
    for connections in world.connections:
        rows += measure.summarize("put", connections,
                                  measure.alternate(world, connections, contestants), PAUSED)
    silent.close()
    measure.show_rows("PUT entitlements/{id}: durable, authenticated, not waiting for the partner",
                      rows)
    return rows, put_goals(rows)


def put_goals(rows):
    goals = []
    ours = measure.find(rows, PAUSED, 64)
    if ours:
        everyday, raw = (measure.find(rows, name, 64) for name in (EVERYDAY, RAW))
        goals += [measure.goal("PUT at 64 over the everyday stack", everyday["usher_over_it"],
                               4, 8, quiet=everyday["quiet"]),
                  measure.goal("PUT at 64 over the raw store", raw["usher_over_it"], 0.6, 0.9,
                               quiet=raw["quiet"]),
                  measure.goal("PUT at 64, p99 over p50", ours["p99_us"] / ours["p50_us"], 4,
                               at_most=True, quiet=ours["quiet"])]
    return goals + many_goal("PUT", rows, PAUSED)


def many_goal(what, rows, name):
    few, many = (measure.find(rows, name, count) for count in (64, 512))
    if not few or not many:
        return []
    return [measure.goal(f"{what} at 512 connections over 64", many["per_second"]
                         / few["per_second"], 1, quiet=few["quiet"] and many["quiet"])]


PGBENCH = """\\set one random(1, {count})
BEGIN;
SELECT status, partner_status, version FROM entitlement WHERE tenant_id = 'demo'
 AND entitlement_id = 'row-' || :one FOR UPDATE;
WITH changed AS (UPDATE entitlement SET status = CASE status WHEN 'ACTIVE' THEN 'SUSPENDED'
  ELSE 'ACTIVE' END, intent = true, version = version + 1, request = version + 1,
  modified_at = now(), sync_due_at = now(), asker_subject = 'portal',
  asker_client = 'operator-portal', asker_correlation = gen_random_uuid()
  WHERE tenant_id = 'demo' AND entitlement_id = 'row-' || :one RETURNING *)
 INSERT INTO event (tenant_id, entitlement_id, version, kind, status_from, status_to,
  partner_from, partner_to, initiator, asker_subject, asker_client, asker_correlation)
 SELECT tenant_id, entitlement_id, version, 'requested', 'ACTIVE', status, partner_status,
  partner_status, 'operator', asker_subject, asker_client, asker_correlation FROM changed;
COMMIT;
"""
PGBENCH_NAME = "PostgreSQL, pgbench"


class StorePostgres:
    """The same transaction from pgbench, without Node."""

    def __init__(self, world, postgres, count):
        self.world, self.postgres = world, postgres
        self.script = postgres.folder / "change.sql"
        self.script.write_text(PGBENCH.format(count=count))
        self.script.chmod(0o644)
        postgres.start()
        postgres.sql("INSERT INTO entitlement SELECT tenant_id, 'row-' || row_number() OVER (), "
                     "account_id, product_id, merchant_id, product_key, customer_id, NULL, status, "
                     "partner_status FROM entitlement WHERE entitlement_id NOT LIKE 'row-%' "
                     f"LIMIT {count}; VACUUM ANALYZE;")
        postgres.stop()

    def __call__(self, connections):
        world, postgres = self.world, self.postgres
        postgres.start()
        try:
            self.bench(prepare.RUN_IN_CONNECTIONS, world.warmup)
            before = int(postgres.sql("SELECT count(*) FROM event"))
            synced, result = measure.Synced(world, PGBENCH_NAME, connections), {}
            times = self.bench(connections, world.seconds)
            synced.check(result, len(times))
            written = int(postgres.sql("SELECT count(*) FROM event")) - before
        finally:
            postgres.stop()
        if written != len(times):
            raise Trouble(f"{PGBENCH_NAME} is void: {len(times)} changes, {written} events")
        times.sort()
        marks = {key: times[min(len(times) - 1, int(len(times) * share))]
                 for key, share in (("p50_us", .5), ("p99_us", .99), ("p999_us", .999))}
        return result | {"per_second": len(times) / world.seconds} | marks

    def bench(self, connections, seconds):
        """Microseconds of each transaction, from pgbench's log."""
        prefix = self.postgres.folder / f"log-{random.getrandbits(32)}"
        self.postgres.run("pgbench", "-h", self.postgres.folder, "-U", "bench", "-n", "-M",
                          "prepared", "-c", connections, "-j", 1, "-T", max(1, round(seconds)),
                          "-f", self.script, "-l", f"--log-prefix={prefix}", "postgres")
        times = []
        for log in prefix.parent.glob(prefix.name + "*"):
            times += [float(line.split()[2]) for line in log.read_text().splitlines()]
            log.unlink()
        return times


def store(world):
    postgres = get_postgres(world)
    count = len(prepare.statuses(world.store))
    contestants = {RAW: PutRaw(world), PGBENCH_NAME: StorePostgres(world, postgres, count)}
    rows = []
    for connections in world.connections:
        rows += measure.summarize("store", connections,
                                  measure.alternate(world, connections, contestants), RAW)
    measure.show_rows("The stores alone, the same change: usher's (raw store) and PostgreSQL 15",
                      rows)
    return rows, []
