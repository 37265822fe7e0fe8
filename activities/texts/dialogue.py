"""The lines of a cue as a translator takes them. Line breaks are part of captioning, not of the text."""

from __future__ import annotations

import re

from schema.vtt.markup import opens_with_dash
from schema.vtt.text import split_spaces

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def split_speakers(text: str) -> list[str]:
    """The parts of the text that are translated separately. Lines are joined, except those that a dash opens."""
    parts: list[str] = []
    for line in text.splitlines():
        words = " ".join(split_spaces(_CONTROL.sub(" ", line)))
        if parts and not opens_with_dash(words):
            parts[-1] = f"{parts[-1]} {words}".strip()
        else:
            parts.append(words)
    return parts or [""]
