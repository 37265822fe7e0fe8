"""The markup inside a cue: tags, character references, voices and inner timestamps.

A cue keeps its text as it stands in the file, markup and all; these functions read it. Tag rules are those of
the "WebVTT cue text" grammar (https://www.w3.org/TR/webvtt1/#cue-text).
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from html.entities import html5
from typing import Literal

from schema.vtt.timestamps import format_timestamp, parse_timestamp

TAG = re.compile(r"<([^<>]*)>")
_START = re.compile(r"(c|i|b|u|ruby|rt|v|lang)((?:\.[^\s.<>&]+)*)(?:[ \t\n\f]+([^<>]*))?", re.S)
_AMPERSAND = re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z0-9]{1,32};?)?")
_VOICE = re.compile(r"<v(?:\.[^\s.<>&]+)*+[ \t\n\f]++([^<>]*)>")
_READING = re.compile(r"<rt(?:[.\s][^<>]*)?>.*?(?=</rt>|</ruby>|\Z)", re.S)
_RUBY_TAG = re.compile(r"</?(?:ruby|rt)(?:[.\s][^<>]*)?>")
_LONG_NUMBER = re.compile(r"&#(?:[0-9]{8,}|[xX][0-9a-fA-F]{7,});?")
_SPACES = re.compile(r"\s+")
DASHES = ("-", "‐", "–", "—")
_DASHED = re.compile("[\\s\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069]*[-‐–—]")
"""Marks of direction may stand before it."""
_SIGN = re.compile(r"&[#A-Za-z0-9]+;|\S")

Kind = Literal["text", "start", "end", "time", "unknown"]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of cue text. `raw` is as written; `name` is the tag's; `annotation` is decoded."""

    kind: Kind
    raw: str
    name: str = ""
    annotation: str = ""
    at_ms: int = 0

    @property
    def classes(self) -> list[str]:
        """Of a start tag: `yellow` and `bg_blue` of `<c.yellow.bg_blue>`."""
        return self.raw[1:-1].split()[0].split(".")[1:]


def tokens(text: str) -> Iterator[Token]:
    """The pieces of a cue text in order; joined, their `raw` is the text. Linear in its length."""
    position = 0
    for found in TAG.finditer(text):
        if found.start() > position:
            yield Token("text", text[position : found.start()])
        yield _tag(found.group(0), found.group(1))
        position = found.end()
    if position < len(text):
        yield Token("text", text[position:])


def _tag(raw: str, inner: str) -> Token:
    if inner[:1] == "/":
        name = inner[1:]
        known = name in ("c", "i", "b", "u", "ruby", "rt", "v", "lang")
        return Token("end" if known else "unknown", raw, name)
    if inner[:1].isdigit():
        at_ms = parse_timestamp(inner)
        return Token("unknown", raw) if at_ms is None else Token("time", raw, at_ms=at_ms)
    found = _START.fullmatch(inner)
    if found is None:
        return Token("unknown", raw)
    annotation = _SPACES.sub(" ", unescape(found.group(3) or "")).strip()
    if not annotation and found.group(1) in ("v", "lang"):
        return Token("unknown", raw, found.group(1))
    return Token("start", raw, found.group(1), annotation)


def plain_text(text: str) -> str:
    """What a reader sees on the lines: tags stripped, character references decoded, line ends kept; readings of ruby,
    which stand beside the lines, left out."""
    if "<" in text:
        text = TAG.sub("", _READING.sub("", text) if "<rt" in text else text)
    return unescape(text) if "&" in text else text


def without_ruby(text: str) -> str:
    """The cue text with the bases of ruby alone."""
    return _RUBY_TAG.sub("", _READING.sub("", text)) if "<ruby" in text else text


def unescape(text: str) -> str:
    """Character references decoded, as in HTML. A number too long for a character is U+FFFD."""
    return html.unescape(_LONG_NUMBER.sub("\ufffd", text))


def voices(text: str) -> tuple[str, ...]:
    """The speakers named by `<v …>` spans, in order, each once."""
    if "<v" not in text:
        return ()
    names = (_SPACES.sub(" ", unescape(name)).strip() for name in _VOICE.findall(text))
    return tuple(dict.fromkeys(name for name in names if is_name(name)))


def is_name(annotation: str) -> bool:
    """Whether a voice's annotation names somebody: `<v ->` says only that another speaker begins."""
    return any(map(str.isalnum, annotation))


def opens_with_dash(line: str) -> bool:
    """Whether another speaker begins with this line of plain text."""
    return _DASHED.match(line) is not None


