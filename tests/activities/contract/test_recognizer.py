"""What every SpeechRecognizer does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from activities.media.probing.pcm import SAMPLE_RATE
from activities.ports import SpeechAudio, SpeechRecognizer
from schema.errors import ProviderFailed
from schema.vtt.words import Transcript
from tests.activities.contract.adapters import RECOGNIZERS
from tests.activities.contract.support import (
    SPEECH,
    Kept,
    Told,
    audio_of,
    heard_of_spoken,
    speech_samples,
    write_flac,
)
from tests.effort import end_by_cancel


@pytest.fixture(scope="module", params=RECOGNIZERS)
async def recognizer(request: pytest.FixtureRequest) -> AsyncIterator[SpeechRecognizer]:
    async with RECOGNIZERS[request.param]() as adapter:
        yield adapter


@dataclass
class Heard:
    """The speech, recognised once for all that look at it."""

    audio: SpeechAudio
    transcript: Transcript
    kept: Kept
    told: Told


@pytest.fixture(scope="module")
async def heard(recognizer: SpeechRecognizer) -> Heard:
    audio, kept, told = audio_of(SPEECH), Kept(), Told()
    return Heard(audio, await recognizer.recognize(audio, "en-GB", kept, told), kept, told)


async def test_names_itself_and_its_languages(recognizer: SpeechRecognizer) -> None:
    assert recognizer.name
    assert "en" in recognizer.languages()


def test_hears_words_where_they_are_spoken(recognizer: SpeechRecognizer, heard: Heard) -> None:
    transcript = heard.transcript
    assert (transcript.language, transcript.provider, transcript.draft) == (
        "en-GB",
        recognizer.name,
        recognizer.is_draft,
    )
    assert heard_of_spoken(transcript.words, within_ms=60) >= 0.85
    starts = [word.start_ms for word in transcript.words]
    assert starts == sorted(starts)
    assert all(word.start_ms < word.end_ms <= heard.audio.duration_ms for word in transcript.words)
    assert all(word.text and not set(word.text) & set("<>[]()+") for word in transcript.words)


def test_says_how_far_it_is(heard: Heard) -> None:
    told = heard.told
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[0] < 1
    assert told.fractions[-1] == 1


async def test_a_second_attempt_takes_up_what_the_first_kept(
    recognizer: SpeechRecognizer, heard: Heard
) -> None:
    assert heard.kept.writes
    kept = Kept(dict(heard.kept.values))
    assert await recognizer.recognize(heard.audio, "en-GB", kept, Told()) == heard.transcript
    assert kept.writes == 0


async def test_what_was_kept_of_other_sound_is_not_taken(
    recognizer: SpeechRecognizer, heard: Heard, tmp_path: Path
) -> None:
    kept = Kept(dict(heard.kept.values))
    silent = write_flac(tmp_path / "silent.flac", np.zeros(len(speech_samples()), np.int16))
    assert (await recognizer.recognize(audio_of(silent), "en-GB", kept, Told())).words == ()


async def test_refuses_a_language_it_does_not_know_for_good(recognizer: SpeechRecognizer) -> None:
    with pytest.raises(ProviderFailed, match="xx-XX") as failed:
        await recognizer.recognize(audio_of(SPEECH), "xx-XX", Kept(), Told())
    assert not failed.value.retryable


async def test_stops_at_once_when_cancelled(recognizer: SpeechRecognizer, tmp_path: Path) -> None:
    long = np.concatenate([speech_samples()] * 12)
    audio = audio_of(write_flac(tmp_path / "long.flac", long))
    assert audio.duration_ms == len(long) * 1000 // SAMPLE_RATE
    work = asyncio.create_task(recognizer.recognize(audio, "en", Kept(), Told()))
    await asyncio.sleep(1.5)
    await end_by_cancel(work)
