"""Every voice of this machine as one provider. The most natural one is the default."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from activities.local.read_aloud import readable
from activities.local.voice import EspeakVoice
from activities.local.weights import KOKORO, weights_folder
from activities.ports import Speaker, VoiceInfo
from schema.contracts.providers import knows
from schema.errors import ProviderFailed
from schema.vtt.text import has_letters

_log = logging.getLogger(__name__)


class Engine(Protocol):
    """A family of voices."""

    name: str
    engine: str

    def voices(self) -> Sequence[VoiceInfo]: ...

    def best(self, language: str) -> str | None:
        """The voice of this family for requests without a voice; None if another family has a better one, or none
        exists."""
        ...

    async def say(self, text: str, language: str, voice: str) -> bytes: ...

    def close(self) -> None: ...


class LocalVoices:
    """`engines` in order of preference. The same text in the same voice gives the same bytes."""

    name = "local"
    is_draft = True

    def __init__(self, *engines: Engine) -> None:
        self._engines = engines

    def voices(self) -> Sequence[VoiceInfo]:
        return [voice for engine in self._engines for voice in engine.voices()]

    def models(self) -> Sequence[str]:
        return ()

    def languages(self) -> frozenset[str]:
        return frozenset(code for voice in self.voices() for code in voice.languages)

    def speaker(self, language: str, voice: str | None) -> Speaker:
        engine, chosen = self._choose(language, voice)
        return Speaker(engine.name, f"{engine.engine}, {chosen}")

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        """One description as mono 16-bit WAV. Without `voice` the language's best one speaks.

        Raises:
            ProviderFailed: the language, voice or model is not one of ours, or there is nothing to say.
        """
        if model is not None:
            raise ProviderFailed(f"The local voices have no models, so there is no {model}.", retryable=False)
        if not has_letters(text):
            raise ProviderFailed(f"There is nothing to say in {text!r}.", retryable=False)
        engine, chosen = self._choose(language, voice)
        return await engine.say(readable(text, language), language, chosen)

    def _choose(self, language: str, voice: str | None) -> tuple[Engine, str]:
        if voice is None:
            for engine in self._engines:
                if best := engine.best(language):
                    return engine, best
            raise ProviderFailed(f"No voice here speaks {language}.", retryable=False)
        fitting = {
            each.id: engine
            for engine in self._engines
            for each in engine.voices()
            if knows(each.languages, language)
        }
        if voice not in fitting:
            there = ", ".join(fitting) or "none"
            raise ProviderFailed(
                f"There is no voice {voice} for {language}; there is {there}.", retryable=False
            )
        return fitting[voice], voice

    def close(self) -> None:
        """End the processes that speak; a later call starts others."""
        for engine in self._engines:
            engine.close()


def local_voices(weights: Path | None = None, threads: int = 0, folder: Path | None = None) -> LocalVoices:
    """Those that are installed; espeak-ng always is. `folder` has voices of somebody's own (VOICES).

    Raises:
        Misconfigured: `folder` is named, and holds no voice, or one that cannot be read.
    """
    engines: list[Engine] = []
    if folder is not None:
        from activities.local.piper import PiperVoices

        engines.append(PiperVoices(folder, threads))
    root = weights_folder(weights)
    if KOKORO.are_in(root):
        from activities.local.kokoro import KokoroVoices

        engines.append(KokoroVoices(root, threads))
    else:
        _log.warning("Kokoro is not installed, so espeak-ng speaks: run `make weights`.")
    if importlib.util.find_spec("py_nanotts") is not None:
        from activities.local.pico import PicoVoices

        engines.append(PicoVoices())
    return LocalVoices(*engines, EspeakVoice())
