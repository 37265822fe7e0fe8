"""Natural voices on this machine, by Kokoro: English, Spanish, French, Hindi, Italian and Brazilian Portuguese."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path

from activities.local.kokoro_model import STYLES_SHA256, VERSION, Model, speak_wav
from activities.local.resident import Resident
from activities.local.weights import KOKORO
from activities.ports import VoiceInfo
from schema.vtt.text import primary

_TIMEOUT_S = 300.0
"""Five minutes of speech take as long on one slow core."""
_LANGUAGES = {
    "a": ("en-US", "en"),
    "b": ("en-GB", "en"),
    "e": ("es",),
    "f": ("fr-FR", "fr"),
    "h": ("hi",),
    "i": ("it",),
    "p": ("pt-BR", "pt"),
}
"""By the first letter of a voice's id; the second is its gender."""
_VOICES = (
    *("af_heart", "af_bella", "am_michael", "am_fenrir", "am_puck", "bf_emma", "bf_isabella", "bm_george"),
    *("ef_dora", "em_alex", "ff_siwis", "hf_alpha", "hm_omega", "if_sara", "im_nicola", "pf_dora", "pm_alex"),
)
"""Of an accent the best one first."""
_BRITISH = frozenset({"gb", "au", "nz", "ie", "za", "in"})


class KokoroVoices:
    """The same text in the same voice gives the same bytes."""

    name = "kokoro"

    def __init__(self, root: Path, threads: int = 0) -> None:
        self._model = Model(str(root), threads or os.cpu_count() or 1)
        self._resident = Resident()
        model, styles = KOKORO.files["model.onnx"][:12], STYLES_SHA256[:12]
        self.engine = f"kokoro {model} {styles}, espeak-ng {version('espeakng-loader')}, {VERSION}"

    def voices(self) -> Sequence[VoiceInfo]:
        return [
            VoiceInfo(
                id=voice,
                name=voice[3:].title(),
                languages=_LANGUAGES[voice[0]],
                gender="female" if voice[1] == "f" else "male",
                draft=True,
                quality="natural",
            )
            for voice in _VOICES
        ]

    def best(self, language: str) -> str | None:
        code, _, region = language.lower().partition("-")
        if code == "en":
            return "bf_emma" if region in _BRITISH else "af_heart"
        return next((voice for voice in _VOICES if primary(_LANGUAGES[voice[0]][0]) == code), None)

    async def say(self, text: str, language: str, voice: str) -> bytes:
        """
        Raises:
            ProviderFailed: the model is another, there is nothing to say, or the process died.
        """
        return await self._resident.call(speak_wav, self._model, text, voice, language, timeout_s=_TIMEOUT_S)

    def close(self) -> None:
        self._resident.close()
