"""AAC packets: the encoder's delay, decoding any of them alone, and the windows that splices are chosen by."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from activities.media.mp4.movie import read_movie
from activities.media.mp4.sound_entry import audio_entry
from activities.media.sound.aac import FRAME, Encoder, PacketReader, Window, window_of
from tests.activities.media.render_kit import sound
from tests.media_factory import Audio, make_sound
from tests.media_sounds import Sound, broadband


def _tones(first: int, count: int, rate: int, channels: int) -> Sound:
    """Nothing that an encoder would say as noise, which differs between any two decodes."""
    at = np.arange(first, first + count) / rate
    wave = 0.2 * np.sin(2 * np.pi * 330 * at) + 0.1 * np.sin(2 * np.pi * 1234.5 * at)
    return np.repeat(wave[None], channels, axis=0).astype(np.float32)


@pytest.fixture(scope="module")
def tones(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sound(tmp_path_factory.mktemp("tones") / "tones.mp4", Audio(sound=_tones), 5)


@pytest.fixture
def reader(tones: Path) -> Iterator[PacketReader]:
    with reading(tones) as made:
        yield made


@contextmanager
def reading(path: Path) -> Iterator[PacketReader]:
    movie = read_movie(path)
    track = movie.of(b"soun")[0]
    config = audio_entry(track)[3]
    descriptor = os.open(movie.path, os.O_RDONLY)
    yield PacketReader(descriptor, track.table, config, 2, track.media_time, (0, track.table.end))
    os.close(descriptor)


def test_any_stretch_decodes_as_the_whole_does(reader: PacketReader, tones: Path) -> None:
    _, whole = sound(tones)
    for start, length in ((0, 5000), (100_003, 4_097), (50_000, 1), (20_000, 30_000), (0, 100)):
        part = reader.read(start, start + length)
        assert np.abs(part - whole[:, start : start + length]).max() < 1e-5


def _hiss(first: int, count: int, rate: int, channels: int) -> Sound:
    noise = np.random.default_rng(first).standard_normal((channels, count))
    return (0.05 * noise).astype(np.float32)


def test_described_noise_decodes_to_the_same_bits_in_any_order(tmp_path: Path) -> None:
    """Else a render that was stopped half way would not end with the bytes of one that was not."""
    hiss = make_sound(tmp_path / "hiss.mp4", Audio(sound=_hiss, bit_rate=48_000), 6)
    stretches = [(start, start + 20_000) for start in range(0, 250_000, 47_000)]
    with reading(hiss) as forth, reading(hiss) as back:
        there = [forth.read(*stretch) for stretch in stretches]
        again = [back.read(*stretch) for stretch in reversed(stretches)]
    for one, other in zip(there, reversed(again), strict=True):
        assert one.any()
        assert np.array_equal(one, other)


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
