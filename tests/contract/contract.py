#!/usr/bin/env python3
"""Holds the running program against openapi.yaml, both ways: what one has, the other has too."""

import argparse
import json
import pathlib
import sys
import time

import packages

ROOT = pathlib.Path(__file__).resolve().parents[2]

# No request from outside leads to these; that they map to the right answer is tested beside the
# code. Everything else that the file lists must come from the running program.
OUT_OF_REACH = {
    50001: "only a fault of the program's own",
    50304: "SQLite has one writer, so nothing changes between a command's reading and writing",
    50305: "the listener is drained before the store closes, so who still waits is served",
}
# What goes well differs by the edition of the tenant (OpenTV 8).
EDITIONS = {}
for _name in ("createEntitlement", "createEntitlementByTpes"):
    EDITIONS |= {(_name, "A"): {201}, (_name, "B"): {200}, (_name, "C"): {200, 202}}
for _name in ("updateEntitlement", "updateEntitlementByPost"):
    EDITIONS |= {(_name, "A"): {200}, (_name, "B"): {200, 202}, (_name, "C"): {200, 202}}


def check_file(document):
    """What is wrong with the file by itself, or beside the program's own table of errors."""
    import program
    import jsonschema
    for place in {schema for operation in document.operations
                  for response in operation.statuses.values()
                  for schema in response.media.values()}:
        jsonschema.Draft202012Validator.check_schema(document.at(place))
    count = 0
    for schema, name, value in document.examples():
        count += 1
        for problem in document.problems(schema, value):
            yield f"the example {name} does not fit its own schema: {problem}"
    print(f"{count} examples fit their schemas, or are named below")
    for operation in document.operations:
        for status, response in operation.statuses.items():
            for code in response.codes:
                if code // 100 != status:
                    yield f"{operation.id} lists {code} under {status}"
    known = {entry["errorCode"] for entry in json.loads(
        program.run("errors", "--format", "json").stdout)}
    listed = document.anywhere().union(*(
        response.codes | response.told for operation in document.operations
        for response in operation.statuses.values()))
    yield from (f"usher errors has {code}, the file lists it nowhere"
                for code in sorted(known - listed))
    yield from (f"the file lists {code}, usher errors has it not"
                for code in sorted(listed - known))


def ask(world, document, usher):
    """Sends everything; yields what else was found on the way."""
    import api_cases
    import bulks
    import calls
    import calls_more
    import imports
    import isolation
    import messages
    import once
    import routes
    import tenants
    import trouble
    from samples import Portal
    from world import stop

    def step(name):
        print(f"{time.monotonic() - begun:5.1f} s, {world.observed.answers} answers: {name}",
              flush=True)

    begun = time.monotonic()
    step("usher dev: paths and methods")
    dev = world.dev()
    portal = Portal(world, dev, world.token(dev), admin=world.token(dev, "admin"))
    slow = trouble.SlowAdmin(portal, portal.samples("some", "account-1"))
    yield from routes.provoke(world, dev, document)
    tenants.add_sub(portal)
    step("usher dev: messages")
    messages.provoke(portal, world.token(dev, "viewer"), portal.samples("some", "account-1"))
    step("usher dev: calls")
    samples = portal.samples(portal.bought(), "account-1", portal.begun())
    for name in ("readActivation", "changeTenantSettings", *messages.CHANGED_BY_TPES,
                 *messages.DELETES):
        samples.pop(name)  # each needs an entitlement of its own: calls.py
    for name, (listener, request) in samples.items():
        makes = (name.startswith(("create", "put", "add", "place", "sign", "pin", "begin"))
                 or name == "changeAccountByOldPath")
        portal.expect(201 if makes else 200, request, listener)
    calls.provoke(portal)
    calls_more.provoke(portal)
    tenants.provoke(portal, world.token(dev, "portal3"))
    step("usher dev: files of changes, and what is taken over")
    other = world.dev()
    owner = Portal(world, other, world.token(other), admin=world.token(other, "admin"))
    bulks.provoke(owner)
    imports.provoke(owner)
    stop(other)
    step("usher dev: repeated with a key")
    once.provoke(portal)
    step("usher dev: tenants apart")
    other = world.dev()
    yield from isolation.provoke(world, other, document)
    stop(other)
    other = world.dev()
    calls.not_supported(Portal(world, other, world.token(other)))
    stop(other)
    other = world.dev(extra={"USHER_PARTNER_BANGO_MAX_IN_FLIGHT": "1"})
    calls.backlog(Portal(world, other, world.token(other), admin=world.token(other, "admin")))
    stop(other)
    step("usher serve: in trouble")
    sandbox = world.sandbox()
    trouble.provoke(world, sandbox, world.token(sandbox))
    slow.join()
    stop(dev)
    stop(sandbox)
    step("the cases of tests/api")
    count, failed = api_cases.run(usher, world.observed)
    if not count:
        yield "tests/api has no cases"
    step(f"{count} cases, {failed} of them failed (run tests/api/run.py)" if failed else
         f"{count} cases")


