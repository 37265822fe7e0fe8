"""What SCC and EBU STL have in common: whole frames of a source's timecode, and plain lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from types import MappingProxyType

from schema.vtt.cues import Cue, Document
from schema.vtt.formats.lost import Holds, Lost, lost_of, unheld
from schema.vtt.formats.srt_write import shown_text
from schema.vtt.linebreak import wrap
from schema.vtt.timecode import Timecode

_NTSC = (Fraction(30000, 1001), Fraction(30))
_SHOWN = re.compile(r"<[^<>]*>")
_ITALIC = re.compile(r"(?:<i>[^<]*</i>\s*)+")
"""All of a text, whether its lines have tags of their own or not."""
_EQUAL = str.maketrans(
    {"…": "...", "\t": " ", "\u00a0": " ", "\u202f": " ", "\u2011": "-", "\u3000": " ", "ﬁ": "fi", "ﬂ": "fl"}
    | dict.fromkeys(
        "\u00ad\u200b\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2060\ufeff"
    )
)
"""What means the same in any character set; marks of direction none of them has."""
ALIKE = {
    **dict.fromkeys("–—−‐", "-"),
    **dict.fromkeys("„“”«»", '"'),
    **dict.fromkeys("‚‘’‹›", "'"),
    "×": "x",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "ø": "o",
    "Ø": "O",
}
"""What stands for a sign that a character set does not have, where its letters and marks do not tell."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Frames of `timecode`, from milliseconds of a source that has `over` for each, or 4 for 5 (`film`)."""

    timecode: Timecode
    source: Timecode
    over: int = 1
    film: bool = False

    def at(self, ms: int) -> int:
        """The number of the frame in which `ms` of the programme lies; 0 is the label 00:00:00:00."""
        frame = self.source.number_at(ms)
        return frame * 5 // 4 if self.film else frame // self.over


def frames_of(source: Timecode, rates: tuple[int, ...]) -> Frames | None:
    """The frames of a broadcast format of 25 or 30 frames a second (`rates`) for a source; None where they do not
    fit. Each second frame of 50 and 60 is taken; 24 become 30 as film on television does, with the same seconds."""
    rate, start = source.rate, source.start
    separator = start[8]
    if 25 in rates and rate in (25, 50):
        return _halved(source, Fraction(25), int(rate // 25))
    if 30 in rates:
        for ntsc in _NTSC:
            if rate in (ntsc, 2 * ntsc):
                return _halved(source, ntsc, int(rate / ntsc))
            if rate == ntsc * 4 / 5:
                label = f"{start[:8]}{separator}{int(start[9:]) * 5 // 4:02}"
                return Frames(Timecode(ntsc, label), source, film=True)
    return None


def _halved(source: Timecode, rate: Fraction, over: int) -> Frames:
    return Frames(Timecode(rate, f"{source.start[:9]}{int(source.start[9:]) // over:02}"), source, over)


@dataclass(frozen=True, slots=True)
class Plain:
    """A cue as lines of plain text that fit, from the top row on."""

    number: int
    cue: Cue
    lines: tuple[str, ...]
    italic: bool


def plain_cues(
    document: Document,
    language: str,
    name: str,
    columns: int,
    rows: int,
    lost: list[Lost],
    spelt: Mapping[int, str] = MappingProxyType({}),
) -> Iterator[Plain]:
    """The cues in order, for the format of that name. Speakers stand before their text; lines are broken anew where
    they are too long, and what cannot be shown in so many rows and columns, or has a style, is told. `spelt` are signs (by their code points) that the
    format has in other letters."""
    lost += unheld(document, Holds(name, frozenset("i"), frozenset({"line"}), lambda _: False))
    speaker: str | None = None
    for number, cue in enumerate(document.in_order().cues, 1):
        marked, speaker = shown_text(cue, speaker)
        text = (
            _SHOWN.sub("", marked.replace("&lt;", "\0")).replace("\0", "<").translate(_EQUAL).translate(spelt)
        )
        lines = [line.strip() for line in text.split("\n")]
        if len(lines) > rows or max(map(len, lines)) > columns:
            broken = wrap(" ".join(lines), language, columns, rows)
            what = f"the cue has {len(lines)} lines, the longest of {max(map(len, lines))} characters"
            if broken is None:
                broken = _cut(" ".join(lines), columns)[:rows]
                lost.append(
                    lost_of(
                        number,
                        cue,
                        f"{what}, which {rows} rows of {columns} cannot hold; it was cut",
                        words=True,
                    )
                )
            else:
                lost.append(lost_of(number, cue, f"{what}; it was broken anew into rows of {columns}"))
            lines = broken
        italic = _ITALIC.fullmatch(marked) is not None
        if "<i>" in marked and not italic:
            lost.append(lost_of(number, cue, "italics of a part was left out"))
        yield Plain(number, cue, tuple(line for line in lines if line), italic)


def _cut(text: str, columns: int) -> list[str]:
    return [text[at : at + columns] for at in range(0, len(text), columns)]
