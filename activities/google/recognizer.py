"""Speech to text by Google Cloud Speech-to-Text v2: one long-running operation over the file in the bucket."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

from google.api_core.exceptions import NotFound
from google.cloud.speech_v2 import SpeechAsyncClient
from google.cloud.speech_v2.types import cloud_speech
from google.longrunning.operations_pb2 import Operation
from google.rpc.status_pb2 import Status

from activities import limits
from activities.google.clients import project_of, speech_of
from activities.google.errors import classified, failed_status
from activities.google.locales import HEARD, languages_of, nearest
from activities.google.speech_models import DIARIZES, LONGEST_MS, PLACES, WITHOUT_CONFIDENCE
from activities.ports import Checkpoints, Progress, SpeechAudio
from schema import objects
from schema.errors import Misconfigured, ProviderFailed
from schema.settings import Settings
from schema.vtt.words import Transcript, Word

_SERVICE = "Speech-to-Text"
_REVISION = 1
_CERTAIN = 1.0
_CLASS = re.compile(r"\$[\w{]")
"""In a hint `$MONTH` stands for every month, and `${name}` for a class of words, as the API's reference of
`PhraseSet.Phrase` has it."""
_LOOKS = 5
"""So many in a row that fail are an outage, and Temporal's to wait for."""


class GoogleRecognizer:
    """The operation's name is kept as soon as there is one: a worker that died finds it and does not pay again."""

    name = "google-speech"
    is_draft = False
    most_terms = 500

    def __init__(
        self,
        client: SpeechAsyncClient,
        project: str,
        location: str,
        model: str,
        *,
        poll_s: float = 5.0,
    ) -> None:
        """`model` gives word times, as `chirp_2` does for files of up to 8 hours, and `chirp_3` with who speaks for 20
        minutes."""
        self._client = client
        self._recognizer = f"projects/{project}/locations/{location}/recognizers/_"
        self._model = model
        self.engine = f"google-speech {model}, {_REVISION}"
        self._poll_s = poll_s

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """
        Raises:
            Misconfigured: there is no project, there are no credentials, or the place does not have the model.
        """
        model, location = settings.speech_model, settings.google_location
        places = PLACES.get(model)
        if places and location not in places:
            raise Misconfigured(
                f"{_SERVICE}'s {model} is not offered in GOOGLE_LOCATION {location}, but in {', '.join(places)}: set one "
                "of them, or another SPEECH_MODEL."
            )
        return cls(speech_of(settings), project_of(settings), location, model)

    def languages(self) -> frozenset[str]:
        return languages_of(HEARD)

    async def recognize(
        self, audio: SpeechAudio, language: str, checkpoints: Checkpoints, progress: Progress
    ) -> Transcript:
        """Words with punctuation, on the programme's timeline.

        Raises:
            ProviderFailed: the language is not known, or Google refused or failed.
        """
        locale = nearest(language, HEARD)
        if locale is None:
            raise ProviderFailed(f"{_SERVICE} ({self._model}) does not know {language}.", retryable=False)
        longest_ms = LONGEST_MS.get(self._model)
        if longest_ms is not None and audio.duration_ms > longest_ms:
            raise ProviderFailed(
                f"{_SERVICE}'s {self._model} gives word times for {longest_ms // 60_000} minutes at most, and this sound has "
                f"{audio.duration_ms / 60_000:.0f}: set SPEECH_MODEL to chirp_2, which takes hours.",
                retryable=False,
            )
        made_of = (locale, audio.uri, audio.sha256, *([audio.terms] if audio.terms else ()))
        of = objects.hash_of(self._recognizer, self._model, _REVISION, *made_of)
        key = f"google-speech-{of}"
        progress(0.0, f"{_SERVICE} has the audio")
        operation = await self._started(key, checkpoints) or await self._start(
            audio, locale, key, checkpoints
        )
        operation = await self._finished(operation, progress)
        try:
            results = _result(operation, audio.uri)
        except ProviderFailed:
            await checkpoints.put(key, b"")  # another attempt must not find the one that failed
            raise
        words = _by_speakers(_words(results, audio.duration_ms, self._model))
        progress(1.0, f"{len(words)} words heard")
        return Transcript(language=language, words=words, punctuated=True, provider=self.name, draft=False)

    async def _started(self, key: str, checkpoints: Checkpoints) -> Operation | None:
        """An earlier attempt's operation. Google forgets them after some days."""
        name = await checkpoints.get(key)
        if not name:
            return None
        with classified(_SERVICE):
            try:
                return await self._look(name.decode())
            except NotFound:
                return None

    async def _start(self, audio: SpeechAudio, locale: str, key: str, checkpoints: Checkpoints) -> Operation:
        tells_apart = locale in DIARIZES.get(self._model, ())
        request = cloud_speech.BatchRecognizeRequest(
            recognizer=self._recognizer,
            config=cloud_speech.RecognitionConfig(
                auto_decoding_config=cloud_speech.AutoDetectDecodingConfig(),
                language_codes=[locale],
                model=self._model,
                features=cloud_speech.RecognitionFeatures(
                    enable_word_time_offsets=True,
                    enable_word_confidence=self._model not in WITHOUT_CONFIDENCE,
                    enable_automatic_punctuation=True,
                    diarization_config=cloud_speech.SpeakerDiarizationConfig() if tells_apart else None,
                ),
                adaptation=_hints(audio.terms),
            ),
            files=[cloud_speech.BatchRecognizeFileMetadata(uri=audio.uri)],
            recognition_output_config=cloud_speech.RecognitionOutputConfig(
                inline_response_config=cloud_speech.InlineOutputConfig()
            ),
        )
        with classified(_SERVICE):
            started = await self._client.batch_recognize(request, retry=None, timeout=limits.SPEECH_S)
        operation: Operation = started.operation
        await checkpoints.put(key, operation.name.encode())
        return operation

    async def _finished(self, operation: Operation, progress: Progress) -> Operation:
        """It is looked at for hours, and an attempt is too dear for one look that fails."""
        wait_s, failed = self._poll_s, 0
        while not operation.done:
            progress(_share(operation), f"{_SERVICE} is listening")
            await asyncio.sleep(wait_s)
            try:
                with classified(_SERVICE):
                    operation = await self._look(operation.name)
                wait_s, failed = self._poll_s, 0
            except ProviderFailed as error:
                wait_s, failed = max(self._poll_s, error.retry_after_s or 0), failed + 1
                if not error.retryable or failed == _LOOKS:
                    raise
        return operation

    async def _look(self, name: str) -> Operation:
        operations = self._client.transport.operations_client
        return await operations.get_operation(name, retry=None, timeout=limits.SPEECH_S)


