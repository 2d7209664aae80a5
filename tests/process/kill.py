#!/usr/bin/env python3
"""Kills the real program at random moments under load and looks at what it knows afterwards.

Operators buy and change; customers and the merchant move at the partner, whose reports are lost,
doubled, repeated and invented. Every change that was answered must be in the record, whatever was
not answered may be; a move whose report was taken is learnt; the partner never did anything more
often than it was asked; in the end both sides agree about everything. A CRM reads the events all
the while, from where it was, and has each of them once and in order."""

import argparse
import base64
import collections
import http.client
import itertools
import json
import random
import shutil
import sys
import tempfile
import threading
import time

import program
from program import agree, until

THREADS = 4
LONGEST_ROUND_S = 0.5
NO_REASON = -1
LIVE = ("ACTIVE", "SUSPENDED", "SUBSCRIBED")
ACTIONS = {"ACTIVE": "resume", "SUBSCRIBED": "resume", "SUSPENDED": "suspend",
           "CANCELLED": "cancel", "REVOKED": "revoke"}
MOVES = ("suspend", "resume")
EVENTS = "/crm-gateway/v2/usher/events"
LAST_MOVES = ("cancel", "revoke")
REASONS = ("SUSPENSION_SUCCESS", "RESUMPTION_SUCCESS", "TERMINATION_PENDING", "METADATA_UPDATE")
REPORTER = {"Authorization": "Basic " + base64.b64encode(b"usher:usher").decode(),
            "Content-Type": "application/json"}
# Known after a kill only by looking: the partner works and the answer is lost, or it is not
# reached. Half of the partner's own reports never come, some come twice.
FAULTS = [{"action": "*", "effect": "lose-answer", "probability": 0.05},
          {"action": "*", "effect": "lose-request", "probability": 0.05},
          {"action": "report", "effect": "drop", "probability": 0.5},
          {"action": "report", "effect": "duplicate", "probability": 0.2, "delay_ms": 50}]
# What a request may be answered once somebody else has moved the entitlement: it has ended or is
# ending, or the partner refuses the step.
OVERTAKEN = (40041, 40042, 40043, 40044, 40050, 40051, 40052, 40053)


class Wrong(Exception):
    pass


class Entitlement:
    """What its one owner knows of it. Each change carries its number as reasonCode, so that the
    record tells which of them it holds."""

    def __init__(self, id_, account):
        self.id, self.account = id_, account
        self.created = False          # the purchase was answered, or found after a kill
        self.active = False           # so that it can be changed
        self.told = None              # the last change that was answered: (number, status, version)
        self.open = []                # sent later, never answered: [(number, status)]
        self.asked = dict.fromkeys(ACTIONS.values(), 0)
        self.number = 0
        self.partner_id = None
        self.moved = False            # by the customer or the merchant: its status is theirs, too
        self.over = False             # a last move may have been made
        self.unreported = False       # a move of which no report was taken yet
        self.keyed = None             # the last change with a key: (key, number, status, answer)

    def ended(self):
        return self.over or bool(self.told and self.told[1] in program.ENDED and not self.open)


class UntilKilled(threading.Thread):
    """Takes steps until the program is gone."""

    def __init__(self, usher, token):
        super().__init__()
        self.caller = usher.caller()
        self.caller.given_token = token
        self.trouble = None

    def step(self):
        raise NotImplementedError

    def run(self):
        try:
            while True:
                self.step()
        except (OSError, http.client.HTTPException):
            pass  # killed
        except Exception as trouble:  # pylint: disable=broad-except
            self.trouble = trouble
        finally:
            self.caller.close()


