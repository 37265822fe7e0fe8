"""Reads SubRip (SRT), for which there is no standard, as it is found in the wild."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from schema.errors import FieldError
from schema.vtt.colors import color_class, color_styles
from schema.vtt.conform import conform_text
from schema.vtt.cues import Cue, Document
from schema.vtt.parse import MAX_CUE_CHARS, MAX_CUES, MAX_PROBLEMS, Parsed, decode, refusal
from schema.vtt.problems import LeftOut, Problem
from schema.vtt.timestamps import MAX_HOURS

_STAMP = r"([0-9]{1,3}):([0-9]{1,2}):([0-9]{1,2})[,.]([0-9]{1,3})"
_TIMING = re.compile(rf"\s*{_STAMP}\s*-->\s*{_STAMP}(?:\s(.*))?")
_FRACTION = r"(?:\s?[,.]\s?([0-9]{1,3})|\s?[:;]\s?(?=[0-9]{3}(?![0-9]))([0-9]{3}))?"
_LOOSE = rf"(?:([0-9]{{1,3}})\s?:\s?)?([0-9]{{1,2}})\s?:\s?([0-9]{{1,2}}){_FRACTION}(?![0-9])"
"""A time without its hours or its milliseconds, or with another sign before these. Two digits after a colon would be
frames, which nothing tells the length of."""
_DAMAGED = re.compile(rf"\s*{_LOOSE}[\s\W]{{1,8}}{_LOOSE}(?:\s(.*))?")
"""A timing line whose times or arrow are not as SRT writes them: word processors make `-->` one sign, `→`, or `–>`."""
_TWO_STAMPS = re.compile(rf"{_STAMP}.*{_STAMP}")
_ONE_STAMP = re.compile(rf"[\s\W]*{_STAMP}[\s\W]*")
"""Half of a timing line, which is caption text no more than a whole one."""
_COUNTER = re.compile(r"(?:No\.?|[#№])?\s?[(\[]?[0-9]{1,6}[)\]]?[.):\-]?", re.I)
_COORDINATES = re.compile(r"(?:\s*[A-Za-z][A-Za-z0-9]*:\S+)+\s*")
"""What may stand beside the times: SubRip's `X1:`, WebVTT's settings."""
_TAG = re.compile(r"<(/?)\s*(i|b|u|font)\b([^<>]*)>", re.I)
_BREAK = re.compile(r"<br\s*/?>", re.I)
_ATTRIBUTE = re.compile(r"(?<!\w)\w++\s*+=\s*+(?:\"[^\"]*\"|'[^']*'|\S+)")
_COLOR = re.compile(r"color\s*+=\s*+[\"']?\s*+(#?\w+(?:\([^()<>]*\))?)", re.I)
_CLASSES = re.compile(r"<c\.([^<>\s]+)>")
_OVERRIDE = re.compile(r"\{\\[^{}]*\}")
_ANCHOR = re.compile(r"\{\\an?([0-9]{1,2})\}")
_MIDDLES, _OLD_MIDDLES = (2, 5, 8), (2, 6, 10)
"""Anchors in the middle column."""
_BLANKS = " \t\f\v"
_NO_TAG = re.compile(r"<(?![A-Za-z/!]|[0-9]+:)")
"""A `<` that players show: one that begins no tag."""


def read_srt(source: str | bytes) -> Parsed:
    """Cues without ids (SRT's numbers are mere counting); italics, bold, underline, colours and top or middle
    position are kept. Every line is in the document or among the problems. TextRefused where there is no cue."""
    text, problems = decode(source)
    lines = text.split("\n")
    timings = [index for index, line in enumerate(lines) if _has_times(line)]
    if not any(_timing(lines[index]) for index in timings):
        raise refusal(
            [
                FieldError(
                    "line 1",
                    "this is no SRT, for no line is like 00:00:01,000 --> 00:00:02,500, and no WebVTT, which begins "
                    "with WEBVTT",
                )
            ]
        )
    if len(timings) > MAX_CUES:
        raise refusal(
            [FieldError(f"line {timings[MAX_CUES] + 1}", f"more than {MAX_CUES:,} cues; split the file")]
        )
    begins = [_without_number(lines, at, after) for after, at in zip([-1, *timings], timings, strict=False)]
    for index in range(begins[0]):
        if lines[index].strip():
            problems.append(Problem(index + 1, "this line belongs to no cue", "dropped"))
    cues: list[Cue] = []
    left_out = LeftOut(problems)
    for begin, at, stop in zip(begins, timings, [*begins[1:], len(lines)], strict=True):
        if at - begin > 1:
            problems.append(Problem(begin + 1, "a blank line parts this number from its times", "normalised"))
        cue = _read_cue(lines, at, stop, problems, left_out)
        if cue is not None:
            cues.append(cue)
        if len(problems) > MAX_PROBLEMS:
            raise refusal([FieldError(f"line {problem.line}", problem.message) for problem in problems])
    styles = color_styles(name for cue in cues for name in _CLASSES.findall(cue.text))
    return Parsed(Document.of([*styles, *cues]), tuple(problems))


def _has_times(line: str) -> bool:
    """Whether it is a timing line, or what is left of one: such a line is never caption text."""
    if "-->" in line:
        return True
    if ":" not in line and "\uff1a" not in line:
        return False
    plain = _plain(line)
    return bool(_TWO_STAMPS.search(plain) or _damaged(plain) or _ONE_STAMP.fullmatch(plain))


def _damaged(plain: str) -> re.Match[str] | None:
    """`12:30 – 13:30` may be what somebody says."""
    found = _DAMAGED.fullmatch(plain)
    if found is None or "-->" in plain:
        return found
    h1, _, _, a1, b1, h2, _, _, a2, b2, _ = found.groups()
    return found if (h1 or a1 or b1) and (h2 or a2 or b2) else None


def _plain(line: str) -> str:
    """With digits and signs of any script and width as ASCII has them, and without marks of direction."""
    line = line.replace("&gt;", ">")
    if line.isascii():
        return line
    shown = (sign for sign in unicodedata.normalize("NFKC", line) if unicodedata.category(sign) != "Cf")
    return "".join(str(unicodedata.decimal(sign, sign)) for sign in shown).replace("،", ",")


def _timing(line: str) -> tuple[int, int, str] | None:
    """Start, end (milliseconds), and what stands beside them."""
    found = _TIMING.fullmatch(line)
    if found is not None:
        start, end, beside = _ms(*found.groups()[:4]), _ms(*found.groups()[4:8]), found.group(9)
    elif found := _damaged(_plain(line)):
        h1, m1, s1, a1, b1, h2, m2, s2, a2, b2, beside = found.groups()
        start, end = _ms(h1 or "0", m1, s1, a1 or b1 or "0"), _ms(h2 or "0", m2, s2, a2 or b2 or "0")
    else:
        return None
    return None if start is None or end is None else (start, end, beside or "")


def _without_number(lines: list[str], timing: int, before: int) -> int:
    """Where a cue's block begins: at its number, if there is one above its timing line. `before` is the timing line of
    the cue before, or -1.

    A number right above is one. `1.` and `#1`, and a number that blank lines part from its times, are where they stand
    by themselves, and are not all that the cue before says.
    """
    above = timing - 1
    while above > before and not lines[above].strip():
        above -= 1
    line = lines[above].strip() if above > before else ""
    plain = line.isdecimal()
    if plain and above == timing - 1:
        return above
    line = _plain(line)
    alone = above == 0 or not lines[above - 1].strip()
    others = before < 0 or any(line.strip() for line in lines[before + 1 : above])
    return above if alone and others and _COUNTER.fullmatch(line) else timing


def _read_cue(lines: list[str], at: int, stop: int, problems: list[Problem], left_out: LeftOut) -> Cue | None:
    found = _timing(lines[at])
    if found is None:
        problems.append(
            Problem(at + 1, "this is no timing line; write 00:00:01,000 --> 00:00:02,500", "dropped")
        )
        return None
    start, end, beside = found
    if _TIMING.fullmatch(lines[at]) is None:
        message = "this timing line is damaged; write 00:00:01,000 --> 00:00:02,500"
        if "-->" not in lines[at]:
            message = "the arrow of this timing line is damaged; write -->"
        problems.append(Problem(at + 1, message, "repaired"))
    said = [(index, part) for index in range(at + 1, stop) for part in _BREAK.split(lines[index])]
    if beside.strip() and not _COORDINATES.fullmatch(beside):
        problems.append(Problem(at + 1, "text stands beside the times; it is read as the cue's", "repaired"))
        said, beside = [(at, beside), *said], ""
    kept = [index for index, line in said if _OVERRIDE.sub("", line).strip()]
    raw = "\n".join(line.strip(_BLANKS) for _, line in said if line.strip())
    if len(raw) > MAX_CUE_CHARS or end >= (MAX_HOURS + 1) * 3_600_000:
        problems.append(
            Problem(at + 1, f"the cue is longer than {MAX_CUE_CHARS:,} characters, or too late", "dropped")
        )
        return None
    if end <= start:
        problems.append(
            Problem(at + 1, "the cue ends before it begins or at once; its end must be later", "invalid")
        )
    written, strange = _to_webvtt(raw)
    colours = (f"the colour {color}" for color in strange)
    left_out.say(at + 1, [*_left_out(beside, raw), *colours])
    text, changes = conform_text(written, start, max(start, end))
    problems += [Problem(kept[change.line] + 1, change.message, change.kind) for change in changes]
    return Cue("", start, end, text, _settings(raw), at + 1)


def _ms(hours: str, minutes: str, seconds: str, fraction: str) -> int | None:
    """A short fraction is a decimal one: `1,5` is a second and a half."""
    if int(minutes) > 59 or int(seconds) > 59:
        return None
    return ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1000 + int(fraction.ljust(3, "0"))


def _settings(raw: str) -> str:
    """`{\\an8}` and the like: the number pad's top row is at the top, the middle row in the middle."""
    found = _ANCHOR.search(raw)
    place = int(found.group(1)) if found else 2
    if found and not found.group(0).startswith("{\\an"):
        return "line:0" if place in (5, 6, 7) else "line:50%" if place in (9, 10, 11) else ""
    return "line:0" if place in (7, 8, 9) else "line:50%" if place in (4, 5, 6) else ""


def _left_out(beside_times: str, raw: str) -> Iterator[str]:
    """Coordinates, overrides of ASS, columns, and what is said of a font but its colour."""
    if beside_times.strip():
        yield beside_times.strip()
    for override in _OVERRIDE.findall(raw):
        anchor = _ANCHOR.fullmatch(override)
        if anchor is None:
            yield override
        elif int(anchor.group(1)) not in (_MIDDLES if override.startswith("{\\an") else _OLD_MIDDLES):
            yield f"{override} but for its row"
    for _, name, attributes in _TAG.findall(raw):
        if name.lower() == "font":
            yield from _ATTRIBUTE.findall(_COLOR.sub("", attributes))


def _to_webvtt(raw: str) -> tuple[str, list[str]]:
    """The text as WebVTT, and the colours that cannot be read."""
    fonts: list[str] = []
    strange: list[str] = []

    def tag(found: re.Match[str]) -> str:
        closing, name = found.group(1), found.group(2).lower()
        if name != "font":
            return f"<{closing}{name}>"
        if closing:
            return fonts.pop() if fonts else ""
        color = _COLOR.search(found.group(3))
        known = color_class(color.group(1)) if color else None
        if color and known is None:
            strange.append(color.group(1))
        fonts.append("</c>" if known else "")
        return f"<c.{known}>" if known else ""

    written = _TAG.sub(tag, _NO_TAG.sub("&lt;", _OVERRIDE.sub("", raw)))
    lines = (line.strip(_BLANKS) for line in written.split("\n"))
    return "\n".join(line for line in lines if line).replace("-->", "--&gt;"), strange
