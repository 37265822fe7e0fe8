"""Translations that are not as the glossary has them are asked for again; what was said first stays where that fails."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from activities.ports import Line
from activities.texts.hints import Words
from activities.texts.mended import mended
from schema.errors import ProviderFailed
from schema.vtt.glossary import Term

WORDS = Words.of(None, [Term("lighthouse", "faro")], "en", "es")
LINES = [Line(id="a", text="A lighthouse."), Line(id="b", text="A rock.")]
FIRST = {"a": "Una torre.", "b": "Una roca."}


async def test_the_better_of_two_stays() -> None:
    asked: list[Line] = []

    async def ask(unfit: list[Line]) -> Sequence[Line]:
        asked.extend(unfit)
        return [Line(id="a", text="Un faro.")]

    assert await mended(LINES, FIRST, WORDS, ask) == {"a": "Un faro."}
    assert [line.id for line in asked] == ["a"] and "faro" in asked[0].wrong


@pytest.mark.parametrize("retryable", [False, True])
async def test_a_refusal_to_say_it_again_takes_nothing_away(retryable: bool) -> None:
    async def ask(unfit: list[Line]) -> Sequence[Line]:
        raise ProviderFailed("The question was blocked.", retryable=retryable)

    if retryable:
        with pytest.raises(ProviderFailed, match="blocked"):
            await mended(LINES, FIRST, WORDS, ask)
    else:
        assert await mended(LINES, FIRST, WORDS, ask) == {}
