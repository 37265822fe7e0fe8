"""What a file is encoded in, where it is not UTF-8."""

from __future__ import annotations

import codecs

_TELLING_BYTES = 400
"""Times and numbers are ASCII, so that the start of a file tells its encoding."""


def other_encoding(source: bytes) -> str | None:
    """UTF-16 or UTF-32, by the mark at its start, or without one by the zeros between its signs."""
    if source[:4] in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        return "UTF-32"
    if source[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return "UTF-16"
    start = source[:_TELLING_BYTES]
    zeros = [start[at::4].count(0) * 8 > len(start) for at in range(4)]
    return {2: "UTF-16 without a byte order mark", 3: "UTF-32 without a byte order mark"}.get(sum(zeros))


def first_bad_byte(source: bytes) -> int | None:
    try:
        source.decode("utf-8")
    except UnicodeDecodeError as error:
        return error.start
    return None
