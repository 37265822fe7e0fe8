"""What FFmpeg reads of a source is kept, so that it is read once, and not after every render of it."""

from __future__ import annotations

import hashlib
import os
import pickle
import tempfile
from contextlib import suppress
from pathlib import Path

import av

from activities.media.verify.reading import Reading, read
from schema.contracts.media import Tracks

_VERSION = 1
"""Raised when a reading holds something else than before."""


def read_ahead(path: Path, tracks: Tracks, cache: Path, known: str | None) -> None:
    """As `read_source`, for renders to come."""
    with suppress(av.FFmpegError, LookupError):
        read_source(path, tracks.picture, tracks.sounds[0] if tracks.sounds else (), cache, known)


def read_source(
    path: Path, picture: int, described: tuple[int, ...], cache: Path, known: str | None
) -> Reading:
    """The `picture` of a source and the lengths of the sounds that are `described`, by their indices. `cache` is the
    render's own, where it is looked for first if `known`, a hash of the content, tells the file.

    Raises:
        av.FFmpegError, LookupError: as `read`.
    """
    if known is None:
        return read(path, picture, described)
    told = repr((_VERSION, av.__version__, known, path.stat().st_size, picture, described))
    key = hashlib.sha256(told.encode()).hexdigest()
    kept = cache / "readings" / key[:2] / key
    with suppress(OSError, pickle.UnpicklingError, EOFError):
        reading: Reading = pickle.loads(kept.read_bytes())  # noqa: S301 - from our own cache
        os.utime(kept)
        return reading
    reading = read(path, picture, described)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=kept.parent, prefix="making-", delete=False) as file:
        pickle.dump(reading, file)
    Path(file.name).replace(kept)
    return reading
