"""What broadcasters send: SCC, EBU STL and ASS."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import TextRefused
from schema.vtt import Cue, violations
from schema.vtt.formats import read_any
from schema.vtt.parse import accept

SCC = """Scenarist_SCC V1.0

01:00:02:00\t9420 9420 94ae 94ae 9470 9470 c8e5 ecec ef2e 942f 942f

01:00:04:00\t942c 942c

01:00:05:00\t9420 9420 94ae 94ae 9152 9152 91ae 91ae c279 e5ae 942f 942f

01:00:07:00\t942c 942c
"""


def test_scc_is_read_with_the_programmes_start_taken_off() -> None:
    parsed = read_any(SCC)
    document = accept(parsed)
    assert [cue.plain.strip() for cue in document.cues] == ["Hello.", "Bye."]
    first, second = document.cues
    assert 2000 <= first.start_ms < 2500
    assert first.end_ms == pytest.approx(4000, abs=70)
    assert 5000 <= second.start_ms < 5600
    assert second.text == "<i>Bye.</i>"
    assert [problem.kind for problem in parsed.problems] == ["left out", "normalised"]
    assert parsed.left_out == ("line 1: the column in which 2 of 2 captions begin was left out",)


def stl(*subtitles: tuple[str, str, bytes], rate: bytes = b"STL25.01") -> bytes:
    gsi = struct.pack(
        "3s8sc2s2s32s32s32s32s32s32s16s6s6s2s5s5s3s2s2s1s8s8s1s1s3s32s32s32s75x576s",
        b"850", rate, b"1", b"00", b"09", *[b" " * 32] * 6, b" " * 16, b"260101", b"260101", b"00",
        b"%05d" % len(subtitles), b"%05d" % len(subtitles), b"001", b"40", b"23", b"1", b"10000000", b"10000100",
        b"1", b"1", b"GBR", b" " * 32, b" " * 32, b" " * 32, b" " * 576,
    )  # fmt: skip
    blocks = [
        struct.pack(
            "<BHBB4s4sBBB112s",
            0,
            n,
            0xFF,
            0,
            bytes.fromhex(start),
            bytes.fromhex(end),
            20,
            2,
            0,
            text.ljust(112, b"\x8f"),
        )
        for n, (start, end, text) in enumerate(subtitles)
    ]
    return gsi + b"".join(blocks)


def test_ebu_stl_is_read_from_the_programmes_start() -> None:
    source = stl(
        ("0a000200", "0a00040c", b"\x0b\x0bOne\x8atwo"), ("0a000500", "0a000600", b"\x0b\x0b\x03caf\xc2e")
    )
    document = accept(read_any(source))
    assert document.cues == (
        Cue("", 2000, 4480, "One\ntwo"),
        Cue("", 5000, 6000, "<c.yellow>café</c>"),
    )


def test_what_webvtt_cannot_hold_of_stl_is_told_by_caption() -> None:
    yellow_on_blue = b"\x04\x1d\x0b\x0b\x03Hi"
    parsed = read_any(stl(("0a000200", "0a00040c", b"One"), ("0a000500", "0a000600", yellow_on_blue)))
    assert parsed.left_out == ("line 1: the background rgb(0, 0, 255) of caption 2 was left out",)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        (b"One  two   three", "One two three"),
        (b"One \x80two\x81 three", "One <i>two</i> three"),
        (b"One\x80 two \x81three", "One<i> two </i>three"),
        (b"One\x03two\x07three", "One<c.yellow> two</c> three"),
        (b"One \x8a two", "One\ntwo"),
    ],
)
def test_words_of_stl_stay_apart(field: bytes, text: str) -> None:
    (cue,) = read_any(stl(("0a000200", "0a000400", field))).document.cues
    assert cue.text == text


def test_stl_goes_on_past_midnight() -> None:
    source = stl(("17373200", "17373400", b"One"), ("00000100", "00000300", b"Two"))
    found = read_any(source.replace(b"1000000010000100", b"2355000023554900")).document.cues
    assert [(cue.start_ms, cue.end_ms) for cue in found] == [(50_000, 52_000), (301_000, 303_000)]


def test_what_begins_before_the_programme_is_named() -> None:
    parsed = read_any(stl(("09000200", "09000400", b"One"), ("0a000500", "0a000600", b"Two")))
    assert [cue.text for cue in parsed.document.cues] == ["Two"]
    (problem,) = parsed.problems
    assert (problem.kind, problem.message[:25]) == ("dropped", "the subtitle of block 1 b")
    with pytest.raises(TextRefused, match="begins before the programme"):
        read_any(stl(("09000200", "09000400", b"One")))


ASS = r"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour, OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut, ScaleX, ScaleY, Spacing, Angle, BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding
Style: Default,Arial,20,&H00FFFFFF,&H000000FF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ann,0,0,0,,Hello {\i1}there{\i0},\NR&B <3
Comment: 0,0:00:02.00,0:00:03.00,Default,,0,0,0,,not shown
Dialogue: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,{\an8\c&H00FFFF&}Yellow
Dialogue: 0,0:00:05.00,0:00:06.00,Default,,0,0,0,,{\p1}m 0 0 l 1 1{\p0}Text
"""


