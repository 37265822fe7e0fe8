"""Texts that the render brings itself: what does not fit its box is cut between characters."""

from __future__ import annotations

from pathlib import Path

from activities.media.contract import TextTrack
from activities.media.render.embed import chapter_list, text_track


def test_a_long_title_is_cut_between_characters() -> None:
    """A count of bytes would leave half of one, which players show as damage."""
    made = chapter_list([(1_500, "a" + "é" * 200), (2_500, "short")])
    length = made[8 + 4 + 4 + 1 + 8]
    name = made[8 + 4 + 4 + 1 + 9 :][:length]
    assert name.decode() == "a" + "é" * 127
    assert made.endswith(b"\x05short")


def test_a_long_text_is_cut_between_characters(tmp_path: Path) -> None:
    made, path = text_track(
        TextTrack(((0, 1000, "ab" + "漢" * 30_000),), "ja", "Long"), 1, 1, tmp_path, 10_000
    )
    text = path.read_bytes()[2:]
    assert int(made.table.sizes[0]) == len(text) + 2
    assert text.decode() == "ab" + "漢" * 21_844


def test_texts_that_overlap_are_shown_together(tmp_path: Path) -> None:
    cues = ((2_000, 3_000, "c"), (500, 2_500, "b"), (0, 1_000, "a"))
    made, path = text_track(TextTrack(cues, "en", "Captions"), 1, 1, tmp_path, 10_000)
    sizes, data = made.table.sizes.tolist(), path.read_bytes()
    ends = [sum(sizes[: n + 1]) for n in range(len(sizes))]
    texts = [data[end - size + 2 : end].decode() for size, end in zip(sizes, ends, strict=True)]
    starts = zip(made.table.dts.tolist(), texts, strict=True)
    assert list(starts) == [(0, "a"), (500, "a\nb"), (1_000, "b"), (2_000, "b\nc"), (2_500, "c")]
    assert made.table.end == 3_000
