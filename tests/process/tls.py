#!/usr/bin/env python3
"""TLS on the operator's listener: versions, client certificates, and files that change."""

import argparse
import http.client
import signal
import socket
import ssl
import subprocess
import threading
import time

import program
from program import until

PATH = f"{program.ENTITLEMENTS}/none"
HEAD = f"GET {PATH} HTTP/1.1\r\nHost: localhost\r\n"


def openssl(*arguments):
    subprocess.run(["openssl", *arguments], check=True, capture_output=True)


class Tls(program.Case):
    def make(self, name, authority=None, serial="1"):
        """A certificate for this machine, its own authority unless one is named."""
        key, certificate = self.folder / f"{name}.key", self.folder / f"{name}.pem"
        signed = ["-CA", f"{authority}.pem", "-CAkey", f"{authority}.key"] if authority else []
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                "-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2",
                "-set_serial", serial, *signed, "-keyout", str(key), "-out", str(certificate))
        return str(certificate), str(key)

    def serve(self, certificate, key, more=None):
        extra = {"USHER_OPERATOR_TLS_CERTIFICATE": certificate, "USHER_OPERATOR_TLS_KEY": key}
        usher = self.started(program.start_dev(extra=extra | (more or {})))
        self.assertTrue(usher.addresses["operator"].startswith("https://127.0.0.1:"))
        return usher

    def trusting(self, certificate):
        return ssl.create_default_context(cafile=certificate)

    def connect(self, usher, context):
        plain = socket.create_connection(("127.0.0.1", int(usher.port("operator"))),
                                         timeout=program.PATIENCE_S)
        self.addCleanup(plain.close)
        tls = context.wrap_socket(plain, server_hostname="127.0.0.1", suppress_ragged_eofs=False)
        self.addCleanup(tls.close)
        return tls

    def ask(self, usher, context):
        connection = http.client.HTTPSConnection("127.0.0.1", int(usher.port("operator")),
                                                 context=context, timeout=program.PATIENCE_S)
        self.addCleanup(connection.close)
        connection.request("GET", PATH)
        response = connection.getresponse()
        response.read()
        return connection, response.status

    def refused(self, usher, context):
        """No answer comes: the handshake fails, or (1.3) the first read after it."""
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            tls = self.connect(usher, context)
            tls.sendall((HEAD + "\r\n").encode())
            if not tls.recv(1):
                raise ConnectionError

    def test_versions(self):
        certificate, key = self.make("server")
        usher = self.serve(certificate, key)
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            context = self.trusting(certificate)
            context.minimum_version = context.maximum_version = version
            self.assertEqual(self.ask(usher, context)[1], 403)
        old = self.trusting(certificate)
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
        self.refused(usher, old)
        weak = self.trusting(certificate)
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:AES128-GCM-SHA256")
        self.refused(usher, weak)

    def test_protocols(self):
        certificate, key = self.make("server")
        usher = self.serve(certificate, key)
        both = self.trusting(certificate)
        both.set_alpn_protocols(["h2", "http/1.1"])
        self.assertEqual(self.connect(usher, both).selected_alpn_protocol(), "http/1.1")
        other = self.trusting(certificate)
        other.set_alpn_protocols(["h2"])
        self.refused(usher, other)

    def test_plain_text_is_told(self):
        usher = self.serve(*self.make("server"))
        plain = http.client.HTTPConnection("127.0.0.1", int(usher.port("operator")),
                                           timeout=program.PATIENCE_S)
        self.addCleanup(plain.close)
        plain.request("GET", PATH)
        response = plain.getresponse()
        self.assertEqual(response.status, 400)
        self.assertIn("https", response.read().decode())

    def test_bytes_and_ends(self):
        """Requests in pieces and in a row are answered in order, and the end is a clean one."""
        certificate, key = self.make("server")
        usher = self.serve(certificate, key)
        tls = self.connect(usher, self.trusting(certificate))
        for byte in (HEAD + "\r\n").encode():
            tls.sendall(bytes([byte]))
        rows = 30
        tls.sendall((HEAD + "\r\n").encode() * rows + (HEAD + "Connection: close\r\n\r\n").encode())
        received = b""
        while True:
            more = tls.recv(65536)  # raises when the end is not announced
            if not more:
                break
            received += more
        self.assertEqual(received.count(b"HTTP/1.1 403 "), rows + 2)

    def test_who_says_nothing_is_let_go(self):
        certificate, key = self.make("server")
        usher = self.serve(certificate, key, {"USHER_OPERATOR_REQUEST_TIMEOUT_MS": "300"})
        silent = socket.create_connection(("127.0.0.1", int(usher.port("operator"))),
                                          timeout=program.PATIENCE_S)
        self.addCleanup(silent.close)
        self.assertEqual(self.ask(usher, self.trusting(certificate))[1], 403)
        self.assertEqual(silent.recv(1), b"")
        self.assertEqual(self.ask(usher, self.trusting(certificate))[1], 403)
        half = socket.create_connection(("127.0.0.1", int(usher.port("operator"))))
        self.addCleanup(half.close)
        half.sendall(b"\x16\x03\x01")
        self.assertEqual(usher.stop(), 0)  # who is in the middle of a handshake holds nobody up

    def test_a_body_that_never_comes_is_let_go(self):
        """Leave to go on is written in the middle of the request, whose time runs on."""
        certificate, key = self.make("server")
        usher = self.serve(certificate, key, {"USHER_OPERATOR_REQUEST_TIMEOUT_MS": "500"})
        tls = self.connect(usher, self.trusting(certificate))
        tls.sendall(b"PUT " + PATH.encode() + b" HTTP/1.1\r\nHost: localhost\r\n")
        time.sleep(0.1)
        tls.sendall(b"Expect: 100-continue\r\nContent-Length: 9\r\n\r\n")
        received = b""
        while True:
            more = tls.recv(4096)
            if not more:
                break
            received += more
        self.assertTrue(received.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 408 "))

    def test_client_certificates(self):
        certificate, key = self.make("server")
        ours, theirs = self.folder / "ours", self.folder / "theirs"
        self.make("ours"), self.make("theirs")
        good, bad = self.make("portal", ours, "2"), self.make("stranger", theirs, "2")
        usher = self.serve(certificate, key, {"USHER_OPERATOR_TLS_CLIENT_CA": f"{ours}.pem"})
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            contexts = []
            for shown in (good, bad, None):
                context = self.trusting(certificate)
                context.minimum_version = context.maximum_version = version
                if shown:
                    context.load_cert_chain(*shown)
                contexts.append(context)
            self.assertEqual(self.ask(usher, contexts[0])[1], 403)
            self.refused(usher, contexts[1])
            self.refused(usher, contexts[2])
            self.assertEqual(self.ask(usher, contexts[0])[1], 403)

    # --- files that change

    def serial(self, usher):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        der = self.connect(usher, context).getpeercert(True)
        known = {}
        for name in ("first", "second"):
            pem = (self.folder / f"{name}.pem").read_text()
            known[ssl.PEM_cert_to_DER_cert(pem)] = name
        return known[der]

    def install(self, name):
        for kind in ("pem", "key"):
            (self.folder / f"now.{kind}").write_bytes((self.folder / f"{name}.{kind}").read_bytes())

    def test_reload_drops_nobody(self):
        self.make("first"), self.make("second")
        self.install("first")
        usher = self.serve(str(self.folder / "now.pem"), str(self.folder / "now.key"))
        both = ssl.create_default_context(cafile=str(self.folder / "first.pem"))
        both.load_verify_locations(str(self.folder / "second.pem"))
        trouble, done, counts = [], threading.Event(), [0] * 4

        def go_on_asking(index):
            try:
                connection = self.ask(usher, both)[0]
                while not done.is_set():
                    connection.request("GET", PATH)
                    connection.getresponse().read()
                    counts[index] += 1
                    if index % 2:
                        connection.close()  # the next request connects anew
            except Exception as problem:  # pylint: disable=broad-except
                trouble.append(repr(problem))

        threads = [threading.Thread(target=go_on_asking, args=(i,)) for i in range(len(counts))]
        for thread in threads:
            thread.start()
        for name in ("second", "first") * 4:
            self.install(name)
            usher.process.send_signal(signal.SIGHUP)
            until(f"the {name} certificate", lambda wanted=name: self.serial(usher) == wanted)
            before = list(counts)
            until("answers go on", lambda old=before: trouble or all(
                now > then for now, then in zip(counts, old)))
        done.set()
        for thread in threads:
            thread.join()
        self.assertEqual(trouble, [])

    def test_what_cannot_be_read_changes_nothing(self):
        self.make("first"), self.make("second")
        self.install("first")
        now = self.folder / "now.pem"
        usher = self.serve(str(now), str(self.folder / "now.key"))
        for wrong in (b"", b"no certificate", (self.folder / "second.pem").read_bytes()):
            told = usher.read_log().count("reload_failed")
            now.write_bytes(wrong)
            usher.process.send_signal(signal.SIGHUP)
            until("a line about it",
                  lambda old=told: usher.read_log().count("reload_failed") == old + 1)
            self.assertEqual(self.serial(usher), "first")
        self.assertIn("operator.tls_", usher.read_log())

    def test_wrong_files_at_start(self):
        certificate, key = self.make("server")
        other = self.make("other")[1]
        locked, empty = str(self.folder / "locked.key"), str(self.folder / "empty")
        openssl("ec", "-in", key, "-out", locked, "-aes256", "-passout", "pass:secret")
        open(empty, "w").close()
        missing = str(self.folder / "missing")
        cases = [(missing, key, missing), (certificate, missing, missing), (empty, key, empty),
                 (certificate, other, other), (certificate, locked, locked), (key, key, key),
                 (certificate, certificate, certificate), (certificate, "", "tls_key"),
                 ("", key, "tls_certificate")]
        for shown, used, named in cases:
            extra = {"USHER_OPERATOR_TLS_CERTIFICATE": shown, "USHER_OPERATOR_TLS_KEY": used}
            done = program.run("dev", "--port", "0", "--sandbox-port", "0", "--admin-port", "0",
                               extra=extra)
            self.assertEqual((done.returncode, done.stdout), (2, ""), (shown, used))
            self.assertIn(named, done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)


if __name__ == "__main__":
    program.main(argparse.ArgumentParser(prog="tls.py", description=__doc__))
