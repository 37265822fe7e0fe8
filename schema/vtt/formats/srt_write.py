"""Writes SubRip (SRT) as every player shows it."""

from __future__ import annotations

import re

from schema.vtt.colors import color_of
from schema.vtt.cues import Cue, Document
from schema.vtt.formats.lost import Holds, Written, lost_of, unheld
from schema.vtt.markup import dashed, tokens, unescape, voices
from schema.vtt.timestamps import format_timestamp

_PLACES = {"top": "{\\an8}", "middle": "{\\an5}"}
_HOLDS = Holds("SRT", frozenset("ibu"), frozenset({"line"}), lambda name: color_of(name) is not None)
_NAMED = ": "
_OPENING_DASH = re.compile(r"\s*-+(?![-0-9])\s*")
"""No minus."""
_OVERRIDE, _NO_OVERRIDE = "{\\", "{\u2060\\"
"""What players hide up to the next `}`; with a word joiner they show it."""
_LESS = "\0"
"""Stands for a `<` of the text, which a Document never holds, until it is known what follows."""
_BEFORE_A_NAME = re.compile(rf"{_LESS}(?=[A-Za-z/])")


def write_srt(document: Document) -> Written:
    """Numbered from 1. Speakers are written before their text where they change, for SRT has no voices; what is at
    the top or in the middle stays there; readings of ruby stand in parentheses. What SRT cannot hold is told by cue."""
    lost = unheld(document, _HOLDS)
    blocks: list[str] = []
    speaker: str | None = None
    for number, cue in enumerate(document.in_order().cues, 1):
        start, end = (format_timestamp(ms, ",") for ms in (cue.start_ms, cue.end_ms))
        text, speaker = shown_text(cue, speaker)
        if "-->" in cue.plain:
            lost.append(lost_of(number, cue, "an arrow in the text was written as →"))
        blocks.append(f"{number}\n{start} --> {end}\n{_PLACES.get(cue.place, '')}{text}\n")
    return Written("\n".join(blocks).encode(), tuple(lost))


def shown_text(cue: Cue, speaker: str | None) -> tuple[str, str | None]:
    """The text, and who speaks at its end: nobody that is known where no voice is named."""
    text = dashed(cue.text)
    parts: list[str] = []
    fonts: list[str] = []
    reading = False
    unnamed: tuple[int, str] | None = None  # where the name of who begins goes, once something is said
    speaker = speaker if voices(text) else None
    for token in tokens(text):
        match token.kind, token.name:
            case "text", _:
                if unnamed and token.raw.strip():
                    place, speaker = unnamed
                    parts[place] = f"{speaker}{_NAMED}"
                    unnamed = None
                parts.append(_said(parts, unescape(token.raw).replace("<", _LESS)))
            case "start", "v":
                unnamed = (len(parts), token.annotation) if token.annotation != speaker else None
                parts.append("")
            case "end", "v":
                unnamed = None
            case "start" | "end", "i" | "b" | "u":
                parts.append(token.raw if token.kind == "end" else f"<{token.name}>")
            case "start", "c":
                color = next(filter(None, map(color_of, token.classes)), None)
                parts.append(f'<font color="{color}">' if color else "")
                fonts.append("</font>" if color else "")
            case "end", "c":
                parts.append(fonts.pop() if fonts else "")
            case "start", "rt":
                parts.append("(")
                reading = True
            case "end", "rt" | "ruby" if reading:
                parts.append(")")
                reading = False
    lines = _signs("".join(parts).replace("-->", "→").replace(_OVERRIDE, _NO_OVERRIDE)).splitlines()
    return "\n".join(line for line in lines if line.strip()), speaker


def _said(parts: list[str], text: str) -> str:
    """What is said after a speaker's name; a dash goes before the name, for it opens the line."""
    opening = _OPENING_DASH.match(text)
    if not (parts and parts[-1].endswith(_NAMED) and opening):
        return text
    parts[-1] = f"- {parts[-1]}"
    return text[opening.end() :]


def _signs(text: str) -> str:
    """`<` as players show it: a reference where a reader would take it, up to the next `>`, for a tag."""
    end = text.rfind(">") + 1
    rest = _BEFORE_A_NAME.sub("&lt;", text[end:]).replace(_LESS, "<")
    return text[:end].replace(_LESS, "&lt;") + rest
