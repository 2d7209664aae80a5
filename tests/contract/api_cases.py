"""The cases of tests/api, with every answer recorded. Whether they pass is told by that test."""

import contextlib
import importlib.util
import io
import types

from world import DEFAULT_TENANT, EDITIONS, HERE

API = HERE.parent / "api"


def load():
    spec = importlib.util.spec_from_file_location("api_run", API / "run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def run(usher, observed):
    """How many cases ran, and how many failed."""
    api = load()

    class Recording(api.Program):
        def send(self, to, method, path, headers, body):
            answer = super().send(to, method, path, headers, body)
            if to in ("operator", "admin"):
                tenant = {name.lower(): value for name, value in headers}.get(
                    "nv-tenant-id", DEFAULT_TENANT)
                observed.take(to, method, path, answer, EDITIONS.get(tenant))
            return answer

    arguments = types.SimpleNamespace(usher=usher, operator=None, sandbox=None, admin=None)
    program = Recording(arguments)
    runner = api.Runner(program, False)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            for file in sorted(API.glob("*.json")):
                runner.run_file(file)
    finally:
        program.stop()
    return runner.count, len(runner.failures)
