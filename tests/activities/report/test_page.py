"""The page: what people wrote stays text, it asks for nothing but the video, and a screen reader finds its way."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import unquote

import pytest

from activities.report.build import build_report
from activities.report.html import Html, html, script_json
from activities.report.page import render_page
from activities.report.words import clock, count, decibels, seconds, tally
from schema.contracts.report import QualityReport
from schema.plan.model import Fit
from tests.activities.report.case import CAPTIONS, SCRIPT, TITLE, VIDEO, Case

Attributes = dict[str, str]


@dataclass
class Element:
    tag: str
    attributes: Attributes
    text: str = ""
    inside: list[str] = field(default_factory=list)


class Reader(HTMLParser):
    """Every element with its text and the elements that it stands in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[Element] = []
        self._open: list[Element] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(
            tag, {name: value or "" for name, value in attrs}, inside=[e.tag for e in self._open]
        )
        self.found.append(element)
        if tag not in ("meta", "input", "source", "rect", "path"):
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("rect", "path"):
            assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
            self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def all(self, tag: str, **attributes: str) -> list[Element]:
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.found
            if element.tag == tag and wanted.items() <= element.attributes.items()
        ]


@pytest.fixture(scope="module")
def report(case: Case) -> QualityReport:
    return build_report(case.reported())


@pytest.fixture(scope="module")
def page(report: QualityReport) -> str:
    return render_page(report, CAPTIONS.cues)


@pytest.fixture(scope="module")
def read(page: str) -> Reader:
    return Reader(page)


def test_what_people_wrote_stays_text(page: str, read: Reader) -> None:
    assert [element.attributes.get("type") for element in read.all("script")] == ["application/json", None]
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert TITLE in read.all("h1")[0].text
    assert TITLE in read.all("title")[0].text
    said = [element.text for element in read.all("span", class_="said")]
    assert said == [" ".join(cue.plain.split()) for cue in SCRIPT.cues]
    data = json.loads(read.all("script", type="application/json")[0].text)
    assert [text for *_, text in data["cues"]] == said


def test_it_asks_for_nothing_but_the_video(page: str, read: Reader) -> None:
    names = [unquote(source.attributes["src"]) for source in read.all("source")]
    assert names == [VIDEO, "en.accessible_video.mp4"]
    assert not [e for e in read.found if e.tag in ("link", "img", "iframe", "object", "embed")]
    links = [e.attributes["href"] for e in read.found if "href" in e.attributes]
    assert all(link.startswith("#") for link in links)
    assert "url(" not in page and "@import" not in page and "fetch(" not in page
    policy = read.all("meta", http_equiv="Content-Security-Policy")[0].attributes["content"]
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert len(page) < 120_000


