"""nginx and HAProxy as child processes, each in two tempers, and what their logs say."""

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import typing

PATIENCE_S = 20
# How long a front waits for the rest of what a caller began.
FRONT_S = 2

NGINX = """
{user}
worker_processes 1;
daemon off;
pid {folder}/pid;
events {{ worker_connections 512; }}
http {{
  client_body_temp_path {folder}/client;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  log_format row escape=json '{{"port":"$server_port","name":"$request_id",'
    '"own":"$http_x_correlation_id","status":"$upstream_status",'
    '"answered":"$upstream_http_x_correlation_id"}}';
  access_log {folder}/rows row;
  client_header_timeout {seconds}s;
  client_body_timeout {seconds}s;
  large_client_header_buffers 4 64k;
  client_max_body_size 1m;
  proxy_http_version 1.1;
  proxy_next_upstream off;
  proxy_set_header Connection "";
  proxy_set_header Host $http_host;
  proxy_set_header x-correlation-id $request_id;
  add_header X-Front $request_id always;
  {servers}
}}
"""

NGINX_SERVER = """
  upstream to_{letter} {{ server 127.0.0.1:{relay}; keepalive 8; }}
  server {{
    listen 127.0.0.1:{port};
    {options}
    location / {{ proxy_pass http://to_{letter}; }}
  }}
"""

HAPROXY = """
global
  log stdout len 4096 format raw daemon
  nbthread 1
  tune.bufsize 32768
defaults
  mode http
  log global
  log-format %fp|%ID|%[capture.req.hdr(0)]|%s|%ST|%[capture.res.hdr(0)]
  unique-id-format %Ts-%rt
  timeout connect {patience}s
  timeout server {patience}s
  timeout client {seconds}s
  timeout http-request {seconds}s
  retries 0
  option http-keep-alive
  http-reuse always
{servers}
"""

HAPROXY_SERVER = """
frontend from_{letter}
  bind 127.0.0.1:{port}
  {options}
  declare capture request len 128
  declare capture response len 128
  http-request capture req.hdr(x-correlation-id) id 0
  http-request set-header x-correlation-id %[unique-id]
  http-response capture res.hdr(x-correlation-id) id 0
  http-response set-header X-Front %[unique-id]
  default_backend to_{letter}
backend to_{letter}
  server usher 127.0.0.1:{relay}
"""


# In place of a status: the caller went away before an answer came.
CUT_SHORT = -1


class Row(typing.NamedTuple):
    """A request as a front had it."""

    port: str
    name: str  # given by the front, which sends it on as x-correlation-id
    own: str  # what the caller gave as x-correlation-id
    status: int  # of the program's answer; 0 when the request was not forwarded
    answered: str  # x-correlation-id of the program's answer


def binary(name):
    path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
    if not path:
        raise SystemExit(f"{name} is not there; install the Debian package {PACKAGES[name]}")
    return path


def free_port():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


class Relay:
    """Between a front and the program, to count connections; changes no byte."""

    def __init__(self, target):
        self.target, self.connections = target, 0
        self.ends, self.tasks = set(), set()

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        return self.server.sockets[0].getsockname()[1]

    async def stop(self):
        self.server.close()
        for end in self.ends:
            end.close()
        await asyncio.gather(*self.tasks)

    async def serve(self, reader, writer):
        self.connections += 1
        self.tasks.add(asyncio.current_task())
        try:
            answers, onward = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.close()
            return
        ends = {writer, onward}
        self.ends |= ends
        await asyncio.gather(self.pump(reader, onward), self.pump(answers, writer))
        self.ends -= ends
        for end in ends:
            end.close()

    async def pump(self, reader, writer):
        try:
            while True:
                piece = await reader.read(65536)
                if not piece:
                    writer.write_eof()
                    return
                writer.write(piece)
                await writer.drain()
        except OSError:
            writer.close()


class Proxy:
    """A child process in a folder of its own. `finish` stops it when it has logged everything."""

    def __init__(self, folder):
        self.folder = folder / type(self).__name__
        self.folder.mkdir()
        self.output = self.folder / "output"
        self.child = None

    def start(self, fronts):
        with self.output.open("wb") as file:
            self.child = subprocess.Popen(self.command(fronts), stdout=file,
                                          stderr=subprocess.STDOUT, start_new_session=True)

    def settings(self, text, fronts):
        return "".join(text.format(**front.settings()) for front in fronts)

    def stop(self):
        if not self.child:
            return
        self.child.send_signal(self.finish)
        try:
            self.child.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()


class Nginx(Proxy):
    finish = signal.SIGQUIT
    tempers = {
        "nginx": "",
        "nginx, lenient and unbuffered":
            "proxy_request_buffering off; ignore_invalid_headers off; "
            "underscores_in_headers on; merge_slashes off;",
    }

    def command(self, fronts):
        user = "user root;" if os.geteuid() == 0 else ""
        (self.folder / "conf").write_text(NGINX.format(
            user=user, folder=self.folder, seconds=FRONT_S,
            servers=self.settings(NGINX_SERVER, fronts)))
        return [binary("nginx"), "-p", str(self.folder), "-c", str(self.folder / "conf"),
                "-e", str(self.folder / "errors")]

    def rows(self):
        for line in (self.folder / "rows").read_text("latin-1").splitlines():
            row = Row(**json.loads(line))
            status = int(row.status.strip("-") or 0)
            yield row._replace(status=CUT_SHORT if status == 499 else status)


class Haproxy(Proxy):
    finish = signal.SIGUSR1
    tempers = {"HAProxy": "", "HAProxy, lenient": "option accept-invalid-http-request"}

    def command(self, fronts):
        (self.folder / "conf").write_text(HAPROXY.format(
            seconds=FRONT_S, patience=PATIENCE_S,
            servers=self.settings(HAPROXY_SERVER, fronts)))
        return [binary("haproxy"), "-db", "-f", str(self.folder / "conf")]

    def rows(self):
        for line in self.output.read_text("latin-1").splitlines():
            if line.count("|") != 5:
                continue
            port, name, own, server, status, answered = line.split("|")
            forwarded = server != "<NOSRV>"
            yield Row(port, name, own.strip("-"), int(status) if forwarded else 0,
                      answered.strip("-"))


PROXIES = {"nginx": Nginx, "haproxy": Haproxy}
PACKAGES = {"nginx": "nginx-light", "haproxy": "haproxy"}
