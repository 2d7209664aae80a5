#!/usr/bin/env python3
"""docs/nginx.conf as it stands, in front of Usher and the issuer: one host serves both."""

import argparse
import json
import pathlib
import re
import shutil
import socket
import ssl
import subprocess
import urllib.error
import urllib.parse
import urllib.request

import program
from program import until

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"
HOST = "operator.tv.example"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Front(program.Case):
    def setUp(self):
        super().setUp()
        self.nginx = shutil.which("nginx") or "/usr/sbin/nginx"
        self.assertTrue(pathlib.Path(self.nginx).exists(), "install Debian's package nginx-light")
        self.port = free_port()
        self.public = f"https://localhost:{self.port}"
        self.usher = self.started(program.start_dev())
        self.start_nginx()

    def start_nginx(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-addext",
                        "subjectAltName=DNS:localhost", "-days", "2", "-keyout",
                        str(self.folder / "operator.key"), "-out",
                        str(self.folder / "operator.pem")], check=True, capture_output=True)
        self.context = ssl.create_default_context(cafile=str(self.folder / "operator.pem"))
        text = PAGE.read_text()
        for old, new in (("/etc/usher/tls/", f"{self.folder}/"),
                         ("listen 443 ssl", f"listen 127.0.0.1:{self.port} ssl"),
                         (HOST, "localhost"),
                         ("127.0.0.1:8080", f"127.0.0.1:{self.usher.port('operator')}"),
                         ("127.0.0.1:8180", f"127.0.0.1:{self.usher.port('sandbox')}")):
            self.assertIn(old, text)
            text = text.replace(old, new)
        places = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in (
            "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(f"daemon off; master_process off; pid {self.folder}/pid;\n"
                          f"error_log {self.folder}/error.log;\nevents {{}}\n"
                          f"http {{ access_log {self.folder}/access.log;\n{places}{text}}}\n")
        process = subprocess.Popen([self.nginx, "-p", str(self.folder), "-c", str(config)],
                                   stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)

        def answers():
            if process.poll() is not None:
                raise AssertionError(process.stderr.read())
            try:
                return self.ask("GET", "/") is not None
            except OSError:
                return False

        until("nginx answers", answers)

    def ask(self, method, path, body=None, headers=None):
        request = urllib.request.Request(self.public + path, body, headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, context=self.context,
                                        timeout=program.PATIENCE_S) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read().decode()

    def test_one_host_serves_both(self):
        form = urllib.parse.urlencode({"grant_type": "password", "client_id": "operator-portal",
                                       "username": "portal", "password": "portal"}).encode()
        status, text = self.ask("POST", program.TOKEN_PATH, form)
        self.assertEqual(status, 200, text)
        headers = {"Authorization": "Bearer " + json.loads(text)["access_token"],
                   "Content-Type": "application/json"}
        purchase = {"productType": "THIRDPARTY", "productId": program.PREMIUM,
                    "accountId": "account-1", "status": "PENDING"}
        status, text = self.ask("POST", program.ENTITLEMENTS, json.dumps(purchase).encode(),
                                headers)
        self.assertEqual(status, 201, text)
        path = f"{program.ENTITLEMENTS}/{json.loads(text)['_id']}"
        self.assertEqual(self.ask("PUT", path, b'{"status": "CANCELLED"}', headers),
                         (200, '{"matchedCount":1,"modifiedCount":1}'))
        self.assertEqual(self.ask("GET", path)[0], 403)
        status, text = self.ask("POST", "/bango/v1/reports/demo/x", b"{}",
                                {"Content-Type": "application/json"})
        self.assertEqual(status, 401, text)
        self.assertTrue(re.search("errorCode", text))

    def test_a_large_body_and_a_long_token_come_through_as_such(self):
        headers = {"Authorization": "Bearer " + "a" * 12_000, "Content-Type": "application/json"}
        status, text = self.ask("PUT", f"{program.ENTITLEMENTS}/x", b"{}", headers)
        self.assertEqual((status, json.loads(text)["errorCode"]), (403, 40302))
        self.assertEqual(self.ask("PUT", f"{program.ENTITLEMENTS}/x", b" " * 300_000, headers)[0],
                         413)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="front.py", description=__doc__))
