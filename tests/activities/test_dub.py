"""A dub and a recording through the steps: heard, planned, rendered and decoded again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from temporalio.testing import ActivityEnvironment

from activities.local.silero import SileroDetector
from activities.media.probing.probe import Limits, probe
from activities.mux import MuxActivities
from activities.ports import Checkpoints, Progress, SpeechAudio
from activities.running.workspace import Workspace
from activities.step import Kit
from activities.synthesize import SynthesizeActivities
from activities.transcribe import TranscribeActivities
from schema.contracts.clips import ClipManifest
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.report import QualityReport
from schema.contracts.steps import (
    Artifacts,
    HearDubInput,
    HearDubResult,
    MuxInput,
    SynthesizeInput,
    SynthesizeResult,
    Versions,
)
from schema.enums import AssetKind, Kind, Origin, VoiceProvider
from schema.errors import MediaRefused
from schema.plan.model import Choice, Fit, Plan
from schema.plan.speech import find_speech
from schema.queries import assets, choices
from schema.queries.drafts import Draft, save_draft
from schema.vtt import Cue, Document, Transcript, Word, write
from schema.vtt.words import BY_CAPTIONS
from tests.activities.cases import job_ref
from tests.activities.media.render_kit import Samples, make_clip, sound
from tests.activities.test_paid_once import CountingVoice
from tests.factories import make_job
from tests.media_factory import X264_CLOSED, Audio, Spec, make_sound, make_video
from tests.media_sounds import Sound

RATE, SECONDS, DUB_HZ, CLIP_HZ = 48_000, 8, 1250.0, 700.0
OUTPUTS = RequestedOutputs(accessible_video_mp4=True, languages=("es",))
HEARD = ((0, 1000), (1100, 2000), (4000, 8000))
"""Where the dub speaks: from 2.2 s to 3.8 s there is room."""
CAPTIONS = Document.of(Cue(f"c{n}", start, end, "Palabras.") for n, (start, end) in enumerate(HEARD, 1))
SCRIPT = Document.of((Cue("d1", 2200, 3800, "Un faro sobre la roca."),))


class Recogniser:
    """Knows some languages, and hears what the test says."""

    name, engine, is_draft = "test-ear", "test-ear 1", False
    most_terms = 500

    def __init__(self, *languages: str) -> None:
        self._languages = frozenset(languages)
        self.heard: list[tuple[str, int]] = []
        self.terms: list[tuple[str, ...]] = []

    def languages(self) -> frozenset[str]:
        return self._languages

    async def recognize(
        self, audio: SpeechAudio, language: str, checkpoints: Checkpoints, progress: Progress
    ) -> Transcript:
        self.heard.append((language, audio.duration_ms))
        self.terms.append(audio.terms)
        words = tuple(Word(text="Palabra.", start_ms=start, end_ms=end) for start, end in HEARD)
        return Transcript(language=language, words=words, punctuated=True, provider=self.name, draft=False)


def _dub(first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count) / rate
    return np.tile((0.3 * np.sin(2 * np.pi * DUB_HZ * at)).astype(np.float32), (channels, 1))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video, dubs of it, and a recording with silence at its ends."""
    folder = tmp_path_factory.mktemp("dub")
    make_video(folder / "source.mp4", Spec(seconds=SECONDS, options=dict(X264_CLOSED)))
    for name, seconds in (("dub.wav", SECONDS - 0.4), ("short.wav", SECONDS - 3)):
        make_sound(folder / name, Audio("pcm_s16le", 44_100, "mono", sound=_dub), seconds)
    make_clip(folder / "recording.wav", 1.7)
    return folder


async def brought(kit: Kit, files: Path, name: str = "dub.wav") -> HearDubInput:
    """A job whose Spanish texts are there, and its dub."""
    job = await make_job(kit.database, OUTPUTS)
    folder = f"jobs/{job.id}"
    async with kit.database.begin() as session:
        for kind, document in ((Kind.CAPTIONS, CAPTIONS), (Kind.AUDIO_DESCRIPTION, SCRIPT)):
            draft = Draft("es", kind, write(document), "0" * 64, Origin.TRANSLATION)
            await save_draft(session, job.id, draft, is_source=False)
    await kit.store.upload(job.source_object, files / "source.mp4", "video/mp4")
    await kit.store.upload(f"{folder}/{name}", files / name, "audio/wav")
    await kit.store.upload(f"{folder}/recording.wav", files / "recording.wav", "audio/wav")
    await kit.write(f"{folder}/media.json", probe(files / "source.mp4", Limits()))
    await kit.write(f"{folder}/words.json", Transcript(language="en", provider="x"))
    artifacts = Artifacts(media_report=f"{folder}/media.json", words=f"{folder}/words.json")
    dub = kit.store.uri(f"{folder}/{name}")
    return HearDubInput(job=job_ref(job), language="es", dub=dub, artifacts=artifacts)


