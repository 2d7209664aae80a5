"""Answers, read strictly from the bytes of a connection."""

import re

HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n((?:[!-9;-~]+: [\t -~]*\r\n)*)\r\n")


class NoAnswer(Exception):
    """The bytes are no sequence of answers."""


class Answer:
    def __init__(self, status, fields, body):
        self.status, self.body = status, body
        self.fields = {}
        for line in fields.decode("ascii").split("\r\n")[:-1]:
            name, value = line.split(": ", 1)
            if name.lower() in self.fields:
                raise NoAnswer(f"the field {name} comes twice")
            self.fields[name.lower()] = value

    @property
    def id(self):
        return self.fields.get("x-correlation-id", "")

    @property
    def ends(self):
        return "close" in self.fields.get("connection", "").lower()


def first_answer(stream, bodiless):
    """And what is behind it; nothing while it is not whole."""
    end = stream.find(b"\r\n\r\n")
    if end < 0:
        return None
    match = HEAD.match(stream[:end + 4])
    if not match or match.end() != end + 4:
        raise NoAnswer(f"no head of an answer: {stream[:200]!r}")
    answer = Answer(int(match[1]), match[2], b"")
    size = int(answer.fields.get("content-length", "0"))
    if answer.status < 200 or bodiless:
        size = 0
    rest = stream[end + 4:]
    if len(rest) < size:
        return None
    answer.body = rest[:size]
    return answer, rest[size:]


class Reader:
    """Collects answers from pieces of a stream. `bodiless`: the places of answers to HEAD."""

    def __init__(self, bodiless=()):
        self.bodiless = bodiless
        self.rest = b""
        self.answers = []
        self.interim = 0

    def add(self, piece):
        self.rest += piece
        while self.rest:
            found = first_answer(self.rest, len(self.answers) in self.bodiless)
            if not found:
                return
            answer, self.rest = found
            if answer.status < 200:
                self.interim += 1
            else:
                self.answers.append(answer)

    def statuses(self):
        return [answer.status for answer in self.answers]
