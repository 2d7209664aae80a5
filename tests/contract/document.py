"""What openapi.yaml says: the operations, and for each answer its codes, headers and fields.

A place is a path of keys into the file; it names a part of it for good, however it was reached."""

import re
import urllib.parse

import jsonschema
import referencing
import referencing.jsonschema
import yaml

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
URN = "urn:usher:openapi"
DATE_TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_date_time(value):
    return not isinstance(value, str) or bool(DATE_TIME.fullmatch(value))


def key_of(part):
    return part.replace("~1", "/").replace("~0", "~")


def pointer(place):
    return "#" + "".join("/" + urllib.parse.quote(str(part).replace("~", "~0").replace("/", "~1"))
                         for part in place)


class Response:
    """One status of one operation."""

    def __init__(self, document, place):
        self.place = document.follow(place)
        node = document.at(self.place)
        self.media = {kind: self.place + ("content", kind, "schema")
                      for kind in node.get("content", {})}
        self.headers = {name.lower(): document.follow(self.place + ("headers", name))
                        for name in node.get("headers", {})}
        self.codes, self.told = set(), set()
        for schema in self.media.values():
            self.codes |= document.codes(schema)
            self.told |= document.told_codes(schema)
        # Whether an answer without an error code is listed, be it beside those with one.
        self.plain = not self.codes or any(
            not document.codes(schema + (word, index)) for schema in self.media.values()
            for word in ("anyOf", "oneOf")
            for index in range(len(document.at(schema).get(word, ()))))


class Operation:
    def __init__(self, document, path, method):
        self.place = ("paths", path, method)
        node = document.at(self.place)
        self.id, self.method, self.path = node["operationId"], method.upper(), path
        self.listener = document.listener(node.get("servers"))
        self.statuses = {int(status): Response(document, self.place + ("responses", status))
                         for status in node["responses"]}

    def listed(self):
        """Every status with every code; an answer without codes is listed with None."""
        return {(self.id, status, code) for status, response in self.statuses.items()
                for code in response.codes | ({None} if response.plain else set())}


def read(path):
    return yaml.safe_load(path.read_text(encoding="utf-8"))


