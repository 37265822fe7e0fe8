"""Formats errors for the command line: one line each, beginning with the file, and its line or cue if there is one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import ValidationError

from schema.errors import FULL_DISK, PlatformError
from schema.vtt import Cue


class Refused(Exception):
    """An error in lines that a person can act on."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))
        self.lines = lines


@contextmanager
def naming(path: Path, cue: Cue | None = None) -> Iterator[None]:
    """Attributes errors inside the block to this file, or to this cue in it.

    Raises:
        Refused
    """
    place = str(path) if cue is None else of_cue(path, cue)
    try:
        yield
    except PlatformError as error:
        raise Refused(*lines_of(error, place)) from error
    except ValidationError as error:
        found = ((".".join(str(part) for part in one["loc"]), one["msg"]) for one in error.errors())
        raise Refused(
            *(f"{place}{', ' if field else ''}{field}: {says}." for field, says in found)
        ) from error
    except (UnicodeDecodeError, IsADirectoryError) as error:
        raise Refused(f"{place}: this is not a text file.") from error


def lines_of(error: PlatformError | OSError, place: str = "") -> tuple[str, ...]:
    """Each of its errors with its place, or else its message; for system errors, with the file."""
    if isinstance(error, OSError):
        remedy = " Make room, then try again." if error.errno in FULL_DISK else ""
        said = f"{error.strerror or error}.{remedy}"
        return (f"{error.filename}: {said}" if error.filename else said,)
    if not error.errors:
        return (f"{place}: {error.message}" if place else error.message,)
    comma = f"{place}, " if place else ""
    return tuple(f"{comma}{one.field}: {one.message}" for one in error.errors)


def of_cue(path: Path, cue: Cue) -> str:
    """`ad.vtt, line 14, cue c3`"""
    line = f", line {cue.line}" if cue.line else ""
    return f"{path}{line}, cue {cue.id}"


def need_file(path: Path) -> Path:
    """
    Raises:
        Refused: it is not there.
    """
    if not path.is_file():
        raise Refused(f"{path}: {'this is a folder' if path.is_dir() else 'there is no such file'}.")
    return path


def content(path: Path, most: int) -> bytes:
    """What is in a file of at most `most` bytes.

    Raises:
        Refused: it does not exist, or is larger, such as a video.
    """
    with need_file(path).open("rb") as file:
        read = file.read(most + 1)
    if len(read) > most:
        raise Refused(
            f"{path}: it is larger than {most >> 20} MiB, which no such file is. Is it the right one?"
        )
    return read
