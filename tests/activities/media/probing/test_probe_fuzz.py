"""Broken media: each file is refused with a sentence or read, within limits of time and memory, and nothing dies."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.media.probing.probe import probe, with_picture, with_sound
from activities.media.probing.scenes import find_scenes
from activities.media.probing.speech_audio import extract_speech
from schema.errors import MediaRefused
from tests.activities.media.fuzz_kit import LIMITS, cases, make_originals, run_cases
from tests.media_corpus import CORPUS


@pytest.fixture(scope="module")
def originals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return make_originals(tmp_path_factory.mktemp("originals"))


def read_everything(path: Path, _seed: int = 0) -> str:
    """All that the probe step does with a file."""
    try:
        report = probe(path, LIMITS)
        picture = find_scenes(path, report)
        sound = extract_speech(path, report, path.with_suffix(".flac")) if report.audio else None
        complete = with_picture(with_sound(report, sound) if sound else report, picture)
        complete.model_dump_json()
    except MediaRefused as refusal:
        assert refusal.message.endswith((".", "!")) and len(refusal.message) > 20
        return "refused"
    return "read"


def test_undamaged_files_are_read(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for name, data in originals.items():
        path = tmp_path / f"whole.{CORPUS[name][0]}"
        path.write_bytes(data)
        assert read_everything(path) == "read", name


def test_a_few_hundred_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    counts = run_cases(read_everything, tmp_path, originals, cases(0, 300))
    assert sum(counts.values()) == 300
    assert (
        counts["refused"] > 60 and counts["read"] > 60
    )  # the damage is neither fatal nor harmless throughout


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_ten_thousand_broken_files(tmp_path: Path, originals: dict[str, bytes]) -> None:
    for first in range(1_000, 11_000, 500):
        counts = run_cases(read_everything, tmp_path, originals, cases(first, 500))
        assert sum(counts.values()) == 500
