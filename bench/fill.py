"""A store with more entitlements than could be bought in a while: the rows of one that was bought,
over and over, with what differs between two made anew. Usher seals the file at its first start."""

import os
import pathlib
import random
import sqlite3
import time

import prepare
from servers import Trouble, Usher, run_program

EACH = 5  # of an account
PRODUCTS = 50
APART_S = 3  # between two purchases, the last one when that one was bought
CACHE_KIB = 1 << 20

SCRAMBLED = "(n * 2654435761 % 4294967296)"
SHIFT = f"(:count - n) * {APART_S * 1_000_000}"
ACCOUNT = "printf('customer-%07d', (n - 1) % :accounts)"
PRODUCT = f"(((n - 1) % :accounts + (n - 1) / :accounts * 7) % {PRODUCTS})"
# As base::make_id makes them: the time, then what is random.
IDENTITY = (f"printf('%08x%08x%08x', :bought / 1000000 - (:count - n) * {APART_S}, {SCRAMBLED}, "
            "n * 2246822519 % 4294967296)")
CORRELATION = f"printf('%08x-6c0c-4d8e-9a53-%012x', {SCRAMBLED}, n)"


def earlier(*names):
    return {name: f"t.{name} - {SHIFT}" for name in names}


# What is not as in the row that was bought, by table.
VARYING = {
    "account": earlier("created_at", "modified_at") | {"account_id": ACCOUNT},
    "entitlement": earlier("created_at", "modified_at", "partner_date") | {
        "entitlement_id": IDENTITY, "account_id": ACCOUNT, "customer_id":
        f"t.tenant_id || '-' || {ACCOUNT}", "product_id": f"t.product_id || '_' || {PRODUCT}",
        "product_key": f"t.product_key || '_' || {PRODUCT}", "partner_entitlement_id":
        f"printf('%08x-0585-4816-91ba-%012x', {SCRAMBLED}, n)",
        "asker_correlation": CORRELATION, "last_position": "n * :events"},
    "call": earlier("begun_at", "deadline") | {
        "entitlement_id": IDENTITY,
        "request_id": f"printf('%08x-c2d0-4686-9dfc-%012x', {SCRAMBLED}, n)"},
    "event": earlier("happened_at") | {
        "entitlement_id": IDENTITY, "asker_correlation": CORRELATION,
        "position": "(n - 1) * :events + t.position",
        "previous": "CASE t.previous WHEN 0 THEN 0 ELSE (n - 1) * :events + t.previous END"},
    "product": {"product_id": "t.product_id || '_' || (n - 1)",
                "product_key": "t.product_key || '_' || (n - 1)",
                "name": "t.name || ' ' || (n - 1)"},
}


def keep_templates(connection):
    """The last row of each table that belongs to one bought entitlement, its events counted from
    1; the tables themselves are empty then. What its rows are multiplied by."""
    one, account, bought = connection.execute(
        "SELECT entitlement_id, account_id, created_at FROM entitlement "
        "ORDER BY entitlement_id DESC LIMIT 1").fetchone()
    choose = {"account": ("account_id", account), "product": ("1", 1)}
    for table in VARYING:
        column, value = choose.get(table, ("entitlement_id", one))
        connection.execute(f"CREATE TEMP TABLE t_{table} AS SELECT * FROM {table} "
                           f"WHERE {column} = ?", [value])
        connection.execute(f"DELETE FROM {table}")
    positions = [0] + [row[0] for row in connection.execute(
        "SELECT position FROM t_event ORDER BY position")]
    for number, position in enumerate(positions):
        connection.execute("UPDATE t_event SET position = ? WHERE position = ?",
                           [number, position])
        connection.execute("UPDATE t_event SET previous = ? WHERE previous = ?",
                           [number, position])
    return {"events": len(positions) - 1, "bought": bought}


def multiply(connection, table, times, values):
    names = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
    made = ", ".join(VARYING[table].get(name, f"t.{name}") for name in names)
    connection.execute(
        f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < "
        f"{times}) INSERT INTO {table} ({', '.join(names)}) SELECT {made} FROM number "
        f"CROSS JOIN t_{table} AS t", values)


def write_rows(connection, count):
    # The file is worth nothing before it is whole.
    connection.executescript(f"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; "
                             f"PRAGMA cache_size = -{CACHE_KIB}; PRAGMA threads = 2;")
    indexes = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'index' "
                                 "AND tbl_name = 'entitlement' AND sql IS NOT NULL").fetchall()
    connection.execute("BEGIN")
    accounts = count // EACH
    values = keep_templates(connection) | {"count": count, "accounts": accounts}
    for name, _ in indexes:
        connection.execute(f"DROP INDEX {name}")
    for table, times in (("product", PRODUCTS), ("account", accounts), ("entitlement", count),
                         ("call", count), ("event", count)):
        multiply(connection, table, times, values)
    connection.execute("UPDATE tenant_feed SET last = ?", [count * values["events"]])
    for _, text in indexes:
        connection.execute(text)
    connection.execute("COMMIT")


def seal(world, store):
    """By a start; then every page must be sound."""
    usher = Usher(world.folder, store, world.sandbox, world.sandbox.url + "/bango")
    config = usher.config
    usher.stop()
    done = run_program("check", "--config", config, "--store")
    if done.returncode != 0:
        raise Trouble(f"the filled store is not sound: {done.stdout}{done.stderr}")


def fill(world, name, count):
    """A store of the tenant demo alone. Nothing is left to do in it."""
    if count < EACH or count % EACH:
        raise Trouble(f"{count} entitlements: not {EACH} for each account")
    store, begun = world.folder / name, time.monotonic()
    with prepare.opened(world.store) as connection:
        connection.execute("VACUUM INTO ?", [str(store)])
    connection = sqlite3.connect(store, isolation_level=None)
    try:
        write_rows(connection, count)
    finally:
        connection.close()
    filled = time.monotonic()
    store.chmod(0o600)
    seal(world, store)
    # Its way to the disk must not be in the figures.
    os.sync()
    size = store.stat().st_size / 2**30
    print(f"  {count} entitlements, {size:.2f} GiB: filled in {filled - begun:.0f} s, sealed and "
          f"looked at in {time.monotonic() - filled:.0f} s", flush=True)
    return store


def discard(store):
    for end in ("", "-wal", "-shm", ".lock"):
        pathlib.Path(str(store) + end).unlink(missing_ok=True)


def sample(store, count):
    """Id, status, account and product of so many entitlements from everywhere in the store."""
    with prepare.opened(store) as connection:
        last = connection.execute("SELECT max(rowid) FROM entitlement").fetchone()[0]
        numbers = random.Random(1).sample(range(1, last + 1), min(count, last))
        return [connection.execute(
            "SELECT entitlement_id, status, account_id, product_id FROM entitlement "
            "WHERE rowid = ?", [number]).fetchone() for number in numbers]
