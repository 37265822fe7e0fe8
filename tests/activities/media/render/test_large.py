"""Files over 4 GB, whose chunk offsets do not fit into 32 bits: read from a sparse source, and written in full."""

from __future__ import annotations

import struct
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from activities.media.mp4.boxes import Box, box, full_box, walk
from activities.media.mp4.movie import Movie, read_movie
from activities.media.mp4.tables import read_table, write_table
from activities.media.mp4.trak import OutTrack
from activities.media.mp4.write import write_movie
from tests.activities.media.render_kit import make_clip, make_plan, packet_hashes, pictures, run, sha256_of
from tests.media_corpus import Corpus

FOUR_GB = 1 << 32
HOLE = FOUR_GB + 12_345
RATE = 48_000
PLAN = make_plan([(RATE, 20), (3 * RATE, 30)], [(RATE + 2000, RATE // 4)])
_HOLDERS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")


def _moved(old: Box, by: int) -> bytes:
    """The box with every chunk offset moved, in 64 bits."""
    if old.kind in _HOLDERS:
        return box(old.kind, *(_moved(child, by) for child in old.children()))
    if old.kind != b"stco":
        return old.raw
    (count,) = old.unpack("I", 4)
    offsets = [offset + by for offset in old.unpack(f"{count}I", 8)]
    return full_box(b"co64", 0, 0, struct.pack(">I", count), struct.pack(f">{count}Q", *offsets))


def make_sparse(small: Path, target: Path) -> Path:
    """The same movie behind a hole of more than 4 GB, which takes no room on the disk."""
    movie, data = read_movie(small), small.read_bytes()
    first = min(int(track.table.offsets.min()) for track in movie.tracks if len(track.table))
    last = max(int((track.table.offsets + track.table.sizes).max()) for track in movie.tracks)
    moov = next(child for child in walk(data, 0, len(data)) if child.kind == b"moov")
    head = movie.ftyp + struct.pack(">I4sQ", 1, b"mdat", 16 + HOLE + last - first)
    with target.open("wb") as file:
        file.write(head)
        file.seek(len(head) + HOLE)
        file.write(data[first:last])
        file.write(_moved(moov, len(head) + HOLE - first))
    return target


@pytest.fixture(scope="module")
def sparse(corpus: Corpus, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_sparse(corpus["h264_aac"], tmp_path_factory.mktemp("large") / "sparse.mp4")
    assert made.stat().st_size > FOUR_GB
    assert made.stat().st_blocks * 512 < 100 << 20, "this file system keeps no holes: the test would fill it"
    return made


def test_a_source_of_over_4_gb_renders_like_a_small_one(corpus: Corpus, sparse: Path, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "c.wav", 0.25)
    small, large = tmp_path / "small", tmp_path / "large"
    small.mkdir(), large.mkdir()
    one, other = run(corpus["h264_aac"], PLAN, small, clip), run(sparse, PLAN, large, clip)
    assert other.report.picture == "copied" and other.report.sound == "spliced"
    assert sha256_of(one.path) == sha256_of(other.path)


def test_offsets_beyond_32_bits_survive_the_tables(corpus: Corpus) -> None:
    movie = read_movie(corpus["h264_aac"])
    for track in movie.tracks:
        moved = replace(track.table, offsets=track.table.offsets + HOLE)
        content = write_table(moved, track.stsd.raw)
        assert b"co64" in content and b"stco" not in content
        stbl = Box(b"stbl", box(b"stbl", content), 0, 8, len(content) + 8)
        again = read_table(stbl, 2 * HOLE)
        assert np.array_equal(again.offsets, moved.offsets)
        assert np.array_equal(again.sizes, moved.sizes)


def _swollen(movie: Movie) -> list[OutTrack]:
    """The movie's tracks, with two pictures more than 2 GB long each."""
    tracks = []
    for track in movie.tracks:
        table = replace(track.table, sizes=track.table.sizes.copy(), offsets=track.table.offsets.copy())
        if track.handler == b"vide":
            table.sizes[1:3] = FOUR_GB // 2 + 999
            table.offsets[1:3] = 0, FOUR_GB // 2 + 999
        tracks.append(
            OutTrack(
                id=track.id,
                handler=track.handler,
                timescale=track.timescale,
                table=table,
                files=np.zeros(len(table), np.uint16),
                order=np.arange(len(table)) / track.timescale,
                stsd=track.stsd.raw,
                header=track.trak,
                media_time=track.media_time,
                length=track.table.end,
            )
        )
    return tracks


@pytest.mark.long
@pytest.mark.timeout(600)
def test_a_file_of_over_4_gb_is_written(corpus: Corpus, sparse: Path, tmp_path: Path) -> None:
    movie, output = read_movie(sparse), tmp_path / "written.mp4"
    tracks = _swollen(movie)
    output.touch()
    write_movie(output, movie, tracks, [sparse], b"", lambda share: None)
    written = read_movie(output)
    assert written.size > FOUR_GB
    assert max(int(track.table.offsets.max()) for track in written.tracks) > FOUR_GB
    with sparse.open("rb") as before, output.open("rb") as after:
        for was, now in zip(tracks, written.tracks, strict=True):
            assert np.array_equal(was.table.sizes, now.table.sizes)
            for index in np.flatnonzero(was.table.sizes < 1 << 20).tolist():
                before.seek(int(was.table.offsets[index]))
                after.seek(int(now.table.offsets[index]))
                size = int(was.table.sizes[index])
                assert before.read(size) == after.read(size)


def test_what_plays_from_a_sparse_source_is_what_plays(corpus: Corpus, sparse: Path) -> None:
    """The file that stands for a large one is a movie that FFmpeg reads too."""
    assert pictures(sparse) == pictures(corpus["h264_aac"])
    assert packet_hashes(sparse, "audio") == packet_hashes(corpus["h264_aac"], "audio")
