"""A model that drops or inflects a share of the client's terms: each is asked for again, then right or a finding."""

from __future__ import annotations

import random

import pytest

from activities.google.translator import GeminiTranslator
from activities.step import Kit
from deploy.local.google.gemini import FakeGemini
from deploy.local.google.translating import Slips, Translating
from schema.findings import blocking
from schema.tables import Glossary, GlossaryTerm, GlossaryVersion
from schema.vtt.glossary import Term
from schema.vtt.quality import check_translation
from tests.activities.cases import job_ref
from tests.activities.contract.support import GEMINI
from tests.activities.translations import OUTPUTS, Case, text_of
from tests.factories import make_job

SHARE = 0.4
KINDS = ("none", "proper", "random")
"""What is in the glossary, as the terminology task of WMT has it: nothing, the terms of the domain, or any words."""
PROPER = {
    "lantern": "quinqué",
    "lighthouse": "faro",
    "keeper": "torrero",
    "harbour": "bahía",
    "reef": "bajío",
}
FILLING = [
    "the",
    "old",
    "grey",
    "wind",
    "blows",
    "over",
    "every",
    "stone",
    "while",
    "people",
    "wait",
    "below",
    "it",
]


class Simulated(FakeGemini):
    def __init__(self, translating: Translating) -> None:
        super().__init__()
        self._translating = translating
        self.asked: list[dict[str, str]] = []

    async def told(self, body: object, instruction: str, question: dict[str, list[dict[str, str]]]) -> object:
        self.asked += question["lines"]
        return await self._translating.answer(instruction, question)  # type: ignore[arg-type]


def glossary_of(kind: str, made: random.Random) -> dict[str, str]:
    if kind == "none":
        return {}
    return PROPER if kind == "proper" else {word: f"zz{word}" for word in made.sample(FILLING[1:], 5)}


@pytest.mark.parametrize("cues", [60, pytest.param(2000, marks=pytest.mark.bench)])
@pytest.mark.parametrize("kind", KINDS)
async def test_a_term_that_is_wrong_is_asked_for_again_and_never_passes_in_silence(
    kind: str, cues: int, kit: Kit, capsys: pytest.CaptureFixture[str]
) -> None:
    made = random.Random(15)
    terms = glossary_of(kind, made)
    sentences = [
        f"{' '.join(made.sample(FILLING, 4))} {made.choice([*PROPER])} {number}." for number in range(cues)
    ]
    case = Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))
    await _activate(case, terms)
    model = Simulated(Translating(slips=Slips(SHARE)))
    async with model.client() as client:
        number = await case.save("en", text_of(*sentences))
        await case.translate(GeminiTranslator(client, GEMINI), number)
    source, target = text_of(*sentences), await case.spanish()
    rows = [Term(of, to) for of, to in terms.items()]
    found = [
        finding
        for finding in blocking(check_translation(source, target, "en", "es", rows))
        if finding.rule == "glossary_term"
    ]
    counts = model._translating.slips.counts
    again = [line for line in model.asked if "wrong" in line]
    first = counts["dropped"] + counts["inflected"]
    still = counts["dropped, asked again"] + counts["inflected, asked again"]
    with capsys.disabled():
        print(
            f"\n{kind} terms, {cues} cues: {dict(counts)}; {len(again)} lines asked again, {len(found)} findings"
        )
    if kind == "none":
        assert not counts and not again and not found
        return
    assert first > 0 and still > 0, "the seed makes some of each"
    wrong_lines = {line["text"] for line in again}
    assert len(again) == len(wrong_lines), "each is asked for again once"
    assert len(found) <= first
    flagged = {finding.cue_id for finding in found}
    for cue, translated in zip(source.cues, target.cues, strict=True):
        lacks = any(of in cue.plain.split() and to not in translated.plain for of, to in terms.items())
        assert lacks == (cue.id in flagged), cue.plain


async def _activate(case: Case, terms: dict[str, str]) -> None:
    """The client's glossary, which the job follows."""
    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    version = GlossaryVersion(glossary_id=glossary.id, number=1)
    async with case.kit.database.begin() as session:
        stored = await session.merge(glossary)
        stored.active_version_id = version.id
        await session.flush()
        session.add(version)
        await session.flush()
        session.add_all(
            GlossaryTerm(version_id=version.id, source=of, targets={"es": to}) for of, to in terms.items()
        )
