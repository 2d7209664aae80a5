#!/usr/bin/env python3
"""The alert rules: promtool takes them, each is tested both ways, each names a command that exists,
and every metric in them is one that the real program has."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "process"))
import program  # noqa: E402

FOLDER = ROOT / "docs" / "alerts"
RULES, TESTS = FOLDER / "usher.rules.yml", FOLDER / "usher.rules.test.yml"
PROMETHEUS_OWN = {"up"}


def promtool(*words, cwd=FOLDER):
    try:
        return subprocess.run(["promtool", *words], cwd=cwd, capture_output=True, text=True,
                              check=False)
    except FileNotFoundError:
        sys.exit("promtool is not there: scripts/setup test installs it (package prometheus)")


def rules():
    """Name, expression and the rest of each alert; promtool has judged the form."""
    parts = RULES.read_text(encoding="utf-8").split("      - alert: ")[1:]
    for part in parts:
        expression = part.split("expr: >-\n", 1)[1].split("        for:", 1)[0]
        yield part.split("\n", 1)[0], " ".join(expression.split()), part


def metrics_in(expression):
    bare = re.sub(r"\{[^}]*\}|\"[^\"]*\"|\[\w+\]", " ", expression)
    return {word for word in re.findall(r"[a-z][a-z_]*", bare)
            if word.startswith("usher_") or word in PROMETHEUS_OWN}


class Alerts(program.Case):
    def test_the_rules_are_valid_and_do_what_their_tests_say(self):
        for words in (("check", "rules", RULES.name), ("test", "rules", TESTS.name)):
            done = promtool(*words)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_is_tested_both_ways(self):
        tests = TESTS.read_text(encoding="utf-8")
        for name, _, _ in rules():
            for way in ("fires", "does not fire"):
                self.assertIn(f"- name: {name} {way}\n", tests)

    def test_a_rule_that_never_fires_or_always_does_is_found(self):
        head, *tests = TESTS.read_text(encoding="utf-8").split("  - name: ")
        for name, expression, _ in rules():
            for wrong in ("vector(1) > 2", "vector(1)"):
                with tempfile.TemporaryDirectory() as folder, self.subTest(alert=name, expr=wrong):
                    text = RULES.read_text(encoding="utf-8")
                    begin = text.index(f"- alert: {name}\n")
                    begin = text.index("expr: >-\n", begin) + len("expr: >-\n")
                    end = text.index("        for:", begin)
                    (pathlib.Path(folder) / RULES.name).write_text(
                        f"{text[:begin]}          {wrong}\n{text[end:]}", encoding="utf-8")
                    own = [test for test in tests if test.startswith(f"{name} ")]
                    (pathlib.Path(folder) / TESTS.name).write_text(
                        "  - name: ".join([head, *own]), encoding="utf-8")
                    done = promtool("test", "rules", TESTS.name, cwd=folder)
                    self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                    self.assertIn(f"alertname: {name}", done.stdout + done.stderr)

    def test_each_says_how_urgent_it_is_and_which_command_to_begin_with(self):
        for name, _, whole in rules():
            self.assertRegex(whole, r"severity: (page|ticket)\n", name)
            runbook = " ".join(whole.split("runbook: >-\n", 1)[1].split())
            commands = re.findall(r"`usher ([a-z]+)", runbook)
            self.assertTrue(commands, f"{name} names no command")
            for command in commands:
                done = program.run(command, "--help")
                self.assertEqual(done.returncode, 0, f"{name}: usher {command}")

    def test_every_metric_is_one_that_the_program_has(self):
        """While a slow partner has a backlog, so that there is a rate and a time to tell."""
        usher = self.started(program.start_dev(extra={"USHER_PARTNER_BANGO_MAX_IN_FLIGHT": "1"}))
        portal = self.called(usher)
        bought = [portal.buy(f"account-{number}").json["_id"] for number in range(1, 10)]
        portal.faults([{"action": "*", "effect": "delay", "delay_ms": 1500}])
        wanted = {metric for _, expression, _ in rules() for metric in metrics_in(expression)}
        wanted -= PROMETHEUS_OWN
        self.assertGreater(len(wanted), 15)
        missing = set(wanted)

        def all_seen():
            for number, one in enumerate(bought):
                status = "SUSPENDED" if portal.read(one)["status"] == "ACTIVE" else "ACTIVE"
                if number % 3 == 0:
                    portal.put(one, status, {"Prefer": "respond-async"})
            text = portal.send("admin", "GET", "/metrics").text
            seen = {line.split("{")[0].split(" ")[0] for line in text.splitlines()
                    if not line.startswith("#")}
            missing.difference_update(seen)
            return not missing
        try:
            program.until("every metric", all_seen, patience=60)
        except AssertionError:
            self.fail(f"no such metric: {sorted(missing)}")
        promtool_says = subprocess.run(
            ["promtool", "check", "metrics"], capture_output=True, text=True, check=False,
            input=portal.send("admin", "GET", "/metrics").text)
        self.assertEqual(promtool_says.returncode in (0, 3), True, promtool_says.stderr)
        self.assertNotIn("error while linting", promtool_says.stderr)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(description=__doc__))
