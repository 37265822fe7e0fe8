"""Writes SCC: pop-on captions of CEA-608 in field 1, one word of two bytes a frame at 29.97 or 30 frames a second.

ttconv's writer leaves captions out that follow each other closely, so words are laid out here; codes are ttconv's.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from schema.vtt.cues import Document
from schema.vtt.formats.broadcast import ALIKE, Frames, Plain, plain_cues
from schema.vtt.formats.lost import Lost, Written, lost_of

_NAME = "CEA-608"
COLUMNS, ROWS = 32, 4
_LAST_ROW = 15
_RCL, _ENM, _EDM, _EOC, _TAB = 0x1420, 0x142E, 0x142C, 0x142F, 0x1720
_ITALICS = 0x112E
_SPELT = str.maketrans({"œ": "oe", "Œ": "OE"})
Unit = tuple[int, ...]
"""Words that are sent one right after the other: a control code stands twice."""


@dataclass(slots=True)
class _Caption:
    plain: Plain
    units: list[Unit]
    start: int
    end: int


def write_scc(document: Document, frames: Frames, language: str) -> Written:
    """Captions that appear and go at the frames of their times. What 608 cannot hold, and what comes late because it
    cannot be sent in time, is told by cue."""
    lost: list[Lost] = []
    captions = [
        _Caption(plain, _units(plain, lost), frames.at(plain.cue.start_ms), frames.at(plain.cue.end_ms))
        for plain in plain_cues(document, language, _NAME, COLUMNS, ROWS, lost, _SPELT)
        if plain.lines
    ]
    sent = _schedule(captions, lost)
    runs: list[list[int]] = []
    for frame in sorted(sent):
        if runs and frame == runs[-1][-1] + 1:
            runs[-1].append(frame)
        else:
            runs.append([frame])
    lines = [
        f"{frames.timecode.label(run[0])}\t{' '.join(f'{sent[frame]:04x}' for frame in run)}" for run in runs
    ]
    return Written(("\n\n".join(["Scenarist_SCC V1.0", *lines]) + "\n").encode("ascii"), tuple(lost))


def _schedule(captions: Sequence[_Caption], lost: list[Lost]) -> dict[int, int]:
    """The word of each frame. A caption is sent in the frames before it appears, around the code that clears the one
    before."""
    sent: dict[int, int] = {}
    shown = -1
    """The last frame of the code that showed the caption before."""
    for index, caption in enumerate(captions):
        clear = range(captions[index - 1].end, captions[index - 1].end + 2) if index else range(0)
        start = caption.start
        while (places := _places(caption.units, start, shown, clear)) is None:
            start += 1
        if start > caption.start:
            plain, late = caption.plain, start - caption.start
            message = f"the caption appears {late} frames late, for it takes that long to send"
            lost.append(lost_of(plain.number, plain.cue, message))
        for at, unit in places:
            sent |= {at + n: _parity(word) for n, word in enumerate(unit)}
        if index and clear.start < start and not {*clear} & {start, start + 1}:
            sent |= {at: _parity(_EDM) for at in clear}
        sent |= {start: _parity(_EOC), start + 1: _parity(_EOC)}
        shown = start + 1
        caption.start, caption.end = start, max(caption.end, start + 2)
    if captions:
        sent |= {captions[-1].end: _parity(_EDM), captions[-1].end + 1: _parity(_EDM)}
    return sent


def _places(units: Sequence[Unit], start: int, shown: int, clear: range) -> list[tuple[int, Unit]] | None:
    """Where each unit is sent so that the last ends right before `start`; None where there is no room since `shown`."""
    places: list[tuple[int, Unit]] = []
    at = start
    for unit in reversed(units):
        at -= len(unit)
        while clear and at < clear.stop and at + len(unit) > clear.start:
            at = clear.start - len(unit)
        if at <= shown:
            return None
        places.append((at, unit))
    return places


def _units(plain: Plain, lost: list[Lost]) -> list[Unit]:
    from ttconv.scc.codes.preambles_address_codes import SccPreambleAddressCode  # loaded where it is needed
    from ttconv.style_properties import NamedColors

    units: list[Unit] = [(_RCL, _RCL), (_ENM, _ENM)]
    count = len(plain.lines)
    rows = {"top": 1, "middle": 8 - count // 2, "bottom": _LAST_ROW - count + 1}
    missing: dict[str, None] = {}
    for row, line in enumerate(plain.lines, rows[plain.cue.place]):
        indent = max(0, (COLUMNS - len(line) - plain.italic) // 2)
        code = SccPreambleAddressCode(
            1, row, NamedColors.white, indent // 4 * 4, False, False
        ).get_ch1_packet()
        units.append((code, code))
        if indent % 4:
            units.append((_TAB + indent % 4,) * 2)
        if plain.italic and len(line) < COLUMNS:
            units.append((_ITALICS, _ITALICS))
        elif plain.italic:
            message = f"italics of row {row} was left out: its {COLUMNS} columns leave none for the code"
            lost.append(lost_of(plain.number, plain.cue, message))
        units += _characters(line, missing)
    if missing:
        message = f"CEA-608 has no {' '.join(missing)}"
        lost.append(lost_of(plain.number, plain.cue, message, words=True))
    return units


def _characters(line: str, missing: dict[str, None]) -> list[Unit]:
    from ttconv.scc.codes.characters import TO_SCC_BYTES
    from ttconv.scc.codes.extended_characters import SccExtendedCharacter
    from ttconv.scc.codes.special_characters import SccSpecialCharacter

    units: list[Unit] = []
    half: int | None = None

    def byte(value: int) -> None:
        nonlocal half
        if half is None:
            half = value
        else:
            units.append((half << 8 | value,))
            half = None

    def code(value: int) -> None:
        nonlocal half
        if half is not None:
            byte(0)
        units.append((value, value))

    special = {sign.get_unicode_value(): sign.get_ch1_value() for sign in SccSpecialCharacter}
    extended = {sign.get_unicode_value(): sign.get_ch1_value() for sign in SccExtendedCharacter}
    extended.setdefault("—", extended.get("\u2501", 0))
    for sign in unicodedata.normalize("NFC", line):
        plain = unicodedata.normalize("NFD", sign)[0]
        if sign in TO_SCC_BYTES:
            byte(TO_SCC_BYTES[sign])
        elif sign in special:
            code(special[sign])
        elif extended.get(sign):
            byte(
                TO_SCC_BYTES.get(plain, TO_SCC_BYTES["-"])
            )  # what older decoders show; newer ones replace it
            code(extended[sign])
        else:
            alike = ALIKE.get(sign, plain)
            if sign not in ALIKE or sign.isalpha():
                missing[sign] = None
            byte(TO_SCC_BYTES.get(alike, TO_SCC_BYTES["?"]))
    if half is not None:
        byte(0)
    return units


def _parity(word: int) -> int:
    """The word with odd parity in the eighth bit of each byte."""
    high, low = word >> 8, word & 0xFF
    return (
        (high | (0x80 if high.bit_count() % 2 == 0 else 0)) << 8
        | low
        | (0x80 if low.bit_count() % 2 == 0 else 0)
    )
