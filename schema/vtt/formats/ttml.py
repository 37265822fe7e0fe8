"""IMSC 1.1 text profile (https://www.w3.org/TR/ttml-imsc1.1/): a TTML2 document for subtitles and captions."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement

from schema.vtt.colors import KNOWN, color_of
from schema.vtt.cues import Cue, Document
from schema.vtt.formats.lost import Holds, Lost, Written, lost_of, unheld
from schema.vtt.formats.xmlio import NAMESPACES, legal, to_ncname, write_xml
from schema.vtt.markup import Token, voices
from schema.vtt.runs import runs_of
from schema.vtt.text import primary
from schema.vtt.timestamps import format_timestamp

PROFILE = "http://www.w3.org/ns/ttml/profile/imsc1.1/text"
_TTML_COLOR = re.compile(r"#|(?:" + "|".join(KNOWN) + r")\Z")
"""CSS has more names than TTML."""
_INLINE = {
    "i": {"tts:fontStyle": "italic"},
    "b": {"tts:fontWeight": "bold"},
    "u": {"tts:textDecoration": "underline"},
}
_REGIONS = {
    "bottom": {"displayAlign": "after"},
    "middle": {"displayAlign": "center"},
    "top": {"displayAlign": "before"},
    "right": {"displayAlign": "before", "writingMode": "tbrl"},
    "left": {"displayAlign": "before", "writingMode": "tblr"},
}
"""All of 80 % of the picture; what differs is where text stands in it. `right` and `left` are for vertical text."""
_STYLES = {
    "style-caption": {
        "color": "white",
        "fontFamily": "proportionalSansSerif",
        "fontSize": "100%",
        "lineHeight": "125%",
        "textAlign": "center",
    },
    # On a span, the background is as wide as its text; on a block it would be as wide as the region.
    "style-text": {"backgroundColor": "black"},
}
TAGS = frozenset({"i", "b", "u", "lang", "v", "ruby"})
_RIGHT_TO_LEFT = frozenset(
    ["ar", "arc", "ckb", "dv", "fa", "he", "ks", "nqo", "ps", "sd", "syr", "ug", "ur", "yi"]
)
_SCRIPTS_RIGHT_TO_LEFT = frozenset(["adlm", "arab", "hebr", "nkoo", "rohg", "syrc", "thaa"])
_ALIGN = {"start": "start", "end": "end", "left": "left", "right": "right", "center": "center"}


def holds_color(name: str) -> bool:
    """Whether TTML has the colour of a class."""
    color = color_of(name.removeprefix("bg_"))
    return color is not None and _TTML_COLOR.match(color) is not None


_HOLDS = Holds("IMSC", TAGS, frozenset({"line", "align", "vertical"}), holds_color, overlap=True)


def write_ttml(document: Document, language: str, title: str = "") -> Written:
    """The cues as IMSC 1.1. Italics, bold, underline, the colour classes, ruby, languages and speakers are kept;
    of positions top, middle and bottom, and the side for vertical text. What IMSC cannot hold is told by cue."""
    lost = unheld(document, _HOLDS)
    cues = document.in_order().with_ids().cues
    root = Element("tt", {**NAMESPACES, "xml:lang": language, "ttp:contentProfiles": PROFILE})
    root.set("ttp:timeBase", "media")
    head = SubElement(root, "head")
    agents = add_agents(head, cues, title)
    styling = SubElement(head, "styling")
    for style_id, properties in _STYLES.items():
        values = {f"tts:{key}": value for key, value in properties.items()}
        SubElement(styling, "style", {"xml:id": style_id} | values)
    _add_regions(head, {_region(cue) for cue in cues} | {"bottom"})
    body = SubElement(root, "body", {"style": "style-caption"})
    division = SubElement(body, "div")
    for cue in cues:
        paragraph = SubElement(division, "p")
        paragraph.set("xml:id", to_ncname(cue.id))
        paragraph.set("begin", format_timestamp(cue.start_ms))
        paragraph.set("end", format_timestamp(cue.end_ms))
        paragraph.set("region", f"region-{_region(cue)}")
        align = _ALIGN.get(cue.setting.get("align", ""))
        if align and align != "center":
            paragraph.set("tts:textAlign", align)
        if _is_right_to_left(language):
            paragraph.set("tts:direction", "rtl")
        fill(paragraph, cue, agents, {"style": "style-text"})
    return Written(write_xml(root).encode(), (*lost, *illegal(cues)))


def _add_regions(head: Element, used: set[str]) -> None:
    layout = SubElement(head, "layout")
    for name, properties in _REGIONS.items():
        if name in used:
            every = {"origin": "10% 10%", "extent": "80% 80%", **properties}
            values = {f"tts:{key}": value for key, value in every.items()}
            SubElement(layout, "region", {"xml:id": f"region-{name}"} | values)


def add_agents(head: Element, cues: tuple[Cue, ...], title: str = "") -> dict[str, str]:
    """The document's metadata: its title, and a `ttm:agent` for each speaker. Returns their ids by name."""
    names = list(dict.fromkeys(name for cue in cues for name in voices(cue.text)))
    if not names and not title:
        return {}
    metadata = SubElement(head, "metadata")
    if title:
        SubElement(metadata, "ttm:title").text = legal(title)
    agents = {name: f"agent-{number}" for number, name in enumerate(names, 1)}
    for name, agent_id in agents.items():
        agent = SubElement(metadata, "ttm:agent", {"xml:id": agent_id, "type": "character"})
        SubElement(agent, "ttm:name", {"type": "alias"}).text = legal(name)
    return agents


