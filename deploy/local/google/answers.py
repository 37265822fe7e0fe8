"""The answers of the simulated model: human-written texts for the sample film, placeholders for any other."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from deploy.local import sample as film
from schema.vtt import Document, parse

Json = dict[str, Any]
_SAMPLE = Path(film.__file__).parent
_VOWELS = str.maketrans("aeiouAEIOU", "áéíóúÁÉÍÓÚ")


def is_sample(size_bytes: int) -> bool:
    """Whether an object of this size is assumed to be the sample film."""
    return size_bytes == (_SAMPLE / "sample.mp4").stat().st_size


@cache
def _script() -> Document:
    return parse((_SAMPLE / "ad.en.vtt").read_text(encoding="utf-8")).document


def scenes(question: Json, offset_s: float, *, sample: bool) -> list[Json]:
    """For each scene, the sample's script at its time; for another film, the time."""
    return [_scene(scene, offset_s, sample=sample) for scene in question["scenes"]]


def _scene(scene: Json, offset_s: float, *, sample: bool) -> Json:
    start, end = (round((offset_s + scene[edge]) * 1000) for edge in ("start", "end"))
    if sample:
        told = [cue.plain for cue in _script().cues if start <= (cue.start_ms + cue.end_ms) // 2 < end]
        description = " ".join(told).replace("\n", " ") or None
        note = None
    else:
        description = f"A scene of {max(1, round((end - start) / 1000))} seconds."
        note = "Simulated: nobody has looked at it."
    return {
        "id": scene["id"],
        "description": description,
        "on_screen_text": [],
        "note": note,
        "confidence": 0.9,
    }


def script(question: Json) -> list[Json]:
    """One answer per scene: as it was seen, in the first of its gaps, or over a pause if it has none."""
    made: list[Json] = []
    for scene in question["scenes"]:
        seen, gap = scene.get("seen"), next(iter(scene["gaps"]), None)
        made.append(
            {
                "id": scene["id"],
                "description": seen,
                "gap": gap if seen else None,
                "pause": bool(seen and gap is None and question["pauses"]),
                "names": [],
                "note": None,
            }
        )
    return made


def sounds(question: Json, seconds: Sequence[float]) -> list[Json]:
    """For each stretch, its length: the simulation does not listen."""
    return [
        {"id": id_, "sound": f"sound for {max(1, round(length))} seconds", "lasting": True, "confidence": 0.9}
        for id_, length in zip(question["stretches"], seconds, strict=True)
    ]


def pseudo(text: str) -> str:
    """Pseudo-localisation: the same words, visibly altered."""
    return text.translate(_VOWELS)
