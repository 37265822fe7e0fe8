"""AAC packets: the encoder's delay, decoding any of them alone, and the windows that splices are chosen by."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pytest

from activities.media.aac import FRAME, Encoder, PacketReader, Window, window_of
from activities.media.mp4.movie import audio_entry, read_movie
from tests.activities.media.render_kit import low_pass, sound
from tests.media_corpus import Corpus
from tests.media_factory import broadband


@pytest.fixture
def reader(corpus: Corpus) -> Iterator[PacketReader]:
    movie = read_movie(corpus["h264_aac"])
    track = movie.of(b"soun")[0]
    config = audio_entry(track)[3]
    descriptor = os.open(movie.path, os.O_RDONLY)
    yield PacketReader(descriptor, track.table, config, 2, track.media_time, (0, track.table.end))
    os.close(descriptor)


def test_any_stretch_decodes_as_the_whole_does(reader: PacketReader, corpus: Corpus) -> None:
    _, whole = sound(corpus["h264_aac"])
    for start, length in ((0, 5000), (100_003, 4_097), (50_000, 1), (20_000, 30_000), (0, 100)):
        part = reader.read(start, start + length)
        error = part - whole[:, start : start + length]
        assert np.abs(low_pass(error, 48_000)).max() < 1e-2


def test_beyond_the_track_is_silence(reader: PacketReader) -> None:
    assert not reader.read(400_000, 400_100).any()
    assert reader.read(-90_000, -80_000).shape == (2, 10_000)
    assert not reader.read(-90_000, -80_000).any()


def test_the_encoders_delay_is_one_frame() -> None:
    import av

    heard = broadband(0, 40 * FRAME, 48_000, 2)
    encoder = Encoder(48_000, 2, 192_000, "fast")
    packets = list(encoder.encode([heard[:, : 8 * FRAME], heard[:, 8 * FRAME :]]))
    assert [at for at, _ in packets] == [(n - 1) * FRAME for n in range(41)]
    decoder = av.CodecContext.create("aac", "r")
    decoder.extradata = encoder.config
    out = [f.to_ndarray() for _, p in packets for f in decoder.decode(av.Packet(p))]
    decoded = np.concatenate(out, axis=1)[:, FRAME:]  # the first packet's window begins a frame early
    spectrum = np.fft.rfft(decoded[0], 1 << 17) * np.conj(np.fft.rfft(heard[0], 1 << 17))
    assert int(np.argmax(np.fft.irfft(spectrum))) == 0


def test_windows_are_read_from_packets() -> None:
    """A burst in silence makes the encoder switch to short windows; steady sound keeps the long one."""
    steady = broadband(0, 30 * FRAME, 48_000, 2)
    kinds = {window_of(p) for _, p in Encoder(48_000, 2, 128_000, "fast").encode([steady])}
    assert Window(False, 1) in kinds
    burst = np.zeros((2, 30 * FRAME), np.float32)
    for at in range(3 * FRAME, 30 * FRAME, 5 * FRAME // 2):
        burst[:, at : at + 200] = np.random.default_rng(1).standard_normal(200) * 0.5
    slopes = {
        w.short_slope for _, p in Encoder(48_000, 2, 128_000, "fast").encode([burst]) if (w := window_of(p))
    }
    assert slopes == {True, False}


def test_odd_packets_have_no_window() -> None:
    for packet in (b"", b"\xff", b"\xe0" * 20, b"\xc0\0\0"):
        window_of(packet)  # no exception
    assert window_of(b"") is None
    assert window_of(b"\xff" * 40) is None
