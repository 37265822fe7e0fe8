"""What the terms of glossary versions are made into is kept, and no more of it than there is room for."""

from __future__ import annotations

from uuid import uuid4

from schema.queries.ready_terms import KeptTerms, Key
from schema.vtt.glossary import Term
from schema.vtt.quality.wording import ReadyTerms


def _ready(terms: int) -> ReadyTerms:
    return ReadyTerms((Term(f"word {n}", f"Wort {n}") for n in range(terms)), "en", "de")


def test_the_least_recently_used_go_first() -> None:
    kept = KeptTerms(most_terms=10)
    first, second, third = (Key(uuid4(), "en", "de") for _ in range(3))
    kept.put(first, _ready(4))
    kept.put(second, _ready(4))
    assert kept.get(first) is not None
    kept.put(third, _ready(4))
    assert [kept.get(key) is not None for key in (first, second, third)] == [True, False, True]
    assert kept.get(Key(first.version_id, "en", "fr")) is None


def test_one_that_has_no_room_drives_nothing_out() -> None:
    kept = KeptTerms(most_terms=10)
    small, large = Key(uuid4(), "en", "de"), Key(uuid4(), "en", "de")
    kept.put(small, _ready(4))
    kept.put(large, _ready(11))
    assert kept.get(large) is None and kept.get(small) is not None


def test_what_two_threads_made_is_counted_once() -> None:
    kept = KeptTerms(most_terms=10)
    key, other = Key(uuid4(), "en", "de"), Key(uuid4(), "en", "de")
    kept.put(key, _ready(4))
    kept.put(key, _ready(4))
    kept.put(other, _ready(4))
    assert kept.get(key) is not None and kept.get(other) is not None
