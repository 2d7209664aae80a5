#!/usr/bin/env python3
"""Kills the real program at random moments under load and looks at what it knows afterwards.

Every change that was answered must be in the record, whatever was not answered may be; the partner
never did anything more often than it was asked; in the end both sides agree about everything."""

import argparse
import http.client
import random
import sys
import tempfile
import threading
import time

import program
from program import agree, until

THREADS = 4
LIVE = ("ACTIVE", "SUSPENDED", "SUBSCRIBED")
ACTIONS = {"ACTIVE": "resume", "SUBSCRIBED": "resume", "SUSPENDED": "suspend",
           "CANCELLED": "cancel", "REVOKED": "revoke"}
# Known after a kill only by looking: the partner works and the answer is lost, or it is not
# reached.
FAULTS = [{"action": "*", "effect": "lose-answer", "probability": 0.05},
          {"action": "*", "effect": "lose-request", "probability": 0.05}]


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

    def ended(self):
        return bool(self.told and self.told[1] in program.ENDED and not self.open)


class Owner(threading.Thread):
    """Buys and changes entitlements of its own until the program is gone."""

    def __init__(self, name, usher, token, dice):
        super().__init__()
        self.name, self.dice = name, dice
        self.caller = usher.caller()
        self.caller.given_token = token
        self.entitlements, self.accounts = [], []
        self.trouble = None
        self.changes = 0

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

    def step(self):
        live = [one for one in self.entitlements if one.created and not one.ended()]
        if len(live) < 3 or self.dice.random() < 0.1:
            self.buy()
        else:
            self.change(self.dice.choice(live))

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
            one.active = self.caller.read(one.id)["status"] != "PENDING"
            return
        end = self.dice.random() < 0.07
        status = self.dice.choice(("CANCELLED", "REVOKED") if end else LIVE)
        one.number += 1
        one.open.append((one.number, status))
        one.asked[ACTIONS[status]] += 1
        prefer = {"Prefer": "respond-async"} if self.dice.random() < 0.5 else {}
        answer = self.caller.put(one.id, status, prefer, reasonCode=str(one.number))
        if answer.status == 503:
            return
        if answer.status == 400 and answer.json["errorCode"] in (40043, 40044, 40051):
            # Only an end that was asked for, and not answered, can be what is there already.
            if any(word in program.ENDED for _, word in one.open):
                one.open.pop()
                one.created = False
                return
        if answer.status != 200:
            raise Wrong(f"{one.id} to {status}: {answer.status} {answer.text}")
        one.told = (one.number, status, int(answer.headers["etag"].strip('"')))
        one.open = []
        self.changes += 1


def check_record(portal, one):
    """After a restart: what was answered is there, or what was sent after it."""
    answer = portal.ask("GET", f"{program.ENTITLEMENTS}/{one.id}")
    if answer.status == 404 and not one.created and not one.told:
        return False
    if answer.status != 200:
        raise Wrong(f"{one.id} is lost: {answer.status} {answer.text}")
    record = answer.json
    known = [one.told[:2] if one.told else (0, "PENDING")] + one.open
    held = int(record.get("reasonCode", "-1"))
    meant = dict(known).get(held)
    if meant is None:
        raise Wrong(f"{one.id} holds change {held}, but one of {known} must be there: {record}")
    if one.told and record["version"] < one.told[2]:
        raise Wrong(f"{one.id} went back from version {one.told[2]}: {record}")
    status = record["status"]
    if meant != "PENDING" and status != meant:
        raise Wrong(f"{one.id} holds change {held} and so should be {meant}: {record}")
    # From here on this is what counts; what came too late never comes.
    one.created = True
    one.told = (held, meant, record["version"])
    one.open = []
    return True


def check_partner(one, held):
    effects = held["effects"] if held else {}
    if effects.get("create", 0) > 1:
        raise Wrong(f"{one.id} was created {effects['create']} times")
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
        self.changes = 0

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

    def check_records(self):
        kept = []
        for one in self.entitlements:
            if check_record(self.portal, one):
                kept.append(one)
        self.entitlements = kept

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
        for owner in owners:
            owner.start()
        time.sleep(self.dice.uniform(0.02, 1.0))
        self.usher.kill()
        for owner in owners:
            owner.join()
            if owner.trouble:
                raise owner.trouble
            self.changes += owner.changes
            self.entitlements += [one for one in owner.entitlements if one.id not in known]
        self.portal.close()
        self.start()
        self.check_records()

    def converge(self):
        self.portal.send("sandbox", "DELETE", "/sandbox/partner/faults")
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
        for one in self.entitlements:
            check_record(self.portal, one)
            check_partner(one, held.get(one.id))

    def run(self, rounds):
        self.start()
        try:
            for number in range(rounds):
                self.round(number)
            self.converge()
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
    arguments = parser.parse_args()
    program.USHER = arguments.usher
    print(f"seed {arguments.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="usher-kill-") as folder:
        story = Story(arguments.seed, folder)
        try:
            story.run(arguments.rounds)
        except Wrong as wrong:
            print(f"WRONG: {wrong}")
            return 1
    print(f"{arguments.rounds} kills, {story.changes} answered changes of "
          f"{len(story.entitlements)} entitlements: all there, and both sides agree")
    return 0 if story.changes else 1


if __name__ == "__main__":
    sys.exit(main())
