"""A token issuer of our own, which signs whatever a test wants signed. Standard library only."""

import base64
import hashlib
import http.server
import json
import random
import threading

PREFIX_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
SMALL = [n for n in range(3, 2000, 2) if all(n % k for k in range(3, int(n**0.5) + 1, 2))]


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(value):
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def is_prime(candidate):
    if any(candidate % small == 0 for small in SMALL):
        return False
    odd, twos = candidate - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for _ in range(8):
        power = pow(random.SystemRandom().randrange(2, candidate - 1), odd, candidate)
        for _ in range(twos):
            square = power * power % candidate
            if square == 1 and power not in (1, candidate - 1):
                return False
            power = square
        if power != 1:
            return False
    return True


def prime(bits):
    while True:
        # The two highest bits, so that the product of two has all its bits.
        candidate = random.SystemRandom().getrandbits(bits) | 3 << (bits - 2) | 1
        if candidate % 65537 != 1 and is_prime(candidate):
            return candidate


class Key:
    """RSA, for RS256 alone. Made at each run, so that no private key lies in the tree."""

    def __init__(self, kid, bits=2048):
        self.kid = kid
        p, q = prime(bits // 2), prime(bits // 2)
        self.n, self.e = p * q, 65537
        self.d = pow(self.e, -1, (p - 1) * (q - 1))

    def jwk(self):
        return {"kty": "RSA", "kid": self.kid, "alg": "RS256", "use": "sig",
                "n": number(self.n), "e": number(self.e)}

    def sign(self, text):
        size = (self.n.bit_length() + 7) // 8
        rest = PREFIX_SHA256 + hashlib.sha256(text.encode()).digest()
        block = b"\0\1" + b"\xff" * (size - len(rest) - 3) + b"\0" + rest
        return pow(int.from_bytes(block, "big"), self.d, self.n).to_bytes(size, "big")

    def token(self, claims, header=None):
        """`header` as text is taken as it is."""
        if not isinstance(header, str):
            header = json.dumps({"alg": "RS256", "typ": "JWT", "kid": self.kid} | (header or {}))
        claims = claims if isinstance(claims, str) else json.dumps(claims)
        signed = b64(header.encode()) + "." + b64(claims.encode())
        return signed + "." + b64(self.sign(signed))

    def public_forms(self):
        """What a forger would take as the secret of an HMAC: the public key in every form."""
        der = self.public_der()
        text = base64.encodebytes(der).decode().replace("\n", "")
        lines = "\n".join(text[at:at + 64] for at in range(0, len(text), 64))
        pem = f"-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----"
        return [pem.encode(), pem.encode() + b"\n", der, json.dumps(self.jwk()).encode(),
                number(self.n).encode(), self.n.to_bytes(256, "big"), b""]

    def public_der(self):
        def tagged(tag, data):
            size = len(data)
            length = bytes([size]) if size < 128 else bytes([0x82]) + size.to_bytes(2, "big")
            return bytes([tag]) + length + data

        def integer(value):
            return tagged(2, value.to_bytes(value.bit_length() // 8 + 1, "big"))

        numbers = tagged(0x30, integer(self.n) + integer(self.e))
        algorithm = tagged(0x30, bytes.fromhex("06092a864886f70d0101010500"))
        return tagged(0x30, algorithm + tagged(3, b"\0" + numbers))


class Issuer:
    """Serves discovery and keys, and remembers which paths were asked for."""

    def __init__(self, keys):
        self.keys, self.asked = keys, []
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                body = json.dumps(issuer.page(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format, *args):  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/realms/test"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def page(self, path):
        if path.endswith("/.well-known/openid-configuration"):
            return {"issuer": self.url, "jwks_uri": self.url + "/certs"}
        return {"keys": [key.jwk() for key in self.keys]}

    def close(self):
        self.server.shutdown()
        self.server.server_close()
