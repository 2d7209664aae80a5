#!/usr/bin/env python3
"""Many callers at once on one entitlement of the real program."""

import argparse
import random
import threading

import program
from program import agree, until

BUYERS = 50


def at_once(work):
    """Runs the functions from the same moment on; returns what each returned or raised."""
    gate = threading.Barrier(len(work))
    results = [None] * len(work)

    def one(index):
        gate.wait()
        try:
            results[index] = work[index]()
        except Exception as trouble:  # pylint: disable=broad-except
            results[index] = trouble

    threads = [threading.Thread(target=one, args=(index,)) for index in range(len(work))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for result in results:
        if isinstance(result, Exception):
            raise result
    return results


class Races(program.Case):
    def setUp(self):
        super().setUp()
        self.usher = self.started(program.start_dev())
        self.portal = self.called(self.usher)

    def callers(self, count):
        token = self.portal.token()
        made = [self.called(self.usher) for _ in range(count)]
        for caller in made:
            caller.given_token = token
        return made

    def settled(self, entitlement):
        return until(f"agreement about {entitlement}", lambda: agree(
            self.portal.read(entitlement), self.portal.held().get(entitlement)))

    def test_many_purchases_make_one_record(self):
        for product in ("BANGO_US_MUSIC", "BANGO_US_MUSIC_PREMIUM"):
            callers = self.callers(BUYERS)
            answers = at_once([lambda c=caller: c.buy("account-1", product)
                               for caller in callers])
            bought = {answer.json["_id"] for answer in answers if answer.status == 201}
            self.assertEqual(len(bought), 1, [answer.text for answer in answers])
            for answer in answers:
                if answer.status != 201:
                    self.assertEqual((answer.status, answer.json["errorCode"]), (400, 40037))
            entitlement = bought.pop()
            self.settled(entitlement)
            key = product.removeprefix("BANGO_US_")
            held = [record for record in self.portal.held().values()
                    if record["productKey"] == key]
            self.assertEqual([record["externalEntitlementId"] for record in held], [entitlement])
            self.assertEqual(held[0]["effects"]["create"], 1)

    def test_parallel_changes_end_in_agreement(self):
        dice = random.Random(4)
        words = ("ACTIVE", "SUSPENDED", "SUBSCRIBED", "ACTIVE", "SUSPENDED")
        entitlement = self.portal.buy("account-2").json["_id"]
        for _ in range(5):
            asked = [(caller, dice.choice(words)) for caller in self.callers(16)]
            answers = at_once([lambda c=caller, w=word: c.put(entitlement, w)
                               for caller, word in asked])
            self.assertEqual({answer.status for answer in answers}, {200})
            self.settled(entitlement)
            self.assertIn(self.portal.read(entitlement)["status"], {word for _, word in asked})
        effects = self.portal.held()[entitlement]["effects"]
        self.assertEqual(effects["create"], 1)

    def test_an_end_among_parallel_changes_stays_an_end(self):
        for account, word in (("account-3", "CANCELLED"), ("account-4", "REVOKED")):
            entitlement = self.portal.buy(account).json["_id"]
            callers = self.callers(12)
            answers = at_once([lambda c=caller, i=index: c.put(
                entitlement, (word, "SUSPENDED", "ACTIVE")[i % 3])
                for index, caller in enumerate(callers)])
            for answer in answers:
                self.assertIn(answer.status, (200, 400), answer.text)
            self.settled(entitlement)
            # A taking back that came while the end was still open is the operator's own wish.
            effects = self.portal.held()[entitlement]["effects"]
            ended = effects.get("cancel", 0) + effects.get("revoke", 0)
            self.assertLessEqual(ended, 1)
            final = self.portal.read(entitlement)["status"]
            self.assertEqual(final == word, ended == 1)

    def test_one_of_many_with_the_same_version_wins(self):
        bought = self.portal.buy("account-5")
        entitlement = bought.json["_id"]
        self.settled(entitlement)
        version = self.portal.ask("GET", f"{program.ENTITLEMENTS}/{entitlement}").headers["etag"]
        answers = at_once([lambda c=caller: c.put(entitlement, "SUSPENDED", {"If-Match": version})
                           for caller in self.callers(16)])
        statuses = sorted(answer.status for answer in answers)
        self.assertEqual(statuses, [200] + [412] * 15)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="races.py", description=__doc__))
