"""Transcribe: words with their times, and captions that keep the quality rules."""

from __future__ import annotations

import hashlib
from fractions import Fraction

from temporalio import activity

from activities.ports import SpeechAudio, SpeechRecognizer
from activities.step import Kit, json_asset
from schema import objects
from schema.contracts.media import MediaReport
from schema.contracts.steps import TranscribeInput, TranscribeResult
from schema.enums import AssetKind, Kind, Step
from schema.queries.drafts import Draft, save_draft
from schema.vtt import Cue, Document, Note, Transcript, write
from schema.vtt.profiles import profile_of
from schema.vtt.segment import draft_captions

_VERSION = 1


class TranscribeActivities:
    """Captions that the client brings skip the draft, not the words: the plan needs those."""

    def __init__(self, kit: Kit, recognizer: SpeechRecognizer) -> None:
        self._kit = kit
        self._recognizer = recognizer

    @activity.defn(name="transcribe_speech")
    async def transcribe_speech(self, inputs: TranscribeInput) -> TranscribeResult:
        kit, job = self._kit, inputs.job
        report = await kit.report(inputs.artifacts)
        key = objects.hash_of(
            "transcribe", _VERSION, inputs.artifacts.speech_audio, job.source_language, self._recognizer.name
        )
        name = objects.made(job.job_id, "transcribe", key, "words.json")
        transcript = await kit.find(name, Transcript)
        if transcript is None:
            transcript = await self._listen(inputs, report)
            size = await kit.write(name, transcript)
            asset = json_asset(
                AssetKind.WORDS, name, size, provider=transcript.provider, draft=transcript.draft
            )
            await kit.record(job.job_id, job.source_language, asset)
        version, kept = None, False
        if inputs.want_captions:
            version, kept = await self._save_captions(inputs, transcript, report, key)
        return TranscribeResult(
            words=name, word_count=len(transcript.words), captions_version=version, kept_human_edit=kept
        )

    async def _listen(self, inputs: TranscribeInput, report: MediaReport) -> Transcript:
        """What is heard. A video without sound has no words, and costs no recogniser."""
        kit, job = self._kit, inputs.job
        if inputs.artifacts.speech_audio is None:
            return Transcript(language=job.source_language, provider="none", punctuated=True, draft=False)
        async with kit.beating(job, Step.TRANSCRIBE) as progress:
            path = await kit.workspace.fetch(inputs.artifacts.speech_audio)
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            audio = SpeechAudio(
                path, kit.store.uri(inputs.artifacts.speech_audio), report.duration_ms, digest
            )
            checkpoints = kit.checkpoints(job, Step.TRANSCRIBE)
            return await self._recognizer.recognize(audio, job.source_language, checkpoints, progress)

    async def _save_captions(
        self, inputs: TranscribeInput, transcript: Transcript, report: MediaReport, key: str
    ) -> tuple[int, bool]:
        job = inputs.job
        rate = report.video.frame_rate
        cuts = [change.at_ms for change in report.scene_changes if change.kind == "cut"]
        document = draft_captions(
            transcript, profile_of(self._kit.profile), Fraction(rate.num, rate.den), cuts
        )
        if not transcript.words:
            document = no_speech(report.duration_ms)
        draft = Draft(
            language=job.source_language,
            kind=Kind.CAPTIONS,
            content=write(document.with_ids()),
            inputs_hash=objects.hash_of(key, self._kit.profile),
            note=f"Draft by {transcript.provider}" if transcript.draft else None,
        )
        async with self._kit.database.begin() as session:
            saved = await save_draft(
                session, job.job_id, draft, is_source=True, keep_human_edits=inputs.keep_human_edits
            )
        return saved.version, saved.kept_human_edit


def no_speech(duration_ms: int) -> Document:
    """The single fact that there is no speech."""
    cue = Cue(id="c1", start_ms=0, end_ms=max(1000, min(duration_ms, 4000)), text="[no speech]")
    return Document.of([Note.of("No speech was found in this video."), cue])
