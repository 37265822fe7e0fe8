"""Text to speech on this machine, by espeak-ng: many languages, plainly a machine's voice."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import espeakng_loader

from activities.local.espeak import speak_wav
from activities.local.espeak_data import VoiceFile, read_voices
from activities.local.resident import Resident
from activities.ports import Speaker, VoiceInfo
from schema.errors import ProviderFailed
from schema.vtt.text import has_letters, primary

_VERSION = 2
"""Raise it when this module or its settings speak otherwise."""
_TIMEOUT_S = 60.0
"""A minute of speech takes half a second."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
"""espeak-ng takes control characters for commands."""


class EspeakVoice:
    """The same text in the same voice gives the same bytes."""

    name = "espeak-ng"
    is_draft = True

    def __init__(self) -> None:
        self._resident = Resident()
        self.engine = f"espeak-ng {version('espeakng-loader')}, {_VERSION}"

    @cached_property
    def _voices(self) -> dict[str, VoiceFile]:
        return {voice.id: voice for voice in read_voices(Path(espeakng_loader.get_data_path()))}

    def voices(self) -> Sequence[VoiceInfo]:
        return [
            VoiceInfo(voice.id, voice.name, _codes(voice), voice.gender, draft=True, quality="formant")
            for voice in self._voices.values()
        ]

    def models(self) -> Sequence[str]:
        return ()

    def languages(self) -> frozenset[str]:
        return frozenset(code for voice in self._voices.values() for code in _codes(voice))

    def speaker(self, language: str, voice: str | None) -> Speaker:
        return Speaker(self.name, f"{self.engine}, {self._voice(language, voice).id}")

    def best(self, language: str) -> str | None:
        """The voice for whoever names none; None where nobody speaks the language."""
        ranked = self._ranked(language)
        return min(ranked, key=lambda each: (ranked[each], each)) if ranked else None

    async def say(self, text: str, language: str, voice: str) -> bytes:
        return await self.speak(text, language, voice, None)

    async def speak(self, text: str, language: str, voice: str | None, model: str | None) -> bytes:
        """One description as mono 16-bit WAV at 22,050 Hz. Without `voice` the language's best one speaks.

        Raises:
            ProviderFailed: the language, voice or model is not one of ours, or there is nothing to say.
        """
        if model is not None:
            raise ProviderFailed(f"espeak-ng has no models, so there is no {model}.", retryable=False)
        spoken = _CONTROL.sub(" ", text).strip()
        if not has_letters(spoken):
            raise ProviderFailed(f"There is nothing to say in {text!r}.", retryable=False)
        file = self._voice(language, voice)
        return await self._resident.call(speak_wav, spoken, file.path, timeout_s=_TIMEOUT_S)

    def _voice(self, language: str, voice: str | None) -> VoiceFile:
        ranked = self._ranked(language)
        voice = voice or self.best(language)
        if voice is None:
            raise ProviderFailed(f"espeak-ng does not speak {language}.", retryable=False)
        if voice not in ranked:
            raise ProviderFailed(
                f"espeak-ng has no voice {voice} for {language}; there is {', '.join(ranked)}.",
                retryable=False,
            )
        return self._voices[voice]

    def _ranked(self, language: str) -> dict[str, tuple[int, int]]:
        return {file.id: rank for file in self._voices.values() if (rank := file.rank(language)) is not None}

    def close(self) -> None:
        """End the process that speaks; a later call starts another."""
        self._resident.close()


def _codes(voice: VoiceFile) -> tuple[str, ...]:
    """Its languages, and what they are regions of: `en` stands for all of `en-*`."""
    codes = [code for code, _ in voice.languages]
    return tuple(dict.fromkeys([*codes, *(primary(code) for code in codes)]))
