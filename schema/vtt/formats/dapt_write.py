"""Writes DAPT, the W3C's profile of TTML2 for dubbing and audio description scripts (https://www.w3.org/TR/dapt/).

A cue is a script event. A description is a text event (`visual.*`): DAPT has no words for a pause of the picture,
so what is planned and rendered stays in the plan.
"""

from __future__ import annotations

from typing import Literal
from xml.etree.ElementTree import Element, SubElement

from schema.vtt.cues import Cue, Document, Note
from schema.vtt.formats.lost import Holds, Written, unheld
from schema.vtt.formats.ttml import TAGS, add_agents, fill, holds_color, illegal
from schema.vtt.formats.xmlio import DAPT, DAPTM, NAMESPACES, legal, to_ncname, write_xml
from schema.vtt.timestamps import format_timestamp

Kind = Literal["captions", "audio_description"]
_NO_LANGUAGE = "zxx"
"""What a picture is in (BCP 47: no linguistic content)."""
_NOTE = "x-note"
_HOLDS = Holds("DAPT", TAGS, frozenset(), holds_color, notes=True, overlap=True)


def write_dapt(
    document: Document,
    language: str,
    *,
    kind: Kind = "audio_description",
    translated_from: str | None = None,
    title: str = "",
) -> Written:
    """The script as DAPT. Notes go along as descriptions of the event that they stand before. What DAPT cannot hold is
    told by cue."""
    lost = unheld(document, _HOLDS)
    document = document.in_order().with_ids()
    described = kind == "audio_description"
    root = Element(
        "tt", {**NAMESPACES, "xmlns:daptm": DAPTM, "xml:lang": language, "ttp:contentProfiles": DAPT}
    )
    represents = "visual.nonText visual.text" if described else "audio.dialogue audio.nonDialogueSounds"
    original = "preRecording" if described else "originalTranscript"
    own = _NO_LANGUAGE if described else language
    root.set("daptm:scriptRepresents", represents)
    root.set("daptm:scriptType", original if described or not translated_from else "translatedTranscript")
    root.set("daptm:langSrc", translated_from or own)
    head = SubElement(root, "head")
    agents = add_agents(head, document.cues, title)
    body = SubElement(root, "body")
    notes: list[str] = []
    for block in document.blocks:
        if isinstance(block, Note):
            notes.append(block.text)
        elif isinstance(block, Cue):
            event = SubElement(body, "div", _event(block, described))
            _add_notes(event, notes)
            fill(SubElement(event, "p"), block, agents)
            notes = []
    if notes:
        metadata = head.find("metadata")
        _add_notes(SubElement(head, "metadata") if metadata is None else metadata, notes)
    return Written(write_xml(root).encode(), (*lost, *illegal(document.cues)))


def _event(cue: Cue, described: bool) -> dict[str, str]:
    plain = cue.plain.strip()
    sound = plain.startswith("[") and plain.endswith("]")
    represents = "visual.nonText" if described else "audio.nonDialogueSounds" if sound else "audio.dialogue"
    return {
        "xml:id": to_ncname(cue.id),
        "begin": format_timestamp(cue.start_ms),
        "end": format_timestamp(cue.end_ms),
        "daptm:represents": represents,
    }


def _add_notes(parent: Element, notes: list[str]) -> None:
    for note in notes:
        SubElement(parent, "ttm:desc", {"daptm:descType": _NOTE}).text = legal(note)
