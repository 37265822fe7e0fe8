"""Which file it is: what the cache's keys are made of."""

from __future__ import annotations

import hashlib
from pathlib import Path

from activities.media.mix.voices import file_sha256
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.movie import Movie, read_movie

_EDGE = 1 << 16
_LOOKED_AT = 1000
"""Samples of a track whose sizes are compared, taken from all over it."""


def fingerprint(path: Path, known: str | None = None) -> str:
    """Identifies a file by its size, its head and tail, and where it is an MP4 the sizes of all its samples; where
    these tell nothing, or there are none, by the hash that is known of it, or all of it."""
    try:
        movie = read_movie(path)
    except Unreadable:
        movie = None
    return identify(path, known, movie)


def identify(path: Path, known: str | None, movie: Movie | None) -> str:
    """The same where the file has been read: `movie` is None where it has no tables of an MP4."""
    size = path.stat().st_size
    hasher = hashlib.sha256(f"{size} {known}".encode())
    with path.open("rb") as file:
        hasher.update(file.read(_EDGE))
        file.seek(max(0, size - _EDGE))
        hasher.update(file.read())
    if movie is not None:
        hasher.update(movie.sha256.encode())
    if known is None and (movie is None or not _told_by_sizes(movie)):
        hasher.update(file_sha256(path).encode())
    return hasher.hexdigest()


def _told_by_sizes(movie: Movie) -> bool:
    """Whether other pictures or another sound would give samples of other sizes: not where the rate is constant, but
    for a byte of padding and a shorter last one."""
    tables = [track.table for track in movie.tracks if track.handler in (b"vide", b"soun")]
    return all(len(set(table.sizes[:: len(table) // _LOOKED_AT + 1].tolist())) > 3 for table in tables)
