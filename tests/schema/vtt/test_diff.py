"""What changed between two versions."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schema.vtt import Cue, Document, Note
from schema.vtt.diff import Diff, diff, diff_words
from tests.effort import AT_ONCE_S, busy_s


def test_each_kind_of_change_is_told_apart() -> None:
    before = Document.of(
        [
            Cue("same", 0, 1000, "x"),
            Cue("moved", 1000, 2000, "y"),
            Cue("said", 2000, 3000, "The old man sat."),
            Cue("gone", 3000, 4000, "z"),
            Cue("set", 5000, 6000, "q"),
        ]
    )
    after = Document.of(
        [
            Note("new"),
            Cue("same", 0, 1000, "x"),
            Cue("moved", 1100, 2000, "y"),
            Cue("said", 2000, 3000, "The young man sat down."),
            Cue("set", 5000, 6000, "q", "line:0"),
            Cue("fresh", 7000, 8000, "new"),
        ]
    )
    found = diff(before, after)
    assert [cue.id for cue in found.added] == ["fresh"]
    assert [(cue.id, cue.index) for cue in found.removed] == [("gone", 3)]
    flags = {c.after.id: (c.retimed, c.reworded, c.renamed, c.settings_changed) for c in found.changed}
    assert flags == {
        "moved": (True, False, False, False),
        "said": (False, True, False, False),
        "set": (False, False, False, True),
    }
    assert found.unchanged == 1
    assert found.other_blocks_changed
    assert found.changed_ids == {"said", "fresh"}
    said = next(change for change in found.changed if change.after.id == "said")
    assert [(word.op, word.text) for word in said.words] == [
        ("equal", "The "),
        ("delete", "old"),
        ("insert", "young"),
        ("equal", " man sat"),
        ("insert", " down"),
        ("equal", "."),
    ]
    assert Diff.model_validate_json(found.model_dump_json()) == found


def test_cues_without_ids_are_paired_by_what_they_say_and_where() -> None:
    before = Document.of(
        [Cue("", 0, 1000, "one"), Cue("", 2000, 3000, "two is here"), Cue("", 4000, 5000, "three")]
    )
    after = Document.of(
        [Cue("", 100, 1100, "one"), Cue("b", 2000, 3000, "two was here"), Cue("", 9000, 9500, "three")]
    )
    found = diff(before, after)
    assert not found.added
    assert not found.removed
    assert [(c.retimed, c.reworded, c.renamed) for c in found.changed] == [
        (True, False, False),
        (False, True, True),
        (True, False, False),
    ]


def test_ids_that_were_given_anew_do_not_hide_what_stayed() -> None:
    before = Document.of([Cue("a", 0, 1000, "one"), Cue("b", 2000, 3000, "two")])
    after = Document.of([Cue("b", 0, 1000, "one"), Cue("c", 2000, 3000, "two")])
    found = diff(before, after)
    assert [(c.before.id, c.after.id) for c in found.changed] == [("a", "b"), ("b", "c")]
    assert not found.changed_ids
    assert not found.removed


@pytest.mark.parametrize("late_ms", [0, 700])
def test_a_cue_among_others_that_were_numbered_anew_is_the_only_one_added(late_ms: int) -> None:
    texts = ["One.", "Yes.", "Two.", "Three.", "Yes.", "Four.", "Five.", "Six."]
    before = Document.of([Cue(str(n), n * 1000, n * 1000 + 900, text) for n, text in enumerate(texts, 1)])
    moved = [(n * 1000 + late_ms, text) for n, text in enumerate(texts, 1)]
    moved.insert(3, (3500 + late_ms, "New."))
    after = Document.of([Cue(str(n), start, start + 400, text) for n, (start, text) in enumerate(moved, 1)])
    found = diff(before, after)
    assert [cue.text for cue in found.added] == ["New."]
    assert not found.removed
    assert found.changed_ids == {"4"}


def test_a_cue_that_takes_the_words_of_another_keeps_its_id() -> None:
    before = Document.of(
        [Cue("a", 0, 1000, "Yes."), Cue("b", 2000, 3000, "Maybe."), Cue("c", 4000, 5000, "Yes.")]
    )
    after = Document.of(
        [Cue("a", 0, 1000, "No."), Cue("b", 2000, 3000, "Yes."), Cue("c", 4000, 5000, "Yes.")]
    )
    assert diff(before, after).changed_ids == {"a", "b"}


@pytest.mark.parametrize(
    ("before", "after", "deleted", "inserted"),
    [
        ("我们今天去公园散步", "我们明天去公园散步", ["今天"], ["明天"]),
        ("公園まで歩いた", "学校まで歩いた", ["公園"], ["学校"]),
        ("ฉันรักภาษาไทย", "ฉันเรียนภาษาไทย", ["รัก"], ["เรียน"]),
        ("वह किताब पढ़ती है", "वह किताबें पढ़ती है", ["किताब"], ["किताबें"]),
        ("क्षमा", "क्षम", ["क्षमा"], ["क्षम"]),
        ("می\u200cخواهم", "می\u200cخواهد", ["می\u200cخواهم"], ["می\u200cخواهد"]),
        (
            "👍🏻 👩\u200d👩\u200d👧",
            "👍🏿 👩\u200d👩\u200d👦",
            ["👍🏻", "👩\u200d👩\u200d👧"],
            ["👍🏿", "👩\u200d👩\u200d👦"],
        ),
        ("vive la 🇫🇷", "vive la 🇫🇮", ["🇫🇷"], ["🇫🇮"]),
    ],
)
def test_words_of_every_script_are_words(
    before: str, after: str, deleted: list[str], inserted: list[str]
) -> None:
    changes = diff_words(before, after)
    assert [change.text for change in changes if change.op == "delete"] == deleted
    assert [change.text for change in changes if change.op == "insert"] == inserted


TEXTS = st.sampled_from(["", "one", "one two", "two one three", "x"])
DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(["", "a", "b", "c"]), st.integers(0, 20), st.integers(1, 5), TEXTS), max_size=8
).map(lambda raw: Document.of([Cue(i, s, s + n, t) for i, s, n, t in sorted(raw, key=lambda row: row[1])]))


@given(DOCUMENTS, DOCUMENTS)
@settings(max_examples=200)
def test_every_cue_is_counted_once_on_its_side(before: Document, after: Document) -> None:
    found = diff(before, after)
    kept = len(found.changed) + found.unchanged
    assert kept + len(found.added) == len(after.cues)
    assert kept + len(found.removed) == len(before.cues)
    for change in found.changed:
        assert before.cues[change.before.index].text == change.before.text
        assert after.cues[change.after.index].text == change.after.text
    same = diff(before, before)
    assert (same.added, same.removed, same.changed) == ((), (), ())


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=200)
def test_word_changes_hold_both_texts(before: str, after: str) -> None:
    changes = diff_words(before, after)
    assert "".join(change.text for change in changes if change.op != "insert") == before
    assert "".join(change.text for change in changes if change.op != "delete") == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (lambda n: f"some words {n} here", lambda n: f"other text {n * 7} there"),
        # Few words, many times: what a comparison of sequences is slowest at.
        (lambda n: "a b a a b " * 24, lambda n: "b a b b a " * 24),
        (lambda n: "a b a a b " * 80, lambda n: "b a b b a " * 80),
        (lambda n: "ab" * 250, lambda n: "abb" * 160),
    ],
)
def test_large_and_unlike_documents_are_compared_quickly(
    before: Callable[[int], str], after: Callable[[int], str]
) -> None:
    def document(text: Callable[[int], str], late_ms: int) -> Document:
        return Document.of(
            [Cue("", n * 1000 + late_ms, n * 1000 + 900 + late_ms, text(n)) for n in range(2000)]
        )

    old, new = document(before, 0), document(after, 1)
    made: list[Diff] = []
    assert busy_s(lambda: made.append(diff(old, new))) < AT_ONCE_S
    (found,) = made
    assert len(found.changed) + len(found.added) == len(new.cues)
    for change in found.changed:
        assert "".join(word.text for word in change.words if word.op != "insert") == change.before.text
    assert busy_s(lambda: diff_words("a b " * 20_000, "c d " * 20_000)) < AT_ONCE_S


def test_a_file_that_was_numbered_and_timed_anew_is_paired_by_its_order() -> None:
    texts = ["Hello.", "How are you?", "Fine.", "Yes.", "No.", "Yes.", "I went home.", "He left."]

    def made(said: list[str], early_ms: int) -> Document:
        return Document.of(
            [Cue(str(n), n * 1700 - early_ms, n * 1700 + 900, text) for n, text in enumerate(said, 1)]
        )

    before = made(texts, 0)
    after = made([*texts[:3], "New.", *texts[3:6], "I went home late.", *texts[7:]], 311)
    found = diff(before, after)
    assert [cue.text for cue in found.added] == ["New."]
    assert not found.removed
    assert found.changed_ids == {"4", "8"}
