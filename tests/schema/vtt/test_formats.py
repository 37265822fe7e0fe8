"""SRT, IMSC and DAPT: round trips, and what is refused."""

from __future__ import annotations

import contextlib
import xml.etree.ElementTree as ET

import pytest
import ttconv.imsc.reader as imsc_reader
from hypothesis import given, settings
from hypothesis import strategies as st
from ttconv.model import Text

from schema.errors import TextRefused
from schema.vtt import Cue, Document, Note, Parsed, Style, parse, violations, write
from schema.vtt.formats import read_any, read_dapt, write_dapt, write_ttml
from schema.vtt.formats.xmlio import from_ncname, to_ncname
from schema.vtt.markup import TAG
from schema.vtt.parse import accept

NS = {"tt": "http://www.w3.org/ns/ttml", "ttm": "http://www.w3.org/ns/ttml#metadata"}
TTS = "{http://www.w3.org/ns/ttml#styling}"
XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
DAPTM = "{http://www.w3.org/ns/ttml/profile/dapt#metadata}"


def told(parsed: Parsed) -> list[tuple[int, str]]:
    return [(problem.line, problem.kind) for problem in parsed.problems]


def test_imsc_holds_text_speakers_styles_and_places() -> None:
    document = Document.of(
        [
            Style("::cue{}"),
            Cue("1", 1000, 2000, "<v Ann>Hi <i>there</i>,\nR&amp;B", "align:start"),
            Cue("x", 3000, 4000, "<v Ann>One</v>\n<v Tom><c.yellow.bg_blue>Two</c></v>", "line:0"),
            Cue("y", 5000, 6000, "<ruby>字<rt>じ</rt></ruby><lang fr>mot</lang>\x01", "vertical:rl"),
        ]
    )
    text = write_ttml(document, "en", "A title").text
    root = ET.fromstring(text)
    assert (
        root.get("{http://www.w3.org/ns/ttml#parameter}contentProfiles")
        == "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
    )
    assert [name.text for name in root.iterfind(".//ttm:agent/ttm:name", NS)] == ["Ann", "Tom"]
    assert root.findtext(".//ttm:title", namespaces=NS) == "A title"
    regions = {region.get(XML_ID): region for region in root.iterfind(".//tt:region", NS)}
    assert set(regions) == {"region-bottom", "region-top", "region-right"}
    assert all(region.get(f"{TTS}extent") and region.get(f"{TTS}origin") for region in regions.values())
    first, second, third = root.iterfind(".//tt:p", NS)
    assert (first.get(XML_ID), first.get("begin"), first.get("end")) == (
        "cue-1",
        "00:00:01.000",
        "00:00:02.000",
    )
    assert first.get(f"{TTS}textAlign") == "start"
    assert "".join(first.itertext()) == "Hi there,R&B"
    assert len(first.findall(".//tt:br", NS)) == 1
    assert [p.get("region") for p in (first, second, third)] == [
        "region-bottom",
        "region-top",
        "region-right",
    ]
    assert [
        span.get("{http://www.w3.org/ns/ttml#metadata}agent") for span in second.findall("tt:span", NS)
    ] == ["agent-1", None, "agent-2"]
    assert second.find(f".//tt:span[@{TTS}color='yellow']", NS) is not None
    assert "".join(third.itertext()) == "字じmot\ufffd"
    assert [s.get(f"{TTS}ruby") for s in third.iterfind("tt:span", NS)] == ["container", None, None]
    assert [s.get(f"{TTS}ruby") for s in third.iterfind("tt:span/tt:span", NS)] == ["base", "text"]


SCRIPT = Document.of(
    [
        Note("for the writer"),
        Cue("ad-1", 1000, 2500, "A woman climbs into a small sailing boat."),
        Cue("12", 3000, 4000, "A sign: R&amp;B &lt;tonight&gt;.\nShe <i>smiles</i>."),
        Note("the end"),
    ]
)


def test_arabic_runs_from_the_right() -> None:
    root = ET.fromstring(write_ttml(Document.of([Cue("a", 0, 1000, "مرحبا")]), "ar-EG").text)
    assert [p.get(f"{TTS}direction") for p in root.iterfind(".//tt:p", NS)] == ["rtl"]


