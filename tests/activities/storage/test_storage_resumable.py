"""The uploader against a store that behaves as badly as the protocol allows."""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import google_crc32c
import httpx
import pytest

from activities.storage.resumable import CHUNK, ResumableFile
from schema.errors import Conflict, Unavailable

QUANTUM = 256 * 1024

Answer = Callable[["Session", bytes, int, str], tuple[int, dict[str, str]]]
"""(session, body, its start or -1 for a question, total) to (status, headers)."""


class Session(ThreadingHTTPServer):
    """Holds what has arrived; `answer` decides how much of a chunk that is, and what is said."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = answer
        self.held = b""
        self.requests = 0
        self.deleted = False

    def keep(self, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
        """The honest behaviour."""
        if body:
            assert start <= len(self.held), "a gap"
            self.held += body[len(self.held) - start :]
        if total != "*" and len(self.held) == int(total):
            return 200, {}
        return 308, {"Range": f"bytes=0-{len(self.held) - 1}"} if self.held else {}


class _Handler(BaseHTTPRequestHandler):
    server: Session

    def do_PUT(self) -> None:
        session = self.server
        session.requests += 1
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        span, _, total = self.headers["Content-Range"].removeprefix("bytes ").partition("/")
        start = -1 if span == "*" else int(span.split("-")[0])
        status, headers = session.answer(session, body, start, total)
        crc32c = base64.b64encode(google_crc32c.value(session.held).to_bytes(4, "big")).decode()
        answer = httpx.Response(status, json={"crc32c": crc32c}).content if status == 200 else b""
        self.send_response(status)
        for key, value in (headers | {"Content-Length": str(len(answer))}).items():
            self.send_header(key, value)
        self.end_headers()
        self.wfile.write(answer)

    def do_DELETE(self) -> None:
        self.server.deleted = True
        self.send_response(499)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        return


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], Session]]:
    running: list[tuple[Session, threading.Thread]] = []

    def start(answer: Answer) -> Session:
        session = Session(answer)
        thread = threading.Thread(target=session.serve_forever)
        thread.start()
        running.append((session, thread))
        return session

    yield start
    for session, thread in running:
        session.shutdown()
        thread.join()
        session.server_close()


def upload(session: Session, data: bytes, patience_s: float = 5, told: list[int] | None = None) -> None:
    progress = told.append if told is not None else lambda done: None
    url = f"http://127.0.0.1:{session.server_address[1]}/session"
    target = ResumableFile(url, "bucket", "name", size=None, patience_s=patience_s, advance=progress)
    try:
        for start in range(0, len(data), 1_000_003):
            assert target.write(data[start : start + 1_000_003])
        target.finish()
    finally:
        target.cancel()


def partly(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
    """Keeps some quanta of each chunk only."""
    kept = min(len(body), 5 * QUANTUM)
    whole = total if kept == len(body) else "*"
    return session.keep(body[:kept], start, whole)


def failing(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
    """Keeps a part and answers 503, two times of three; a question is answered."""
    if body and session.requests % 3:
        session.keep(body[: 7 * QUANTUM], start, "*")
        return 503, {}
    return session.keep(body, start, total)


def deaf(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
    """Keeps everything, and its answer to the last chunk is lost."""
    status, headers = session.keep(body, start, total)
    return (500, {}) if status == 200 and body else (status, headers)


@pytest.mark.parametrize("answer", [Session.keep, partly, failing, deaf])
@pytest.mark.parametrize("size", [0, 1000, CHUNK, 2 * CHUNK + 12345])
def test_everything_arrives_once(serve: Callable[[Answer], Session], answer: Answer, size: int) -> None:
    session, data, told = serve(answer), os.urandom(size), []
    upload(session, data, told=told)
    assert session.held == data
    assert told == sorted(told) and told[-1] == size


def test_nothing_is_sent_beyond_a_chunk_before_its_time(serve: Callable[[Answer], Session]) -> None:
    session = serve(Session.keep)
    url = f"http://127.0.0.1:{session.server_address[1]}/session"
    target = ResumableFile(url, "bucket", "name", size=None, patience_s=5, advance=lambda done: None)
    target.write(bytes(CHUNK))
    assert session.requests == 0 and target.tell() == CHUNK
    target.write(b"x")
    assert session.requests == 1 and len(session.held) == CHUNK and target.tell() == CHUNK + 1
    del target  # garbage completes nothing
    assert len(session.held) == CHUNK


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, Unavailable), (410, Unavailable), (412, Conflict), (503, Unavailable), (500, Unavailable)],
)
def test_a_refusal_is_told_as_what_it_is(
    serve: Callable[[Answer], Session], status: int, error: type[Exception]
) -> None:
    session = serve(lambda *_: (status, {}))
    with pytest.raises(error):
        upload(session, b"x" * 1000, patience_s=0.3)
    assert session.deleted


def test_a_session_that_forgets_is_given_up(serve: Callable[[Answer], Session]) -> None:
    def forgetful(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
        return session.keep(body, start, total) if session.requests == 1 else (308, {})

    with pytest.raises(Unavailable, match="start again"):
        upload(serve(forgetful), bytes(3 * CHUNK))


def test_a_session_that_takes_nothing_is_given_up(serve: Callable[[Answer], Session]) -> None:
    def refusing_quietly(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
        return (308, {}) if session.requests < 500 else session.keep(body, start, total)

    session = serve(refusing_quietly)
    with pytest.raises(Unavailable, match="took nothing of name"):
        upload(session, b"x" * 1000, patience_s=0.3)
    assert session.requests < 10


def test_damage_on_the_way_is_found(serve: Callable[[Answer], Session]) -> None:
    def damaging(session: Session, body: bytes, start: int, total: str) -> tuple[int, dict[str, str]]:
        return session.keep(body.replace(b"a", b"b"), start, total)

    with pytest.raises(Unavailable, match="damaged"):
        upload(serve(damaging), b"banana")


def test_after_an_error_every_call_fails(serve: Callable[[Answer], Session]) -> None:
    session = serve(lambda *_: (412, {}))
    url = f"http://127.0.0.1:{session.server_address[1]}/session"
    target = ResumableFile(url, "bucket", "name", size=None, patience_s=5, advance=lambda done: None)
    with pytest.raises(Conflict):
        target.write(bytes(CHUNK + 1))
    session.answer = Session.keep
    with pytest.raises(Conflict):
        target.finish()
