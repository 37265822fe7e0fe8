"""Brings cue text and cue settings to what WebVTT allows, changing nothing that a reader sees, and says what it did.

A *normalised* piece meant one thing only (`R&B`, a second `<v>` before the first was closed). A *repaired* one
lost something or was a guess (an unknown tag, a tag never closed): whoever saves a file is asked to mend it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from schema.vtt.markup import Token, conform_references, tokens

Repair = Literal["normalised", "repaired"]


@dataclass(frozen=True, slots=True)
class Change:
    """`line` counts from 0 at the text's first line."""

    line: int
    message: str
    kind: Repair


def conform_text(text: str, start_ms: int, end_ms: int) -> tuple[str, list[Change]]:
    """Cue text that conforms, and what was changed. Linear in the text's length."""
    if "<" not in text and "&" not in text:
        return text, []
    work = _Conformer(start_ms, end_ms)
    for token in tokens(text):
        work.add(token)
        work.line += token.raw.count("\n")
    work.finish()
    written = "".join(work.out)
    if work.changes:
        # What was left out may have been all of a line, or what kept an arrow apart.
        written = "\n".join(line for line in written.split("\n") if line).replace("-->", "--&gt;")
    return written, work.changes


class _Conformer:
    """One pass over the tokens of a cue, with the open tags on a stack."""

    def __init__(self, start_ms: int, end_ms: int) -> None:
        self.out: list[str] = []
        self.changes: list[Change] = []
        self.line = 0
        self.open: list[str] = []
        self.voices_open = 0
        self.last_ms, self.end_ms = start_ms, end_ms

    def say(self, message: str, kind: Repair = "repaired") -> None:
        self.changes.append(Change(self.line, message, kind))

    def add(self, token: Token) -> None:
        match token.kind:
            case "text":
                self.add_text(token.raw)
            case "start":
                self.add_start(token)
            case "end":
                self.add_end(token)
            case "time":
                self.add_time(token)
            case "unknown":
                self.add_unknown(token)

    def add_text(self, raw: str) -> None:
        written = conform_references(raw).replace("<", "&lt;")
        if written != raw:
            if "<" in raw:
                self.say(
                    "players hide what follows this `<`, which has no `>`; it is shown as text now; write &lt; for a "
                    "less-than sign"
                )
            else:
                self.say("`&` is written as a reference", "normalised")
        self.out.append(written)

    def add_start(self, token: Token) -> None:
        if token.name == "rt" and (not self.open or self.open[-1] != "ruby"):
            self.say("<rt> stands outside of <ruby> and was left out")
            return
        if token.name == "v":
            if self.voices_open:
                self.close_voice()
            self.voices_open += 1
        self.open.append(token.name)
        self.out.append(conform_references(token.raw))

    def close_voice(self) -> None:
        """A speaker who begins ends the one before, with the tags inside."""
        self.say("a new <v> begins before the last was closed; the last was closed there", "normalised")
        space = ""
        if self.out and not self.out[-1].startswith("<"):
            kept = self.out[-1].rstrip()
            space, self.out[-1] = self.out[-1][len(kept) :], kept
        while self.open:
            name = self.open.pop()
            self.out.append(f"</{name}>")
            if name == "v":
                break
        self.voices_open -= 1
        self.out.append(space)

    def add_end(self, token: Token) -> None:
        if token.name == "ruby" and self.open[-1:] == ["rt"]:
            self.open.pop()
        if self.open[-1:] != [token.name]:
            self.say(f"{token.raw} closes no tag that is open here, and was left out")
            return
        self.open.pop()
        self.voices_open -= token.name == "v"
        self.out.append(token.raw)

    def add_time(self, token: Token) -> None:
        if self.last_ms < token.at_ms < self.end_ms:
            self.last_ms = token.at_ms
            self.out.append(token.raw)
        else:
            self.say(
                f"the time {token.raw} is not within its cue, or not after the one before, and was left out"
            )

    def add_unknown(self, token: Token) -> None:
        inner = token.raw[1:-1]
        if inner[:1].isalpha() or inner[:1] in ("/", "!") or re.fullmatch(r"[0-9:.]+", inner):
            shown = token.raw if len(token.raw) <= 40 else token.raw[:39] + "…"
            self.say(f"{shown} is no WebVTT tag and was left out; to show it, write &lt; for its first sign")
            return
        self.say(
            "players hide `<` and what follows up to `>`; it is shown as text now; write &lt; for a less-than sign"
        )
        self.out.append("&lt;" + conform_references(inner) + "&gt;")

    def finish(self) -> None:
        whole = bool(self.out) and self.out[0].startswith("<v")
        while self.open:
            name = self.open.pop()
            if name == "v" and whole and not self.open and not any(part == "</v>" for part in self.out):
                return
            self.out.append(f"</{name}>")
            if name == "v":
                self.say("a <v> is not closed; it was closed at the end", "normalised")
            elif name != "rt":
                self.say(f"<{name}> is not closed; it was closed at the end")


_PERCENT = r"(?:100(?:\.0+)?|[0-9]{1,2}(?:\.[0-9]+)?)%"
_SETTINGS = {
    "vertical": re.compile(r"rl|lr"),
    "line": re.compile(rf"(?:-?[0-9]{{1,4}}|{_PERCENT})(?:,(?:start|center|end))?"),
    "position": re.compile(rf"{_PERCENT}(?:,(?:line-left|center|line-right))?"),
    "size": re.compile(_PERCENT),
    "align": re.compile(r"start|center|end|left|right"),
    "region": re.compile(r"\S+"),
}
_OLD = {"align:middle": "align:center"}
"""Drafts before 2017 said `middle`; many tools still write it."""


def conform_settings(settings: str) -> tuple[str, list[Change]]:
    """Cue settings that conform, one space between them, each name once; and what was changed."""
    kept: dict[str, str] = {}
    changes: list[Change] = []
    for pair in settings.split():
        current = _OLD.get(pair, pair)
        if current.startswith("position:") and current.endswith(",middle"):
            current = current.removesuffix("middle") + "center"
        if current != pair:
            changes.append(Change(0, f"{pair} is an old form of {current}", "normalised"))
        name, colon, value = current.partition(":")
        pattern = _SETTINGS.get(name)
        if not colon or pattern is None or not pattern.fullmatch(value):
            shown = pair if len(pair) <= 40 else pair[:39] + "…"
            changes.append(
                Change(0, f"{shown} is no cue setting that players know, and was left out", "repaired")
            )
        elif name in kept:
            changes.append(Change(0, f"{name} is set twice; the last one counts", "repaired"))
            kept[name] = current
        else:
            kept[name] = current
    return " ".join(kept.values()), changes