def test_a_description_goes_out_and_comes_back_as_dapt() -> None:
    text = write_dapt(SCRIPT, "en", title="Boat").text
    root = ET.fromstring(text)
    assert root.get(f"{DAPTM}scriptRepresents") == "visual.nonText visual.text"
    assert root.get(f"{DAPTM}scriptType") == "preRecording"
    assert root.get(f"{DAPTM}langSrc") == "zxx"
    assert [event.get(XML_ID) for event in root.iterfind(".//tt:div", NS)] == ["ad-1", "cue-12"]
    assert {event.get(f"{DAPTM}represents") for event in root.iterfind(".//tt:div", NS)} == {"visual.nonText"}
    back = read_any(text.encode())
    assert back.problems == ()
    assert back.document.cues == SCRIPT.cues
    assert set(back.document.notes) == set(SCRIPT.notes)
    translated = ET.fromstring(write_dapt(SCRIPT, "es", translated_from="en").text)
    assert translated.get(f"{DAPTM}langSrc") == "en"


def test_captions_as_dapt_say_who_speaks_and_what_sounds() -> None:
    document = Document.of(
        [
            Cue("a", 0, 1000, "<v Ann>Hi."),
            Cue("b", 2000, 3000, "[door slams]"),
            Cue("c", 4000, 5000, "<v Ann>You.</v>\n<v Tom>Me.</v>"),
        ]
    )
    text = write_dapt(document, "en", kind="captions").text
    root = ET.fromstring(text)
    assert root.get(f"{DAPTM}scriptType") == "originalTranscript"
    represents = [event.get(f"{DAPTM}represents") for event in root.iterfind(".//tt:div", NS)]
    assert represents == ["audio.dialogue", "audio.nonDialogueSounds", "audio.dialogue"]
    assert read_dapt(text).document == document


HEAD = (
    '<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xml:lang="en" '
    'ttp:contentProfiles="http://www.w3.org/ns/ttml/profile/dapt1.0/content" ttp:frameRate="30" '
    'ttp:frameRateMultiplier="1000 1001" ttp:tickRate="90000">\n'
)


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ('begin="10s" end="13s"', (10_000, 13_000)),
        ('begin="00:00:10.5" dur="1.25s"', (10_500, 11_750)),
        ('begin="300f" end="330f"', (10_010, 11_011)),
        ('begin="90000t" end="180000t"', (1000, 2000)),
        ('begin="1500ms" end="0.05m"', (1500, 3000)),
        ('end="0.001h"', (0, 3600)),
        ('begin="1s" end="9s" dur="2s"', (1000, 3000)),
    ],
)
def test_dapt_times(times: str, expected: tuple[int, int]) -> None:
    (cue,) = read_dapt(f'{HEAD}<body><div xml:id="a" {times}><p>x</p></div></body></tt>').document.cues
    assert (cue.start_ms, cue.end_ms) == expected


def test_dapt_events_are_told_from_other_divisions() -> None:
    source = (
        f'{HEAD}<body begin="10s">\n<div begin="5s"><div xml:id="a" begin="1s" end="3s">\n'
        '<p xml:lang="fr">Une  femme\n monte.</p><p xml:lang="en-GB">A <span>woman</span><br/>climbs.</p></div></div>\n'
        '<div begin="1s" end="2s"><p>no id</p></div>\n<div xml:id="b" begin="1s" end="2s"/>\n'
        '<div xml:id="c" begin="00:00:01:12" end="2s"><p>frames</p></div>\n<div xml:id="d" begin="1s"><p>endless</p></div>\n'
        '<div xml:id="e" begin="2s" end="2s"><p>zero</p></div>\n</body></tt>'
    )
    parsed = read_dapt(source, "en")
    assert parsed.document.cues == (
        Cue("e", 12_000, 12_000, "zero"),
        Cue("a", 16_000, 18_000, "A woman\nclimbs."),
    )
    assert told(parsed) == [(6, "dropped"), (7, "dropped"), (8, "dropped"), (9, "dropped"), (10, "invalid")]
    assert read_dapt(source).document.by_id()["a"].text == "Une femme monte."


@pytest.mark.parametrize(
    "source",
    [
        "<tt/>",
        "<tt",
        "not xml",
        '<!DOCTYPE tt [<!ENTITY a "b">]><tt/>',
        f'<!DOCTYPE tt SYSTEM "file:///etc/passwd">{HEAD}<body/></tt>',
        f"{HEAD}<body><p>&undefined;</p></body></tt>",
        HEAD + "<div>" * 100 + "</div>" * 100 + "</tt>",
        HEAD + "<div/>" * 200_001 + "</tt>",
        '<?xml version="1.0" encoding="nonsense"?><tt/>',
    ],
)
def test_what_is_not_dapt_is_refused_with_a_line(source: str) -> None:
    for form in (source, source.encode()):
        with pytest.raises(TextRefused) as refused:
            read_dapt(form)
        assert refused.value.errors[0].field.startswith("line ")


