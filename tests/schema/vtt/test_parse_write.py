"""Reading and writing WebVTT: the specification's tricky cases."""

from __future__ import annotations

import pytest

from schema.errors import TextRefused
from schema.vtt import Cue, Document, Note, Region, Style, parse, parse_strict, violations, write
from schema.vtt.parse import MAX_BYTES, MAX_CUES

TIMING = "00:01.000 --> 00:02.000"


def cues_of(text: str | bytes) -> list[tuple[str, int, int, str, str]]:
    return [(c.id, c.start_ms, c.end_ms, c.settings, c.text) for c in parse(text).document.cues]


@pytest.mark.parametrize(
    "source",
    [
        f"WEBVTT\n\n{TIMING}\nHi\n",
        f"\ufeffWEBVTT\n\n{TIMING}\nHi",
        f"WEBVTT\r\n\r\n{TIMING}\r\nHi\r\n",
        f"WEBVTT\r\r{TIMING}\rHi\r",
        f"WEBVTT - a title\n\n\n\n{TIMING}\nHi\n\n\n",
        f"WEBVTT\ttitle\n\n{TIMING}\nHi\n",
        f"WEBVTT\nKind: captions\n\n{TIMING}\nHi\n",
        f"WEBVTT\n{TIMING}\nHi\n",
        f"WEBVTT\n\n\t{TIMING}  \nHi\n",
        "WEBVTT\n\n00:01.000-->00:02.000\nHi\n",
        "WEBVTT\n\n0:00:01.000 --> 00000:00:02.000\nHi\n",
        "WEBVTT\n\n00:00:01.000\t-->\t00:00:02.000\t\nHi\n",
    ],
)
def test_one_cue_however_it_is_written(source: str) -> None:
    assert cues_of(source) == [("", 1000, 2000, "", "Hi")]
    assert cues_of(source.encode()) == [("", 1000, 2000, "", "Hi")]


@pytest.mark.parametrize(
    "source",
    [
        "",
        "webvtt\n",
        "WEBVTTx\n",
        " WEBVTT\n",
        "\nWEBVTT\n",
        "\ufeff\ufeffWEBVTT",
        "1\n00:00:01,000 --> 00:00:02,000\nHi",
    ],
)
def test_not_webvtt(source: str) -> None:
    with pytest.raises(TextRefused, match="line 1"):
        parse(source)


@pytest.mark.parametrize(
    "timing",
    [
        "00:01.000 -> 00:02.000 -->",
        "00:01,000 --> 00:02,000",
        "1:01.000 --> 00:02.000",
        "00:1.000 --> 00:02.000",
        "00:01.00 --> 00:02.000",
        "00:01.0000 --> 00:02.000",
        "00:01.000 --> 00:02.0001",
        "60:01.000 --> 61:02.000",
        "00:60.000 --> 01:02.000",
        "-00:01.000 --> 00:02.000",
        "00:01.000 --> ",
        " --> 00:02.000",
        "00:01.000\u00a0--> 00:02.000",
        "٠٠:٠١.٠٠٠ --> 00:02.000",
        "99999999999999999999:00:00.000 --> 99999999999999999999:00:01.000",
    ],
)
def test_a_bad_timing_line_drops_its_cue_and_names_the_line(timing: str) -> None:
    parsed = parse(f"WEBVTT\n\nid\n{timing}\ntext\n\n{TIMING}\nHi\n")
    assert [cue.text for cue in parsed.document.cues] == ["Hi"]
    assert [(problem.line, problem.kind) for problem in parsed.problems] == [(4, "dropped")]
    with pytest.raises(TextRefused) as refused:
        parse_strict(f"WEBVTT\n\nid\n{timing}\ntext\n")
    assert refused.value.errors[0].field == "line 4"


