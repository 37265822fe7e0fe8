"""Translate: what is asked of a provider, what of its answers is used, and what people wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

import pytest
from temporalio.testing import ActivityEnvironment

from activities.google.translator import GeminiTranslator
from activities.ports import Checkpoints, Line, Progress, TermHint, Translator
from activities.step import Kit
from activities.translate import TranslateActivities
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, JobRef, TranslateInput, TranslateResult, Versions
from schema.enums import Kind, Origin
from schema.errors import ProviderFailed
from schema.queries import texts
from schema.queries.drafts import Draft, save_draft
from schema.tables import Glossary, GlossaryTerm, GlossaryVersion
from schema.vtt import Cue, Document, Note, parse, write
from tests.activities.cases import job_ref
from tests.factories import make_job
from tests.fakes.google_genai import FakeGemini, refused

OUTPUTS = RequestedOutputs(captions_vtt=True, languages=("es",))


@dataclass
class Shouter:
    """Translates by capitals; `spoil` changes its answers."""

    asked: list[list[Line]] = field(default_factory=list)
    hints: list[TermHint] = field(default_factory=list)
    spoil: Callable[[list[Line]], list[Line]] = field(default=lambda lines: lines)
    name: str = "test-tongue"
    is_draft: bool = True

    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset({("en", "es")})

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        self.asked.append(list(lines))
        self.hints += terms
        return self.spoil([Line(id=line.id, text=line.text.upper()) for line in lines])


def text_of(*cues: str) -> Document:
    return Document.of(
        Cue(f"c{n}", n * 4000, n * 4000 + 2000, text.replace("&", "&amp;")) for n, text in enumerate(cues, 1)
    )


@dataclass
class Case:
    """A job with an English text, and its Spanish one."""

    kit: Kit
    job: JobRef
    kind: Kind = Kind.CAPTIONS

    async def save(self, language: str, document: Document, origin: Origin = Origin.EDIT) -> int:
        content = write(document)
        draft = Draft(language, self.kind, content, uuid4().hex, origin)
        async with self.kit.database.begin() as session:
            saved = await save_draft(
                session, self.job.job_id, draft, is_source=language == "en", keep_human_edits=False
            )
        return saved.version

    async def spanish(self) -> Document:
        async with self.kit.database.begin() as session:
            found = await texts.latest(session, self.job.job_id, "es", self.kind)
        assert found is not None
        return parse(found.content).document

    async def edit(self, **changes: str | tuple[int, int] | None) -> None:
        """A linguist rewords cues, retimes them, or with None deletes them."""

        def change(cue: Cue) -> Cue | tuple[()]:
            new = changes.get(cue.id, cue.text)
            if new is None:
                return ()
            if isinstance(new, str):
                return replace(cue, text=new)
            return replace(cue, start_ms=new[0], end_ms=new[1])

        await self.save("es", (await self.spanish()).map_cues(change))

    async def translate(self, translator: Translator, version: int, **more: object) -> TranslateResult:
        inputs = TranslateInput(
            job=self.job,
            language="es",
            source_versions=Versions(**{self.kind.value: version}),
            artifacts=Artifacts(),
        ).model_copy(update=more)
        return await ActivityEnvironment().run(
            TranslateActivities(self.kit, translator).translate_texts, inputs
        )


@pytest.fixture
async def case(kit: Kit) -> Case:
    return Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))


def told(document: Document) -> dict[str, str]:
    return {cue.id: cue.text for cue in document.cues}


async def test_times_ids_and_markup_are_the_sources(case: Case) -> None:
    source = Document.of(
        [
            Note.of("For the writer."),
            Cue("c1", 0, 2000, "<v Ann>Good <i>evening</i>, Bo &amp; all", settings="align:start"),
            Cue("c2", 2500, 4000, "- Is it late?\n- It is."),
            Cue("c3", 4500, 6000, "♪ 1905 ♪"),
        ]
    )
    tongue = Shouter()
    result = await case.translate(tongue, await case.save("en", source))
    made = await case.spanish()
    assert told(made) == {
        "c1": "<v Ann>GOOD <i>EVENING</i>, BO &amp; ALL",
        "c2": "- IS IT LATE?\n- IT IS.",
        "c3": "♪ 1905 ♪",
    }
    assert [(cue.start_ms, cue.end_ms, cue.settings) for cue in made.cues] == [
        (cue.start_ms, cue.end_ms, cue.settings) for cue in source.cues
    ]
    assert made.notes == ()
    assert (result.translated, result.flagged_cues, result.versions.captions) == (3, (), 1)


async def test_the_same_source_is_translated_once(case: Case) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    first = await case.translate(tongue, number)
    again = await case.translate(tongue, number)
    assert len(tongue.asked) == 1
    assert (again.versions, again.translated) == (first.versions, 0)


async def test_a_changed_cue_is_translated_again_and_a_persons_is_kept_and_flagged(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.")))
    await case.edit(c2="Dos.")
    number = await case.save("en", text_of("One now.", "Two now.", "Three."))
    result = await case.translate(tongue, number)
    assert [line.text for line in tongue.asked[-1]] == ["One now."]
    assert told(await case.spanish()) == {"c1": "ONE NOW.", "c2": "Dos.", "c3": "THREE."}
    assert result.flagged_cues == ("c2",)


async def test_what_a_person_wrote_is_theirs_however_often_the_source_changes(case: Case) -> None:
    """A translation holds a person's words too; they are no machine's for that."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.")))
    await case.edit(c2="Dos.", c3=(12_500, 13_000))
    await case.translate(tongue, await case.save("en", text_of("One now.", "Two.", "Three.")))
    result = await case.translate(
        tongue, await case.save("en", text_of("One now.", "Two now.", "Three now."))
    )
    made = await case.spanish()
    assert told(made) == {"c1": "ONE NOW.", "c2": "Dos.", "c3": "THREE NOW."}
    assert (made.cues[2].start_ms, made.cues[2].end_ms) == (12_500, 13_000)
    assert result.flagged_cues == ("c2",)