def test_ids_never_meet_those_of_speakers() -> None:
    assert to_ncname("agent-1") == "cue-agent-1"
    assert (to_ncname("a.1"), from_ncname("a.1")) == ("a.1", "a.1")


@given(st.text(min_size=1, max_size=20))
def test_every_id_has_one_xml_name(name: str) -> None:
    encoded = to_ncname(name)
    ET.fromstring(f"<x {encoded}='1'/>")
    assert (from_ncname(encoded) == name) == (not any(sign in name for sign in ("\n", "\r", "\0", "-->")))
    assert to_ncname(encoded) != encoded or encoded == name or not encoded.startswith("cue-")


EVENT = '<div xml:id="{id}" begin="1s" end="2s"{more}><p>{text}</p></div>\n'
AGENTS = (
    '<head><metadata xmlns:ttm="http://www.w3.org/ns/ttml#metadata"><ttm:agent xml:id="a"><ttm:name>Ann</ttm:name>'
    '</ttm:agent><ttm:agent xml:id="b"><ttm:name>Tom</ttm:name></ttm:agent></metadata></head>'
)
SPEAKS = ' xmlns:ttm="http://www.w3.org/ns/ttml#metadata" ttm:agent="{}"'


@pytest.mark.parametrize(
    ("events", "kinds", "ids"),
    [
        (EVENT.format(id="x", more="", text="a") * 2, ["invalid"], ["x", "x"]),
        (EVENT.format(id="x", more="", text="y" * 50_001), ["dropped"], []),
        (
            EVENT.format(
                id="x", more=SPEAKS.format("a"), text=f"Hi <span{SPEAKS.format('b')}>you</span> there"
            ),
            ["normalised"],
            ["x"],
        ),
        *(
            (EVENT.format(id=name, more="", text="a"), [], [name])
            for name in ("cue-_d800_", "cue-_0_", "cue-_d_", "cue---_3e_")
        ),
    ],
)
def test_what_is_read_from_dapt_without_a_word_can_be_written(
    events: str, kinds: list[str], ids: list[str]
) -> None:
    parsed = read_dapt(f"{HEAD}{AGENTS}<body>{events}</body></tt>")
    assert [problem.kind for problem in parsed.problems] == kinds
    assert [cue.id for cue in parsed.document.cues] == ids
    if "invalid" not in kinds:
        assert parse(write(parsed.document).encode()).document == parsed.document


PLAIN = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xa0"),
    min_size=1,
    max_size=12,
)
SCRIPTS = st.lists(
    st.tuples(st.integers(0, 10_000), st.integers(1, 5000), st.lists(PLAIN, min_size=1, max_size=4)),
    max_size=6,
)


@given(SCRIPTS)
@settings(max_examples=100)
def test_any_plain_script_survives_dapt(raw: list[tuple[int, int, list[str]]]) -> None:
    def escaped(text: str) -> str:
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

    cues = [
        Cue(f"{n}", start, start + length, escaped(" ".join(words)))
        for n, (start, length, words) in enumerate(sorted(raw, key=lambda row: row[0]))
    ]
    document = Document.of(cues)
    assert violations(document) == []
    assert read_dapt(write_dapt(document, "en").text).document == document
    ET.fromstring(write_ttml(document, "en").text)


def test_no_text_makes_imsc_that_is_not_xml() -> None:
    signs = "&#1;&#x1f;&#xfffe;\x01"
    cue = Cue(f"a{signs}", 0, 1000, f"<v {signs}x><lang {signs}en><c.{'x'}>{signs}</c></lang></v>")
    for text in (
        write_ttml(Document.of([cue]), "en", signs).text,
        write_dapt(Document.of([cue]), "en", title=signs).text,
    ):
        ET.fromstring(text)


@given(st.text(max_size=80), st.sampled_from(["", HEAD, "1\n00:00:01,000 --> 00:00:02,000\n", "WEBVTT\n\n"]))
@settings(max_examples=200)
def test_any_text_is_read_or_refused(noise: str, start: str) -> None:
    for source in (start + noise, (start + noise).encode(errors="replace")):
        with contextlib.suppress(TextRefused):
            assert violations(read_any(source).document) == []


