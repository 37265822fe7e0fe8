"""Reads what broadcasters send: SCC (CEA-608) and EBU STL (Tech 3264), by ttconv."""

from __future__ import annotations

import io
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from typing import Any

from schema.errors import FieldError, TextRefused
from schema.vtt.colors import color_class, color_styles
from schema.vtt.conform import conform_text
from schema.vtt.cues import Cue, Document
from schema.vtt.formats.stl_file import SPACE, prepared
from schema.vtt.markup import escape
from schema.vtt.parse import MAX_BYTES, MAX_CUES, Parsed, decode, refusal
from schema.vtt.problems import LeftOut, Problem

_SPACES = re.compile(" +((?:<[^<>]*>)*) +")
"""Two spaces, or one on each side of what changes the style: ttconv takes a code between two signs for one."""
_EDGES = re.compile(r"^((?:<[^<>]*>)*)[ \t]+|[ \t]+((?:</[^<>]*>)*)$", re.M)
"""Spaces at a line's ends, where codes that change the style stood."""
_TOP, _MIDDLE = 34, 60
"""Percent of the picture down to which a caption is at the top, and in the middle."""
_FIRST_LABEL = re.compile(r"^([0-9]{2}):[0-9]{2}:[0-9]{2}([:;])", re.M)
_LABELLED_HOUR_MS = {":": Fraction(3_603_600), ";": Fraction(107_892 * 1001, 30)}
"""What an hour of timecode lasts at 29.97 frames a second, without and with drop-frame."""


def is_scc(start: str) -> bool:
    return start.startswith("Scenarist_SCC")


def read_scc(source: str | bytes) -> Parsed:
    """Captions of CEA-608's first channel. Whole hours before the first are taken for the timecode that the programme
    starts at, and said. TextRefused for what is no SCC."""
    from ttconv.scc.reader import to_model  # loaded where it is needed

    text, problems = decode(source)
    text = _past_midnight(text)
    parsed = _by_ttconv(lambda: to_model(text), "SCC", problems)
    label = _FIRST_LABEL.search(text)
    hours = int(label.group(1)) if label else 0
    if label is None or not hours:
        return parsed
    early = round(hours * _LABELLED_HOUR_MS[label.group(2)])
    message = f"the timecode {hours:02}:00:00:00 is taken for the programme's start"
    moved = parsed.document.map_cues(
        lambda cue: replace(cue, start_ms=max(0, cue.start_ms - early), end_ms=cue.end_ms - early)
    )
    return Parsed(moved, (*parsed.problems, Problem(1, message, "normalised")))


def _past_midnight(text: str) -> str:
    """With hours from 24 on where the timecode begins anew."""
    latest, more = 0, 0

    def later(found: re.Match[str]) -> str:
        nonlocal latest, more
        hour = int(found.group(1))
        more += 24 if hour + more < latest - 12 else 0
        latest = max(latest, hour + more)
        return f"{hour + more:02}{found.group()[2:]}"

    return _FIRST_LABEL.sub(later, text)


