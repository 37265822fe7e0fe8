"""Whatever is written is read back; whatever is read is kept or told."""

from __future__ import annotations

import contextlib
import re
from collections import Counter

import webvtt
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.errors import TextRefused
from schema.vtt import Cue, Document, Note, Region, Style, parse, parse_strict, violations, write

TIMING = "00:01.000 --> 00:02.000"

SAFE = st.text(st.characters(exclude_characters="\r\n\0", exclude_categories=["Cs"]), max_size=20)
LINE = SAFE.filter(lambda line: line and "-->" not in line)
ESCAPED = LINE.map(lambda line: line.replace("&", "&amp;").replace("<", "&lt;"))
TEXT = st.lists(
    st.one_of(ESCAPED, ESCAPED.map(lambda t: f"<i>{t}</i>"), ESCAPED.map(lambda t: f"<v Ann>{t}</v>")),
    max_size=3,
).map("\n".join)
SETTINGS = st.sampled_from(["", "line:0", "align:start size:50%", "position:10%,line-left region:r"])


@st.composite
def documents(draw: st.DrawFn) -> Document:
    start = 0
    blocks: list[Cue | Note] = []
    for number in range(draw(st.integers(0, 6))):
        if draw(st.booleans()):
            blocks.append(Note(draw(st.lists(LINE, max_size=3).map("\n".join))))
        start += draw(st.integers(0, 10_000_000))
        name = draw(st.one_of(st.just(""), LINE.map(lambda text, n=number: f"{n}{text}")))
        blocks.append(Cue(name, start, start + draw(st.integers(1, 10_000)), draw(TEXT), draw(SETTINGS)))
    front = draw(st.lists(st.one_of(LINE.map(Style), LINE.map(Region)), max_size=2))
    return Document(draw(SAFE.filter(lambda text: "-->" not in text)), (*front, *blocks))


@given(documents())
@settings(max_examples=150)
def test_what_is_written_is_read_back(document: Document) -> None:
    assert violations(document) == []
    text = write(document)
    again = parse(text)
    assert again.document == document
    assert again.problems == ()
    assert parse_strict(text.encode()) == document


PIECES = st.sampled_from(
    [
        "WEBVTT",
        "\n",
        "\r",
        "\n\n",
        "\0",
        "NOTE",
        "STYLE",
        "REGION",
        "-->",
        TIMING,
        "<",
        ">",
        "<i>",
        "</i>",
        "<v A>",
        "</v>",
        "<ruby>",
        "<rt>",
        "</ruby>",
        "<00:01.500>",
        "&",
        "&amp",
        ";",
        "&#10;",
        "&#",
        "line:0",
        " ",
        "--",
        "x",
        "\ud800",
        "é",
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join), st.booleans())
@settings(max_examples=400)
def test_any_input_is_read_refused_or_told(noise: str, header: bool) -> None:
    source = f"WEBVTT\n\n{noise}" if header else noise
    try:
        parsed = parse(source)
    except TextRefused:
        return
    lines = source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    told = {problem.line for problem in parsed.problems} | {block.line for block in parsed.document.blocks}
    assert all(1 <= (line or 0) <= len(lines) for line in told)
    errors = violations(parsed.document)
    invalid = [problem for problem in parsed.problems if problem.kind == "invalid"]
    assert bool(errors) == bool(invalid)
    if not errors:
        assert parse(write(parsed.document)).document == parsed.document.in_order()


MARKED = st.sampled_from(
    [
        "{0}",
        "NOTE {0}",
        "NOTE\n{0}\n{1}",
        "STYLE\n{0}",
        "STYLE {0}",
        "REGION\nid:{0}",
        "STYLE",
        f"{TIMING}\n{{0}}",
        f"{{0}}\n{TIMING}\n{{1}}\n{{2}}",
        f"{{0}}\n{{1}}\n{TIMING}\n{{2}}",
        f"{TIMING}\n{{0}}\n{TIMING}\n{{1}}",
        f"{{0}}\n{TIMING} region:{{1}}\n<font>{{2}}</font> <v {{3}}>",
        "00:01.000 --> 00:00.000\n{0}",
        "00:01,000 --> 00:02,000\n{0}",
        "{0}\n00:01.000 -->\n{1}",
        "{0} --> {1}",
    ]
)


@given(st.lists(MARKED, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
@settings(max_examples=200)
def test_every_block_is_in_the_document_or_told(blocks: list[str], end: str) -> None:
    """Each line has a mark of its own: it is read, or it stands in or below a line that is told as dropped."""
    written = [block.format(*(f"m{n}x{i}y" for i in range(4))) for n, block in enumerate(blocks)]
    text = "WEBVTT\n\n" + "\n\n".join(written) + "\n"
    parsed = parse(text.replace("\n", end))
    read = "\n".join(
        " ".join([block.id, block.settings, block.text]) if isinstance(block, Cue) else block.text
        for block in parsed.document.blocks
    )
    lines = text.split("\n")
    dropped: set[str] = set()
    for problem in parsed.problems:
        if problem.kind == "dropped":
            first, last = problem.line - 1, problem.line - 1
            while first and lines[first - 1]:
                first -= 1
            while lines[last]:
                last += 1
            dropped.update(re.findall(r"m\d+x\d+y", "\n".join(lines[first:last])))
    for mark in re.findall(r"m\d+x\d+y", text):
        assert mark in read or mark in dropped, mark
    kinds = Counter(type(block).__name__ for block in parsed.document.blocks)
    assert kinds["Cue"] == sum(
        block.count(TIMING) + block.startswith("00:01.000 --> 00:00.000") for block in written
    )


@given(st.binary(max_size=200))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(noise: bytes) -> None:
    parse(b"WEBVTT\n\n" + noise)
    with contextlib.suppress(TextRefused):
        parse(noise)


@given(documents())
@settings(max_examples=60)
def test_webvtt_py_reads_the_same_cues(document: Document) -> None:
    rival = webvtt.from_string(write(document))
    theirs = [
        (c.identifier or "", c.start_time.in_milliseconds(), c.end_time.in_milliseconds(), c.raw_text)
        for c in rival
    ]
    assert theirs == [(c.id, c.start_ms, c.end_ms, c.text) for c in document.cues]
