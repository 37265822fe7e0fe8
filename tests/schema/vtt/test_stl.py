"""EBU STL out: read back by ttconv, frame for frame."""

from __future__ import annotations

from fractions import Fraction

import pytest

from schema.vtt import Cue, Document, Timecode, escape
from schema.vtt.formats import read_any
from schema.vtt.formats.broadcast import Frames, frames_of
from schema.vtt.formats.stl_write import write_stl


def frames(rate: Fraction, start: str) -> Frames:
    found = frames_of(Timecode(rate, start), (25, 30))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("rate", "start"),
    [
        (Fraction(25), "10:00:00:00"),
        (Fraction(50), "10:00:00:48"),
        (Fraction(30), "00:59:59:29"),
        (Fraction(24), "01:00:00:00"),
    ],
)
def test_subtitles_come_back_on_their_frames(rate: Fraction, start: str) -> None:
    of = frames(rate, start)
    ms = [
        Timecode(rate, "00:00:00:00").to_ms(label) for label in ("00:00:01:00", "00:00:03:12", "01:00:04:20")
    ]
    document = Document.of(
        [
            Cue("", ms[0], ms[1], "Où est-il\u00a0? Ağır Łódź"),
            Cue("", ms[2], ms[2] + 2000, "<i>One\ntwo</i>", "line:0"),
            Cue("", ms[2] + 2000, ms[2] + 4000, escape("<3 & “so on”")),
        ]
    )
    written = write_stl(document, of, "fr")
    assert written.lost == ()
    found = read_any(written.content).document.cues
    assert [cue.plain for cue in found] == ["Où est-il ? Ağır Łódź", "One\ntwo", "<3 & “so on”"]
    assert found[1].text == "<i>One</i>\n<i>two</i>"
    shown = of.timecode.rate
    for cue, back in zip(document.cues, found, strict=True):
        for before, after in ((cue.start_ms, back.start_ms), (cue.end_ms, back.end_ms)):
            assert round(after * shown / 1000) == of.at(before) - of.at(0)


@pytest.mark.parametrize(
    ("language", "text"), [("ru", "Привет, мир!"), ("el", "Γειά σου"), ("he", "שלום"), ("ar", "مرحبا")]
)
def test_each_script_has_its_table(language: str, text: str) -> None:
    document = Document.of([Cue("", 1000, 2000, text)])
    written = write_stl(document, frames(Fraction(25), "00:00:00:00"), language)
    assert written.lost == ()
    assert read_any(written.content).document.cues[0].plain == text


def test_what_stl_cannot_hold_is_told_by_cue() -> None:
    document = Document.of(
        [
            Cue("a", 1000, 2000, "Fine."),
            Cue("b", 3000, 4000, "A 字 <u>here</u>"),
            Cue("c", 5000, 6000, "x " * 60),
        ]
    )
    written = write_stl(document, frames(Fraction(25), "00:00:00:00"), "en")
    assert [(lost.cue_id, lost.message.split(",")[0]) for lost in written.lost] == [
        ("b", "underlining was left out"),
        ("c", "the cue has 1 lines"),
        ("b", "the file's character table has no 字"),
    ]
    assert len(read_any(written.content).document.cues) == 3


def test_no_stl_for_rates_that_it_does_not_have() -> None:
    assert frames_of(Timecode(Fraction(15)), (25, 30)) is None


def test_italics_of_every_line_are_those_of_the_subtitle() -> None:
    texts = ["<i>one</i>\n<i>two</i>", "<i>one\ntwo</i>", "<i>one</i> two"]
    document = Document.of(Cue(f"c{n}", n * 4000, n * 4000 + 2000, text) for n, text in enumerate(texts, 1))
    frames = frames_of(Timecode(Fraction(25)), (25, 30))
    assert frames is not None
    written = write_stl(document, frames, "en")
    assert [(lost.cue, lost.message) for lost in written.lost] == [(3, "italics of a part was left out")]
    assert [cue.text for cue in read_any(written.content).document.cues] == [texts[0], texts[0], "one two"]
