"""What a frontend does with the URL of a resumable session."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from activities.storage import GoogleStorage
from tests.deploy.storage.server import BUCKET, ObjectStoreServer

ORIGIN = "https://studio.example"
MIB = 1 << 20


async def open_session(server: ObjectStoreServer, name: str, size: int, origin: str | None = ORIGIN) -> str:
    """As the API opens it for the browser."""
    store = GoogleStorage(BUCKET, endpoint=server.url, signing_key=server.signing_key)
    try:
        return await store.start_resumable(name, "video/mp4", size, origin)
    finally:
        store.close()


def put(
    http: httpx.Client, url: str, data: bytes, start: int, total: int | str, origin: str = ORIGIN
) -> httpx.Response:
    headers = {"Content-Range": f"bytes {start}-{start + len(data) - 1}/{total}", "Origin": origin}
    return http.put(url, content=data, headers=headers)


def status(http: httpx.Client, url: str, total: int | str) -> httpx.Response:
    return http.put(url, headers={"Content-Range": f"bytes */{total}", "Origin": ORIGIN})


def arrived(response: httpx.Response) -> int:
    """How many bytes the session has, by its answer."""
    assert response.status_code == 308, response.text
    span = response.headers.get("Range")
    return int(span.removeprefix("bytes=0-")) + 1 if span else 0


def send_part(url: str, data: bytes, start: int, announced: int, total: int | str) -> socket.socket:
    """Announces a chunk of `announced` bytes, sends `data` of it, and leaves the connection open."""
    parts = urlsplit(url)
    assert parts.hostname and parts.port
    connection = socket.create_connection((parts.hostname, parts.port))
    head = (
        f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Length: {announced}\r\n"
        f"Content-Range: bytes {start}-{start + announced - 1}/{total}\r\n\r\n"
    )
    connection.sendall(head.encode() + data)
    return connection


def video(size: int) -> bytes:
    """Bytes that differ everywhere, so that a lost or doubled piece shows."""
    block = b"".join(number.to_bytes(8, "big") for number in range(min(size, MIB) // 8 + 1))
    turns = [bytes([turn % 251]) + block[1:MIB] for turn in range(size // MIB + 1)]
    return b"".join(turns)[:size]


def stored(server: ObjectStoreServer, name: str) -> bytes:
    response = httpx.get(f"{server.url}/download/storage/v1/b/{BUCKET}/o/{name}?alt=media")
    assert response.status_code == 200, response.text
    return response.content


def write_file(path: Path, size: int) -> Path:
    """A file of `size` bytes, written a MiB at a time."""
    with path.open("wb") as file:
        for turn in range(size // MIB):
            file.write(turn.to_bytes(8, "big") * (MIB // 8))
    return path
