"""Runs clang-tidy over the sources of src/ (not the tests), and over the headers they include. A
file whose inputs are unchanged since it was found good costs nothing.

Usage: python3 tests/lint/tidy.py --build DIR [--count FILE] [--tests] [file...]
"""

import argparse
import pathlib
import sys

import compiling


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=pathlib.Path, help="write the number of files here")
    parser.add_argument("--tests", action="store_true", help="the tests too")
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="these only")
    options = parser.parse_args()
    chosen = {path.resolve() for path in options.files}
    tasks = []
    for path, flags in sorted(compiling.read_commands(options.build).items()):
        if (chosen and path not in chosen) or (
                path.name.endswith("_test.cc") and not (options.tests or chosen)):
            continue
        command = ["clang-tidy-19", "--quiet", str(path), "--", *flags]
        tasks.append((path, flags, command, None))
    if options.count:
        options.count.write_text(f"{len(tasks)}\n")
    rules = (compiling.ROOT / ".clang-tidy").read_text()
    return 1 if compiling.check_all("tidy", tasks, [rules]) else 0


if __name__ == "__main__":
    sys.exit(main())
