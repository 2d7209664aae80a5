"""A reverse proxy before Keycloak, by whose name tokens are issued: counts, holds, goes away."""

import http.client
import http.server
import threading
import urllib.parse

PATIENCE_S = 120


class Handler(http.server.BaseHTTPRequestHandler):
    """HTTP/1.0 to the client: each connection ends with its answer, so that away is away."""

    def do_GET(self):  # pylint: disable=invalid-name
        front = self.server.front
        front.note(self.path)
        status, headers, body = front.fetch(self.path, dict(self.headers))
        front.wait_if_held(self.path)
        self.send_response(status)
        for name, value in headers:
            if name.lower() in ("content-type", "cache-control"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass  # whoever asked is gone


class ReverseProxy:
    def __init__(self, port, upstream_port):
        self.port, self.upstream_port = port, upstream_port
        self.condition = threading.Condition()
        self.paths, self.held_path, self.holding = [], None, 0
        self.server = None
        self.open()

    def open(self):
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.server.front = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Connections are refused from here on."""
        self.release()
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def fetch(self, path, headers):
        """502 without Keycloak, as reverse proxies answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.upstream_port,
                                                timeout=PATIENCE_S)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return 502, [("Content-Type", "text/html")], b"<h1>Bad Gateway</h1>"
        finally:
            connection.close()

    # --- counting

    def note(self, path):
        with self.condition:
            self.paths.append(urllib.parse.urlsplit(path).path)

    def asked(self, end=""):
        """How often a path with this end was asked for."""
        with self.condition:
            return sum(path.endswith(end) for path in self.paths)

    # --- holding: Keycloak has answered, the answer is still on its way

    def hold(self, end):
        with self.condition:
            self.held_path = end

    def release(self):
        with self.condition:
            self.held_path = None
            self.condition.notify_all()

    def held(self):
        with self.condition:
            return self.holding

    def wait_if_held(self, path):
        def free():
            return self.held_path is None or not path.endswith(self.held_path)

        with self.condition:
            if free():
                return
            self.holding += 1
            self.condition.wait_for(free, PATIENCE_S)
            self.holding -= 1
