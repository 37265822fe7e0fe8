"""The script as a step: what goes into it, what is kept of it, and the draft that it becomes."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.describe import DescribeActivities
from activities.ports import TextModel
from activities.ports.texts import A
from activities.step import Kit
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, PlaceInput
from schema.enums import Kind, Origin, Provider
from schema.errors import ProviderFailed
from schema.glossary.row import TermRow
from schema.load_settings import load
from schema.queries import terms, texts
from schema.queries.drafts import Draft, save_draft
from schema.tables import Client, Glossary, GlossaryVersion
from schema.vtt import Cue, Document, parse, write
from tests.activities.cases import job_ref
from tests.activities.script.kit import REPORT, Json, Scripted, answers, sight, spoken, word
from tests.activities.test_found_again import Watcher
from tests.factories import make_job
from workers.providers import Providers

SEEN = sight("A woman runs along the pier.", "Waves break on a rock.")


async def a_job(kit: Kit) -> PlaceInput:
    """Whose video was seen and heard."""
    job = job_ref(await make_job(kit.database, RequestedOutputs()))
    names = {name: f"jobs/{job.job_id}/{name}.json" for name in ("media_report", "words", "sight")}
    await kit.write(names["media_report"], REPORT)
    await kit.write(names["words"], spoken(word("Look.", 9, 10)))
    await kit.write(names["sight"], SEEN)
    return PlaceInput(
        job=job, artifacts=Artifacts(**names), outputs=RequestedOutputs(audio_description_mp3=True)
    )


async def place(kit: Kit, inputs: PlaceInput, model: TextModel | None) -> Document:
    steps = DescribeActivities(kit, Watcher(), model)
    placed = await ActivityEnvironment().run(steps.place_descriptions, inputs)
    async with kit.database.begin() as session:
        found = await texts.version(session, inputs.job.job_id, "en", Kind.AUDIO_DESCRIPTION, placed.version)
    assert found is not None
    return parse(found.content).document


async def test_no_script_is_paid_for_where_a_persons_text_is_kept(kit: Kit) -> None:
    scripted = Scripted(answers)
    inputs = await a_job(kit)
    job_id, kind = inputs.job.job_id, Kind.AUDIO_DESCRIPTION
    written = write(Document.of([Cue("d1", 0, 2000, "By a person.")]))
    async with kit.database.begin() as session:
        await save_draft(session, job_id, Draft("en", kind, written, "0" * 64, Origin.EDIT), is_source=True)
    async with scripted.gemini() as model:
        kept = await place(kit, inputs, model)
        assert [cue.plain for cue in kept.cues] == ["By a person."]
        assert scripted.asked == []
        over = await place(kit, inputs.model_copy(update={"keep_human_edits": False}), model)
    assert [cue.plain for cue in over.cues] == ["A woman runs along the pier.", "Waves break on a rock."]
    assert len(scripted.asked) == 1


async def test_a_script_is_paid_for_once_and_becomes_the_draft(kit: Kit) -> None:
    scripted = Scripted(lambda asked: answers(asked, s1="A runner.", s2=None))
    inputs = await a_job(kit)
    async with scripted.gemini() as model:
        first = await place(kit, inputs, model)
        assert await place(kit, inputs, model) == first
    assert len(scripted.asked) == 1
    assert [cue.plain for cue in first.cues] == ["A runner."]
    assert "The script leaves it out.\nSeen: Waves break on a rock." in first.notes[1].text


async def test_style_and_glossary_are_asked_for_and_others_are_another_script(kit: Kit) -> None:
    scripted = Scripted(answers)
    inputs = await a_job(kit)
    async with scripted.gemini() as model:
        await place(kit, inputs, model)
        await wish(kit, inputs, "Name colours.", TermRow("pier", notes="never jetty"), TermRow("harbour"))
        await place(kit, inputs, model)
    before, after = scripted.asked
    assert (before["glossary"], after["glossary"]) == ([], [{"term": "pier", "notes": "never jetty"}])
    assert [text.endswith("Name colours.") for text in scripted.instructions] == [False, True]


async def wish(kit: Kit, inputs: PlaceInput, style: str, *rows: TermRow) -> None:
    """The client's style and glossary."""
    job = inputs.job
    async with kit.database.begin() as session:
        await session.execute(sa.update(Client).where(col(Client.id) == job.client_id).values(style=style))
        glossary = Glossary(
            org_id=job.org_id, client_id=job.client_id, name=str(uuid4()), source_language="en"
        )
        session.add(glossary)
        await session.flush()
        version = GlossaryVersion(
            glossary_id=glossary.id, number=1, filename="terms.csv", term_count=len(rows)
        )
        session.add(version)
        await session.flush()
        glossary.active_version_id = version.id
        await terms.put(session, terms.records(version.id, rows))


