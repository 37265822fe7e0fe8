"""The described sound of a source, decoded from presentation time 0 on, whatever its tracks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.layout import AudioLayout
from av.audio.stream import AudioStream
from av.container import InputContainer

from activities.media.files.choice import LAYOUTS
from activities.media.files.opening import open_media, presentation_origin
from activities.media.sound.samples import MOST_PLANES, Samples, fit_length, frame_samples
from activities.media.sound.steady import Steady
from schema.contracts.media import MediaReport
from schema.errors import MediaRefused

_TOLERANCE_S = Fraction(3, 100)
"""Containers round timestamps; a jump beyond this is a hole or an overlap."""
_PAST_END_MS = 10_000


class PlacedSound:
    """The sound of a stream as blocks that follow each other from presentation time 0."""

    def __init__(self, container: InputContainer, stream: AudioStream, duration_ms: int) -> None:
        context = stream.codec_context
        self._container, self._stream = container, stream
        self._origin = presentation_origin(container)
        self.rate, self.layout = context.sample_rate, context.layout
        form = "fltp" if self.layout.nb_channels <= MOST_PLANES else "flt"
        self._steady = Steady(form, self.layout, self.rate)
        self._position = 0
        self._end = (duration_ms + _PAST_END_MS) * self.rate // 1000
        self.packets = self.damaged = 0

    def __iter__(self) -> Iterator[Samples]:
        """float32 of shape (channels, count), half a second or more at a time, in order and without holes.

        Raises:
            MediaRefused: a timestamp lies far behind the video's end.
        """
        waiting: list[Samples] = []
        for samples in self._pieces():
            waiting.append(samples)
            if sum(piece.shape[1] for piece in waiting) >= self.rate // 2:
                yield np.concatenate(waiting, axis=1)
                waiting.clear()
        if waiting:
            yield np.concatenate(waiting, axis=1)

    def _pieces(self) -> Iterator[Samples]:
        for frame in self._frames():
            at = self._position
            if frame.pts is not None and frame.time_base is not None:
                at = round((frame.pts * frame.time_base - self._origin) * self.rate)
            for shaped in self._steady.take(frame):
                samples = frame_samples(shaped)
                yield from self._place(samples, at)
                at += samples.shape[1]

    def _frames(self) -> Iterator[AudioFrame]:
        for packet in self._container.demux(self._stream):
            self.packets += 1
            try:
                frames = packet.decode()
            except av.FFmpegError:
                self.damaged += 1
                continue
            yield from frames

    @property
    def changes(self) -> bool:
        """Whether its channels or its rate did not stay as they began."""
        return self._steady.changes

    def _place(self, samples: Samples, at: int) -> Iterator[Samples]:
        jump = at - self._position
        if self._position and abs(jump) <= _TOLERANCE_S * self.rate:
            jump = 0
        if at > self._end:
            raise MediaRefused("The sound's timestamps jump beyond the video's end: export the file again.")
        for start in range(0, max(0, jump), self.rate):
            yield np.zeros((samples.shape[0], min(self.rate, jump - start)), np.float32)
        samples = samples[:, max(0, -jump) :]
        self._position += max(0, jump) + samples.shape[1]
        if samples.shape[1]:
            yield samples


class JoinedSound:
    """Mono tracks that are one sound, as `PlacedSound` gives one: each is read from a container of its own."""

    def __init__(self, parts: Sequence[PlacedSound]) -> None:
        self._parts = parts
        self.rate, self.layout = parts[0].rate, AudioLayout(LAYOUTS[len(parts)])

    @property
    def packets(self) -> int:
        return sum(part.packets for part in self._parts)

    @property
    def damaged(self) -> int:
        return sum(part.damaged for part in self._parts)

    @property
    def changes(self) -> bool:
        return any(part.changes for part in self._parts)

    def __iter__(self) -> Iterator[Samples]:
        """What ends early goes on in silence."""
        sources = [iter(part) for part in self._parts]
        waiting = [np.zeros((1, 0), np.float32) for _ in sources]
        ended = [False] * len(sources)
        while True:
            for number, source in enumerate(sources):
                if not ended[number] and not waiting[number].shape[1]:
                    block = next(source, None)
                    ended[number] = block is None
                    waiting[number] = waiting[number] if block is None else block
            lengths = [
                rest.shape[1] for rest, over in zip(waiting, ended, strict=True) if rest.shape[1] or not over
            ]
            if not lengths:
                return
            count = min(lengths)
            yield np.concatenate([fit_length(rest[:, :count], count) for rest in waiting])
            waiting = [rest[:, count:] for rest in waiting]


@contextmanager
def opened_sound(path: Path, report: MediaReport) -> Iterator[PlacedSound | JoinedSound]:
    """The sound that is described, as `report` says."""
    sound, parts = report.audio[0], list[PlacedSound]()
    with ExitStack() as stack:
        for index in sound.joined or (sound.index,):
            container = stack.enter_context(open_media(path))
            stream = next(stream for stream in container.streams.audio if stream.index == index)
            parts.append(PlacedSound(container, stream, report.duration_ms))
        yield JoinedSound(parts) if sound.joined else parts[0]
