"""A step that is run again with the same inputs finds what was made, and pays for it once."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.describe import DescribeActivities
from activities.local.silero import SileroDetector
from activities.ports import Checkpoints, Progress, SceneSight, Sight
from activities.step import Kit
from activities.transcribe import TranscribeActivities
from schema.contracts.media import MediaReport
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, JobRef, TranscribeInput, WatchInput
from schema.enums import AssetKind
from schema.queries import assets
from schema.tables import Asset, Client, Glossary, GlossaryTerm, GlossaryVersion, Job
from schema.vtt.words import Transcript
from tests.activities.cases import job_ref
from tests.activities.test_dub import Recogniser
from tests.factories import make_job, media_report


class Watcher:
    """Sees one scene, and counts how often it looks."""

    name, engine, is_draft = "test-eye", "test-eye 1", True

    def __init__(self) -> None:
        self.looked = 0
        self.styles: list[str] = []

    def languages(self) -> frozenset[str]:
        return frozenset({"en"})

    def sees(self, report: MediaReport) -> bool:
        return True

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
        self.looked += 1
        self.styles.append(style)
        scene = SceneSight(start_ms=0, end_ms=report.duration_ms, note="A lighthouse?")
        return Sight(language=language, provider=self.name, draft=True, scenes=(scene,))


async def a_job(kit: Kit) -> tuple[JobRef, Artifacts]:
    job = job_ref(await make_job(kit.database, RequestedOutputs()))
    artifacts = Artifacts(
        media_report=f"jobs/{job.job_id}/report.json", speech_audio=f"jobs/{job.job_id}/speech.flac"
    )
    assert artifacts.media_report and artifacts.speech_audio
    await kit.write(artifacts.media_report, media_report(seconds=8))
    for name in (artifacts.speech_audio, job.source_object):
        await kit.store.write(name, b"not looked at", "application/octet-stream")
    return job, artifacts


async def recorded(kit: Kit, job: JobRef) -> dict[AssetKind, str]:
    async with kit.database.begin() as session:
        return {one.kind: one.object_name for one in await assets.of_job(session, job.job_id, internal=True)}


async def forget_assets(kit: Kit) -> None:
    """As an attempt leaves it that died between the object and its record."""
    async with kit.database.begin() as session:
        await session.execute(sa.delete(Asset))


async def test_words_that_are_found_are_on_record_too(kit: Kit) -> None:
    job, artifacts = await a_job(kit)
    ear, inputs = Recogniser("en"), TranscribeInput(job=job, artifacts=artifacts)
    steps = TranscribeActivities(kit, ear, SileroDetector())
    first = await ActivityEnvironment().run(steps.transcribe_speech, inputs)
    await forget_assets(kit)
    assert await ActivityEnvironment().run(steps.transcribe_speech, inputs) == first
    assert len(ear.heard) == 1
    assert first.words and (await kit.read(first.words, Transcript)).engine == ear.engine
    assert await recorded(kit, job) == {AssetKind.WORDS: first.words}


async def test_a_clients_terms_reach_the_recogniser_and_others_are_another_hearing(kit: Kit) -> None:
    job, artifacts = await a_job(kit)
    ear, inputs = Recogniser("en"), TranscribeInput(job=job, artifacts=artifacts)
    steps = TranscribeActivities(kit, ear, SileroDetector())
    await ActivityEnvironment().run(steps.transcribe_speech, inputs)
    glossary = Glossary(client_id=job.client_id, name="Words", source_language="en")
    version = GlossaryVersion(glossary_id=glossary.id, number=1)
    async with kit.database.begin() as session:
        stored = await session.merge(glossary)
        stored.active_version_id = version.id
        await session.flush()
        session.add(version)
        await session.flush()
        rows = [("Mary Ann", False), ("gig", True), ("x" * 101, False)]
        session.add_all(
            GlossaryTerm(version_id=version.id, source=source, place=place, forbidden=forbidden)
            for place, (source, forbidden) in enumerate(rows)
        )
    for _ in range(2):
        await ActivityEnvironment().run(steps.transcribe_speech, inputs)
    assert ear.terms == [(), ("Mary Ann",)]
    ear.most_terms = 0
    await ActivityEnvironment().run(steps.transcribe_speech, inputs)
    assert ear.terms == [(), ("Mary Ann",)], "who takes no hints heard it before there was a glossary"


async def test_a_sight_that_is_found_is_on_record_too(kit: Kit) -> None:
    job, artifacts = await a_job(kit)
    eye, inputs = Watcher(), WatchInput(job=job, artifacts=artifacts)
    steps = DescribeActivities(kit, eye)
    first = await ActivityEnvironment().run(steps.watch_scenes, inputs)
    await forget_assets(kit)
    assert await ActivityEnvironment().run(steps.watch_scenes, inputs) == first
    assert eye.looked == 1
    assert first.sight and (await kit.read(first.sight, Sight)).engine == eye.engine
    assert await recorded(kit, job) == {AssetKind.SIGHT: first.sight}


async def test_a_style_reaches_the_describer_beside_its_clients_and_another_one_is_another_look(
    kit: Kit,
) -> None:
    job, artifacts = await a_job(kit)
    eye, inputs = Watcher(), WatchInput(job=job, artifacts=artifacts)
    steps = DescribeActivities(kit, eye)
    first = await ActivityEnvironment().run(steps.watch_scenes, inputs)
    async with kit.database.begin() as session:
        await session.execute(sa.update(Client).where(col(Client.id) == job.client_id).values(style="Dry."))
        await session.execute(sa.update(Job).where(col(Job.id) == job.job_id).values(style="Present tense."))
    second = await ActivityEnvironment().run(steps.watch_scenes, inputs)
    assert eye.styles == ["", "Dry.\n\nPresent tense."]
    assert second.sight != first.sight