class Owner(UntilKilled):
    """Buys and changes entitlements of its own."""

    def __init__(self, name, usher, token, dice):
        super().__init__(usher, token)
        self.name, self.dice = name, dice
        self.entitlements, self.accounts = [], []
        self.changes = self.moves = self.reports = 0

    def step(self):
        live = [one for one in self.entitlements if one.created and not one.ended()]
        if len(live) < 3 or self.dice.random() < 0.1:
            self.buy()
            return
        one, draw = self.dice.choice(live), self.dice.random()
        if one.partner_id and draw < 0.1:
            self.move(one)
        elif draw < 0.2:
            self.report(one)
        else:
            self.change(one)

    def buy(self):
        account = f"{self.name}-{len(self.accounts)}"
        self.accounts.append(account)
        answer = self.caller.ask("POST", "/adm/v1/accounts", {"_id": account})
        if answer.status != 201:
            raise Wrong(f"account {account}: {answer.status} {answer.text}")
        bought = Entitlement("e-" + account, account)
        self.entitlements.append(bought)
        answer = self.caller.buy(account, _id=bought.id, reasonCode="0")
        if answer.status == 503:
            return
        if answer.status != 201:
            raise Wrong(f"purchase for {account}: {answer.status} {answer.text}")
        bought.created = True
        self.changes += 1

    def change(self, one):
        if not one.active:
            record = self.caller.read(one.id)
            one.active = record["status"] != "PENDING"
            one.partner_id = record.get("partnerEntitlementId")
            return
        end = self.dice.random() < 0.07
        status = self.dice.choice(("CANCELLED", "REVOKED") if end else LIVE)
        one.number += 1
        one.open.append((one.number, status))
        one.asked[ACTIONS[status]] += 1
        headers = {"Prefer": "respond-async"} if self.dice.random() < 0.5 else {}
        key = f"{one.id}-{self.name}-{one.number}" if self.dice.random() < 0.3 else None
        if key:
            headers["Idempotency-Key"] = key
        answer = self.caller.put(one.id, status, headers, reasonCode=str(one.number))
        if answer.status == 503:
            return
        if answer.status == 400 and answer.json["errorCode"] in (40043, 40044, 40051):
            # Only an end that was asked for, and not answered, can be what is there already.
            if any(word in program.ENDED for _, word in one.open):
                one.open.pop()
                one.created = False
                return
        if one.moved and answer.status == 400 and answer.json["errorCode"] in OVERTAKEN:
            one.open.pop()
            return
        if answer.status != 200:
            raise Wrong(f"{one.id} to {status}: {answer.status} {answer.text}")
        one.told = (one.number, status, int(answer.headers["etag"].strip('"')))
        one.open = []
        if key:
            one.keyed = (key, one.number, status, answer)
        self.changes += 1

    def move(self, one):
        """The customer or the merchant acts at the partner, which may or may not report it."""
        last = self.dice.random() < 0.1
        name = self.dice.choice(LAST_MOVES if last else MOVES)
        one.moved = one.unreported = True
        one.over = one.over or last
        path = f"/sandbox/partner/entitlements/{one.partner_id}/{name}"
        answer = self.caller.send("sandbox", "POST", path)
        if answer.status not in (200, 409):
            raise Wrong(f"{name} of {one.id} at the partner: {answer.status} {answer.text}")
        self.moves += answer.status == 200
        self.report(one)

    def report(self, one):
        self.reports += report(self.caller, one, self.dice.choice(REASONS))


class Crm:
    """Reads what happened, a page at a time, and keeps where it is."""

    def __init__(self):
        self.next, self.ids = "0", []

    def read(self, caller, wait=0):
        """False when there is no more for now."""
        answer = caller.ask("GET", f"{EVENTS}?after={self.next}&limit=50&wait={wait}")
        if answer.status == 503:
            return True
        if answer.status != 200:
            raise Wrong(f"events behind {self.next}: {answer.status} {answer.text}")
        self.ids += [event["id"] for event in answer.json["events"]]
        self.next = answer.json["next"]
        return answer.json["more"]

    def read_rest(self, caller):
        while self.read(caller):
            pass
        return self.ids


class Reading(UntilKilled):
    """Of one CRM."""

    def __init__(self, crm, usher, token):
        super().__init__(usher, token)
        self.crm = crm

    def step(self):
        self.crm.read(self.caller, wait=1)


def report(caller, one, reason):
    """Told by the partner, true or not; 200 once it is recorded that there is something to look
    at."""
    body = json.dumps({"responseCode": "OK", "reason": reason, "externalEntitlementId": one.id,
                       "entitlementId": one.partner_id})
    answer = caller.send("operator", "POST", f"/bango/v1/reports/demo/{one.id}", body, REPORTER)
    if answer.status not in (200, 503):
        raise Wrong(f"a report about {one.id}: {answer.status} {answer.text}")
    if answer.status == 200:
        one.unreported = False
    return answer.status == 200


