"""Tables that are read of movie fragments: those of the same stream in one piece, and what FFmpeg reads of each packet."""

from __future__ import annotations

import random
import struct
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from activities.media.mp4.boxes import Box, Unreadable, box, full_box, walk
from activities.media.mp4.movie import Movie, Track, read_movie
from activities.media.mp4.top_level import whole_ftyp
from tests.media_corpus import Corpus
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_fragments import SHAPES
from tests.media_odd import later_fragments, remuxed

SOUNDS = (Audio(language="eng"), Audio(language="fra", layout="mono", rate=44_100))


@dataclass(frozen=True)
class Read:
    """One packet by FFmpeg."""

    size: int
    position: int
    shown: Fraction
    key: bool


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = Spec(seconds=3.0, options=dict(X264_CLOSED), audio=SOUNDS)
    return make_video(tmp_path_factory.mktemp("whole") / "whole.mp4", spec)


def _packets(path: Path, track: int) -> list[Read]:
    with av.open(str(path)) as media:
        return [
            Read(packet.size, packet.pos, packet.pts * packet.time_base, packet.is_keyframe)
            for packet in media.demux(media.streams[track])
            if packet.size and packet.pts is not None and packet.pos is not None and packet.time_base
        ]


def _shown(movie: Movie, track: Track) -> list[Fraction]:
    """When each sample is presented, by its edits."""
    lead = track.lead(movie.timescale) - Fraction(track.media_time, track.timescale)
    return [lead + Fraction(int(at), track.timescale) for at in track.table.cts]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_sample_is_where_ffmpeg_finds_it(whole: Path, tmp_path: Path, shape: str) -> None:
    source = remuxed(whole, tmp_path / "parts.mp4", options=SHAPES[shape])
    movie = read_movie(source)
    with av.open(str(source)) as media:
        begins = max(Fraction(0), Fraction(media.start_time or 0, av.time_base))
    for number, track in enumerate(movie.tracks):
        told, table = _packets(source, number), track.table
        assert table.sizes.tolist() == [packet.size for packet in told]
        assert table.offsets.tolist() == [packet.position for packet in told]
        key = np.ones(len(table), np.bool_) if table.sync is None else table.sync
        assert key.tolist() == [packet.key for packet in told]
        assert table.dts[0] == 0 and track.single_edit()
        shown, clock = _shown(movie, track), Fraction(1, track.timescale)
        first = 1 if track.handler == b"soun" else 0  # whose length may have the encoder's delay in it
        for packet, at in list(zip(told, shown, strict=True))[first:]:
            assert abs(at - (packet.shown - begins)) <= clock, (number, float(at), float(packet.shown))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_tables_are_those_of_the_stream_in_one_piece(whole: Path, tmp_path: Path, shape: str) -> None:
    parts = read_movie(remuxed(whole, tmp_path / "parts.mp4", options=SHAPES[shape]))
    one = read_movie(whole)
    for track, other in zip(parts.tracks, one.tracks, strict=True):
        assert (track.id, track.handler, track.language) == (other.id, other.handler, other.language)
        table, was = track.table, other.table
        assert table.sizes.tolist() == was.sizes.tolist()
        assert (table.sync is None) == (was.sync is None)
        assert table.sync is None or table.sync.tolist() == was.sync.tolist()
        if shape == "every frame" and track.handler == b"soun":
            continue  # FFmpeg's muxer tells times that no stream had
        scale = Fraction(other.timescale, track.timescale)
        for now, then in ((table.dts, was.dts), (table.cts - table.cts.min(), was.cts - was.cts.min())):
            assert [round(int(at) * scale) for at in now] == then.tolist()
        assert abs(table.end * scale - was.end) <= 1024
    apart = [
        _shown(movie, movie.tracks[1])[-1] - _shown(movie, movie.tracks[0])[-1] for movie in (parts, one)
    ]
    # Where pictures are shown before they are decoded, FFmpeg has all of them wait.
    slack = 0.041 if shape in ("cmaf", "negative offsets") else 0.0001
    assert abs(apart[0] - apart[1]) <= slack


