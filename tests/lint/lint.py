"""Rules of the tree that no compiler checks. Prints each finding, exits 1 when there is one.

Usage: python3 tests/lint/lint.py [--root DIR]
Exceptions, each with its reason, are in tests/lint/exceptions.txt.
"""

import argparse
import os
import pathlib
import re
import subprocess
import sys

MAX_COLUMNS = 100
MAX_HEADER_LINES = 250
MAX_SOURCE_LINES = 500
MAX_README_LINES = 50

# Where a clock, thread, sleep, random device or Asio timer may be; elsewhere it is handed in.
TIME_ROOMS = {"base", "server"}
# Kept behind the headers of http, so that a simulation can stand in for the sockets.
HTTP_ONLY = ("boost/beast", "curl/")
POSIX = re.compile(
    r"(sys|netinet|arpa)/|(unistd|fcntl|signal|poll|netdb|errno|pthread|termios)\.h$")
TEST_ONLY = ("gtest/", "gmock/")

TOKENS = {
    "clock": [
        r"\b(system|steady|high_resolution|utc|tai|gps|file)_clock\b",
        r"\b(gettimeofday|clock_gettime|localtime|localtime_r|gmtime|gmtime_r)\s*\(",
        r"\btime\s*\(\s*(nullptr|NULL|0|&)",
    ],
    "thread": [
        r"\bstd::(jthread|thread|async)\b",
        r"\bthis_thread::",
        r"\bthread_pool\b",
        r"\bpthread_create\b",
    ],
    "sleep": [r"\bthis_thread::sleep", r"(?<![\w.:>])(u|nano)?sleep\s*\("],
    "random": [
        r"\brandom_device\b",
        r"\b(mt19937|minstd_rand|default_random_engine)",
        r"(?<![\w.>])(s?rand|random|arc4random|getrandom|getentropy)\s*\(",
        r"\bRAND_(priv_)?bytes\b",
    ],
    "timer": [
        r"\b(steady|system|high_resolution|deadline)_timer\b",
        r"\bbasic_waitable_timer\b",
        r"\btimerfd_create\b",
    ],
}
# Written in pieces, so that this file does not find itself.
WORDS = {
    "unfinished": [r"\bTO" r"DO\b", r"\bFIX" r"ME\b", r"\bXX" r"X\b"],
    "machine-path": [r"/ro" r"ot/", r"/ho" r"me/[a-z]", r"/Us" r"ers/", r"(?<![\w.])/wo" r"rk/"],
    "disabled-test": [r"\bDISA" r"BLED_"],
    "silent-skip": [r"\bGTEST_" r"SKIP\(\)(?!\s*<<\s*\S)"],
}
SOURCE_SUFFIXES = (".h", ".cc")
NARROW_SUFFIXES = (".h", ".cc", ".cmake", ".py", ".sh")


class Finding:
    def __init__(self, path, line, rule, text):
        self.path, self.line, self.rule, self.text = path, line, rule, text

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


class Room:
    def __init__(self, name, uses, external, line):
        self.name, self.uses, self.external, self.line = name, uses, external, line


def strip_comments(text, strings=True):
    """The C++ code alone, line for line; the contents of strings too unless `strings`."""
    pattern = re.compile(
        r'R"(?P<tag>[^\s()\\]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|'
        r"(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/", re.S)

    def blank(match):
        found = match.group(0)
        if found.startswith("/") or strings:
            return re.sub(r"[^\n]", " ", found)
        return found

    return pattern.sub(blank, text)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def read_rooms(root):
    path = root / "src" / "CMakeLists.txt"
    text = re.sub(r"#[^\n]*", "", path.read_text()) if path.exists() else ""
    rooms = {}
    for match in re.finditer(r"^room\(([^)]*)\)", text, re.M):
        words = match.group(1).split()
        lists = {"USES": [], "EXTERNAL": []}
        current = None
        for word in words[1:]:
            if word in lists:
                current = word
            elif current:
                lists[current].append(word)
        rooms[words[0]] = Room(words[0], lists["USES"], lists["EXTERNAL"],
                               line_of(text, match.start()))
    return rooms


