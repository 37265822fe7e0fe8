"""Moving cues by hand, and onto the timeline of a render with pauses."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import Invalid
from schema.vtt import Cue, Document, Note, Word, parse, plain_text, violations, write
from schema.vtt.markup import split_after_word, words_in
from schema.vtt.retime import (
    PauseMap,
    across_pauses,
    adjust_timing,
    at_times,
    chapters_across_pauses,
)


def spans(document: Document) -> list[tuple[int, int]]:
    return [(cue.start_ms, cue.end_ms) for cue in document.cues]


DOCUMENT = Document.of(
    [
        Cue("a", 1000, 2000, "one"),
        Note("kept"),
        Cue("b", 3000, 4000, "two <00:00:03.500>three"),
        Cue("c", 5000, 6000, "x"),
    ]
)


def test_all_cues_are_shifted_with_their_inner_timestamps() -> None:
    moved = adjust_timing(DOCUMENT, offset_ms=-250)
    assert spans(moved) == [(750, 1750), (2750, 3750), (4750, 5750)]
    assert moved.cues[1].text == "two <00:00:03.250>three"
    assert moved.notes == (Note("kept"),)


def test_a_range_is_shifted_and_the_rest_stays() -> None:
    assert spans(adjust_timing(DOCUMENT, offset_ms=100, start_ms=3000, end_ms=5000)) == [
        (1000, 2000),
        (3100, 4100),
        (5000, 6000),
    ]
    later = adjust_timing(DOCUMENT, offset_ms=9000, end_ms=2000)
    assert [cue.id for cue in later.cues] == ["b", "c", "a"]


def test_a_stretch_is_exact_and_about_the_start_of_its_range() -> None:
    speed_up = adjust_timing(DOCUMENT, scale=Fraction(24, 25))
    assert spans(speed_up) == [(960, 1920), (2880, 3840), (4800, 5760)]
    assert spans(adjust_timing(DOCUMENT, scale=Fraction(2), start_ms=3000)) == [
        (1000, 2000),
        (3000, 5000),
        (7000, 9000),
    ]
    assert spans(adjust_timing(speed_up, scale=Fraction(25, 24))) == spans(DOCUMENT)


def test_inner_timestamps_that_a_stretch_makes_one_are_one() -> None:
    cue = Cue("a", 0, 4000, "a<00:00:01.000>b<00:00:01.001>c<00:00:01.004>d")
    moved = adjust_timing(Document.of([cue]), scale=Fraction(1, 4))
    assert moved.cues[0].text == "a<00:00:00.250>bc<00:00:00.251>d"
    assert violations(moved) == []


@pytest.mark.parametrize(
    "change", [{"offset_ms": -1001}, {"scale": Fraction(1, 10**7)}, {"offset_ms": 1000 * 3_600_000}]
)
def test_what_cannot_be_is_refused_and_names_the_cue(change: dict[str, int]) -> None:
    with pytest.raises(Invalid, match="cue a would be"):
        adjust_timing(DOCUMENT, **change)  # type: ignore[arg-type]
    with pytest.raises(Invalid, match="scale"):
        adjust_timing(DOCUMENT, scale=Fraction(0))


PAUSES = PauseMap.of([(2000, 500), (3500, 1000)])


def test_without_words_a_cue_stays_moves_or_is_shown_through_the_pause() -> None:
    document = Document.of(
        [
            Cue("ends there", 1000, 2000, "x"),
            Cue("starts there", 2000, 2500, "x"),
            Cue("spans", 3000, 4000, "a <00:00:03.400>b <00:00:03.500>c"),
            Cue("both", 1500, 3600, "x"),
            Cue("after", 4000, 4100, "x"),
        ]
    )
    moved = across_pauses(document, PAUSES)
    assert {cue.id: (cue.start_ms, cue.end_ms) for cue in moved.cues} == {
        "ends there": (1000, 2000),
        "starts there": (2500, 3000),
        "spans": (3500, 5500),
        "both": (1500, 5100),
        "after": (5500, 5600),
    }
    assert moved.by_id()["spans"].text == "a <00:00:03.900>b <00:00:05.000>c"


def words_at(text: str, *starts: int) -> list[Word]:
    return [
        Word(text=word, start_ms=start, end_ms=start + 200)
        for word, start in zip(text.split(), starts, strict=True)
    ]


def test_words_decide_on_which_side_of_the_pause_a_cue_is() -> None:
    pause = PauseMap.of([(2000, 500)])
    cue = Document.of([Cue("a", 1000, 3000, "Go now.")])
    assert spans(across_pauses(cue, pause, words=words_at("go now", 1100, 1400))) == [(1000, 2000)]
    assert spans(across_pauses(cue, pause, words=words_at("go now", 2000, 2400))) == [(2500, 3500)]
    assert spans(across_pauses(cue, pause, words=words_at("go now", 1100, 2100))) == [(1000, 3500)]
    name = Document.of([Cue("a", 1000, 3000, "Mr. Smith.")])
    assert spans(across_pauses(name, pause, words=words_at("mr. smith.", 1100, 2100))) == [(1000, 3500)]


def test_a_cue_is_divided_where_a_sentence_ends_at_the_pause() -> None:
    pause = PauseMap.of([(2000, 500)])
    cue = Document.of(
        [
            Cue("a", 1000, 3000, "<v Ann>Go <i>now.\nThen</i> wait &amp; see.", "line:0"),
            Cue("a.2", 3000, 4000, "x"),
        ]
    )
    words = words_at("go now then wait and see", 1100, 1400, 2100, 2300, 2500, 2700)
    moved = across_pauses(cue, pause, words=words)
    assert [(c.id, c.start_ms, c.end_ms, c.text, c.settings) for c in moved.cues[:2]] == [
        ("a", 1000, 2000, "<v Ann>Go <i>now.</i></v>", "line:0"),
        ("a.2x", 2500, 3500, "<v Ann><i>Then</i> wait &amp; see.", "line:0"),
    ]
    assert parse(write(moved)).problems == ()


@pytest.mark.parametrize("space", [" ", "\u00a0", "\u202f", ""])
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Où est-il parti{}?", "Je ne sais pas."),
        ("Il est parti{}!", "« Je ne sais pas. »"),
        ("« Il est parti.{}»", "Je ne sais pas."),
        ("Il est parti{}?!", "- Je ne sais pas."),
    ],
)
def test_a_closing_sign_may_stand_apart(first: str, second: str, space: str) -> None:
    first = first.format(space)
    heard = [word for word in re.findall(r"[\w-]+", f"{first} {second}") if word != "-"]
    middle = len(heard) - 4
    words = words_at(" ".join(heard), *range(1100, 1100 + 200 * middle, 200), 2100, 2300, 2500, 2700)
    cue = Document.of([Cue("a", 1000, 3000, f"{first}\n{second}")])
    moved = across_pauses(cue, PauseMap.of([(2000, 500)]), words=words, language="fr")
    assert [(c.start_ms, c.end_ms, c.text) for c in moved.cues] == [
        (1000, 2000, first),
        (2500, 3500, second),
    ]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("<v Ann>Go now.</v>\n<v Tom>Then wait.</v>", ("<v Ann>Go now.</v>", "<v Tom>Then wait.</v>")),
        ("Go now. <i>Then wait.</i>", ("Go now.", "<i>Then wait.</i>")),
        ("<ruby>Go<rt>o</ruby> now. Then wait.", ("<ruby>Go<rt>o</ruby> now.", "Then wait.")),
    ],
)
def test_what_begins_after_the_pause_leaves_nothing_before_it(text: str, parts: tuple[str, str]) -> None:
    """No second speaker who says nothing yet, and no tag that holds nothing."""
    words = words_at("go now then wait", 1100, 1400, 2100, 2300)
    moved = across_pauses(Document.of([Cue("a", 1000, 3000, text)]), PauseMap.of([(2000, 500)]), words=words)
    assert tuple(cue.text for cue in moved.cues) == parts
    assert parse(write(moved)).problems == ()


@pytest.mark.parametrize(
    ("language", "text", "heard", "parts"),
    [
        ("ja", "おはよう。\nそして帰る。", "おはよう。 そして 帰る。", ("おはよう。", "そして帰る。")),
        ("zh-TW", "<v 安>「走吧！」他說。</v>", "走吧 他 說", ("<v 安>「走吧！」</v>", "<v 安>他說。</v>")),
        ("ja", "R&amp;Bだ。NHKだ。", "R&Bだ NHK だ", ("R&amp;Bだ。", "NHKだ。")),
        ("ja", "おはよう、そして帰る。", "おはよう、 そして 帰る。", None),
    ],
)
def test_a_script_without_spaces_is_divided_at_its_sentence_ends_too(
    language: str, text: str, heard: str, parts: tuple[str, str] | None
) -> None:
    words = words_at(heard, 1100, 2100, 2300)
    cue = Cue("a", 1000, 3000, text)
    moved = across_pauses(Document.of([cue]), PauseMap.of([(2000, 500)]), words=words, language=language)
    assert tuple(cue.text for cue in moved.cues) == (parts or (text,))
    assert spans(moved) == ([(1000, 2000), (2500, 3500)] if parts else [(1000, 3500)])
    assert parse(write(moved)).problems == ()


PIECES = [
    "<i>",
    "</i>",
    "<v A>",
    "</v>",
    "<ruby>",
    "<rt>",
    "</rt>",
    "</ruby>",
    "<00:01.500>",
    "a",
    "b.",
    "&amp;",
]


@given(st.lists(st.sampled_from([*PIECES, " ", " ", "\n"]), max_size=14).map("".join))
@settings(max_examples=400)
def test_both_parts_of_any_text_have_their_words_and_conform(noise: str) -> None:
    (cue,) = parse(f"WEBVTT\n\n00:00.000 --> 00:09.000\n{noise}\n").document.cues or [Cue("", 0, 9000, "")]
    words = cue.plain.split()
    for count in range(1, len(words)):
        parts = split_after_word(cue.text, count)
        assert [plain_text(part).split() for part in parts] == [words[:count], words[count:]]
        first, second = (plain_text(part) for part in parts)
        assert (first, second) == (first.rstrip(), second.lstrip())
        assert violations(Document.of([replace(cue, text=part) for part in parts])) == []
    signs = words_in(cue.text, spaced=False)
    for count in range(1, len(signs)):
        parts = split_after_word(cue.text, count, spaced=False)
        assert [words_in(part, spaced=False) for part in parts] == [signs[:count], signs[count:]]


def test_fifty_pauses_do_not_drift() -> None:
    rate, units = 48_000, 37
    ticks = [(index * rate * 60 + 17, units * 1024) for index in range(1, 51)]
    to_render = PauseMap.of(ticks, rate).mapper()
    exact = Fraction(50 * units * 1024 * 1000, rate)
    assert abs(to_render(60 * 60_000, True) - 60 * 60_000 - exact) <= Fraction(1, 2)
    # a caption on the millisecond of a pause that is a fraction of a millisecond later is at the pause
    assert to_render(60_000, True) - to_render(60_000, False) == round(Fraction(units * 1024 * 1000, rate))


def test_descriptions_take_the_times_of_their_clips() -> None:
    document = Document.of(
        [Cue("a", 0, 9000, "A door."), Cue("b", 5000, 6000, "A cat."), Cue("c", 7000, 8000, "Not heard.")]
    )
    moved = at_times(document, {"b": (900, 1500), "a": (2000, 2600)})
    assert [(cue.id, cue.start_ms, cue.end_ms) for cue in moved.cues] == [("b", 900, 1500), ("a", 2000, 2600)]


def test_a_chapter_that_starts_at_a_pause_stays_before_it() -> None:
    chapters = [(0, 2000, "one"), (2000, 3500, "two"), (3500, 3500, "end")]
    assert chapters_across_pauses(chapters, PAUSES) == [
        (0, 2000, "one"),
        (2000, 4000, "two"),
        (4000, 5000, "end"),
    ]


CUES = st.lists(st.tuples(st.integers(0, 60_000), st.integers(1, 8_000)), max_size=20)
PAUSE_LISTS = st.lists(st.tuples(st.integers(0, 3_000_000), st.integers(1, 500_000)), max_size=12)
WORD_LISTS = st.lists(st.tuples(st.sampled_from(["a", "b.", "c?", "d"]), st.integers(0, 60_000)), max_size=40)


@given(CUES, PAUSE_LISTS, WORD_LISTS)
@settings(max_examples=150)
def test_order_words_and_lengths_survive_any_pauses(
    raw: list[tuple[int, int]], pauses: list[tuple[int, int]], heard: list[tuple[str, int]]
) -> None:
    cues = [
        Cue(f"c{n}", start, start + length, "a b. <i>c? d</i>")
        for n, (start, length) in enumerate(sorted(raw))
    ]
    words = sorted(
        (Word(text=t, start_ms=s, end_ms=s + 150) for t, s in heard), key=lambda word: word.start_ms
    )
    document = Document.of(cues)
    mapping = PauseMap.of(pauses, 48_000)
    moved = across_pauses(document, mapping, words=words)
    assert violations(moved) == []
    assert len({cue.id for cue in moved.cues}) == len(moved.cues)
    for cue in cues:
        parts = [c for c in moved.cues if c.id == cue.id or c.id.startswith(f"{cue.id}.")]
        assert " ".join(part.plain for part in parts).split() == ["a", "b.", "c?", "d"]
        assert all(first.end_ms <= second.start_ms for first, second in pairwise(parts))
    to_render = mapping.mapper()
    times = [to_render(ms, after) for ms in range(0, 70_000, 500) for after in (False, True)]
    assert times == sorted(times)
    untouched = across_pauses(document, PauseMap(()), words=words)
    assert untouched == document
