#!/usr/bin/env python3
"""A typed client, made from openapi.yaml by a stock generator, plays a portal's day against the
running program: nothing is sent or read but through what was generated. First the file itself is
held against the OpenAPI specification."""

import argparse
import importlib
import pathlib
import subprocess
import sys
import tempfile
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path += [str(ROOT / "tests" / "contract"), str(ROOT / "tests" / "process")]

import packages  # noqa: E402
import program  # noqa: E402


def check_file(path):
    import openapi_spec_validator
    import yaml
    tree = yaml.safe_load(path.read_text(encoding="utf-8"))
    return [f"openapi.yaml: {error.message}"
            for error in openapi_spec_validator.OpenAPIV31SpecValidator(tree).iter_errors()]


def generate(folder):
    """The generator's warnings."""
    tools = pathlib.Path(sys.executable).parent
    done = subprocess.run(
        [tools / "openapi-python-client", "generate", "--path", ROOT / "openapi.yaml",
         "--meta", "none", "--output-path", folder / "portal_client"],
        capture_output=True, text=True, check=False,
        env=program.environment({"PATH": f"{tools}:/usr/bin:/bin", "HOME": str(folder)}))
    if done.returncode:
        raise SystemExit(f"the generator ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return [f"the generator: {line}" for line in (done.stdout + done.stderr).splitlines()
            if line and not line.startswith("Generating ")]


class Portal:
    def __init__(self, started):
        self.models = importlib.import_module("portal_client.models")
        client = importlib.import_module("portal_client.client")
        self.sandbox = started.addresses["sandbox"]
        self.client = client.AuthenticatedClient(base_url=started.addresses["operator"],
                                                 token=started.caller().token())
        self.wrong = []

    def call(self, tag, name, *arguments, wanted=200, **more):
        """The operation's generated function; its parsed answer."""
        module = importlib.import_module(f"portal_client.api.{tag}.{name}")
        answer = module.sync_detailed(*arguments, client=self.client, **more)
        if answer.status_code != wanted:
            self.wrong.append(f"{name}: {int(answer.status_code)} {answer.content!r}")
        return answer.parsed

    def see(self, what, got, wanted):
        if got != wanted:
            self.wrong.append(f"{what}: {got!r}, not {wanted!r}")


def play(portal):
    """The story: bought, activated, suspended, resumed, cancelled, found, deleted."""
    models = portal.models
    portal.call("catalogue", "add_account", body=models.Account(field_id="client"), wanted=201)
    purchase = models.Purchase.from_dict({
        "productType": "THIRDPARTY", "productId": "BANGO_US_MUSIC", "accountId": "client",
        "status": "PENDING"})
    bought = portal.call("entitlements", "create_entitlement", body=purchase, wanted=201,
                         idempotency_key="client-1")
    again = portal.call("entitlements", "create_entitlement", body=purchase, wanted=201,
                        idempotency_key="client-1")
    portal.see("a repeat with its key", again.field_id, bought.field_id)
    portal.see("a purchase", str(bought.status), "PENDING")
    with urllib.request.urlopen(bought.parameters.url) as page:
        portal.see("the customer's page", page.status, 200)
    entitlement = bought.field_id

    def read():
        return portal.call("entitlements", "read_entitlement", entitlement)
    program.until("the customer's activation", lambda: str(read().status) == "ACTIVE")
    for status in ("SUSPENDED", "ACTIVE", "CANCELLED"):
        update = models.StatusUpdate.from_dict({"status": status})
        counts = portal.call("entitlements", "update_entitlement", entitlement, body=update,
                             prefer="wait=20")
        portal.see(f"{status}: counts", (counts.matched_count, counts.modified_count), (1, 1))
        record = read()
        portal.see("the record", (str(record.status), str(record.partner_status)),
                   (status, status))
    refused = portal.call("entitlements", "update_entitlement", entitlement, wanted=400,
                          body=models.StatusUpdate.from_dict({"status": "ACTIVE"}))
    portal.see("what has ended", int(refused.error_code), 40043)
    found = portal.call("entitlements", "list_entitlements",
                        filter_='{"accountId":"client","productType":"THIRDPARTY"}')
    portal.see("a list", [one.field_id for one in found.resource_set], [entitlement])
    deleted = portal.call("entitlements", "delete_entitlement", entitlement)
    portal.see("a deletion", deleted.deleted_count, 1)
    portal.call("entitlements", "read_entitlement", entitlement, wanted=404)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--usher", default="build/release/usher", help="the program")
    arguments = parser.parse_args()
    packages.enter(HERE)
    program.USHER = str(pathlib.Path(arguments.usher).resolve())
    wrong = check_file(ROOT / "openapi.yaml")
    with tempfile.TemporaryDirectory(prefix="usher-client-") as folder:
        wrong += generate(pathlib.Path(folder))
        sys.path.insert(0, folder)
        started = program.start_dev()
        try:
            portal = Portal(started)
            play(portal)
            wrong += portal.wrong
            if started.stop() != 0:
                wrong.append("the program did not end well")
        finally:
            started.release()
    for text in wrong:
        print(f"FAIL  {text}")
    if not wrong:
        print("the generated client played the story")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
