"""Transcribe: words with their times."""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

from temporalio import activity

from activities.media.probing.dub import examine_dub
from activities.media.probing.speech_audio import extract_all_channels
from activities.media.probing.voices import with_voices
from activities.ports import Progress, SoundNamer, SpeechAudio, SpeechDetector, SpeechRecognizer
from activities.running.child import run_in_child
from activities.step import Kit
from schema import objects
from schema.contracts.media import MediaReport, Span
from schema.contracts.providers import knows
from schema.contracts.steps import HearDubInput, HearDubResult, JobRef, TranscribeInput, TranscribeResult
from schema.enums import AssetKind, Kind, Step
from schema.errors import MediaRefused, ProviderFailed
from schema.plan.programme import timebase_of
from schema.queries import glossaries, terms
from schema.queries.drafts import is_kept
from schema.vtt import Transcript
from schema.vtt.sounds import unnamed_sounds
from schema.vtt.words import BY_CAPTIONS

_VERSION = 1
_DUB_VERSION = 2
"""Raise these when a step produces more from the same input, so that earlier results are not reused."""

_LONGEST_TERM = 100
"""Characters. Longer terms are not useful as hints."""

_LEAST_SOUND_MS = 1_500
"""In a shorter gap between words, no caption can be read."""
_OF_DUB = ("media_report", "speech_audio", "words")
"""The results of examining a dub."""
_STEREO = 2
"""With more channels, the speech audio is the centre, which lacks the music."""


