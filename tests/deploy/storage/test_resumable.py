"""Resumable sessions over plain HTTP, as a browser uses them."""

from __future__ import annotations

import time

import httpx
import pytest

from tests.deploy.storage.browser import (
    MIB,
    ORIGIN,
    arrived,
    open_session,
    put,
    send_part,
    status,
    stored,
    video,
)
from tests.deploy.storage.server import BUCKET, ObjectStoreServer

CHUNK = 256 * 1024


async def test_a_browser_uploads_in_chunks(server: ObjectStoreServer, http: httpx.Client) -> None:
    data = video(3 * CHUNK + 1000)
    url = await open_session(server, "browser", len(data))
    preflight = http.options(
        url,
        headers={
            "Origin": ORIGIN,
            "Access-Control-Request-Method": "PUT",
            "Access-Control-Request-Headers": "content-range,content-type",
        },
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]
    assert "content-range" in preflight.headers["Access-Control-Allow-Headers"]

    assert arrived(status(http, url, len(data))) == 0
    for start in range(0, 3 * CHUNK, CHUNK):
        response = put(http, url, data[start : start + CHUNK], start, len(data))
        assert arrived(response) == start + CHUNK
        assert response.headers["Access-Control-Allow-Origin"] == ORIGIN
        exposed = {header.strip() for header in response.headers["Access-Control-Expose-Headers"].split(",")}
        assert {"Range", "Location", "ETag", "Content-Range"} <= exposed
    last = put(http, url, data[3 * CHUNK :], 3 * CHUNK, len(data))
    assert last.status_code == 200 and last.json()["size"] == str(len(data))
    assert last.json()["contentType"] == "video/mp4"
    assert stored(server, "browser") == data


async def test_another_origin_gets_no_permission(server: ObjectStoreServer, http: httpx.Client) -> None:
    url = await open_session(server, "foreign", CHUNK)
    other = {"Origin": "https://evil.example", "Access-Control-Request-Method": "PUT"}
    assert http.options(url, headers=other).status_code == 403
    response = put(http, url, video(CHUNK), 0, CHUNK, origin="https://evil.example")
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("sent", [0, 1000, CHUNK, 3 * MIB + 17])
async def test_after_a_cut_the_whole_quanta_that_arrived_are_kept(
    server: ObjectStoreServer, http: httpx.Client, sent: int
) -> None:
    data = video(5 * MIB)
    url = await open_session(server, f"cut-{sent}", len(data))
    send_part(url, data[:sent], 0, len(data), len(data)).close()
    kept = sent - sent % CHUNK
    assert _wait_for(http, url, len(data), kept) == kept
    response = put(http, url, data[kept:], kept, len(data))
    assert response.status_code == 200, response.text
    assert stored(server, f"cut-{sent}") == data


async def test_a_new_request_takes_over_from_one_that_hangs(
    server: ObjectStoreServer, http: httpx.Client
) -> None:
    data = video(4 * MIB)
    url = await open_session(server, "takeover", len(data))
    hanging = send_part(url, data[: 2 * MIB], 0, len(data), len(data))
    assert _wait_for_growth(http, url, len(data)) <= 2 * MIB
    third = put(http, url, data[: 3 * MIB], 0, len(data))  # what has arrived is sent again, and skipped
    assert arrived(third) == 3 * MIB
    hanging.sendall(b"?" * MIB)
    hanging.settimeout(10)
    assert hanging.recv(100).startswith(b"HTTP/1.1 503")
    hanging.close()
    assert arrived(status(http, url, len(data))) == 3 * MIB
    assert put(http, url, data[3 * MIB :], 3 * MIB, len(data)).status_code == 200
    assert stored(server, "takeover") == data


async def test_what_hangs_adds_nothing_to_an_upload_that_another_request_has_ended(
    server: ObjectStoreServer, http: httpx.Client
) -> None:
    """Of a session without an announced size: where the file ends is told by whoever asks for its state."""
    data = video(2 * MIB)
    opened = http.post(
        f"{server.url}/upload/storage/v1/b/{BUCKET}/o?uploadType=resumable&name=ended-by-another"
    )
    url = opened.headers["Location"]
    hanging = send_part(url, data[:MIB], 0, len(data), "*")
    assert _wait_for(http, url, "*", MIB) == MIB
    assert status(http, url, MIB).json()["size"] == str(MIB)
    hanging.sendall(data[MIB:])
    hanging.settimeout(10)
    assert hanging.recv(100).startswith(b"HTTP/1.1 503")
    hanging.close()
    source = {"sourceObjects": [{"name": "ended-by-another"}]}
    twice = http.post(f"{server.url}/storage/v1/b/{BUCKET}/o/twice/compose", json=source)
    assert twice.json()["size"] == str(MIB)


