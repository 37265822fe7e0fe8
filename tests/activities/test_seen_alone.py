"""A describer that cannot be told which picture to look at is given the chosen one alone, once."""

from __future__ import annotations

from pathlib import Path

import av
from temporalio.testing import ActivityEnvironment

from activities.describe import DescribeActivities
from activities.media.files.choice import tracks_of
from activities.media.probing.probe import Limits, probe
from activities.media.render.rehearse import rehearse
from activities.ports import Checkpoints, Progress, Sight
from activities.step import Kit
from schema.contracts.media import MediaReport
from schema.contracts.outputs import RequestedOutputs, TrackChoice
from schema.contracts.steps import Artifacts, WatchInput
from schema.errors import ProviderFailed
from tests.activities.cases import job_ref
from tests.activities.media.render_kit import packet_hashes
from tests.activities.test_found_again import Watcher
from tests.factories import make_job
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_odd import two_pictures


class SeesOne(Watcher):
    """Looks at files with one picture alone; its first look fails."""

    def __init__(self) -> None:
        super().__init__()
        self.given: list[tuple[str, list[str], MediaReport]] = []

    def sees(self, report: MediaReport) -> bool:
        return not tracks_of(report).further_pictures

    async def watch(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
        style: str = "",
    ) -> Sight:
        self.given.append((uri, packet_hashes(video, "video"), report))
        with av.open(str(video)) as media:
            assert [stream.type for stream in media.streams] == ["video", "audio"]
        if len(self.given) == 1:
            raise ProviderFailed("It is tired.", retryable=True)
        return await super().watch(video, uri, report, language, checkpoints, progress, style)


def _two(folder: Path) -> Path:
    first = make_video(folder / "first.mp4", Spec(seconds=1.0, options=dict(X264_CLOSED)))
    second = make_video(folder / "second.mp4", Spec(seconds=2.0, width=160, height=96, audio=(Audio(),)))
    return two_pictures(first, second, folder / "two.mp4")


async def test_the_chosen_picture_is_given_alone_and_made_once(kit: Kit, tmp_path: Path) -> None:
    source = _two(tmp_path)
    report = rehearse(source, probe(source, Limits(), TrackChoice(picture=_last_picture(source))))
    assert report.tracks is not None and len(report.tracks.further_pictures) == 1
    job = job_ref(await make_job(kit.database, RequestedOutputs()))
    artifacts = Artifacts(media_report=f"jobs/{job.job_id}/report.json")
    assert artifacts.media_report
    await kit.write(artifacts.media_report, report)
    await kit.store.upload(job.source_object, source, "video/mp4")
    eye, inputs = SeesOne(), WatchInput(job=job, artifacts=artifacts)
    steps = DescribeActivities(kit, eye)
    for _ in range(2):
        try:
            await ActivityEnvironment().run(steps.watch_scenes, inputs)
        except ProviderFailed:
            continue
    (uri, pictures, told), again = eye.given
    assert again == (uri, pictures, told)
    assert pictures == packet_hashes(source, "video", 1) != packet_hashes(source, "video", 0)
    stored = await kit.store.stat(kit.store.name_of(uri))
    assert stored is not None and stored.size == told.size_bytes
    assert kit.store.name_of(uri) != job.source_object
    assert (told.container, told.duration_ms, told.video.width) == ("mp4", report.duration_ms, 160)
    assert eye.sees(told)


async def test_a_file_that_it_sees_is_given_as_it_is(kit: Kit, tmp_path: Path) -> None:
    source = make_video(tmp_path / "one.mp4", Spec(seconds=1.0))
    job = job_ref(await make_job(kit.database, RequestedOutputs()))
    artifacts = Artifacts(media_report=f"jobs/{job.job_id}/report.json")
    assert artifacts.media_report
    await kit.write(artifacts.media_report, probe(source, Limits()))
    await kit.store.upload(job.source_object, source, "video/mp4")
    eye = SeesOne()
    eye.given.append(("", [], probe(source, Limits())))
    await ActivityEnvironment().run(
        DescribeActivities(kit, eye).watch_scenes, WatchInput(job=job, artifacts=artifacts)
    )
    assert eye.given[-1][0] == kit.store.uri(job.source_object)


def _last_picture(source: Path) -> int:
    with av.open(str(source)) as media:
        return media.streams.video[-1].index
