"""Which pictures browsers play from an MP4: by codec, and of H.264 and HEVC by profile too.

Chromium, Firefox and Safari decode H.264 in 8 bits and 4:2:0 alone, whatever else an encoder can write; HEVC, where
they play it at all, in Main and Main 10. Of VP9 and AV1 they play what there is; VP8 only
in WebM.
"""

from __future__ import annotations

from av.video.stream import VideoStream

from activities.media.mp4.movie import Track

_TAGS = {b"avc1", b"avc3", b"hvc1", b"hev1", b"vp09", b"av01"}
_DOLBY_VISION = {b"dva1", b"dvav", b"dvh1", b"dvhe"}
"""H.264 and HEVC that are meant for its players: others take most of them for what they are."""
_CODECS = {"h264", "hevc", "vp9", "av1"}
_NAMES = {
    "h264": "H.264",
    "hevc": "HEVC",
    "mpeg2video": "MPEG-2",
    "mpeg4": "MPEG-4 Visual",
    "prores": "ProRes",
    "dnxhd": "DNxHD",
    "dvvideo": "DV",
    "mjpeg": "Motion JPEG",
    "theora": "Theora",
    "vc1": "VC-1",
    "wmv3": "Windows Media Video 9",
}
_PIXELS = {"h264": {"yuv420p", "yuvj420p", "gray"}, "hevc": {"yuv420p", "yuvj420p", "yuv420p10le"}}
_VISUAL_ENTRY = 78
"""Bytes of a VisualSampleEntry before its boxes (ISO/IEC 14496-12, 12.1.3)."""
_H264_BEYOND = {44: "CAVLC 4:4:4 Intra", 110: "High 10", 122: "High 4:2:2", 244: "High 4:4:4 Predictive"}
"""`profile_idc` of what no browser decodes (ITU-T H.264, annex A)."""
_HEVC_LAST = 3
"""`general_profile_idc` of Main, Main 10 and Main Still Picture are 1 to 3 (ITU-T H.265, annex A)."""


def track_refusal(track: Track) -> str | None:
    """Why browsers do not play a track's pictures, from its sample entry; None if they do."""
    if track.codec not in _TAGS | _DOLBY_VISION:
        return f"the picture is {track.codec.decode('latin-1').strip()}, which browsers do not play"
    entry = next(track.stsd.children(8))
    for config in entry.children(_VISUAL_ENTRY):
        if config.kind == b"avcC":
            profile = _H264_BEYOND.get(config.unpack("B", 1)[0])
            return f"the picture is H.264 {profile}, which browsers do not play" if profile else None
        if config.kind == b"hvcC" and config.unpack("B", 1)[0] & 0x1F > _HEVC_LAST:
            return "the picture is HEVC of an extended profile, which browsers do not play"
    return None


def stream_refusal(stream: VideoStream) -> str | None:
    """The same of a stream in any container, in words that begin a sentence."""
    codec = stream.codec_context.codec.canonical_name
    name = _NAMES.get(codec, codec.upper())
    if codec not in _CODECS:
        return f"The picture is {name}, which browsers do not play"
    pixels = _PIXELS.get(codec)
    if pixels is not None and stream.codec_context.pix_fmt not in pixels:
        return f"The picture is {name} {stream.profile or stream.codec_context.pix_fmt}, which browsers do not play"
    return None
