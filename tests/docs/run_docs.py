#!/usr/bin/env python3
"""Runs the commands that the pages show, page by page, each against a program of its own.

Every ```sh block of a page is run, in order, by one shell. The block behind it, if it is ```json,
```http or without a language, is what must come out; `…` stands for anything. A comment in front of
a block says what is special about it:

  <!-- run: skip: REASON -->   is not run
  <!-- run: served -->         starts what the test has started already; prints the ready line
  <!-- run: retry -->          is run again until what must come out comes out
  <!-- run: file NAME -->      (not sh) is a file that the commands find in their folder

Ports, the program's path and /etc/usher, /var/lib/usher are replaced by the test's own."""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "process"))
import program  # pylint: disable=wrong-import-position

USUAL = {"operator": "http://127.0.0.1:8080", "sandbox": "http://127.0.0.1:8081",
         "admin": "http://127.0.0.1:8082"}
ANYTHING = "…"
RETRY_S = 60


class Block:
    def __init__(self, language, text, note, line):
        self.language, self.text, self.note, self.line = language, text, note, line
        self.shown = None  # the block that says what comes out


def read_blocks(path):
    blocks, note = [], ""
    lines = iter(enumerate(path.read_text().splitlines(), 1))
    for number, line in lines:
        comment = re.fullmatch(r"<!-- run: (.*) -->", line)
        fence = re.fullmatch(r"```(\w*)", line)
        if comment:
            note = comment[1]
        elif fence:
            text = []
            for _, inner in lines:
                if inner == "```":
                    break
                text.append(inner)
            block = Block(fence[1], "\n".join(text) + "\n", note, number)
            answers = block.language in ("json", "http", "") and not note.startswith("file")
            if answers and blocks and blocks[-1].language == "sh" and blocks[-1].shown is None:
                blocks[-1].shown = block
            else:
                blocks.append(block)
            note = ""
    return blocks


def text_fits(wanted, found):
    pattern = ".*".join(re.escape(part) for part in wanted.split(ANYTHING))
    return re.fullmatch(pattern, found, re.DOTALL) is not None


