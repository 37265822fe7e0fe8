"""Every adapter of each port, ready to be used: what the contract suites run over.

An adapter that this machine cannot run is skipped with what it lacks, by name.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from activities.local.recognizer import PocketsphinxRecognizer
from activities.local.translator import ApertiumTranslator
from activities.local.voice import EspeakVoice
from activities.ports import SpeechRecognizer, Translator, Voice


@asynccontextmanager
async def pocketsphinx() -> AsyncIterator[SpeechRecognizer]:
    yield PocketsphinxRecognizer(processes=2)


RECOGNIZERS: dict[str, Callable[[], AbstractAsyncContextManager[SpeechRecognizer]]] = {
    "pocketsphinx": pocketsphinx,
}


@asynccontextmanager
async def apertium() -> AsyncIterator[Translator]:
    translator = ApertiumTranslator()
    if ("en", "es") not in translator.pairs():
        pytest.skip("Apertium's pair eng-spa is not installed: apt-get install apertium apertium-eng-spa")
    yield translator


TRANSLATORS: dict[str, Callable[[], AbstractAsyncContextManager[Translator]]] = {
    "apertium": apertium,
}


@asynccontextmanager
async def espeak() -> AsyncIterator[Voice]:
    voice = EspeakVoice()
    yield voice
    voice.close()


VOICES: dict[str, Callable[[], AbstractAsyncContextManager[Voice]]] = {
    "espeak-ng": espeak,
}
