"""What is Google's own in speech: which voice is asked for how, and which sound is not taken."""

from __future__ import annotations

import numpy as np
import pytest
from starlette.responses import JSONResponse

from activities.google.gemini_voice import GeminiVoice
from activities.google.locales import HEARD, SPOKEN, nearest
from activities.google.voice import GoogleVoice
from activities.texts.wav import wav_of
from deploy.local.google.gemini import FakeGemini, finished, sound, stopped
from deploy.local.google.text_to_speech import FakeTextToSpeech
from deploy.local.google.tones import RATE, spoken
from schema.errors import ProviderFailed
from tests.activities.contract.support import GEMINI_SPEECH, VOICE_FAMILY, sound_of

TEXT = "A woman in a red coat walks along the platform."


@pytest.mark.parametrize(
    ("language", "locale"),
    [
        ("en", "en-US"),
        ("en-gb", "en-GB"),
        ("en-NZ", "en-US"),
        ("es", "es-ES"),
        ("es-AR", "es-US"),
        ("es-419", "es-US"),
        ("es-EC", "es-US"),
        ("es-UY", "es-US"),
        ("es-GQ", "es-ES"),
        ("pt", "pt-BR"),
        ("zh-Hans", "cmn-CN"),
        ("no", "nb-NO"),
        ("tlh", None),
    ],
)
def test_the_nearest_locale(language: str, locale: str | None) -> None:
    assert nearest(language, SPOKEN) == locale


def test_traditional_chinese_keeps_its_script() -> None:
    assert nearest("zh-TW", HEARD) == nearest("zh-Hant", HEARD) == "cmn-Hant-TW"
    assert nearest("zh", HEARD) == "cmn-Hans-CN"


async def test_cloud_voices_are_named_with_their_locale() -> None:
    fake = FakeTextToSpeech()
    async with fake.client() as client:
        await GoogleVoice(client, VOICE_FAMILY).speak(TEXT, "es-MX", "Kore", "chirp3-hd")
    (request,) = fake.requests
    assert (request.voice.language_code, request.voice.name) == ("es-US", "es-US-Chirp3-HD-Kore")
    assert request.input.text == TEXT
    assert request.audio_config.sample_rate_hertz == 24_000


async def test_cloud_sound_is_checked() -> None:
    samples = spoken(TEXT, "Kore")
    streamed = bytearray(wav_of(samples, RATE))
    streamed[40:44] = b"\xff\xff\xff\xff"  # a data chunk that does not know its length
    fake = FakeTextToSpeech(answers=[b"", b"ID3 not a wave", wav_of(b"", RATE), bytes(streamed)])
    async with fake.client() as client:
        voice = GoogleVoice(client, VOICE_FAMILY)
        for _ in range(3):
            with pytest.raises(ProviderFailed) as failed:
                await voice.speak(TEXT, "en", None, None)
            assert failed.value.retryable
        assert sound_of(await voice.speak(TEXT, "en", None, None)).samples.tobytes() == samples


async def test_a_text_that_cloud_voices_cannot_take_is_refused_before_it_is_paid() -> None:
    fake = FakeTextToSpeech()
    async with fake.client() as client:
        with pytest.raises(ProviderFailed, match="at most 5000 bytes") as failed:
            await GoogleVoice(client, VOICE_FAMILY).speak("word " * 1001, "en", None, None)
    assert not failed.value.retryable
    assert fake.requests == []


async def test_gemini_is_given_the_text_and_nothing_it_could_take_for_a_command() -> None:
    fake = FakeGemini()
    async with fake.client() as client:
        await GeminiVoice(client, GEMINI_SPEECH).speak(
            "A <sigh> is he\u00adard.\n2 < 3 [shouting] [EXIT]", "pt-BR", "Puck", "gemini-3.8-flash-lite-tts"
        )
    (request,) = fake.requests
    part = request["contents"][0]["parts"][0]
    assert part["text"] == "A sigh is heard. 2 3 shouting EXIT"
    assert "calm" in part["speechMetadata"]["style"]
    speech = request["generationConfig"]["speechConfig"]
    assert (speech["languageCode"], speech["voiceConfig"]["voice"]) == ("pt-BR", "Puck")
    assert "temperature" not in request["generationConfig"]
    assert fake.paths[0].endswith("gemini-3.8-flash-lite-tts:generateContent")


async def test_bare_samples_and_whole_files_sound_the_same() -> None:
    heard = []
    for bare in (False, True):
        async with FakeGemini(bare_samples=bare).client() as client:
            heard.append(sound_of(await GeminiVoice(client, GEMINI_SPEECH).speak(TEXT, "en", None, None)))
    assert heard[0].rate == heard[1].rate == 24_000
    assert np.array_equal(heard[0].samples, heard[1].samples)


@pytest.mark.parametrize("words", [2, 60])
async def test_speech_of_another_length_than_its_text_is_not_taken(words: int) -> None:
    wrong = JSONResponse(finished([sound(spoken("word " * words, "Kore"))]))
    await _said_right_the_next_time(wrong, r"10 words at \d+ a minute")


async def test_numbers_that_are_read_digit_by_digit_are_whole() -> None:
    text = "Call 0800 5551234, 0800 5556789 or 0171 99887766."
    digit_by_digit = JSONResponse(finished([sound(spoken("word " * 36, "Kore"))]))
    fake = FakeGemini(faults=[lambda _: digit_by_digit])
    async with fake.client() as client:
        assert await GeminiVoice(client, GEMINI_SPEECH).speak(text, "en", None, None)
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (stopped("SAFETY")([]), "SAFETY"),
        (JSONResponse(finished([{"text": "I cannot."}])), "without sound"),
        (JSONResponse({"candidates": []}), "no answer"),
    ],
)
async def test_no_sound_may_be_sound_the_next_time(answer: JSONResponse, told: str) -> None:
    await _said_right_the_next_time(answer, told)


async def _said_right_the_next_time(answer: JSONResponse, told: str) -> None:
    """And where it never is, nobody waits and pays for hours: a person is told what helps."""
    fake = FakeGemini(faults=[lambda _: answer])
    async with fake.client() as client:
        voice = GeminiVoice(client, GEMINI_SPEECH)
        assert sound_of(await voice.speak(TEXT, "en", None, None)).samples.any()
        assert len(fake.requests) == 2
        fake.faults = [lambda _: answer] * 4
        with pytest.raises(ProviderFailed, match=f"{told}.*Word the description otherwise") as failed:
            await voice.speak(TEXT, "en", None, None)
    assert not failed.value.retryable
    assert len(fake.requests) == 2 + 3
