"""What is Speech-to-Text's own: an operation that is paid once, and what it may come to."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import grpc
import pytest
from google.rpc.status_pb2 import Status

from activities.google.recognizer import GoogleRecognizer
from activities.ports import SpeechAudio
from deploy.local.google.speech import FakeSpeech, File
from schema.errors import ProviderFailed
from schema.vtt import PROFILES, draft_captions
from schema.vtt.words import Transcript
from tests.activities.contract.support import SPEECH_MODEL, Kept, Told

AUDIO = SpeechAudio(Path("unread.flac"), "gs://bucket/a.flac", 10_000, "a" * 64)
WORDS = [("Hello,", 100, 400), ("world.", 450, 900)]


async def hear(fake: FakeSpeech, kept: Kept, language: str = "en", told: Told | None = None) -> Transcript:
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.02)
        return await recognizer.recognize(AUDIO, language, kept, told or Told())


def speech(*, takes_s: float = 0.0, words: list[tuple[str, int, int]] | None = None) -> FakeSpeech:
    return FakeSpeech(files={AUDIO.uri: File(WORDS if words is None else words, takes_s)})


async def test_asks_for_word_times_of_the_file_in_the_bucket() -> None:
    fake = speech()
    transcript = await hear(fake, Kept(), "es-MX")
    (request,) = fake.requests
    assert request.recognizer == "projects/a-project/locations/europe-west4/recognizers/_"
    assert [file.uri for file in request.files] == [AUDIO.uri]
    assert list(request.config.language_codes) == ["es-US"]
    assert request.config.features.enable_word_time_offsets
    assert request.config.features.enable_automatic_punctuation
    assert "inline_response_config" in request.recognition_output_config
    assert [(word.text, word.start_ms, word.end_ms, word.confidence) for word in transcript.words] == [
        ("Hello,", 100, 400, 1.0),
        ("world.", 450, 900, 1.0),
    ]
    assert transcript.punctuated


async def test_a_word_without_times_stays_in_its_place() -> None:
    """Protocol buffers do not tell zero from nothing: the first of all may begin at 0."""
    words = [("Well,", 0, 300), ("hello", 400, 700), ("big", 0, 0), ("world.", 900, 1_300), ("So", 0, 0)]
    heard = (await hear(speech(words=words), Kept())).words
    assert [word.text for word in heard] == ["Well,", "hello", "big", "world.", "So"]
    assert [(word.start_ms, word.end_ms) for word in heard[1:]] == [
        (400, 700),
        (700, 701),
        (900, 1_300),
        (1_300, 1_301),
    ]


async def test_a_clients_terms_are_hints_and_make_another_question() -> None:
    fake, kept = speech(), Kept()
    await hear(fake, kept)
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.02)
        hinted = replace(AUDIO, terms=("Mary Ann", "Grebe Rock"))
        for _ in range(2):
            await recognizer.recognize(hinted, "en", kept, Told())
    plain, told = fake.requests
    assert not plain.config.adaptation.phrase_sets
    (hints,) = told.config.adaptation.phrase_sets
    assert [phrase.value for phrase in hints.inline_phrase_set.phrases] == ["Mary Ann", "Grebe Rock"]


async def test_a_term_that_google_would_read_as_a_class_of_words_is_no_hint() -> None:
    fake = speech()
    terms = ("$MONTH", "A$AP", "${anything}", "Fish & Chips for 5 $")
    await hear_by(SPEECH_MODEL, fake, audio=replace(AUDIO, terms=terms))
    (hints,) = fake.requests[0].config.adaptation.phrase_sets
    assert [phrase.value for phrase in hints.inline_phrase_set.phrases] == ["Fish & Chips for 5 $"]
    await hear_by(SPEECH_MODEL, fake, audio=replace(AUDIO, terms=terms[:1]))
    assert not fake.requests[1].config.adaptation.phrase_sets


async def hear_by(
    model: str, fake: FakeSpeech, language: str = "en", audio: SpeechAudio = AUDIO
) -> Transcript:
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "eu", model, poll_s=0.02)
        return await recognizer.recognize(audio, language, Kept(), Told())


def two_speakers() -> FakeSpeech:
    words = [("Yes?", 1_000, 1_300), ("Why", 3_000, 3_300), ("not?", 3_350, 3_600), ("No.", 6_000, 6_300)]
    return FakeSpeech(files={AUDIO.uri: File(words, speakers=["7", "2", "2", "7"])})


async def test_a_model_that_can_tells_speakers_apart_and_no_change_is_lost_in_a_caption() -> None:
    fake = two_speakers()
    transcript = await hear_by("chirp_3", fake)
    features = fake.requests[0].config.features
    assert "diarization_config" in features and features.enable_word_time_offsets
    assert not features.enable_word_confidence
    assert [word.speaker for word in transcript.words] == ["Speaker 1", "Speaker 2", "Speaker 2", "Speaker 1"]
    document = draft_captions(transcript, PROFILES["netflix"], Fraction(24))
    assert [cue.text for cue in document.cues] == [
        "<v Speaker 1>Yes?",
        "<v Speaker 2>Why not?",
        "<v Speaker 1>No.",
    ]
    assert any("put the names" in note.text for note in document.notes)


@pytest.mark.parametrize(("model", "language"), [("chirp_2", "en"), ("chirp_3", "nl"), ("another", "en")])
async def test_where_no_model_tells_speakers_apart_nobody_is_asked_to(model: str, language: str) -> None:
    fake = two_speakers()
    transcript = await hear_by(model, fake, language)
    assert "diarization_config" not in fake.requests[0].config.features
    assert {word.speaker for word in transcript.words} == {None}


async def test_a_voice_that_is_alone_has_no_name() -> None:
    fake = FakeSpeech(files={AUDIO.uri: File(WORDS, speakers=["1", "1"])})
    assert {word.speaker for word in (await hear_by("chirp_3", fake)).words} == {None}


async def test_what_a_model_gives_no_word_times_for_is_refused_before_it_is_paid() -> None:
    fake = two_speakers()
    with pytest.raises(
        ProviderFailed, match=r"20 minutes at most, and this sound has 21: set SPEECH_MODEL"
    ) as failed:
        await hear_by("chirp_3", fake, audio=replace(AUDIO, duration_ms=21 * 60_000))
    assert not failed.value.retryable
    assert fake.requests == []


async def test_a_crash_does_not_pay_twice() -> None:
    fake, kept = speech(takes_s=0.6), Kept()
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.02)
        dying = asyncio.create_task(recognizer.recognize(AUDIO, "en", kept, Told()))
        while not kept.values:
            await asyncio.sleep(0.01)
        dying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await dying
        transcript = await recognizer.recognize(AUDIO, "en", kept, Told())
    assert len(transcript.words) == 2
    assert len(fake.requests) == 1


async def listening(fake: FakeSpeech, recognizer: GoogleRecognizer, kept: Kept) -> asyncio.Task[Transcript]:
    """Work that has started its operation, and looks at it from now on."""
    work = asyncio.create_task(recognizer.recognize(AUDIO, "en", kept, Told()))
    while not kept.values:
        await asyncio.sleep(0.01)
    return work


async def test_a_look_that_fails_ends_no_attempt() -> None:
    fake, kept = speech(takes_s=0.1), Kept()
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.05)
        work = await listening(fake, recognizer, kept)
        fake.refusals += [(grpc.StatusCode.UNAVAILABLE, "Down.", None)] * 2
        assert len((await work).words) == 2
    assert (len(fake.requests), fake.refusals) == (1, [])


async def test_an_outage_while_it_listens_does_not_pay_twice() -> None:
    fake, kept = speech(takes_s=0.1), Kept()
    async with fake.client() as client:
        recognizer = GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.05)
        work = await listening(fake, recognizer, kept)
        fake.refusals += [(grpc.StatusCode.UNAVAILABLE, "Down.", None)] * 5
        with pytest.raises(ProviderFailed) as failed:
            await work
        assert failed.value.retryable
        assert len((await recognizer.recognize(AUDIO, "en", kept, Told())).words) == 2
    assert len(fake.requests) == 1


async def test_an_operation_that_google_forgot_is_started_again() -> None:
    fake, kept = speech(), Kept()
    await hear(fake, kept)
    fake.forgotten = True
    assert len((await hear(fake, kept)).words) == 2
    assert len(fake.requests) == 2


async def test_another_language_is_another_operation() -> None:
    fake, kept = speech(), Kept()
    await hear(fake, kept, "en")
    await hear(fake, kept, "fr")
    assert len(fake.requests) == 2


@pytest.mark.parametrize(("code", "retryable"), [(13, True), (8, True), (3, False), (7, False)])
async def test_an_operation_that_failed_is_not_found_again(code: int, retryable: bool) -> None:
    fake, kept = speech(), Kept()
    fake.failures = [Status(code=code, message="It cannot be heard.")]
    with pytest.raises(ProviderFailed, match="It cannot be heard") as failed:
        await hear(fake, kept)
    assert failed.value.retryable is retryable
    assert len((await hear(fake, kept)).words) == 2
    assert len(fake.requests) == 2


async def test_a_file_that_failed_is_told_as_its_own_error() -> None:
    fake = speech()
    fake.file_failures = [Status(code=5, message="The file is gone.")]
    with pytest.raises(ProviderFailed, match=r"404: The file is gone\.") as failed:
        await hear(fake, Kept())
    assert not failed.value.retryable


async def test_text_without_word_times_is_no_transcript() -> None:
    fake = speech()
    fake.without_times = True
    kept = Kept()
    for _ in range(2):
        with pytest.raises(ProviderFailed, match="without word times: set SPEECH_MODEL") as failed:
            await hear(fake, kept)
        assert not failed.value.retryable
    assert len(fake.requests) == 1, "it would say the same again, and be paid again"


async def test_words_are_put_in_order_and_into_the_audio() -> None:
    fake = speech(words=[("late", 9_900, 12_000), ("first", 100, 100), ("second", 50, 90), (" ", 200, 300)])
    transcript = await hear(fake, Kept())
    assert [(word.text, word.start_ms, word.end_ms) for word in transcript.words] == [
        ("second", 50, 90),
        ("first", 100, 101),
        ("late", 9_900, 10_000),
    ]


async def test_reports_the_services_own_progress() -> None:
    told = Told()
    await hear(speech(takes_s=0.3), Kept(), told=told)
    assert any(0 < fraction < 1 for fraction in told.fractions)