RUBY = [
    "<ruby>東京<rt>とうきょう</rt></ruby>です",
    "<ruby>漢<rt>かん</rt></ruby><ruby>字<rt>じ</rt></ruby>です",
    "<i><ruby>漢<rt>かん</rt></ruby></i>",
]


@pytest.mark.parametrize(
    "text", [*RUBY, "<ruby>漢<rt>かん</rt>字<rt>じ</ruby>です", "<ruby><b>漢</b>字<rt>かん</ruby>"]
)
def test_each_pair_of_ruby_is_a_container_right_in_its_paragraph(text: str) -> None:
    document = Document.of([Cue("a", 1000, 2000, text)])
    for written in (write_ttml(document, "ja").text, write_dapt(document, "ja", kind="captions").text):
        (paragraph,) = ET.fromstring(written).iter("{http://www.w3.org/ns/ttml}p")
        containers = [span for span in paragraph if span.get(f"{TTS}ruby") == "container"]
        assert len(containers) == text.count("<rt>")
        assert all([part.get(f"{TTS}ruby") for part in span] == ["base", "text"] for span in containers)
        assert sum(span.get(f"{TTS}ruby") == "container" for span in paragraph.iter()) == len(containers)
        assert "".join(paragraph.itertext()) == TAG.sub("", text)
        model = imsc_reader.to_model(ET.ElementTree(ET.fromstring(written)))
        assert "".join(
            part.get_text() for part in model.get_body().dfs_iterator() if isinstance(part, Text)
        ) == TAG.sub("", text)


@pytest.mark.parametrize(
    "text",
    [
        *RUBY[:2],
        "<c.yellow>Hello</c>, <c.white>you</c>",
        "<c.color-008000>Hello</c>",
        "The <lang fr>mot juste</lang>",
        "<v Ann><i>Hi</i></v>\n<v Tom><c.lime>Hello</c></v>",
        "<v Ann><ruby>東京<rt>とうきょう</rt></ruby></v> <v Tom>はい</v>",
        "<lang zh><ruby>東京<rt>Dōngjīng</rt></ruby></lang>です",
    ],
)
def test_what_dapt_holds_comes_back(text: str) -> None:
    document = Document.of([Cue("a", 1000, 2000, text)])
    parsed = read_dapt(write_dapt(document, "ja", kind="captions").text)
    assert parsed.problems == ()
    assert parsed.document.cues == document.cues
    styles = [block.text for block in parsed.document.blocks if isinstance(block, Style)]
    assert styles == (["::cue(.color-008000) { color: #008000 }"] if "color-" in text else [])


def test_styles_that_dapt_refers_to_are_read() -> None:
    written = write_dapt(Document.of([Cue("a", 1000, 2000, "<b>Hello</b> <i>you</i>")]), "en").text
    referring = written.replace('tts:fontWeight="bold"', 'style="loud"').replace(
        "<head />",
        '<head><styling><style xml:id="loud" style="base" tts:color="rgb(1,2,3,255)"/>'
        '<style xml:id="base" tts:fontWeight="bold"/></styling></head>',
    )
    assert read_dapt(referring).document.cues[0].text == "<c.color-010203><b>Hello</b></c> <i>you</i>"


@pytest.mark.parametrize(
    ("inside", "left_out"),
    [
        ('<span tts:color="transparent">Hello</span>', "the colour transparent"),
        ('<span tts:color="#12" tts:fontSize="2c">Hello</span>', "tts:fontSize, the colour #12"),
        ('Hello<audio src="hello.wav"/>', "the event's recorded audio"),
    ],
)
def test_what_a_dapt_has_beside_its_text_is_told_and_the_text_taken(inside: str, left_out: str) -> None:
    written = write_dapt(Document.of([Cue("a", 1000, 2000, "Hello")]), "en").text
    parsed = read_dapt(written.replace("Hello", inside))
    assert [cue.text for cue in accept(parsed).cues] == ["Hello"]
    (told,) = parsed.left_out
    assert told.endswith(f": {left_out} was left out")


@pytest.mark.parametrize(
    ("language", "rtl"),
    [
        ("he", True),
        ("ckb", True),
        ("ug", True),
        ("pa-Arab", True),
        ("sd-Deva-IN", False),
        ("ar-Latn", False),
        ("en", False),
    ],
)
def test_imsc_goes_as_its_script_does(language: str, rtl: bool) -> None:
    text = write_ttml(Document.of([Cue("a", 0, 1000, "x")]), language).text
    assert ('tts:direction="rtl"' in text) is rtl
