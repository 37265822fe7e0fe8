"""Sound that is not the same all through, as of a transmission that goes from stereo to 5.1, or of joined recordings: all
of it is heard, where it was, and listened to."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.packet import Packet

from activities.media.probing.pcm import SAMPLE_RATE, Segment, read_pcm
from activities.media.probing.probe import Limits, probe
from activities.media.probing.speech_audio import extract_speech
from tests.activities.media.checker import check_sound
from tests.activities.media.real_kit import rendered, video
from tests.activities.media.render_kit import Samples, start_of
from tests.media_factory import Audio, Spec, make_sound, make_video

PARTS_S = 2.4, 3.6
"""The change is not in the middle of a stretch, where it is listened."""
RATE = 48_000


def _joined(folder: Path, *parts: Audio) -> Path:
    """Transport streams end to end. Each sound begins a packet or more before its picture: there two are heard at once."""
    data = b""
    for number, (audio, seconds) in enumerate(zip(parts, PARTS_S, strict=True)):
        options = {"output_ts_offset": str(number * PARTS_S[0])}
        spec = Spec(seconds=seconds, width=160, height=90, audio=(audio,), container_options=options)
        data += make_video(folder / f"{number}.ts", spec).read_bytes()
    source = folder / "joined.ts"
    source.write_bytes(data)
    return source


def _in_one_run(folder: Path, *layouts: str) -> Path:
    """A transport stream whose AAC changes from one packet to the next, which only the packets' headers tell."""
    parts = [
        make_sound(folder / f"{layout}.aac", Audio(layout=layout), seconds)
        for layout, seconds in zip(layouts, PARTS_S, strict=True)
    ]
    pictures = video(folder, seconds=sum(PARTS_S), audio=())
    source = folder / "one_run.ts"
    with (
        av.open(str(pictures)) as media,
        av.open(str(parts[0])) as first,
        av.open(str(source), "w") as output,
    ):
        picture = output.add_stream_from_template(media.streams.video[0], opaque=True)
        sound = output.add_stream_from_template(first.streams.audio[0], opaque=True)
        packets = [packet for packet in media.demux() if packet.size]
        for packet in packets:
            packet.stream = picture
        for number, data in enumerate(data for part in parts for data in _adts(part.read_bytes())):
            packet = Packet(data)
            packet.stream, packet.time_base = sound, Fraction(1, RATE)
            packet.pts = packet.dts = number * 1024
            packets.append(packet)
        output.mux(sorted(packets, key=lambda packet: (packet.dts or 0) * (packet.time_base or 0)))
    return source


def _adts(data: bytes) -> Iterator[bytes]:
    at = 0
    while at < len(data):
        length = (data[at + 3] & 3) << 11 | data[at + 4] << 3 | data[at + 5] >> 5
        yield data[at : at + length]
        at += length


def _placed(path: Path) -> tuple[int, Samples]:
    """All that is heard, mixed to one channel, each packet at its own time."""
    heard = np.zeros((1, RATE * 10), np.float32)
    with av.open(str(path)) as media:
        begins, end = start_of(media), 0
        for packet in media.demux(media.streams.audio[0]):
            for frame in packet.decode():
                assert isinstance(frame, av.AudioFrame) and frame.pts is not None and frame.time_base
                mono = frame.to_ndarray().astype(np.float32).mean(axis=0)
                there = np.arange(0, len(mono), frame.sample_rate / RATE)
                mono = np.interp(there, np.arange(len(mono)), mono).astype(np.float32)
                at = round((frame.pts * frame.time_base - begins) * RATE)
                heard[0, at : at + len(mono)] = mono
                end = at + len(mono)
    return RATE, heard[:, :end]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (Audio("ac3"), Audio("ac3", layout="5.1")),
        (Audio("ac3", layout="5.1"), Audio("ac3")),
        (Audio("mp2"), Audio("mp2", rate=44_100)),
        (Audio(), Audio(layout="5.1")),
        (Audio(), Audio()),
    ],
    ids=["ac3 to 5.1", "ac3 from 5.1", "mp2 to 44.1 kHz", "aac to 5.1", "aac"],
)
def test_sound_that_changes_where_recordings_were_joined(tmp_path: Path, first: Audio, second: Audio) -> None:
    source = _joined(tmp_path, first, second)
    _, plan, result = rendered(source, tmp_path)
    check_sound(_placed(source), result.path, plan, lag_s=0.043)  # what is heard twice for less may stay


@pytest.mark.parametrize("layouts", [("stereo", "5.1"), ("5.1", "stereo"), ("stereo", "mono")], ids=str)
def test_aac_that_changes_from_one_packet_to_the_next(tmp_path: Path, layouts: tuple[str, str]) -> None:
    """Copied, all that comes after would be told as what came before: no player decodes that."""
    source = _in_one_run(tmp_path, *layouts)
    report, plan, result = rendered(source, tmp_path)
    assert any("changes its channels" in sentence for sentence in report.rendering)
    check_sound(_placed(source), result.path, plan)


def test_sound_that_changes_is_listened_to(tmp_path: Path) -> None:
    source = _joined(tmp_path, Audio("ac3"), Audio("ac3", layout="5.1"))
    report = probe(source, Limits())
    found = extract_speech(source, report, tmp_path / "speech.flac")
    assert any("change on the way" in warning for warning in found.warnings)
    seconds = [Segment(at * SAMPLE_RATE, (at + 1) * SAMPLE_RATE) for at in (1, 4)]
    parts = [read_pcm(tmp_path / "speech.flac", second).astype(np.float64) for second in seconds]
    before, after = (float(np.sqrt((part**2).mean())) for part in parts)
    assert after > before / 2
