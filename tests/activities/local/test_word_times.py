"""Pieces of speech, and words put into the stretches in which a voice is heard."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.local import whisper_model
from activities.local.arpabet import arpabet
from activities.local.pieces import LONGEST, Piece, make_pieces
from activities.local.whisper_model import Heard
from activities.local.word_times import snap
from activities.media.probing.pcm import SAMPLE_RATE, Samples, Segment
from schema.contracts.media import Span
from schema.vtt.words import Word

stretches = st.lists(st.tuples(st.integers(130, 5_000), st.integers(100, 40_000)), max_size=12)


def spans(drawn: list[tuple[int, int]]) -> list[Span]:
    found, at = [], 0
    for pause, length in drawn:
        found.append(Span(start_ms=at + pause, end_ms=at + pause + length))
        at += pause + length
    return found


def words(*times: tuple[int, int]) -> list[Word]:
    return [Word(text=f"w{n}", start_ms=start, end_ms=end) for n, (start, end) in enumerate(times)]


def times(found: tuple[Word, ...]) -> list[tuple[int, int]]:
    return [(word.start_ms, word.end_ms) for word in found]


def test_the_first_and_last_word_of_a_stretch_have_its_ends() -> None:
    speech = [Span(start_ms=1000, end_ms=2000), Span(start_ms=3000, end_ms=4000)]
    given_ = words((700, 1400), (1400, 1900), (1950, 3400), (3400, 3700))
    assert times(snap(given_, speech)) == [(1000, 1400), (1400, 2000), (3000, 3400), (3400, 4000)]


def test_a_word_is_not_drawn_out_over_words_that_were_missed() -> None:
    assert times(snap(words((4000, 4300)), [Span(start_ms=1000, end_ms=9000)])) == [(4000, 4300)]


def test_a_word_far_from_every_voice_was_invented() -> None:
    assert snap(words((5000, 5200)), [Span(start_ms=1000, end_ms=2000)]) == ()
    assert snap(words((5000, 5200)), []) == ()


@given(stretches, st.lists(st.tuples(st.integers(0, 200_000), st.integers(0, 2_000)), max_size=30))
def test_words_stay_in_order_and_inside_voices(
    drawn: list[tuple[int, int]], said: list[tuple[int, int]]
) -> None:
    speech = spans(drawn)
    found = snap(words(*((start, start + length) for start, length in sorted(said))), speech)
    for word in found:
        assert any(s.start_ms <= word.start_ms <= word.end_ms <= s.end_ms for s in speech)
    for one, other in pairwise(found):
        assert one.start_ms <= other.start_ms
        assert one.end_ms <= other.start_ms


@given(stretches)
def test_pieces_hold_all_speech_once_and_fit(drawn: list[tuple[int, int]]) -> None:
    speech = spans(drawn)
    length = (speech[-1].end_ms if speech else 0) * 16 + 500
    pieces = make_pieces(speech, length, lambda part: (part.start + part.end) // 2)
    parts = [part for piece in pieces for part in piece.parts]
    assert all(0 < piece.length <= LONGEST for piece in pieces)
    assert all(a.end <= b.start for a, b in pairwise(parts))
    for span in speech:
        covered = sum(
            max(0, min(part.end, span.end_ms * 16) - max(part.start, span.start_ms * 16)) for part in parts
        )
        assert covered == (span.end_ms - span.start_ms) * 16


def test_a_piece_knows_where_its_milliseconds_lie() -> None:
    second = SAMPLE_RATE
    piece = Piece((Segment(second, 2 * second), Segment(10 * second, 12 * second)))
    assert [piece.source_ms(ms) for ms in (0, 999, 1000, 2500)] == [1000, 1999, 10_000, 11_500]
    assert piece.source_ms(1000, ends=True) == 2000
    assert piece.source_ms(3000, ends=True) == 12_000


def test_sounds_become_phones() -> None:
    assert arpabet("t͡ʃˈɜːt͡ʃ") == ("CH", "ER", "CH")
    assert arpabet("wˈʌnhˈʌndɹɪd") == ("W", "AH", "N", "HH", "AH", "N", "D", "R", "IH", "D")
    assert arpabet("lˈɪtə͡l") == ("L", "IH", "T", "AH", "L")
    assert arpabet("♪") == ()


def test_words_that_do_not_fit_as_a_whole_are_aligned_on_both_sides_of_the_longest_pause(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fits_from_the_middle_on(
        samples: Samples, said: Sequence[str], language: str
    ) -> list[tuple[int, int]] | None:
        assert language == "es"
        return [(n * 100, n * 100 + 50) for n in range(len(said))] if said[0] == "w4" else None

    monkeypatch.setattr(whisper_model, "align", fits_from_the_middle_on)
    heard = [
        Heard(f"w{n}", n * 300 + (n > 3) * 500, n * 300 + (n > 3) * 500 + 300, 0.9, False) for n in range(9)
    ]
    aligned = whisper_model._aligned(heard, np.zeros(4 * SAMPLE_RATE, np.int16), "es")
    assert [word.text for word in aligned] == [word.text for word in heard]
    assert aligned[:4] == heard[:4]
    assert [(word.start_ms, word.end_ms) for word in aligned[4:6]] == [(1450, 1500), (1550, 1600)]


def test_each_language_of_a_piece_is_aligned_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, str]] = []

    def none(samples: Samples, said: Sequence[str], language: str) -> None:
        asked.append((len(samples) // 16, language))

    monkeypatch.setattr(whisper_model, "align", none)
    heard = [
        Heard("one", 0, 400, 0.9, False),
        Heard("dos", 600, 900, 0.9, False, "es"),
        Heard("three", 1100, 1500, 0.9, False),
    ]
    assert whisper_model._aligned(heard, np.zeros(2 * SAMPLE_RATE, np.int16), "en") == heard
    assert asked == [(500, "en"), (500, "es"), (1000, "en")]
