"""Lists of entitlements beside reading one, on one server with very many of them."""

import fill
import measure
import prepare
from servers import Silent, Trouble, Usher

ONE = "one entitlement"
PAGE = "an account's entitlements"
HUNDRED = "by status and product, limit 100"
COUNT = "by status and product, limit 0"
COUNT_ALL = "all, limit 0"
CONNECTIONS = (1, 64)
ASKED = 4096  # different ones
MOST_SINGLES = 5
WHOLE = f'"totalRecords":{fill.EACH},'  # an account's page


def asking(world, rows):
    """Each contestant's requests, with a token of now."""
    def of_kind(row):
        return {"status": "ACTIVE", "productId": row[3]}

    make = {ONE: lambda row, token: prepare.get_bytes(row[0], token),
            PAGE: lambda row, token: prepare.list_bytes({"accountId": row[2]}, token),
            HUNDRED: lambda row, token: prepare.list_bytes(of_kind(row), token, limit=100),
            COUNT: lambda row, token: prepare.list_bytes(of_kind(row), token, limit=0),
            COUNT_ALL: lambda row, token: prepare.list_bytes(None, token, limit=0)}

    def requests(name):
        token = world.sandbox.token()
        return [make[name](row, token) for row in rows]

    return requests


def contestants(world, usher, rows):
    requests = asking(world, rows)

    def run_as(name):
        def run(connections):
            file = prepare.spread(world.folder / "list.requests", requests(name), connections)
            result = measure.load(world, usher.port, file, connections, "--contains", WHOLE,
                                  warmup=world.warmup)
            measure.check_answers(name, result)
            if name == PAGE and result["counted"] != result["answers"]["200"]:
                raise Trouble(f"{name} is void: not all of them in {result}")
            return result
        return run

    return {name: run_as(name) for name in (ONE, PAGE, HUNDRED, COUNT, COUNT_ALL)}


def listing(world):
    silent = Silent()
    store = fill.fill(world, "list.db", world.entitlements)
    usher = Usher(world.folder, store, world.sandbox, f"http://127.0.0.1:{silent.port}/bango")
    rows, goals = [], []
    try:
        asked = contestants(world, usher, fill.sample(store, ASKED))
        for connections in CONNECTIONS:
            measured = measure.alternate(world, connections, asked)
            rows += measure.summarize("list", connections, measured, ONE)
            costs, quiet = measure.paired_ratio(measured[ONE], measured[PAGE])
            goals.append(measure.goal(f"a page by account at {connections}, in single GETs", costs,
                                      MOST_SINGLES, at_most=True, quiet=quiet))
    finally:
        usher.stop()
        silent.close()
        fill.discard(store)
    measure.show_rows(f"{world.entitlements} entitlements; usher/it: what it costs in single GETs",
                      rows)
    return rows, goals
