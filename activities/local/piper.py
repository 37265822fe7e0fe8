"""Your own voices on this machine (VOICES): a folder with Piper's `NAME.onnx` and `NAME.onnx.json`."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import espeakng_loader

from activities.local.espeak_data import VoiceFile, read_voices
from activities.local.piper_model import VERSION, Model, speak_wav
from activities.local.resident import Resident
from activities.ports import VoiceInfo
from schema import objects
from schema.errors import Misconfigured
from schema.vtt.text import primary

_TIMEOUT_S = 300.0
"""Five minutes of speech take a fraction of it."""
_SPELT, _SOUNDED = "text", "espeak"
"""What a voice reads: letters, or espeak-ng's phonemes."""
_SMALL = frozenset({"x_low", "low"})


class PiperVoices:
    """The same text in the same voice gives the same bytes."""

    name = "piper"

    def __init__(self, folder: Path, threads: int = 0) -> None:
        """
        Raises:
            Misconfigured: the folder holds no voice, or one that cannot be read.
        """
        self._models = dict(_models(folder, threads or os.cpu_count() or 1))
        if not self._models:
            raise Misconfigured(
                f"VOICES is {folder}, which holds no voice of Piper: NAME.onnx with NAME.onnx.json."
            )
        self._resident = Resident()
        content = objects.hash_of([(name, *_content(model)) for name, (_, model) in self._models.items()])
        self.engine = f"piper {content[:12]}, espeak-ng {version('espeakng-loader')}, {VERSION}"

    def voices(self) -> Sequence[VoiceInfo]:
        return [voice for voice, _ in self._models.values()]

    def best(self, language: str) -> str | None:
        """One of the region, or else one of the language."""
        fitting = [voice for voice in self.voices() if primary(voice.languages[0]) == primary(language)]
        fitting.sort(key=lambda voice: voice.languages[0].lower() != language.lower())
        return fitting[0].id if fitting else None

    async def say(self, text: str, language: str, voice: str) -> bytes:
        """
        Raises:
            ProviderFailed: the voice has vanished or is none, there is nothing to say, or the process died.
        """
        _, model = self._models[voice]
        return await self._resident.call(speak_wav, model, text, language, timeout_s=_TIMEOUT_S)

    def close(self) -> None:
        self._resident.close()


def _models(folder: Path, threads: int) -> Iterator[tuple[str, tuple[VoiceInfo, Model]]]:
    """
    Raises:
        Misconfigured: a voice's JSON is none of Piper's.
    """
    spoken = [voice for voice in read_voices(Path(espeakng_loader.get_data_path())) if voice.gender == "male"]
    for file in sorted(folder.glob("*.onnx")):
        described = file.with_name(f"{file.name}.json")
        if not described.is_file():
            raise Misconfigured(f"{file} of VOICES has no {described.name} beside it.")
        try:
            yield file.stem, _read(file, json.loads(described.read_text(encoding="utf-8")), spoken, threads)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise Misconfigured(f"{described} of VOICES is not as Piper writes it: {error!r}.") from None


def _read(
    file: Path, told: dict[str, dict[str, object]], spoken: Sequence[VoiceFile], threads: int
) -> tuple[VoiceInfo, Model]:
    kind = str(told.get("phoneme_type", _SOUNDED))
    if kind not in (_SPELT, _SOUNDED):
        raise ValueError(f"phoneme_type {kind}")
    reader = str(told["espeak"]["voice"])
    language = str(told.get("language", {}).get("code", reader)).replace("_", "-")
    audio = told["audio"]
    info = VoiceInfo(
        id=file.stem,
        name=str(told.get("dataset") or file.stem),
        languages=tuple(dict.fromkeys([language, primary(language)])),
        draft=True,
        quality="compact" if audio.get("quality") in _SMALL else "natural",
    )
    model = Model(
        path=str(file),
        rate=int(str(audio["sample_rate"])),
        reader=_espeak_voice(reader, spoken) if kind == _SOUNDED else None,
        pace=float(str(told.get("inference", {}).get("length_scale", 1.0))),
        numbers=tuple(
            (sign, tuple(int(number) for number in numbers))  # type: ignore[attr-defined]
            for sign, numbers in told["phoneme_id_map"].items()
        ),
        speakers=int(str(told.get("num_speakers") or 1)),
        threads=threads,
    )
    return info, model


def _espeak_voice(name: str, spoken: Sequence[VoiceFile]) -> str:
    """What our espeak-ng calls the voice that Piper's calls `name`, such as `en-us`."""
    ranked = [(rank, voice.path) for voice in spoken if (rank := voice.rank(name)) is not None]
    if not ranked:
        raise ValueError(f"espeak-ng has no {name}")
    return min(ranked)[1]


def _content(model: Model) -> tuple[int, int]:
    """What tells one voice from another of its name without reading all of it."""
    file = Path(model.path)
    return file.stat().st_size, file.with_name(f"{file.name}.json").stat().st_size
