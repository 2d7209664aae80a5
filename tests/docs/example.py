#!/usr/bin/env python3
"""The sample settings file, filled in, is one that the program takes: as it comes, and with every
default written out."""

import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
FILLED = {"issuer": "https://id.operator.example/realms/nagra",
          "url": "https://partner.example", "username": "us",
          "public_url": "https://usher.operator.example"}


def fill(text, secret, everything):
    """Gives what has no default; with everything, takes the comments off the rest, too."""
    lines = []
    table = ""
    for line in text.splitlines():
        found = re.fullmatch(r"\[([a-z.]+)\]", line)
        table = found[1] if found else table
        setting = re.fullmatch(r"#(\[\[.*\]\]|([a-z_]+) = (.*))", line)
        if not setting:
            lines.append(line)
            continue
        name = setting[2]
        if name in FILLED and table in ("", "auth", "partner.bango") and setting[3] == '""':
            lines.append(f'{name} = "{FILLED[name]}"')
        elif everything:
            value = f'{name} = "{secret}"' if name == "password_file" else line[1:]
            empty = name in ("ca_file", "discovery_url") and setting[3] == '""'
            lines.append(line if empty else value)
        else:
            lines.append(line)
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    usher = parser.parse_args().usher
    text = (ROOT / "usher.example.toml").read_text()
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith("USHER_")}
    failed = 0

    def check(name, content, code):
        nonlocal failed
        path = folder / "usher.toml"
        path.write_text(content)
        done = subprocess.run([usher, "check", "--config", path], capture_output=True, text=True,
                              env=environment, check=False)
        if done.returncode != code:
            print(f"{name}: exit {done.returncode}, not {code}\n{done.stdout}{done.stderr}")
            failed += 1

    with tempfile.TemporaryDirectory(prefix="usher-example-") as name:
        folder = pathlib.Path(name)
        (folder / "secret").write_text("secret\n")
        check("as it comes, without an issuer", text, 2)
        check("filled in", fill(text, folder / "secret", False), 0)
        whole = fill(text, folder / "secret", True)
        check("with every default", whole, 0)
        left = [line for line in whole.splitlines() if re.match(r"#[a-z_]+ = ", line)]
        if len(left) > 2 or whole.count(" = ") < 50:
            print(f"too little was filled in; left out: {left}")
            failed += 1
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
