"""Copying samples from the files that hold them.

Through a buffer, for `copy_file_range` takes half as long again where the runs do not begin on pages (ext4, tmpfs).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from activities.media.mp4.tables import Ints

Whole = NDArray[np.integer[Any]]
_BUFFER = 256 << 10
"""It stays in the processor's cache between the read and the write."""
_REPORTED = 8 << 20
_OPEN = 64
"""Files held open at once: a render has one for every range that was encoded."""


class Copier:
    """Appends to the file `out` stretches of `inputs`; `on_progress` hears their share of `total` bytes."""

    def __init__(
        self, out: FileIO, inputs: Sequence[Path], total: int, on_progress: Callable[[float], None]
    ) -> None:
        self._out, self._inputs, self._on_progress = out, inputs, on_progress
        self._total, self._done = max(1, total), 0
        self._buffer = memoryview(bytearray(_BUFFER))
        self._files: dict[int, FileIO] = {}

    def __enter__(self) -> Copier:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def copy(self, runs: Ints) -> None:
        """Rows of (file number, offset, length)."""
        filled = 0
        for which, offset, length in runs.tolist():
            file = self._file(which)
            file.seek(offset)
            while length:
                step = file.readinto(self._buffer[filled : filled + length])
                if not step:
                    raise OSError("the source became shorter while it was read")
                length, filled = length - step, filled + step
                if filled == _BUFFER:
                    self._write(filled)
                    filled = 0
        self._write(filled)

    def put(self, data: bytes | memoryview) -> None:
        """Appends bytes of our own."""
        rest = memoryview(data)
        while rest:
            rest = rest[self._out.write(rest) :]

    def _write(self, length: int) -> None:
        self.put(self._buffer[:length])
        before, self._done = self._done, self._done + length
        if self._done // _REPORTED > before // _REPORTED or self._done >= self._total:
            self._on_progress(self._done / self._total)

    def _file(self, which: int) -> FileIO:
        if which not in self._files:
            if len(self._files) > _OPEN:
                self._files.pop(next(key for key in self._files if key)).close()
            self._files[which] = FileIO(self._inputs[which])
        return self._files[which]


def runs_of(files: Whole, offsets: Whole, sizes: Whole) -> Ints:
    """Samples that lie one after another in a file, as one row of (file number, offset, length) each."""
    if not len(files):
        return np.zeros((0, 3), np.int64)
    breaks = np.ones(len(files), np.bool_)
    ends = offsets + sizes
    breaks[1:] = (offsets[1:] != ends[:-1]) | (files[1:] != files[:-1])
    first = np.flatnonzero(breaks)
    return np.stack((files[first], offsets[first], np.add.reduceat(sizes, first, dtype=np.int64)), axis=1)