def test_ass_is_read_with_what_webvtt_can_hold() -> None:
    parsed = read_any(ASS)
    assert parsed.document.cues == (
        Cue("", 1000, 2500, "<v Ann>Hello <i>there</i>,\nR&amp;B &lt;3"),
        Cue("", 3000, 4000, "<c.yellow>Yellow</c>", "line:0"),
        Cue("", 5000, 6000, "Text"),
    )
    assert [(problem.line, problem.kind) for problem in parsed.problems] == [
        (11, "left out"),
        (13, "left out"),
    ]
    assert violations(parsed.document) == []


@pytest.mark.parametrize(
    ("written", "text", "settings", "told"),
    [
        (r"Hello\N\Nyou", "Hello\nyou", "", []),
        (r"\{Hello\} you", "{Hello} you", "", []),
        (r"{note}Hello", "Hello", "", ["a comment in braces was left out"]),
        (r"{\a6}Hello", "Hello", "line:0", []),
        (r"{\a10}Hello", "Hello", "line:50%", []),
        (r"a {\rLoud}Hello{\r} you", "a <b>Hello</b> you", "", []),
    ],
)
def test_what_ass_says_otherwise(written: str, text: str, settings: str, told: list[str]) -> None:
    head = ASS[: ASS.index("Dialogue:")].replace(
        "\n\n[Events]",
        "\nStyle: Loud,Arial,20,&H00FFFFFF,0,0,0,-1,0,0,0,100,100,0,0,1,2,2,2,10,10,10,1\n\n[Events]",
    )
    parsed = read_any(f"{head}Dialogue: 0,0:00:01.00,0:00:02.00,Default,,0,0,0,,{written}\n")
    assert parsed.document.cues == (Cue("", 1000, 2000, text, settings),)
    assert [problem.message for problem in parsed.problems] == told


@pytest.mark.parametrize(
    "line", ["Dialogue: broken", "Dialogue: 0,100:00:05.00,100:00:06.00,Default,,0,0,0,,x"]
)
def test_an_event_of_ass_that_cannot_be_read_is_named(line: str) -> None:
    parsed = read_any(f"{ASS}{line}\n")
    assert len(parsed.document.cues) == 3
    assert [(problem.line, problem.kind) for problem in parsed.problems if problem.kind == "dropped"] == [
        (14, "dropped")
    ]


@pytest.mark.parametrize(
    "source", ["Scenarist_SCC V1.0\n\nnothing\n", b"850STL25.01" + b"\0" * 50, "[Script Info]\n"]
)
def test_what_cannot_be_read_is_refused_or_empty(source: str | bytes) -> None:
    try:
        assert read_any(source).document.cues == ()
    except TextRefused as refused:
        assert refused.errors[0].field == "line 1"


LINE = st.from_regex(r"0[01]:0[0-9]:[0-5][0-9][:;][0-2][0-9]\t([0-9a-f]{4} ?){0,12}", fullmatch=True)


@given(st.lists(LINE | st.sampled_from(SCC.split("\n")) | st.text(max_size=30), max_size=12).map("\n".join))
@settings(max_examples=150, deadline=None)
def test_any_scc_is_read_or_refused(lines: str) -> None:
    with contextlib.suppress(TextRefused):
        assert violations(read_any(f"Scenarist_SCC V1.0\n\n{lines}").document) == []


@given(st.binary(max_size=112), st.integers(0, 1151), st.binary(max_size=8))
@settings(max_examples=150, deadline=None)
def test_any_stl_is_read_or_refused(text: bytes, at: int, noise: bytes) -> None:
    whole = stl(("0a000200", "0a00040c", text), ("0a000500", "0a000600", b"Hi"))
    with contextlib.suppress(TextRefused):
        assert violations(read_any(whole[:at] + noise + whole[at + len(noise) :]).document) == []


@given(st.text(st.sampled_from("ab,{}\\\\icpNn&H0F: \n"), max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_ass_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(TextRefused):
        read = read_any(ASS + f"Dialogue: 0,0:00:07.00,0:00:08.00,Default,,0,0,0,,{text}\n")
        assert violations(read.document) == []