def compare(document, observed):
    """What the file lists and no answer showed."""
    listed = set().union(*(operation.listed() for operation in document.operations))
    reach = {entry for entry in listed if entry[2] not in OUT_OF_REACH}
    for name, status, code in sorted(reach - observed.seen, key=str):
        yield f"{name} {status}{f' {code}' if code else ''}: listed, but no answer had it"
    told = {(operation.id, status, code) for operation in document.operations
            for status, response in operation.statuses.items() for code in response.told}
    for name, status, code in sorted(told - observed.told):
        yield f"{name} {status}: {code} is listed for a result, but none had it"
    for _, status, code in sorted((entry for entry in observed.seen if entry[2] in OUT_OF_REACH),
                                  key=str):
        yield f"{status} {code}: came, so it is within reach"
    for code in document.anywhere() - {code for _, _, code in observed.seen}:
        yield f"the introduction lists {code}, but no answer had it"
    for operation in document.operations:
        for status, response in operation.statuses.items():
            came = any((operation.id, status, code) in observed.seen
                       for code in response.codes | {None})
            for name in response.headers if came else ():
                if (operation.id, status, name) not in observed.headers:
                    yield f"{operation.id} {status}: header {name} is listed, but never came"
    fields = set().union(*(document.fields(schema) for operation in document.operations
                           for response in operation.statuses.values()
                           for schema in response.media.values()))
    yield from (f"{'/'.join(map(str, place))}: listed, but in no answer"
                for place in sorted(fields - observed.fields, key=str))
    for (name, edition), wanted in EDITIONS.items():
        came = {status for other, other_edition, status in observed.editions
                if (other, other_edition) == (name, edition)}
        if came != wanted:
            yield f"{name} in edition {edition}: answered {sorted(came)}, not {sorted(wanted)}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    parser.add_argument("--openapi", type=pathlib.Path, default=ROOT / "openapi.yaml",
                        help="another file than the project's")
    arguments = parser.parse_args()
    packages.enter()
    import planted
    import world as worlds
    import document as documents
    from observed import Observed
    import program

    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    tree = documents.read(arguments.openapi)
    document = documents.Document(tree)
    observed = Observed(document)
    world = worlds.World(observed)
    try:
        found = list(check_file(document))
        found += ask(world, document, program.USHER)
    except BaseException:
        print("\n".join(world.misses), file=sys.stderr)
        raise
    finally:
        world.close()
    found += world.misses
    found += [f"{text}\n      {request}" for text, request in observed.findings.items()]
    found += compare(document, observed)
    found += planted.overlooked(tree, observed, compare)
    for code, reason in OUT_OF_REACH.items():
        print(f"not provoked: {code}, {reason}")
    for text in found:
        print(f"FAIL  {text}")
    print(f"{observed.answers} answers, {len(observed.seen)} of the kinds in the file, "
          f"{len(planted.PLANTED)} planted differences, {len(found)} findings")
    return 1 if found or not observed.answers else 0


if __name__ == "__main__":
    sys.exit(main())
