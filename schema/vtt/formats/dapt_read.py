"""Reads DAPT scripts, by the specification's rules for mapping TTML to its model (https://www.w3.org/TR/dapt/)."""

from __future__ import annotations

from schema.errors import FieldError
from schema.vtt.colors import color_styles
from schema.vtt.conform import conform_text
from schema.vtt.cues import Block, Cue, Document, Note
from schema.vtt.formats.dapt_inline import Inline, text_of
from schema.vtt.formats.dapt_time import Clock, Span
from schema.vtt.formats.xmlio import DAPT, TT, TTM, TTP, XML, Node, from_ncname, read_xml
from schema.vtt.markup import voice_span
from schema.vtt.parse import MAX_BLOCKS, MAX_CUE_CHARS, MAX_PROBLEMS, Parsed, refusal
from schema.vtt.problems import LeftOut, Problem, ProblemKind
from schema.vtt.text import primary


def read_dapt(source: str | bytes, language: str | None = None) -> Parsed:
    """Script events as cues, by the specification's rules for what is one. Of several texts the one in `language`
    is taken, else the first. Events without text, and texts outside of events, are problems with their line.

    TextRefused for what is not DAPT, and for XML with a DOCTYPE.
    """
    root = read_xml(source)
    profiles = root.attributes.get(f"{{{TTP}}}contentProfiles", "").split()
    if root.name != f"{{{TT}}}tt" or DAPT not in profiles:
        message = "this is not DAPT: its root has no ttp:contentProfiles with the DAPT 1.0 profile"
        raise refusal([FieldError(f"line {root.line}", message)])
    reader = _DaptReader(root, language)
    reader.read()
    blocks = (*color_styles(reader.inline.classes), *reader.blocks)
    return Parsed(Document("", blocks).in_order(), tuple(reader.problems))


class _DaptReader:
    def __init__(self, root: Node, language: str | None) -> None:
        self.root, self.language = root, language
        self.blocks: list[Block] = []
        self.problems: list[Problem] = []
        self.clock = Clock.of(root)
        self.names: dict[str, str] = {}
        self.left_out = LeftOut(self.problems)
        self.inline = Inline(self.names, self.left_out)
        self.ids: set[str] = set()

    def say(self, node: Node, message: str, kind: ProblemKind = "dropped") -> None:
        self.problems.append(Problem(node.line, message, kind))
        if len(self.problems) > MAX_PROBLEMS:
            raise refusal([FieldError(f"line {problem.line}", problem.message) for problem in self.problems])

    def read(self) -> None:
        spoken = self.root.attributes.get(f"{{{XML}}}lang", "")
        for part in self.root.elements:
            if part.name == f"{{{TT}}}head":
                self.read_head(part)
        for part in self.root.elements:
            if part.name == f"{{{TT}}}body":
                self.read_division(part, self.clock.span(part, Span(0, None)), spoken)

    def read_head(self, node: Node) -> None:
        for part in node.elements:
            if part.name == f"{{{TTM}}}agent":
                names = [child for child in part.elements if child.name == f"{{{TTM}}}name"]
                if names:
                    self.names[part.attributes.get(f"{{{XML}}}id", "")] = text_of(names[0]).strip()
            elif part.name == f"{{{TTM}}}desc":
                self.blocks.append(Note.of(text_of(part)))
            elif part.name == f"{{{TT}}}style":
                self.inline.styles[part.attributes.get(f"{{{XML}}}id", "")] = part.attributes
            else:
                self.read_head(part)

    def read_division(self, node: Node, span: Span | None, spoken: str) -> None:
        """A body or a div: an event, or a holder of others."""
        spoken = node.attributes.get(f"{{{XML}}}lang", spoken)
        divisions = [child for child in node.elements if child.name == f"{{{TT}}}div"]
        if span is None:
            self.say(node, "its times cannot be read; write begin and end as 00:00:01.000")
        elif node.name == f"{{{TT}}}div" and not divisions and f"{{{XML}}}id" in node.attributes:
            self.read_event(node, span, spoken)
        else:
            for child in divisions:
                self.read_division(child, self.clock.span(child, span), spoken)
            for child in node.elements:
                if child.name == f"{{{TT}}}p" and text_of(child).strip():
                    self.say(child, "this text is in no script event (a div with an xml:id)")

    def read_event(self, node: Node, span: Span, spoken: str) -> None:
        notes = [child for child in node.elements if child.name == f"{{{TTM}}}desc"]
        texts = [child for child in node.elements if child.name == f"{{{TT}}}p"]
        chosen = self.in_language(texts, spoken)
        timed = [self.clock.span(paragraph, span) for paragraph in chosen]
        if chosen and span.end_ms is None and timed[0] is not None:
            span = timed[0]
        if not chosen or span.end_ms is None:
            missing = "no text" if not chosen else "no end"
            self.say(node, f"the event {node.attributes[f'{{{XML}}}id']} has {missing}")
            return
        if span.end_ms <= span.begin_ms:
            self.say(node, "the event ends before it begins or at once; its end must be later", "invalid")
        agents = " ".join(part.attributes.get(f"{{{TTM}}}agent", "") for part in (node, *chosen)).split()
        self.left_out.say(node.line, ["region"] if "region" in node.attributes else [])
        text = "\n".join(filter(None, (self.inline.cue_text(paragraph) for paragraph in chosen)))
        if agents and agents[0] in self.names:
            text = voice_span(self.names[agents[0]], text)
        if any(child.name == f"{{{TT}}}audio" for paragraph in chosen for child in paragraph.elements):
            self.left_out.say(node.line, ["the event's recorded audio"])
        if len(text) > MAX_CUE_CHARS:
            self.say(node, f"an event of more than {MAX_CUE_CHARS:,} characters; divide it")
            return
        text, changes = conform_text(text, span.begin_ms, max(span.begin_ms, span.end_ms))
        for change in changes:
            self.say(node, change.message, change.kind)
        name = from_ncname(node.attributes[f"{{{XML}}}id"])
        if name in self.ids:
            self.say(node, f"the id {name[:40]} is already used above; ids are unique", "invalid")
        self.ids.add(name)
        self.blocks += [Note.of(text_of(note)) for note in notes]
        self.blocks.append(Cue(name, span.begin_ms, span.end_ms, text, "", node.line))
        if len(self.blocks) > MAX_BLOCKS:
            message = f"more than {MAX_BLOCKS:,} events and notes; split the file"
            raise refusal([FieldError(f"line {node.line}", message)])

    def in_language(self, texts: list[Node], spoken: str) -> list[Node]:
        """Those of the wanted language, else those of the first text's."""
        own = [primary(text.attributes.get(f"{{{XML}}}lang", spoken)) for text in texts]
        if not texts:
            return []
        wanted = primary(self.language) if self.language and primary(self.language) in own else own[0]
        return [text for text, language in zip(texts, own, strict=True) if language == wanted]
