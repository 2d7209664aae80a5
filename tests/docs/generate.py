#!/usr/bin/env python3
"""Writes the pages that are made from the program's own tables, or checks that they are right.

A page keeps what stands above its mark; what is below is what the program prints."""

import argparse
import difflib
import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MARK = "<!-- Made by tests/docs/generate.py from here on. -->\n"
PAGES = {"docs/settings.md": ("settings", "markdown"),
         "docs/errors.md": ("errors", "markdown"),
         "docs/explain.md": ("causes", "markdown"),
         "docs/compare.md": ("findings", "markdown"),
         "docs/lifecycle.md": ("lifecycle", "markdown"),
         "usher.example.toml": ("settings", "toml")}


def printed(usher, command, form):
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("USHER_")}
    return subprocess.run([usher, command, "--format", form], capture_output=True, text=True,
                          check=True, env=environment).stdout


def wanted(path, text):
    if path.suffix == ".toml":
        return text
    head, mark, _ = path.read_text().partition(MARK)
    if not mark:
        raise SystemExit(f"{path} has no line {MARK.strip()}")
    title, _, rest = text.partition("\n\n")
    return head + MARK + "\n" + (rest if title.startswith("# ") else text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; exit 1 when a page is not what the program prints")
    arguments = parser.parse_args()
    different = 0
    for name, (command, form) in PAGES.items():
        path = ROOT / name
        should = wanted(path, printed(arguments.usher, command, form))
        is_now = path.read_text() if path.exists() else ""
        if should == is_now:
            continue
        different += 1
        if arguments.check:
            print(f"{name} is not what usher {command} prints; run tests/docs/generate.py")
            sys.stdout.writelines(difflib.unified_diff(
                is_now.splitlines(True), should.splitlines(True), name, "usher " + command, n=1))
        else:
            path.write_text(should)
            print(f"{name} written")
    return 1 if arguments.check and different else 0


if __name__ == "__main__":
    sys.exit(main())
