"""Compiles every header of src/ alone, so that none needs another one before it. A header that its
own source includes first is left to tidy.py, which compiles that source as it stands.

Usage: python3 tests/lint/headers.py --build DIR
"""

import argparse
import pathlib
import re
import sys

import compiling


def is_first_include(header, name):
    source = header.with_suffix(".cc")
    if not source.exists():
        return False
    first = re.search(r"^#include (.*)$", source.read_text(), re.M)
    return first is not None and first.group(1) == f'"{name}"'


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    commands = compiling.read_commands(parser.parse_args().build)
    by_room = {}
    for path, flags in sorted(commands.items()):
        by_room.setdefault(path.relative_to(compiling.SRC).parts[0], flags)
    tasks = []
    for header in sorted(compiling.SRC.rglob("*.h")):
        name = header.relative_to(compiling.SRC)
        if is_first_include(header, name):
            continue
        flags = by_room.get(name.parts[0])
        if flags is None:
            print(f"{name}: no source of its room is built")
            return 1
        command = ["clang++-19", *flags, "-fsyntax-only", "-x", "c++", "-"]
        tasks.append((header, flags, command, f'#include "{name}"\n'))
    return 1 if compiling.check_all("headers", tasks) else 0


if __name__ == "__main__":
    sys.exit(main())
