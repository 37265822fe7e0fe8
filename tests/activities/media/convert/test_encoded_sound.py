"""Sound that is encoded again: a gap in it stays one, however long."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import av
import pytest

from activities.media.convert.encoded_sound import EncodedSound
from activities.media.files.opening import open_media
from activities.media.mp4.movie import read_movie
from tests.media_factory import Audio, make_sound

RATE, GAP_S = 48_000, 120


def test_a_long_gap_becomes_silence_in_little_memory(tmp_path: Path) -> None:
    """As samples all at once, one of an hour would be gigabytes."""
    source, made = make_sound(tmp_path / "s.wav", Audio("pcm_s16le", RATE), 1.0), tmp_path / "made.mp4"
    tracemalloc.start()
    try:
        with open_media(source) as media, av.open(str(made), "w", format="mp4") as output:
            (stream,) = media.streams.audio
            writer = EncodedSound(output, [stream], Fraction(0), RATE)
            for number, packet in enumerate(media.demux(stream)):
                if number >= 3 and packet.pts is not None and packet.time_base:
                    packet.pts += round(GAP_S / packet.time_base)
                output.mux(writer.take(packet))
            output.mux(writer.end())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 8 << 20
    (track,) = read_movie(made).of(b"soun")
    assert (track.table.end - track.media_time) / RATE == pytest.approx(GAP_S + 1, abs=0.05)
