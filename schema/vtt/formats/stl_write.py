"""Writes EBU STL (EBU Tech 3264): open subtitles of 25 or 30 frames a second, for which no library has a writer.

Characters are those of one table: ISO 6937, or ISO 8859's Cyrillic, Arabic, Greek or Hebrew part.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Callable
from functools import lru_cache

from schema.vtt.cues import Document
from schema.vtt.formats.broadcast import ALIKE, Frames, Plain, plain_cues
from schema.vtt.formats.lost import Lost, Written, lost_of
from schema.vtt.text import primary

_NAME = "EBU STL"
COLUMNS, ROWS = 40, 4
_MOST_ROWS = 23
_HEADER = struct.Struct("3s8sc2s2s32s32s32s32s32s32s16s6s6s2s5s5s3s2s2s1s8s8s1s1s3s32s32s32s75x576s")
_BLOCK = struct.Struct("<BHBB4s4sBBB112s")
_TEXT_BYTES = 112
_LINE_END, _UNUSED, _ITALICS, _ITALICS_END = b"\x8a", b"\x8f", b"\x80", b"\x81"
_TABLES = {b"01": "iso8859_5", b"02": "iso8859_6", b"03": "iso8859_7", b"04": "iso8859_8"}
_LATIN = b"00"
_UNKNOWN_LANGUAGE = b"00"
_CENTRED = 2
_NO_DATE = b"000101"
"""The same text makes the same file on any day."""


def write_stl(document: Document, frames: Frames, language: str) -> Written:
    """Subtitles at the frames of their times, with the source's timecode. What the format cannot hold is told by cue."""
    lost: list[Lost] = []
    cues = [plain for plain in plain_cues(document, language, _NAME, COLUMNS, ROWS, lost) if plain.lines]
    table, encode = _table_for("".join(line for plain in cues for line in plain.lines))
    blocks: list[bytes] = []
    for number, plain in enumerate(cues):
        blocks += _blocks(number, plain, frames, _text(plain, encode, lost))
    header = _header(frames, language, table, len(blocks), cues)
    return Written(b"".join([header, *blocks]), tuple(lost))


def _blocks(number: int, plain: Plain, frames: Frames, text: bytes) -> list[bytes]:
    """The text in as many blocks as it takes; the last is marked 255."""
    begin, end = (_packed(frames, ms) for ms in (plain.cue.start_ms, plain.cue.end_ms))
    count = len(plain.lines)
    row = {"top": 1, "middle": _MOST_ROWS // 2 - count // 2, "bottom": _MOST_ROWS - count}[plain.cue.place]
    parts = [text[at : at + _TEXT_BYTES] for at in range(0, len(text), _TEXT_BYTES)]
    return [
        _BLOCK.pack(
            0,
            number % 0x10000,
            0xFF if part is parts[-1] else index,
            0,
            begin,
            end,
            row,
            _CENTRED,
            0,
            part.ljust(_TEXT_BYTES, _UNUSED),
        )
        for index, part in enumerate(parts)
    ]


def _packed(frames: Frames, ms: int) -> bytes:
    label = frames.timecode.label(frames.at(ms))
    return bytes(int(label[at : at + 2]) for at in (0, 3, 6, 9))


def _text(plain: Plain, encode: Callable[[str], bytes | None], lost: list[Lost]) -> bytes:
    missing: dict[str, None] = {}

    def sign(character: str) -> bytes:
        written = encode(character)
        if written is None:
            if character not in ALIKE or character.isalpha():
                missing[character] = None
            alike = ALIKE.get(character, unicodedata.normalize("NFD", character)[0])
            written = encode(alike) or b"?"
        return written

    lines = (b"".join(map(sign, unicodedata.normalize("NFC", line))) for line in plain.lines)
    text = _LINE_END.join(_ITALICS + line + _ITALICS_END if plain.italic else line for line in lines)
    if missing:
        message = f"the file's character table has no {' '.join(missing)}"
        lost.append(lost_of(plain.number, plain.cue, message, words=True))
    return text


def _table_for(text: str) -> tuple[bytes, Callable[[str], bytes | None]]:
    """The table that holds most of the text, and how it writes a sign."""
    tables = [(_LATIN, _latin), *((code, _by_codec(codec)) for code, codec in _TABLES.items())]
    signs = set(unicodedata.normalize("NFC", text))
    return max(tables, key=lambda table: sum(table[1](sign) is not None for sign in signs))


def _by_codec(codec: str) -> Callable[[str], bytes | None]:
    def encode(sign: str) -> bytes | None:
        try:
            return sign.encode(codec) if sign >= " " and not "\x7f" <= sign < "\xa0" else None
        except UnicodeEncodeError:
            return None

    return encode


def _latin(sign: str) -> bytes | None:
    return _latin_table().get(sign)


@lru_cache(maxsize=1)
def _latin_table() -> dict[str, bytes]:
    """ISO 6937 turned round: ttconv reads it. A diacritic stands before its letter."""
    from ttconv.stl.iso6937 import decode  # loaded where it is needed

    letters = [bytes([code]) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100))]
    letters += [bytes([mark, letter]) for mark in range(0xC1, 0xD0) for letter in range(0x41, 0x7B)]
    table: dict[str, bytes] = {}
    for code in letters:
        try:
            text = unicodedata.normalize("NFC", decode(code)[0])
        except (UnicodeDecodeError, KeyError, ValueError):
            continue
        if len(text) == 1 and text != "\ufffd":
            table.setdefault(text, code)
    return table | {chr(code): bytes([code]) for code in range(0x20, 0x7F) if chr(code) not in table}


def _header(frames: Frames, language: str, table: bytes, blocks: int, cues: list[Plain]) -> bytes:
    from ttconv.stl.datafile import _LC_BCP47_MAP

    codes = {tag: code for code, tag in reversed(_LC_BCP47_MAP.items())}
    start = frames.timecode.label(frames.at(0)).replace(";", "").replace(":", "").encode()
    first = (
        frames.timecode.label(frames.at(cues[0].cue.start_ms if cues else 0))
        .replace(";", "")
        .replace(":", "")
    )
    blank = b" " * 32
    return _HEADER.pack(
        b"850",
        b"STL25.01" if frames.timecode.nominal == 25 else b"STL30.01",
        b"0",
        table,
        codes.get(primary(language), _UNKNOWN_LANGUAGE),
        *[blank] * 6,
        b" " * 16,
        _NO_DATE,
        _NO_DATE,
        b"00",
        b"%05d" % blocks,
        b"%05d" % len(cues),
        b"001",
        b"%02d" % COLUMNS,
        b"%02d" % _MOST_ROWS,
        b"1",
        start,
        first.encode(),
        b"1",
        b"1",
        b"   ",
        blank,
        blank,
        blank,
        b" " * 576,
    )
