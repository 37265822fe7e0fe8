"""Where the packets of a sound lie: in the source, in what was made of it, and in the files of encoded ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from activities.media.mix.heard import Heard
from activities.media.mix.mixer import Mixer
from activities.media.mix.source import Source
from activities.media.mix.touched import Sound, render_packets, source_index

_INTERLEAVE = 24
"""New packets lie in the file in groups of so many (half a second), between the pictures of their time."""


@dataclass(slots=True)
class Laid:
    """Where each packet of the render lies: rows of its table."""

    sizes: NDArray[np.uint32]
    offsets: NDArray[np.int64]
    files: NDArray[np.uint16]
    order: NDArray[np.float64]
    chunk_start: NDArray[np.bool_]

    def put(self, first: int, sizes: NDArray[np.uint32], file: int) -> None:
        """Packets of a file of their own in the place of those from `first` on, in groups beside the pictures."""
        numbers = np.arange(len(sizes))
        here = slice(first, first + len(sizes))
        self.sizes[here] = sizes
        self.offsets[here] = np.cumsum(sizes, dtype=np.int64) - sizes
        self.files[here] = file
        self.order[here] = self.order[first + numbers - numbers % _INTERLEAVE]
        self.chunk_start[here] = numbers % _INTERLEAVE == 0


def untouched(heard: Heard, film: Source, sound: Sound, mixer: Mixer, file: int) -> Laid:
    """Every packet of the render as if none were encoded: that of the source, or the one before a pause."""
    total = render_packets(sound, mixer)
    old, source = sound.track.table, source_index(sound, mixer, np.arange(total, dtype=np.int64))
    near = np.clip(np.maximum.accumulate(source), 0, len(old) - 1)
    source = np.clip(source, 0, len(old) - 1)
    if heard.movie is film.movie:
        order, chunk_start = old.offsets[near].astype(np.float64), old.chunk_start[source].copy()
    else:
        order, chunk_start = _beside_pictures(near, sound, film), source % _INTERLEAVE == 0
    files = np.full(total, file, np.uint16)
    return Laid(old.sizes[source], old.offsets[source].copy(), files, order, chunk_start)


def _beside_pictures(packets: NDArray[np.int64], sound: Sound, film: Source) -> NDArray[np.float64]:
    """Where packets of another file belong in the source's: beside the pictures of their time, in groups."""
    picture = film.picture.table
    first = packets - packets % _INTERLEAVE
    seconds = (sound.track.table.dts[first] - sound.track.media_time) / sound.rate
    order: NDArray[np.float64] = np.interp(seconds, picture.dts / film.picture.timescale, picture.offsets)
    return order
