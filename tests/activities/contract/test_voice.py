"""What every Voice does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import numpy as np
import pytest

from activities.ports import Voice
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import VOICES
from tests.activities.contract.support import sound_of
from tests.effort import end_by_cancel

TEXT = "A woman in a red coat walks along the platform."


@pytest.fixture(params=VOICES)
async def voice(request: pytest.FixtureRequest) -> AsyncIterator[Voice]:
    async with VOICES[request.param]() as adapter:
        yield adapter


async def test_names_itself_and_what_can_be_asked_for(voice: Voice) -> None:
    voices = voice.voices()
    assert voice.name
    assert {"en", "es"} <= voice.languages()
    assert len({each.id for each in voices}) == len(voices)
    assert {code for each in voices for code in each.languages} == voice.languages()


async def test_speaks_at_a_speakers_pace(voice: Voice) -> None:
    sound = sound_of(await voice.speak(TEXT, "en", None, None))
    assert sound.rate >= 16_000
    assert 2 < sound.seconds < 6  # ten words
    assert 3_000 < sound.peak < 32_767


async def test_a_longer_text_takes_longer(voice: Voice) -> None:
    once, twice = [sound_of(await voice.speak(text, "en", None, None)) for text in (TEXT, f"{TEXT} {TEXT}")]
    assert twice.seconds > 1.6 * once.seconds


async def test_each_voice_is_another(voice: Voice) -> None:
    first, second = [each.id for each in voice.voices() if "en" in each.languages][:2]
    one, other = [sound_of(await voice.speak(TEXT, "en", each, None)) for each in (first, second)]
    assert not np.array_equal(one.samples, other.samples)


async def test_a_region_is_spoken_by_its_language(voice: Voice) -> None:
    for language in ("en-GB", "en-AU", "es-MX"):
        assert sound_of(await voice.speak("uno dos tres", language, None, None)).seconds > 0.5


async def test_every_model_it_offers_speaks(voice: Voice) -> None:
    for model in voice.models():
        assert sound_of(await voice.speak(TEXT, "en", None, model)).seconds > 2


@pytest.mark.parametrize(
    "text",
    [
        "<b>Tom & Jerry</b> < 3 > 2",
        "[[hello]] {x} \\pau",
        "Line one\nand line two\x00\x01and\ttabs",
        "“Quotes” – dashes — and … ♪",
        "Ünïcödé ✓ 漢字 😀",
    ],
)
async def test_any_text_is_text(voice: Voice, text: str) -> None:
    assert sound_of(await voice.speak(text, "en", None, None)).seconds > 0.3


@pytest.mark.parametrize("text", ["", "   ", "…", "♪"])
async def test_refuses_to_say_nothing(voice: Voice, text: str) -> None:
    with pytest.raises(ProviderFailed, match="nothing to say") as failed:
        await voice.speak(text, "en", None, None)
    assert not failed.value.retryable


async def test_refuses_what_it_does_not_have_for_good(voice: Voice) -> None:
    asked = [
        ("xx", None, None, "xx"),
        ("en", "nobody", None, "nobody"),
        ("en", None, "no-model", "no-model"),
    ]
    asked += [("en", each.id, None, each.id) for each in voice.voices() if "en" not in each.languages][:1]
    for language, chosen, model, named in asked:
        with pytest.raises(ProviderFailed) as failed:
            await voice.speak(TEXT, language, chosen, model)
        assert named in failed.value.message
        assert not failed.value.retryable


async def test_many_at_once_do_not_mix(voice: Voice) -> None:
    texts = ["One.", TEXT, f"{TEXT} {TEXT} {TEXT}"]
    alone = [sound_of(await voice.speak(text, "en", None, None)).seconds for text in texts]
    together = await asyncio.gather(*(voice.speak(text, "en", None, None) for text in texts * 3))
    assert [sound_of(wav).seconds for wav in together] == pytest.approx(alone * 3, rel=0.2)


async def test_speaks_again_after_a_cancel(voice: Voice) -> None:
    work = asyncio.create_task(voice.speak("word " * 900, "en", None, None))
    await asyncio.sleep(0.05)
    await end_by_cancel(work)
    assert sound_of(await voice.speak(TEXT, "en", None, None)).seconds > 2
