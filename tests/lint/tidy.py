"""Runs clang-tidy over the sources of src/ (not the tests), and over the headers they include. The
sources of a room that uses libraries are read as one, which takes a tenth of the time of reading
each alone. What is unchanged since it was found good costs nothing.

Usage: python3 tests/lint/tidy.py --build DIR [--count FILE] [--tests] [file...]
"""

import argparse
import pathlib
import sys

import compiling
import lint


def together(folder, name, paths):
    """One source that includes all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [f'#include "{path.relative_to(compiling.SRC)}"  // NOLINT\n' for path in paths]
    batch = folder / f"{name}.cc"
    if not batch.exists() or batch.read_text() != "".join(lines):
        batch.write_text("".join(lines))
    return batch


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, required=True)
    parser.add_argument("--count", type=pathlib.Path, help="write the number of files here")
    parser.add_argument("--tests", action="store_true", help="the tests too")
    parser.add_argument("files", nargs="*", type=pathlib.Path, help="these only")
    options = parser.parse_args()
    chosen = {path.resolve() for path in options.files}
    described = lint.read_rooms(compiling.ROOT)
    batches = {}
    for path, flags in sorted(compiling.read_commands(options.build).items()):
        if chosen and path not in chosen:
            continue
        is_test = path.name.endswith("_test.cc")
        if is_test and not (options.tests or chosen):
            continue
        room = path.relative_to(compiling.SRC).parts[0]
        name = room + ("_test" if is_test else "")
        if room in described and not described[room].external:
            name += f".{path.stem}"  # nothing heavy to share
        batches.setdefault(name, (flags, []))[1].append(path)
    tasks = []
    for name, (flags, paths) in batches.items():
        batch = together(options.build.resolve() / "tidy", name, paths)
        command = ["clang-tidy-19", "--quiet", str(batch), "--", *flags]
        tasks.append((batch, flags, command, None))
    if options.count:
        options.count.write_text(f"{sum(len(paths) for _, paths in batches.values())}\n")
    rules = (compiling.ROOT / ".clang-tidy").read_text()
    return 1 if compiling.check_all("tidy", tasks, [rules]) else 0


if __name__ == "__main__":
    sys.exit(main())