async def test_a_script_that_cannot_be_used_is_the_scenes_with_a_note(kit: Kit) -> None:
    inputs = await a_job(kit)
    async with Scripted(lambda asked: [*answers(asked), {"id": "s9", "description": "x"}]).chat() as model:
        draft = await place(kit, inputs, model)
    assert [cue.plain for cue in draft.cues] == [scene.description for scene in SEEN.scenes[:2]]
    assert "The chat server could not be used (id s9 was extra)" in draft.notes[1].text


async def test_without_a_model_it_is_composed_by_rule(kit: Kit) -> None:
    draft = await place(kit, await a_job(kit), None)
    assert [cue.plain for cue in draft.cues] == [scene.description for scene in SEEN.scenes[:2]]


class Failing:
    """Fails as it is told, and else answers."""

    name, engine = "a model", "a model 1"

    def __init__(self, *failures: ProviderFailed) -> None:
        self.failures = [*failures]
        self.asked = 0

    async def ask(self, instruction: str, question: str, answer: type[A]) -> list[A]:
        self.asked += 1
        if self.failures:
            raise self.failures.pop(0)
        told: Json = {"scenes": [{"id": f"s{n}", "gaps": []} for n in range(1, 7)]}
        return [answer.model_validate(each) for each in answers(told)]


async def test_an_outage_is_waited_for_and_a_refusal_is_not(kit: Kit) -> None:
    inputs = await a_job(kit)
    model = Failing(
        ProviderFailed("Down.", retryable=True), ProviderFailed("There is no such model.", retryable=False)
    )
    with pytest.raises(ProviderFailed, match="Down"):
        await place(kit, inputs, model)
    draft = await place(kit, inputs, model)
    assert "(There is no such model): told as it was seen." in draft.notes[1].text
    again = await place(kit, inputs, model)
    assert (again.cues, model.asked) == ((), 3), "a refusal is not kept"


@pytest.mark.parametrize(("provider", "name"), [("chat", "The chat server"), ("local", None)])
def test_who_describes_composes(provider: str, name: str | None) -> None:
    local: dict[str, Any] = {f"{step}_provider": "local" for step in ("transcribe", "translate", "voice")}
    settings = load(
        database_url="postgresql+asyncpg://u@h/n",
        jwt_secret="x" * 32,
        describe_provider=provider,
        describe_url="http://127.0.0.1:11434/v1",
        describe_model="a-model",
        **local,
    )
    assert settings.describe_provider is Provider(provider)
    model = Providers(settings).text_model
    assert (model.name if model else None) == name


async def test_also_without_a_model_it_is_heard_that_the_worker_lives(kit: Kit) -> None:
    """A film of hours takes its time to be placed, and a cancel is to be heard meanwhile."""
    beats: list[object] = []
    env = ActivityEnvironment()
    env.on_heartbeat = lambda *details: beats.append(details)
    await env.run(DescribeActivities(kit, Watcher(), None).place_descriptions, await a_job(kit))
    assert beats
