"""Texts that are written to keep a reader busy: time stays linear in their size, and what is kept of them bounded."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from schema.errors import TextRefused
from schema.plan.estimate import estimate_ms, usual_rate
from schema.plan.speech import is_spoken
from schema.vtt import (
    Cue,
    Document,
    check_captions,
    check_description,
    check_translation,
    escape,
    parse,
)
from schema.vtt.formats import read_any
from schema.vtt.markup import split_after_word, words_in
from schema.vtt.parse import MAX_CUE_CHARS
from tests.effort import AT_ONCE_S, busy_s

TIMING = "00:00:01.000 --> 00:00:02.000"


def seconds(work: Callable[[], object]) -> float:
    """Until the text is read or refused."""

    def read_or_refuse() -> None:
        with contextlib.suppress(TextRefused):
            work()

    return busy_s(read_or_refuse)


@pytest.mark.parametrize("unit", ["a\n\n", "-->\n", "id\n-->\n\n", "NOTE\n\n", "NOTE x\n", f"{TIMING}\n"])
def test_blocks_without_number_are_read_or_refused_at_once(unit: str) -> None:
    assert seconds(lambda: parse("WEBVTT\n\n" + unit * (250_000 // len(unit)))) < AT_ONCE_S


@pytest.mark.parametrize(
    "unit", ["<i>", "<x>", "<", "&", "&#1", "<v \t", "</v>", "<v A>", "<ruby><rt>", "<00:01.500>"]
)
def test_markup_in_cues_of_the_greatest_length_is_read_at_once(unit: str) -> None:
    cue = f"{TIMING}\n" + unit * (MAX_CUE_CHARS // len(unit)) + "\n\n"
    assert len(parse("WEBVTT\n\n" + cue).document.cues) == 1
    assert seconds(lambda: parse("WEBVTT\n\n" + cue * 3)) < AT_ONCE_S
    text = unit * (MAX_CUE_CHARS // len(unit)) + " a b"
    assert seconds(lambda: split_after_word(text, len(words_in(text)) - 1)) < AT_ONCE_S


@pytest.mark.parametrize(
    "text",
    [
        " " * (MAX_CUE_CHARS - 1) + "(",
        "a" + "." * (MAX_CUE_CHARS - 2) + "x",
        *(unit * (MAX_CUE_CHARS // len(unit)) for unit in ("x", "字", "[", "♪", "1,", "a@", "www.", "A: ")),
    ],
    ids=lambda text: f"{text[0]}{text[-1]}",
)
def test_a_cue_of_the_greatest_length_is_judged_at_once(text: str) -> None:
    document = Document.of([Cue("a", 0, 1000, escape(text))])
    assert (
        seconds(lambda: [check_captions(document, language=language) for language in ("en", "ja")])
        < AT_ONCE_S
    )
    assert seconds(lambda: check_description(document)) < AT_ONCE_S
    assert seconds(lambda: check_translation(document, document, "en", "es")) < AT_ONCE_S
    assert seconds(lambda: estimate_ms(text, usual_rate("en"))) < AT_ONCE_S
    assert seconds(lambda: is_spoken(text)) < AT_ONCE_S


@pytest.mark.parametrize("body", ["<font color= ", "<font color", "{\\an", "< "])
def test_an_srt_cue_of_the_greatest_length_is_read_at_once(body: str) -> None:
    text = body + body[-1] * (MAX_CUE_CHARS - len(body) - 2) + ">x"
    assert seconds(lambda: read_any(f"1\n{TIMING.replace('.', ',')}\n{text}\n")) < AT_ONCE_S
