"""Which voices espeak-ng's data holds: one file a voice in `lang/<family>/`, of lines such as `language en-gb 2`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from schema.vtt.text import primary

_UNPLACED = 5
"""espeak-ng's own priority for a language that names none; lower is better."""
_UNREADABLE = frozenset({"ja"})
"""Languages whose everyday script espeak-ng spells out sign by sign (kanji) instead of reading it."""
_FEMALE = "+f2"


@dataclass(frozen=True, slots=True)
class VoiceFile:
    """One voice. `path` is what espeak-ng knows it by; `languages` are BCP 47 codes with their priority."""

    id: str
    path: str
    name: str
    gender: str
    languages: tuple[tuple[str, int], ...]

    def rank(self, language: str) -> tuple[int, int] | None:
        """How well it speaks `language`, lower is better; None if not at all."""
        ranks = [
            (int(code.lower() != language.lower()), priority)
            for code, priority in self.languages
            if language.lower() == code.lower() or primary(language) == primary(code)
        ]
        return min(ranks, default=None)


def read_voices(data: Path) -> list[VoiceFile]:
    """Every voice, and each again with a woman's formants, in order of id."""
    voices: list[VoiceFile] = []
    for file in sorted((data / "lang").glob("*/*")):
        voice = _read(data, file)
        if voice is not None:
            voices.append(voice)
            woman = VoiceFile(
                voice.id + _FEMALE, voice.path + _FEMALE, f"{voice.name}, female", "female", voice.languages
            )
            voices.append(woman)
    return sorted(voices, key=lambda voice: voice.id)


def _read(data: Path, file: Path) -> VoiceFile | None:
    fields = [line.split() for line in file.read_text(encoding="utf-8", errors="replace").splitlines()]
    name = next((" ".join(words[1:]) for words in fields if words[:1] == ["name"]), file.name)
    languages = tuple(
        (code, priority) for code, priority in _languages(fields) if primary(code) not in _UNREADABLE
    )
    dictionary = next((words[1] for words in fields if words[:1] == ["dictionary"] and len(words) > 1), None)
    if not languages or not (data / f"{dictionary or primary(languages[0][0])}_dict").exists():
        return None  # it could be listed, but not speak
    return VoiceFile(file.name, f"{file.parent.name}/{file.name}", name, "male", languages)


def _languages(fields: list[list[str]]) -> Iterator[tuple[str, int]]:
    for words in fields:
        if words[:1] == ["language"] and len(words) > 1:
            yield _canonical(words[1]), int(words[2]) if len(words) > 2 else _UNPLACED


def _canonical(code: str) -> str:
    """BCP 47's usual letters: `en-us` is `en-US`, `en-gb-x-rp` is `en-GB-x-rp`."""
    first, *rest = code.lower().split("-")
    parts = [first]
    for part in rest:
        private = "x" in parts
        region, script = len(part) == 2 and not private, len(part) == 4 and not private
        parts.append(part.upper() if region else part.title() if script else part)
    return "-".join(parts)
