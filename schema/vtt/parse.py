"""Reads WebVTT, as the parser of the specification does (https://www.w3.org/TR/webvtt1/#file-parsing).

webvtt-py drops what is not a cue, STYLE or REGION without a word and keeps no line numbers, so this is our own
parser; the tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from schema.errors import FieldError, TextRefused
from schema.vtt.conform import Change, conform_settings, conform_text
from schema.vtt.cues import Block, Cue, Document, Note, Region, Style
from schema.vtt.encodings import first_bad_byte, other_encoding
from schema.vtt.problems import TOLD, Problem, ProblemKind
from schema.vtt.timestamps import MAX_HOURS, STAMP, to_ms

MAX_BYTES = 5 * 1024 * 1024
MAX_CUES = 20_000
MAX_BLOCKS = 2 * MAX_CUES
MAX_CUE_CHARS = 50_000
MAX_PROBLEMS = 50_000
_SHOWN_PROBLEMS = 100
_ACCEPTED: tuple[ProblemKind, ...] = ("left out", "normalised")

_TIMING = re.compile(rf"[ \t\f]*{STAMP}[ \t\f]*-->[ \t\f]*{STAMP}(.*)", re.S)
_SURROGATES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Parsed:
    document: Document
    problems: tuple[Problem, ...]

    @property
    def left_out(self) -> tuple[str, ...]:
        """What the file had beside its text and WebVTT has no place for: `line 5: \\fad(1,2) was left out`."""
        found = [each for each in self.problems if each.kind == "left out"]
        return tuple(
            f"line {each.line}: {each.message}" for each in sorted(found, key=lambda each: each.line)
        )


def parse(source: str | bytes) -> Parsed:
    """Reads leniently. Every block of the file is in the document or among the problems.

    Of what was normalised the first 1,000 are told. Raises TextRefused for what is not WebVTT at all, and for
    more than `MAX_BYTES`, `MAX_CUES`, `MAX_BLOCKS` or `MAX_PROBLEMS`. Linear in the size of the input.
    """
    text, problems = decode(source)
    reader = _Reader(text.split("\n"), problems)
    reader.read()
    return Parsed(Document(reader.header, tuple(reader.blocks)), tuple(reader.problems))


def parse_strict(source: str | bytes) -> Document:
    """Reads what somebody saves: TextRefused names each line where text would be lost, guessed at, or unfit to be
    written. Cues come back in time order."""
    return accept(parse(source))


def accept(parsed: Parsed) -> Document:
    """The document, in time order, where nothing of the text was lost or guessed at; else TextRefused."""
    errors = [
        FieldError(f"line {problem.line}", problem.message)
        for problem in sorted(parsed.problems, key=lambda problem: problem.line)
        if problem.kind not in _ACCEPTED
    ]
    if errors:
        raise refusal(errors)
    return parsed.document.in_order()


def refusal(errors: Sequence[FieldError]) -> TextRefused:
    """One sentence that names the first line, and up to 100 errors."""
    first, count = errors[0], len(errors)
    more = "" if count == 1 else f" ({count - 1} more)"
    return TextRefused(f"{first.field}: {first.message}{more}", errors=errors[:_SHOWN_PROBLEMS])


def decode(source: str | bytes, max_bytes: int = MAX_BYTES) -> tuple[str, list[Problem]]:
    """Text with line feeds only, no byte order mark, and U+FFFD for NUL and for bytes that are not UTF-8."""
    problems: list[Problem] = []
    if isinstance(source, bytes):
        _refuse_size(len(source), max_bytes)
        if other := other_encoding(source):
            raise refusal([FieldError("line 1", f"the file is {other}; save it as UTF-8")])
        text = source.decode("utf-8", errors="replace")
        if "\ufffd" in text and (bad := first_bad_byte(source)) is not None:
            line = len(re.findall(rb"\r\n|\n|\r", source[:bad])) + 1
            problems.append(Problem(line, "the file is not UTF-8 here; save it as UTF-8", "repaired"))
    else:
        _refuse_size(len(source), max_bytes)
        text = _SURROGATES.sub("\ufffd", source)
        _refuse_size(len(text.encode()), max_bytes)
    text = text.removeprefix("\ufeff").replace("\x00", "\ufffd")
    return text.replace("\r\n", "\n").replace("\r", "\n"), problems


def _refuse_size(size: int, max_bytes: int) -> None:
    if size > max_bytes:
        message = f"the text is larger than {max_bytes // 1024 // 1024} MiB; split it"
        raise refusal([FieldError("line 1", message)])


class _Reader:
    """Walks the lines once. `at` is the index of the next line."""

    def __init__(self, lines: list[str], problems: list[Problem]) -> None:
        self.lines, self.problems = lines, problems
        self.at = 0
        self.header = ""
        self.blocks: list[Block] = []
        self.cue_count = self.normalised = 0
        self.cue_seen = False
        self.ids: dict[str, int] = {}

    def say(self, line: int, message: str, kind: ProblemKind) -> None:
        if kind == "normalised":
            self.normalised += 1
            if self.normalised > TOLD:
                return
        self.problems.append(Problem(line, message, kind))
        if len(self.problems) > MAX_PROBLEMS:
            shown = [FieldError(f"line {problem.line}", problem.message) for problem in self.problems]
            raise refusal(shown)

    def read(self) -> None:
        self.read_header()
        while self.at < len(self.lines):
            if self.lines[self.at]:
                self.read_block()
            else:
                self.at += 1
            if len(self.blocks) > MAX_BLOCKS:
                message = f"more than {MAX_BLOCKS:,} cues and notes; split the file"
                raise refusal([FieldError(f"line {self.at}", message)])

    def read_header(self) -> None:
        first = self.lines[0]
        if not first.startswith("WEBVTT") or first[6:7] not in ("", " ", "\t"):
            raise refusal([FieldError("line 1", "this is not WebVTT: its first line must be WEBVTT")])
        self.header = first[7:]
        if "-->" in self.header:
            self.header = self.header.replace("-->", "→")
            self.say(1, "an arrow in the header was written as →", "normalised")
        start = self.at = 1
        while self.at < len(self.lines) and self.lines[self.at] and "-->" not in self.lines[self.at]:
            self.at += 1
        if self.at > start:
            self.blocks.append(Note("\n".join(self.lines[start : self.at]), start + 1))
            self.say(start + 1, "lines right below WEBVTT are kept as a NOTE", "normalised")

    def read_block(self) -> None:
        """Collects one block: to a blank line, or to an arrow that cannot be this block's own timing line."""
        start = self.at
        lines = self.lines
        timing: int | None = None
        while self.at < len(lines) and (line := lines[self.at]):
            if "-->" in line:
                if timing is not None or self.at - start > 1:
                    break
                timing = self.at
            self.at += 1
        if timing is None:
            self.read_untimed(start)
        else:
            self.read_cue(start, timing)

    def read_untimed(self, start: int) -> None:
        first, rest = self.lines[start], self.lines[start + 1 : self.at]
        if first.startswith("NOTE") and first[4:5] in ("", " ", "\t"):
            head = [first[5:]] if first[5:] else []
            self.blocks.append(Note("\n".join([*head, *rest]), start + 1))
            return
        keyword = first.rstrip(" \t\f")
        if keyword not in ("STYLE", "REGION"):
            shown = first if len(first) <= 40 else first[:39] + "…"
            self.say(start + 1, f"this block is no cue (it has no line with -->): {shown}", "dropped")
        elif self.cue_seen:
            self.say(start + 1, f"{keyword} must stand before the first cue", "dropped")
        elif not rest:
            self.say(start + 1, f"{keyword} has nothing in it", "dropped")
        else:
            kind = Style if keyword == "STYLE" else Region
            self.blocks.append(kind("\n".join(rest), start + 1))

    def read_cue(self, start: int, timing: int) -> None:
        found = _TIMING.fullmatch(self.lines[timing])
        if found is None:
            self.say(timing + 1, "this is no timing line; write 00:00:01.000 --> 00:00:02.500", "dropped")
            return
        h1, m1, s1, t1, h2, m2, s2, t2, rest = found.groups()
        begin, end = to_ms(h1, m1, s1, t1), to_ms(h2, m2, s2, t2)
        if begin is None or end is None:
            message = f"minutes and seconds go to 59, hours to {MAX_HOURS}; mend the times"
            self.say(timing + 1, message, "dropped")
            return
        self.cue_seen = True
        if end <= begin:
            self.say(timing + 1, "the cue ends before it begins or at once; its end must be later", "invalid")
        settings = ""
        if rest:
            settings, changes = conform_settings(rest)
            self.tell(timing + 1, changes)
        text = "\n".join(self.lines[timing + 1 : self.at])
        if len(text) > MAX_CUE_CHARS:
            self.say(start + 1, f"a cue of more than {MAX_CUE_CHARS:,} characters; divide it", "dropped")
            return
        text, changes = conform_text(text, begin, max(end, begin))
        self.tell(timing + 2, changes)
        name = self.lines[start] if timing > start else ""
        if name:
            self.note_id(name, start + 1)
        self.cue_count += 1
        if self.cue_count > MAX_CUES:
            raise refusal([FieldError(f"line {start + 1}", f"more than {MAX_CUES:,} cues; split the file")])
        self.blocks.append(Cue(name, begin, end, text, settings, start + 1))

    def note_id(self, name: str, line: int) -> None:
        first = self.ids.setdefault(name, line)
        if first != line:
            shown = name if len(name) <= 40 else name[:39] + "…"
            self.say(line, f"the id {shown} is already used on line {first}; ids are unique", "invalid")

    def tell(self, line: int, changes: list[Change]) -> None:
        for change in changes:
            self.say(line + change.line, change.message, change.kind)
