"""What a video says or shows steers no model: every question says so, and keeps it apart from what is asked."""

from __future__ import annotations

import pytest

from activities.chat import describer as chat_describer
from activities.google import describer as google_describer
from activities.google import sounds, translator
from activities.texts.material import MATERIAL
from activities.texts.script import asked
from activities.texts.told import styled


@pytest.mark.parametrize(
    "instruction",
    [
        google_describer._INSTRUCTION,
        chat_describer._INSTRUCTION,
        sounds._INSTRUCTION,
        translator._INSTRUCTION,
        asked.INSTRUCTION,
    ],
    ids=["gemini watches", "chat watches", "sounds", "translation", "script"],
)
def test_every_instruction_says_that_the_video_gives_none(instruction: str) -> None:
    told = instruction.format(language="es", source="en", target="es")
    assert MATERIAL in styled(told, "Name colours.")
