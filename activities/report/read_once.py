"""Caches FFmpeg's reading of a source, so that it is read once rather than after every render."""

from __future__ import annotations

import pickle
from contextlib import suppress
from pathlib import Path

import av

from activities.media.cache import RangeCache, digest
from activities.media.contract import RenderInput
from activities.media.verify.reading import Reading, read
from activities.media.verify.verify import ReadSource
from schema.contracts.media import Tracks

_VERSION = 1
"""Raise this when a reading contains more than before."""


def reader_of(asked: RenderInput) -> ReadSource:
    """Reads the source of a render for `verify`, or finds it in the render's cache, where `source_id` tells the file."""

    def kept(path: Path, picture: int, sounds: tuple[int, ...]) -> Reading:
        return _read_once(path, picture, sounds, RangeCache(asked.cache), asked.source_id)

    return kept


def read_ahead(path: Path, tracks: Tracks, cache: Path, known: str | None) -> None:
    """For renders to come, which find it in `cache`; `known` is a hash of the content."""
    with suppress(av.FFmpegError, LookupError):
        _read_once(path, tracks.picture, tracks.sounds[0] if tracks.sounds else (), RangeCache(cache), known)


def _read_once(
    path: Path, picture: int, sounds: tuple[int, ...], cache: RangeCache, known: str | None
) -> Reading:
    """
    Raises:
        av.FFmpegError, LookupError: as `read`.
    """
    if known is None:
        return read(path, picture, sounds)
    key = digest("reading", _VERSION, av.__version__, known, path.stat().st_size, picture, sounds)
    if found := cache.find("readings", key):
        with suppress(OSError, pickle.UnpicklingError, EOFError):
            reading: Reading = pickle.loads(found.read_bytes())  # noqa: S301 - from our own cache
            return reading
    reading = read(path, picture, sounds)
    with cache.writing("readings", key) as target:
        target.write_bytes(pickle.dumps(reading))
    return reading
