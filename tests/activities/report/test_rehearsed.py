"""What would not be delivered after people have worked is refused before; what is kept for that serves the first render."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.media.contract import RenderDiffers
from activities.media.probing.probe import probe
from activities.report import rehearsed
from activities.report.rehearsed import rehearse_seen
from schema.errors import MediaRefused
from tests.activities.media.fuzz_kit import LIMITS, ORIGINALS
from tests.activities.media.mutations import mutate


@pytest.mark.parametrize(
    ("name", "seed", "told"),
    [
        ("ts", 1153, "It has 22 pictures, and the source 21"),
        ("hevc", 1675, "Its sound ends at"),
        ("surround", 2426, "It has 19 pictures, and the source 21"),
    ],
)
def test_damage_that_is_read_in_two_ways_is_refused(tmp_path: Path, name: str, seed: int, told: str) -> None:
    path = tmp_path / f"damaged{ORIGINALS[name].suffix}"
    path.write_bytes(mutate(ORIGINALS[name].read_bytes(), seed))
    with pytest.raises(
        MediaRefused, match=rf"programs read it in different ways\. {told}.*Export it again\.$"
    ):
        rehearse_seen(path, probe(path, LIMITS), tmp_path, tmp_path, None)


def test_an_edit_that_goes_on_after_the_pictures_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "damaged.mp4"
    path.write_bytes(mutate(ORIGINALS["chapters"].read_bytes(), 2067))
    assert rehearse_seen(path, probe(path, LIMITS), tmp_path, tmp_path, None).video


@pytest.mark.parametrize("name", ["h264_aac", "mkv", "opus"])
def test_what_is_made_for_it_is_kept_for_renders(tmp_path: Path, name: str) -> None:
    path, cache = ORIGINALS[name], tmp_path / "cache"
    report = probe(path, LIMITS)
    assert rehearse_seen(path, report, tmp_path, cache, "of its content").video == report.video
    kinds = {folder.name for folder in cache.iterdir()}
    assert "readings" in kinds and ("sources" in kinds) is (name != "h264_aac")
    assert [entry.name for entry in tmp_path.iterdir()] == ["cache"]


def test_a_source_that_is_too_large_to_copy_is_rehearsed_by_its_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differs(*_: object, **__: object) -> None:
        raise RenderDiffers("It was looked at.")

    monkeypatch.setattr(rehearsed, "verify", differs)
    path = ORIGINALS["h264_aac"]
    report = probe(path, LIMITS)
    with pytest.raises(MediaRefused):
        rehearse_seen(path, report, tmp_path, tmp_path / "cache", "short")
    large = report.model_copy(update={"size_bytes": 3 << 30})
    assert rehearse_seen(path, large, tmp_path, tmp_path / "cache", "large").video == report.video