def _hints(terms: Iterable[str]) -> cloud_speech.SpeechAdaptation | None:
    """Words that are heard rather than others that sound alike, without those that Google would read as something else."""
    phrases = [cloud_speech.PhraseSet.Phrase(value=term) for term in terms if not _CLASS.search(term)]
    if not phrases:
        return None
    inline = cloud_speech.SpeechAdaptation.AdaptationPhraseSet(
        inline_phrase_set=cloud_speech.PhraseSet(phrases=phrases)
    )
    return cloud_speech.SpeechAdaptation(phrase_sets=[inline])


def _share(operation: Operation) -> float:
    """How much of the file was heard, 0 to 0.99."""
    metadata = cloud_speech.OperationMetadata.deserialize(operation.metadata.value)
    files = metadata.batch_recognize_metadata.transcription_metadata.values()
    return min(0.99, max((file.progress_percent for file in files), default=0) / 100)


def _result(operation: Operation, uri: str) -> Iterable[cloud_speech.SpeechRecognitionResult]:
    if operation.HasField("error"):
        raise failed_status(_SERVICE, operation.error)
    response = cloud_speech.BatchRecognizeResponse.deserialize(operation.response.value)
    if uri not in response.results:
        raise ProviderFailed(f"{_SERVICE} gave no result for {uri}.", retryable=True)
    file = response.results[uri]
    if file.error.code:
        raise failed_status(_SERVICE, Status(code=file.error.code, message=file.error.message))
    return file.inline_result.transcript.results  # type: ignore[no-any-return]


def _words(
    results: Iterable[cloud_speech.SpeechRecognitionResult], duration_ms: int, model: str
) -> tuple[Word, ...]:
    """In time order, none of no length, none past the end of the audio. One without times stands after the one before
    it."""
    words: list[Word] = []
    for result in results:
        if not result.alternatives:
            continue
        best = result.alternatives[0]
        if best.transcript.strip() and not best.words:
            raise ProviderFailed(
                f"{_SERVICE}'s {model} gave text without word times: set SPEECH_MODEL to one that has them for this "
                "language, such as chirp_2.",
                retryable=False,
            )
        last_ms = words[-1].end_ms if words else 0
        for heard in best.words:
            is_timed = bool(heard.start_offset or heard.end_offset)
            start_ms = min(_ms(heard.start_offset) if is_timed else last_ms, duration_ms - 1)
            last_ms = min(max(_ms(heard.end_offset), start_ms + 1), duration_ms)
            word = Word(
                text=heard.word.strip(),
                start_ms=start_ms,
                end_ms=last_ms,
                confidence=round(min(heard.confidence or _CERTAIN, 1.0), 3),  # 0 says: not given
                speaker=heard.speaker_label or None,
            )
            if word.text:
                words.append(word)
    return tuple(sorted(words, key=lambda word: word.start_ms))


def _by_speakers(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words by `Speaker 1` and so on, in the order in which they begin to speak. A voice that is alone has no name."""
    labels = list(dict.fromkeys(word.speaker for word in words if word.speaker))
    names = {label: f"Speaker {number}" for number, label in enumerate(labels, 1)} if len(labels) > 1 else {}
    return tuple(word.model_copy(update={"speaker": names.get(word.speaker or "")}) for word in words)


def _ms(offset: Any) -> int:
    """proto-plus hands over a `timedelta`, whatever its annotation says."""
    milliseconds: float = offset / timedelta(milliseconds=1)
    return round(milliseconds)
