"""Sound that is not speech, in a draft."""

from __future__ import annotations

from schema.vtt import Cue, Document, Note, parse, write
from schema.vtt.sounds import unnamed_sounds, with_sounds


def test_what_is_neither_said_nor_silent_and_is_long_is_told() -> None:
    known = [(20_000, 22_000), (0, 1_000), (21_000, 30_000)]
    assert unnamed_sounds(known, 60_000, 10_000) == [(1_000, 20_000), (30_000, 60_000)]
    assert unnamed_sounds(known, 39_999, 10_000) == [(1_000, 20_000)]
    assert unnamed_sounds([(0, 60_000)], 60_000, 10_000) == []


def test_a_note_stands_before_the_cue_that_follows() -> None:
    draft = Document.of([Note.of("Draft."), Cue("c1", 0, 900, "One."), Cue("c2", 20_000, 22_000, "Two.")])
    made = with_sounds(draft, [(1_000, 20_000), (30_000, 60_000)])
    assert [type(block) for block in made.blocks] == [Note, Cue, Note, Cue, Note]
    assert made.notes[1].text == (
        "Sound without speech, 00:00:01.000 to 00:00:20.000: tell what it is where it matters, such as [music]."
    )
    assert made.cues == draft.cues
    assert parse(write(made)).document == made
    assert with_sounds(draft, []) is draft