async def test_an_attempt_that_is_made_again_flags_the_same(case: Case) -> None:
    """The first may have died when it had saved the text, before it could tell."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    await case.edit(c2="Dos.")
    number = await case.save("en", text_of("One.", "Two now."))
    first = await case.translate(tongue, number)
    again = await case.translate(tongue, number)
    assert (first.flagged_cues, again.flagged_cues, again.versions) == (("c2",), ("c2",), first.versions)
    await case.edit(c2="Dos ahora.")
    assert (await case.translate(tongue, number)).flagged_cues == ()
    other = await case.save("en", text_of("One now.", "Two now."))
    assert (await case.translate(tongue, other)).flagged_cues == ()


async def test_a_changed_time_moves_what_nobody_retimed(case: Case) -> None:
    tongue, source = Shouter(), text_of("One.", "Two.")
    await case.translate(tongue, await case.save("en", source))
    await case.edit(c1=(3000, 3500))
    later = source.map_cues(lambda cue: replace(cue, start_ms=cue.start_ms + 500, end_ms=cue.end_ms + 500))
    result = await case.translate(tongue, await case.save("en", later))
    assert [(cue.start_ms, cue.end_ms) for cue in (await case.spanish()).cues] == [
        (3000, 3500),
        (8500, 10_500),
    ]
    assert (len(tongue.asked), result.translated) == (1, 0)


async def test_a_cue_that_a_person_added_stays_and_one_that_left_the_source_goes(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    added = Cue("mine", 6200, 7000, "Añadido.")
    await case.save("es", Document.of([*(await case.spanish()).cues, added]))
    for text in ("One now.", "One again."):
        await case.translate(tongue, await case.save("en", text_of(text)))
        assert told(await case.spanish()) == {"c1": text.upper(), "mine": "Añadido."}


async def activate(case: Case, glossary: Glossary, number: int, *terms: tuple[str, dict[str, str]]) -> UUID:
    """A new version of the client's glossary, active from now on."""
    version = GlossaryVersion(glossary_id=glossary.id, number=number)
    async with case.kit.database.begin() as session:
        stored = await session.merge(glossary)
        stored.active_version_id = version.id
        await session.flush()
        session.add(version)
        await session.flush()
        session.add_all(GlossaryTerm(version_id=version.id, source=of, targets=to) for of, to in terms)
    return version.id


async def test_all_languages_of_a_job_are_held_to_the_glossary_of_its_first_translation(case: Case) -> None:
    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    number = await case.save("en", text_of("The lamp of the harbour."))
    tongue = Shouter()
    nothing = await case.translate(tongue, number)
    assert (nothing.glossary_version_id, tongue.hints) == (None, [])

    first = await activate(case, glossary, 1, ("lamp", {"fr": "lampe", "de": "Lampe"}))
    french = await case.translate(tongue, number, language="fr")
    await activate(case, glossary, 2, ("lamp", {"de": "Leuchte"}))
    german = await case.translate(tongue, number, language="de")
    assert french.glossary_version_id == german.glossary_version_id == first
    assert [hint.target for hint in tongue.hints] == ["lampe", "Lampe"]


async def test_human_edits_go_where_that_was_asked_for(case: Case) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    await case.translate(tongue, number)
    await case.edit(c2="Dos.")
    await case.translate(tongue, number, keep_human_edits=False)
    assert told(await case.spanish()) == {"c1": "ONE.", "c2": "TWO."}


@pytest.mark.parametrize(
    "spoiled",
    [
        lambda lines: lines[1:],
        lambda lines: [*lines, lines[0]],
        lambda lines: [Line(id=lines[0].id, text=" "), *lines[1:]],
        lambda lines: [Line(id="c9#0", text="X"), *lines[1:]],
    ],
    ids=["missing", "doubled", "empty", "extra"],
)
async def test_an_answer_that_is_not_by_id_is_asked_for_again_and_never_guessed(
    case: Case, spoiled: Callable[[list[Line]], list[Line]]
) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    tongue.spoil = spoiled
    with pytest.raises(ProviderFailed, match=r"no translation of cue c1: 'One\.'") as failed:
        await case.translate(tongue, number)
    assert not failed.value.retryable
    tongue.spoil = lambda lines: spoiled(lines) if len(lines) > 1 else lines
    await case.translate(tongue, number)
    assert told(await case.spanish()) == {"c1": "ONE.", "c2": "TWO."}


async def test_a_crash_in_the_middle_pays_for_the_rest_alone(case: Case) -> None:
    fake = FakeGemini(
        answer=lambda instruction, asked: [
            {"id": line["id"], "text": line["text"].upper()} for line in asked["lines"]
        ]
    )
    fake.faults = [lambda given: given, refused(503, "UNAVAILABLE", "Down.")]
    number = await case.save("en", text_of(*(f"Line {n}." for n in range(100))))
    async with fake.client() as client:
        with pytest.raises(ProviderFailed) as failed:
            await case.translate(GeminiTranslator(client), number)
        assert failed.value.retryable
        await case.translate(GeminiTranslator(client), number)
    assert len(fake.requests) == 3, "two batches, of which one was refused"
    assert told(await case.spanish())["c100"] == "LINE 99."