def check_record(portal, one):
    """After a restart: what was answered is there, or what was sent after it."""
    answer = portal.ask("GET", f"{program.ENTITLEMENTS}/{one.id}")
    if answer.status == 404 and not one.created and not one.told:
        return False
    if answer.status != 200:
        raise Wrong(f"{one.id} is lost: {answer.status} {answer.text}")
    record = answer.json
    known = [one.told[:2] if one.told else (0, "PENDING")] + one.open
    if one.moved:  # a request that met the move may have ended, and its reason with it
        known.append((NO_REASON, record["status"]))
    held = int(record.get("reasonCode", NO_REASON))
    meant = dict(known).get(held)
    if meant is None:
        raise Wrong(f"{one.id} holds change {held}, but one of {known} must be there: {record}")
    if one.told and record["version"] < one.told[2]:
        raise Wrong(f"{one.id} went back from version {one.told[2]}: {record}")
    status = record["status"]
    if meant != "PENDING" and status != meant and not one.moved:
        raise Wrong(f"{one.id} holds change {held} and so should be {meant}: {record}")
    # From here on this is what counts; what came too late never comes.
    one.created = True
    one.told = (held, meant, record["version"])
    one.open = []
    return True


def check_repeat(portal, one):
    """After a restart: what comes again with its key is answered as it was, and changes nothing."""
    key, number, status, first = one.keyed

    def again():
        answer = portal.put(one.id, status, {"Idempotency-Key": key}, reasonCode=str(number))
        return answer if answer.status != 409 else None
    answer = until("the answer of the first", again)
    same = all(answer.headers.get(name) == first.headers.get(name)
               for name in ("etag", "usher-propagation"))
    if answer.text != first.text or not same or "idempotent-replayed" not in answer.headers:
        raise Wrong(f"{key} was told {first.status} {first.text} {first.headers}, and again "
                    f"{answer.status} {answer.text} {answer.headers}")
    one.keyed = None


def check_effects(held, calls):
    """Against the partner's own list of calls: nothing took effect more often than there were calls
    for it with a request id of their own."""
    asked, done = collections.defaultdict(set), collections.Counter()
    for call in calls:
        asked[call["action"]].add(call["X-RequestIdentifier"])
    for record in held.values():
        done.update(record["effects"])
    for action, count in done.items():
        # Resuming and taking back an ending are one request at this partner.
        if count > len(asked[action]):
            raise Wrong(f"{count} times {action} at the partner, for {len(asked[action])} calls")
    return sum(done.values())


def check_partner(one, held):
    effects = held["effects"] if held else {}
    if effects.get("create", 0) > 1:
        raise Wrong(f"{one.id} was created {effects['create']} times")
    if one.moved:  # more may be needed than was asked, to get from where it was moved
        return
    for action, count in one.asked.items():
        if effects.get(action, 0) > count:
            raise Wrong(f"{one.id} was asked for {count} times {action}, the partner did it "
                        f"{effects[action]} times")


