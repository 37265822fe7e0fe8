"""A client's own profile: one that there is, with some values replaced."""

from __future__ import annotations

from typing import get_args

import pytest

from schema.errors import Invalid
from schema.vtt import Cue, Document
from schema.vtt.profiles import BBC, NETFLIX, Profile, Rule, key_of, profile_of, profile_with
from schema.vtt.quality import check_captions


def test_a_clients_profile_is_laid_over_a_base() -> None:
    own = profile_with(
        "netflix",
        {"chars_per_line": {"en": 38}, "max_duration_ms": 6000, "severities": {"reading_speed": "blocking"}},
    )
    assert (own.line_limit("en-GB"), own.line_limit("de"), own.max_duration_ms) == (38, 42, 6000)
    (found,) = check_captions(Document.of([Cue("a", 1000, 2500, "x" * 38)]), own)
    assert (found.rule, found.severity) == ("reading_speed", "blocking")
    assert profile_of("bbc") == BBC
    assert Profile.model_validate_json(NETFLIX.model_dump_json()) == NETFLIX
    assert profile_of(key_of("bbc", {"lines": 3})) == profile_with("bbc", {"lines": 3})
    assert profile_of(key_of("bbc", {})) == BBC
    with pytest.raises(Invalid, match="netflix, bbc, dcmp"):
        profile_of("sky")
    with pytest.raises(Invalid, match="max_line"):
        profile_with("bbc", {"max_line": 3})


@pytest.mark.parametrize(
    ("own", "place"),
    [
        ({"chars_per_second_sdh": {"en": 15}}, "chars_per_second_sdh"),
        ({"chars_per_second_adult": {"default": 0}}, "chars_per_second_adult.default"),
        ({"min_duration_ms": {"default": 0}}, "min_duration_ms.default"),
        ({"words_per_minute_adult": 0}, "words_per_minute_adult"),
        ({"min_gap_frames": -1}, "min_gap_frames"),
        ({"max_duration_ms": 10**400}, "max_duration_ms"),
        ({"chars_per_line": {"default": float("inf")}}, "chars_per_line.default"),
        ({"severities": {"line_count": "deadly"}}, "severities.line_count"),
        ({"severities": {"line_counts": "blocking"}}, "severities.line_counts"),
        ({"name": "mine"}, "name"),
        ({"description": {"words_per_minute_warning": 0}}, "description.words_per_minute_warning"),
    ],
)
def test_a_profile_that_nothing_could_be_measured_by_is_refused(own: dict[str, object], place: str) -> None:
    with pytest.raises(Invalid, match=place.removeprefix("severities.")) as refused:
        profile_with("bbc", own)
    assert refused.value.errors[0].field == place


def test_an_unknown_rule_is_named_beside_those_that_there_are() -> None:
    with pytest.raises(Invalid) as refused:
        profile_with("bbc", {"severities": {"reading_speed": "blocking", "reading_sped": "blocking"}})
    said = str(refused.value)
    assert said.startswith("there is no quality rule reading_sped; there are bracket_pair, close_gap, ")
    assert all(rule in said for rule in get_args(Rule))