def test_an_arrow_begins_a_new_cue_without_a_blank_line() -> None:
    source = f"WEBVTT\n\nfirst\n{TIMING}\nHi\n00:03.000 --> 00:04.000\nHo\n"
    assert cues_of(source) == [("first", 1000, 2000, "", "Hi"), ("", 3000, 4000, "", "Ho")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("WEBVTT", []),
        ("WEBVTT\n\n\n", []),
        (f"WEBVTT\n\n \n{TIMING}\nHi", [(" ", "Hi")]),
        (f"WEBVTT\n\na -- > b\n{TIMING}\nHi\n \nHo\n\nlost", [("a -- > b", "Hi\n \nHo")]),
        (f"WEBVTT\n\nSTYLE\n{TIMING}\nHi", [("STYLE", "Hi")]),
        (f"WEBVTT\n\na\nb\n{TIMING}\nHi", [("", "Hi")]),
        (f"WEBVTT\n\n{TIMING}", [("", "")]),
        (f"WEBVTT\n\n{TIMING}\n{TIMING}\nHi", [("", ""), ("", "Hi")]),
        (f"WEBVTT\n\n{TIMING}\nWEBVTT\n\nWEBVTT", [("", "WEBVTT")]),
        ("WEBVTT\n\n00:01.000 --> 00:02.000align:start\nHi", [("", "Hi")]),
        ("WEBVTT\n\n100:00:00.000 --> 100:00:01.000\nHi", [("", "Hi")]),
    ],
)
def test_blocks_are_divided_as_the_specification_says(source: str, expected: list[tuple[str, str]]) -> None:
    assert [(cue.id, cue.text) for cue in parse(source).document.cues] == expected


def test_note_style_and_region_are_told_from_cues_as_the_specification_does() -> None:
    source = (
        "WEBVTT\n\nNOTE one line\n\nNOTE\nof\nthree\n\nSTYLE\n::cue { color: red }\n\nREGION \nid:top lines:3\n\n"
        f"NOTE\n{TIMING}\nnot a note: its second line has an arrow\n\nSTYLE\nlate\n\nREGION\nid:late\n\nNOTEless\n"
    )
    parsed = parse(source)
    assert parsed.document.blocks == (
        Note("one line"),
        Note("of\nthree"),
        Style("::cue { color: red }"),
        Region("id:top lines:3"),
        Cue("NOTE", 1000, 2000, "not a note: its second line has an arrow"),
    )
    assert [(problem.line, problem.kind) for problem in parsed.problems] == [
        (19, "dropped"),
        (22, "dropped"),
        (25, "dropped"),
    ]


def test_a_style_after_a_broken_cue_is_still_before_the_first() -> None:
    parsed = parse("WEBVTT\n\n00:01,000 --> 00:02,000\nbroken\n\nSTYLE\n::cue{}\n")
    assert parsed.document.blocks == (Style("::cue{}"),)


def test_nul_and_bad_bytes_become_the_replacement_character() -> None:
    assert cues_of(f"WEBVTT\n\n{TIMING}\na\0b\n")[0][4] == "a\ufffdb"
    parsed = parse(b"WEBVTT\n\n00:01.000 --> 00:02.000\ncaf\xe9\n")
    assert parsed.document.cues[0].text == "caf\ufffd"
    assert [(problem.line, problem.kind) for problem in parsed.problems] == [(4, "repaired")]
    with pytest.raises(TextRefused, match="UTF-16"):
        parse("WEBVTT\n".encode("utf-16"))


def test_lines_under_the_header_survive_as_a_note() -> None:
    document = parse(f"WEBVTT\nKind: captions\nLanguage: en\n\n{TIMING}\nHi\n").document
    assert document.notes == (Note("Kind: captions\nLanguage: en"),)
    assert parse(write(document)).document == document


