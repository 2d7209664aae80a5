#!/usr/bin/env python3
"""Redocly's recommended rules find nothing in openapi.yaml, not even a warning."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import tools

ROOT = tools.HERE.parents[1]
# A license is recommended only: to miss it is a warning.
PLANTED = """\
openapi: 3.1.0
info: {title: planted, version: 1.0.0}
servers: [{url: 'https://planted.invalid'}]
security: []
paths: {}
"""
WANTED = ["warn info-license"]


def problems(linter, path):
    """As (severity and rule, where and what). It runs where it finds no settings of its own."""
    quiet = {"REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    with tempfile.TemporaryDirectory(prefix="usher-lint-") as folder:
        done = subprocess.run([*linter, "lint", "--extends=recommended", "--format=json",
                               "--max-problems=1000", path], cwd=folder, env=os.environ | quiet,
                              capture_output=True, text=True, check=False)
    try:
        found = json.loads(done.stdout)["problems"]
    except ValueError:
        raise SystemExit(f"the linter ended with {done.returncode}:\n"
                         f"{done.stdout}{done.stderr}") from None
    for problem in found:
        where = problem["location"][0].get("pointer", "")
        yield f"{problem['severity']} {problem['ruleId']}", f"{where}: {problem['message']}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openapi", type=pathlib.Path, default=ROOT / "openapi.yaml",
                        help="another file than the project's")
    arguments = parser.parse_args()
    linter = tools.redocly()
    wrong = [" ".join(problem) for problem in problems(linter, arguments.openapi.resolve())]
    with tempfile.TemporaryDirectory(prefix="usher-lint-") as folder:
        planted = pathlib.Path(folder) / "openapi.yaml"
        planted.write_text(PLANTED, encoding="ascii")
        found = [rule for rule, _ in problems(linter, planted)]
    if found != WANTED:
        wrong.append(f"in a planted file the linter found {found}, not {WANTED}")
    for text in wrong:
        print(f"FAIL  {text}")
    if not wrong:
        print(f"{arguments.openapi.name}: nothing found")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
