"""Makes the sound of encoders that the tests cannot run: Fraunhofer's FDK AAC, as HE-AAC, HE-AAC v2 and AAC-LC.

FFmpeg's own encoder makes AAC-LC alone, and Debian has the FDK only in non-free. The crate `fdk-aac-sys` carries its
source; any program that feeds it does. This script takes what such a program wrote (for each of the `STREAMS` the
AudioSpecificConfig, the encoder's delay and the access units, each number a little-endian u32 and each byte string
behind its length) and puts it into an MP4 whose edit list leaves the delay out, as FDK's and Apple's tools do. The
sound is `broadband`, four seconds of 48 kHz stereo, so that tests know what they should hear.

    python tests/activities/media/foreign/make_foreign.py FOLDER_OF_STREAMS
"""

from __future__ import annotations

import struct
import sys
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream

HERE = Path(__file__).parent
RATE = 48_000
STREAMS = {"fdk_lc": 2, "he_aac": 5, "he_aac_v2": 29}
"""Name: MPEG-4 audio object type that the encoder was asked for (at 96, 48 and 32 kbit/s)."""
CORE = bytes.fromhex("1310")
"""AAC-LC at 24 kHz: all that files say which leave it to the decoder to find the upper half (implicit signalling)."""


def make(stream: Path, target: Path, implicit: bool = False) -> None:
    """One MP4 from one stream. With `implicit` neither its config nor its clock tells of the upper half."""
    data = stream.read_bytes()
    length = struct.unpack_from("<I", data)[0]
    config = data[4 : 4 + length]
    delay, frame = struct.unpack_from("<II", data, 4 + length)
    at, number, rate = 12 + length, 0, RATE
    if implicit:
        config, delay, frame, rate = CORE, delay // 2, frame // 2, rate // 2
    with av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as output:
        track = output.add_stream("aac", rate=rate, layout="stereo")
        assert isinstance(track, AudioStream)
        track.codec_context.open()
        own = bytes(track.codec_context.extradata or b"")
        while at < len(data):
            size = struct.unpack_from("<I", data, at)[0]
            packet: av.Packet[AudioStream] = av.Packet(data[at + 4 : at + 4 + size])
            packet.pts = packet.dts = number * frame - delay
            packet.duration, packet.time_base = frame, Fraction(1, rate)
            packet.stream, packet.is_keyframe = track, True
            output.mux(packet)
            at, number = at + 4 + size, number + 1
    # PyAV cannot be told another config than its encoder's, which is longer; zeros behind one say nothing.
    written = target.read_bytes()
    assert written.count(own) == 1 and len(config) <= len(own)
    target.write_bytes(written.replace(own, config.ljust(len(own), b"\0")))


if __name__ == "__main__":
    for name in STREAMS:
        make(Path(sys.argv[1]) / f"{name}.bin", HERE / f"{name}.m4a")
    make(Path(sys.argv[1]) / "he_aac.bin", HERE / "he_aac_implicit.m4a", implicit=True)
