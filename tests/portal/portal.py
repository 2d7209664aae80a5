"""What the three portals share: a token of the operator's realm, and calls with it. Written from
the published pages, not from Usher. Standard library only."""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request


class Portal:
    def __init__(self, host, keycloak, tenant):
        self.host, self.keycloak, self.tenant = host, keycloak, tenant
        form = urllib.parse.urlencode({"grant_type": "password", "username": "portal",
                                       "password": "portal", "client_id": "operator-portal"})
        realm = f"{keycloak}/keycloak/auth/realms/nagra/protocol/openid-connect/token"
        with urllib.request.urlopen(realm, form.encode()) as answer:
            self.token = json.load(answer)["access_token"]

    def call(self, method, path, body=None, wanted=(200,), **query):
        """The JSON that comes, after one of the wanted statuses."""
        url = self.host + path
        if query:
            url += "?" + urllib.parse.urlencode(query)
        headers = {"Authorization": "Bearer " + self.token, "nv-tenant-id": self.tenant,
                   "x-correlation-id": f"portal-{time.time_ns()}"}
        data = None
        if body is not None:
            headers["Content-Type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with urllib.request.urlopen(request) as answer:
                status, came = answer.status, json.load(answer)
        except urllib.error.HTTPError as error:
            status, came = error.code, json.load(error)
        print(f"{status} {method} {path} {json.dumps(came)[:160]}")
        if status not in wanted:
            sys.exit(f"{method} {path}: {status} {came}, not {wanted}")
        return came

    def expect(self, wanted, came):
        if came != wanted:
            sys.exit(f"{came}, not {wanted}")

    def until(self, what, ask, wanted, seconds=20):
        """The customer and the merchant take their time."""
        end = time.monotonic() + seconds
        while (came := ask()) != wanted:
            if time.monotonic() > end:
                sys.exit(f"{what} is {came}, not {wanted}")
            time.sleep(0.2)

    def account(self, name):
        self.call("POST", "/adm/v1/accounts", {"_id": name}, wanted=(201,))
        return name

    def activate(self, url):
        """The customer opens the link."""
        with urllib.request.urlopen(url) as page:
            print(f"{page.status} {url.rsplit('/', 1)[0]}/…")

    def listed(self, account):
        """Status by product, as the list has it."""
        found = self.call("GET", "/crm-gateway/v1/rmg/v1/entitlements", filter=json.dumps(
            {"productType": "THIRDPARTY", "accountId": account}))
        assert found["totalRecords"] == len(found["resourceSet"])
        return {one["productId"]: one["status"] for one in found["resourceSet"]}


def main(run):
    run(Portal(*sys.argv[1:4]))
    print("as published")
