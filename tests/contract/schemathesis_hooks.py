"""What Schemathesis cannot know about the published contract. Loaded by schemathesis.toml."""

import os
import pathlib
import urllib.parse

import schemathesis
from schemathesis.core.failures import Failure
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import MissingHeaderNotRejected

import document

DOCUMENT = document.Document(document.read(pathlib.Path(os.environ["USHER_OPENAPI"])))
# Refusals of what is well-formed: dates that contradict each other, a pair of reasons that is not
# published, a list that is too broad, what does not exist or does not match, the lifecycle, the
# partner. All other codes of a 400 are about the form.
DOMAIN = {40016, 40023, 40024, *range(40030, 40060)}
# Mandatory in one edition of the pages and optional in another, which no schema can say.
BY_EDITION = {"status", "validFrom", "expiryDate"}
# One of two is mandatory, which no schema of a single parameter can say.
EITHER = {"explainEntitlements": (40019, {"accountId"})}
# Languages of their own, which no schema can say.
LANGUAGES = {"listEntitlements": (40019, {"filter", "sort", "fields", "after", "page"}),
             "dryRun": (40013, {"path"})}
NUL_IN_STRING = 40008
LONG_WAITS = range(2, 31)


class Unfounded(Failure):
    """A well-formed request was refused as if it were not."""

    def __init__(self, operation, message):
        super().__init__(operation=operation, title="400 without a reason", message=message)


def operation_of(case):
    return DOCUMENT.by_id[case.operation.definition.raw["operationId"]]


def given(case, parameter):
    """The value that was sent, or None."""
    if parameter["in"] == "path":
        value = (case.path_parameters or {}).get(parameter["name"])
        return value if value is None else urllib.parse.unquote(str(value))
    values = (case.headers if parameter["in"] == "header" else case.query) or {}
    return values.get(parameter["name"])


def fits(case, place):
    value = given(case, DOCUMENT.at(place))
    return value is None or not DOCUMENT.problems(place + ("schema",), value)


def is_as_listed(case):
    """Whether path, headers and query fit the file. Schemathesis calls some positive that do not:
    values that it takes from one operation to another."""
    return all(fits(case, place) for place in DOCUMENT.parameters(operation_of(case)))


def is_founded(code, error, response, case):
    if code in DOMAIN or not is_as_listed(case):
        return True
    if code == NUL_IN_STRING:  # in a field that is not listed
        return b"\\u0000" in as_bytes(response.request.body)
    fields = {detail["field"] for detail in error["details"]}
    name = operation_of(case).id
    language, spoken = LANGUAGES.get(name, (None, set()))
    if (code, fields) == EITHER.get(name) or (code == language and fields <= spoken):
        return True
    return code == 40011 and fields <= BY_EDITION and name.startswith("createEntitlement")


def as_bytes(body):
    return body.encode() if isinstance(body, str) else body or b""


@schemathesis.check
def refused_for_a_reason(ctx, response, case):
    if response.status_code != 400 or not case.meta or not case.meta.generation.mode.is_positive:
        return
    error = response.json()
    if not is_founded(error["errorCode"], error, response, case):
        raise Unfounded(case.operation.label, f"the code is about the form: {error}")


@schemathesis.hook
def filter_failure(ctx, failure, case, response):
    """The pages answer 403 to a missing token, where Schemathesis knows 401 only."""
    published = (isinstance(failure, MissingHeaderNotRejected) and response.status_code == 403
                 and response.json()["errorCode"] == 40301)
    return not published


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """Its coverage phase makes no value for a pattern that ends with a quote. What is meant to be
    right gets one; the rest must stay, or Schemathesis would take it for right as well."""
    if (case.meta and case.meta.phase.name is TestPhase.COVERAGE
            and case.meta.generation.mode.is_positive
            and (case.headers or {}).get("If-Match") in ("", "0")):
        case.headers["If-Match"] = "*"
    # Who asks to wait for what comes is served so, and there is no time for that.
    wait = str((case.query or {}).get("wait", ""))
    if wait.isdecimal() and int(wait) in LONG_WAITS:
        case.query["wait"] = 1
