"""The upload against a bucket that cuts, forgets and refuses."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from deploy.local.demo import upload
from deploy.local.demo.upload import UNIT, UploadFailed, chunk_for, held_bytes, send_file

SIZE = 5 * UNIT + 17
URL = "http://bucket/session"


class Bucket:
    """A resumable session. `faults` are what becomes of the next chunks: `keep` so many bytes, then cut or fail."""

    def __init__(self, *faults: tuple[int, str]) -> None:
        self.held = bytearray()
        self.faults = list(faults)
        self.asked = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        span = request.headers["Content-Range"]
        body = request.read()
        if span == f"bytes */{SIZE}":
            self.asked += 1
            return self.answer()
        found = re.fullmatch(rf"bytes (\d+)-(\d+)/{SIZE}", span)
        assert found, span
        first, last = int(found[1]), int(found[2])
        assert len(body) == last - first + 1
        assert len(body) % UNIT == 0 or last == SIZE - 1, "only the last chunk may be odd"
        assert first == len(self.held), "a chunk must begin where the bucket ends"
        if self.faults:
            keep, how = self.faults.pop(0)
            self.held += body[:keep]
            if how == "cut":
                raise httpx.ReadError("cut", request=request)
            if how == "500":
                return httpx.Response(500)
            return self.answer()  # took only a part of it, as the protocol allows
        self.held += body
        return self.answer()

    def answer(self) -> httpx.Response:
        if len(self.held) == SIZE:
            return httpx.Response(200)
        headers = {"Range": f"bytes=0-{len(self.held) - 1}"} if self.held else {}
        return httpx.Response(308, headers=headers)


@pytest.fixture
def video(tmp_path: Path) -> Path:
    path = tmp_path / "video.mp4"
    path.write_bytes(bytes(range(256)) * (SIZE // 256) + b"x" * (SIZE % 256))
    return path


async def send(bucket: Bucket, video: Path) -> list[int]:
    told: list[int] = []
    async with httpx.AsyncClient(transport=httpx.MockTransport(bucket)) as http:
        await send_file(http, URL, video, told.append, chunk_bytes=2 * UNIT)
    assert bytes(bucket.held) == video.read_bytes()
    return told


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "_PAUSES_S", (0.0,) * 4)


async def test_every_byte_arrives_in_order(video: Path) -> None:
    bucket = Bucket()
    assert await send(bucket, video) == [2 * UNIT, 4 * UNIT, SIZE]
    assert bucket.asked == 0


async def test_after_a_cut_it_goes_on_where_the_bucket_is(video: Path) -> None:
    bucket = Bucket((UNIT, "cut"), (0, "500"), (2 * UNIT, "cut"))
    told = await send(bucket, video)
    assert bucket.asked == 3
    assert told == [UNIT, UNIT, 3 * UNIT, 5 * UNIT, SIZE]


async def test_a_cut_after_the_last_byte_is_no_failure(video: Path) -> None:
    bucket = Bucket((2 * UNIT, ""), (2 * UNIT, ""), (UNIT + 17, "cut"))
    assert (await send(bucket, video))[-1] == SIZE


async def test_it_gives_up_after_some_attempts_in_a_row(video: Path) -> None:
    with pytest.raises(UploadFailed, match="object store"):
        await send(Bucket(*[(0, "cut")] * 5), video)


async def test_a_session_that_is_gone_ends_it_with_its_own_words(video: Path) -> None:
    gone = httpx.MockTransport(lambda _: httpx.Response(404, text="No such upload session"))
    async with httpx.AsyncClient(transport=gone) as http:
        with pytest.raises(UploadFailed, match="No such upload session"):
            await send_file(http, URL, video, lambda _: None)


def test_an_empty_session_says_nothing_of_a_range() -> None:
    assert held_bytes(httpx.Response(308), 10) == 0


@pytest.mark.parametrize("size", [1, UNIT, 30 * 2**20, 50 * 2**30])
def test_chunks_are_whole_units_and_not_too_many(size: int) -> None:
    chunk = chunk_for(size)
    assert chunk % UNIT == 0
    assert UNIT <= chunk <= upload.LARGEST