def read_externals(root):
    """Library name to header prefixes, from the comments of cmake/external.cmake."""
    path = root / "cmake" / "external.cmake"
    text = path.read_text() if path.exists() else ""
    return {name: prefixes.split()
            for name, prefixes in re.findall(r"^external\(.*#\s*(\w+):\s*(.+)$", text, re.M)}


def list_files(root):
    """What is, or could be, committed."""
    if (root / ".git").exists():
        listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=root,
                                check=True, capture_output=True, text=True).stdout.split("\0")
        paths = [pathlib.Path(name) for name in listed if name]
    else:
        paths = [path.relative_to(root) for path in root.rglob("*")]
    return sorted(path for path in set(paths) if (root / path).is_file())


def is_test(path):
    return (re.search(r"_test\.(cc|h)$|^test_.*\.h$", path.name) is not None
            or path.parts[0] == "tests" or "testdata" in path.parts)


class Lint:
    def __init__(self, root):
        self.root = root
        self.rooms = read_rooms(root)
        self.externals = read_externals(root)
        self.files = list_files(root)
        self.findings = []

    def find(self, path, line, rule, text):
        self.findings.append(Finding(str(path), line, rule, text))

    def run(self):
        self.check_rooms()
        self.check_cycles()
        for path in self.files:
            if "testdata" in path.parts or path.name == "LICENSE":
                continue
            try:
                text = (self.root / path).read_text()
            except UnicodeDecodeError:
                continue
            self.check_words(path, text)
            self.check_sizes(path, text)
            self.check_script(path, text)
            if path.suffix in SOURCE_SUFFIXES and path.parts[0] == "src":
                self.check_source(path, text)
        self.apply_exceptions()
        return sorted(self.findings, key=lambda f: (f.path, f.line))

    def check_rooms(self):
        where = "src/CMakeLists.txt"
        folders = {path.parts[1] for path in self.files
                   if path.parts[0] == "src" and len(path.parts) > 2}
        for name in sorted(folders - set(self.rooms)):
            self.find(f"src/{name}", 1, "room-without-line", f"no room({name} ...) in {where}")
        for room in self.rooms.values():
            sources = [path for path in self.files if path.parts[:2] == ("src", room.name)
                       and path.suffix == ".cc" and not is_test(path)]
            if not sources:
                self.find(where, room.line, "room-without-source", f"src/{room.name} has no .cc")
            elif pathlib.Path("src", room.name, "README.md") not in self.files:
                self.find(f"src/{room.name}", 1, "room-without-readme", "README.md is missing")
            for used in room.uses:
                if used not in self.rooms:
                    self.find(where, room.line, "unknown-room", f"{room.name} uses {used}")
            for library in room.external:
                if library not in self.externals:
                    self.find(where, room.line, "unknown-library", f"{room.name} uses {library}")

    def check_cycles(self):
        done = set()

        def visit(name, path):
            if name in path:
                circle = " -> ".join(path[path.index(name):] + [name])
                self.find("src/CMakeLists.txt", self.rooms[name].line, "room-cycle", circle)
            elif name in self.rooms and name not in done:
                for used in self.rooms[name].uses:
                    visit(used, path + [name])
                done.add(name)

        for name in self.rooms:
            visit(name, [])

    def check_words(self, path, text):
        for rule, patterns in WORDS.items():
            for pattern in patterns:
                for match in re.finditer(pattern, text):
                    self.find(path, line_of(text, match.start()), rule, f"'{match.group(0)}'")

    def check_sizes(self, path, text):
        lines = text.splitlines()
        script = text.startswith("#!")
        if path.suffix in NARROW_SUFFIXES or script or path.name == "CMakeLists.txt":
            for number, line in enumerate(lines, 1):
                if len(line) > MAX_COLUMNS:
                    self.find(path, number, "columns", f"{len(line)} > {MAX_COLUMNS}")
        limit = {".h": MAX_HEADER_LINES, ".cc": MAX_SOURCE_LINES}.get(path.suffix)
        if path.name == "README.md" and len(path.parts) == 3 and path.parts[0] == "src":
            limit = MAX_README_LINES
        if limit and not is_test(path) and len(lines) > limit:
            self.find(path, limit + 1, "file-size", f"{len(lines)} lines > {limit}")

    def check_script(self, path, text):
        if path.parts[0] not in ("scripts", ".ci"):
            return
        if text.startswith("#!") and not os.access(self.root / path, os.X_OK):
            self.find(path, 1, "not-executable", "has #! but may not be run")
        if re.match(r"#!.*\bbash\b", text) and "\nset -euo pipefail\n" not in text:
            self.find(path, 1, "loose-script", "lacks 'set -euo pipefail'")
        if path.parts[0] == "scripts" and text.startswith("#!") and "--help" not in text:
            self.find(path, 1, "script-without-help", "does not know --help")

    def check_source(self, path, text):
        code = strip_comments(text)
        room = self.rooms.get(path.parts[1]) if len(path.parts) > 2 else None
        if path.suffix == ".h" and "#pragma once" not in code:
            self.find(path, 1, "pragma-once", "'#pragma once' is missing")
        for match in re.finditer(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]',
                                 strip_comments(text, strings=False), re.M):
            self.check_include(path, line_of(text, match.start(2)), room, *match.groups())
        if room and room.name not in TIME_ROOMS:
            self.check_tokens(path, code)

    def check_include(self, path, line, room, quote, header):
        first = header.split("/")[0]
        if quote == '"' or (first in self.rooms and "/" in header):
            if quote == "<" or "/" not in header or not (self.root / "src" / header).exists():
                self.find(path, line, "include-form", f'{header}: write "room/header.h"')
            elif room and first != room.name and first not in room.uses:
                self.find(path, line, "include-room", f"{room.name} does not use {first}")
            return
        if re.fullmatch(r"\w+", header) or POSIX.match(header):
            return
        if header.startswith(TEST_ONLY):
            if not is_test(path):
                self.find(path, line, "include-library", f"{header} is for tests")
            return
        if header.startswith(HTTP_ONLY) and (room is None or room.name != "http"):
            self.find(path, line, "include-library", f"{header} is for http alone")
            return
        libraries = [name for name, prefixes in self.externals.items()
                     if header.startswith(tuple(prefixes))]
        if not libraries:
            self.find(path, line, "include-library", f"{header} is in no line of external.cmake")
        elif room and not set(libraries) & set(room.external):
            self.find(path, line, "include-library",
                      f"{room.name} does not name {' or '.join(libraries)}")

    def check_tokens(self, path, code):
        for rule, patterns in TOKENS.items():
            if rule == "thread" and is_test(path):
                continue
            for pattern in patterns:
                for match in re.finditer(pattern, code):
                    self.find(path, line_of(code, match.start()), rule,
                              f"'{match.group(0).strip()}' belongs into base or server")

    def apply_exceptions(self):
        """Drops what tests/lint/exceptions.txt allows; a line that allows nothing is a finding."""
        where = pathlib.Path("tests/lint/exceptions.txt")
        if not (self.root / where).exists():
            return
        for number, line in enumerate((self.root / where).read_text().splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            words = line.split(maxsplit=2)
            if len(words) < 3:
                self.find(where, number, "exception", "write: rule path reason")
                continue
            kept = [f for f in self.findings if (f.rule, f.path) != (words[0], words[1])]
            if len(kept) == len(self.findings):
                self.find(where, number, "exception", f"{words[1]} does not need it; remove it")
            else:
                self.findings = kept


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=pathlib.Path,
                        default=pathlib.Path(__file__).resolve().parents[2])
    lint = Lint(parser.parse_args().root)
    findings = lint.run()
    for finding in findings:
        print(finding)
    print(f"{len(lint.files)} files, {len(lint.rooms)} rooms, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
