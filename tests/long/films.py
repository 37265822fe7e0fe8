"""Long films, made of the sample by copying its packets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av

from deploy.local.demo.options import SAMPLE
from schema.vtt import Cue, Document, parse, write

SAMPLE_FILM = SAMPLE / "sample.mp4"
_AAC_SAMPLES = 1024


def repeat(path: Path, rounds: int) -> float:
    """Write the sample `rounds` times to `path`, and return the length of one round in seconds.

    A round is of whole AAC packets, so that the sound has no seam.
    """
    with av.open(str(path), "w") as output, av.open(str(SAMPLE_FILM)) as source:
        streams = [source.streams.video[0], source.streams.audio[0]]
        copies = {stream.index: output.add_stream_from_template(stream) for stream in streams}
        rate = streams[1].codec_context.sample_rate
        packets = -(-source.duration * rate // (av.time_base * _AAC_SAMPLES))
        round_s = packets * _AAC_SAMPLES / rate
        for number in range(rounds):
            source.seek(0)
            for packet in source.demux(streams):
                if packet.dts is None or packet.pts is None:
                    continue
                if number and packet.pts < 0:
                    continue  # the encoder's delay, which is there once
                shift = round(number * round_s / packet.time_base)
                packet.pts, packet.dts = packet.pts + shift, packet.dts + shift
                packet.stream = copies[packet.stream.index]
                output.mux(packet)
    return round_s


def pad(path: Path, size_bytes: int) -> None:
    """Write the sample to `path`, each picture with filler data (Rec. ITU-T H.264, 7.3.2.7) behind it, which decoders
    pass over: the whole has at least `size_bytes`."""
    with av.open(str(SAMPLE_FILM)) as source, av.open(str(path), "w") as output:
        video, audio = source.streams.video[0], source.streams.audio[0]
        copies = {stream.index: output.add_stream_from_template(stream) for stream in (video, audio)}
        unit = b"\x0c" + b"\xff" * (size_bytes // video.frames) + b"\x80"
        filler = len(unit).to_bytes(4, "big") + unit
        for packet in source.demux(video, audio):
            if packet.dts is None:
                continue
            padded = av.Packet(bytes(packet) + filler) if packet.stream is video else packet
            padded.pts, padded.dts, padded.duration = packet.pts, packet.dts, packet.duration
            padded.time_base, padded.is_keyframe = packet.time_base, packet.is_keyframe
            padded.stream = copies[packet.stream.index]
            output.mux(padded)


def script(round_s: float, rounds: int, cues: int) -> str:
    """An AD script of `cues` cues over the whole film: the sample's in turn, each in words of its own."""
    written = parse((SAMPLE / "ad.en.vtt").read_text(encoding="utf-8")).document.cues
    made: list[Cue] = []
    for number in range(cues):
        at_ms = round(number * rounds // cues * round_s * 1000)
        cue = written[number % len(written)]
        span = {"start_ms": cue.start_ms + at_ms, "end_ms": cue.end_ms + at_ms}
        made.append(replace(cue, id=f"ad{number + 1}", text=f"{cue.text} Number {number + 1}.", **span))
    return write(Document.of(made).in_order())
