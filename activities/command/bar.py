"""Progress on standard error: a bar on a terminal, elsewhere a line for every phase."""

from __future__ import annotations

import shutil
import sys
import time
from types import TracebackType
from typing import TextIO

_WIDTH = 28
_EVERY_S = 0.1


class Bar:
    """`phase` begins a part of the work. The bar itself is the `Progress` of that part."""

    def __init__(self, out: TextIO | None = None, *, quiet: bool = False) -> None:
        self._out = out or sys.stderr
        self._quiet, self._drawn = quiet or self._out is None, False  # None: the caller has closed stderr
        self._moving = not self._quiet and self._out.isatty()
        self._name, self._last = "", 0.0

    def phase(self, name: str) -> Bar:
        self.clear()
        self._name, self._last = name, 0.0
        if not self._quiet and not self._moving:
            print(f"{name} …", file=self._out, flush=True)
        else:
            self(0.0, "")
        return self

    def __call__(self, share: float, words: str) -> None:
        now = time.monotonic()
        if self._quiet or not self._moving or (now - self._last < _EVERY_S and share < 1):
            return
        self._last, self._drawn = now, True
        full = round(min(1.0, max(0.0, share)) * _WIDTH)
        line = f"{self._name:<10} [{'█' * full}{'·' * (_WIDTH - full)}] {share:4.0%}  {words}"
        print(f"\r{line[: shutil.get_terminal_size().columns - 1]}\x1b[K", end="", file=self._out, flush=True)

    def clear(self) -> None:
        """Makes room for the next line of output."""
        if self._drawn:
            print("\r\x1b[K", end="", file=self._out, flush=True)
            self._drawn = False

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()