@pytest.mark.parametrize(
    ("written", "kept", "kind"),
    [
        ("line:-1 position:10%,line-left align:start", "line:-1 position:10%,line-left align:start", None),
        (
            "line:90.5%,end  size:35%\tvertical:rl region:top",
            "line:90.5%,end size:35% vertical:rl region:top",
            None,
        ),
        ("align:middle position:50%,middle", "align:center position:50%,center", "normalised"),
        ("align:top", "", "repaired"),
        ("size:101% line:0", "line:0", "repaired"),
        ("line:1.5", "", "repaired"),
        ("D:vertical junk", "", "repaired"),
        ("line:0 line:1", "line:1", "repaired"),
    ],
)
def test_settings(written: str, kept: str, kind: str | None) -> None:
    parsed = parse(f"WEBVTT\n\n{TIMING} {written}\nHi\n")
    assert parsed.document.cues[0].settings == kept
    assert {problem.kind for problem in parsed.problems} == ({kind} if kind else set())


@pytest.mark.parametrize(
    ("written", "kept", "plain", "kind"),
    [
        ("<v Ann>Hi", "<v Ann>Hi", "Hi", None),
        ("<v.loud.x Ann Lee>Hi</v> there", "<v.loud.x Ann Lee>Hi</v> there", "Hi there", None),
        ("<i>a</i><b.x>b</b><u>c</u><c.d>e</c><lang en-GB>f</lang>", None, "abcef", None),
        ("<ruby>a<rt>b</rt>c<rt>d</ruby>", None, "ac", None),
        ("one <00:01.500>two <00:00:01.700>three", None, "one two three", None),
        ("R&B", "R&amp;B", "R&B", "normalised"),
        ("&amp;&lt;&gt;&nbsp;&lrm;&rlm;&eacute;&#65;&#x42;", None, "&<>\u00a0\u200e\u200féAB", None),
        ("&copy 1 &#65 &nosuch;", "© 1 &#65; &amp;nosuch;", "© 1 A &nosuch;", "normalised"),
        ("a < b and 3 <4", "a &lt; b and 3 &lt;4", "a < b and 3 <4", "repaired"),
        ("I <3 you > me", "I &lt;3 you &gt; me", "I <3 you > me", "repaired"),
        ("<00:01.500 >late", "&lt;00:01.500 &gt;late", "<00:01.500 >late", "repaired"),
        ("<v A>one\n<v B>two", "<v A>one</v>\n<v B>two</v>", "one\ntwo", "normalised"),
        ("<font color=red>red</font>", "red", "red", "repaired"),
        ("<I>caps</I>", "caps", "caps", "repaired"),
        ("<v>nobody</v>", "nobody", "nobody", "repaired"),
        ("<b><i>x</b></i>", "<b><i>x</i></b>", "x", "repaired"),
        ("<i>open", "<i>open</i>", "open", "repaired"),
        ("close</i>", "close", "close", "repaired"),
        ("a <i", "a &lt;i", "a <i", "repaired"),
        ("<rt>x</rt>", "x", "x", "repaired"),
        ("a<00:00.500>b<00:01.500>c<00:01.400>d", "ab<00:01.500>cd", "abcd", "repaired"),
        ("a<00:61.000>b", "ab", "ab", "repaired"),
        ("a\n<font>\nb", "a\nb", "a\nb", "repaired"),
        ("--<font>> x", "--&gt; x", "--> x", "repaired"),
        ("&#" + "1" * 5000 + ";", "\ufffd", "\ufffd", "normalised"),
    ],
)
def test_cue_text(written: str, kept: str | None, plain: str, kind: str | None) -> None:
    parsed = parse(f"WEBVTT\n\n{TIMING}\n{written}\n")
    cue = parsed.document.cues[0]
    assert cue.text == (written if kept is None else kept)
    assert cue.plain == plain
    assert {problem.kind for problem in parsed.problems} == ({kind} if kind else set())
    assert parse(write(parsed.document)).document == parsed.document
    if kind == "repaired":
        with pytest.raises(TextRefused):
            parse_strict(f"WEBVTT\n\n{TIMING}\n{written}\n")


def test_strict_names_every_line() -> None:
    source = "WEBVTT\n\na\n00:01.000 --> 00:02.000\nHi\n\nstray\n\na\n00:03.000 --> 00:03.000\n<x>Ho</x>\n\n00:9.000 --> 00:10.000\n"
    with pytest.raises(TextRefused) as refused:
        parse_strict(source)
    assert [error.field for error in refused.value.errors] == [
        "line 7",
        "line 9",
        "line 10",
        "line 11",
        "line 11",
        "line 13",
    ]
    assert "5 more" in refused.value.message