def json_fits(wanted, found):
    """The same keys and values; in texts, and for whole values, … is anything."""
    if wanted == ANYTHING:
        return True
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(
            json_fits(value, found[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(json_fits, wanted, found))
    if isinstance(wanted, str) and isinstance(found, str):
        return text_fits(wanted, found)
    return wanted == found and isinstance(wanted, bool) == isinstance(found, bool)


def http_fits(wanted, found):
    """Status line and the header fields that are shown, others may be there; then the body."""
    wanted_head, _, wanted_body = wanted.partition("\n\n")
    found_head, _, found_body = found.replace("\r", "").partition("\n\n")
    first, *fields = wanted_head.strip().split("\n")
    found_first, *found_fields = found_head.split("\n")
    if not text_fits(first, found_first):
        return False
    for field in fields:
        if not any(text_fits(field.lower(), other.lower()) for other in found_fields):
            return False
    if not wanted_body.strip():
        return True
    return json_fits(json.loads(wanted_body), json.loads(found_body))


def fits(shown, found):
    try:
        if shown.language == "json":
            return json_fits(json.loads(shown.text), json.loads(found))
        if shown.language == "http":
            return http_fits(shown.text, found)
    except json.JSONDecodeError:
        return False
    return text_fits(shown.text.strip(), found.strip())


class Shell:
    """One bash for a page, so that variables stay."""

    def __init__(self, folder, usher):
        self.folder = folder
        (folder / "bin").mkdir()
        (folder / "bin" / "usher").symlink_to(program.USHER)
        environment = program.environment({"NO_COLOR": "1"})
        environment["PATH"] = f"{folder}/bin:{os.environ['PATH']}"
        self.bash = subprocess.Popen(["bash", "--noprofile", "--norc"], stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                     cwd=folder, env=environment)
        # A token comes from this test's sandbox without saying so, as it does on the usual port.
        self.tell("usher() { if [[ $1 == token && \" $* \" != *' --url '* ]]; then command usher "
                  f"token --url {usher.addresses['sandbox']} \"${{@:2}}\"; "
                  "else command usher \"$@\"; fi; }\n")

    def tell(self, text):
        self.bash.stdin.write(text)
        self.bash.stdin.flush()

    def run(self, text):
        """Output and exit code of the commands; any that fails counts."""
        end = "end-of-block"
        out = self.folder / "out"
        self.tell(f"failed=0; trap 'failed=$?' ERR\n{{ {text}\n}} >{out} 2>&1 </dev/null\n"
                  f"trap - ERR; echo {end} $failed\n")
        line = self.bash.stdout.readline()
        if not line.startswith(end):
            raise SystemExit(f"the shell ended: {line}{self.bash.stdout.read()}")
        return out.read_text(), int(line.split()[1])

    def close(self):
        self.bash.stdin.close()
        self.bash.wait(program.PATIENCE_S)
        self.bash.stdout.close()


class Page:
    def __init__(self, path, folder, verbose):
        self.name = str(path.relative_to(ROOT))
        self.blocks = read_blocks(path)
        self.folder = folder
        self.verbose = verbose
        self.ran = 0
        self.failures = []

    def ours(self, text):
        for name, address in USUAL.items():
            text = text.replace(address, self.usher.addresses[name])
        text = text.replace("build/release/usher", "usher")
        for place in ("/etc/usher", "/var/lib/usher"):
            text = text.replace(place, str(self.folder) + place)
        return text

    def run_block(self, shell, block):
        deadline = time.monotonic() + RETRY_S
        while True:
            if block.note == "served":
                found, code = self.usher.ready, 0
            else:
                found, code = shell.run(self.ours(block.text))
            good = code == 0 and (block.shown is None or fits(
                Block(block.shown.language, self.ours(block.shown.text), "", 0), found))
            if good or block.note != "retry" or time.monotonic() > deadline:
                break
            time.sleep(0.1)
        self.ran += 1
        if self.verbose or not good:
            print(f"{'ok  ' if good else 'FAIL'} {self.name}:{block.line}\n{block.text}"
                  f"  exit {code}\n{found}")
        if not good:
            if block.shown:
                print(f"  the page shows:\n{block.shown.text}")
            self.failures.append(f"{self.name}:{block.line}")

    def run(self):
        for place in ("etc/usher", "var/lib/usher"):
            (self.folder / place).mkdir(parents=True)
        self.usher = program.start_dev()
        shell = Shell(self.folder, self.usher)
        try:
            for block in self.blocks:
                if block.note.startswith("file "):
                    (self.folder / block.note[5:]).write_text(self.ours(block.text))
                elif block.language == "sh" and not block.note.startswith("skip: "):
                    self.run_block(shell, block)
        finally:
            shell.close()
            ended = self.usher.stop()
            if ended != 0:
                self.failures.append(f"{self.name}: the program ended with {ended}")
            self.usher.release()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--usher", default=program.USHER, help="the program")
    parser.add_argument("-v", "--verbose", action="store_true", help="show every command")
    parser.add_argument("pages", nargs="*", help="default: all")
    arguments = parser.parse_args()
    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    paths = [pathlib.Path(name).resolve() for name in arguments.pages] or [
        ROOT / "README.md", ROOT / "ARCHITECTURE.md", *sorted((ROOT / "docs").glob("*.md"))]
    ran, failures = 0, []
    for path in paths:
        if not any(block.language == "sh" for block in read_blocks(path)):
            continue
        with tempfile.TemporaryDirectory(prefix="usher-docs-") as folder:
            page = Page(path, pathlib.Path(folder), arguments.verbose)
            page.run()
            ran += page.ran
            failures += page.failures
    print(f"{ran} blocks of commands, {len(failures)} failed {failures or ''}")
    return 1 if failures or not ran else 0


if __name__ == "__main__":
    sys.exit(main())