async def test_bytes_sent_twice_are_skipped_and_a_gap_is_refused(
    server: ObjectStoreServer, http: httpx.Client
) -> None:
    data = video(4 * CHUNK)
    url = await open_session(server, "overlap", len(data))
    assert arrived(put(http, url, data[: 2 * CHUNK], 0, len(data))) == 2 * CHUNK
    gap = put(http, url, data[3 * CHUNK :], 3 * CHUNK, len(data))
    assert gap.status_code == 503 and f"only {2 * CHUNK} bytes" in gap.json()["error"]["message"]
    assert arrived(put(http, url, b"?" * CHUNK + data[2 * CHUNK : 3 * CHUNK], CHUNK, len(data))) == 3 * CHUNK
    assert put(http, url, data[3 * CHUNK :], 3 * CHUNK, len(data)).status_code == 200
    assert stored(server, "overlap") == data


@pytest.mark.parametrize(
    ("span", "body", "why"),
    [
        (f"bytes 0-{CHUNK - 2}/{4 * CHUNK}", CHUNK - 1, "multiple of 262144"),
        (f"bytes 0-{CHUNK - 1}/{4 * CHUNK}", CHUNK + 1, "the body"),
        (f"bytes 0-{CHUNK - 1}/{8 * CHUNK}", CHUNK, "opened for"),
        (f"bytes 0-{5 * CHUNK - 1}/*", 5 * CHUNK, "opened for"),
        (f"bytes 0-{8 * CHUNK - 1}/{4 * CHUNK}", 8 * CHUNK, "after the total"),
        ("bytes 5-3/10", 10, "ends before it starts"),
        ("chunks 0-5/10", 6, "not of the form"),
    ],
)
async def test_a_chunk_against_the_rules_is_refused(
    server: ObjectStoreServer, http: httpx.Client, span: str, body: int, why: str
) -> None:
    url = await open_session(server, "rules", 4 * CHUNK)
    response = http.put(url, content=bytes(body), headers={"Content-Range": span})
    assert response.status_code == 400 and why in response.json()["error"]["message"]
    assert arrived(status(http, url, 4 * CHUNK)) == 0


async def test_the_status_after_the_end_is_the_object(server: ObjectStoreServer, http: httpx.Client) -> None:
    data = video(CHUNK)
    url = await open_session(server, "ended", len(data))
    first = put(http, url, data, 0, len(data))
    again = put(http, url, data, 0, len(data))
    asked = status(http, url, len(data))
    assert [one.status_code for one in (first, again, asked)] == [200, 200, 200]
    assert first.json()["generation"] == again.json()["generation"] == asked.json()["generation"]


async def test_an_empty_object_is_complete_at_once(server: ObjectStoreServer, http: httpx.Client) -> None:
    url = await open_session(server, "empty", 0)
    response = status(http, url, 0)
    assert response.status_code == 200 and response.json()["size"] == "0"


async def test_a_cancelled_session_is_gone(server: ObjectStoreServer, http: httpx.Client) -> None:
    url = await open_session(server, "cancelled", 2 * CHUNK)
    assert arrived(put(http, url, video(CHUNK), 0, 2 * CHUNK)) == CHUNK
    files = len(server.content)
    assert http.delete(url).status_code == 499
    assert status(http, url, 2 * CHUNK).status_code == 404
    assert len(server.content) == files - 1
    missing = http.get(f"{server.url}/storage/v1/b/{BUCKET}/o/cancelled")
    assert missing.status_code == 404


async def test_a_wrong_hash_ends_the_session_without_an_object(
    server: ObjectStoreServer, http: httpx.Client
) -> None:
    data = video(CHUNK)
    url = await open_session(server, "hash", len(data))
    headers = {"Content-Range": f"bytes 0-{CHUNK - 1}/{CHUNK}", "X-Goog-Hash": "crc32c=AAAAAA=="}
    response = http.put(url, content=data, headers=headers)
    assert response.status_code == 400 and "crc32c" in response.json()["error"]["message"]
    assert http.get(f"{server.url}/storage/v1/b/{BUCKET}/o/hash").status_code == 404


def _wait_for(http: httpx.Client, url: str, total: int | str, wanted: int) -> int:
    """The server needs a moment to notice a cut."""
    deadline = time.monotonic() + 5
    while (have := arrived(status(http, url, total))) != wanted and time.monotonic() < deadline:
        time.sleep(0.02)
    return have


def _wait_for_growth(http: httpx.Client, url: str, total: int) -> int:
    deadline = time.monotonic() + 5
    while not (have := arrived(status(http, url, total))) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert have
    return have
