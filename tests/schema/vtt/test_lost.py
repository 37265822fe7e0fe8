"""What a format cannot hold is said: by cue and line where it is written, by line where it is read."""

from __future__ import annotations

from fractions import Fraction

import pytest

from schema.vtt import Cue, Document, Note, Region, Style, Timecode, parse
from schema.vtt.formats import read_any, write_dapt, write_srt, write_ttml
from schema.vtt.formats.broadcast import frames_of
from schema.vtt.formats.lost import Written
from schema.vtt.formats.scc_write import write_scc
from schema.vtt.formats.stl_write import write_stl


def _scc(document: Document) -> Written:
    frames = frames_of(Timecode(Fraction(30)), (30,))
    assert frames is not None
    return write_scc(document, frames, "en")


def _stl(document: Document) -> Written:
    frames = frames_of(Timecode(Fraction(25)), (25,))
    assert frames is not None
    return write_stl(document, frames, "en")


WRITERS = {
    "SRT": write_srt,
    "IMSC": lambda document: write_ttml(document, "en"),
    "DAPT": lambda document: write_dapt(document, "en", kind="captions"),
    "CEA-608": _scc,
    "EBU STL": _stl,
}
ALL = set(WRITERS)
PLAIN = {"CEA-608", "EBU STL"}
TEXT = {"SRT", *PLAIN}
NO_VOICES = "{} has no voices: speakers are named in the text where they change"

CASES = [
    (Cue("a", 3000, 6000, "Hello", "position:20%"), "position:20% was left out", ALL),
    (Cue("a", 3000, 6000, "Hello", "size:40%"), "size:40% was left out", ALL),
    (Cue("a", 3000, 6000, "Hello", "region:r"), "region:r was left out", ALL),
    (Cue("a", 3000, 6000, "Hello", "line:10%"), "line:10% became the top of the picture", ALL - {"DAPT"}),
    (Cue("a", 3000, 6000, "Hello", "line:50%,center"), "line:50%,center was left out", {"DAPT"}),
    (Cue("a", 3000, 6000, "Hello", "line:0"), "line:0 was left out", {"DAPT"}),
    (Cue("a", 3000, 6000, "Hello", "align:start"), "align:start was left out", ALL - {"IMSC"}),
    (Cue("a", 3000, 6000, "Hello", "align:center"), "", set()),
    (Cue("a", 3000, 6000, "Hello", "vertical:rl"), "vertical:rl was left out", ALL - {"IMSC"}),
    (Cue("a", 3000, 6000, "<i>Hello</i>"), "", set()),
    (Cue("a", 3000, 6000, "<i>Hello</i>, you"), "italics of a part was left out", PLAIN),
    (Cue("a", 3000, 6000, "<b>Hello</b> <b>you</b>"), "bold was left out", PLAIN),
    (Cue("a", 3000, 6000, "<u>Hello</u>"), "underlining was left out", PLAIN),
    (Cue("a", 3000, 6000, "<c.lime>Hello</c>"), "the colour lime was left out", PLAIN),
    (Cue("a", 3000, 6000, "<c.bg_blue>Hello</c>"), "the colour bg_blue was left out", TEXT),
    (
        Cue("a", 3000, 6000, "<c.color-orange>Hello</c>"),
        "the colour color-orange was left out",
        ALL - {"SRT"},
    ),
    (Cue("a", 3000, 6000, "<c.loud>Hello</c>"), "the class loud was left out", ALL),
    (Cue("a", 3000, 6000, "<lang fr>Hello</lang>"), "a change of language was left out", TEXT),
    (Cue("a", 3000, 6000, "Hel<00:00:04.000>lo"), "a time within the text was left out", ALL),
    (
        Cue("a", 3000, 6000, "<ruby>a<rt>b</rt></ruby>"),
        "ruby (its readings stand in parentheses) was left out",
        TEXT,
    ),
    (Cue("a", 3000, 6000, "a --&gt; b"), "an arrow in the text was written as →", {"SRT"}),
    (Cue("a", 3000, 6000, "a\x01"), "a sign that XML cannot hold was written as \ufffd", {"IMSC", "DAPT"}),
]


