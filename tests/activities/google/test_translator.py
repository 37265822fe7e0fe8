"""What is Gemini's own in translation: what it is asked, and which of its answers are never used."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from activities.google.translator import GeminiTranslator
from activities.ports import Line, TermHint
from deploy.local.google.gemini import FakeGemini, blocked, refused, stopped
from schema.errors import ProviderFailed
from tests.activities.contract.support import GEMINI, Kept, Told

Json = dict[str, Any]
LINES = [Line(id=f"cue-{number} <b>", text=f"text {number}") for number in range(4)]


def shouted(instruction: str, question: Json) -> list[Json]:
    return [{"id": line["id"], "text": line["text"].upper()} for line in question["lines"]]


async def translate(
    fake: FakeGemini, lines: list[Line], *terms: TermHint, kept: Kept | None = None
) -> list[Line]:
    async with fake.client() as client:
        return await GeminiTranslator(client, GEMINI).translate(
            lines, "en", "pt-BR", terms, kept or Kept(), Told()
        )


def question(request: Json) -> Json:
    found: Json = json.loads(request["contents"][0]["parts"][0]["text"])
    return found


async def test_sees_ids_and_text_and_answers_json() -> None:
    fake = FakeGemini(answer=shouted)
    hints = [TermHint("base", "peana"), TermHint("Zarkon", "", do_not_translate=True)]
    hints += [TermHint("RED", "Rojo", case_sensitive=True), TermHint("hill", "cerro")]
    hints += [TermHint("base", "pedestal", forbidden=True), TermHint("hill", "colina", forbidden=True)]
    lines = [*LINES, Line(id="c", text="Zarkon's base is RED, and uphill."), Line(id="d", text="1905")]
    answers = await translate(fake, lines, *hints)
    assert [(line.id, line.text) for line in answers] == [(line.id, line.text.upper()) for line in lines]

    (request,) = fake.requests
    assert question(request) == {
        "context": [],
        "glossary": [
            {"source": "base", "target": "peana"},
            {"source": "Zarkon", "keep": True},
            {"source": "RED", "target": "Rojo", "case_sensitive": True},
            {"source": "base", "never": "pedestal"},
        ],
        "lines": [{"id": str(place), "text": line.text} for place, line in enumerate(lines[:-1])],
    }
    assert "from en to pt-BR" in request["systemInstruction"]["parts"][0]["text"]
    settings = request["generationConfig"]
    assert settings["responseMimeType"] == "application/json"
    assert settings["responseJsonSchema"]["items"]["required"] == ["id", "text"]
    assert not {"temperature", "topP", "topK"} & set(settings)  # refused by newer models
    assert "/projects/a-project/locations/eu/publishers/google/models/gemini-" in fake.paths[0]


async def test_many_lines_are_asked_for_in_batches_with_what_comes_before() -> None:
    fake = FakeGemini(answer=shouted)
    lines = [Line(id=str(number), text=f"text {number}") for number in range(130)]
    assert [line.text for line in await translate(fake, lines)] == [line.text.upper() for line in lines]
    questions = sorted(
        (question(request) for request in fake.requests), key=lambda asked: asked["lines"][0]["text"]
    )
    assert sorted(len(asked["lines"]) for asked in questions) == [10, 60, 60]
    second = next(asked for asked in questions if asked["lines"][0]["id"] == "60")
    assert second["context"] == [f"text {number}" for number in range(55, 60)]


async def test_what_was_answered_before_a_failure_is_not_asked_for_again() -> None:
    fake, kept = FakeGemini(answer=shouted, delay_s=0.05), Kept()
    fake.faults = [lambda given: given, refused(429, "RESOURCE_EXHAUSTED", "Quota.")]
    lines = [Line(id=str(number), text=f"text {number}") for number in range(400)]
    with pytest.raises(ProviderFailed, match="Quota"):
        await translate(fake, lines, kept=kept)
    asked = len(fake.requests)
    assert asked < 7, "none is begun after the failure"
    assert kept.writes == asked - 1, "those under way are kept"
    assert [line.text for line in await translate(fake, lines, kept=kept)] == [
        line.text.upper() for line in lines
    ]
    assert len(fake.requests) == 7 + 1, "the refused one alone is asked for twice"
    await translate(fake, lines, TermHint("text", "texto"), kept=kept)
    assert len(fake.requests) == 8 + 7, "another glossary is another question"


async def test_what_was_answered_in_part_is_not_asked_for_again() -> None:
    def incomplete(instruction: str, asked: Json) -> list[Json]:
        ids = [line["id"] for line in asked["lines"]]
        return [] if "0" in ids and len(ids) > 1 else shouted(instruction, asked)

    fake, kept = FakeGemini(answer=incomplete), Kept()
    fake.faults = [*[lambda given: given] * 6, refused(503, "UNAVAILABLE", "Down.")]
    with pytest.raises(ProviderFailed, match="Down"):
        await translate(fake, LINES, kept=kept)
    fake.requests.clear()
    assert [line.text for line in await translate(fake, LINES, kept=kept)] == [
        line.text.upper() for line in LINES
    ]
    asked = [[line["id"] for line in question(request)["lines"]] for request in fake.requests]
    assert [ids for ids in asked if "0" not in ids] == [["2", "3"]]
    assert ["0"] not in asked


FAULTS: dict[str, Callable[[list[Json]], Any]] = {
    "missing": lambda given: given[1:],
    "extra": lambda given: [*given, {"id": "99", "text": "more"}],
    "doubled": lambda given: [*given, given[0]],
    "empty": lambda given: [{"id": given[0]["id"], "text": " \n"}, *given[1:]],
    "other keys": lambda given: [{"number": 1}],
    "no list": lambda given: given[0],
    "not JSON": lambda given: "Here are your translations!",
    "cut off": stopped("MAX_TOKENS"),
    "unsafe": stopped("SAFETY"),
    "blocked": blocked("PROHIBITED_CONTENT"),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_a_wrong_answer_is_asked_for_again(fault: Callable[[list[Json]], Any]) -> None:
    fake = FakeGemini(answer=shouted, faults=[fault])
    assert [line.text for line in await translate(fake, LINES)] == [line.text.upper() for line in LINES]
    assert len(fake.requests) == 2


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_an_answer_that_stays_wrong_names_its_line(fault: Callable[[list[Json]], Any]) -> None:
    fake = FakeGemini(answer=shouted, faults=[fault] * 20)
    with pytest.raises(ProviderFailed, match=r"no usable answer for line cue-0 <b> \('text 0'\): ") as failed:
        await translate(fake, LINES)
    assert not failed.value.retryable
    assert len(fake.requests) == 6  # four lines, two, and one, each twice


async def test_an_outage_is_temporals_to_retry() -> None:
    fake = FakeGemini(answer=shouted, faults=[refused(429, "RESOURCE_EXHAUSTED", "Quota.", "7s")])
    with pytest.raises(ProviderFailed) as failed:
        await translate(fake, LINES)
    assert (failed.value.retryable, failed.value.retry_after_s) == (True, 7.0)
    assert len(fake.requests) == 1


async def test_two_lines_of_one_id_stay_two() -> None:
    lines = [Line(id="same", text="one"), Line(id="same", text="two")]
    assert [line.text for line in await translate(FakeGemini(answer=shouted), lines)] == ["ONE", "TWO"]
