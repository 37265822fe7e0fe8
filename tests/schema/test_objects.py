"""What people's copies of assets are called."""

from __future__ import annotations

import pytest

from schema.enums import AssetKind
from schema.objects import download_name, file_name

_LONGEST_TAG = "zh-Hant-TW-x-of-thirty-five-letters"


@pytest.mark.parametrize(
    "title",
    ["हिन्दी की कहानी", "สวัสดีชาวโลก", "தமிழ் கதை", "مُحَمَّد", "نمی\u200cخواهم", "Ελλάδα", "Crème brûlée 2.0_b-c"],
)
def test_a_title_in_any_script_keeps_its_words(title: str) -> None:
    """Vowel signs, tone marks and joiners are parts of them."""
    assert file_name(title) == title


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("a/b\\c:*?<>|\n d", "a b c d"),
        ("../..", "job"),
        ("\u200d\U0001f4f9\u202e", "job"),
        ("Cafe\u0301 – à l’aube", "Café à l aube"),
        ("x" * 300, "x" * 80),
    ],
)
def test_what_no_file_system_takes_is_left_out(title: str, name: str) -> None:
    assert file_name(title) == name


@pytest.mark.parametrize("title", ["日本語の題名" * 40, "को" * 150, "\U00020b9f\u0301" * 90])
def test_no_name_is_longer_than_a_file_system_takes_nor_cut_inside_a_sign(title: str) -> None:
    name = file_name(title)
    assert title.startswith(name) and title[len(name)] not in "\u094b\u0301"
    for kind in AssetKind:
        whole = download_name(title, _LONGEST_TAG, kind, "jobs/x/made.json")
        assert len(whole.encode()) <= 255 - len(" (999)")
