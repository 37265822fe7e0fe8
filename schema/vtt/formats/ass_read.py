"""Reads Advanced SubStation Alpha (ASS, SSA): events and styles by pysubs2, and of the override tags what WebVTT has."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schema.errors import FieldError
from schema.vtt.colors import color_class
from schema.vtt.cues import Cue
from schema.vtt.formats.broadcast_read import parsed_of, tagged, timed_cue
from schema.vtt.markup import escape, voice_span
from schema.vtt.parse import Parsed, decode, refusal
from schema.vtt.problems import LeftOut, Problem

if TYPE_CHECKING:
    from pysubs2 import SSAStyle

_PLACES = {7: "line:0", 8: "line:0", 9: "line:0", 4: "line:50%", 5: "line:50%", 6: "line:50%"}
"""By the keys of a number pad."""
_MIDDLES = (2, 5, 8)
_OLD_PLACES = {5: 8, 6: 8, 7: 8, 9: 5, 10: 5, 11: 5}
"""The top and the middle row as `\\a` of SSA has them, by the keys of a number pad."""
_BLOCK = re.compile(r"\{([^{}]*)\}")
_ESCAPED = {"\\{": "\ue000", "\\}": "\ue001"}
"""Braces of the text, and what stands for them until tags are read."""
_STAMP = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}[.:][0-9]{2,3}"
_EVENT = re.compile(rf"(?:Dialogue|Comment):[^,]*,\s*{_STAMP}\s*,\s*{_STAMP}\s*(?:,[^,]*){{6}},.*")
_TAG = re.compile(
    r"\\(an?[0-9]+|[ibup][0-9]+|1?c(?:&H[0-9A-Fa-f]{1,8}&?)?|r[^\\]*|[a-zA-Z0-9]+(?:\([^()]*\)|[^\\(]*))"
)
_COLOR = re.compile(r"1?c&H([0-9A-Fa-f]{1,8})&?")


def is_ass(start: str) -> bool:
    return start.startswith("[Script Info]")


def read_ass(source: str | bytes) -> Parsed:
    """Dialogue with its speakers, italics, bold, underline, colours and places; comments, drawings and effects are told.
    TextRefused for what cannot be read."""
    from pysubs2 import SSAFile  # loaded where it is needed

    text, problems = decode(source)
    kept: list[str] = []
    lines: list[int] = []
    for number, written in enumerate(text.split("\n"), 1):
        if not written.startswith(("Dialogue:", "Comment:")):
            kept.append(written)
        elif _EVENT.fullmatch(written):
            kept.append(written)
            lines.append(number)
        else:
            message = "this is no event with its times as 0:00:01.00 and ten fields"
            problems.append(Problem(number, message, "dropped"))
    try:
        events = SSAFile.from_string("\n".join(kept), format_="ass")
    except Exception as error:  # a stranger's file, read by a library that raises what it meets
        raise refusal([FieldError("line 1", f"this is no ASS that can be read: {error}")]) from error
    cues: list[Cue] = []
    left_out = LeftOut(problems)
    classes: list[str] = []
    for event, line in zip(events, lines, strict=False):
        if event.is_comment:
            left_out.say(line, ["a comment"])
            continue
        said = _Said(events.styles.get(event.style), events.styles, classes)
        said.read(event.text)
        said.text = "\n".join(row for row in said.text.split("\n") if row.strip())
        left_out.say(line, [*filter(None, [event.effect]), *said.lost])
        if said.text.strip():
            spoken = voice_span(event.name, said.text) if event.name.strip() else said.text
            cues.append(timed_cue(event.start, event.end, spoken, said.place, line, problems))
    return parsed_of(cues, classes, problems)


class _Said:
    """The text of one event, with the state that its override tags change."""

    def __init__(self, style: SSAStyle | None, styles: Mapping[str, SSAStyle], classes: list[str]) -> None:
        self.style, self.styles, self.classes = style, styles, classes
        self.text = ""
        self.lost: list[str] = []
        self.place = _PLACES.get(int(style.alignment), "") if style else ""
        self.reset(style)

    def reset(self, style: SSAStyle | None) -> None:
        self.on = {
            "i": bool(style and style.italic),
            "b": bool(style and style.bold),
            "u": bool(style and style.underline),
            "p": False,
        }
        color = style.primarycolor if style else None
        self.color = color_class(f"rgb({color.r}, {color.g}, {color.b})") if color else None

    def read(self, text: str) -> None:
        at = 0
        for written, mark in _ESCAPED.items():
            text = text.replace(written, mark)
        for block in _BLOCK.finditer(text):
            self.add(text[at : block.start()])
            if block.group(1).strip() and "\\" not in block.group(1):
                self.lost.append("a comment in braces")
            for tag in _TAG.findall(block.group(1)):
                self.change(tag)
            at = block.end()
        self.add(text[at:])

    def change(self, tag: str) -> None:
        if tag[0] in self.on and tag[1:].isdigit():
            self.on[tag[0]] = int(tag[1:]) > 0
        elif found := re.fullmatch(r"an([0-9])", tag):
            self.place = _PLACES.get(int(found.group(1)), "")
            if int(found.group(1)) not in _MIDDLES:
                self.lost.append(f"\\{tag} but for its row")
        elif found := re.fullmatch(r"a([0-9]{1,2})", tag):
            self.place = _PLACES.get(_OLD_PLACES.get(int(found.group(1)), 2), "")
        elif found := _COLOR.fullmatch(tag):
            digits = found.group(1).zfill(6)[-6:]  # blue, green, red
            self.color = color_class(f"#{digits[4:6]}{digits[2:4]}{digits[0:2]}")
        elif tag[0] == "r" or tag in ("c", "1c"):
            self.reset(self.styles.get(tag[1:].strip(), self.style) if tag[0] == "r" else self.style)
        else:
            self.lost.append(f"\\{tag}")

    def add(self, text: str) -> None:
        if self.on["p"]:
            if text.strip():
                self.lost.append("a drawing")
            return
        for written, mark in _ESCAPED.items():
            text = text.replace(mark, written[1:])
        said = escape(text.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\u00a0"))
        self.text += tagged(said, self.on["i"], self.on["b"], self.on["u"], self.color, self.classes)
