"""Fails when a test of a ctest run was skipped, disabled or not run and nobody expected it.

Usage: python3 tests/lint/skips.py EXPECTED JUNIT_XML
EXPECTED has one test name a line, then its reason; empty lines and '#' lines do not count.
"""

import pathlib
import sys
import xml.etree.ElementTree as tree

RAN = {"run", "fail"}


def unexpected(expected_text, junit_text):
    expected = {line.split()[0] for line in expected_text.splitlines()
                if line.strip() and not line.startswith("#")}
    skipped = [case.get("name") for case in tree.fromstring(junit_text).iter("testcase")
               if case.get("status") not in RAN]
    return [name for name in skipped if name not in expected]


def main():
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    expected, junit = (pathlib.Path(name) for name in sys.argv[1:])
    if not junit.exists():
        print(f"{junit}: ctest wrote no result", file=sys.stderr)
        return 1
    names = unexpected(expected.read_text(), junit.read_text())
    for name in names:
        print(f"{name}: did not run, and {expected} does not expect that")
    return 1 if names else 0


if __name__ == "__main__":
    sys.exit(main())