def test_names_and_places_for_a_screen_reader(read: Reader) -> None:
    ids = [element.attributes["id"] for element in read.found if "id" in element.attributes]
    assert len(ids) == len(set(ids))
    for name in ("aria-labelledby", "aria-describedby"):
        for element in read.found:
            assert set(element.attributes.get(name, "").split()) <= set(ids)
    for link in read.all("a"):
        assert link.attributes["href"].removeprefix("#") in ids
    assert read.all("html")[0].attributes["lang"] == "en"
    assert [len(read.all(tag)) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert read.all("a")[0].attributes["class"] == "skip"
    assert read.all("p", role="status")
    for button in read.all("button"):
        assert button.text.strip() or button.attributes["aria-label"]
    for box in read.all("input"):
        assert "label" in box.inside
    for section in read.all("section"):
        assert section.attributes["aria-labelledby"]


def test_headings_leave_no_level_out(read: Reader) -> None:
    level = 0
    for element in read.found:
        if element.tag in ("h1", "h2", "h3", "h4"):
            assert int(element.tag[1]) <= level + 1, element.text
            level = int(element.tag[1])


def test_tables_have_captions_and_scopes(read: Reader) -> None:
    assert len(read.all("table")) == len(read.all("caption")) >= 3
    assert all(head.text.strip() for head in read.all("th"))
    assert {head.attributes.get("scope") for head in read.all("th")} == {"col", "row"}


def test_the_timeline_says_in_words_what_it_shows(report: QualityReport, read: Reader) -> None:
    words = read.all("p", id="time-text")[0].text
    assert "speech fills 5.1 s in 3 stretches" in words
    assert f"3 descriptions take {seconds(sum(c.end_ms - c.start_ms for c in report.cues))}" in words
    clips = [button for button in read.all("button") if "clip" in button.attributes.get("class", "").split()]
    assert [clip.attributes["data-cue"] for clip in clips] == ["1", "2", "3"]
    assert (
        clips[0].attributes["aria-label"].startswith(f"Description 1 at {clock(report.cues[0].start_ms)}, ")
    )
    assert clips[0].attributes["aria-label"].endswith("An iron gate & ivy.")


def test_a_report_of_nothing_is_a_page_too(case: Case) -> None:
    plan = case.plan.model_copy(update={"placements": (), "pauses": (), "added": 0, "findings": ()})
    media = case.media.model_copy(update={"audio": (), "loudness": None})
    facts = case.done.facts.model_copy(update={"peaks": (), "clips": (), "encoded": (), "ducks": ()})
    report = build_report(case.reported(plan=plan, media=media, facts=facts, captions=None, provenance=()))
    text = Reader(render_page(report)).all("main")[0].text
    assert "The script has no descriptions." in text
    assert "The picture is never held" in text
    assert "no sound" in text


def test_sound_is_called_the_programmes_own_only_where_it_is(case: Case) -> None:
    def said(**changes: object) -> str:
        facts = case.done.facts.model_copy(update={"packets": 10, "packets_encoded": 4, **changes})
        mute = {"audio": (), "loudness": None}
        media = case.media.model_copy(update=mute if "peaks" in changes else {})
        return Reader(render_page(build_report(case.reported(facts=facts, media=media)))).all("body")[0].text

    assert "6 of 10 packets are the programme's own" in said()
    encoded = said(sound="encoded")
    assert "6 of 10 packets are of a track that was made into AAC first" in encoded
    assert (
        "40% of the sound was encoded again, after a track that could not be spliced was made into" in encoded
    )
    mute = said(peaks=())
    assert "6 of 10 packets are silence" in mute
    assert "40% of the sound was encoded, and the rest is silence" in mute


def test_text_is_read_on_every_ground_in_light_and_in_dark(page: str) -> None:
    """WCAG 2.2, 1.4.3: 4.5 to 1 for text; 1.4.11: 3 to 1 for what a graphic must show."""
    light, dark = re.findall(r":root \{([^}]*--paper[^}]*--cursor[^}]*)\}", page)
    for colours in (dict(_COLOUR.findall(light)), dict(_COLOUR.findall(dark))):
        for ground in ("paper", "card"):
            for ink in ("ink", "soft", "accent", "good", "warn", "bad", "hold"):
                assert _contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
            for shape in ("speech", "gap", "hold", "edge", "cursor"):
                assert _contrast(colours[shape], colours[ground]) >= 3, (shape, ground)
        current = [_mixed(colours["clip"], colours["card"], int(share)) for share in _CURRENT.findall(page)]
        assert len(current) == 2
        for ground in current:
            for ink in ("ink", "soft", "accent", "bad", "hold"):
                assert _contrast(colours[ink], ground) >= 4.5, (ink, ground)
        assert _contrast(colours["on-clip"], colours["clip"]) >= 4.5
        assert _contrast(colours["on-accent"], colours["accent"]) >= 4.5


_COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{6}|#[0-9a-f]{3});")


_CURRENT = re.compile(r"current \{ background: color-mix\(in srgb, var\(--clip\) (\d+)%, transparent\)")


def _mixed(one: str, other: str, share: int) -> str:
    """`share` hundredths of one colour laid over another."""
    pairs = zip(_digits(one), _digits(other), strict=True)
    return "#" + "".join(f"{round((a * share + b * (100 - share)) / 100):02x}" for a, b in pairs)


def _contrast(one: str, other: str) -> float:
    bright, faint = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (faint + 0.05)


def _luminance(colour: str) -> float:
    shares = [value / 255 for value in _digits(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _digits(colour: str) -> list[int]:
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    return [int(digits[at : at + 2], 16) for at in (0, 2, 4)]


def test_escaping_is_by_construction() -> None:
    assert html("<b>{text}</b>", text='"<&>') == "<b>&quot;&lt;&amp;&gt;</b>"
    assert html("{part}", part=Html("<i>")) == "<i>"
    assert json.loads(script_json(["</script>", "<!--", "\u2028"])) == ["</script>", "<!--", "\u2028"]
    assert not set("<>&\u2028") & set(script_json(["</script>", "<!--", "\u2028", "&"]))


def test_numbers_as_people_read_them() -> None:
    assert [clock(ms) for ms in (0, 999, 64_350, 3_724_300)] == ["0:00.0", "0:00.9", "1:04.3", "1:02:04.3"]
    assert [seconds(ms) for ms in (2440, 64_000, 3_724_300)] == ["2.4 s", "1 min 04 s", "1 h 02 min"]
    assert [seconds(ms) for ms in (59_949, 59_950, 3_599_500)] == ["59.9 s", "1 min 00 s", "1 h 00 min"]
    assert [decibels(value) for value in (-0.04, 0.04, 0.05, -1.25)] == [
        "0.0 dB",
        "0.0 dB",
        "+0.1 dB",
        "−1.2 dB",
    ]
    assert [count(n, "pause") for n in (0, 1, 3)] == ["no pauses", "1 pause", "3 pauses"]
    placed = [(Fit.HELD, True), (Fit.AS_IS, True), (Fit.AS_IS, False), (Fit.DOES_NOT_FIT, False)]
    assert tally(placed) == "1 fits as it is, 1 on hold, 1 does not fit, 1 says nothing"
