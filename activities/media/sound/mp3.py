"""A spoken text as MP3: for ears alone, not for a plan."""

from __future__ import annotations

import io
from itertools import chain

import av
from av.audio.resampler import AudioResampler

from activities.media.sound.clips import measure_clip

_RATE = 48_000
_BIT_RATE = 96_000
_FRAME = 1152
"""Samples in a frame of MPEG-1 layer III (ISO/IEC 11172-3, section 2.4.2.1)."""


def spoken_mp3(recording: bytes) -> bytes:
    """Of a voice's recording (any audio file): mono, with silence trimmed as in a description.

    Raises:
        MediaRefused: it does not open, is longer than five minutes, or holds nothing that can be heard.
    """
    flac = io.BytesIO(measure_clip(recording, _RATE).flac)
    buffer = io.BytesIO()
    options = {"id3v2_version": "0", "fflags": "+bitexact"}
    with av.open(flac, "r") as spoken, av.open(buffer, "w", format="mp3", options=options) as output:
        stream = output.add_stream("libmp3lame", rate=_RATE, layout="mono", bit_rate=_BIT_RATE)
        resampler = AudioResampler(format="fltp", layout="mono", rate=_RATE, frame_size=_FRAME)
        for frame in chain(spoken.decode(audio=0), (None,)):
            for shaped in resampler.resample(frame):
                output.mux(list(stream.encode(shaped)))
        output.mux(list(stream.encode(None)))
    return buffer.getvalue()
