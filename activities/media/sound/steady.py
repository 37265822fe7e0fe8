"""Decoded sound in one shape, whatever becomes of it on the way: a transmission goes from stereo to 5.1 and back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import av
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.resampler import AudioResampler


class Steady:
    """Frames of any format, layout and rate, as ones of these. One that FFmpeg has no way of turning into that is left
    out."""

    def __init__(self, form: str, layout: str | AudioLayout, rate: int) -> None:
        self._wanted = (form, layout, rate)
        self._shape: tuple[str, str, int] | None = None
        self._resampler = AudioResampler(*self._wanted)
        self.changes = False
        """Whether channels or rate did not stay as they began."""

    def take(self, frame: AudioFrame) -> Iterator[AudioFrame]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            if self._shape is not None:
                self.changes |= shape[1:] != self._shape[1:]
                yield from self.rest()
                self._resampler = AudioResampler(*self._wanted)
            self._shape = shape
        with suppress(av.FFmpegError, ValueError):
            yield from self._resampler.resample(frame)

    def rest(self) -> Iterator[AudioFrame]:
        """What a change of rate still holds back; nothing is taken after it."""
        with suppress(av.FFmpegError):
            yield from (frame for frame in self._resampler.resample(None) if frame is not None)