def read_stl(source: bytes) -> Parsed:
    """Subtitles of EBU STL, from the programme's start as the file has it. TextRefused for what is no STL."""
    from ttconv.stl.config import STLReaderConfiguration
    from ttconv.stl.reader import to_model

    if len(source) > MAX_BYTES:
        raise refusal([FieldError("line 1", f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB")])
    config = STLReaderConfiguration(program_start_tc="TCP")
    file, problems = prepared(source)
    return _by_ttconv(lambda: to_model(io.BytesIO(file), config), "EBU STL", problems)


def tagged(text: str, italic: bool, bold: bool, underline: bool, name: str | None, classes: list[str]) -> str:
    """The text in tags; white is what every text is."""
    if not text.strip():
        return text
    for wanted, tag in ((italic, "i"), (bold, "b"), (underline, "u")):
        text = f"<{tag}>{text}</{tag}>" if wanted else text
    if name is None or name == "white":
        return text
    classes.append(name)
    return f"<c.{name}>{text}</c>"


def _by_ttconv(read: Callable[[], Any], name: str, problems: list[Problem]) -> Parsed:
    try:
        with _warnings(problems):
            model = read()
            classes: list[str] = []
            cues = list(_paragraphs(model, classes, problems, LeftOut(problems)))
    except TextRefused:
        raise
    except Exception as error:  # a stranger's file, read by a library that raises what it meets
        raise refusal([FieldError("line 1", f"this is no {name} that can be read: {error}")]) from error
    if not cues:
        told = [problem.message for problem in problems if problem.kind == "dropped"]
        raise refusal(
            [FieldError("line 1", each) for each in told or [f"there is no caption in this {name}"]]
        )
    return parsed_of(cues, classes, problems)


def _paragraphs(model: Any, classes: list[str], problems: list[Problem], left_out: LeftOut) -> Iterator[Cue]:
    """The captions. ttconv keeps no lines, so what is left out is told by the number of the caption."""
    from ttconv.model import P
    from ttconv.style_properties import StyleProperties, TextAlignType

    captions = aside = 0
    for number, element in enumerate(model.get_body().dfs_iterator() if model.get_body() else ()):
        if not isinstance(element, P):
            continue
        if number > 100 * MAX_CUES:
            raise refusal([FieldError("line 1", f"more than {MAX_CUES:,} cues; split the file")])
        begin, end = element.get_begin() or 0, element.get_end()
        backgrounds: list[str] = []
        text = _SPACES.sub(r" \1", _content(element, classes, backgrounds))
        text = _EDGES.sub(r"\1\2", text)
        text = "\n".join(line for line in text.split("\n") if line)
        if not text:
            continue
        captions += 1
        aside += element.get_style(StyleProperties.TextAlign) is not TextAlignType.center
        left_out.say(1, [f"the background {each} of caption {captions}" for each in backgrounds])
        if end is None:
            problems.append(
                Problem(1, "the last caption has no end; it is shown for four seconds", "normalised")
            )
            end = begin + 4
        region = element.get_region()
        yield timed_cue(round(begin * 1000), round(end * 1000), text, _place(region), 1, problems)
    left_out.say(1, [f"the column in which {aside} of {captions} captions begin"] if aside else [])


def _place(region: Any) -> str:
    """Top, middle or bottom, by where its first row is, or its last where rows go up; percent of the picture."""
    from ttconv.style_properties import DisplayAlignType, StyleProperties

    origin = region.get_style(StyleProperties.Origin) if region is not None else None
    extent = region.get_style(StyleProperties.Extent) if region is not None else None
    if origin is None or extent is None:
        return ""
    if region.get_style(StyleProperties.DisplayAlign) is DisplayAlignType.before:
        return "line:0" if origin.y.value < _TOP else "line:50%" if origin.y.value < _MIDDLE else ""
    return "line:50%" if origin.y.value + extent.height.value < _MIDDLE else ""


def _content(node: Any, classes: list[str], backgrounds: list[str]) -> str:
    from ttconv.model import Br, Span, Text
    from ttconv.style_properties import FontStyleType, StyleProperties

    parts: list[str] = []
    for child in node:
        if isinstance(child, Br):
            parts.append("\n")
        elif isinstance(child, Text):
            shown = child.get_text().replace("\u2501", "—")  # how ttconv reads 608's long dash
            parts.append(escape(shown.replace(SPACE, " ")))
        elif isinstance(child, Span):
            decoration = child.get_style(StyleProperties.TextDecoration)
            color = child.get_style(StyleProperties.Color)
            name = color_class(_rgb(color)) if color else None
            background = child.get_style(StyleProperties.BackgroundColor)
            if background is not None and background.components[3] and any(background.components[:3]):
                backgrounds.append(_rgb(background))
            parts.append(
                tagged(
                    _content(child, classes, backgrounds),
                    child.get_style(StyleProperties.FontStyle)
                    in (FontStyleType.italic, FontStyleType.oblique),
                    False,
                    decoration is not None and decoration.underline is True,
                    name,
                    classes,
                )
            )
    return "".join(parts)


def _rgb(color: Any) -> str:
    return "rgb({}, {}, {})".format(*color.components[:3])


def timed_cue(
    start_ms: int, end_ms: int, text: str, settings: str, line: int, problems: list[Problem]
) -> Cue:
    if end_ms <= start_ms:
        problems.append(Problem(line, "the caption ends before it begins or at once", "invalid"))
    conform, changes = conform_text(text, start_ms, max(start_ms, end_ms))
    problems += [Problem(line, change.message, change.kind) for change in changes]
    return Cue("", start_ms, end_ms, conform, settings, line)


def parsed_of(cues: list[Cue], classes: list[str], problems: list[Problem]) -> Parsed:
    if len(cues) > MAX_CUES:
        raise refusal([FieldError("line 1", f"more than {MAX_CUES:,} cues; split the file")])
    return Parsed(Document.of([*color_styles(classes), *cues]).in_order(), tuple(problems))


@contextmanager
def _warnings(problems: list[Problem]) -> Iterator[None]:
    """What ttconv warns of while it reads, as problems."""

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            problems.append(Problem(1, record.getMessage(), "repaired"))

    logger, handler = logging.getLogger("ttconv"), Kept(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
