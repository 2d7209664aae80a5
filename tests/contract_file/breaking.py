#!/usr/bin/env python3
"""Whoever was written against the last release's file gets on with openapi.yaml as it is now."""

import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import tools

ROOT = tools.HERE.parents[1]
RELEASED = tools.HERE / "released"
# A client goes by the status where it does not know the code, so there may be more of them.
GROWS = re.compile(r"added the new .* to the `(.*/)?errorCode` response property")

UPDATE = "/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}"
ACCOUNTS = "/adm/v1/accounts"


def differences(tool, old, new):
    """What breaks, or may, in words: the operation, the change, the rule's name."""
    with tempfile.TemporaryDirectory(prefix="usher-breaking-") as folder:
        done = subprocess.run([tool, "breaking", "--flatten-allof", "--format", "json", old, new],
                              cwd=folder, env={"HOME": folder, "PATH": "/usr/bin:/bin"},
                              capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"oasdiff ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    for change in json.loads(done.stdout or "[]"):
        if not GROWS.match(change["text"]):
            where = [change[key] for key in ("operation", "path") if key in change]
            yield " ".join([*where, change["text"], f"[{change['id']}]"])


def schemas(tree):
    return tree["components"]["schemas"]


def operation_less(tree):
    del tree["paths"][UPDATE]["delete"]


def field_less(tree):
    counts = schemas(tree)["Counts"]
    del counts["properties"]["matchedCount"]
    counts["required"].remove("matchedCount")


def merged_field_less(tree):
    """One that must come because another part of an allOf says so."""
    del schemas(tree)["EntitlementMembers"]["properties"]["version"]


def argument_more(tree):
    optional_argument_more(tree)
    schemas(tree)["Purchase"]["required"].append("more")


def word_less(tree):
    schemas(tree)["EntitlementStatus"]["enum"].remove("SUSPENDED")


def path_more(tree):
    tree["paths"]["/more"] = {"post": dict(tree["paths"][ACCOUNTS]["post"], operationId="more")}


def optional_argument_more(tree):
    schemas(tree)["Purchase"]["properties"]["more"] = {"type": "string"}


def field_more(tree):
    schemas(tree)["Counts"]["properties"]["more"] = {"type": "string"}


def error_code_more(tree):
    answer = tree["components"]["responses"]["Forbidden"]["content"]["application/json"]
    answer["schema"]["allOf"][1]["properties"]["errorCode"]["enum"].append(40399)


# By the rule that finds it; None where nothing breaks.
PLANTED = {
    operation_less: "api-removed-without-deprecation",
    field_less: "response-required-property-removed",
    merged_field_less: "response-required-property-removed",
    argument_more: "new-required-request-property",
    word_less: "request-property-enum-value-removed",
    path_more: None,
    optional_argument_more: None,
    field_more: None,
    error_code_more: None,
}


def misjudged(tool, released):
    """What was planted in the released file and is not found, or found and breaks nobody."""
    import yaml
    with released.open(encoding="utf-8") as file:
        # Dates, which stand in examples only, are strings again.
        text = json.dumps(yaml.load(file, yaml.CSafeLoader), default=str)
    with tempfile.TemporaryDirectory(prefix="usher-breaking-") as folder:
        changed = pathlib.Path(folder) / "openapi.json"
        for plant, rule in PLANTED.items():
            tree = json.loads(text)
            plant(tree)
            changed.write_text(json.dumps(tree), encoding="utf-8")
            found = list(differences(tool, released, changed))
            if {text.split()[-1] for text in found} != ({f"[{rule}]"} if rule else set()):
                yield f"planted: {plant.__name__} should be found by {rule}, but: {found}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--openapi", type=pathlib.Path, default=ROOT / "openapi.yaml",
                        help="another file than the project's")
    arguments = parser.parse_args()
    tools.packages.enter()
    tool, released = tools.oasdiff(), tools.only(RELEASED, "openapi-*.yaml")
    wrong = list(differences(tool, released, arguments.openapi.resolve()))
    wrong += misjudged(tool, released)
    for text in wrong:
        print(f"FAIL  {text}")
    if not wrong:
        print(f"{arguments.openapi.name} breaks nobody who knows {released.name}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
