"""Cue text as flat runs, for formats whose elements cannot be nested as WebVTT's tags are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from schema.vtt.markup import Token, dashed, plain_text, tokens, unescape


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of plain text, the tags that are open around it from the outermost in, and what it reads: `reading` is
    the text of the `<rt>` that belongs to it."""

    text: str
    tags: tuple[Token, ...] = ()
    reading: str = ""


def runs_of(text: str) -> Iterator[Run]:
    """The runs in order. A ruby base is one run, of whatever tags it has those that are open at its start; a reading
    without a base is a run in parentheses."""
    opened: list[Token] = []
    base: Run | None = None
    reading: str | None = None
    for token in tokens(dashed(text)):
        inside = any(tag.name == "ruby" for tag in opened)
        ends_ruby = token.kind == "end" and token.name == "ruby"
        if reading is not None and (ends_ruby or (token.kind == "end" and token.name == "rt")):
            yield _read(base, reading, tuple(opened))
            base = reading = None
        if ends_ruby and base is not None:
            yield base
            base = None
        if token.kind == "text":
            plain = unescape(token.raw)
            if reading is not None:
                reading += plain
            elif inside:
                tags = base.tags if base else _styles(opened)
                base = Run((base.text if base else "") + plain, tags)
            else:
                yield Run(plain, _styles(opened))
        elif token.kind == "start" and token.name == "rt":
            reading = ""
        elif token.kind == "start":
            opened.append(token)
        elif token.kind == "end" and token.name != "rt":
            _close(opened, token.name)
    if reading is not None:
        yield _read(base, reading, ())
    elif base is not None:
        yield base


def read_aloud(text: str) -> str:
    """The plain text, with readings of ruby in the place of their bases."""
    if "<rt" not in text:
        return plain_text(text)
    return "".join(run.reading if run.reading.strip() else run.text for run in runs_of(text))


def with_readings(text: str) -> str:
    """The plain text, with readings of ruby in parentheses behind their bases."""
    if "<rt" not in text:
        return plain_text(text)
    return "".join(f"{run.text}({run.reading})" if run.reading.strip() else run.text for run in runs_of(text))


def _read(base: Run | None, reading: str, opened: tuple[Token, ...]) -> Run:
    if base is None or not base.text.strip():
        return Run(f"{base.text if base else ''}({reading})", _styles(opened))
    return Run(base.text, base.tags, reading)


def _styles(opened: list[Token] | tuple[Token, ...]) -> tuple[Token, ...]:
    return tuple(tag for tag in opened if tag.name != "ruby")


def _close(opened: list[Token], name: str) -> None:
    for at in range(len(opened) - 1, -1, -1):
        if opened[at].name == name:
            del opened[at]
            return
