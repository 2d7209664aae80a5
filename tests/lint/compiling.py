"""What headers.py and tidy.py share: compile commands without precompiled headers, what a file
includes, and a memory of the inputs that were found good."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import re
import shlex
import subprocess
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"
KEEP_SECONDS = 30 * 24 * 3600
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)


def read_commands(build):
    """Source file below src/ to its compiler flags."""
    commands = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        flags = clean_flags(shlex.split(entry["command"]))
        for path in compiled_with(pathlib.Path(entry["file"])):
            if SRC in path.parents and path.exists():
                commands[path] = flags
    return commands


def compiled_with(path):
    """What one call of the compiler compiles: the file, or those that CMake has put into it."""
    if path.parent.name != "Unity":
        return [path]
    return [pathlib.Path(name) for name in INCLUDE.findall(path.read_text())]


def clean_flags(words):
    """Without launcher, input, output, and precompiled headers: these would hide a missing
    include."""
    start = next(i for i, word in enumerate(words) if "clang++" in pathlib.Path(word).name)
    words, flags, i = words[start + 1:], [], 0
    while i < len(words):
        if words[i] == "-Xclang":
            takes_more = words[i + 1] in ("-include-pch", "-include")
            i += 4 if takes_more else 2
        elif words[i] in ("-o", "-c", "-MF", "-MT"):
            i += 2
        elif words[i] in ("-MD", "-Winvalid-pch", "-fpch-instantiate-templates"):
            i += 1
        else:
            flags.append(words[i])
            i += 1
    return flags


def included(path, seen=None):
    """The file and every header of ours that it reaches."""
    seen = {} if seen is None else seen
    if path not in seen and path.exists():
        seen[path] = path.read_bytes()
        for name in INCLUDE.findall(seen[path].decode(errors="replace")):
            included(SRC / name, seen)
    return seen


def installed_packages():
    """Another library or compiler version makes every remembered result void."""
    return subprocess.run(["dpkg-query", "-W"], check=True, capture_output=True).stdout


class Memory:
    """One empty file per good input, in .cache/NAME."""

    def __init__(self, name):
        self.folder = ROOT / ".cache" / name
        self.folder.mkdir(parents=True, exist_ok=True)
        self.packages = installed_packages()

    def key(self, path, flags, *more):
        digest = hashlib.sha256(self.packages)
        for reached, content in sorted(included(path).items()):
            digest.update(f"{os.path.relpath(reached, ROOT)}\0{len(content)}\0".encode() + content)
        for part in (*flags, *more):
            digest.update(part.encode().replace(str(ROOT).encode(), b"") + b"\0")
        return digest.hexdigest()

    def knows(self, key):
        try:
            os.utime(self.folder / key)
            return True
        except FileNotFoundError:
            return False

    def add(self, key):
        (self.folder / key).touch()

    def forget_old(self):
        for path in self.folder.iterdir():
            if time.time() - path.stat().st_mtime > KEEP_SECONDS:
                path.unlink()


def check_all(name, tasks, more=()):
    """Runs each (path, flags, command, input) that is not known to be good; prints the output of
    those that fail. Returns how many failed."""
    memory = Memory(name)
    keyed = [(task, memory.key(task[0], task[1], *more)) for task in tasks]
    todo = [(task, key) for task, key in keyed if not memory.knows(key)]
    print(f"{len(tasks)} files, {len(todo)} of them new or changed", flush=True)

    def run(item):
        (path, _, command, text), key = item
        began = time.monotonic()
        done = subprocess.run(command, cwd=ROOT, input=text, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode == 0:
            memory.add(key)
        return path, done, time.monotonic() - began

    failed, spent = 0, []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, done, seconds in pool.map(run, todo):
            spent.append((seconds, path))
            if done.returncode != 0:
                failed += 1
                print(f"--- {path.name}\n{done.stdout.strip()}", flush=True)
    memory.forget_old()
    if spent:
        slowest = ", ".join(f"{p.name} {s:.0f} s" for s, p in sorted(spent)[-3:])
        print(f"slowest: {slowest}")
    print(f"{len(tasks) - failed} passed, {failed} failed")
    return failed