class Story:
    def __init__(self, seed, folder):
        self.dice = random.Random(seed)
        self.folder = folder
        self.usher = None
        self.entitlements = []
        self.crm = Crm()
        self.changes = self.moves = self.reports = self.effects = self.repeats = 0

    def start(self):
        ports = {}
        if self.usher:
            ports = {name: self.usher.port(name) for name in self.usher.addresses}
            self.usher.release()
        try:
            self.usher = program.start_dev(self.folder, ports)
        except program.NotStarted as trouble:
            if "port" not in str(trouble) and "address" not in str(trouble):
                raise
            self.usher = program.start_dev(self.folder)  # somebody else took a port meanwhile
        self.portal = self.usher.caller()

    def check_records(self, some):
        for one in some:
            if one.keyed:
                check_repeat(self.portal, one)
                self.repeats += 1
        lost = {one.id for one in some if not check_record(self.portal, one)}
        self.entitlements = [one for one in self.entitlements if one.id not in lost]

    def report_moves(self):
        """As the partner does: until it is taken."""
        for one in self.entitlements:
            if one.unreported and not report(self.portal, one, "METADATA_UPDATE"):
                raise Wrong(f"a report about {one.id} was not taken")

    def round(self, number):
        self.portal.faults(FAULTS)
        token = self.portal.token()
        owners = [Owner(f"r{number}t{index}", self.usher, token,
                        random.Random(self.dice.getrandbits(32))) for index in range(THREADS)]
        # What earlier rounds left is shared out, so that changes meet what a kill left open.
        going_on = [one for one in self.entitlements if not one.ended()]
        for index, one in enumerate(self.dice.sample(going_on, min(8, len(going_on)))):
            owners[index % THREADS].entitlements.append(one)
        known = {one.id for one in self.entitlements}
        reading = Reading(self.crm, self.usher, token)
        for thread in (*owners, reading):
            thread.start()
        time.sleep(self.dice.uniform(0.02, LONGEST_ROUND_S))
        self.usher.kill()
        for thread in (*owners, reading):
            thread.join()
            if thread.trouble:
                raise thread.trouble
        for owner in owners:
            self.changes += owner.changes
            self.moves += owner.moves
            self.reports += owner.reports
            self.entitlements += [one for one in owner.entitlements if one.id not in known]
        self.portal.close()
        self.start()
        # What nobody touched is looked at now and then, and at the end.
        touched = [one for owner in owners for one in owner.entitlements]
        self.check_records(self.entitlements if number % 20 == 19 else touched)
        self.report_moves()

    def converge(self):
        self.portal.send("sandbox", "DELETE", "/sandbox/partner/faults")
        self.report_moves()
        different = {}

        def all_agree():
            held = self.portal.held()
            different.clear()
            for one in self.entitlements:
                record = self.portal.read(one.id)
                if not agree(record, held.get(one.id)):
                    different[one.id] = (record, held.get(one.id))
            return not different

        try:
            until("agreement about everything", all_agree, 2 * program.PATIENCE_S)
        except AssertionError as trouble:
            raise Wrong(f"{trouble}: {different}") from None
        held = self.portal.held()
        calls = self.portal.send("sandbox", "GET", "/sandbox/partner/calls").json
        self.effects = check_effects(held, calls)
        for one in self.entitlements:
            check_record(self.portal, one)
            check_partner(one, held.get(one.id))
        known = {one.id for one in self.entitlements}
        for id_ in held.keys() - known:
            raise Wrong(f"the partner holds {id_}, which nobody knows of")

    def check_events(self):
        read, there = self.crm.read_rest(self.portal), Crm().read_rest(self.portal)
        if read != there:
            wrong = next((pair for pair in itertools.zip_longest(read, there)
                          if pair[0] != pair[1]))
            raise Wrong(f"{len(read)} events were read, {len(there)} are there: {wrong}")

    def run(self, rounds):
        self.start()
        try:
            for number in range(rounds):
                self.round(number)
            self.converge()
            self.check_events()
            if self.usher.stop() != 0:
                raise Wrong(f"the last one did not end well: {self.usher.read_log()[-2000:]}")
        finally:
            self.portal.close()
            self.usher.release()


def main():
    parser = argparse.ArgumentParser(prog="kill.py", description=__doc__)
    parser.add_argument("--usher", default=program.USHER, help="the program")
    parser.add_argument("--rounds", type=int, default=20, help="kills (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32),
                        help="what it does; when the program dies meanwhile is not repeatable")
    parser.add_argument("--keep", metavar="FOLDER",
                        help="where both sides' files go when something was wrong")
    arguments = parser.parse_args()
    program.USHER = arguments.usher
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="usher-kill-") as folder:
        story = Story(arguments.seed, folder)
        try:
            story.run(arguments.rounds)
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            if arguments.keep:
                shutil.copytree(folder, arguments.keep, dirs_exist_ok=True)
            return 1
    print(f"{arguments.rounds} kills, {story.changes} answered changes, {story.moves} moves at the "
          f"partner, {story.reports} taken reports, {story.repeats} repeats with a key, "
          f"{story.effects} effects of {len(story.entitlements)} entitlements, "
          f"{len(story.crm.ids)} events: all there, and both sides agree")
    counts = (story.changes, story.moves, story.reports, story.repeats, story.crm.ids)
    return 0 if all(counts) else 1


if __name__ == "__main__":
    sys.exit(main())
