"""Differences that are planted in the file, to see that each is found in what came."""

import copy

from document import Document
from observed import Observed

UPDATE = "/crm-gateway/v2/rmg/v1/entitlements/{entitlementId}"
FORBIDDEN = ("components", "responses", "Forbidden", "content", "application/json", "schema",
             "allOf", 1, "properties", "errorCode", "enum")
RESULT = ("components", "schemas", "ImportResult", "properties", "errorCode", "enum")


def at(tree, *place):
    for part in place:
        tree = tree[part]
    return tree


def without(*place):
    return lambda tree: at(tree, *place[:-1]).pop(place[-1])


def having(value, *place):
    return lambda tree: at(tree, *place[:-1]).update({place[-1]: value})


PLANTED = {
    "a status less": without("paths", UPDATE, "put", "responses", "412"),
    "a status more": having({"description": "", "content": {}},
                            "paths", UPDATE, "put", "responses", "409"),
    "an error code less": lambda tree: at(tree, *FORBIDDEN).remove(40304),
    "an error code more": lambda tree: at(tree, *FORBIDDEN).append(40306),
    "an error code of a result less": lambda tree: at(tree, *RESULT).remove(40059),
    "an error code of a result more": lambda tree: at(tree, *RESULT).append(40038),
    "a method less": without("paths", UPDATE, "put"),
    "a path less": without("paths", "/adm/v1/accounts"),
    "a header less": without("components", "responses", "Updated", "headers", "ETag"),
    "a header more": having({"schema": {"type": "string"}},
                            "components", "responses", "Updated", "headers", "x-more"),
    "a header that must come": having(True, "components", "headers", "PreferenceApplied",
                                      "required"),
    "a header of another form": having({"type": "integer"}, "components", "headers", "ETag",
                                       "schema"),
    "a field less": without("components", "schemas", "EntitlementMembers", "properties",
                            "endsAt"),
    "a field more": having({"type": "string"}, "components", "schemas", "Error", "properties",
                           "help"),
    "a field of another type": having("integer", "components", "schemas", "Error", "properties",
                                      "message", "type"),
    "a field that must come": having(["endsAt"], "components", "schemas",
                                     "EntitlementMembers", "required"),
    "another media type": lambda tree: having(
        {"application/problem+json": at(tree, *FORBIDDEN[:-7]).pop("application/json")},
        *FORBIDDEN[:4])(tree),
}


def overlooked(tree, observed, compare):
    """Names of what was planted and makes no difference."""
    base = set(observed.findings) | set(compare(observed.document, observed))
    for name, plant in PLANTED.items():
        planted = copy.deepcopy(tree)
        plant(planted)
        document = Document(planted)
        again = Observed(document)
        for kind in observed.kinds.values():
            again.judge(*kind)
        if not (set(again.findings) | set(compare(document, again))) - base:
            yield f"planted in the file and not found: {name}"
