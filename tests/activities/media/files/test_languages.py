"""Three letters for a language."""

from __future__ import annotations

import pytest

from activities.media.files.languages import iso_639_2


@pytest.mark.parametrize(
    ("tag", "letters"),
    [
        ("en", "eng"),
        ("pt-BR", "por"),
        ("zh-Hant-TW", "zho"),
        ("nn", "nno"),
        ("sq", "sqi"),
        ("mr", "mar"),
        ("ka", "kat"),
        ("fil", "fil"),
        ("und", "und"),
        ("x-y", "und"),
        ("1a2", "und"),
        ("äöü", "und"),
        ("", "und"),
    ],
)
def test_a_tag_becomes_three_letters(tag: str, letters: str) -> None:
    assert iso_639_2(tag) == letters