class TranscribeActivities:
    """Captions from the client replace the draft, but not the words, which the plan needs."""

    def __init__(
        self,
        kit: Kit,
        recognizer: SpeechRecognizer,
        detector: SpeechDetector,
        namer: SoundNamer | None = None,
    ) -> None:
        """Without a `namer`, long sounds are reported without saying what they are."""
        self._kit = kit
        self._recognizer = recognizer
        self._detector = detector
        self._namer = namer

    @activity.defn(name="transcribe_speech")
    async def transcribe_speech(self, inputs: TranscribeInput) -> TranscribeResult:
        kit, job = self._kit, inputs.job
        report, terms = await kit.report(inputs.artifacts), await self._terms(job)
        namer = await self._namer_for(inputs)
        key = objects.hash_of(
            "transcribe",
            _VERSION,
            inputs.artifacts.speech_audio,
            job.source_language,
            self._recognizer.engine,
            *([terms] if terms else ()),
            *([f"sounds: {namer.engine}"] if namer else ()),
        )
        name = objects.made(job.job_id, "transcribe", key, "words.json")
        transcript = await kit.find(name, Transcript)
        if transcript is None:
            transcript = await self._listen(inputs, report, terms, namer)
            await kit.write(name, transcript)
        told = {"provider": transcript.provider, "draft": transcript.draft}
        await kit.record_json(job.job_id, job.source_language, AssetKind.WORDS, name, **told)
        return TranscribeResult(words=name, word_count=len(transcript.words))

    @activity.defn(name="hear_dub")
    async def hear_dub(self, inputs: HearDubInput) -> HearDubResult:
        """Recognises the language's own programme sound. If the recogniser does not support the language, there are no
        words, and the captions show where somebody speaks."""
        kit, job, language = self._kit, inputs.job, inputs.language
        dub = kit.store.name_of(inputs.dub)
        info = await kit.store.stat(dub)
        if info is None:
            raise MediaRefused(f"The dub in {language} is not in the bucket. Upload it again.")
        heard_by = (self._recognizer.engine, self._detector.engine)
        made_of = (info.crc32c, info.size, inputs.artifacts.media_report, language, *heard_by)
        key = objects.hash_of("dub", _DUB_VERSION, *made_of)
        done = objects.made(job.job_id, "transcribe", key, f"dub.{language}.json")
        found = await kit.find(done, HearDubResult)
        if found is None:
            async with kit.beating(job, Step.TRANSCRIBE, language) as progress:
                found = await self._hear(inputs, dub, key, progress)
            await kit.write(done, found)
        # What was found may be of another day: the source may have been described anew, and the dub have another name.
        heard = {name: getattr(found.artifacts, name) for name in _OF_DUB} | {"has_audio": True, "dub": dub}
        result = found.model_copy(update={"artifacts": inputs.artifacts.model_copy(update=heard)})
        words, report = result.artifacts.words, result.artifacts.media_report
        assert words is not None
        told = {"dub": inputs.dub, "media_report": report}
        await kit.record_json(job.job_id, language, AssetKind.WORDS, words, **told)
        return result

    async def _hear(self, inputs: HearDubInput, dub: str, key: str, progress: Progress) -> HearDubResult:
        kit, job, language = self._kit, inputs.job, inputs.language
        programme = await kit.report(inputs.artifacts)
        rate = timebase_of(programme).rate
        speech, report_name, words = (
            objects.made(job.job_id, "transcribe", key, name)
            for name in (f"speech.{language}.flac", f"report.{language}.json", f"words.{language}.json")
        )
        async with kit.scratch() as scratch:
            path, flac = await kit.workspace.fetch(dub, scratch), scratch / "speech.flac"
            try:
                report = await run_in_child(
                    examine_dub,
                    path,
                    programme,
                    rate,
                    flac,
                    on_progress=lambda done, said: progress(done / 4, said),
                )
            except MediaRefused as refused:
                raise MediaRefused(
                    f"The dub in {language} cannot be used. {refused.message} Upload another, and name it in "
                    "requested_outputs.dubs."
                ) from refused
            report = await with_voices(report, self._detector, flac, lambda _, said: progress(0.25, said))
            await kit.store.upload(speech, flac, "audio/flac")
        if knows(self._recognizer.languages(), language):
            transcript = await self._recognise(job, speech, language, report, progress)
        else:
            transcript = Transcript(language=language, provider=BY_CAPTIONS, punctuated=True, draft=False)
        await kit.write(report_name, report)
        await kit.write(words, transcript)
        own = {"media_report": report_name, "speech_audio": speech, "words": words}
        heard = inputs.artifacts.model_copy(update={**own, "has_audio": True, "dub": dub})
        return HearDubResult(artifacts=heard, word_count=len(transcript.words))

    async def _terms(self, job: JobRef) -> tuple[str, ...]:
        """The first terms of the client's glossary in the source language. If the recogniser accepts none, another
        glossary does not change the question."""
        if not self._recognizer.most_terms:
            return ()
        async with self._kit.database.begin() as session:
            version_id = await glossaries.in_force(session, job)
            if version_id is None:
                return ()
            most = self._recognizer.most_terms
            return tuple(await terms.said(session, version_id, longest=_LONGEST_TERM, most=most))

    async def _listen(
        self,
        inputs: TranscribeInput,
        report: MediaReport,
        terms: tuple[str, ...],
        namer: SoundNamer | None,
    ) -> Transcript:
        """Recognises the speech. A video without sound has no words, and needs no recogniser."""
        kit, job = self._kit, inputs.job
        speech = inputs.artifacts.speech_audio
        if speech is None:
            return Transcript(language=job.source_language, provider="none", punctuated=True, draft=False)
        async with kit.beating(job, Step.TRANSCRIBE) as progress:
            heard = await self._recognise(job, speech, job.source_language, report, progress, terms)
            if namer is None:
                return heard
            return await self._with_sounds(job, speech, namer, heard, report, progress)

    async def _namer_for(self, inputs: TranscribeInput) -> SoundNamer | None:
        """None also if no captions are drafted, since the plan only needs the words."""
        if self._namer is None or not inputs.drafts_captions:
            return None
        job, keep = inputs.job, inputs.keep_human_edits
        async with self._kit.database.begin() as session:
            kept = await is_kept(
                session, job.job_id, job.source_language, Kind.CAPTIONS, keep_human_edits=keep
            )
        return None if kept else self._namer

    async def _with_sounds(
        self,
        job: JobRef,
        speech: str,
        namer: SoundNamer,
        heard: Transcript,
        report: MediaReport,
        progress: Progress,
    ) -> Transcript:
        """With what is heard where nobody speaks. Who edits the draft can do without: a refusal is told to them.

        Raises:
            ProviderFailed: the provider could not, and may later.
        """
        kit = self._kit
        known = [(word.start_ms, word.end_ms) for word in heard.words]
        known += [(span.start_ms, span.end_ms) for span in (*report.silence, *(report.speech or ()))]
        found = unnamed_sounds(known, report.duration_ms, _LEAST_SOUND_MS)
        if not found:
            return heard
        async with kit.scratch() as scratch:
            if any(track.channels > _STEREO for track in report.audio[:1]):
                source, path = await kit.workspace.fetch(job.source_object, scratch), scratch / "sound.flac"
                digest = await run_in_child(extract_all_channels, source, report, path)
            else:
                path = await kit.workspace.fetch(speech, scratch)
                digest = await asyncio.to_thread(_sha256, path)
            audio = SpeechAudio(path, kit.store.uri(speech), report.duration_ms, digest)
            stretches = [Span(start_ms=start, end_ms=end) for start, end in found]
            checkpoints = kit.checkpoints(job, Step.TRANSCRIBE)
            told = heard.model_copy(update={"sounds_by": namer.name})
            try:
                sounds = await namer.name_sounds(audio, stretches, heard.language, checkpoints, progress)
            except ProviderFailed as error:
                if error.retryable:
                    raise
                return told.model_copy(update={"sounds_refused": error.message.rstrip(".")})
        return told.model_copy(update={"sounds": sounds})

    async def _recognise(
        self,
        job: JobRef,
        speech: str,
        language: str,
        report: MediaReport,
        progress: Progress,
        terms: tuple[str, ...] = (),
    ) -> Transcript:
        kit = self._kit
        checkpoints = kit.checkpoints(job, Step.TRANSCRIBE)
        async with kit.scratch() as scratch:
            path = await kit.workspace.fetch(speech, scratch)
            digest = await asyncio.to_thread(_sha256, path)
            audio = SpeechAudio(path, kit.store.uri(speech), report.duration_ms, digest, report.speech, terms)
            heard = await self._recognizer.recognize(audio, language, checkpoints, progress)
            return heard.model_copy(update={"engine": self._recognizer.engine})


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
