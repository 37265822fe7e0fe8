"""A source of more than 4 GB through the whole platform: offsets of 32 bits hold neither it nor its video, and no
process may hold it in memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import pytest

from api.bodies.downloads import Downloads
from deploy.local.stack import Stack
from schema.enums import AssetKind, Role
from tests.long.films import SAMPLE_FILM, pad, script
from tests.long.journey import OFTEN_S, Journey, everybody
from tests.long.memory import with_room

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
_SIZE = 1 << 32
_CUES = 8


def _last_picture_s(url: str) -> float:
    """Read as a player does that jumps to the end."""
    with av.open(url) as opened:
        assert opened.duration is not None
        opened.seek(opened.duration - av.time_base)
        times = [frame.time for frame in opened.decode(video=0)]
    return times[-1]


async def test_a_source_of_more_than_4_gb(stack: Stack, folder: Path) -> None:
    film = folder / "large.mp4"
    pad(film, _SIZE)
    assert film.stat().st_size > _SIZE
    with av.open(str(SAMPLE_FILM)) as sample:
        assert sample.duration is not None
        written = script(sample.duration / av.time_base, 1, _CUES)
    async with everybody(stack) as people:
        small, large = Journey(stack, people), Journey(stack, people)
        await small.take(SAMPLE_FILM, written, OFTEN_S)
        job_id = await large.take(film, written, OFTEN_S)
        found = await people[Role.PROJECT_MANAGER].get(f"/jobs/{job_id}/downloads", Downloads)
        (video,) = (item for item in found.items if item.kind is AssetKind.ACCESSIBLE_VIDEO_MP4)
        assert video.size_bytes > _SIZE
        assert await asyncio.to_thread(_last_picture_s, video.url) > video.details["duration_ms"] / 1000 - 1
    print(f"\n\n{film.stat().st_size / 1e9:.1f} GB; seconds, of the sample and of it")
    for name, seconds in sorted(large.shares.items(), key=lambda each: -each[1]):
        print(f"  {name:28} {small.shares[name]:8.1f} {seconds:8.1f}")
    for service in large.memory.services:
        alone, most = small.memory.peak(service), large.memory.peak(service)
        print(f"  {service:28} {alone:8.0f} {most:8.0f} MB")
        assert most <= with_room(alone), f"{service} grows with the size of its source"