def test_a_save_keeps_what_was_written_and_puts_cues_in_time_order() -> None:
    source = (
        "WEBVTT The title\n\nNOTE kept\n\nSTYLE\n::cue { color: lime }\n\nREGION\nid:r lines:2\n\n"
        "NOTE of the later cue\n\nlater\n00:00:05.000 --> 00:00:06.000 line:0 region:r\n<v Ann>Hi</v>\n\n"
        "first\n00:00:01.000 --> 00:00:02.000\n- Who?\n- Me.\n\nNOTE the end\n"
    )
    document = parse_strict(source)
    assert [cue.id for cue in document.cues] == ["first", "later"]
    later = [block for block in document.blocks if isinstance(block, Cue | Note)]
    assert later[2:4] == [Note("of the later cue"), document.cues[1]]
    assert document.blocks[-1] == Note("the end")
    assert parse_strict(write(document)) == document
    assert document.cues[1].line == 13


def test_write_refuses_what_is_not_webvtt() -> None:
    for bad in (
        Cue("a", 1000, 1000, "x"),
        Cue("a", -1, 1000, "x"),
        Cue("a\nb", 0, 1000, "x"),
        Cue("a --> b", 0, 1000, "x"),
        Cue("a", 0, 1000, "x\n\ny"),
        Cue("a", 0, 1000, "x --> y"),
        Cue("a", 0, 1000, "R&B"),
        Cue("a", 0, 1000, "<i>x"),
        Cue("a", 0, 1000, "x", "line:top"),
        Cue("a", 0, 1000 * 3_600_000, "x"),
        Cue("a", 0, 1000, "x" * 50_001),
        Note("a --> b"),
        Style(""),
    ):
        assert len(violations(Document.of([bad]))) == 1, bad
        with pytest.raises(TextRefused):
            write(Document.of([bad]))
    with pytest.raises(TextRefused, match="used twice"):
        write(Document.of([Cue("a", 0, 1, "x"), Cue("a", 2, 3, "x")]))


def test_note_of_any_text_can_be_written() -> None:
    document = Document.of([Note.of("a --> b\n\n\n c\r\nd"), Note.of("")])
    assert document.notes[0].text == "a → b\n c\nd"
    assert parse(write(document)).document == document


def test_ids_are_added_without_changing_those_that_are_there() -> None:
    cues = [Cue("", 0, 1, "x"), Cue("mine", 0, 1, "x"), Cue("", 0, 1, "x"), Cue("", 2, 3, "y")]
    once = Document.of(cues).with_ids()
    ids = [cue.id for cue in once.cues]
    assert ids[1] == "mine"
    assert len(set(ids)) == 4
    assert all(ids)
    assert once.with_ids() == once
    assert Document.of(cues[3:]).with_ids().cues[0].id == ids[3]
    assert Document.of(cues[3:]).with_ids(taken={ids[3]}).cues[0].id != ids[3]
    many = Document.of([Cue("", 0, 1, "x")] * 20_000).with_ids()
    assert len({cue.id for cue in many.cues}) == 20_000


def test_limits() -> None:
    with pytest.raises(TextRefused, match="larger than 5 MiB"):
        parse("WEBVTT\n\n" + "x" * MAX_BYTES)
    with pytest.raises(TextRefused, match="larger than 5 MiB"):
        parse("WEBVTT\n\n" + "é" * (MAX_BYTES // 2))
    with pytest.raises(TextRefused, match="more than 20,000 cues"):
        parse("WEBVTT\n\n" + f"{TIMING}\nx\n\n" * (MAX_CUES + 1))
    with pytest.raises(TextRefused, match="more than 40,000 cues and notes"):
        parse("WEBVTT\n\n" + "NOTE x\n\n" * (2 * MAX_CUES + 1))
