"""What is left after the server was killed, or stopped, at any moment."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.deploy.storage.browser import MIB, arrived, open_session, put, send_part, status, stored, video
from tests.deploy.storage.server import BUCKET, ObjectStoreServer


async def test_an_upload_goes_on_after_a_kill(own_server: ObjectStoreServer, http: httpx.Client) -> None:
    data = video(20 * MIB)
    url = await open_session(own_server, "killed", len(data))
    assert arrived(put(http, url, data[: 2 * MIB], 0, len(data))) == 2 * MIB
    hanging = send_part(url, data[2 * MIB : 15 * MIB], 2 * MIB, len(data) - 2 * MIB, len(data))
    deadline = time.monotonic() + 10
    while own_server.content[0].stat().st_size < 14 * MIB and time.monotonic() < deadline:
        time.sleep(0.01)
    own_server.restart_after_kill()
    hanging.close()
    have = arrived(status(http, url, len(data)))
    assert have % (256 * 1024) == 0 and 10 * MIB <= have <= 15 * MIB  # a checkpoint every 8 MiB
    response = put(http, url, data[have:], have, len(data))
    assert response.status_code == 200 and response.json()["md5Hash"]
    assert stored(own_server, "killed") == data


async def test_a_finished_upload_is_finished_once(own_server: ObjectStoreServer, http: httpx.Client) -> None:
    data = video(MIB)
    url = await open_session(own_server, "once", len(data))
    made = put(http, url, data, 0, len(data)).json()
    own_server.restart_after_kill()
    assert put(http, url, data, 0, len(data)).json()["generation"] == made["generation"]
    assert stored(own_server, "once") == data


async def test_everything_but_the_commit_was_done(own_server: ObjectStoreServer, http: httpx.Client) -> None:
    """Killed after the last byte was synced, before the object appeared: asking for the status completes it."""
    data = video(MIB)
    url = await open_session(own_server, "almost", len(data) + 1)
    arrived(put(http, url, data, 0, len(data) + 1))
    own_server.kill()
    with sqlite3.connect(own_server.data / "catalogue.sqlite") as catalogue:
        catalogue.execute("UPDATE uploads SET size = ?", (len(data),))
    catalogue.close()
    own_server.start()
    assert status(http, url, len(data)).status_code == 200
    assert stored(own_server, "almost") == data


def test_objects_are_whole_or_absent_whenever_it_is_killed(own_server: ObjectStoreServer) -> None:
    """Writers replace a few objects as fast as they can, each content telling what it is; the server is killed in
    the middle, several times."""
    seed = int(os.environ.get("TEST_SEED", "7"))
    rng = random.Random(seed)
    acknowledged: dict[str, int] = {}
    for _ in range(4):
        stop = threading.Event()
        writers = [
            threading.Thread(target=_write_until, args=(own_server.url, f"w{index}", stop, acknowledged))
            for index in range(3)
        ]
        for writer in writers:
            writer.start()
        time.sleep(rng.uniform(0.3, 0.8))
        own_server.kill()
        stop.set()
        for writer in writers:
            writer.join()
        own_server.start()
        found = httpx.get(f"{own_server.url}/storage/v1/b/{BUCKET}/o").json()["items"]
        for resource in found:
            name, told = resource["name"], int(resource["metadata"]["number"])
            content = stored(own_server, name)
            assert content == _content(told) and len(content) == int(resource["size"]), seed
            assert told >= acknowledged.get(name, 0), seed  # what was acknowledged is never lost
        assert acknowledged.keys() <= {resource["name"] for resource in found}, seed
        assert len(own_server.content) == len(found), "a file is left that no object needs"
    assert len(acknowledged) == 3


def _content(number: int) -> bytes:
    return number.to_bytes(8, "big") * (50_000 + number % 1000)


def _write_until(url: str, name: str, stop: threading.Event, acknowledged: dict[str, int]) -> None:
    with httpx.Client() as http:
        number = acknowledged.get(name, 0)
        while not stop.is_set():
            number += 1
            body = (
                b"--B\r\ncontent-type: application/json\r\n\r\n"
                + b'{"name": "%s", "metadata": {"number": "%d"}}' % (name.encode(), number)
                + b"\r\n--B\r\ncontent-type: text/plain\r\n\r\n"
                + _content(number)
                + b"\r\n--B--"
            )
            try:
                response = http.post(
                    f"{url}/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart",
                    content=body,
                    headers={"Content-Type": "multipart/related; boundary=B"},
                )
            except httpx.TransportError:
                return
            assert response.status_code == 200, response.text
            acknowledged[name] = number


async def test_leftovers_are_swept_at_the_start(own_server: ObjectStoreServer, http: httpx.Client) -> None:
    old, young = [await open_session(own_server, name, 2 * MIB) for name in ("old", "young")]
    for url in (old, young):
        assert arrived(put(http, url, video(MIB), 0, 2 * MIB)) == MIB
    own_server.kill()
    (own_server.data / "content" / "nobody-needs-it").write_bytes(b"x")
    with sqlite3.connect(own_server.data / "catalogue.sqlite") as catalogue:
        week_ago = time.time() - 7 * 24 * 3600 - 1
        catalogue.execute("UPDATE uploads SET touched = ? WHERE name = 'old'", (week_ago,))
    catalogue.close()
    own_server.start()
    assert len(own_server.content) == 1
    assert status(http, old, 2 * MIB).status_code == 404
    assert arrived(status(http, young, 2 * MIB)) == MIB


async def test_sigterm_keeps_what_came_and_ends_soon(
    own_server: ObjectStoreServer, http: httpx.Client
) -> None:
    data = video(3 * MIB)
    url = await open_session(own_server, "term", len(data))
    hanging = send_part(url, data[: 2 * MIB], 0, len(data), len(data))
    deadline = time.monotonic() + 10
    while own_server.content[0].stat().st_size < 2 * MIB and time.monotonic() < deadline:
        time.sleep(0.01)
    assert own_server.stop() == 0
    hanging.close()
    own_server.start()
    have = arrived(status(http, url, len(data)))
    assert have == 2 * MIB
    assert put(http, url, data[have:], have, len(data)).status_code == 200
    assert stored(own_server, "term") == data


def test_a_second_server_on_the_same_folder_is_refused(server: ObjectStoreServer) -> None:
    second = server.spawn()
    _, said = second.communicate(timeout=20)
    assert second.returncode == 2 and b"stop it, or name another folder" in said


def test_a_bad_bucket_name_is_told(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path), "--port", "1", "--bucket", "NO"]
    made = subprocess.run(
        [sys.executable, "-m", "deploy.local.storage", *options], capture_output=True, timeout=20, check=False
    )
    assert made.returncode == 2 and b"no bucket name" in made.stderr


@pytest.mark.parametrize("announced", [2 * MIB, 20 * MIB])
def test_a_cut_upload_in_one_request_leaves_nothing(server: ObjectStoreServer, announced: int) -> None:
    before = len(server.content)
    url = f"{server.url}/upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=one-request"

    def body() -> Iterator[bytes]:
        yield bytes(MIB)
        assert _wait_for_files(server, before + 1)
        raise ConnectionError("cut")

    with pytest.raises(ConnectionError):
        httpx.post(url, content=body(), headers={"Content-Length": str(announced)})
    assert _wait_for_files(server, before)


def test_a_compose_that_the_disk_cannot_hold_leaves_nothing(
    own_server: ObjectStoreServer, http: httpx.Client
) -> None:
    objects = f"{own_server.url}/storage/v1/b/{BUCKET}/o"
    upload = objects.replace("/storage/", "/upload/storage/", 1)
    assert http.post(f"{upload}?uploadType=media&name=part", content=video(2 * MIB)).status_code == 200
    own_server.limit_files(3 * MIB)
    answer = http.post(f"{objects}/whole/compose", json={"sourceObjects": [{"name": "part"}] * 2})
    assert answer.status_code == 500 and "cannot use its files" in answer.json()["error"]["message"]
    assert len(own_server.content) == 1
    assert stored(own_server, "part") == video(2 * MIB)


def _wait_for_files(server: ObjectStoreServer, count: int) -> bool:
    deadline = time.monotonic() + 5
    while len(server.content) != count and time.monotonic() < deadline:
        time.sleep(0.02)
    return len(server.content) == count
