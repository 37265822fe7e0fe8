"""What every Translator does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from activities.ports import Line, TermHint, Translator
from schema.errors import ProviderFailed
from tests.activities.contract.adapters import TRANSLATORS
from tests.activities.contract.support import Kept, Told
from tests.effort import end_by_cancel


@pytest.fixture(params=TRANSLATORS)
async def translator(request: pytest.FixtureRequest) -> AsyncIterator[Translator]:
    async with TRANSLATORS[request.param]() as adapter:
        yield adapter


async def spanish(
    translator: Translator, *texts: str, terms: Sequence[TermHint] = (), told: Told | None = None
) -> list[str]:
    """The translations of the texts, whose ids and order are checked."""
    lines = [Line(id=f"cue {number}", text=text) for number, text in enumerate(texts)]
    answers = await translator.translate(lines, "en", "es", terms, Kept(), told or Told())
    assert [answer.id for answer in answers] == [line.id for line in lines]
    return [answer.text for answer in answers]


async def test_names_itself_and_its_pairs(translator: Translator) -> None:
    assert translator.name
    assert ("en", "es") in translator.pairs()


async def test_translates(translator: Translator) -> None:
    (text,) = await spanish(translator, "The red house is old.")
    words = text.lower().rstrip(".").split()
    assert "casa" in words
    assert words.index("casa") < words.index("roja")


async def test_a_region_is_part_of_its_language(translator: Translator) -> None:
    (line,) = await translator.translate(
        [Line(id="1", text="The red house is old.")], "en-GB", "es-MX", [], Kept(), Told()
    )
    assert "casa" in line.text.lower()


async def test_each_line_comes_back_under_its_id(translator: Translator) -> None:
    numbers = range(1, 450)
    texts = await spanish(translator, *(f"The dog has {number} houses." for number in numbers))
    for number, text in zip(numbers, texts, strict=True):
        assert f" {number} " in text
        assert "perro" in text.lower()


async def test_a_sentence_that_goes_on_in_the_next_line_stays_in_its_own(translator: Translator) -> None:
    first, second = await spanish(translator, "The old woman looked at", "the house and the dog")
    assert "mujer" in first.lower()
    assert "casa" not in first.lower()
    assert "casa" in second.lower()


async def test_no_lines_are_no_work(translator: Translator) -> None:
    assert await spanish(translator) == []


async def test_what_has_no_words_stays(translator: Translator) -> None:
    assert await spanish(translator, "1984", "♪ ♪", "", "…") == ["1984", "♪ ♪", "", "…"]


async def test_signs_survive(translator: Translator) -> None:
    signs = r"\ ^ $ { } @ / < > & * ~ # % | ` [[ ]] \[ <b> {x}"
    bracketed, plain = await spanish(translator, "[the dog] house", f"house {signs}")
    assert bracketed.startswith("[")
    assert plain.split()[1:] == signs.split()


async def test_numbers_times_and_addresses_survive(translator: Translator) -> None:
    kept = ["https://example.com/a_b?x=1", "10:30", "$1,234.56", "a@b.org"]
    (text,) = await spanish(translator, f"Visit {kept[0]} at {kept[1]} for {kept[2]} or write to {kept[3]}")
    assert all(each in text for each in kept)


async def test_each_speaker_keeps_a_line(translator: Translator) -> None:
    (text,) = await spanish(translator, "- The house is\nred.\n- The dog is old.")
    first, second = text.split("\n")
    assert first.startswith("- ") and "casa" in first.lower()
    assert second.startswith("- ") and "perro" in second.lower()


async def test_terms_are_taken_from_the_glossary_longest_first(translator: Translator) -> None:
    terms = [
        TermHint("base", "peana"),
        TermHint("knowledge base", "base de conocimientos"),
        TermHint("Zarkon", "", do_not_translate=True),
        TermHint("RED", "Rojo Vivo", case_sensitive=True),
        TermHint("base", "pedestal", forbidden=True),
    ]
    both, apart, start, many = await spanish(
        translator,
        "The house has a knowledge base, and a base.",
        "Zarkon has a red house and a RED house.",
        "Knowledge base: the Zarkon's house.",
        "Zarkon sees Zarkon, and Zarkon sees a base.",
        terms=terms,
    )
    assert "base de conocimientos" in both and "peana" in both
    assert "Zarkon" in apart and apart.count("Rojo Vivo") == 1 and "roj" in apart
    assert "Base de conocimientos" in start and "Zarkon" in start
    assert many.count("Zarkon") == 3 and "peana" in many


async def test_says_how_far_it_is(translator: Translator) -> None:
    told = Told()
    await spanish(translator, *["The house is red."] * 250, told=told)
    assert told.fractions == sorted(told.fractions)
    assert told.fractions[0] < 1
    assert told.fractions[-1] == 1


async def test_refuses_a_pair_that_cannot_be_had_for_good(translator: Translator) -> None:
    with pytest.raises(ProviderFailed, match="en-xx") as failed:
        await translator.translate([Line(id="1", text="The house.")], "en", "xx", [], Kept(), Told())
    assert not failed.value.retryable


async def test_stops_at_once_when_cancelled(translator: Translator) -> None:
    texts = (f"The red house {number} is on the old hill." for number in range(20_000))
    work = asyncio.create_task(spanish(translator, *texts))
    await asyncio.sleep(0.7)
    await end_by_cancel(work)
