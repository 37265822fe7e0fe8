"""What a model's answer may look like."""

from __future__ import annotations

from activities.texts.script.asked import ScriptAnswer


def test_words_and_nulls_for_nothing_are_nothing() -> None:
    odd = {"id": 3, "description": "None.", "gap": "null", "pause": None, "names": None, "note": "N/A"}
    assert ScriptAnswer.model_validate(odd) == ScriptAnswer(id="3", description=None)
    assert ScriptAnswer(id="s1", description="None of them moves.").description == "None of them moves."
