"""What is Whisper's own here: pieces, the times of words, and what it does not invent."""

from __future__ import annotations

import importlib.util
import multiprocessing
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from activities.local import whisper as module
from activities.local.listening import local_recognizer
from activities.local.pico import PicoVoices
from activities.local.pieces import Piece
from activities.local.recognizer import PocketsphinxRecognizer
from activities.local.silero import SileroDetector
from activities.local.voices import LocalVoices
from activities.local.weights import Weights
from activities.local.whisper import WhisperRecognizer
from activities.local.whisper_languages import LANGUAGES, whisper_code
from activities.local.whisper_model import Heard, _whole
from activities.media.probing.pcm import SAMPLE_RATE
from schema.errors import Misconfigured, ProviderFailed
from schema.vtt.words import Transcript
from tests.activities.contract.adapters import installed_weights, installed_whisper
from tests.activities.contract.support import (
    SPEECH,
    SPOKEN,
    Kept,
    Told,
    audio_of,
    heard_of_spoken,
    sound_of,
    speech_samples,
    write_flac,
)
from tests.made_sounds import applause, hum, laughter, music, pink, white

TURNS = 4
PAUSE = np.zeros(2 * SAMPLE_RATE, np.int16)


@pytest.fixture(scope="module")
def recognizer() -> Iterator[WhisperRecognizer]:
    """It keeps the model from one test to the next."""
    others = set(multiprocessing.active_children())  # models that other tests have left loaded
    installed = installed_whisper()
    yield installed
    installed.close()
    assert set(multiprocessing.active_children()) <= others


@pytest.fixture(scope="module")
async def long_speech(
    recognizer: WhisperRecognizer, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Kept, Transcript]:
    """The speech a few times over, in more than one piece."""
    samples = np.concatenate([speech_samples(), PAUSE] * TURNS)
    path = write_flac(tmp_path_factory.mktemp("speech") / "long.flac", samples)
    kept = Kept()
    return path, kept, await recognizer.recognize(audio_of(path), "en", kept, Told())


async def test_every_piece_keeps_its_time(long_speech: tuple[Path, Kept, Transcript]) -> None:
    _, kept, transcript = long_speech
    assert kept.writes > 1
    for turn in range(TURNS):
        offset_ms = turn * (len(speech_samples()) + len(PAUSE)) * 1000 // SAMPLE_RATE
        assert heard_of_spoken(transcript.words, within_ms=60, offset_ms=offset_ms) >= 0.95


