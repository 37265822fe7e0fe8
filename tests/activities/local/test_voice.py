"""What is espeak-ng's own: its data, and that the same text gives the same bytes."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from activities.local.espeak_data import read_voices
from activities.local.voice import EspeakVoice
from tests.activities.contract.support import sound_of

TEXT = "The rain has stopped; is the light returning to the valley?"


async def test_the_same_bytes_whatever_was_said_before() -> None:
    one, other = EspeakVoice(), EspeakVoice()
    first = await one.speak(TEXT, "en-US", None, None)
    await one.speak("Otra cosa, en otra voz.", "es", "es+f2", None)
    again = await one.speak(TEXT, "en-US", None, None)
    elsewhere = await other.speak(TEXT, "en-US", None, None)
    one.close()
    other.close()
    assert first == again == elsewhere


async def test_every_voice_speaks_every_language_that_it_names() -> None:
    voice = EspeakVoice()
    for each in voice.voices():
        for language in each.languages:
            assert sound_of(await voice.speak("Anna 12", language, each.id, None)).seconds > 0.3, each
    voice.close()


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", "gmw/en"),
        ("en-US", "gmw/en-US"),
        ("en-AU", "gmw/en"),
        ("es-MX", "roa/es-419"),
        ("es-AR", "roa/es"),
        ("pt-BR", "roa/pt-BR"),
        ("zh-Hans", "sit/cmn"),
        ("DE-at", "gmw/de"),
    ],
)
async def test_the_nearest_voice_speaks(language: str, expected: str) -> None:
    assert EspeakVoice()._voice(language, None).path == expected


def test_a_voice_without_its_dictionary_is_not_offered(tmp_path: Path) -> None:
    family = tmp_path / "lang" / "gmw"
    family.mkdir(parents=True)
    (family / "en-GB-x-rp").write_text("name English (Received)\nlanguage en-gb-x-rp 4\nlanguage en 5\n")
    (family / "nn").write_text("name Nynorsk\nlanguage nn\ndictionary no\n")
    (family / "fo").write_text("name Faroese\nlanguage fo\n")
    (tmp_path / "en_dict").touch()
    (tmp_path / "no_dict").touch()

    voices = read_voices(tmp_path)
    assert [voice.id for voice in voices] == ["en-GB-x-rp", "en-GB-x-rp+f2", "nn", "nn+f2"]
    assert voices[0].languages == (("en-GB-x-rp", 4), ("en", 5))
    assert voices[1].gender == "female"


async def test_a_process_that_died_is_started_again() -> None:
    others = set(multiprocessing.active_children())  # models that other tests have left loaded
    voice = EspeakVoice()
    first = await voice.speak(TEXT, "en", None, None)
    (child,) = set(multiprocessing.active_children()) - others
    child.kill()
    child.join()
    assert await voice.speak(TEXT, "en", None, None) == first
    voice.close()
    assert set(multiprocessing.active_children()) <= others
