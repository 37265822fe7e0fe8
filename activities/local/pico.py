"""Small voices on this machine, by SVOX Pico: German's best, and the quickest for five languages."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version

import numpy as np

from activities.local.resident import Resident
from activities.ports import VoiceInfo
from activities.texts.wav import wav_of
from schema.errors import ProviderFailed

_TIMEOUT_S = 60.0
_RATE = 16_000
_PREFIX = "pico-"
_LOCALES = ("de-DE", "en-GB", "en-US", "es-ES", "fr-FR", "it-IT")
_AND = {"de": "und", "en": "and", "es": "y", "fr": "et", "it": "e"}
_NO_COMMANDS = str.maketrans("<>", "  ")
"""To Pico <speed level="50"> is a command, and &amp; a sign."""
_VERSION = 3
"""Version of the output. Raise it when this module speaks differently."""


class PicoVoices:
    """The same text in the same voice gives the same bytes."""

    name = "pico"

    def __init__(self) -> None:
        self._resident = Resident()
        self.engine = f"pico {version('py-nanotts')}, {_VERSION}"

    def voices(self) -> Sequence[VoiceInfo]:
        return [
            VoiceInfo(
                id=_PREFIX + locale,
                name=f"Pico {locale}",
                languages=(locale, locale[:2]),
                gender="female",
                draft=True,
                quality="compact",
            )
            for locale in _LOCALES
        ]

    def best(self, language: str) -> str | None:
        """German's alone: the others have a better one, and this may be asked for."""
        return "pico-de-DE" if language.lower().split("-")[0] == "de" else None

    async def say(self, text: str, language: str, voice: str) -> bytes:
        """
        Raises:
            ProviderFailed: there is nothing to say, or the process died.
        """
        return await self._resident.call(_speak, text, voice.removeprefix(_PREFIX), timeout_s=_TIMEOUT_S)

    def close(self) -> None:
        self._resident.close()


def _speak(text: str, locale: str) -> bytes:
    import py_nanotts

    said = text.translate(_NO_COMMANDS).replace("&", f" {_AND[locale[:2]]} ")
    samples = py_nanotts.NanoTTS().speak(said, voice=locale)
    if not np.frombuffer(samples, "<i2").any():
        raise ProviderFailed(f"Pico can say nothing of {text!r}.", retryable=False)
    return wav_of(samples, _RATE)
