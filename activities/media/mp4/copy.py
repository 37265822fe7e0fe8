"""Copying samples from the files that hold them, by the kernel where it can."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from activities.media.mp4.tables import Ints

_STEP = 8 << 20
_OPEN = 64
"""Files held open at once: a render has one for every range that was encoded."""


class Copier:
    """Appends stretches of `inputs` to the file `out`; `on_progress` hears the share of `total` bytes."""

    def __init__(
        self, out: int, inputs: Sequence[Path], total: int, on_progress: Callable[[float], None]
    ) -> None:
        self._out, self._inputs, self._on_progress = out, inputs, on_progress
        self._total, self._done = max(1, total), 0
        self._handles: dict[int, int] = {}

    def __enter__(self) -> Copier:
        return self

    def __exit__(self, *_: object) -> None:
        for handle in self._handles.values():
            os.close(handle)

    def copy(self, runs: Ints) -> None:
        """Rows of (file number, offset, length)."""
        for which, offset, length in runs.tolist():
            handle = self._handle(which)
            while length:
                step = _copy_some(handle, self._out, offset, min(length, _STEP))
                offset, length, self._done = offset + step, length - step, self._done + step
                self._on_progress(self._done / self._total)

    def _handle(self, which: int) -> int:
        if which not in self._handles:
            if len(self._handles) > _OPEN:
                os.close(self._handles.pop(next(key for key in self._handles if key)))
            self._handles[which] = os.open(self._inputs[which], os.O_RDONLY)
        return self._handles[which]


def _copy_some(source: int, out: int, offset: int, length: int) -> int:
    try:
        step = os.copy_file_range(source, out, length, offset_src=offset)
    except (AttributeError, OSError):  # another file system, or not Linux
        step = os.write(out, os.pread(source, length, offset))
    if step == 0:
        raise OSError("the source became shorter while it was read")
    return step


def runs_of(files: Ints, offsets: Ints, sizes: Ints) -> Ints:
    """Samples that lie one after another in a file, as one row of (file number, offset, length) each."""
    if not len(files):
        return np.zeros((0, 3), np.int64)
    breaks = np.ones(len(files), np.bool_)
    ends = offsets + sizes
    breaks[1:] = (offsets[1:] != ends[:-1]) | (files[1:] != files[:-1])
    first = np.flatnonzero(breaks)
    return np.stack((files[first], offsets[first], np.add.reduceat(sizes, first)), axis=1)
