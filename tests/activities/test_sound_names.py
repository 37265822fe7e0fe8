"""Sounds where nobody speaks, from the step that asks for their names to the captions that show them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from temporalio.testing import ActivityEnvironment

from activities.captions import CaptionActivities
from activities.local.silero import SileroDetector
from activities.local.sounds import MusicNamer
from activities.media.probing.pcm import SAMPLE_RATE, Segment, read_pcm
from activities.media.probing.probe import Limits, probe
from activities.ports import Checkpoints, Progress, SoundNamer, SpeechAudio
from activities.step import Kit
from activities.transcribe import TranscribeActivities
from schema.contracts.media import MediaReport, Span
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, CaptionsInput, JobRef, TranscribeInput
from schema.enums import Kind, Origin
from schema.errors import ProviderFailed
from schema.queries import texts
from schema.tables import TextVersion
from schema.vtt import Document, Sound, Transcript, parse
from tests.activities.cases import job_ref
from tests.activities.contract.support import write_flac
from tests.activities.test_dub import Recogniser
from tests.factories import make_job, media_report
from tests.made_sounds import pink, strings
from tests.media_factory import Audio, Spec, make_video


class Namer:
    """Names every stretch, or fails as it is told to."""

    name, engine = "test-namer", "test-namer 1"

    def __init__(self, fails: ProviderFailed | None = None) -> None:
        self.fails = fails
        self.heard: list[tuple[Span, ...]] = []
        self.levels: list[float] = []

    async def name_sounds(
        self,
        audio: SpeechAudio,
        stretches: Sequence[Span],
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> tuple[Sound, ...]:
        self.heard.append(tuple(stretches))
        if self.fails is not None:
            raise self.fails
        if audio.path.read_bytes()[:4] == b"fLaC":
            self.levels.append(float(np.abs(read_pcm(audio.path, Segment(0, SAMPLE_RATE))).mean()))
        return tuple(
            Sound(text="soft music", start_ms=span.start_ms, end_ms=span.end_ms, lasting=True)
            for span in stretches
        )


def report_of(seconds: int = 30) -> MediaReport:
    """Silent from 20 to 22 s; a voice is heard at 10 to 12 s, where no word was understood."""
    return media_report(seconds=seconds, sample_rate=48_000).model_copy(
        update={
            "silence": (Span(start_ms=20_000, end_ms=22_000),),
            "speech": (Span(start_ms=10_000, end_ms=12_000),),
        }
    )


async def a_job(kit: Kit, report: MediaReport, source: bytes = b"not looked at") -> tuple[JobRef, Artifacts]:
    job = job_ref(await make_job(kit.database, RequestedOutputs()))
    names = {
        "media_report": f"jobs/{job.job_id}/report.json",
        "speech_audio": f"jobs/{job.job_id}/speech.flac",
    }
    await kit.write(names["media_report"], report)
    await kit.store.write(names["speech_audio"], b"not looked at", "application/octet-stream")
    await kit.store.write(job.source_object, source, "application/octet-stream")
    return job, Artifacts(**names)


async def hear(
    kit: Kit, namer: SoundNamer | None, job: JobRef, artifacts: Artifacts, **more: bool
) -> Artifacts:
    steps = TranscribeActivities(kit, Recogniser("en"), SileroDetector(), namer)
    heard = await ActivityEnvironment().run(
        steps.transcribe_speech, TranscribeInput(job=job, artifacts=artifacts, **more)
    )
    return artifacts.model_copy(update={"words": heard.words})


async def draft(kit: Kit, job: JobRef, artifacts: Artifacts) -> tuple[TextVersion, Document]:
    made = CaptionsInput(job=job, artifacts=artifacts)
    await ActivityEnvironment().run(CaptionActivities(kit).draft_captions, made)
    async with kit.database.begin() as session:
        text = await texts.latest(session, job.job_id, "en", Kind.CAPTIONS)
    assert text is not None
    return text, parse(text.content).document


async def test_what_is_heard_where_nobody_speaks_is_asked_for_once_and_shown_in_brackets(kit: Kit) -> None:
    namer = Namer()
    job, artifacts = await a_job(kit, report_of())
    for _ in range(2):
        heard = await hear(kit, namer, job, artifacts)
    (stretches,) = namer.heard
    assert heard.words is not None
    words = (await kit.read(heard.words, Transcript)).words
    taken = [(10_000, 12_000), (20_000, 22_000), *((word.start_ms, word.end_ms) for word in words)]
    for span in stretches:
        assert span.end_ms - span.start_ms >= 1_500
        assert all(end <= span.start_ms or span.end_ms <= start for start, end in taken)
    text, document = await draft(kit, job, heard)
    sounds = [cue for cue in document.cues if cue.text == "[soft music]"]
    assert len(sounds) == len(stretches)
    assert all(end <= cue.start_ms or cue.end_ms <= start for cue in sounds for start, end in taken)
    assert text.note == "Sounds in brackets are a draft by test-namer"
    assert any("a draft by test-namer: listen" in note.text for note in document.notes)
    assert not any("Sound without speech" in note.text for note in document.notes)


async def test_nobody_is_paid_to_name_sounds_that_no_draft_would_show(kit: Kit) -> None:
    namer = Namer()
    job, artifacts = await a_job(kit, report_of())
    await hear(kit, namer, job, artifacts, drafts_captions=False)
    async with kit.database.begin() as session:
        session.add(
            TextVersion(
                job_id=job.job_id,
                language="en",
                kind=Kind.CAPTIONS,
                version=1,
                content="WEBVTT\n",
                origin=Origin.UPLOAD,
            )
        )
    await hear(kit, namer, job, artifacts)
    assert namer.heard == []
    await hear(kit, namer, job, artifacts, keep_human_edits=False)
    assert len(namer.heard) == 1


async def test_a_refusal_is_told_and_the_words_stay(kit: Kit) -> None:
    namer = Namer(ProviderFailed("Gemini answered 403: no.", retryable=False))
    job, artifacts = await a_job(kit, report_of(60))
    text, document = await draft(kit, job, await hear(kit, namer, job, artifacts))
    assert [cue.text for cue in document.cues if cue.text[0] == "["] == []
    notes = " ".join(note.text for note in document.notes)
    assert "Sounds could not be named (Gemini answered 403: no): tell those that matter." in notes
    assert "Sound without speech" in notes, "with its times, as without a namer"
    assert text.note is None


async def test_what_became_of_the_sounds_is_told_also_where_nobody_says_a_word(
    kit: Kit, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*asked: object) -> Transcript:
        return Transcript(language="en", provider="google-speech", punctuated=True, draft=False)

    monkeypatch.setattr(Recogniser, "recognize", nothing)
    namer = Namer(ProviderFailed("Gemini answered 403: no.", retryable=False))
    job, artifacts = await a_job(kit, report_of(60))
    _, document = await draft(kit, job, await hear(kit, namer, job, artifacts))
    assert [cue.text for cue in document.cues] == ["[no speech]"]
    notes = " ".join(note.text for note in document.notes)
    assert "Sounds could not be named (Gemini answered 403: no)" in notes
    assert "No speech was found" in notes


async def test_an_outage_is_temporals_to_wait_for(kit: Kit) -> None:
    namer = Namer(ProviderFailed("Gemini answered 503.", retryable=True))
    job, artifacts = await a_job(kit, report_of())
    with pytest.raises(ProviderFailed) as failed:
        await hear(kit, namer, job, artifacts)
    assert failed.value.retryable
    namer.fails = None
    heard = await hear(kit, namer, job, artifacts)
    assert heard.words is not None and (await kit.read(heard.words, Transcript)).sounds


async def test_who_names_no_sounds_hears_the_same_words_under_another_name(kit: Kit) -> None:
    job, artifacts = await a_job(kit, report_of())
    one, other = [await hear(kit, namer, job, artifacts) for namer in (None, Namer())]
    assert one.words != other.words
    first, second = [await kit.read(each.words or "", Transcript) for each in (one, other)]
    assert first.words == second.words != ()
    assert first.sounds == () != second.sounds


async def test_on_this_machine_music_is_named(kit: Kit, tmp_path: Path) -> None:
    job, artifacts = await a_job(kit, report_of(60))
    sound = np.concatenate([pink(30 * SAMPLE_RATE), strings(30 * SAMPLE_RATE)]) * 3_000
    flac = write_flac(tmp_path / "speech.flac", sound.astype(np.int16))
    assert artifacts.speech_audio is not None
    await kit.store.write(artifacts.speech_audio, flac.read_bytes(), "audio/flac")
    _, document = await draft(kit, job, await hear(kit, MusicNamer(), job, artifacts))
    (music,) = [cue for cue in document.cues if cue.text.startswith("[")]
    assert music.text == "[music]" and 29_000 < music.start_ms < 33_000
    assert not any("Sound without speech" in note.text for note in document.notes)


async def test_of_more_than_two_channels_all_are_listened_to(kit: Kit, tmp_path: Path) -> None:
    def sound(first: int, count: int, rate: int, channels: int) -> np.ndarray:
        """A tone at the left, and a whisper in the centre."""
        made = np.zeros((channels, count), np.float32)
        made[0] = 0.5 * np.sin(2 * np.pi * 440 / rate * np.arange(first, first + count))
        made[2] = 0.001
        return made

    film = make_video(tmp_path / "film.mp4", Spec(seconds=4, audio=(Audio(layout="5.1", sound=sound),)))
    namer = Namer()
    job, artifacts = await a_job(kit, probe(film, Limits()), film.read_bytes())
    await hear(kit, namer, job, artifacts)
    assert namer.levels[0] > 500
