"""The tables of an MP4: read, written again, and broken in every way."""

from __future__ import annotations

import random
import struct
import tracemalloc
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from activities.media.mix.identity import fingerprint
from activities.media.mp4.boxes import Box, Unreadable, box, full_box, walk
from activities.media.mp4.layout import MAX_BOXES
from activities.media.mp4.movie import read_movie
from activities.media.mp4.tables import read_table, write_table
from tests.effort import AT_ONCE_S, busy_s
from tests.media_corpus import Corpus
from tests.media_factory import Audio, Spec, make_video
from tests.media_sounds import Sound

WHOLE = ("h264_aac", "faststart", "open_gop", "variable", "late_sound", "two_tracks", "chapters", "surround")


def _stbl(content: bytes) -> Box:
    return next(walk(box(b"stbl", content), 0, len(content) + 8))


@pytest.mark.parametrize("name", WHOLE)
def test_a_table_written_and_read_is_the_same(corpus: Corpus, name: str) -> None:
    movie = read_movie(corpus[name])
    for track in movie.tracks:
        content = write_table(track.table, track.stsd.raw)
        again = read_table(_stbl(content), movie.size)
        for field in ("sizes", "offsets", "dts", "cts", "chunk_start"):
            assert np.array_equal(getattr(again, field), getattr(track.table, field)), field
        assert again.end == track.table.end
        assert (again.sync is None) == (track.table.sync is None)


def test_offsets_over_four_gigabytes_are_wide(corpus: Corpus) -> None:
    track = read_movie(corpus["h264_aac"]).tracks[0]
    far = replace(track.table, offsets=track.table.offsets + (5 << 32))
    content = write_table(far, track.stsd.raw)
    assert b"co64" in content and b"stco" not in content
    assert np.array_equal(read_table(_stbl(content), 6 << 32).offsets, far.offsets)


def test_negative_composition_offsets_survive(corpus: Corpus) -> None:
    track = read_movie(corpus["h264_aac"]).tracks[0]
    assert track.table.shift is not None
    early = replace(track.table, shift=track.table.shift - 1024)
    again = read_table(_stbl(write_table(early, track.stsd.raw)), 1 << 40)
    assert again.shift is not None and np.array_equal(again.shift, early.shift)


@pytest.mark.parametrize("name", ["faststart", "late_sound", "chapters"])
def test_broken_tables_are_refused_and_nothing_else(corpus: Corpus, tmp_path: Path, name: str) -> None:
    """Four hundred mutations of `moov`: each is read or refused, never a crash or a full memory."""
    original = bytearray(corpus[name].read_bytes())
    moov = original.index(b"moov") - 4
    length = int.from_bytes(original[moov : moov + 4], "big")
    chance = random.Random(4)
    path, refused = tmp_path / "broken.mp4", 0
    for _ in range(400):
        data = bytearray(original)
        for _ in range(chance.randint(1, 6)):
            at = chance.randrange(moov + 8, moov + length)
            data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, chance.randrange(256)))
        path.write_bytes(data)
        try:
            read_movie(path)
        except Unreadable as error:
            refused += 1
            assert str(error)
    assert refused > 20


def test_a_cut_file_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    data = corpus["faststart"].read_bytes()
    for length in (0, 4, 8, 40, 700, len(data) // 2, len(data) - 1):
        path = tmp_path / f"{length}.mp4"
        path.write_bytes(data[:length])
        with pytest.raises(Unreadable):
            read_movie(path)


def test_a_file_in_too_many_pieces_is_refused(corpus: Corpus, tmp_path: Path) -> None:
    """Millions of empty boxes would keep a worker busy for minutes."""
    path = tmp_path / "pieces.mp4"
    path.write_bytes(corpus["faststart"].read_bytes() + box(b"free") * MAX_BOXES)
    with pytest.raises(Unreadable, match="pieces"):
        read_movie(path)


def test_a_long_edit_list_is_read_in_no_time(corpus: Corpus, tmp_path: Path) -> None:
    """Each row once cost a copy of all the tables."""
    data = corpus["faststart"].read_bytes()
    moov = data.index(b"moov") - 4
    end = moov + int.from_bytes(data[moov : moov + 4], "big")
    rows = struct.pack(">IiI", 1, 0, 0x10000) * 10_000
    elst = full_box(b"elst", 0, 0, struct.pack(">I", 10_000), rows)
    trak = next(child for child in walk(data, moov + 8, end) if child.kind == b"trak")
    children = [child.raw for child in trak.children() if child.kind != b"edts"]
    edited = box(b"trak", *children, box(b"edts", elst))
    parts = [edited if c.start == trak.start else c.raw for c in walk(data, moov + 8, end)]
    path = tmp_path / "edits.mp4"
    path.write_bytes(data[:moov] + box(b"moov", box(b"free", bytes(16 << 20)), *parts) + data[end:])
    assert len(read_movie(path).tracks[0].edits) == 10_000
    assert busy_s(lambda: read_movie(path)) < AT_ONCE_S


def test_a_huge_count_is_refused_before_memory_is_taken(corpus: Corpus, tmp_path: Path) -> None:
    data = bytearray(corpus["faststart"].read_bytes())
    stsz = data.index(b"stsz")
    data[stsz + 8 : stsz + 16] = b"\0\0\0\1\xff\xff\xff\xff"
    path = tmp_path / "huge.mp4"
    path.write_bytes(data)
    with pytest.raises(Unreadable):
        read_movie(path)


def test_uncompressed_sound_costs_no_memory(tmp_path: Path) -> None:
    """Each of its samples has a row of its own: ten minutes of them once took more than a gigabyte."""
    spec = Spec(seconds=20, width=64, height=64, audio=(Audio("pcm_s16le"),))
    path = make_video(tmp_path / "studio.mov", spec)
    tracemalloc.start()
    try:
        movie = read_movie(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert [track.codec for track in movie.of(b"soun")] == [b"sowt"]
    assert peak < 1 << 20


def test_fingerprints_tell_files_apart(corpus: Corpus) -> None:
    names = ("h264_aac", "faststart", "mkv", "ts", "mono")
    assert len({fingerprint(corpus[name]) for name in names}) == len(names)
    assert fingerprint(corpus["mkv"]) == fingerprint(corpus["mkv"])
    assert fingerprint(corpus["mkv"], "a") != fingerprint(corpus["mkv"], "b")


def test_sound_of_a_constant_rate_is_told_apart_by_its_content(tmp_path: Path) -> None:
    """Two cuts of a dub, alike but for a word in the middle: the same sizes, the same tables, the same ends."""
    made = []
    for name, codec in (("pcm", "pcm_s16le"), ("mp3", "mp3")):
        for word in (500.0, 700.0):
            path = tmp_path / f"{name}{word}.mov"
            spec = Spec(seconds=10, audio=(Audio(codec, 44_100, sound=partial(_word, word)),))
            made.append(fingerprint(make_video(path, spec)))
    assert len(set(made)) == 4


def _word(pitch: float, first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count) / rate
    word = 0.3 * np.sin(2 * np.pi * pitch * at) * ((at > 5) & (at < 6))
    return np.tile(word.astype(np.float32), (channels, 1))
