"""The local recogniser beside the one that stands in for it, the speech detector, and the voices heard back.

Aims are those of an idle machine; no test fails on a figure.
"""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.local.recognizer import PocketsphinxRecognizer
from activities.local.silero import SileroDetector
from activities.local.voices import LocalVoices, local_voices
from activities.local.whisper import WhisperRecognizer
from activities.media.probing.pcm import SAMPLE_RATE
from activities.media.probing.probe import Limits, probe
from activities.media.probing.speech_audio import extract_speech
from activities.media.sound.clips import measure_clip
from activities.ports import SpeechAudio, SpeechRecognizer
from schema.contracts.providers import knows
from schema.vtt import parse
from schema.vtt.words import Transcript
from tests.activities.contract.adapters import installed_weights, installed_whisper
from tests.activities.contract.support import (
    SPEECH,
    SPOKEN,
    Kept,
    Told,
    audio_of,
    speech_samples,
    write_flac,
)
from tests.benchmarks.conftest import Compare
from tests.benchmarks.errors import precision_and_recall, stretches, time_errors, word_error_rate
from tests.long.films import SAMPLE_FILM
from tests.made_sounds import pink

pytestmark = pytest.mark.bench

SAID = {
    "en": "A young girl puts a lantern in the window, and her father turns the boat away from the rocks.",
    "es": "Una niña pone una lámpara en la ventana, y su padre aleja el barco de las rocas.",
    "fr": "Une jeune fille pose une lanterne à la fenêtre, et son père éloigne le bateau des rochers.",
    "it": "Una ragazza mette una lanterna alla finestra, e suo padre allontana la barca dagli scogli.",
    "pt": "Uma menina põe uma lanterna na janela, e o pai afasta o barco das rochas.",
    "hi": "एक छोटी लड़की खिड़की में लालटेन रखती है, और उसके पिता नाव को चट्टानों से दूर ले जाते हैं।",
    "de": "Ein Mädchen stellt eine Laterne in das Fenster, und ihr Vater lenkt das Boot von den Felsen weg.",
}


class Cost:
    """CPU seconds of child processes that have ended."""

    seconds = 0.0


@contextmanager
def cost() -> Iterator[Cost]:
    spent, before = Cost(), os.times()
    yield spent
    after = os.times()
    spent.seconds = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


async def words_of(recognizer: SpeechRecognizer, audio: SpeechAudio, language: str = "en") -> Transcript:
    """Without what it keeps loaded for the next, so that its cost is known."""
    heard = await recognizer.recognize(audio, language, Kept(), Told())
    if isinstance(recognizer, WhisperRecognizer):
        recognizer.close()
    return heard


def text_of(transcript: Transcript) -> str:
    return " ".join(word.text for word in transcript.words)


async def test_words_of_the_sample(ratio: Compare, tmp_path: Path) -> None:
    flac = tmp_path / "sample.flac"
    extract_speech(SAMPLE_FILM, probe(SAMPLE_FILM, Limits()), flac)
    audio = audio_of(flac)
    captions = (SAMPLE_FILM.parent / "captions.en.vtt").read_text(encoding="utf-8")
    said = " ".join(cue.plain for cue in parse(captions).document.cues)
    figures: dict[str, tuple[float, float]] = {}
    for recognizer in (PocketsphinxRecognizer(), installed_whisper(threads=0)):
        with cost() as spent:
            heard = await words_of(recognizer, audio)
        figures[recognizer.name] = (word_error_rate(said, text_of(heard)), spent.seconds)
        print(f"  {recognizer.name}: WER {figures[recognizer.name][0]:.3f}, {spent.seconds:.1f} CPU s")
    (old, old_s), (new, new_s) = figures.values()
    print(f"  largest child: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024} MiB")
    ratio("WER of the sample, to pocketsphinx's", new, max(old, 1e-9), "")
    ratio("WER of the sample", new, 1.0, "", at_most=0.02)
    ratio("CPU of the sample, to pocketsphinx's", new_s, old_s)
    ratio("CPU of the sample, to its length", new_s, audio.duration_ms / 1000, at_most=0.16)


async def test_times_of_words(ratio: Compare) -> None:
    for recognizer in (PocketsphinxRecognizer(), installed_whisper(threads=0)):
        off = time_errors(SPOKEN, (await words_of(recognizer, audio_of(SPEECH))).words)
        print(f"  {recognizer.name}: {off}")
        ratio(f"word times, 9 in 10 ({recognizer.name})", off.of_nine_tenths, 1, "ms", at_most=60)


