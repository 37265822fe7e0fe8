"""What `schema.object_store` promises, held to every adapter: the local store, and Google's where
GCS_TEST_BUCKET names a bucket that the default credentials may write to."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

import httpx
import pytest
import pytest_asyncio

from activities.storage import GoogleStorage
from schema.errors import Conflict, Invalid, NotFound
from schema.object_store import ObjectStore

MIB = 1 << 20
ORIGIN = "https://studio.example"


GCS_BUCKET = os.environ.get("GCS_TEST_BUCKET")


@pytest.fixture(params=["local", "google"] if GCS_BUCKET else ["local"])
def store(request: pytest.FixtureRequest) -> Iterator[GoogleStorage]:
    if request.param == "local":
        yield request.getfixturevalue("object_store")
        return
    made = GoogleStorage(str(GCS_BUCKET))
    yield made
    made.close()


@pytest.mark.skipif(
    not GCS_BUCKET, reason="GCS_TEST_BUCKET is not set: this suite ran on the local store only"
)
async def test_the_suite_ran_against_google() -> None:
    google = GoogleStorage(str(GCS_BUCKET))
    assert await google.healthy()
    google.close()


@pytest_asyncio.fixture
async def prefix(store: ObjectStore) -> AsyncIterator[str]:
    """A folder of the test's own, emptied after it."""
    made = f"contract/{uuid4().hex}/"
    yield made
    await store.delete_prefix(made)


async def test_what_is_written_is_found_and_read(store: ObjectStore, prefix: str) -> None:
    name = f"{prefix}a b/ünï.vtt"
    assert await store.stat(name) is None
    written = await store.write(name, b"WEBVTT\n\n", "text/vtt", metadata={"job": "42"})
    found = await store.stat(name)
    assert found == written
    assert (found.name, found.size, found.content_type, found.metadata) == (
        name,
        8,
        "text/vtt",
        {"job": "42"},
    )
    assert found.md5 and found.crc32c and found.updated.tzinfo
    assert await store.read(name) == b"WEBVTT\n\n"
    assert await store.read(name, 3, 5) == b"VT"
    assert await store.read(name, 6) == b"\n\n"
    assert await store.read(name, 6, 99) == b"\n\n"
    assert await store.read(name, 50) == b"" and await store.read(name, 4, 4) == b""


async def test_a_missing_object(store: ObjectStore, prefix: str, tmp_path: Path) -> None:
    name = f"{prefix}missing"
    with pytest.raises(NotFound, match="missing"):
        await store.read(name)
    with pytest.raises(NotFound):
        await store.download(name, tmp_path / "x")
    with pytest.raises(NotFound):
        await store.copy(name, f"{prefix}copy")
    with pytest.raises(NotFound):
        await store.delete(name, missing_ok=False)
    with pytest.raises(NotFound):
        _ = [piece async for piece in store.stream(name)]
    await store.delete(name)
    assert list(tmp_path.iterdir()) == []


async def test_the_generation_grows_and_if_absent_protects(
    store: ObjectStore, prefix: str, tmp_path: Path
) -> None:
    name = f"{prefix}once"
    first = await store.write(name, b"one", "text/plain", if_absent=True)
    path = tmp_path / "two"
    path.write_bytes(b"two")
    for refused in (
        store.write(name, b"two", "text/plain", if_absent=True),
        store.upload(name, path, "text/plain", if_absent=True),
        store.upload_stream(name, lambda out: out.write(b"two"), "text/plain", if_absent=True),
        store.copy(name, name, if_absent=True),
    ):
        with pytest.raises(Conflict, match="exists already"):
            await refused
    assert await store.read(name) == b"one"
    assert (await store.write(name, b"two", "text/plain")).generation > first.generation


async def test_of_writers_at_once_one_succeeds(store: ObjectStore, prefix: str) -> None:
    attempts = [
        store.write(f"{prefix}race", b"%d" % index, "text/plain", if_absent=True) for index in range(6)
    ]
    results = await asyncio.gather(*attempts, return_exceptions=True)
    won = [index for index, result in enumerate(results) if not isinstance(result, BaseException)]
    assert len(won) == 1 and await store.read(f"{prefix}race") == b"%d" % won[0]
    assert all(isinstance(result, Conflict) for result in results if isinstance(result, BaseException))


@pytest.mark.parametrize("size", [0, 1, 8 * MIB, 8 * MIB + 1, 20 * MIB])
async def test_files_go_up_and_come_down(store: ObjectStore, prefix: str, tmp_path: Path, size: int) -> None:
    data = os.urandom(size)
    source, target = tmp_path / "up", tmp_path / "down"
    source.write_bytes(data)
    sent: list[tuple[int, int | None]] = []
    got: list[tuple[int, int | None]] = []
    made = await store.upload(
        f"{prefix}file",
        source,
        "video/mp4",
        metadata={"k": "v"},
        progress=lambda done, total: sent.append((done, total)),
    )
    assert (made.size, made.content_type, made.metadata) == (size, "video/mp4", {"k": "v"})
    assert made == await store.stat(f"{prefix}file")
    info = await store.download(
        f"{prefix}file", target, progress=lambda done, total: got.append((done, total))
    )
    await asyncio.sleep(0)
    assert target.read_bytes() == data and info == made
    assert sent[-1] == (size, size) and sorted(sent) == sent
    assert not size or got[-1] == (size, size)
    assert b"".join([piece async for piece in store.stream(f"{prefix}file")]) == data
    assert sorted(path.name for path in tmp_path.iterdir()) == ["down", "up"]


