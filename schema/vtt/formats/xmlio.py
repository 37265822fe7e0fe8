"""XML for the caption formats: written with the standard library's tree, read without DTDs or entities."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, tostring
from xml.parsers import expat

from schema.errors import FieldError
from schema.vtt.parse import MAX_BYTES, refusal

TT = "http://www.w3.org/ns/ttml"
TTM = f"{TT}#metadata"
TTP = f"{TT}#parameter"
TTS = f"{TT}#styling"
DAPTM = "http://www.w3.org/ns/ttml/profile/dapt#metadata"
XML = "http://www.w3.org/XML/1998/namespace"
DAPT = "http://www.w3.org/ns/ttml/profile/dapt1.0/content"
"""The profile that a DAPT document says it conforms to."""
NAMESPACES = {"xmlns": TT, "xmlns:ttm": TTM, "xmlns:ttp": TTP, "xmlns:tts": TTS}
"""Attributes of a written root: elements and attributes are then written with these prefixes."""

_MAX_DEPTH, _MAX_ELEMENTS = 64, 200_000
_NCNAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]*")
_ILLEGAL = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NO_ID = re.compile("[\n\r\0\ud800-\udfff]|-->")
_ESCAPED = re.compile(r"_([0-9a-f]{1,6})_")
_PREFIX = "cue-"
_RESERVED = (_PREFIX, "agent-", "style-", "region-")
"""How other ids of a document begin: an `xml:id` is unique among all of them."""


@dataclass(slots=True)
class Node:
    """An element that was read. Names are `{namespace}local`; `content` is text and elements in order."""

    name: str
    line: int
    attributes: dict[str, str]
    content: list[str | Node] = field(default_factory=list)

    @property
    def elements(self) -> list[Node]:
        return [part for part in self.content if isinstance(part, Node)]


def read_xml(source: str | bytes) -> Node:
    """The root. TextRefused for what is not well-formed, has a DOCTYPE, or is too large or too deep."""
    data = source.encode(errors="replace") if isinstance(source, str) else source
    if len(data) > MAX_BYTES:
        raise refusal([FieldError("line 1", f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")])
    reader = _XmlReader()
    parser = expat.ParserCreate("utf-8" if isinstance(source, str) else None, "}")
    parser.buffer_text = True
    parser.StartElementHandler = lambda name, attributes: reader.start(
        name, attributes, parser.CurrentLineNumber
    )
    parser.EndElementHandler = lambda _name: reader.end()
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = lambda *_: reader.refuse(
        parser.CurrentLineNumber, "a DOCTYPE is not accepted"
    )
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        message = f"the XML is not well-formed: {expat.ErrorString(error.code)}"
        raise refusal([FieldError(f"line {error.lineno}", message)]) from None
    except (LookupError, ValueError):
        raise refusal([FieldError("line 1", "the encoding is not known; save the file as UTF-8")]) from None
    return reader.root


class _XmlReader:
    def __init__(self) -> None:
        self.root = Node("", 0, {})
        self._open: list[Node] = []
        self._count = 0

    def refuse(self, line: int, message: str) -> None:
        raise refusal([FieldError(f"line {line}", message)])

    def start(self, name: str, attributes: dict[str, str], line: int) -> None:
        self._count += 1
        if len(self._open) >= _MAX_DEPTH or self._count > _MAX_ELEMENTS:
            self.refuse(line, "the file has too many elements, or too many within each other")
        node = Node(_expanded(name), line, {_expanded(key): value for key, value in attributes.items()})
        if self._open:
            self._open[-1].content.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self) -> None:
        self._open.pop()

    def text(self, data: str) -> None:
        self._open[-1].content.append(data)


def _expanded(name: str) -> str:
    return f"{{{name}" if "}" in name else name


def write_xml(root: Element) -> str:
    """UTF-8 with a declaration. Only elements without text of their own are indented."""
    _indent(root, "\n")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _indent(element: Element, margin: str) -> None:
    if not len(element) or element.tag == "p":
        return
    if element.text and element.text.strip():
        return
    inner = f"{margin}  "
    element.text = inner
    for child in element:
        _indent(child, inner)
        child.tail = inner
    element[-1].tail = margin


def legal(text: str) -> str:
    """The text with U+FFFD for what XML cannot hold."""
    return _ILLEGAL.sub("\ufffd", text)


def to_ncname(cue_id: str) -> str:
    """A cue id as an XML name: the same where it is one, else escaped so that `from_ncname` gives it back."""
    if _NCNAME.fullmatch(cue_id) and not cue_id.startswith(_RESERVED):
        return cue_id
    return _PREFIX + re.sub(r"[^A-Za-z0-9.\-]", lambda found: f"_{ord(found.group()):x}_", cue_id)


def from_ncname(name: str) -> str:
    """The cue id that `to_ncname` made the name of; the name itself where that would be no id."""
    if not name.startswith(_PREFIX):
        return name
    rest = name.removeprefix(_PREFIX)
    decoded = _ESCAPED.sub(lambda found: chr(min(int(found.group(1), 16), 0x10FFFF)), rest)
    return decoded if to_ncname(decoded) == name and not _NO_ID.search(decoded) else name
