"""How wide the pixels of a picture are shown, against their height: told once for all, or by each picture anew."""

from __future__ import annotations

from fractions import Fraction

from av.video.stream import VideoStream

_TELL_ASPECT = ("mp4", "matroska", "mxf")
"""Containers whose word stands before the pictures' own, for all of them."""


def told_for_all(stream: VideoStream) -> bool:
    """Whether the aspect is the container's to tell."""
    return any(name in stream.container.format.name for name in _TELL_ASPECT)


def aspect_now(stream: VideoStream) -> Fraction:
    """That of the pictures that come out of the decoder, or are about to: a frame does not say its own."""
    first, now = stream.sample_aspect_ratio, stream.codec_context.sample_aspect_ratio
    return Fraction((first if told_for_all(stream) else now or first) or 1)
