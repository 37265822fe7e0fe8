"""Reads the caller's texts: descriptions, captions, words and choices."""

from __future__ import annotations

import sys
from pathlib import Path

from pydantic import TypeAdapter

from activities.command.refusals import Refused, content, naming
from schema.plan.model import Choice
from schema.vtt import Document, Transcript, accept
from schema.vtt.formats import read_any
from schema.vtt.parse import MAX_BYTES

_MOST_JSON = 64 << 20
"""More than the words of a whole day."""
_Choices = TypeAdapter(dict[str, Choice])


def read_text(path: Path, language: str) -> Document:
    """WebVTT, SRT, DAPT, SCC, EBU STL or ASS, with an id for every cue; nothing of its text is lost or guessed at. What
    else it has, and WebVTT cannot hold, is said on standard error.

    Raises:
        Refused: naming every line that stands in the way.
    """
    with naming(path):
        parsed = read_any(content(path, MAX_BYTES), language)
        document = accept(parsed).with_ids()
    for line in parsed.left_out:
        print(f"note: {path}, {line}", file=sys.stderr)
    if not document.cues:
        raise Refused(f"{path}: there is no cue in it.")
    return document


def read_words(path: Path) -> Transcript:
    """Words as the platform stores them (`words.json`).

    Raises:
        Refused: it cannot be read.
    """
    with naming(path):
        return Transcript.model_validate_json(content(path, _MOST_JSON))


def read_choices(path: Path | None, script: Document, script_path: Path) -> dict[str, Choice]:
    """What a person decided, by cue id.

    Raises:
        Refused: it cannot be read, or names a cue that the script does not have.
    """
    if path is None:
        return {}
    with naming(path):
        chosen = _Choices.validate_json(content(path, _MOST_JSON))
    strangers = chosen.keys() - script.by_id().keys()
    if strangers:
        raise Refused(*(f"{path}, {cue_id}: {script_path} has no such cue." for cue_id in sorted(strangers)))
    return chosen
