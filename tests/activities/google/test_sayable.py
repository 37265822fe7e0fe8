"""What Google's voices are given."""

from __future__ import annotations

import pytest

from activities.google.voice_names import sayable


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("two\nlines\x00and\u00a0more", "two lines and more"),
        ("Donau\u00addampf\u200b \u200e24", "Donaudampf 24"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("ශ්\u200dරී ලංකා", "ශ්\u200dරී ලංකා"),
    ],
)
def test_no_word_is_parted(text: str, said: str) -> None:
    assert sayable(text) == said
