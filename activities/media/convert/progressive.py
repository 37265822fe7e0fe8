"""Whole pictures of those that are two fields."""

from __future__ import annotations

from collections.abc import Iterator

import av
from av.filter import Graph


class Progressive:
    """Pictures of two fields become one each, at their own times (FFmpeg's bwdif); others are not touched."""

    def __init__(self) -> None:
        self.fields = 0
        self._graph: Graph | None = None
        self._shape: tuple[object, ...] | None = None

    def take(self, frame: av.VideoFrame) -> Iterator[av.VideoFrame]:
        """A picture of fields comes out when the next one is there."""
        if not frame.interlaced_frame and self._graph is None:
            yield frame
            return
        self.fields += frame.interlaced_frame
        shape = (frame.width, frame.height, frame.format.name, frame.time_base)
        if shape != self._shape:
            yield from self.end()
            self._build(frame)
            self._shape = shape
        assert self._graph is not None
        self._graph.push(frame)
        yield from self._made()

    def end(self) -> Iterator[av.VideoFrame]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._made()
        self._graph = self._shape = None

    def _build(self, frame: av.VideoFrame) -> None:
        graph = Graph()
        source = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        woven = graph.add("bwdif", "mode=send_frame:parity=auto:deint=interlaced")
        sink = graph.add("buffersink")
        source.link_to(woven)
        woven.link_to(sink)
        graph.configure()
        self._graph = graph

    def _made(self) -> Iterator[av.VideoFrame]:
        assert self._graph is not None
        while True:
            try:
                frame = self._graph.pull()
            except (av.error.EOFError, av.error.BlockingIOError):
                return
            assert isinstance(frame, av.VideoFrame)
            yield frame
