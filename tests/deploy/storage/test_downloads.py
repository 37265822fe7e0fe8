"""Ranges, conditions, and who may not read."""

from __future__ import annotations

import socket
import time

import httpx
import pytest
from google.cloud import storage

from tests.deploy.storage.browser import MIB, ORIGIN
from tests.deploy.storage.server import BUCKET, ObjectStoreServer

TEN = b"0123456789"


@pytest.fixture
def media(server: ObjectStoreServer, bucket: storage.Bucket) -> str:
    bucket.blob("ten").upload_from_string(TEN, content_type="text/plain")
    return f"{server.url}/download/storage/v1/b/{BUCKET}/o/ten?alt=media"


@pytest.mark.parametrize(
    ("asked", "answer", "span"),
    [
        ("bytes=0-0", b"0", "bytes 0-0/10"),
        ("bytes=3-", b"3456789", "bytes 3-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-99", TEN, "bytes 0-9/10"),
        ("bytes=8-99", b"89", "bytes 8-9/10"),
    ],
)
def test_a_range(media: str, http: httpx.Client, asked: str, answer: bytes, span: str) -> None:
    response = http.get(media, headers={"Range": asked})
    assert (response.status_code, response.content) == (206, answer)
    assert response.headers["Content-Range"] == span
    assert response.headers["Content-Length"] == str(len(answer))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=-0", "bytes=99-100"])
def test_a_range_outside_is_416_with_the_size(media: str, http: httpx.Client, asked: str) -> None:
    response = http.get(media, headers={"Range": asked})
    assert (response.status_code, response.headers["Content-Range"]) == (416, "bytes */10")


@pytest.mark.parametrize("asked", ["bytes=5-2", "bytes=0-1,4-5", "lines=1-2", "bytes=-", "bytes=a-b"])
def test_what_is_no_single_range_gets_the_whole(media: str, http: httpx.Client, asked: str) -> None:
    response = http.get(media, headers={"Range": asked})
    assert (response.status_code, response.content) == (200, TEN)


def test_if_range_and_if_generation(media: str, http: httpx.Client, bucket: storage.Bucket) -> None:
    whole = http.get(media)
    assert http.get(media, headers={"Range": "bytes=1-2", "If-Range": whole.headers["ETag"]}).content == b"12"
    assert http.get(media, headers={"Range": "bytes=1-2", "If-Range": '"old"'}).content == TEN
    generation = whole.headers["X-Goog-Generation"]
    assert http.get(f"{media}&ifGenerationNotMatch={generation}").status_code == 304
    assert http.get(f"{media}&ifGenerationMatch={int(generation) + 1}").status_code == 412
    assert http.get(f"{media}&generation={generation}").content == TEN
    assert http.get(f"{media}&generation=1").status_code == 404
    assert http.get(f"{media}&ifGenerationMatch=x").status_code == 400


def test_a_download_that_has_begun_outlives_its_object(
    server: ObjectStoreServer, http: httpx.Client, bucket: storage.Bucket
) -> None:
    data = bytes(30 * MIB)
    bucket.blob("begun").upload_from_string(data)
    with http.stream("GET", f"{server.url}/download/storage/v1/b/{BUCKET}/o/begun?alt=media") as response:
        pieces = response.iter_bytes()
        got = len(next(pieces))
        bucket.blob("begun").delete()
        got += sum(len(piece) for piece in pieces)
    assert got == len(data)
    assert bucket.get_blob("begun") is None


def test_connections_that_are_dropped_leave_no_file_open(
    server: ObjectStoreServer, bucket: storage.Bucket
) -> None:
    bucket.blob("dropped").upload_from_string(bytes(30 * MIB))
    before = server.open_files()
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            path = f"/download/storage/v1/b/{BUCKET}/o/dropped?alt=media"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            connection.recv(1000)
    deadline = time.monotonic() + 5
    while server.open_files() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert server.open_files() <= before


@pytest.mark.parametrize("query", ["", "upload_id=none"])
def test_a_web_page_may_not_use_the_json_api(
    server: ObjectStoreServer, http: httpx.Client, bucket: storage.Bucket, query: str
) -> None:
    bucket.blob("private").upload_from_string(b"secret")
    page = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    target = f"{server.url}/storage/v1/b/{BUCKET}/o/private?{query}"
    for method in ("GET", "DELETE", "PATCH", "PUT"):
        assert http.request(method, target, headers=page).status_code == 403
    upload = f"{server.url}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=planted&{query}"
    assert http.post(upload, headers=page, content=b"x").status_code == 403
    ask = {"Origin": "https://evil.example", "Access-Control-Request-Method": "DELETE"}
    assert http.options(target, headers=ask).status_code == 403
    assert "Access-Control-Allow-Origin" not in http.get(target, headers={"Origin": ORIGIN}).headers
    assert bucket.blob("private").download_as_bytes() == b"secret"
    assert bucket.get_blob("planted") is None


def test_unknown_paths_and_kinds_are_told(server: ObjectStoreServer, http: httpx.Client) -> None:
    unknown = http.post(f"{server.url}/upload/storage/v1/b/{BUCKET}/o?uploadType=magic&name=x")
    assert unknown.status_code == 400 and "media, multipart, resumable" in unknown.json()["error"]["message"]
    for body, kind in ((b"{", "JSON"), (b"[]", "object")):
        response = http.post(f"{server.url}/storage/v1/b", content=body)
        assert response.status_code == 400 and kind in response.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "o/ten?ifGenerationMatch=²", None),
        ("GET", f"o/ten?generation={'9' * 5000}", None),
        ("GET", "o?maxResults=²", None),
        ("GET", "o?pageToken=é", None),
        ("POST", "o/whole/compose", b'{"sourceObjects": [{"name": "ten", "objectPreconditions": 5}]}'),
        ("POST", "o/whole/compose", b'{"sourceObjects": [{"name": "\\ud800"}]}'),
        ("PATCH", "o/ten", b'{"metadata": {"key": "\\ud800"}}'),
    ],
)
def test_what_is_no_number_token_or_text_is_told(
    server: ObjectStoreServer, media: str, http: httpx.Client, method: str, path: str, body: bytes | None
) -> None:
    assert http.get(media, headers={"Range": f"bytes={'9' * 5000}-"}).content == TEN
    response = http.request(method, f"{server.url}/storage/v1/b/{BUCKET}/{path}", content=body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, 400)
