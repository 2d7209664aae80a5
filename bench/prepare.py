"""What a run works on: a store with entitlements made through the API, tokens, request files."""

import concurrent.futures
import contextlib
import itertools
import json
import pathlib
import shutil
import sqlite3
import threading
import time
import urllib.parse

from servers import Sandbox, Trouble, Usher, program

ENTITLEMENTS = program.ENTITLEMENTS
LIST = ENTITLEMENTS.replace("v2", "v1", 1)
BUYERS = 8
OTHER = {"ACTIVE": "SUSPENDED", "SUSPENDED": "ACTIVE"}
# Changed only while a server is run in.
RUN_IN_ROWS, RUN_IN_CONNECTIONS = 256, 64
# Above this a connection's turn comes round too seldom to be worth the file.
MOST_EACH = 64
ACCOUNTS = itertools.count()


@contextlib.contextmanager
def opened(store):
    """A store whose server is stopped."""
    connection = sqlite3.connect(store)
    try:
        yield connection
    finally:
        connection.close()


def statuses(store):
    with opened(store) as connection:
        return connection.execute("SELECT entitlement_id, status FROM entitlement "
                                  "WHERE tenant_id = 'demo' ORDER BY entitlement_id").fetchall()


def read_statuses(usher, token, rows):
    """What the server says now; it holds the file, so nobody else can look."""
    caller = usher.program.caller()
    caller.given_token = token
    found = []
    for one, _ in rows:
        while "status" not in (record := caller.read(one)):
            if record.get("code") != 429:
                raise Trouble(f"{one} cannot be read: {record}")
            time.sleep(0.2)
        found.append((one, record["status"]))
    caller.close()
    return found


def count_requested(store, after=0):
    """Events that a caller's change wrote; what the partner answered is told by others."""
    with opened(store) as connection:
        return connection.execute("SELECT count(*) FROM event WHERE tenant_id = 'demo' "
                                  "AND position > ? AND kind = 'requested'", [after]).fetchone()[0]


def feed_end(store):
    with opened(store) as connection:
        return connection.execute("SELECT last FROM tenant_feed WHERE tenant_id = 'demo'"
                                  ).fetchone()[0]


def count_backlog(store):
    with opened(store) as connection:
        return connection.execute("SELECT count(*) FROM entitlement "
                                  "WHERE sync_due_at IS NOT NULL").fetchone()[0]


def copy_store(store, name):
    copy = store.with_name(name)
    for end in ("", "-wal"):
        source = pathlib.Path(str(store) + end)
        if source.exists():
            shutil.copy(source, str(copy) + end)
    return copy


def expect(answer, status):
    if answer.status != status:
        raise Trouble(f"preparation: {answer.status} {answer.text}")
    return answer


class Buyer:
    """Makes accounts and buys for them, on one thread."""

    def __init__(self, usher, token):
        self.caller = usher.program.caller()
        self.caller.given_token = token

    def buy(self, account):
        expect(self.caller.ask("POST", "/adm/v1/accounts", {"_id": account, "status": "ACTIVE"}),
               201)
        bought = expect(self.caller.buy(account), 201)
        return bought.json["_id"], bought.json["status"]


def make_entitlements(usher, token, count):
    """Each with an account of its own."""
    caller = usher.program.caller()
    caller.given_token = token
    product = {"type": "thirdParty", "name": "Premium", "providerId": "BANGO_US",
               "providerResourceId": "MUSIC_PREMIUM"}
    expect(caller.ask("PUT", "/cpm/commercial/v1/products", product), 201)
    own = threading.local()
    buyers = []

    def hire():
        own.buyer = Buyer(usher, caller.given_token)
        buyers.append(own.buyer)

    # The partner is the same for all stores of a run.
    accounts = [f"account-{next(ACCOUNTS)}" for _ in range(count)]
    with concurrent.futures.ThreadPoolExecutor(BUYERS, initializer=hire) as pool:
        made = list(pool.map(lambda account: own.buyer.buy(account), accounts))
    program.until("all purchases are confirmed", lambda: all(
        caller.read(one)["propagation"]["state"] == "confirmed" for one, status in made[-32:]))
    for buyer in buyers:
        buyer.caller.close()
    caller.close()
    return [one for one, _ in made]


