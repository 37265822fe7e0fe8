"""Broken media: each file is refused with a sentence or read, within limits of time and memory, and nothing dies."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from activities.media.probing.probe import probe, with_picture, with_sound
from activities.media.probing.scenes import find_scenes
from activities.media.probing.speech_audio import extract_speech
from schema.errors import MediaRefused
from tests.activities.media.fuzz_kit import BROKEN, LIMITS, ORIGINALS, cases, run_cases, whole

UNDECODABLE = {
    "packets_that_nothing_decodes",
    "sound_that_nothing_decodes",
    "descriptions_that_do_not_exist",
    "nothing_decodes_from_a_fifth_of_a_second_on",
}
"""Kept files of whose sound or picture too little can be decoded."""


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


def test_undamaged_files_are_read(tmp_path: Path) -> None:
    for original in ORIGINALS.values():
        assert read_everything(Path(shutil.copy(original, tmp_path))) == "read", original.name


def test_what_broke_once(tmp_path: Path) -> None:
    words = run_cases(read_everything, tmp_path, BROKEN, [(name, 0) for name in BROKEN], whole)
    assert {name for name, word in zip(BROKEN, words, strict=True) if word == "refused"} == UNDECODABLE


def test_a_few_hundred_broken_files(tmp_path: Path) -> None:
    words = run_cases(read_everything, tmp_path, ORIGINALS, cases(0, 300))
    # the damage is neither fatal nor harmless throughout
    assert words.count("refused") > 60 and words.count("read") > 60


@pytest.mark.fuzz
@pytest.mark.timeout(7200)
def test_ten_thousand_broken_files(tmp_path: Path) -> None:
    for first in range(1_000, 11_000, 500):
        assert len(run_cases(read_everything, tmp_path, ORIGINALS, cases(first, 500))) == 500
