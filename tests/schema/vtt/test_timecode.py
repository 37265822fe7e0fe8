"""Frames and SMPTE timecode."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schema.vtt.timecode import Timecode, frames_to_ms

NTSC, NTSC60, FILM = Fraction(30000, 1001), Fraction(60000, 1001), Fraction(24000, 1001)


@pytest.mark.parametrize(
    ("rate", "start", "ms", "label"),
    [
        (Fraction(25), "10:00:00:00", 1040, "10:00:01:01"),
        (Fraction(25), "10:00:00:00", 1039, "10:00:01:00"),
        (Fraction(24), "00:00:00:00", 3_600_000, "01:00:00:00"),
        (FILM, "00:00:00:00", 3_603_600, "01:00:00:00"),
        (NTSC, "00:00:00:00", 3_603_600, "01:00:00:00"),
        (NTSC, "00:00:00;00", 60_027, "00:00:59;29"),
        (NTSC, "00:00:00;00", 60_060, "00:01:00;02"),
        (NTSC, "00:00:00;00", 600_000, "00:10:00;00"),
        (NTSC, "00:00:00;00", 3_600_000, "01:00:00;00"),
        (NTSC60, "00:00:00;00", 60_060, "00:01:00;04"),
        (NTSC, "23:59:59;29", 34, "00:00:00;00"),
    ],
)
def test_labels(rate: Fraction, start: str, ms: int, label: str) -> None:
    assert Timecode(rate, start).at(ms) == label


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        (Fraction(25), "00:00:00;00"),
        (FILM, "00:00:00;00"),
        (Fraction(30), "00:00:00;00"),
        (NTSC, "00:01:00;01"),
        (Fraction(25), "00:00:00:25"),
        (Fraction(25), "00:61:00:00"),
        (Fraction(25), "1:00:00:00"),
        (Fraction(0), "00:00:00:00"),
    ],
)
def test_what_is_no_timecode_is_refused(rate: Fraction, label: str) -> None:
    with pytest.raises(ValueError):
        Timecode(rate, label)


@given(
    st.sampled_from(
        [(NTSC, "01:00:00;00"), (NTSC60, "00:00:00;00"), (Fraction(25), "10:00:00:00"), (FILM, "00:59:58:23")]
    ),
    st.integers(0, 10 * 3600 * 60),
)
def test_a_label_gives_its_frame_back(source: tuple[Fraction, str], frame: int) -> None:
    timecode = Timecode(*source)
    ms = frames_to_ms(frame % (10 * 3600 * timecode.nominal), timecode.rate)
    assert timecode.to_ms(timecode.at(ms)) == ms


def test_drop_frame_keeps_up_with_the_clock() -> None:
    assert Timecode(NTSC, "00:00:00;00").to_ms("10:00:00;00") == pytest.approx(36_000_000, abs=40)
