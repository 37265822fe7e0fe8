"""SCC out: read back by ttconv, frame for frame."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.vtt import Cue, Document, Timecode, escape
from schema.vtt.formats import read_any, read_scc
from schema.vtt.formats.broadcast import Frames, frames_of
from schema.vtt.formats.scc_write import write_scc
from schema.vtt.formats.stl_write import write_stl
from schema.vtt.timecode import frames_to_ms

NTSC = Fraction(30000, 1001)


def frames(rate: Fraction = NTSC, start: str = "01:00:00;00") -> Frames:
    found = frames_of(Timecode(rate, start), (30,))
    assert found is not None
    return found


def back(document: Document, of: Frames) -> list[tuple[int, int, str]]:
    """Frames from the programme's start, and text."""
    written = write_scc(document, of, "en").content
    rate, first = of.timecode.rate, of.at(0) - of.timecode.number_at(0)
    return [
        (round(cue.start_ms * rate / 1000) + first, round(cue.end_ms * rate / 1000) + first, cue.plain)
        for cue in read_scc(written).document.cues
    ]


def cue_at(start: int, end: int, text: str, settings: str = "") -> Cue:
    return Cue("", frames_to_ms(start, NTSC), frames_to_ms(end, NTSC), text, settings)


SIGNS = "abc XYZ .,!?'\"áéíóúñÑ®°½¿™¢£♪àèâêîôûÁÉÓÚÜü¡©“”‘çÇ—-"


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.integers(30, 200), st.text(SIGNS, min_size=1, max_size=32)),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None)
def test_every_caption_appears_and_goes_on_its_frame(raw: list[tuple[int, int, str]]) -> None:
    cues: list[Cue] = []
    at = 60
    for gap, length, text in raw:
        if text.strip():
            cues.append(cue_at(at + gap, at + gap + length, escape(" ".join(text.split()))))
            at += gap + length
    of = frames()
    written = write_scc(Document.of(cues), of, "en")
    late = {lost.cue for lost in written.lost}
    assert all("late" in lost.message for lost in written.lost)
    found = back(Document.of(cues), of)
    assert [text for _, _, text in found] == [cue.plain for cue in cues]
    for number, (cue, (start, end, _)) in enumerate(zip(cues, found, strict=True), 1):
        if number not in late:
            assert start == of.at(cue.start_ms) - of.at(0)
        if number not in late and number + 1 not in late:
            assert end == pytest.approx(of.at(cue.end_ms) - of.at(0), abs=2)


@pytest.mark.parametrize(
    ("rate", "start", "label"),
    [
        (NTSC, "01:00:00;00", "01:00:10;00"),
        (NTSC, "01:00:00:00", "01:00:10:00"),
        (2 * NTSC, "01:00:00;00", "01:00:10;00"),
        (Fraction(24000, 1001), "01:00:00:00", "01:00:10:00"),
        (Fraction(30), "10:00:00:00", "10:00:10:00"),
    ],
)
def test_labels_are_the_sources(rate: Fraction, start: str, label: str) -> None:
    ms = Timecode(rate, start).to_ms(label)
    written = write_scc(
        Document.of([Cue("", ms, ms + 3000, "Hi")]), frames(rate, start), "en"
    ).content.decode()
    shows = written.split("\n\n")[1]
    words = shows.split("\t")[1].split()
    assert words[-2:] == ["942f", "942f"]
    timecode = frames(rate, start).timecode
    begin = timecode.label(timecode.number_at(timecode.to_ms(label)) - len(words) + 2)
    assert shows.split("\t")[0] == begin


@pytest.mark.parametrize("rate", [Fraction(25), Fraction(50), Fraction(15)])
def test_other_rates_have_no_scc(rate: Fraction) -> None:
    assert frames_of(Timecode(rate), (30,)) is None


def test_what_608_cannot_hold_is_told_by_cue() -> None:
    document = Document.of(
        [
            cue_at(60, 150, "Fine…"),
            cue_at(200, 290, "<b>őr</b> and 字"),
            cue_at(300, 400, "A line that is longer than thirty-two columns are"),
            cue_at(400, 404, "<i>Quick.</i>"),
            cue_at(404, 500, "<v Ann>Hello, <i>you</i>."),
        ]
    )
    written = write_scc(document, frames(), "en")
    told = {(lost.cue, lost.message.split(";")[0]) for lost in written.lost}
    assert told == {
        (2, "bold was left out"),
        (2, "CEA-608 has no ő 字"),
        (3, "the cue has 1 lines, the longest of 49 characters"),
        (5, "italics of a part was left out"),
        (5, "CEA-608 has no voices: speakers are named in the text where they change"),
        (5, "the caption appears 14 frames late, for it takes that long to send"),
    }
    texts = [text for _, _, text in back(document, frames())]
    assert texts[:2] == ["Fine...", "or and ?"]
    assert texts[2].split() == ["A", "line", "that", "is", "longer", "than", "thirty-two", "columns", "are"]
    assert texts[4] == "Ann: Hello, you."


@pytest.mark.parametrize(
    ("text", "shown", "told"),
    [
        ("„Ja“ – ‹so› × 2", "\"Ja“ - 'so' x 2", []),
        ("Un œuf\u200f", "Un oeuf", []),
        ("Łódź", "Lódz", ["CEA-608 has no Ł ź"]),
        (
            f"<i>{'x' * 32}</i>",
            "x" * 32,
            ["italics of row 15 was left out: its 32 columns leave none for the code"],
        ),
    ],
)
def test_signs_that_608_has_otherwise(text: str, shown: str, told: list[str]) -> None:
    document = Document.of([cue_at(60, 200, text)])
    assert [lost.message for lost in write_scc(document, frames(), "de").lost] == told
    assert [said for _, _, said in back(document, frames())] == [shown]


@pytest.mark.parametrize("place", ["line:0", "line:50%", ""])
@pytest.mark.parametrize("lines", [1, 2, 4])
def test_the_place_comes_back(place: str, lines: int) -> None:
    text = "\n".join(["A line"] * lines)
    cue = Cue("", 5000, 8000, text, place)
    for written in (
        write_scc(Document.of([cue]), frames(), "en"),
        write_stl(Document.of([cue]), frames(), "en"),
    ):
        assert [found.settings for found in read_any(written.content).document.cues] == [place]


def test_captions_go_on_past_midnight() -> None:
    of = frames_of(Timecode(Fraction(30000, 1001), "23:00:00;00"), (30,))
    assert of is not None
    written = write_scc(
        Document.of([Cue("", 5000, 8000, "One"), Cue("", 3_700_000, 3_702_000, "Two")]), of, "en"
    )
    assert "00:01:3" in written.text
    found = read_any(written.content).document.cues
    assert [cue.start_ms for cue in found] == [pytest.approx(ms, abs=34) for ms in (5000, 3_700_000)]
