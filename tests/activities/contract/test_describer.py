"""What every Describer does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from pathlib import Path

import pytest

from activities.ports import Describer, Sight
from schema.contracts.media import MediaReport
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import DESCRIBERS
from tests.activities.contract.support import Kept, Told
from tests.effort import end_by_cancel
from tests.factories import media_report
from tests.media_factory import Spec, make_video

SECONDS = 6
CUTS_S = (2, 4)


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_video(tmp_path_factory.mktemp("describer") / "video.mp4", Spec(seconds=SECONDS, audio=()))


@pytest.fixture(scope="module")
def report(video: Path) -> MediaReport:
    found = media_report(*CUTS_S, seconds=SECONDS)
    return found.model_copy(update={"size_bytes": video.stat().st_size, "keyframes_ms": (0,)})


@pytest.fixture(params=DESCRIBERS)
async def describer(request: pytest.FixtureRequest) -> AsyncIterator[Describer]:
    async with DESCRIBERS[request.param]() as adapter:
        yield adapter


async def watch(
    describer: Describer, video: Path, report: MediaReport, kept: Kept, told: Told | None = None
) -> Sight:
    return await describer.watch(video, "gs://bucket/video.mp4", report, "en", kept, told or Told())


async def test_names_itself_and_its_languages(describer: Describer) -> None:
    assert describer.name
    assert "en" in describer.languages()


async def test_sees_every_scene_once(describer: Describer, video: Path, report: MediaReport) -> None:
    sight = await watch(describer, video, report, Kept())
    assert (sight.language, sight.provider, sight.draft) == ("en", describer.name, describer.is_draft)
    assert [scene.start_ms for scene in sight.scenes] == [0, *(cut * 1000 for cut in CUTS_S)]
    assert sight.scenes[-1].end_ms == report.duration_ms
    assert all(one.end_ms == other.start_ms for one, other in pairwise(sight.scenes))


async def test_a_scene_that_it_cannot_tell_is_for_the_writer(
    describer: Describer, video: Path, report: MediaReport
) -> None:
    sight = await watch(describer, video, report, Kept())
    untold = [scene for scene in sight.scenes if scene.description is None]
    assert untold
    assert all(scene.note for scene in untold)
    assert all(scene.description.strip() for scene in sight.scenes if scene.description is not None)


async def test_a_second_attempt_takes_up_what_the_first_kept(
    describer: Describer, video: Path, report: MediaReport
) -> None:
    kept = Kept()
    first = await watch(describer, video, report, kept)
    writes = kept.writes
    assert writes
    assert await watch(describer, video, report, kept) == first
    assert kept.writes == writes


async def test_says_how_far_it_is(describer: Describer, video: Path, report: MediaReport) -> None:
    told = Told()
    await watch(describer, video, report, Kept(), told)
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[0] < 1
    assert told.fractions[-1] == 1


async def test_refuses_a_language_it_does_not_know_for_good(
    describer: Describer, video: Path, report: MediaReport
) -> None:
    with pytest.raises(ProviderFailed, match="xx") as failed:
        await describer.watch(video, "gs://bucket/video.mp4", report, "xx", Kept(), Told())
    assert not failed.value.retryable


async def test_stops_at_once_when_cancelled(describer: Describer, video: Path, report: MediaReport) -> None:
    work = asyncio.create_task(watch(describer, video, report, Kept()))
    await asyncio.sleep(0.01)
    await end_by_cancel(work)
