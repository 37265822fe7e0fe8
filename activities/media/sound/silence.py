"""Where there is nothing to hear: quieter than -50 dBFS (RMS over 10 ms, the loudest channel) for 300 ms."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from schema.contracts.media import Span

THRESHOLD = 10 ** (-50 / 10)
"""Mean power relative to full scale."""
_HOP_MS = 10
_SHORTEST_MS = 300


class SilenceMeter:
    """Feed it sound in pieces from presentation time 0."""

    def __init__(self, rate: int) -> None:
        self._hop = rate * _HOP_MS // 1000
        self._rate = rate
        self._rest: NDArray[np.float32] | None = None
        self._hops = 0
        self._since: int | None = None
        """The hop at which the present silence began."""
        self._spans: list[tuple[int, int]] = []

    def add(self, samples: NDArray[np.float32]) -> None:
        """`samples` is float32 of shape (channels, count)."""
        if self._rest is not None and self._rest.shape[1]:
            samples = np.concatenate((self._rest, samples), axis=1)
        whole = samples.shape[1] // self._hop
        self._rest = samples[:, whole * self._hop :].copy()
        if not whole:
            return
        blocks = samples[:, : whole * self._hop].reshape(samples.shape[0], whole, self._hop)
        quiet = np.square(blocks).mean(axis=2).max(axis=0) < THRESHOLD
        edges = np.flatnonzero(np.diff(np.concatenate(([self._since is not None], quiet)).astype(np.int8)))
        for edge in edges:
            self._change(self._hops + int(edge))
        self._hops += whole

    def _change(self, hop: int) -> None:
        if self._since is None:
            self._since = hop
        else:
            self._spans.append((self._since, hop))
            self._since = None

    def finish(self, duration_ms: int) -> tuple[Span, ...]:
        """Spans in time order. What follows the last sample up to `duration_ms` is silence too."""
        spans = [(self._ms(start), self._ms(end)) for start, end in self._spans]
        end_ms = self._ms(self._hops)
        open_since = self._ms(self._since) if self._since is not None else end_ms
        if duration_ms > open_since:
            spans.append((open_since, max(duration_ms, end_ms)))
        return tuple(Span(start_ms=a, end_ms=b) for a, b in spans if b - a >= _SHORTEST_MS)

    def _ms(self, hop: int) -> int:
        return hop * self._hop * 1000 // self._rate