@pytest.mark.parametrize("shape", ["moof is base", "delayed moov"])
def test_a_clock_that_starts_in_the_middle_of_a_day_starts_at_0(
    whole: Path, tmp_path: Path, shape: str
) -> None:
    """With times that need 64 bits; what waits longer than the rest waits as much longer still."""
    source = remuxed(whole, tmp_path / "parts.mp4", options=SHAPES[shape])
    before = read_movie(source)
    later_fragments(source, {1: 500_000 * 12_800, 2: 500_000 * 48_000, 3: 500_001 * 44_100})
    after = read_movie(source)
    moved = []
    for was, now, more in zip(before.tracks, after.tracks, (0, 0, 1), strict=True):
        both = zip(_shown(before, was), _shown(after, now), strict=True)
        moved.append({round(float(at - then) - more, 3) for then, at in both})
    assert len(set.union(*moved)) == 1
    starts = [_shown(after, track)[0] for track in after.tracks]
    assert min(starts) == pytest.approx(0, abs=0.06)  # a first packet that is too long is heard late


def _boxes(data: bytes) -> list[Box]:
    return list(walk(data, 0, len(data)))


def _with_trun(data: bytes, change: Callable[[bytes], bytes]) -> bytes:
    """The first `trun` of the first fragment with another content, as long as it was."""
    at = data.index(b"trun", data.index(b"moof"))
    size = int.from_bytes(data[at - 4 : at], "big")
    made = change(data[at + 4 : at - 4 + size])
    assert len(made) == size - 8
    return data[: at + 4] + made + data[at - 4 + size :]


BROKEN: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a count of billions": (lambda c: c[:4] + b"\xff\xff\xff\xff" + c[8:], "announces"),
    "a count of billions, and nothing told of any": (
        lambda c: b"\0\0\0\1\xff\xff\xff\xff" + c[8:],
        "announces",
    ),
    "more than it holds": (lambda c: c[:4] + struct.pack(">I", len(c)) + c[8:], "more than it holds"),
    "data before the file": (lambda c: c[:8] + b"\x80\0\0\0" + c[12:], "beyond the end"),
    "data behind the file": (lambda c: c[:8] + b"\x7f\xff\xff\xff" + c[12:], "beyond the end"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_a_broken_fragment_is_refused_before_memory_is_taken(
    corpus: Corpus, tmp_path: Path, fault: str
) -> None:
    change, said = BROKEN[fault]
    path = tmp_path / "broken.mp4"
    path.write_bytes(_with_trun(corpus["fragmented"].read_bytes(), change))
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable, match=said):
            read_movie(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 1 << 20


def test_data_that_is_told_of_again_and_again_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    """A small file would become one that fills the disk."""
    data = corpus["fragmented"].read_bytes()
    path = tmp_path / "again.mp4"
    tfhd = full_box(b"tfhd", 0, 1, struct.pack(">IQ", 1, 0))
    trun = full_box(b"trun", 0, 0x201, struct.pack(">IiI", 1, 0, len(data) // 2))
    path.write_bytes(data + box(b"moof", box(b"traf", tfhd, trun)) * 100)
    with pytest.raises(Unreadable, match="beyond the end"):
        read_movie(path)


def test_fragments_in_too_many_pieces_are_refused(
    corpus: Corpus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.media.mp4.moof._MOST_PIECES", 1000)
    path = tmp_path / "pieces.mp4"
    path.write_bytes(corpus["fragmented"].read_bytes() + box(b"moof", box(b"free") * 1000))
    with pytest.raises(Unreadable, match="pieces"):
        read_movie(path)


def test_damaged_fragments_are_read_or_refused_and_nothing_else(corpus: Corpus, tmp_path: Path) -> None:
    """Four hundred mutations of `moov` and every `moof`."""
    original = corpus["fragmented"].read_bytes()
    spans = [(found.body, found.end) for found in _boxes(original) if found.kind in (b"moov", b"moof")]
    chance, path, refused = random.Random(14), tmp_path / "broken.mp4", 0
    for _ in range(400):
        data = bytearray(original)
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(*chance.choice(spans))
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(data)
        try:
            movie = read_movie(path)
        except Unreadable as error:
            refused += 1
            assert str(error)
        else:
            for track in movie.tracks:
                assert (np.diff(track.table.dts) >= 0).all()
                assert (
                    not len(track.table) or int((track.table.offsets + track.table.sizes).max()) <= movie.size
                )
    assert 20 < refused < 380


def test_boxes_by_sample_number_and_brands_of_fragments_are_left_out(corpus: Corpus) -> None:
    """They number the samples of `moov`, which has none."""
    movie = read_movie(corpus["fragmented"])
    assert movie.moov.find(b"mvex") is not None  # which the writer leaves out
    for track in movie.tracks:
        stbl = track.trak.need(b"mdia", b"minf", b"stbl")
        assert [child.kind for child in stbl.children()] == [b"stsd"]
    assert whole_ftyp(box(b"ftyp", b"dash", bytes(4), b"iso6cmfc")) == box(
        b"ftyp", b"isom", bytes(4), b"iso6"
    )
