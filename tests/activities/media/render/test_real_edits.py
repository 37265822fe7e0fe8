"""Edit lists that leave out all, nothing, or the beginning of a timecode (M12, M16)."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from activities.media.probing.probe import Limits, probe
from schema.errors import MediaRefused
from tests.activities.media.checker import check_pictures, check_sound
from tests.activities.media.real_kit import rendered, video
from tests.activities.media.render_kit import pictures, sound
from tests.media_factory import Audio
from tests.media_odd import edits, with_boxes

RATE, LATE = 12_800, 1_024
"""Of the picture's clock, and what it begins with that is not shown."""


def _edited(source: Path, target: Path, rows: dict[int, list[tuple[int, int]]]) -> Path:
    """With the edit lists of some tracks, by their number, whether they had one or not."""

    def change(path: tuple[bytes, ...], track: int, content: bytes) -> bytes | None:
        if path[-1] == b"edts" and track in rows:
            return None
        if path[-1] == b"trak" and track in rows:
            elst = edits(*rows[track])
            return content + struct.pack(">I4sI4s", len(elst) + 16, b"edts", len(elst) + 8, b"elst") + elst
        return content

    return with_boxes(source, target, change)


@pytest.mark.parametrize("rows", [[(0, LATE)], [(1000, -1), (0, LATE)], [(0, 0), (0, 0)]], ids=str)
@pytest.mark.parametrize(("track", "what"), [(0, "of the picture"), (1, "of sound track 1")])
def test_an_edit_list_that_leaves_out_all_is_the_cause_of_a_refusal(
    tmp_path: Path, rows: list[tuple[int, int]], track: int, what: str
) -> None:
    source = _edited(video(tmp_path), tmp_path / "nothing.mp4", {track: rows})
    with pytest.raises(MediaRefused, match=f"^The edit list {what} leaves out all of it"):
        probe(source, Limits())


def test_a_further_sound_of_which_an_edit_list_leaves_out_all_is_named_and_left_out(tmp_path: Path) -> None:
    made = video(tmp_path, audio=(Audio(), Audio(language="deu")))
    source = _edited(made, tmp_path / "unheard.mp4", {2: [(1000, -1), (0, LATE)]})
    report, _, result = rendered(source, tmp_path)
    assert report.tracks is not None and report.tracks.sounds == ((1,),)
    assert any("sound track 2 leaves out all of it" in sentence for sentence in report.warnings)
    with av.open(str(result.path)) as media:
        assert len(media.streams.audio) == 1


@pytest.mark.parametrize("at", [0, 1], ids=["before", "after"])
def test_an_edit_without_a_length_beside_another_shows_nothing(tmp_path: Path, at: int) -> None:
    made = video(tmp_path)
    rows = {0: [(4000, LATE)], 1: [(4000, 1024)]}
    plain = _edited(made, tmp_path / "plain.mp4", rows)
    source = _edited(
        made, tmp_path / "empty.mp4", {n: [*row[:at], (0, LATE // 2), *row[at:]] for n, row in rows.items()}
    )
    _, plan, result = rendered(source, tmp_path)
    assert (result.report.picture, result.report.sound) == ("copied", "spliced")
    check_pictures(pictures(plain), result.path, plan)
    check_sound(sound(plain), result.path, plan)


@pytest.mark.parametrize(
    ("begins", "label", "first"),
    [
        (0, "01:00:00:00", "01:00:00:00"),
        (30, "01:00:00:00", "01:00:01:05"),
        (25, "23:59:59:10", "00:00:00:10"),
    ],
)
def test_a_trimmed_timecode_says_when_the_first_picture_shown_was(
    tmp_path: Path, begins: int, label: str, first: str
) -> None:
    """As QuickTime trims, by the edit lists of all tracks alike: many programs read the first sample alone."""
    made = video(tmp_path, "mov", timecode=label)
    cut = begins / 25
    rows = {
        0: [(round((4 - cut) * 1000), round(LATE + cut * RATE))],
        1: [(round((4 - cut) * 1000), round(1024 + cut * 48_000))],
        2: [(round((4 - cut) * 1000), round(cut * _timescale(made)))],
    }
    source = _edited(made, tmp_path / "trimmed.mov", rows)
    report, plan, result = rendered(source, tmp_path)
    assert report.start_timecode == first
    with av.open(str(result.path)) as media:
        (data,) = media.streams.data
        assert data.metadata["timecode"] == first
        assert data.duration and data.time_base
        lasts = float(data.duration * data.time_base)
        assert lasts == pytest.approx(4 - cut + plan.added / plan.timebase.rate, abs=0.05)
    with av.open(str(result.path)) as media:
        frame = next(media.decode(video=0))
        assert frame.pts == 0


def _timescale(path: Path) -> int:
    with av.open(str(path)) as media:
        base = media.streams.data[0].time_base
        assert base is not None
        return base.denominator
