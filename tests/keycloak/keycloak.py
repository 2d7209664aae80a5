"""A Keycloak of the test's own: started, asked as its administrator, stopped and started again."""

import base64
import http.client
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
import zipfile

import fetch
import program

PATH = "/keycloak/auth"
REALM = PATH + "/realms/nagra"
ADMIN = PATH + "/admin/realms/nagra"
# Twice as fast to start; only making RSA keys gets slower, to some seconds each.
JAVA = {"JAVA_OPTS_KC_HEAP": "-Xms64m -Xmx256m", "JAVA_OPTS_APPEND": "-XX:TieredStopAtLevel=1"}
START_S = 300


def check_java():
    if not shutil.which("java"):
        raise fetch.Missing("java is missing, which runs Keycloak; install it with "
                            "apt-get install openjdk-17-jre-headless")
    said = subprocess.run(["java", "-version"], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False).stdout
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        raise fetch.Missing(f"java is older than 17, which Keycloak {fetch.VERSION} needs; install "
                            f"it with apt-get install openjdk-17-jre-headless. It said:\n{said}")


def free_port():
    """Below those that outgoing connections take: it must be free again after a stop."""
    while True:
        port = random.SystemRandom().randrange(12000, 32000)
        try:
            with socket.create_server(("127.0.0.1", port)):
                return port
        except OSError:
            continue


def claims(token, part=1):
    text = token.split(".")[part]
    return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))


class Keycloak:
    """`front_port` is where the reverse proxy stands, whose name is in the tokens."""

    def __init__(self, folder, realm_file):
        self.port, self.front_port = free_port(), free_port()
        self.root = f"http://127.0.0.1:{self.port}"
        self.issuer = f"http://localhost:{self.front_port}{REALM}"
        with zipfile.ZipFile(fetch.distribution()) as file:
            file.extractall(folder)
        self.home = folder / f"keycloak-{fetch.VERSION}"
        imported = self.home / "data" / "import"
        imported.mkdir(parents=True)
        shutil.copy(realm_file, imported)
        self.log = folder / "keycloak.log"
        self.process = None
        self.admin_token, self.admin_until = None, 0.0

    # --- life

    def start(self):
        command = ["sh", str(self.home / "bin" / "kc.sh"), "start-dev", "--import-realm",
                   f"--http-relative-path={PATH}", "--http-host=127.0.0.1",
                   f"--http-port={self.port}",
                   f"--hostname=http://localhost:{self.front_port}{PATH}"]
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("KC_", "KEYCLOAK_", "JAVA_OPTS"))}
        admin = {"KC_BOOTSTRAP_ADMIN_USERNAME": "admin", "KC_BOOTSTRAP_ADMIN_PASSWORD": "admin"}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, env=kept | JAVA | admin,
                                            start_new_session=True)
        program.until("Keycloak", self.answers, START_S)

    def answers(self):
        if self.process.poll() is not None:
            raise AssertionError(f"Keycloak did not start:\n{self.read_log()}")
        try:
            return self.send("GET", REALM + "/.well-known/openid-configuration").status == 200
        except (OSError, http.client.HTTPException):
            return False

    def read_log(self):
        return self.log.read_text(errors="replace")[-3000:]

    def stop(self):
        if self.process is None:
            return
        for how in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, how)
                self.process.wait(30)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process = None

    # --- asking

    def send(self, method, path, body=None, headers=None):
        """Directly, not through the reverse proxy."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                timeout=program.PATIENCE_S)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return program.Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def grant(self, realm=REALM, **form):
        """What the token endpoint answers."""
        return self.send("POST", realm + "/protocol/openid-connect/token",
                         urllib.parse.urlencode(form),
                         {"Content-Type": "application/x-www-form-urlencoded"})

    def tokens(self, **form):
        answer = self.grant(**form)
        if answer.status != 200:
            raise AssertionError(f"no token for {form}: {answer.status} {answer.text}")
        return answer.json

    def password(self, user, **more):
        return self.grant(grant_type="password", client_id="operator-portal", username=user,
                          password=user, **more)

    def user_token(self, user):
        return self.tokens(grant_type="password", client_id="operator-portal", username=user,
                           password=user)["access_token"]

    def crm_token(self):
        return self.tokens(grant_type="client_credentials", client_id="crm",
                           client_secret="crm-secret")["access_token"]

    # --- as its administrator

    def admin_access(self):
        if time.monotonic() > self.admin_until:
            given = self.tokens(realm=PATH + "/realms/master", grant_type="password",
                                client_id="admin-cli", username="admin", password="admin")
            self.admin_token = given["access_token"]
            self.admin_until = time.monotonic() + given["expires_in"] / 2
        return self.admin_token

    def admin(self, method, path, body=None):
        headers = {"Authorization": "Bearer " + self.admin_access(),
                   "Content-Type": "application/json"}
        answer = self.send(method, ADMIN + path, None if body is None else json.dumps(body),
                           headers)
        if answer.status >= 300:
            log = self.read_log() if answer.status >= 500 else ""
            raise AssertionError(f"Keycloak: {method} {path}: {answer.status} {answer.text}\n{log}")
        return answer

    def find(self, path):
        """The one object that a query finds."""
        found = self.admin("GET", path).json
        if len(found) != 1:
            raise AssertionError(f"Keycloak: GET {path} found {len(found)}")
        return found[0]

    def add_key(self, algorithm="RS256", priority=100):
        """A new key, and the one that signs if no other has a higher priority; its id."""
        kind = {"R": "rsa", "P": "rsa", "E": "ecdsa"}[algorithm[0]]
        config = {"priority": [str(priority)], "enabled": ["true"], "active": ["true"]}
        if algorithm == "EdDSA":
            kind, config["eddsaEllipticCurveKey"] = "eddsa", ["Ed25519"]
        elif kind == "ecdsa":
            curve = {"ES256": "P-256", "ES384": "P-384", "ES512": "P-521"}[algorithm]
            config["ecdsaEllipticCurveKey"] = [curve]
        else:
            config |= {"algorithm": [algorithm], "keySize": ["2048"]}
        made = self.admin("POST", "/components", {
            "name": f"{algorithm}-{priority}", "providerId": kind + "-generated",
            "providerType": "org.keycloak.keys.KeyProvider", "parentId": "nagra",
            "config": config})
        return made.headers["location"].rsplit("/", 1)[1]

    def set_key(self, key, **config):
        component = self.admin("GET", f"/components/{key}").json
        component["config"] |= {name: [value] for name, value in config.items()}
        self.admin("PUT", f"/components/{key}", component)

    def remove_key(self, key):
        self.admin("DELETE", f"/components/{key}")

    def set_client(self, client, **attributes):
        """An empty value takes an attribute away."""
        found = self.find(f"/clients?clientId={client}")
        found["attributes"] |= {name.replace("__", "."): value
                                for name, value in attributes.items()}
        self.admin("PUT", f"/clients/{found['id']}", found)

    def set_algorithm(self, client, algorithm):
        """Of the client's access tokens; empty: the realm's."""
        self.set_client(client, access__token__signed__response__alg=algorithm)
