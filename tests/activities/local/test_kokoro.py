"""What is Kokoro's own: the sounds that it is given, its voices, and that a recogniser hears what it was told to say."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from activities.local import kokoro_model
from activities.local.espeak import phonemes
from activities.local.kokoro import KokoroVoices
from activities.local.kokoro_text import LONGEST, breaths, sounds
from activities.local.voices import LocalVoices, local_voices
from activities.local.whisper import WhisperRecognizer
from activities.media.probing.pcm import SAMPLE_RATE
from activities.media.sound.clips import measure_clip
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import installed_kokoro, installed_weights, installed_whisper
from tests.activities.contract.support import Kept, Told, audio_of, sound_of
from tests.effort import end_by_cancel

SENTENCES = {
    "en": "Mrs. O'Neill pays $20 for one hundred candles.",
    "es": "Una mujer enciende la lámpara del faro.",
    "fr": "Une jeune fille pose une lanterne à la fenêtre.",
    "it": "Una donna accende la lampada del faro.",
    "pt": "Uma mulher acende a lâmpada do farol.",
}


@pytest.fixture(scope="module")
def kokoro() -> Iterator[KokoroVoices]:
    """It keeps the model from one test to the next."""
    voices = installed_kokoro()
    yield voices
    voices.close()


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperRecognizer]:
    installed = installed_whisper()
    yield installed
    installed.close()


def said(text: str, voice: str = "gmw/en-US") -> str:
    return phonemes(text, voice)


def test_the_alphabet_is_kokoros() -> None:
    assert (
        sounds(said("church judge button little better zero"), "a")
        == "ʧˈɜɹʧ ʤˈʌʤ bˈʌtᵊn lˈɪTᵊl bˈɛTəɹ zˈiəɹO"
    )
    assert sounds(said("better no fair bird", "gmw/en"), "b") == "bˈɛtə nˈQ fˈɛː bˈɜːd"
    assert sounds(said("ocho mil", "roa/es"), "e") == "ˈoʧo mˈil"


def test_a_text_is_given_in_breaths_that_fit() -> None:
    sentence = "The keeper of the lighthouse climbs one hundred steps with a lantern in his hand. "
    for text in (sentence * 12, "a lantern and " * 120, "Llanfairpwllgwyngyll" * 60):
        found = list(breaths(text, "en", "a", said))
        assert len(found) > 1
        assert all(0 < len(tokens) <= LONGEST for tokens in found)
    assert len(list(breaths(sentence, "en", "a", said))) == 1
    assert list(breaths("…", "en", "a", said)) == []


async def test_the_same_bytes_whatever_was_said_before(kokoro: KokoroVoices) -> None:
    first = await kokoro.say("A boat.", "en", "af_heart")
    await kokoro.say("Un barco.", "es", "ef_dora")
    assert await kokoro.say("A boat.", "en", "af_heart") == first
    assert await kokoro.say("A boat.", "en", "am_michael") != first
    sound = sound_of(first)
    assert sound.rate == 24_000
    assert 3_000 < sound.peak < 32_767


async def test_every_accent_speaks(kokoro: KokoroVoices) -> None:
    for voice in {voice.id[0]: voice for voice in kokoro.voices()}.values():
        sound = sound_of(await kokoro.say("Anna 12", voice.languages[0], voice.id))
        assert 0.4 < sound.seconds < 4, voice


@pytest.mark.parametrize("text", ["<b>Tom & Jerry</b> < 3", "[[hello]] {x}", "Ünïcödé ✓ 漢字 😀", "12 %"])
async def test_any_text_is_text(kokoro: KokoroVoices, text: str) -> None:
    assert sound_of(await kokoro.say(text, "en", "af_heart")).seconds > 0.3


@pytest.mark.parametrize("language", SENTENCES)
async def test_the_recogniser_hears_what_was_said(
    kokoro: KokoroVoices, recognizer: WhisperRecognizer, language: str, tmp_path: Path
) -> None:
    voice = kokoro.best(language)
    assert voice is not None
    clip = measure_clip(await kokoro.say(SENTENCES[language], language, voice), SAMPLE_RATE)
    (tmp_path / "clip.flac").write_bytes(clip.flac)
    heard = (await recognizer.recognize(audio_of(tmp_path / "clip.flac"), language, Kept(), Told())).words
    wanted, got = plain(SENTENCES[language]), plain(" ".join(word.text for word in heard))
    assert len(set(wanted) - set(got)) <= 1, got
    words_per_minute = len(wanted) * 60 / (clip.length / clip.rate)
    assert 90 < words_per_minute < 230


def plain(text: str) -> list[str]:
    read = text.lower().replace("$20", "20 dollars").replace("100", "one hundred").replace("mrs.", "mrs")
    return re.sub(r"[^\w' ]", "", read).split()


async def test_speaks_again_after_a_cancel(kokoro: KokoroVoices) -> None:
    work = asyncio.create_task(kokoro.say("A long word. " * 60, "en", "af_heart"))
    await asyncio.sleep(0.5)
    await end_by_cancel(work)
    assert sound_of(await kokoro.say("A boat.", "en", "af_heart")).seconds > 0.4
    kokoro.close()
    assert kokoro._resident._process is None


async def test_a_model_or_voices_that_are_others_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "kokoro-v1.0-int8").mkdir()
    (tmp_path / "kokoro-v1.0-int8" / "model.onnx").write_bytes(b"another")
    other = local_voices(tmp_path)
    with pytest.raises(
        ProviderFailed, match=r"model\.onnx of kokoro-v1\.0-int8 is not the one .*make weights"
    ):
        await other.speak("A boat.", "en", None, None)
    other.close()
    changed = tmp_path / "kokoro_voices.npz"
    changed.write_bytes(kokoro_model.STYLES.read_bytes()[:-1])
    monkeypatch.setattr(kokoro_model, "STYLES", changed)
    with pytest.raises(ProviderFailed, match="is not Kokoro's"):
        kokoro_model._styles.__wrapped__()


def test_the_carried_voices_are_the_ones_on_offer(tmp_path: Path) -> None:
    with np.load(kokoro_model.STYLES) as styles:
        assert set(styles.files) == {voice.id for voice in KokoroVoices(tmp_path).voices()}


def test_the_best_voice_of_a_language() -> None:
    voices = LocalVoices(KokoroVoices(installed_weights()))
    wanted = {
        "en": "af_heart",
        "en-AU": "bf_emma",
        "es-MX": "ef_dora",
        "fr-CA": "ff_siwis",
        "pt-BR": "pf_dora",
    }
    for language, voice in wanted.items():
        assert voices.speaker(language, None).engine.endswith(f", {voice}")
        assert voices.speaker(language, None) == voices.speaker(language, voice)
