"""SRT: read as it is found, written for every player."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import TextRefused
from schema.vtt import Cue, Document, Note, Parsed, Style, escape
from schema.vtt.formats import read_any, read_srt, write_srt
from schema.vtt.parse import accept


def told(parsed: Parsed) -> list[tuple[int, str]]:
    return [(problem.line, problem.kind) for problem in parsed.problems]


SRT = """1
00:00:01,000 --> 00:00:02,500 X1:10 X2:20
<I>Hello</I>, {\\i1}you{\\i0}.
Second line

2
00:00:03.5 --> 00:00:04,000
{\\an8}<font color="#FFFF00">Tom &amp; Jerry</font> <3

with a blank line

3
00:00:05,000 --> 00:00:06,000

4
00:00:07,000 --> 00:00:08,000
<font face="x">1984</font>
1984
"""


def test_srt_is_read_as_it_is_found() -> None:
    for source in (SRT, "\ufeff" + SRT.replace("\n", "\r\n"), SRT.encode()):
        parsed = read_any(source)
        assert parsed.document.cues == (
            Cue("", 1000, 2500, "<i>Hello</i>, you.\nSecond line"),
            Cue("", 3500, 4000, "<c.yellow>Tom &amp; Jerry</c> &lt;3\nwith a blank line", "line:0"),
            Cue("", 5000, 6000, ""),
            Cue("", 7000, 8000, "1984\n1984"),
        )
        assert told(parsed) == [(2, "left out"), (16, "left out")]


def test_srt_tells_what_it_cannot_read() -> None:
    source = "junk\n\n1\n00:00:01,000 --> soon\nlost\n\n2\n00:00:03,000 --> 00:00:03,000\n<b>x\n\n3\n00:99:00,000 --> 00:99:01,000\ny\n"
    parsed = read_srt(source)
    assert told(parsed) == [(1, "dropped"), (4, "dropped"), (8, "invalid"), (9, "repaired"), (12, "dropped")]
    with pytest.raises(TextRefused, match="line 1"):
        accept(parsed)
    for nothing in ("", "hello", "--> -->"):
        with pytest.raises(TextRefused, match="this is no SRT"):
            read_srt(nothing)


def test_a_line_is_told_by_its_place_in_the_file() -> None:
    source = (
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}\none\n\n\n<b>two\n\n2\n00:00:03,000 --> 00:00:04,000\nx\n"
    )
    assert told(read_srt(source)) == [(7, "repaired")]


def test_srt_is_written_for_every_player() -> None:
    document = Document.of(
        [
            Note("gone"),
            Cue("a", 1000, 2000, "<v Ann>R&amp;B <i>now</i>\n&lt;b&gt;", "line:0"),
            Cue("b", 3_600_000, 3_601_000, "<v Ann>Still me."),
            Cue("c", 3_602_000, 3_603_000, "<v Tom>Not me.</v>"),
        ]
    )
    assert write_srt(document).text == (
        "1\n00:00:01,000 --> 00:00:02,000\n{\\an8}Ann: R&B <i>now</i>\n&lt;b>\n\n"
        "2\n01:00:00,000 --> 01:00:01,000\nStill me.\n\n"
        "3\n01:00:02,000 --> 01:00:03,000\nTom: Not me.\n"
    )


LINE = st.text("ab1é字<>/&-,.:!\"' {}()[]♪", min_size=1, max_size=12).map(str.strip).filter(bool)
LINES = st.lists(LINE | st.just("1984"), min_size=1, max_size=3).map("\n".join)


@pytest.mark.parametrize("text", ["<!<\n>", "3 < 4 > 2", "a <3 <i>b</i>", "<3", "<b>", "1 < 2\n<!"])
def test_a_sign_that_begins_no_tag_is_read_back_as_it_was(text: str) -> None:
    cue = Cue("", 0, 1000, escape(text).replace("&lt;i&gt;b&lt;/i&gt;", "<i>b</i>"))
    back = read_srt(write_srt(Document.of([cue])).text).document.cues[0]
    assert (back.plain, "<i>" in back.text) == (cue.plain, "<i>" in cue.text)


@given(st.lists(st.tuples(st.integers(0, 10_000), st.integers(1, 5000), LINES), min_size=1, max_size=6))
@settings(max_examples=100)
def test_what_is_written_is_read_back(raw: list[tuple[int, int, str]]) -> None:
    raw.sort(key=lambda row: row[0])
    document = Document.of([Cue("", start, start + length, escape(text)) for start, length, text in raw])
    back = read_srt(write_srt(document).text).document.cues
    assert [(c.start_ms, c.end_ms) for c in back] == [(c.start_ms, c.end_ms) for c in document.cues]
    assert [c.plain for c in back] == [c.plain.replace("-->", "→") for c in document.cues]


def cue(start_s: int, text: str) -> Cue:
    return Cue("", start_s * 1000, (start_s + 1) * 1000, text)


def times(start_s: int, arrow: str = "-->") -> str:
    return f"00:00:0{start_s},000 {arrow} 00:00:0{start_s + 1},000"


@pytest.mark.parametrize("arrow", ["→", "->", "–>", "—>", "-- >", "– – >", "=>", "-", "--»"])
def test_a_damaged_arrow_is_read_and_named(arrow: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello.\n\n2\n{times(3, arrow)}\nHere.\n\n3\n{times(5)}\nBye.\n")
    assert parsed.document.cues == (cue(1, "Hello."), cue(3, "Here."), cue(5, "Bye."))
    assert told(parsed) == [(6, "repaired")]


@pytest.mark.parametrize(
    "line",
    [
        "00:00:03:000 --> 00:00:04:000",
        "00:03,000 --> 00:04,000",
        "00:00:03 --> 00:00:04",
        "00: 00: 03,000 --> 00: 00: 04,000",
        "00：00：03，000 --> 00：00：04，000",
        "٠٠:٠٠:٠٣,٠٠٠ --> ٠٠:٠٠:٠٤,٠٠٠",
        "\u202a00:00:03,000 --> 00:00:04,000\u202c",
        "00:00:03 – 00:00:04",
        "00:03,000 → 00:04,000",
        "00:00:03,000 --&gt; 00:00:04,000",
    ],
)
def test_damaged_times_are_read_and_named(line: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello.\n\n2\n{line}\nHere.\n\n3\n{times(5)}\nBye.\n")
    cues = [(cue.start_ms, cue.end_ms, cue.text) for cue in parsed.document.cues]
    assert cues == [(1000, 2000, "Hello."), (3000, 4000, "Here."), (5000, 6000, "Bye.")]
    assert told(parsed) == [(6, "repaired")]


@pytest.mark.parametrize("times_of", ["00:00:03,000\n-->\n00:00:04,000", "00:00:03,000 -->\n00:00:04,000"])
def test_a_timing_line_in_pieces_is_no_text(times_of: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello.\n\n2\n{times_of}\nHere.\n\n3\n{times(5)}\nBye.\n")
    assert [cue.text for cue in parsed.document.cues] == ["Hello.", "Bye."]
    assert {kind for _, kind in told(parsed)} == {"dropped"}


@pytest.mark.parametrize("text", ["12:30 – 13:30", "At 12:30:00.", "It is 00:00:03,000 now", "3:2"])
def test_times_that_somebody_says_are_text(text: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\n{text}\n")
    assert [cue.text for cue in parsed.document.cues] == [text]
    assert parsed.problems == ()


@pytest.mark.parametrize("end", ["<br>", "<br/>", "<BR />"])
def test_a_line_end_of_html_is_one(end: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello{end}there.\n<b>x\n")
    assert [cue.text for cue in parsed.document.cues] == ["Hello\nthere.\n<b>x</b>"]
    assert told(parsed) == [(4, "repaired")]


def test_the_times_of_youtube_are_read() -> None:
    parsed = read_srt("0:00:01.000,0:00:02.000\nHello.\n\n0:00:03.500,0:00:04.000\nBye.\n")
    assert [(cue.start_ms, cue.text) for cue in parsed.document.cues] == [(1000, "Hello."), (3500, "Bye.")]
    assert told(parsed) == [(1, "repaired"), (4, "repaired")]


def test_text_beside_the_times_is_kept_and_named() -> None:
    parsed = read_srt(f"1\n{times(1)} Hello\nthere.\n\n2\n{times(3)} X1:100 X2:200\nBye.\n")
    assert [cue.text for cue in parsed.document.cues] == ["Hello\nthere.", "Bye."]
    assert told(parsed) == [(2, "repaired"), (6, "left out")]


@pytest.mark.parametrize("number", ["2.", "#2", "(2)", "[2]", "02-", "2:", "٢", "２"])
def test_a_number_is_no_text_however_it_is_written(number: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello.\n\n{number}\n{times(3)}\nBye.\n")
    assert [cue.text for cue in parsed.document.cues] == ["Hello.", "Bye."]


def test_a_line_with_two_times_is_never_text() -> None:
    parsed = read_srt(f"1\n{times(1)}\nHello.\n\n2\n{times(3, 'bis')}\nLost.\n\n3\n{times(5)}\nBye.\n")
    assert parsed.document.cues == (cue(1, "Hello."), cue(5, "Bye."))
    assert told(parsed) == [(6, "dropped")]


@pytest.mark.parametrize(
    ("source", "lines"),
    [
        (f"1\n{times(1)}\nHello.\n\n2\n\n{times(3)}\nBye.", [5]),
        (f"1\n\n{times(1)}\n\nHello.\n\n2\n\n{times(3)}\n\nBye.\n", [1, 7]),
        (f"1.\n{times(1)}\nHello.\n\n2.\n{times(3)}\nBye.\n", []),
        (f"#1\n{times(1)}\nHello.\n\n#2\n{times(3)}\nBye.\n", []),
        (f"{times(1)}\nHello.\n\n{times(3)}\nBye.\n", []),
    ],
)
def test_numbers_are_told_from_text(source: str, lines: list[int]) -> None:
    parsed = read_srt(source)
    assert parsed.document.cues == (cue(1, "Hello."), cue(3, "Bye."))
    assert told(parsed) == [(line, "normalised") for line in lines]


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (f"1\n{times(1)}\n42\n\n2\n{times(3)}\nBye.\n", "42"),
        (f"{times(1)}\n\n42\n\n{times(3)}\nBye.\n", "42"),
        (f"1\n{times(1)}\nNumber\n7.\n\n2\n{times(3)}\nBye.\n", "Number\n7."),
    ],
)
def test_text_that_is_a_number_stays(source: str, text: str) -> None:
    assert read_srt(source).document.cues == (cue(1, text), cue(3, "Bye."))


@pytest.mark.parametrize("name", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize(
    "text", [SRT, f"WEBVTT\n\n{times(1).replace(',', '.')}\nHello.\n", f"1\n{times(1)}\n字幕です\n"]
)
def test_another_encoding_is_named(name: str, text: str) -> None:
    with pytest.raises(TextRefused, match=f"line 1: the file is {name[:6].upper()}.*save it as UTF-8"):
        read_any(text.encode(name))


def test_a_few_zeros_are_no_encoding() -> None:
    assert read_any(b"\0\0" + SRT.encode()).document.cues


COLORS = [
    ("yellow", "yellow", "yellow"),
    ("#FF0", "yellow", "yellow"),
    ("'#ffff00'", "yellow", "yellow"),
    ('"rgb(255, 255, 0)"', "yellow", "yellow"),
    ("Green", "color-008000", "#008000"),
    ('"rgb(1,2,3)"', "color-010203", "#010203"),
    ("orange", "color-orange", "orange"),
]


@pytest.mark.parametrize(("value", "name", "written"), COLORS)
def test_every_colour_is_kept(value: str, name: str, written: str) -> None:
    document = accept(read_srt(f"1\n{times(1)}\n<font color={value}>Hello</font>, you.\n"))
    assert document.cues == (cue(1, f"<c.{name}>Hello</c>, you."),)
    styles = [block.text for block in document.blocks if isinstance(block, Style)]
    own = name.startswith("color-")
    assert styles == ([f"::cue(.{name}) {{ color: {written} }}"] if own else [])
    assert write_srt(document).text == f'1\n{times(1)}\n<font color="{written}">Hello</font>, you.\n'


@pytest.mark.parametrize("color", ["#12", "transparent", "rgb(1,2,300)", "rgba(1,2,3,0.5)"])
def test_what_is_no_colour_is_told_and_the_text_taken(color: str) -> None:
    parsed = read_srt(f"1\n{times(1)}\n<font color='{color}'>Hello</font>\n")
    assert accept(parsed).cues == (cue(1, "Hello"),)
    assert parsed.left_out == (f"line 2: the colour {color} was left out",)


@pytest.mark.parametrize(
    ("settings", "place"),
    [("line:50%", "{\\an5}"), ("line:0", "{\\an8}"), ("line:10%", "{\\an8}"), ("line:90%", ""), ("", "")],
)
def test_a_place_stays(settings: str, place: str) -> None:
    document = Document.of([Cue("", 1000, 2000, "Hello", settings)])
    assert write_srt(document).text == f"1\n{times(1)}\n{place}Hello\n"


@pytest.mark.parametrize("end", ["</rt></ruby>", "</ruby>"])
def test_readings_stand_in_parentheses(end: str) -> None:
    document = Document.of([Cue("", 1000, 2000, f"<ruby>東京<rt>とうきょう{end}です")])
    assert write_srt(document).text == f"1\n{times(1)}\n東京(とうきょう)です\n"


@pytest.mark.parametrize("text", ["{\\an8}", "Write {\\i1} for italics.", "{\\"])
def test_what_players_would_take_for_an_override_is_shown(text: str) -> None:
    written = write_srt(Document.of([Cue("", 1000, 2000, text)])).text
    (cue,) = read_srt(written).document.cues
    assert (cue.plain.replace("\u2060", ""), cue.settings) == (text, "")
