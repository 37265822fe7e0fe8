"""The six steps without media: they write real texts and rows in no time, and fail when a test says so."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from temporalio import activity
from temporalio.exceptions import ApplicationError

from schema import objects
from schema.contracts.media import Fraction
from schema.contracts.previews import PreviewInput, PreviewResult
from schema.contracts.steps import (
    CaptionsInput,
    CaptionsResult,
    FlagCuesInput,
    FlagCuesResult,
    HearDubInput,
    HearDubResult,
    MuxInput,
    MuxResult,
    PlaceInput,
    PlaceResult,
    ProbeInput,
    ProbeResult,
    ScenesInput,
    ScenesResult,
    SynthesizeInput,
    SynthesizeResult,
    TranscribeInput,
    TranscribeResult,
    TranslateInput,
    TranslateResult,
    Versions,
    WatchInput,
    WatchResult,
)
from schema.db import Database
from schema.enums import AssetKind, Kind, Origin
from schema.object_store import ObjectStore
from schema.queries import assets, texts
from schema.queries.drafts import Draft, save_draft
from schema.tables import Asset
from tests.fakes.catalog import ENGINE

CAPTIONS = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n"
SCRIPT = "WEBVTT\n\nd1\n00:00:04.000 --> 00:00:06.000\nA lighthouse at night.\n"
_SOON = timedelta(milliseconds=50)


class FakeSteps:
    """Counts its calls by activity name. `failures[name]` is how often that activity fails for good; `gates[name]`,
    where set, is an event that it waits for, heartbeating, so that a test can find it running. All of that holds for
    `jobs`, those of the test that runs; what an earlier test left running disturbs nothing."""

    def __init__(self, database: Database, store: ObjectStore) -> None:
        self._database = database
        self._store = store
        self.jobs: set[UUID] = set()
        self.calls: Counter[str] = Counter()
        self.cancelled: Counter[str] = Counter()
        self.failures: dict[str, int] = defaultdict(int)
        self.passing: dict[str, int] = defaultdict(int)
        """How often an activity fails of what passes."""
        self.gates: dict[str, asyncio.Event] = {}
        self._written: set[str] = set()
        self.sources: list[str] = []
        """The videos that were examined, one after the other."""
        self.dubs: dict[str, str | None] = {}
        """What was heard by the last call, as `synthesize_descriptions:es`; None is the source's own sound."""
        self.engine = ENGINE
        """What drafts are by."""

    def activities(self) -> list[Callable[..., Any]]:
        return [
            self.probe_source,
            self.find_scenes,
            self.transcribe_speech,
            self.hear_dub,
            self.watch_scenes,
            self.place_descriptions,
            self.translate_texts,
            self.synthesize_descriptions,
            self.mux_accessible_video,
            self.speak_preview,
        ]

    def begin_test(self) -> None:
        for kept in (
            self.jobs,
            self.calls,
            self.cancelled,
            self.failures,
            self.passing,
            self.gates,
            self.dubs,
            self.sources,
        ):
            kept.clear()
        self.engine = ENGINE

    async def _run(self, inputs: Any) -> None:
        if inputs.job.job_id not in self.jobs:
            return
        language = getattr(inputs, "language", None)
        name = activity.info().activity_type
        self.calls[name] += 1
        key = f"{name}:{language}" if language else name
        if isinstance(inputs, SynthesizeInput | MuxInput):
            self.dubs[key] = inputs.artifacts.dub
        if gate := self.gates.get(key) or self.gates.get(name):
            try:
                while not gate.is_set():
                    activity.heartbeat()
                    await asyncio.sleep(0.05)
            except asyncio.CancelledError:
                self.cancelled[name] += 1
                raise
        if self.passing[name] > 0:
            self.passing[name] -= 1
            raise ApplicationError("The provider is away.", type="unavailable", next_retry_delay=_SOON)
        for failing in (key, name):
            if self.failures[failing] > 0:
                self.failures[failing] -= 1
                raise ApplicationError("The provider said no.", type="provider_failed", non_retryable=True)

    @activity.defn(name="probe_source")
    async def probe_source(self, inputs: ProbeInput) -> ProbeResult:
        await self._run(inputs)
        if inputs.job.job_id in self.jobs:
            self.sources.append(inputs.job.source_object)
        return ProbeResult(
            media_report="report.json",
            speech_audio="audio.flac",
            duration_ms=10_000,
            has_audio=True,
            frame_rate=Fraction(num=25),
        )

    @activity.defn(name="find_scenes")
    async def find_scenes(self, inputs: ScenesInput) -> ScenesResult:
        await self._run(inputs)
        return ScenesResult(media_report="report.json")

    @activity.defn(name="transcribe_speech")
    async def transcribe_speech(self, inputs: TranscribeInput) -> TranscribeResult:
        await self._run(inputs)
        return TranscribeResult(words="words.json", word_count=2)

    @activity.defn(name="draft_captions")
    async def draft_captions(self, inputs: CaptionsInput) -> CaptionsResult:
        await self._run(inputs)
        draft = Draft(
            inputs.job.source_language,
            Kind.CAPTIONS,
            CAPTIONS,
            objects.hash_of("captions"),
            engine=self.engine,
        )
        async with self._database.begin() as session:
            saved = await save_draft(
                session,
                inputs.job.job_id,
                draft,
                is_source=True,
                keep_human_edits=inputs.keep_human_edits,
            )
        return CaptionsResult(version=saved.version)

    @activity.defn(name="flag_cues")
    async def flag_cues(self, inputs: FlagCuesInput) -> FlagCuesResult:
        await self._run(inputs)
        async with self._database.begin() as session:
            text = await texts.latest(session, inputs.job.job_id, inputs.job.source_language, Kind.CAPTIONS)
        by_person = text is not None and text.origin.by_person
        return FlagCuesResult(flagged={Kind.CAPTIONS: ("c1",)} if by_person else {})

    @activity.defn(name="hear_dub")
    async def hear_dub(self, inputs: HearDubInput) -> HearDubResult:
        await self._run(inputs)
        details = {"dub": inputs.dub, "media_report": "report.json"}
        await self._record(inputs, AssetKind.WORDS, "dub.words.json", "application/json", **details)
        heard = inputs.artifacts.model_copy(update={"words": "dub.words.json", "dub": inputs.dub})
        return HearDubResult(artifacts=heard, word_count=1)

    @activity.defn(name="watch_scenes")
    async def watch_scenes(self, inputs: WatchInput) -> WatchResult:
        await self._run(inputs)
        return WatchResult(sight="sight.json", scenes=1)

    @activity.defn(name="place_descriptions")
    async def place_descriptions(self, inputs: PlaceInput) -> PlaceResult:
        await self._run(inputs)
        draft = Draft(
            inputs.job.source_language,
            Kind.AUDIO_DESCRIPTION,
            SCRIPT,
            objects.hash_of("script"),
            engine=self.engine,
        )
        async with self._database.begin() as session:
            saved = await save_draft(
                session,
                inputs.job.job_id,
                draft,
                is_source=True,
                keep_human_edits=inputs.keep_human_edits,
            )
        return PlaceResult(version=saved.version, cues=1, notes=0)

    @activity.defn(name="translate_texts")
    async def translate_texts(self, inputs: TranslateInput) -> TranslateResult:
        await self._run(inputs)
        made = {}
        for kind in Kind:
            number = inputs.source_versions.of(kind)
            if number is None:
                continue
            async with self._database.begin() as session:
                source = await texts.version(
                    session, inputs.job.job_id, inputs.job.source_language, kind, number
                )
                assert source is not None
                content = source.content.replace("Good evening", "Buenas noches").replace(
                    "A lighthouse", "Un faro"
                )
                draft = Draft(
                    inputs.language,
                    kind,
                    content,
                    objects.hash_of(content),
                    origin=Origin.TRANSLATION,
                    engine=self.engine,
                )
                made[kind.value] = (
                    await save_draft(
                        session,
                        inputs.job.job_id,
                        draft,
                        is_source=False,
                        keep_human_edits=inputs.keep_human_edits,
                    )
                ).version
        return TranslateResult(versions=Versions(**made), glossary_version_id=None, translated=2)

    @activity.defn(name="synthesize_descriptions")
    async def synthesize_descriptions(self, inputs: SynthesizeInput) -> SynthesizeResult:
        await self._run(inputs)
        if inputs.artifacts.media_report is None or inputs.artifacts.words is None:  # as the real one says
            raise ApplicationError("The words are missing.", type="invalid", non_retryable=True)
        mp3 = None
        if inputs.outputs.audio_description_mp3:
            mp3 = await self._asset(inputs, AssetKind.AUDIO_DESCRIPTION_MP3, "audio/mpeg")
        return SynthesizeResult(
            plan="plan.json", clips="clips.json", spoken=1, added_ms=0, blocking_findings=0, mp3=mp3
        )

    @activity.defn(name="mux_accessible_video")
    async def mux_accessible_video(self, inputs: MuxInput) -> MuxResult:
        await self._run(inputs)
        video = await self._asset(inputs, AssetKind.ACCESSIBLE_VIDEO_MP4, "video/mp4")
        return MuxResult(video=video, report="report.json", duration_ms=10_000, reused=False)

    @activity.defn(name="speak_preview")
    async def speak_preview(self, inputs: PreviewInput) -> PreviewResult:
        if await self._store.stat(objects.preview(inputs.key, "mp3")) is not None:
            return PreviewResult(spoken=False)
        self.calls["speak_preview"] += 1
        if gate := self.gates.get("speak_preview"):
            await gate.wait()
        if self.failures["speak_preview"] > 0:
            self.failures["speak_preview"] -= 1
            raise ApplicationError("The provider said no.", type="provider_failed", non_retryable=True)
        if self.failures["voice_gone"] > 0:
            self.failures["voice_gone"] -= 1
            raise ApplicationError(
                "The voice en-us is not here any more.", type="invalid", non_retryable=True
            )
        await self._store.write(objects.preview(inputs.key, "mp3"), b"not sound", "audio/mpeg")
        return PreviewResult(spoken=True)

    async def _asset(self, inputs: SynthesizeInput | MuxInput, kind: AssetKind, content_type: str) -> str:
        name = f"fakes/{kind.value}"
        if name not in self._written:
            await self._store.write(name, b"not media", content_type)
            self._written.add(name)
        await self._record(inputs, kind, name, content_type)
        return name

    async def _record(
        self,
        inputs: HearDubInput | SynthesizeInput | MuxInput,
        kind: AssetKind,
        name: str,
        content_type: str,
        **details: str,
    ) -> None:
        made = Asset(
            job_id=inputs.job.job_id,
            language=inputs.language,
            kind=kind,
            object_name=name,
            content_type=content_type,
            size_bytes=9,
            details=details,
        )
        async with self._database.begin() as session:
            await assets.put(session, made)