async def hear(kit: Kit, ear: Recogniser, inputs: HearDubInput) -> HearDubResult:
    return await ActivityEnvironment().run(TranscribeActivities(kit, ear, SileroDetector()).hear_dub, inputs)


async def choose(kit: Kit, inputs: HearDubInput, **more: object) -> None:
    """The recording is to be heard in the place of a voice."""
    recording = kit.store.uri(f"jobs/{inputs.job.job_id}/recording.wav")
    choice = Choice.model_validate({"recording": recording, **more})
    async with kit.database.begin() as session:
        await choices.put(session, inputs.job.job_id, "es", "d1", choice, None)


async def speak(kit: Kit, inputs: HearDubInput, heard: Artifacts) -> SynthesizeResult:
    asked = SynthesizeInput(
        job=inputs.job,
        language="es",
        versions=Versions(captions=1, audio_description=1),
        outputs=OUTPUTS,
        artifacts=heard,
    )
    voice = CountingVoice()
    steps = SynthesizeActivities(kit, {VoiceProvider.LOCAL: voice})
    result = await ActivityEnvironment().run(steps.synthesize_descriptions, asked)
    assert voice.said == [], "a recording needs no voice"
    return result


def _loud(samples: Samples, frequency: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Power of a tone in each 50 ms."""
    size = RATE // 20
    blocks = samples[0][: samples.shape[1] // size * size].reshape(-1, size)
    turned: np.ndarray[tuple[int], np.dtype[np.float64]] = np.abs(
        blocks @ np.exp(2j * np.pi * frequency * np.arange(size) / RATE)
    )
    return turned * 2 / size


async def test_words_and_gaps_come_from_the_dub(kit: Kit, files: Path) -> None:
    inputs, ear = await brought(kit, files), Recogniser("en", "es")
    result = await hear(kit, ear, inputs)
    assert (result.word_count, ear.heard) == (3, [("es", SECONDS * 1000)])
    assert await hear(kit, ear, inputs) == result
    sent_again = f"jobs/{inputs.job.job_id}/again.wav"
    await kit.store.upload(sent_again, files / "dub.wav", "audio/wav")
    other = inputs.artifacts.model_copy(update={"sight": "another sight.json"})
    changed = {"artifacts": other, "dub": kit.store.uri(sent_again)}
    found = await hear(kit, ear, inputs.model_copy(update=changed))
    now = {"sight": "another sight.json", "dub": sent_again}
    assert found.artifacts == result.artifacts.model_copy(update=now), "all else is as it is now"
    assert len(ear.heard) == 1, "what was paid for is found again"
    report = await kit.report(result.artifacts)
    assert [(audio.sample_rate, audio.channels) for audio in report.audio] == [(RATE, 1)]
    assert report.loudness is not None
    async with kit.database.begin() as session:
        made = {one.kind: one for one in await assets.of_job(session, inputs.job.job_id, internal=True)}
    assert made[AssetKind.WORDS].object_name == result.artifacts.words
    assert made[AssetKind.WORDS].details["dub"] == changed["dub"]

    await choose(kit, inputs)
    planned = await kit.read((await speak(kit, inputs, result.artifacts)).plan, Plan)
    (placed,) = planned.placements
    assert (placed.gap_start, placed.gap_end) == (round(2.2 * RATE), round(3.8 * RATE))


async def test_a_recogniser_that_does_not_know_the_language_leaves_it_to_the_captions(
    kit: Kit, files: Path, tmp_path: Path
) -> None:
    """On a worker whose cache holds less than one file of the job."""
    kit = replace(kit, workspace=Workspace(kit.store, tmp_path / "small", 1))
    inputs, ear = await brought(kit, files), Recogniser("en")
    heard = (await hear(kit, ear, inputs)).artifacts
    transcript = await kit.transcript(heard)
    assert (ear.heard, transcript.words, transcript.provider) == ([], (), BY_CAPTIONS)
    await choose(kit, inputs)
    speech = await speak(kit, inputs, heard)
    planned = await kit.read(speech.plan, Plan)
    spoken = find_speech((), CAPTIONS.cues, planned.timebase)
    assert planned.placements[0].gap_start == spoken.ends[1] + RATE // 5

    asked = MuxInput(
        job=inputs.job,
        language="es",
        versions=Versions(captions=1, audio_description=1),
        outputs=OUTPUTS,
        artifacts=heard,
        plan=speech.plan,
        clips=speech.clips,
    )
    made = await ActivityEnvironment().run(MuxActivities(kit).mux_accessible_video, asked)
    beats: list[object] = []
    env = ActivityEnvironment()
    env.on_heartbeat = lambda *details: beats.append(details)
    again = await env.run(MuxActivities(kit).mux_accessible_video, asked)
    assert again == made.model_copy(update={"reused": True})
    assert beats, "a cancel is heard also while what was rendered is put on record"
    words = f"jobs/{inputs.job.job_id}/heard anew.json"
    await kit.write(words, transcript)
    heard_anew = asked.model_copy(update={"artifacts": heard.model_copy(update={"words": words})})
    other = await ActivityEnvironment().run(MuxActivities(kit).mux_accessible_video, heard_anew)
    assert (other.reused, other.video == made.video) == (False, False), "captions are moved by their words"
    async with kit.scratch() as folder:
        _, samples = sound(await kit.workspace.fetch(made.video, folder))
    dub, recording = _loud(samples, DUB_HZ), _loud(samples, CLIP_HZ)
    assert dub[:30].min() > 0.2, "the dub is heard where the programme is"
    manifest = await kit.read(speech.clips, ClipManifest)
    (entry,) = manifest.entries
    assert entry.clip.recording is not None
    assert (recording > 0.03).sum() * 50 == pytest.approx(entry.length_ms, abs=120)
    assert entry.length_ms == pytest.approx(1700, abs=80), "it is heard as it was spoken"
    report = await kit.read(made.report, QualityReport)
    assert report.dialogue_language == "es"
    assert "captions tell where it speaks" in " ".join(report.remarks)
    assert [one.sentence for one in report.provenance if one.what == "voice"] == [
        "Every description is a person's recording."
    ]


async def test_a_recording_is_stretched_only_where_a_person_allows_it(kit: Kit, files: Path) -> None:
    inputs = await brought(kit, files)
    heard = (await hear(kit, Recogniser("es"), inputs)).artifacts
    await choose(kit, inputs)
    as_spoken = await kit.read((await speak(kit, inputs, heard)).plan, Plan)
    assert as_spoken.placements[0].speed_permille == 1000
    assert as_spoken.placements[0].fit in (Fit.PARTLY_HELD, Fit.HELD)
    await choose(kit, inputs, may_stretch=True)
    second = await speak(kit, inputs, heard)
    assert second.spoken == 0, "the recording was measured before"
    allowed = await kit.read(second.plan, Plan)
    assert allowed.placements[0].fit is Fit.FASTER
    assert 1000 < allowed.placements[0].speed_permille <= 1200


async def test_what_cannot_be_used_says_why(kit: Kit, files: Path) -> None:
    ear, inputs = Recogniser("es"), await brought(kit, files, "short.wav")
    with pytest.raises(MediaRefused, match=r"dub in es .* lasts 5\.00 s, and the programme 8\.0\d s"):
        await hear(kit, ear, inputs)
    text = f"jobs/{inputs.job.job_id}/notes.txt"
    await kit.store.write(text, b"Nothing to hear. " * 100, "audio/wav")
    with pytest.raises(MediaRefused, match=r"dub in es .* no sound that can be read"):
        await hear(kit, ear, inputs.model_copy(update={"dub": kit.store.uri(text)}))
    assert ear.heard == []
    for name, told in ((text, "is not sound that can be read"), (text + ".gone", "not in the bucket")):
        await choose(kit, inputs, recording=kit.store.uri(name))
        with pytest.raises(MediaRefused, match=f"recording of description d1 .*{told}"):
            await speak(kit, inputs, inputs.artifacts)
