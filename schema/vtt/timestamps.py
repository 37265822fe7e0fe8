"""WebVTT timestamps as integer milliseconds (https://www.w3.org/TR/webvtt1/, "WebVTT timestamp")."""

from __future__ import annotations

import re

STAMP = r"(?:([0-9]+):)?([0-9]{2}):([0-9]{2})\.([0-9]{3})(?![0-9])"
"""What the specification's parser accepts: any number of hour digits, or none."""

MAX_HOURS = 999
"""Beyond this a time is a mistake, and numbers stop fitting the columns that hold them."""

_STAMP = re.compile(STAMP)


def to_ms(hours: str | None, minutes: str, seconds: str, thousandths: str) -> int | None:
    """The groups of `STAMP` in milliseconds; None for minutes or seconds over 59, or over `MAX_HOURS`."""
    if hours is None:
        h = 0
    elif len(digits := hours.lstrip("0")) > 3:
        return None
    else:
        h = int(digits or "0")
    m, s = int(minutes), int(seconds)
    if m > 59 or s > 59:
        return None
    return ((h * 60 + m) * 60 + s) * 1000 + int(thousandths)


def parse_timestamp(text: str) -> int | None:
    """`00:01.500` or `1:00:01.500` in milliseconds; None where it is no timestamp."""
    found = _STAMP.fullmatch(text)
    return to_ms(*found.groups()) if found else None


def format_timestamp(ms: int, separator: str = ".") -> str:
    """`HH:MM:SS.mmm`, with hours always written. A time before 0 is a ValueError."""
    if ms < 0:
        raise ValueError(f"a time before 0 cannot be written: {ms} ms")
    seconds, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{separator}{thousandths:03}"
