"""A long upload that is killed in the middle: its cost grows with its size, the server's memory does not."""

from __future__ import annotations

import hashlib
import time
from base64 import b64encode

import httpx
import pytest

from tests.deploy.storage.browser import MIB, arrived, open_session, put, status
from tests.deploy.storage.server import BUCKET, ObjectStoreServer

CHUNK = 8 * MIB
MAX_MEMORY = 100 * MIB


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "size", [pytest.param(64 * MIB, id="64MiB"), pytest.param(2048 * MIB, id="2GiB", marks=pytest.mark.long)]
)
async def test_an_upload_killed_in_the_middle(
    own_server: ObjectStoreServer, http: httpx.Client, size: int
) -> None:
    http.timeout = httpx.Timeout(60)
    url = await open_session(own_server, "large", size)
    expected, took, moved, memory, position = hashlib.md5(), [], [], [], 0
    while position < size:
        if position == size // 2:
            memory.append(own_server.peak_memory())
            own_server.restart_after_kill()
            assert arrived(status(http, url, size)) == position
        chunk = _chunk(position)
        expected.update(chunk)
        before, began = own_server.moved(), time.monotonic()
        response = put(http, url, chunk, position, size)
        took.append(time.monotonic() - began)
        moved.append(own_server.moved() - before)
        position += CHUNK
        assert response.status_code == 200 if position == size else arrived(response) == position
    assert response.json()["md5Hash"] == b64encode(expected.digest()).decode()
    began = time.monotonic()
    assert _download(own_server) == expected.digest()
    down = time.monotonic() - began
    memory.append(own_server.peak_memory())

    quarter = len(took) // 4
    first, last = sum(took[:quarter]), sum(took[-quarter:-1]) * quarter / (quarter - 1)
    print(
        f"\n{size // MIB} MiB up in {sum(took):.1f} s ({size / MIB / sum(took):.0f} MiB/s), the last chunk with its MD5 "
        f"{took[-1]:.2f} s, last quarter / first {last / first:.2f}, down in {down:.1f} s, "
        f"server at most {max(memory) / MIB:.0f} MiB"
    )
    assert max(memory) < MAX_MEMORY
    assert min(moved[:-1]) >= CHUNK, "the system counts what is written"
    assert max(moved[quarter:-1]) < 1.5 * max(moved[:quarter]), "a chunk costs more the more there is already"


def _chunk(position: int) -> bytes:
    return position.to_bytes(8, "big") * (CHUNK // 8)


def _download(server: ObjectStoreServer) -> bytes:
    digest = hashlib.md5()
    with httpx.stream("GET", f"{server.url}/download/storage/v1/b/{BUCKET}/o/large?alt=media") as response:
        for piece in response.iter_bytes():
            digest.update(piece)
    return digest.digest()
