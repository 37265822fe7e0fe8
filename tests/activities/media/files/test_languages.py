"""Three letters for a language, and what English calls it."""

from __future__ import annotations

import pytest

from activities.media.files.languages import english_name, iso_639_2


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


@pytest.mark.parametrize(
    ("tag", "name"),
    [
        ("en", "English"),
        ("eng", "English"),
        ("pt-BR", "Portuguese"),
        ("zh-Hant-TW", "Chinese"),
        ("fil", "Filipino"),
        ("und", None),
        ("xx", None),
        ("", None),
    ],
)
def test_a_language_has_an_english_name(tag: str, name: str | None) -> None:
    assert english_name(tag) == name
