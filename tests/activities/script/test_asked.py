"""What a model's answer may look like."""

from __future__ import annotations

import pytest

from activities.texts.script.asked import ScriptAnswer
from activities.texts.told import sentence_of


def test_words_and_nulls_for_nothing_are_nothing() -> None:
    odd = {"id": 3, "description": "None.", "gap": "null", "pause": None, "names": None, "note": "N/A"}
    assert ScriptAnswer.model_validate(odd) == ScriptAnswer(id="3", description=None)
    assert ScriptAnswer(id="s1", description="None of them moves.").description == "None of them moves."


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("- **A man** walks\nto the *old* `lighthouse`.", "A man walks to the old lighthouse."),
        ("# _Night._ ***Rain*** falls.", "Night. Rain falls."),
        (
            "A sign: “M*A*S*H”, 2 * 3 * 4, file_name_one, $5*.",
            "A sign: “M*A*S*H”, 2 * 3 * 4, file_name_one, $5*.",
        ),
        (None, ""),
    ],
)
def test_no_voice_is_given_the_marks_of_markdown(said: str | None, told: str) -> None:
    assert sentence_of(said) == told