ASKED = "And so, my fellow Americans, ask not what your country can do for you, ask what you can do for your country."
SPEAKS = Path(__file__).with_name("kennedy_1961.mp3")
"""Eleven seconds of President Kennedy's inaugural address: in the public domain, as a work of the government of the
United States."""


def real_speech() -> NDArray[np.int16]:
    with av.open(str(SPEAKS)) as file:
        shaped = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        frames = [part for frame in file.decode(audio=0) for part in shaped.resample(frame)]
        frames += shaped.resample(None)
    return np.concatenate([frame.to_ndarray().reshape(-1) for frame in frames])


@pytest.mark.parametrize("noise_db", [None, 10, 0])
async def test_words_of_a_real_speech(noise_db: int | None, ratio: Compare, tmp_path: Path) -> None:
    speech = real_speech().astype(np.float64)
    if noise_db is not None:
        speech += pink(len(speech)) * np.sqrt(np.square(speech).mean()) * 10 ** (-noise_db / 20)
    path = write_flac(tmp_path / "speech.flac", np.clip(speech, -32768, 32767).astype(np.int16))
    wrong = {}
    for recognizer in (PocketsphinxRecognizer(), installed_whisper(threads=0)):
        heard = text_of(await words_of(recognizer, audio_of(path)))
        wrong[recognizer.name] = word_error_rate(ASKED, heard)
    old, new = wrong.values()
    name = "clean" if noise_db is None else f"{noise_db} dB of noise"
    ratio(f"WER of a real speech, {name}, to pocketsphinx's", new, max(old, 1e-9), "")


@pytest.mark.parametrize("noise_db", [None, 10, 0])
async def test_speech_that_is_found(noise_db: int | None, ratio: Compare, tmp_path: Path) -> None:
    second = np.zeros(SAMPLE_RATE * 3)
    sound = np.concatenate([second, speech_samples().astype(np.float64), second])
    if noise_db is not None:
        level = np.sqrt(np.square(speech_samples().astype(np.float64)).mean()) * 10 ** (-noise_db / 20)
        sound += pink(len(sound)) * level
    path = write_flac(tmp_path / "sound.flac", np.clip(sound, -32768, 32767).astype(np.int16))
    found = await SileroDetector().detect(path, lambda *_: None)
    true = [(start + 3000, end + 3000) for start, end in stretches(SPOKEN)]
    precision, recall = precision_and_recall(true, [(span.start_ms, span.end_ms) for span in found])
    name = "clean" if noise_db is None else f"{noise_db} dB of noise"
    ratio(f"speech that is found, {name}", recall, 1, "", at_least=0.98 if noise_db is None else 0.95)
    ratio(f"found that is speech, {name}", precision, 1, "")


def _asked(voices: LocalVoices) -> Iterator[tuple[str, str]]:
    """The first voice of each make for each language."""
    seen = set()
    for language in SAID:
        for voice in voices.voices():
            speaker = voices.speaker(language, voice.id).name if knows(voice.languages, language) else None
            if speaker and (speaker, language) not in seen:
                seen.add((speaker, language))
                yield language, voice.id


async def test_voices_heard_back(ratio: Compare, tmp_path: Path) -> None:
    recognizer, voices = installed_whisper(threads=0), local_voices(installed_weights())
    for language, voice in _asked(voices):
        name = f"{voices.speaker(language, voice).name} {voice}"
        with cost() as spent:
            clip = measure_clip(await voices.speak(SAID[language], language, voice, None), SAMPLE_RATE)
            voices.close()
        path = tmp_path / f"{language}-{voice}.flac"
        path.write_bytes(clip.flac)
        heard = text_of(await words_of(recognizer, audio_of(path), language))
        seconds = clip.length / clip.rate
        pace = len(SAID[language].split()) * 60 / seconds
        print(f"  {language} {name}: {pace:.0f} words a minute, {clip.lufs} LUFS, heard {heard!r}")
        ratio(f"heard back wrong, {language}, {name}", word_error_rate(SAID[language], heard), 1, "")
        ratio(f"CPU with its start, {language}, {name}", spent.seconds, seconds)
