"""The table of cases: read from cases/*.json, its notation filled in."""

import json
import pathlib

HERE = pathlib.Path(__file__).resolve().parent

# Runs longer than this are sent in one piece, also where everything else goes byte by byte.
LONGEST_BY_BYTE = 64


def joined(text):
    return text if isinstance(text, str) else "".join(text)


class Case:
    def __init__(self, file, entry):
        self.name = f"{file}: {entry['name']}"
        self.text = joined(entry["bytes"])
        self.behind = joined(entry.get("behind", ""))
        self.statuses = entry["answers"] * entry.get("times", 1)
        self.seen = entry["seen"]
        self.canary = entry.get("canary", False)
        self.closed = entry["closed"]
        self.waits = entry.get("waits", False)
        self.interim = entry.get("interim", False)
        self.bodiless = entry.get("bodiless", False)

    def pieces(self, filler):
        """Its bytes; those that are sent at once are together."""
        return filler.pieces(self.text) + filler.pieces(self.behind)


KEYS = {"name", "bytes", "behind", "answers", "times", "seen", "canary", "closed", "waits",
        "interim", "bodiless", "why"}


def load():
    cases = []
    for file in sorted((HERE / "cases").glob("*.json")):
        for group in json.loads(file.read_text())["groups"]:
            for entry in group["cases"]:
                unknown = entry.keys() - KEYS
                if unknown:
                    raise SystemExit(f"{file.name}: {entry['name']}: unknown {sorted(unknown)}")
                cases.append(Case(file.stem, group["default"] | entry))
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not cases:
        raise SystemExit(f"the table is empty, or has two cases of one name: {sorted(twice)}")
    return cases


def load_parts():
    parts = json.loads((HERE / "parts.json").read_text())
    return {name: joined(text) for name, text in parts.items()}


class Filler:
    """Fills ${…} in: a part; x*N repeated; size:PART, hex:PART its size; to:N letters up to N."""

    def __init__(self, parts, values):
        self.parts = parts | values

    def of(self, text):
        return b"".join(self.pieces(text))

    def pieces(self, text):
        before, rest = self.parse(text)
        if rest is None:
            return before
        target, text = rest
        behind = self.pieces(text)
        missing = target - sum(map(len, before + behind))
        if missing < 0:
            raise SystemExit(f"a case is longer than its {target} bytes already")
        return before + [b"x" * missing] + behind

    def parse(self, text):
        """The pieces; where `to:N` stands, those before it, and N and the text behind it."""
        pieces = []
        while text:
            literal, mark, text = text.partition("${")
            pieces += [bytes([byte]) for byte in literal.encode("latin-1")]
            if not mark:
                break
            inside, text = split_at_end(text)
            if inside.startswith("to:"):
                return pieces, (int(inside[3:]), text)
            pieces += self.fill(inside)
        return pieces, None

    def fill(self, inside):
        name, _, argument = inside.partition(":")
        if name == "size" and argument in self.parts:
            return self.pieces(str(len(self.of("${" + argument + "}"))))
        if name == "hex" and argument in self.parts:
            return self.pieces(format(len(self.of("${" + argument + "}")), "x"))
        if inside == "token":  # long, and nothing in it frames
            return [self.parts["token"].encode()]
        if inside in self.parts:
            return self.pieces(self.parts[inside])
        repeated, star, times = inside.rpartition("*")
        if not star or not times.isdigit():
            raise SystemExit(f"the table uses what is not known: ${{{inside}}}")
        pieces = self.pieces(repeated) * int(times)
        whole = b"".join(pieces)
        return pieces if len(whole) <= LONGEST_BY_BYTE else [whole]


def split_at_end(text):
    """At the bracket that closes what was opened in front of the text."""
    depth, at = 1, 0
    while depth:
        if at >= len(text):
            raise SystemExit(f"the table has an open bracket: {text[:40]!r}")
        if text.startswith("${", at):
            depth, at = depth + 1, at + 2
            continue
        depth -= text[at] == "}"
        at += 1
    return text[:at - 1], text[at:]
