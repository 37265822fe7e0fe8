"""An EBU STL file (Tech 3264) as ttconv should have it: ttconv leaves out a space that stands beside another or beside a
code, and, without a word, what begins before the programme."""

from __future__ import annotations

import re

from schema.vtt.problems import Problem

_FORMATS = (b"STL25.01", b"STL30.01")
_HEADER_BYTES, _BLOCK_BYTES = 1024, 128
_PROGRAMME_START = slice(256, 264)
_IN, _OUT, _TEXT = 5, 9, slice(16, 128)
_UNUSED, _NO_BREAK = b"\x8f", b"\xa0"
_RUNS = re.compile(rb" +")
_LATE, _EARLY = 18, 6
"""A programme that starts after one of these hours goes on past midnight into hours before the other."""
SPACE = "\u00a0"
"""How each space of a file that was prepared is read."""


def is_stl(source: str | bytes) -> bool:
    return isinstance(source, bytes) and source[3:11] in _FORMATS


def prepared(source: bytes) -> tuple[bytes, list[Problem]]:
    """The file with no-break spaces for its spaces, and hours from 24 on after midnight; and what begins before the
    programme."""
    problems: list[Problem] = []
    start = _label(source[_PROGRAMME_START])
    blocks = [source[:_HEADER_BYTES]]
    for at in range(_HEADER_BYTES, len(source), _BLOCK_BYTES):
        block = bytearray(source[at : at + _BLOCK_BYTES])
        if len(block) == _BLOCK_BYTES:
            text = _RUNS.sub(_NO_BREAK, bytes(block[_TEXT]).rstrip(_UNUSED))
            block[_TEXT] = text.ljust(_TEXT.stop - _TEXT.start, _UNUSED)
            for hour in (_IN, _OUT):
                if start is not None and start[0] >= _LATE and block[hour] < _EARLY:
                    block[hour] += 24
            if start is not None and tuple(block[_IN : _IN + 4]) < start:
                number = len(blocks)
                message = f"the subtitle of block {number} begins before the programme and was left out"
                problems.append(Problem(1, message, "dropped"))
        blocks.append(bytes(block))
    return b"".join(blocks), problems


def _label(digits: bytes) -> tuple[int, ...] | None:
    if not digits.isdigit():
        return None
    return tuple(int(digits[at : at + 2]) for at in range(0, 8, 2))
