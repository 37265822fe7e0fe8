"""Every adapter of each port, ready to be used: what the contract suites run over.

The local ones work; Google's run as they are, through Google's own client libraries, against local servers that speak
their protocols. An adapter that this machine cannot run is skipped with what it lacks, by name.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from activities.chat.client import ChatClient
from activities.chat.describer import ChatDescriber
from activities.google.describer import GeminiDescriber
from activities.google.gemini_voice import GeminiVoice
from activities.google.recognizer import GoogleRecognizer
from activities.google.translator import GeminiTranslator
from activities.google.voice import GoogleVoice
from activities.local.kokoro import KokoroVoices
from activities.local.pico import PicoVoices
from activities.local.recognizer import PocketsphinxRecognizer
from activities.local.sight import LocalDescriber
from activities.local.silero import SileroDetector
from activities.local.translator import ApertiumTranslator
from activities.local.voice import EspeakVoice
from activities.local.voices import LocalVoices
from activities.local.weights import KOKORO, WHISPER, weights_folder
from activities.local.whisper import WhisperRecognizer
from activities.ports import Describer, SpeechRecognizer, Translator, Voice
from deploy.local.google import phrasebook
from deploy.local.google.gemini import FakeGemini
from deploy.local.google.speech import FakeSpeech, File
from deploy.local.google.text_to_speech import FakeTextToSpeech
from tests.activities.contract.support import (
    AUDIO,
    GEMINI,
    GEMINI_SPEECH,
    SPEECH_MODEL,
    SPEECH_SHA256,
    SPOKEN,
    VOICE_FAMILY,
)
from tests.fakes.openai_chat import KEY, FakeChat


@asynccontextmanager
async def pocketsphinx() -> AsyncIterator[SpeechRecognizer]:
    yield PocketsphinxRecognizer(processes=2)


@asynccontextmanager
async def whisper() -> AsyncIterator[SpeechRecognizer]:
    yield installed_whisper()


def installed_weights() -> Path:
    """Where set-up has put them, as the settings have it."""
    chosen = os.environ.get("INSTALLED_WEIGHTS")
    return weights_folder(Path(chosen) if chosen else None)


def installed_whisper(threads: int = 2) -> WhisperRecognizer:
    """As set-up has obtained it."""
    root = installed_weights()
    if importlib.util.find_spec("faster_whisper") is None or not WHISPER.are_in(root):
        pytest.skip("Whisper is not installed: make weights")
    return WhisperRecognizer(SileroDetector(), root=root, threads=threads)


class _Bucket(dict[str, File]):
    """Every file that a test has made; the service takes a twentieth of its length."""

    def __missing__(self, uri: str) -> File:
        audio = AUDIO[uri]
        spoken = [(word.text, word.start_ms, word.end_ms) for word in SPOKEN]
        return File(spoken if audio.sha256 == SPEECH_SHA256 else [], takes_s=audio.duration_ms / 20_000)


@asynccontextmanager
async def google_speech() -> AsyncIterator[SpeechRecognizer]:
    async with FakeSpeech(files=_Bucket()).client() as client:
        yield GoogleRecognizer(client, "a-project", "europe-west4", SPEECH_MODEL, poll_s=0.02)


RECOGNIZERS: dict[str, Callable[[], AbstractAsyncContextManager[SpeechRecognizer]]] = {
    "pocketsphinx": pocketsphinx,
    "whisper": whisper,
    "google-speech": google_speech,
}


@asynccontextmanager
async def apertium() -> AsyncIterator[Translator]:
    translator = ApertiumTranslator()
    if ("en", "es") not in translator.pairs():
        pytest.skip("Apertium's pair eng-spa is not installed: apt-get install apertium apertium-eng-spa")
    yield translator


@asynccontextmanager
async def gemini_translator() -> AsyncIterator[Translator]:
    async with FakeGemini(answer=phrasebook.answer, delay_s=0.02).client() as client:
        yield GeminiTranslator(client, GEMINI)


TRANSLATORS: dict[str, Callable[[], AbstractAsyncContextManager[Translator]]] = {
    "apertium": apertium,
    "gemini": gemini_translator,
}


@asynccontextmanager
async def local_sight() -> AsyncIterator[Describer]:
    yield LocalDescriber()


@asynccontextmanager
async def gemini_describer() -> AsyncIterator[Describer]:
    async with FakeGemini(answer=watched, delay_s=0.02).client() as client:
        yield GeminiDescriber(client, GEMINI)


@asynccontextmanager
async def chat_describer() -> AsyncIterator[Describer]:
    fake = FakeChat(answer=lambda question: json.dumps({"answers": watched("", question)}))
    async with fake.serving() as url:
        yield ChatDescriber(ChatClient(url, "a-model", KEY), "a-model")


def watched(instruction: str, question: dict[str, Any]) -> list[dict[str, Any]]:
    """A sentence for every second scene."""
    return [
        {
            "id": scene["id"],
            "description": f"A bar moves for {scene['end'] - scene['start']:.0f} seconds."
            if number % 2
            else None,
            "on_screen_text": [],
            "note": None if number % 2 else "Too dark to tell.",
            "confidence": 0.9,
        }
        for number, scene in enumerate(question["scenes"])
    ]


DESCRIBERS: dict[str, Callable[[], AbstractAsyncContextManager[Describer]]] = {
    "local": local_sight,
    "gemini": gemini_describer,
    "chat": chat_describer,
}


@asynccontextmanager
async def espeak() -> AsyncIterator[Voice]:
    voice = EspeakVoice()
    yield voice
    voice.close()


@asynccontextmanager
async def local_voices() -> AsyncIterator[Voice]:
    if importlib.util.find_spec("py_nanotts") is None:
        pytest.skip("Pico is not installed: make weights")
    voices = LocalVoices(PicoVoices(), EspeakVoice())
    yield voices
    voices.close()


def installed_kokoro(threads: int = 2) -> KokoroVoices:
    """As set-up has obtained it."""
    root = installed_weights()
    if not KOKORO.are_in(root):
        pytest.skip("Kokoro is not installed: make weights")
    return KokoroVoices(root, threads)


@asynccontextmanager
async def google_tts() -> AsyncIterator[Voice]:
    async with FakeTextToSpeech().client() as client:
        yield GoogleVoice(client, VOICE_FAMILY)


@asynccontextmanager
async def gemini_tts() -> AsyncIterator[Voice]:
    async with FakeGemini().client() as client:
        yield GeminiVoice(client, GEMINI_SPEECH)


VOICES: dict[str, Callable[[], AbstractAsyncContextManager[Voice]]] = {
    "espeak-ng": espeak,
    "local": local_voices,
    "google-tts": google_tts,
    "gemini-tts": gemini_tts,
}
