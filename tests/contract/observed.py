"""Every answer that came, held against openapi.yaml."""

import json
import re
import threading

# How a message is framed and typed is HTTP's and `content`'s matter, not a header to be listed.
FRAMING = {"content-length", "content-type", "connection", "transfer-encoding", "date"}


def number(text):
    return int(text) if text.isdigit() else text


class Observed:
    def __init__(self, document):
        self.document = document
        self.lock = threading.Lock()
        self.answers = 0
        self.seen = set()      # (operation, status, code)
        self.editions = set()  # (operation, edition, status) of what went well
        self.fields = set()
        self.told = set()      # (operation, status, code) of a part of what was asked
        self.headers = set()   # (operation, status, header)
        self.findings = {}
        self.kinds = {}        # one answer of each kind, to judge again

    def find(self, text, request):
        self.findings.setdefault(text, request)

    def take(self, listener, method, target, answer, edition=None):
        """`answer` has status, headers (pairs) and body (bytes)."""
        with self.lock:
            self.answers += 1
            kind = (listener, method, self.document.find_path(listener, target), answer.status,
                    edition, tuple(sorted(name for name, _ in answer.headers)),
                    tuple(re.findall(rb'"errorCode":\d+|"\w+":', answer.body)))
            self.kinds.setdefault(kind, (listener, method, target, answer, edition))
            self.judge(listener, method, target, answer, edition)

    def judge(self, listener, method, target, answer, edition):
        request = f"{method} {target[:120]} -> {answer.status} {answer.body[:300]!r}"
        operation = self.document.find(listener, method, target)
        if operation is None:
            self.take_anywhere(listener, method, target, answer, request)
            return
        where = f"{operation.id} {answer.status}"
        response = operation.statuses.get(answer.status)
        if response is None:
            self.find(f"{where}: this status is not listed", request)
            return
        self.check_headers(where, response, answer, request)
        self.headers |= {(operation.id, answer.status, name.lower()) for name, _ in answer.headers}
        if edition and answer.status < 300:
            self.editions.add((operation.id, edition, answer.status))
        if method != "HEAD":
            code = self.check_body(where, response, answer, request)
            self.seen.add((operation.id, answer.status, code))
            for found in re.findall(rb'"errorCode":(\d+)', answer.body):
                self.told.add((operation.id, answer.status, int(found)))

    def take_anywhere(self, listener, method, target, answer, request):
        """What is no operation: the path is unknown, or the method is."""
        path = self.document.find_path(listener, target)
        wanted = 404 if path is None else 405
        where = f"{method} on {path or 'a path that is not listed'} ({listener})"
        if answer.status in self.document.before_routing(listener):
            return
        if answer.status != wanted:
            self.find(f"{where}: answers {answer.status}, not {wanted}", request)
            return
        if path is not None:
            allowed = {word.strip() for word in (answer.header("Allow") or "").split(",")}
            if allowed != self.document.methods(path):
                self.find(f"{where}: Allow has {sorted(allowed)}, the file "
                          f"{sorted(self.document.methods(path))}", request)
        if method == "HEAD":
            return
        body = self.parse(where, answer, request)
        for problem in self.document.problems(("components", "schemas", "Error"), body):
            self.find(f"{where}: {problem}", request)
        code = body.get("errorCode") if isinstance(body, dict) else None
        if code not in self.document.anywhere():
            self.find(f"{where}: the introduction does not list {code}", request)
        self.seen.add((None, answer.status, code))

    def check_headers(self, where, response, answer, request):
        came = {}
        for name, value in answer.headers:
            if name.lower() in came:
                self.find(f"{where}: header {name} is there twice", request)
            came[name.lower()] = value
        for name, place in response.headers.items():
            header = self.document.at(place)
            if name not in came:
                if header.get("required"):
                    self.find(f"{where}: header {name} is missing", request)
                continue
            whole = header["schema"].get("type") == "integer"
            value = number(came[name]) if whole else came[name]
            for problem in self.document.problems(place + ("schema",), value):
                self.find(f"{where}: header {name}: {problem}", request)
        for name in set(came) - set(response.headers) - FRAMING:
            self.find(f"{where}: header {name} is not listed", request)

    def check_body(self, where, response, answer, request):
        """The error code, if there is one."""
        if not response.media:
            if answer.body:
                self.find(f"{where}: no body is listed", request)
            return None
        kind = (answer.header("Content-Type") or "none").split(";")[0].strip()
        schema = response.media.get(kind)
        if schema is None:
            self.find(f"{where}: media type {kind} is not listed", request)
            return None
        body = answer.body.decode("utf-8", "replace")
        if kind == "application/json":
            body = self.parse(where, answer, request)
        for problem in self.document.problems(schema, body):
            self.find(f"{where}: {problem}", request)
        seen, unknown = self.document.seen_fields([schema], body)
        self.fields |= seen
        for path in unknown:
            self.find(f"{where}: {path} is not listed", request)
        code = body.get("errorCode") if isinstance(body, dict) else None
        self.check_code(where, response, answer, body, code, request)
        return code

    def check_code(self, where, response, answer, body, code, request):
        if code is None:
            if not response.plain:
                self.find(f"{where}: no errorCode", request)
            return
        if body.get("code") != answer.status or code // 100 != answer.status:
            self.find(f"{where}: code and errorCode do not tell the status", request)
        for each in {detail.get("errorCode") for detail in body.get("details", ())} - {code}:
            if each not in response.codes:
                self.find(f"{where}: errorCode {each} in details is not listed", request)

    def parse(self, where, answer, request):
        try:
            return json.loads(answer.body)
        except ValueError:
            self.find(f"{where}: the body is not JSON", request)
            return None
