"""The content of a TTML paragraph as cue text: styles, colours, languages, speakers and ruby as tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from schema.vtt.colors import color_class
from schema.vtt.formats.xmlio import TT, TTM, TTS, XML, Node
from schema.vtt.markup import escape, voice_span
from schema.vtt.problems import LeftOut
from schema.vtt.text import split_spaces

_TAGS = (
    (f"{{{TTS}}}fontStyle", ("italic", "oblique"), "i"),
    (f"{{{TTS}}}fontWeight", ("bold",), "b"),
    (f"{{{TTS}}}textDecoration", ("underline",), "u"),
)
_RUBY, _COLOR, _LANG, _AGENT = f"{{{TTS}}}ruby", f"{{{TTS}}}color", f"{{{XML}}}lang", f"{{{TTM}}}agent"
_SPAN, _BREAK = f"{{{TT}}}span", f"{{{TT}}}br"
_MOST_STYLES = 32
"""Styles that refer to styles, followed so far."""
_KEPT = {attribute for attribute, _, _ in _TAGS} | {
    _RUBY,
    _COLOR,
    f"{{{TTS}}}direction",
    f"{{{TTS}}}unicodeBidi",
}
_TIMES = ("begin", "end", "dur", "region")
"""What is kept of an event, and of nothing within its text."""
_LANGUAGE = re.compile(r"[A-Za-z0-9-]{1,64}")


def text_of(node: Node) -> str:
    """All text in it, as it stands."""
    return "".join(part if isinstance(part, str) else text_of(part) for part in node.content)


class Inline:
    """Reads paragraphs of one document. `names` are its agents' by id; `left_out` is told what WebVTT has no place
    for."""

    def __init__(self, names: Mapping[str, str], left_out: LeftOut) -> None:
        self.names, self.left_out = names, left_out
        self.styles: dict[str, Mapping[str, str]] = {}
        """The attributes of each `style` by its id."""
        self.classes: list[str] = []
        """The colour classes that were used."""

    def cue_text(self, paragraph: Node) -> str:
        lines = (" ".join(split_spaces(line)) for line in self._styled(paragraph).split("\n"))
        return "\n".join(line for line in lines if line)

    def _content(self, node: Node) -> str:
        """What is in it as cue text, white space collapsed as XML's default has it, `br` as a line end."""
        parts: list[str] = []
        for part in node.content:
            if isinstance(part, str):
                parts.append(escape(" ".join(re.split(r"[ \t\r\n]+", part))))
            elif part.name == _BREAK:
                parts.append("\n")
            elif part.name == _SPAN:
                parts.append(self._span(part))
        return "".join(parts)

    def _span(self, node: Node) -> str:
        match self._style(node).get(_RUBY):
            case "container":
                return self._ruby(node)
            case "delimiter":
                return ""
        return self._spoken(self._styled(node), node.attributes)

    def _spoken(self, inner: str, attributes: Mapping[str, str]) -> str:
        """With the language and the speaker that `attributes` name."""
        language, speaker = attributes.get(_LANG, ""), self.names.get(attributes.get(_AGENT, ""))
        if _LANGUAGE.fullmatch(language) and inner.strip():
            inner = f"<lang {language}>{inner}</lang>"
        return f"{voice_span(speaker, inner)}</v>" if speaker else inner

    def _styled(self, node: Node) -> str:
        """The content with the tags that its own and its referenced styles ask for."""
        inner, style = self._content(node), self._style(node)
        if not inner.strip():
            return inner
        color = style.get(_COLOR)
        name = color_class(color) if color is not None else None
        unreadable = [f"the colour {color}"] if color is not None and name is None else []
        self.left_out.say(node.line, [*_unkept(node, style), *unreadable])
        for attribute, values, tag in _TAGS:
            if style.get(attribute) in values:
                inner = f"<{tag}>{inner}</{tag}>"
        usual = node.name == f"{{{TT}}}p" and name == "white"
        if name is not None and not usual:
            self.classes.append(name)
            inner = f"<c.{name}>{inner}</c>"
        return inner

    def _ruby(self, container: Node) -> str:
        """One `<ruby>` of the bases and the readings in turn. What all bases are spoken by and in is told of it as a
        whole: WebVTT has no voice within a ruby."""
        parts = self._ruby_parts(container)
        spoken = [
            {
                name: value
                for name, value in {**container.attributes, **node.attributes}.items()
                if name in (_LANG, _AGENT)
            }
            for role, node in parts
            if role == "base"
        ]
        every = spoken[0] if spoken and all(each == spoken[0] for each in spoken) else container.attributes
        bases = [self._styled(node) for role, node in parts if role == "base"]
        readings = [self._styled(node) for role, node in parts if role == "text"]
        if len(bases) > len(readings) > 0:
            bases = [*bases[: len(readings) - 1], "".join(bases[len(readings) - 1 :])]
        bases += [""] * (len(readings) - len(bases))
        if not readings:
            return self._spoken("".join(bases), every)
        pairs = "".join(f"{base}<rt>{text}</rt>" for base, text in zip(bases, readings, strict=True))
        return self._spoken(f"<ruby>{pairs}</ruby>", every)

    def _ruby_parts(self, node: Node) -> list[tuple[str, Node]]:
        parts: list[tuple[str, Node]] = []
        for child in node.elements:
            role = self._style(child).get(_RUBY, "")
            if role in ("base", "text"):
                parts.append((role, child))
            elif role in ("baseContainer", "textContainer"):
                parts += self._ruby_parts(child)
        return parts

    def _style(self, node: Node) -> Mapping[str, str]:
        """The attributes with those of the styles that it refers to, its own last."""
        merged: dict[str, str] = {}
        for name in node.attributes.get("style", "").split()[:_MOST_STYLES]:
            merged |= self._referenced(name, _MOST_STYLES)
        return {**merged, **node.attributes}

    def _referenced(self, name: str, depth: int) -> dict[str, str]:
        found = self.styles.get(name, {})
        merged: dict[str, str] = {}
        if depth:
            for parent in found.get("style", "").split()[:1]:
                merged |= self._referenced(parent, depth - 1)
        return {**merged, **found}


def _unkept(node: Node, style: Mapping[str, str]) -> Iterator[str]:
    """Attributes that say how a text looks, where it stands, or when a part of it is shown."""
    inside = node.name == _SPAN
    yield from (name for name in _TIMES if name in node.attributes and (inside or name == "region"))
    for name in style:
        if name.startswith(f"{{{TTS}}}") and name not in _KEPT:
            yield f"tts:{name.removeprefix(f'{{{TTS}}}')}"