def dashed(text: str) -> str:
    """The text with a dash at the line's start in the place of each voice without a name, as formats without voices
    show that another speaker begins."""
    if "<v" not in text:
        return text
    parts: list[str] = []
    named: list[bool] = []
    begins = False
    for token in tokens(text):
        if token.kind == "start" and token.name == "v":
            named.append(is_name(token.annotation))
            begins = begins or not named[-1]
            parts += [token.raw] if named[-1] else []
        elif token.kind == "end" and token.name == "v" and named and not named.pop():
            continue
        elif begins and token.kind == "text" and token.raw.strip():
            said = token.raw.lstrip()
            parts.append(_at_line_start(parts) + ("" if said.startswith(DASHES) else "- ") + said)
            begins = False
        else:
            parts.append(token.raw)
    return "".join(parts)


def _at_line_start(parts: list[str]) -> str:
    """The line end that is wanted before what comes next; spaces before it are taken from `parts`."""
    written = TAG.sub("", "".join(parts))
    if not written.strip() or written.endswith("\n"):
        return ""
    parts[-1] = parts[-1].rstrip(" ")
    return "\n"


def escape(text: str) -> str:
    """Plain text as cue text: `&`, `<` and `>` as references (`>` so that no `-->` can arise)."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def conform_references(text: str) -> str:
    """Every `&` as part of a proper character reference, with what a reader sees unchanged: `R&B` becomes
    `R&amp;B`, and a reference without its semicolon the character that it stands for."""
    return _AMPERSAND.sub(_conform_reference, _LONG_NUMBER.sub("\ufffd", text)) if "&" in text else text


def _conform_reference(found: re.Match[str]) -> str:
    raw = found.group()
    if raw[1:2] == "#":
        return raw if raw[-1] == ";" else f"{raw};"
    return raw if raw[1:] in html5 and raw[-1] == ";" else escape(html.unescape(raw))


def voice_span(name: str, text: str) -> str:
    """Cue text spoken by `name`: `<v Name>text`. The end tag may be left out of a cue's only span."""
    label = _SPACES.sub(" ", name).strip()
    return f"<v {escape(label)}>{text}" if label else text


def map_timestamps(text: str, to: Callable[[int], int | None]) -> str:
    """The text with each inner timestamp moved by `to`; where `to` says None, it is taken out."""
    if "<" not in text:
        return text
    parts: list[str] = []
    for token in tokens(text):
        if token.kind != "time":
            parts.append(token.raw)
        elif (moved := to(token.at_ms)) is not None:
            parts.append(f"<{format_timestamp(moved)}>")
    return "".join(parts)


def words_in(text: str, spaced: bool = True) -> list[str]:
    """The plain words of a cue text, divided where white space stands in the file; of a script without spaces its
    signs."""
    bare = TAG.sub("", text)
    return [unescape(word) for word in (bare.split() if spaced else _SIGN.findall(bare))]


def split_after_word(text: str, count: int, spaced: bool = True) -> tuple[str, str]:
    """Cue text in two, after so many of `words_in`. Tags that are open there are closed, and opened again in the second;
    those that open between the two, such as the next speaker's, are the second's alone. Linear in the text's length."""
    opened = open_at_end = _Opened(None, None)
    words = begin = end = 0
    inside = False
    for token in tokens(text):
        if token.kind == "start":
            opened = _Opened(token, opened)
        elif token.kind == "end":
            opened = opened.without(token.name)
        elif token.kind == "text":
            after = 0 if inside else -1
            for sign in _SIGN.finditer(token.raw):
                words += not spaced or sign.start() != after
                if words > count:
                    rest = [*(tag.raw for tag in opened.tags()), text[begin + sign.start() :]]
                    return text[:end] + _end_tags(text, open_at_end.tags()), "".join(rest)
                after = sign.end()
                end, open_at_end = begin + after, opened
            inside = after == len(token.raw)
        begin += len(token.raw)
    return text, ""


@dataclass(frozen=True, slots=True)
class _Opened:
    """A tag that is open, and what is open around it; neither where none is."""

    tag: Token | None
    around: _Opened | None

    def without(self, name: str) -> _Opened:
        """What is still open after an end tag. The end of `<ruby>` is that of its `<rt>` too, where that has none."""
        closed = self
        if name == "ruby" and self.tag and self.tag.name == "rt" and self.around:
            closed = self.around
        return closed.around or closed

    def tags(self) -> list[Token]:
        """From the outermost in."""
        found: list[Token] = []
        at: _Opened | None = self
        while at is not None and at.tag is not None:
            found.append(at.tag)
            at = at.around
        return found[::-1]


def _end_tags(text: str, opened: list[Token]) -> str:
    """Those of the `opened` tags of `text`; a speaker of all of it needs none."""
    if len(opened) == 1 and opened[0].name == "v" and "</v>" not in text and text.startswith(opened[0].raw):
        return ""
    return "".join(f"</{tag.name}>" for tag in reversed(opened))
