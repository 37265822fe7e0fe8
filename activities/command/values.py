"""What one argument may be. What it may not is told by argparse, with the argument's name before it."""

from __future__ import annotations

import argparse
import os
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from schema.contracts.bounds import normalise_language

_Kind = TypeVar("_Kind", bound=StrEnum)
_MOST_DUCK_DB = 16.0
MOST_TRACKS = 64


def legible(name: str) -> str:
    """A file's name may hold bytes that are no text."""
    return os.fsencode(name).decode(errors="replace")


def cache_folder() -> Path:
    """By the XDG base directory specification."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "accessible-video"


def names(kind: type[StrEnum]) -> str:
    return f"{{{','.join(kind)}}}"


def one_of(kind: type[_Kind], text: str) -> _Kind:
    """`choices` of argparse compares what a type has made, and has no words for what it could not make."""
    try:
        return kind(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is none of {', '.join(kind)}") from None


def language_code(text: str) -> str:
    try:
        return normalise_language(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def decibels(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not a number of decibels") from None
    if not 0 <= value <= _MOST_DUCK_DB:
        raise argparse.ArgumentTypeError(f"{text} is not between 0 and {_MOST_DUCK_DB:g} dB")
    return value


def folder_of(variable: str) -> Path | None:
    """The folder that an environment variable names, as the platform's settings have it."""
    chosen = os.environ.get(variable)
    return Path(chosen) if chosen else None


def track_number(text: str) -> int:
    if not text.isdecimal() or int(text) >= MOST_TRACKS:
        raise argparse.ArgumentTypeError(f"{text} is not the number of a track, as probe shows it")
    return int(text)


def track_numbers(text: str) -> tuple[int, ...]:
    """`1`, or `1,2` for mono tracks that are heard as one."""
    return tuple(dict.fromkeys(track_number(part.strip()) for part in text.split(",")))
