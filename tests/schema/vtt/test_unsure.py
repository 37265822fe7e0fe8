"""Words that a recogniser was not sure of."""

from __future__ import annotations

from schema.vtt import Cue, Document, Note, Word, parse, write
from schema.vtt.unsure import with_unsure


def word(text: str, at_ms: int, confidence: float) -> Word:
    return Word(text=text, start_ms=at_ms, end_ms=at_ms + 300, confidence=confidence)


DRAFT = Document.of(
    [Note.of("Draft."), Cue("c1", 0, 2000, "Hello, Ann."), Cue("c2", 2500, 4000, "All is well.")]
)


def test_each_cue_names_those_that_are_in_it() -> None:
    words = [
        word("Hello,", 0, 0.99),
        word("Ann.", 1000, 0.2),
        word("well.", 3500, 0.39),
        word("x", 9000, 0.1),
    ]
    made = with_unsure(DRAFT, words)
    assert [note.text for note in made.notes] == [
        "Draft.",
        "c1: not sure of “Ann.”.",
        "c2: not sure of “well.”.",
    ]
    assert [type(block) for block in made.blocks] == [Note, Note, Cue, Note, Cue]
    assert made.cues == DRAFT.cues
    assert parse(write(made)).document == made


def test_where_most_is_unsure_all_of_it_is_listened_to() -> None:
    words = [word(str(n), n * 300, 0.1) for n in range(6)]
    assert [note.text for note in with_unsure(DRAFT, words).notes][1] == (
        "c1: listen to all of it: many words are not sure."
    )


def test_where_all_is_sure_nothing_changes() -> None:
    assert with_unsure(DRAFT, [word("Hello,", 0, 0.4)]) is DRAFT


def test_another_language_is_told_however_sure_the_words_are() -> None:
    spanish = [
        each.model_copy(update={"language": "es"}) for each in (word("Hola,", 0, 0.9), word("Ana.", 400, 0.1))
    ]
    made = with_unsure(DRAFT, [*spanish, word("well.", 3500, 0.9)])
    assert [note.text for note in made.notes] == [
        "Draft.",
        "c1: heard in another language (es): listen to all of it.",
    ]
