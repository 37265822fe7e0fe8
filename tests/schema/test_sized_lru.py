"""What is dear to make is kept, and no more of it than there is room for."""

from __future__ import annotations

from dataclasses import dataclass

from schema.sized_lru import SizedLru


@dataclass(frozen=True)
class Thing:
    size: int


def test_the_least_recently_used_go_first() -> None:
    kept = SizedLru[str, Thing](10)
    kept.put("first", Thing(4))
    kept.put("second", Thing(4))
    assert kept.get("first") is not None
    kept.put("third", Thing(4))
    assert [kept.get(key) is not None for key in ("first", "second", "third")] == [True, False, True]


def test_one_that_has_no_room_drives_nothing_out() -> None:
    kept = SizedLru[str, Thing](10)
    kept.put("small", Thing(4))
    kept.put("large", Thing(11))
    assert kept.get("large") is None and kept.get("small") is not None


def test_what_two_threads_made_is_counted_once() -> None:
    kept = SizedLru[str, Thing](10)
    kept.put("one", Thing(4))
    kept.put("one", Thing(4))
    kept.put("other", Thing(4))
    assert kept.get("one") is not None and kept.get("other") is not None