class Document:
    def __init__(self, tree):
        self.tree = tree
        resource = referencing.Resource(self.tree, referencing.jsonschema.DRAFT202012)
        self.registry = referencing.Registry().with_resource(URN, resource)
        self.validators = {}
        self.operations = [Operation(self, path, method)
                           for path, item in self.tree["paths"].items()
                           for method in METHODS if method in item]
        self.by_id = {operation.id: operation for operation in self.operations}

    # --- places

    def at(self, place):
        node = self.tree
        for part in place:
            node = node[int(part)] if isinstance(node, list) else node[part]
        return node

    def target(self, reference):
        if not reference.startswith("#/"):
            raise SystemExit(f"openapi.yaml refers to another file: {reference}")
        return tuple(key_of(part) for part in reference[2:].split("/"))

    def follow(self, place):
        while "$ref" in self.at(place):
            place = self.target(self.at(place)["$ref"])
        return place

    def listener(self, servers):
        common = {server["url"] for server in self.tree["servers"]}
        own = {server["url"] for server in servers or self.tree["servers"]}
        return "operator" if own <= common else "admin"

    def anywhere(self):
        """Codes that the introduction lists for what is no operation."""
        return {int(code) for code in re.findall(r"\b\d{5}\b", self.tree["info"]["description"])}

    def before_routing(self, listener):
        """Statuses that every operation lists: they hold for what is no operation, too."""
        return set.intersection(*(set(operation.statuses) for operation in self.operations
                                  if operation.listener == listener))

    # --- requests

    def paths(self, listener):
        return {operation.path for operation in self.operations if operation.listener == listener}

    def find_path(self, listener, target):
        """The path in the file that a request's target is at, or None."""
        segments = target.split("?")[0].split("/")
        for path in self.paths(listener):
            parts = path.split("/")
            if len(parts) == len(segments) and all(
                    wanted == given or wanted.startswith("{")
                    for wanted, given in zip(parts, segments)):
                return path
        return None

    def methods(self, path):
        """As `Allow` must have them: who answers GET answers HEAD (RFC 9110 9.3.2)."""
        methods = {method.upper() for method in METHODS if method in self.tree["paths"][path]}
        return methods | ({"HEAD"} if "GET" in methods else set())

    def find(self, listener, method, target):
        path = self.find_path(listener, target)
        wanted = "GET" if method == "HEAD" else method
        return next((operation for operation in self.operations
                     if operation.path == path and operation.method == wanted), None)

    def parameters(self, operation):
        """The places of an operation's parameters, those of its path included."""
        for place in (operation.place, operation.place[:-1]):
            for index in range(len(self.at(place).get("parameters", ()))):
                yield self.follow(place + ("parameters", index))

    # --- schemas

    def validator(self, place):
        if place not in self.validators:
            self.validators[place] = jsonschema.Draft202012Validator(
                {"$ref": URN + pointer(place)}, registry=self.registry, format_checker=formats)
        return self.validators[place]

    def problems(self, place, value):
        return [f"{error.json_path}: {error.message[:200]}"
                for error in self.validator(place).iter_errors(value)]

    def parts(self, place):
        """The schemas that speak about the same value."""
        yield place
        node = self.at(place)
        if "$ref" in node:
            yield from self.parts(self.target(node["$ref"]))
        for word in ("allOf", "anyOf", "oneOf"):
            for index in range(len(node.get(word, ()))):
                yield from self.parts(place + (word, index))

    def codes(self, schema):
        found = set()
        for part in self.parts(schema):
            code = self.at(part).get("properties", {}).get("errorCode", {})
            found |= set(code.get("enum", [code["const"]] if "const" in code else ()))
        return found

    def told_codes(self, schema):
        """Those that an answer can have further in, for a part of what was asked."""
        own = {part + ("properties", "errorCode") for part in self.parts(schema)}
        return {code for place in self.fields(schema) - own if place[-1] == "errorCode"
                for code in self.at(place).get("enum", ())}

    def fields(self, schema):
        """The places of all fields that a value of this schema can have, at any depth."""
        found = set()
        for part in self.parts(schema):
            node = self.at(part)
            inner = [part + ("properties", name) for name in node.get("properties", {})]
            found |= set(inner)
            for place in inner + ([part + ("items",)] if "items" in node else []):
                found |= self.fields(place)
        return found

    def seen_fields(self, schemas, value, path="$"):
        """The places of the fields that a value has, and the paths of those not in the schemas."""
        places = [part for schema in schemas for part in self.parts(schema)]
        seen, unknown = set(), []
        if isinstance(value, dict):
            if any("additionalProperties" in self.at(place)
                   and "properties" not in self.at(place) for place in places):
                return seen, unknown  # whatever is there is meant
            for name, item in value.items():
                known = [place + ("properties", name) for place in places
                         if name in self.at(place).get("properties", {})]
                seen |= set(known)
                if known:
                    more = self.seen_fields(known, item, f"{path}.{name}")
                    seen |= more[0]
                    unknown += more[1]
                else:
                    unknown.append(f"{path}.{name}")
        elif isinstance(value, list):
            items = [place + ("items",) for place in places if "items" in self.at(place)]
            for item in value:
                more = self.seen_fields(items, item, f"{path}[]")
                seen |= more[0]
                unknown += more[1]
        return seen, unknown

    # --- examples

    def examples(self, place=()):
        """(place of the schema, name of the example, value) of every example in the file."""
        node = self.at(place)
        if isinstance(node, dict):
            if "schema" in node and "example" in node:
                yield place + ("schema",), pointer(place + ("example",)), node["example"]
            if "schema" in node and "examples" in node:
                for name, example in node["examples"].items():
                    yield (place + ("schema",), pointer(place + ("examples", name)),
                           example["value"])
        items = node.items() if isinstance(node, dict) else enumerate(
            node if isinstance(node, list) else ())
        for key, _ in items:
            if key not in ("example", "examples"):
                yield from self.examples(place + (key,))