class World:
    """One run's folder, sandbox and prepared store. Every measurement works on a copy of it."""

    def __init__(self, folder, tools, modules, seconds, warmup, rounds, connections):
        self.folder, self.tools, self.modules = folder, tools, modules
        self.seconds, self.warmup, self.rounds = seconds, warmup, rounds
        self.connections = connections
        self.others = []  # how much of the cores others used during each run
        self.sandbox = Sandbox()
        self.store = folder / "prepared.db"

    def prepare(self, count):
        self.sample = self.buy(self.store, count)

    def buy(self, store, count):
        """A store with so many entitlements; the record of one."""
        usher = Usher(self.folder, store, self.sandbox, self.sandbox.url + "/bango")
        try:
            made = make_entitlements(usher, self.sandbox.token(), count)
            caller = usher.program.caller()
            caller.given_token = self.sandbox.token()
            sample = json.dumps(caller.read(made[0]), separators=(",", ":"))
            caller.close()
        finally:
            usher.stop()
        wrong = [one for one in statuses(store) if one[1] not in OTHER]
        if wrong or count_backlog(store):
            raise Trouble(f"preparation left {wrong[:3]} or work to do")
        return sample

    def close(self):
        self.sandbox.stop()


def shares(rows, connections, most=MOST_EACH):
    """Each connection's own rows."""
    each = min(len(rows) // connections, most)
    if each == 0:
        raise Trouble(f"{len(rows)} entitlements are too few for {connections} connections")
    return [rows[i * each:(i + 1) * each] for i in range(connections)]


def put_bytes(entitlement, status, token, waits=False):
    """`waits`: for the partner, as a portal does that does not say otherwise."""
    body = json.dumps({"status": status})
    prefer = "" if waits else "Prefer: respond-async\r\n"
    return (f"PUT {ENTITLEMENTS}/{entitlement} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\nContent-Type: application/json\r\n"
            f"{prefer}Content-Length: {len(body)}\r\n\r\n{body}").encode()


def asking_bytes(path, token):
    return (f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n"
            f"Authorization: Bearer {token}\r\n\r\n").encode()


def get_bytes(entitlement, token):
    return asking_bytes(f"{ENTITLEMENTS}/{entitlement}", token)


def list_bytes(where, token, **more):
    """`where`: the filter; nothing for all."""
    query = ({"filter": json.dumps(where, separators=(",", ":"))} if where else {}) | more
    words = urllib.parse.urlencode(query, quote_via=urllib.parse.quote)
    return asking_bytes(f"{LIST}?{words}", token)


def write_requests(path, slots):
    with open(path, "wb") as file:
        file.write(f"{len(slots)} {len(slots[0])}\n".encode())
        for request in (request for slot in slots for request in slot):
            file.write(f"{len(request)}\n".encode() + request)
    return path


def there_and_back(share, token, waits=False):
    """Each to the status that it has not, then back: every answer changes something."""
    there = [put_bytes(one, OTHER[status], token, waits) for one, status in share]
    return there + [put_bytes(one, status, token, waits) for one, status in share]


def put_requests(path, rows, connections, token, waits=False):
    return write_requests(path, [there_and_back(share, token, waits)
                                 for share in shares(rows, connections)])


def spread(path, requests, connections):
    """Each connection has its own part of them."""
    each = len(requests) // connections
    return write_requests(path, [requests[i * each:(i + 1) * each] for i in range(connections)])


def get_requests(path, rows, connections, tokens):
    """With several tokens each connection goes round its own part of them."""
    each = max(4, -(-len(tokens) // connections) if len(tokens) > 1 else 4)
    slots, number = [], 0
    for _ in range(connections):
        slot = []
        for _ in range(each):
            slot.append(get_bytes(rows[number % len(rows)][0], tokens[number % len(tokens)]))
            number += 1
        slots.append(slot)
    return write_requests(path, slots)