def illegal(cues: tuple[Cue, ...]) -> list[Lost]:
    """The cues with signs that XML has no place for."""
    message = "a sign that XML cannot hold was written as \ufffd"
    return [
        lost_of(number, cue, message) for number, cue in enumerate(cues, 1) if legal(cue.plain) != cue.plain
    ]


def _is_right_to_left(language: str) -> bool:
    """By the script that the tag names, else the one that the language is written in."""
    script = next(
        (part.lower() for part in language.split("-")[1:] if len(part) == 4 and part.isalpha()), None
    )
    return script in _SCRIPTS_RIGHT_TO_LEFT if script else primary(language) in _RIGHT_TO_LEFT


def _region(cue: Cue) -> str:
    vertical = cue.setting.get("vertical")
    if vertical:
        return "right" if vertical == "rl" else "left"
    return cue.place


def fill(parent: Element, cue: Cue, agents: dict[str, str], style: dict[str, str] | None = None) -> None:
    """Cue text as TTML content of a `p`: a span for each run that `style` or a tag says something of, `br` for line
    ends. A ruby container stands directly in the `p` and holds one base and one text, as `tts:ruby` wants it."""
    spoken = voices(cue.text)
    if len(spoken) == 1:
        parent.set("ttm:agent", agents[spoken[0]])
    for run in runs_of(cue.text):
        attributes = dict(style or {})
        for tag in run.tags:
            attributes |= _attributes(tag, agents if len(spoken) > 1 else {})
        if run.reading:
            container = SubElement(parent, "span", {**(style or {}), "tts:ruby": "container"})
            for role, text in (("base", run.text), ("text", run.reading)):
                part = SubElement(container, "span", {**attributes, "tts:ruby": role})
                part.text = legal(text).replace("\n", " ")
        else:
            _add_text(SubElement(parent, "span", attributes) if attributes else parent, run.text)


def _attributes(token: Token, agents: dict[str, str]) -> dict[str, str]:
    if token.name == "lang":
        return {"xml:lang": legal(token.annotation)}
    if token.name == "v":
        return {"ttm:agent": agents[token.annotation]} if token.annotation in agents else {}
    if token.name == "c":
        colors = {
            "backgroundColor" if name.startswith("bg_") else "color": color_of(name.removeprefix("bg_"))
            for name in token.classes
        }
        return {f"tts:{key}": value for key, value in colors.items() if value and _TTML_COLOR.match(value)}
    return dict(_INLINE[token.name])


def _add_text(parent: Element, text: str) -> None:
    for number, line in enumerate(legal(text).split("\n")):
        if number:
            SubElement(parent, "br")
        if len(parent):
            parent[-1].tail = (parent[-1].tail or "") + line
        else:
            parent.text = (parent.text or "") + line