async def test_a_stream_goes_up_while_it_is_made(store: ObjectStore, prefix: str) -> None:
    name = f"{prefix}stream"
    told: list[int] = []

    def produce(out: BinaryIO) -> None:
        for index in range(300):
            out.write(bytes([index % 256]) * 70_001)
        told.append(out.tell())

    made = await store.upload_stream(
        name, produce, "audio/mpeg", progress=lambda done, total: told.append(done)
    )
    assert made.size == 300 * 70_001 == max(told)
    assert (await store.read(name, 70_000, 70_003)) == b"\x00\x01\x01"


async def test_a_stream_that_fails_leaves_nothing(store: ObjectStore, prefix: str) -> None:
    def produce(out: BinaryIO) -> None:
        out.write(bytes(20 * MIB))
        raise ValueError("the render failed")

    with pytest.raises(ValueError, match="the render failed"):
        await store.upload_stream(f"{prefix}half", produce, "video/mp4")
    assert await store.list_prefix(prefix) == []


async def test_a_cancel_ends_an_upload_and_leaves_nothing(store: ObjectStore, prefix: str) -> None:
    ended, begun = threading.Event(), asyncio.Event()

    def produce(out: BinaryIO) -> None:
        try:
            while True:
                out.write(bytes(MIB))
        finally:
            ended.set()

    upload = store.upload_stream(
        f"{prefix}endless", produce, "video/mp4", progress=lambda done, total: begun.set()
    )
    task = asyncio.create_task(upload)
    await asyncio.wait_for(begun.wait(), 30)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(ended.wait, 10)
    assert await store.list_prefix(prefix) == []


async def test_prefixes_are_listed_and_deleted(store: ObjectStore, prefix: str) -> None:
    for name in ("b", "a/2", "a/1", "ab"):
        await store.write(f"{prefix}{name}", b"x", "text/plain")
    listed = await store.list_prefix(f"{prefix}a")
    assert [info.name.removeprefix(prefix) for info in listed] == ["a/1", "a/2", "ab"]
    assert await store.delete_prefix(f"{prefix}a/") == 2
    assert len(await store.list_prefix(prefix)) == 2
    with pytest.raises(Invalid, match="whole bucket"):
        await store.delete_prefix("")


async def test_a_copy_has_content_type_and_metadata(store: ObjectStore, prefix: str) -> None:
    source = await store.write(f"{prefix}source", b"content", "text/vtt", metadata={"job": "1"})
    copied = await store.copy(f"{prefix}source", f"{prefix}target")
    await store.delete(f"{prefix}source")
    assert await store.read(f"{prefix}target") == b"content"
    assert (copied.crc32c, copied.content_type, copied.metadata) == (source.crc32c, "text/vtt", {"job": "1"})


async def test_a_signed_url_downloads_under_a_name(store: ObjectStore, prefix: str) -> None:
    name = f"{prefix}ü +.mp4"
    await store.write(name, b"0123456789", "video/mp4")
    async with httpx.AsyncClient() as http:
        plain = await http.get(await store.signed_get(name, 60), headers={"Range": "bytes=2-3"})
        assert (plain.status_code, plain.content) == (206, b"23")
        assert plain.headers["Content-Type"] == "video/mp4" and "Content-Disposition" not in plain.headers
        url = await store.signed_get(name, 60, filename='Ä "b".mp4', content_type="application/x")
        saved = await http.get(url)
        assert saved.headers["Content-Type"] == "application/x"
        disposition = saved.headers["Content-Disposition"]
        assert disposition == "attachment; filename=\"_ _b_.mp4\"; filename*=UTF-8''%C3%84%20%22b%22.mp4"
        short = await store.signed_get(name, 1)
        await asyncio.sleep(1.5)
        assert (await http.get(short)).status_code == 400


async def test_a_browser_finishes_a_session(store: ObjectStore, prefix: str) -> None:
    name, data = f"{prefix}browser.mp4", os.urandom(300_000)
    url = await store.start_resumable(name, "video/mp4", len(data), ORIGIN, metadata={"upload": "7"})
    async with httpx.AsyncClient() as http:

        async def put(span: str, content: bytes = b"") -> httpx.Response:
            return await http.put(url, content=content, headers={"Content-Range": span, "Origin": ORIGIN})

        first = await put("bytes 0-262143/300000", data[:262144])
        assert (first.status_code, first.headers["Range"]) == (308, "bytes=0-262143")
        assert first.headers["Access-Control-Allow-Origin"] == ORIGIN
        asked = await put("bytes */300000")
        assert (asked.status_code, asked.headers["Range"]) == (308, "bytes=0-262143")
        assert await store.stat(name) is None
        assert (await put("bytes 262144-299999/300000", data[262144:])).status_code == 200
    found = await store.stat(name)
    assert found and (found.size, found.content_type, found.metadata) == (
        300_000,
        "video/mp4",
        {"upload": "7"},
    )
    assert await store.read(name) == data


def test_names_and_uris(store: ObjectStore) -> None:
    assert store.name_of(store.uri("jobs/1/a b.mp4")) == "jobs/1/a b.mp4"
    for uri in (
        "gs://another/x",
        f"gs://{store.bucket}",
        f"gs://{store.bucket}/",
        f"s3://{store.bucket}/x",
        "x",
    ):
        with pytest.raises(Invalid, match="gs://"):
            store.name_of(uri)


async def test_it_is_healthy(store: ObjectStore) -> None:
    assert await store.healthy()
