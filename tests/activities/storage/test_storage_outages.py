"""The object store when it is away, wrong, or killed in the middle."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

import pytest

from activities.storage import GoogleStorage
from schema.errors import Misconfigured, Unavailable
from tests.deploy.storage.server import BUCKET, ObjectStoreServer

MIB = 1 << 20


async def test_a_missing_bucket_is_a_mistake_in_the_settings(storage_endpoint: str) -> None:
    wrong = GoogleStorage("no-such-bucket", endpoint=storage_endpoint)
    with pytest.raises(Misconfigured, match="no-such-bucket"):
        await wrong.stat("x")
    with pytest.raises(Misconfigured, match="no-such-bucket"):
        await wrong.write("x", b"", "text/plain")
    assert not await wrong.healthy()
    wrong.close()


@pytest.mark.timeout(60)
async def test_a_store_that_is_away_is_unavailable(tmp_path: Path) -> None:
    server = ObjectStoreServer(tmp_path)  # never started
    store = GoogleStorage(BUCKET, endpoint=server.url, retry_s=0.5)
    with pytest.raises(Unavailable):
        await store.stat("x")
    with pytest.raises(Unavailable):
        await store.write("x", b"", "text/plain", if_absent=True)
    assert not await store.healthy()
    store.close()


class _Refuses(BaseHTTPRequestHandler):
    """400 to everything."""

    def do_GET(self) -> None:
        self.send_response(400)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        return


async def test_a_store_that_makes_no_sense_is_not_healthy() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Refuses) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        store = GoogleStorage(BUCKET, endpoint=f"http://127.0.0.1:{server.server_address[1]}")
        try:
            assert not await store.healthy()
        finally:
            store.close()
            server.shutdown()
            thread.join()


async def test_no_credentials_are_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "missing.json"))
    with pytest.raises(Misconfigured, match="credentials"):
        GoogleStorage("some-bucket")
    with pytest.raises(Misconfigured, match=r"STORAGE_SIGNING_KEY .*missing\.json"):
        GoogleStorage("some-bucket", endpoint="http://127.0.0.1:1", signing_key=tmp_path / "missing.json")


@pytest.mark.parametrize("streamed", [True, False])
async def test_an_upload_outlives_a_kill_of_the_store(tmp_path: Path, streamed: bool) -> None:
    """Killed in the middle and started again while the upload goes on: it needs no second attempt."""
    server = ObjectStoreServer(tmp_path / "store")
    server.start()
    store = GoogleStorage(BUCKET, endpoint=server.url)
    data = os.urandom(40 * MIB)
    source = tmp_path / "source"
    source.write_bytes(data)
    halfway = asyncio.Event()

    def progress(done: int, total: int | None) -> None:
        if done >= 16 * MIB:
            halfway.set()

    def produce(out: BinaryIO) -> None:
        for start in range(0, len(data), MIB):
            out.write(data[start : start + MIB])
            time.sleep(0.01)

    if streamed:
        upload = store.upload_stream("big", produce, "video/mp4", progress=progress)
    else:
        upload = store.upload("big", source, "video/mp4", progress=progress)
    task = asyncio.create_task(upload)
    await halfway.wait()
    await asyncio.to_thread(server.restart_after_kill)
    made = await task
    assert made.size == len(data) and made.md5
    await store.download("big", tmp_path / "target")
    assert (tmp_path / "target").read_bytes() == data
    store.close()
    server.stop()
