"""Pictures that are partly transparent where only the container says so: VP8 and VP9 in WebM, which have a second picture
beside each."""

from __future__ import annotations

from av.codec.context import CodecContext
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

_ALPHA = "alpha_mode"
_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""FFmpeg's own look at the first picture alone."""


def has_alpha(stream: VideoStream) -> bool:
    """Whether the second pictures say what of the first ones is seen."""
    told = {name.lower(): value for name, value in stream.metadata.items()}
    return told.get(_ALPHA) == "1" and stream.codec_context.codec.canonical_name in _DECODERS


def decoder_with_alpha(stream: VideoStream) -> VideoCodecContext | None:
    """One that makes both into one picture; None where there is one alone."""
    if not has_alpha(stream):
        return None
    decoder = CodecContext.create(_DECODERS[stream.codec_context.codec.canonical_name], "r")
    assert isinstance(decoder, VideoCodecContext)
    return decoder