async def test_goes_on_at_the_piece_where_it_was(
    recognizer: WhisperRecognizer,
    long_speech: tuple[Path, Kept, Transcript],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path, before, transcript = long_speech
    kept = Kept(dict(before.values))
    del kept.values[min(kept.values)]
    calls: list[Piece] = []
    real = module.Resident.call

    async def counted(
        self: module.Resident,
        work: object,
        model: object,
        audio: object,
        piece: Piece,
        *rest: object,
        **more: float,
    ) -> object:
        calls.append(piece)
        return await real(self, module.hear, model, audio, piece, *rest, **more)

    monkeypatch.setattr(module.Resident, "call", counted)
    again = await recognizer.recognize(audio_of(path), "en", kept, Told())
    assert again == transcript
    assert len(calls) == kept.writes == 1


async def test_it_says_who_speaks_what_with_capitals_and_stops(
    long_speech: tuple[Path, Kept, Transcript],
) -> None:
    _, _, transcript = long_speech
    assert transcript.punctuated
    first = [word.text for word in transcript.words[: len(SPOKEN)]]
    assert first[0] == "Welcome" and first[-1].rstrip(".") == "hour"
    assert any(word.endswith(".") for word in first)


@pytest.mark.parametrize("sound", [np.zeros, pink, white, hum, music, applause, laughter])
async def test_invents_no_words_where_nobody_speaks(
    recognizer: WhisperRecognizer, sound: object, tmp_path: Path
) -> None:
    assert callable(sound)
    path = write_flac(tmp_path / "sound.flac", (sound(12 * SAMPLE_RATE) * 3000).astype(np.int16))
    assert (await recognizer.recognize(audio_of(path), "en", Kept(), Told())).words == ()


async def test_invents_nothing_in_the_noise_after_speech(
    recognizer: WhisperRecognizer, tmp_path: Path
) -> None:
    noise = (pink(20 * SAMPLE_RATE) * 300).astype(np.int16)
    spoken = speech_samples() + noise[: len(speech_samples())]
    path = write_flac(tmp_path / "sound.flac", np.concatenate([noise, spoken, noise]))
    words = (await recognizer.recognize(audio_of(path), "en", Kept(), Told())).words
    assert len(words) == len(SPOKEN)
    assert words[0].start_ms == pytest.approx(20_000 + SPOKEN[0].start_ms, abs=60)
    assert words[-1].end_ms == pytest.approx(20_000 + SPOKEN[-1].end_ms, abs=100)


@pytest.mark.parametrize("level", [0.02, 3.0])
async def test_a_whisper_and_a_shout_are_heard_without_more(
    recognizer: WhisperRecognizer, level: float, tmp_path: Path
) -> None:
    loud = np.clip(speech_samples() * level, -32768, 32767).astype(np.int16)
    path = write_flac(tmp_path / "loud.flac", loud)
    words = (await recognizer.recognize(audio_of(path), "en", Kept(), Told())).words
    assert len(words) == pytest.approx(len(SPOKEN), abs=2)


SPANISH = "Una mujer enciende la lámpara del faro, y el barco de su padre se aleja de las rocas."


async def spanish() -> NDArray[np.int16]:
    """At 16 kHz, by Pico."""
    if importlib.util.find_spec("py_nanotts") is None:
        pytest.skip("Pico is not installed: make weights")
    voices = LocalVoices(PicoVoices())
    pico = next(voice.id for voice in voices.voices() if "es" in voice.languages)
    sound = sound_of(await voices.speak(SPANISH, "es", pico, None))
    voices.close()
    assert sound.rate == SAMPLE_RATE
    return sound.samples


def plain(text: str) -> list[str]:
    return [word.strip(".,").lower() for word in text.split()]


async def test_a_foreign_language_is_written_as_it_was_said(
    recognizer: WhisperRecognizer, tmp_path: Path
) -> None:
    """And not as words of the job's language that nobody has said."""
    path = write_flac(tmp_path / "spanish.flac", np.concatenate([PAUSE, await spanish(), PAUSE]))
    words = (await recognizer.recognize(audio_of(path), "en", Kept(), Told())).words
    assert {word.language for word in words} == {"es"}
    said = plain(" ".join(word.text for word in words))
    assert len(set(said) & set(plain(SPANISH))) >= 0.8 * len(set(plain(SPANISH)))
    voices = await SileroDetector().detect(path, lambda *_: None)
    for word in words:
        assert any(span.start_ms - 60 <= word.start_ms < span.end_ms for span in voices), word


async def test_of_two_languages_each_is_heard_in_its_own(
    recognizer: WhisperRecognizer, tmp_path: Path
) -> None:
    parts = [speech_samples(), PAUSE, await spanish(), PAUSE, speech_samples()]
    path = write_flac(tmp_path / "both.flac", np.concatenate(parts))
    words = (await recognizer.recognize(audio_of(path), "en", Kept(), Told())).words
    again_ms = sum(map(len, parts[:4])) * 1000 // SAMPLE_RATE
    for offset_ms in (0, again_ms):
        assert heard_of_spoken(words, within_ms=60, offset_ms=offset_ms) >= 0.85
    between = [word for word in words if word.language == "es"]
    assert len(between) == pytest.approx(len(SPANISH.split()), abs=3)
    assert len(words) == pytest.approx(2 * len(SPOKEN) + len(SPANISH.split()), abs=4)


async def test_a_model_that_is_another_is_refused(tmp_path: Path) -> None:
    """It is found out where it is loaded, and named with what to do."""
    installed_whisper()
    folder = tmp_path / "whisper-base"
    folder.mkdir()
    for file in (installed_weights() / "whisper-base").iterdir():
        (folder / file.name).symlink_to(file)
    (folder / "config.json").unlink()
    (folder / "config.json").write_text("{}")
    other = WhisperRecognizer(SileroDetector(), root=tmp_path)
    with pytest.raises(
        ProviderFailed, match=r"config\.json of whisper-base is not the one .*make weights"
    ) as failed:
        await other.recognize(audio_of(SPEECH), "en", Kept(), Told())
    other.close()
    assert not failed.value.retryable


def test_weights_are_held_to_their_hashes(tmp_path: Path) -> None:
    weights = Weights(
        "a-model", {"a.bin": "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"}
    )
    assert not weights.are_in(tmp_path)
    with pytest.raises(ProviderFailed, match="is missing"):
        weights.check(tmp_path)
    weights.folder(tmp_path).mkdir()
    (weights.folder(tmp_path) / "a.bin").write_text("a")
    assert weights.are_in(tmp_path)
    assert weights.check(tmp_path) == tmp_path / "a-model"
    (weights.folder(tmp_path) / "a.bin").write_text("b")
    with pytest.raises(ProviderFailed, match="is not the one that belongs here"):
        weights.check(tmp_path)


def test_without_the_weights_pocketsphinx_listens_and_says_so(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recognizer = local_recognizer(SileroDetector(), weights=tmp_path)
    assert isinstance(recognizer, PocketsphinxRecognizer)
    assert recognizer.name == "pocketsphinx, for want of Whisper"
    assert recognizer.languages() == {"en"}
    assert "make weights" in caplog.text


def test_without_any_engine_it_is_said_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("activities.local.listening.importlib.util.find_spec", lambda name: None)
    with pytest.raises(
        Misconfigured, match="Neither Whisper nor pocketsphinx is installed: run `make weights`"
    ):
        local_recognizer(SileroDetector(), weights=tmp_path)


def test_without_the_engine_pocketsphinx_listens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "activities.local.listening.importlib.util.find_spec", lambda name: name == "pocketsphinx" or None
    )
    assert isinstance(local_recognizer(SileroDetector()), PocketsphinxRecognizer)
    with pytest.raises(Misconfigured, match="faster-whisper is not installed"):
        local_recognizer(SileroDetector(), folder=tmp_path)


def test_a_folder_of_ones_own_wins_and_must_hold_a_model(tmp_path: Path) -> None:
    pytest.importorskip("faster_whisper", reason="faster-whisper is not installed: make weights")
    with pytest.raises(Misconfigured, match=r"WHISPER_MODEL is .*, which holds no model\.bin"):
        local_recognizer(SileroDetector(), folder=tmp_path)
    (tmp_path / "model.bin").write_bytes(b"not looked at yet")
    (tmp_path / "vocabulary.txt").write_text("word\n" * 51_864)
    own = local_recognizer(SileroDetector(), folder=tmp_path)
    assert own.name == "whisper" and own.languages() == {"en"}
    (tmp_path / "vocabulary.txt").write_text("word\n" * 51_865)
    other = local_recognizer(SileroDetector(), folder=tmp_path)
    assert other.languages() == LANGUAGES
    assert other.engine != own.engine


def test_languages_are_named_as_bcp_47_has_them() -> None:
    assert {"en", "es", "nb", "fil", "jv", "zh", "cy"} <= LANGUAGES
    assert "jw" not in LANGUAGES
    assert [whisper_code(code) for code in ("en-GB", "nb-NO", "fil", "cmn-Hans", "xx")] == [
        "en",
        "no",
        "tl",
        "zh",
        None,
    ]


def test_parts_of_a_word_are_one_word() -> None:
    def heard(*parts: str) -> list[Heard]:
        return [Heard(part.strip(), n, n + 1, 1 / (n + 1), part[0] != " ") for n, part in enumerate(parts)]

    joined = _whole(heard(" well", "-known", " by", " 20", "%"), "en")
    assert [(word.text, word.start_ms, word.end_ms) for word in joined] == [
        ("well-known", 0, 2),
        ("by", 2, 3),
        ("20%", 3, 5),
    ]
    assert joined[0].confidence == 0.5
    assert [word.text for word in _whole(heard("灯", "塔", "。"), "zh")] == ["灯", "塔。"]
