"""Pictures of one shape, whatever each came in: what an encoder takes, and what players make of a stream that changes.

A player fits every picture into its window with its shape kept. An encoded picture has one size and one aspect, so
here those of another shape get bars. Transparency is laid on black, as it is where nothing lies beneath, and only the clean
aperture is kept of a picture that has one (ISO/IEC 14496-12, 12.1.4.1).
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import av
from av.filter import Graph
from av.video.reformatter import Colorspace
from av.video.stream import VideoStream

from activities.media.files.aspect import aspect_now, told_for_all
from activities.media.mp4.visual_entry import Aperture

_MATRICES = {
    1: Colorspace.ITU709,
    4: Colorspace.FCC,
    5: Colorspace.ITU601,
    6: Colorspace.ITU601,
    7: Colorspace.SMPTE240M,
    9: Colorspace.BT2020,
}
"""By matrix coefficients of ISO/IEC 23091-2."""
_HIGH_RANGE, _BT_709, _UNTOLD = {16, 18}, 1, 2
"""Transfer characteristics: PQ and HLG, that of high definition, and none."""


class Fitted:
    """Makes decoded pictures of `stream` as large as `width` and `height`, of the aspect that it has at first, in YUV
    4:2:0. `matrix` is used for red, green and blue."""

    def __init__(
        self,
        stream: VideoStream,
        first: av.VideoFrame | None,
        width: int,
        height: int,
        matrix: Colorspace | None,
        clean: Aperture | None,
    ) -> None:
        self._changes = self._transparent = self._recoloured = False
        """What was met so far."""
        self._width, self._height, self._matrix, self._clean = width, height, matrix, clean
        self._aspect, self._told = Fraction(stream.sample_aspect_ratio or 1), told_for_all(stream)
        shaped = first or stream
        self._size = (shaped.width, shaped.height)
        self._first = first
        self._graph: Graph | None = None
        self._shape: tuple[object, ...] | None = None

    def decoded(self, stream: VideoStream) -> None:
        """Hears of every packet that was decoded, before the pictures that came out of it are taken."""
        self._changes |= aspect_now(stream) != self._aspect

    def take(self, frame: av.VideoFrame) -> av.VideoFrame:
        clear = any(component.is_alpha for component in frame.format.components)
        self._transparent |= clear
        self._changes |= (frame.width, frame.height) != self._size
        colours = self._colours(frame)  # a filter may forget them
        if self._changes or clear or self._clean:
            frame = self._filtered(frame, clear)
        return frame.reformat(self._width, self._height, "yuv420p", **colours)

    def _colours(self, frame: av.VideoFrame) -> dict[str, Any]:
        """How a picture is made to be of the first one's colours."""
        first = self._first
        if self._matrix is not None or first is None:
            return {"dst_colorspace": self._matrix}
        source, wanted = (_MATRICES.get(int(one.colorspace)) for one in (frame, first))
        ranges = {int(frame.color_trc), int(first.color_trc)}
        other_range = len(ranges) > 1 and bool(ranges & _HIGH_RANGE)
        if source is None or wanted is None or (source == wanted and not other_range):
            return {}
        made: dict[str, Any] = {"src_colorspace": source, "dst_colorspace": wanted}
        if other_range:
            made["dst_color_trc"] = _BT_709 if first.color_trc == _UNTOLD else first.color_trc
            made["dst_color_primaries"] = (
                _BT_709 if first.color_primaries == _UNTOLD else first.color_primaries
            )
        self._recoloured = True
        return made

    def notes(self) -> Iterator[str]:
        """What is not as it was."""
        if self._changes:
            yield f"Its pictures change their size or shape on the way: all were fitted into {self._width} x {self._height}."
        if self._recoloured:
            yield "Its pictures change their colours on the way: all were made like the first."
        if self._transparent:
            yield "Its pictures may be transparent: they were laid on black."
        if self._clean is not None:
            yield "The edges of its pictures, which are not meant to be shown, were cut off."

    def _filtered(self, frame: av.VideoFrame, clear: bool) -> av.VideoFrame:
        shape = (frame.width, frame.height, frame.format.name, frame.time_base, self._changes)
        if self._graph is None or shape != self._shape:
            self._graph, self._shape = self._built(frame, clear), shape
        self._graph.push(frame)
        made = self._graph.pull()
        assert isinstance(made, av.VideoFrame)
        made.pts, made.time_base = frame.pts, frame.time_base
        return made

    def _built(self, frame: av.VideoFrame, clear: bool) -> Graph:
        graph = Graph()
        last = graph.add_buffer(
            width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
        )
        steps = [("premultiply", "inplace=1")] if clear else []
        if self._clean is not None:
            steps.append(
                ("crop", "{}:{}:{}:{}:exact=1".format(*self._clean.within(frame.width, frame.height)))
            )
        if self._changes:
            steps += self._barred()
        for name, arguments in (*steps, ("buffersink", None)):
            step = graph.add(name, arguments)
            last.link_to(step)
            last = step
        graph.configure()
        return graph

    def _barred(self) -> list[tuple[str, str]]:
        """Scaled into the middle; each frame's aspect is known to the filter alone."""
        width, height = self._width, self._height
        aspect = "1" if self._told else f"sar/({self._aspect})"
        ratio = f"iw*{aspect}/ih"
        across, down = (
            f"2*round(min({width},{height}*{ratio})/2)",
            f"2*round(min({height},{width}/({ratio}))/2)",
        )
        return [
            ("scale", f"w='max(2,{across})':h='max(2,{down})':eval=frame"),
            ("pad", f"{width}:{height}:(ow-iw)/2:(oh-ih)/2:eval=frame"),
        ]