@pytest.mark.parametrize(("cue", "message", "formats"), CASES)
@pytest.mark.parametrize("name", WRITERS)
def test_what_a_format_cannot_hold_of_a_cue_is_said(
    name: str, cue: Cue, message: str, formats: set[str]
) -> None:
    lost = WRITERS[name](Document.of([cue])).lost
    told = [each.message for each in lost if not each.words]
    if name == "DAPT" and "line:10%" in message:
        message, formats = "line:10% was left out", ALL
    assert told == ([message] if name in formats else [])
    assert {(each.cue, each.cue_id) for each in lost} <= {(1, "a")}


@pytest.mark.parametrize("name", WRITERS)
def test_blocks_speakers_and_cues_at_one_time_are_said(name: str) -> None:
    document = parse(
        "WEBVTT a title\n\nSTYLE\n::cue { color: red }\n\nSTYLE\n::cue(.color-008000) { color: #008000 }\n\n"
        "REGION\nid:r\n\nNOTE mind\n\n00:00.000 --> 00:03.000\n<v Ann>One\n\n00:02.000 --> 00:04.000\n<v Ann>Two\n\n"
        "00:05.000 --> 00:06.000\n<v Tom>Three\n"
    ).document
    told = [
        (lost.line, lost.cue, lost.message)
        for lost in WRITERS[name](document).lost
        if "late" not in lost.message
    ]
    wanted: list[tuple[int, int | None, str]] = [
        (1, None, "the header was left out"),
        (3, None, "a STYLE block was left out"),
        (9, None, "a REGION block was left out"),
    ]
    if name != "DAPT":
        wanted.append((12, None, "a NOTE block was left out"))
    if name in TEXT:
        message = f"it is shown while cue 1 still is, which {name} has no place for"
        wanted += [(14, 1, NO_VOICES.format(name)), (17, 2, message)]
    assert told == wanted


def test_a_note_or_style_of_no_file_is_said_without_a_line() -> None:
    document = Document.of([Note("x"), Style("::cue {}"), Region("id:r"), Cue("", 0, 1000, "Hello")])
    assert [(lost.cue, lost.line) for lost in write_srt(document).lost] == [(None, None)] * 3


SRT = """1
00:00:01,000 --> 00:00:02,000 X1:10 X2:20
{\\an7}{\\fad(100,100)}Hello, <font face="Arial" size="3" color="yellow">you</font>.

2
00:00:03,000 --> 00:00:04,000
{\\an8}Nothing <font color="#ff0">lost</font>.
"""
DAPT = """<tt xmlns="http://www.w3.org/ns/ttml" xmlns:tts="http://www.w3.org/ns/ttml#styling"
 xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xml:lang="en"
 ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/content">
<head><styling><style xml:id="large" tts:fontSize="200%"/></styling></head>
<body>
<div xml:id="a" begin="1s" end="2s" region="top"><p style="large">Hello,
<span begin="0.5s" tts:backgroundColor="blue">you</span>.</p></div>
<div xml:id="b" begin="3s" end="4s"><p tts:color="yellow">Nothing lost.</p></div>
</body></tt>
"""
ASS = """[Script Info]

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, Bold, Italic, Underline, Alignment
Style: Default,Arial,20,&H00FFFFFF,0,0,0,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,Banner;5,{\\an1\\k20\\fs30}Hello
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\\i1}Nothing lost{\\i0}
"""
READ = [
    (SRT, [(2, 'X1:10 X2:20, {\\an7} but for its row, {\\fad(100,100)}, face="Arial", size="3"')]),
    (
        DAPT,
        [(6, "region"), (6, "tts:fontSize"), (7, "begin, tts:backgroundColor")],
    ),
    (ASS, [(9, "Banner;5, \\an1 but for its row, \\k20, \\fs30")]),
]


@pytest.mark.parametrize(("source", "lines"), READ, ids=["srt", "dapt", "ass"])
def test_what_a_reader_leaves_out_is_said_by_line(source: str, lines: list[tuple[int, str]]) -> None:
    parsed = read_any(source)
    assert {problem.kind for problem in parsed.problems} == {"left out"}
    assert parsed.left_out == tuple(f"line {line}: {what} was left out" for line, what in lines)
