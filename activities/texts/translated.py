"""A translated cue: the provider's words with the source's markup and position."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from activities.ports import Line
from activities.texts.dialogue import split_speakers
from schema.vtt import Document, Note
from schema.vtt.linebreak import with_lines, wrap
from schema.vtt.markup import Token, escape, plain_text, unescape, voices
from schema.vtt.text import graphemes

_TIMED = re.compile(r"<[0-9]")
"""Word by word."""


def lines_of(cue_id: str, pieces: Sequence[Token]) -> list[Line]:
    """What of a cue has words, for a provider. Every run of text between tags is a line of its own, so that markup
    stays where it was; each speaker's part has a line of the text. A reference such as `&nbsp;` is the sign that it
    stands for, and no word."""
    texts = [(n, unescape(piece.raw)) for n, piece in enumerate(pieces) if piece.kind == "text"]
    return [
        Line(id=f"{cue_id}#{n}", text="\n".join(split_speakers(text.strip())))
        for n, text in texts
        if any(sign.isalpha() for sign in text)
    ]


def cue_of(line_id: str) -> str:
    """The id of the cue that a line belongs to."""
    return line_id.rpartition("#")[0]


def rebuilt(cue_id: str, pieces: Sequence[Token], answers: Mapping[str, str]) -> str:
    """The cue's own markup around the translated text, with the original spaces."""
    built = []
    for n, piece in enumerate(pieces):
        answer = answers.get(f"{cue_id}#{n}") if piece.kind == "text" else None
        if answer is None:
            built.append(piece.raw)
            continue
        text = unescape(piece.raw)
        lead = text[: len(text) - len(text.lstrip())]
        trail = text[len(text.rstrip()) :]
        built.append(f"{lead}{escape(answer.strip())}{trail}")
    return "".join(built)


def without_notes(document: Document) -> Document:
    """Without notes, which are for the source's writer."""
    return Document(document.header, tuple(block for block in document.blocks if not isinstance(block, Note)))


def wrapped(text: str, language: str, limit: int) -> str:
    """Captions get their lines again in the target language, within their markup; one of several speakers keeps its own,
    and so does one with markup whose lines fit. What is too long for two lines is divided all the same, as evenly as it
    goes: the finding tells by how much."""
    plain = plain_text(text)
    if len(voices(text)) > 1 or len(split_speakers(plain)) > 1 or _TIMED.search(text):
        return text
    if "<" in text and all(graphemes(line) <= limit for line in plain.split("\n")):
        return text
    for allowed in range(limit, len(plain) + limit, 2):
        if lines := wrap(plain, language, allowed, 2):
            return with_lines(text, lines) if "<" in text else escape("\n".join(lines))
    return text
