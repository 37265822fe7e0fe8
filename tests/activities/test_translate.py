"""Translate: what is asked of a provider, and what of its answers is used."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlmodel import col
from temporalio.testing import ActivityEnvironment

from activities.embed import EmbedActivities
from activities.google.translator import GeminiTranslator
from activities.local.ngrams import NgramEmbedder
from activities.ports import Line, TermHint
from activities.step import Kit
from activities.texts.meaning import Meaning
from deploy.local.google.gemini import FakeGemini, refused
from schema.contracts.glossaries import EmbedInput
from schema.enums import EmbeddingState, QCState, Step
from schema.errors import ProviderFailed
from schema.queries import glossaries, texts
from schema.queries.outdated import of_other_glossary
from schema.tables import Glossary, GlossaryTerm, GlossaryVersion, Job, JobLanguage
from schema.vtt import Cue, Document, Note
from tests.activities.cases import job_ref
from tests.activities.contract.support import GEMINI
from tests.activities.translations import OUTPUTS, Case, Shouter, text_of, told
from tests.factories import make_job


@pytest.fixture
async def case(kit: Kit) -> Case:
    return Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))


async def test_times_ids_and_markup_are_the_sources(case: Case) -> None:
    source = Document.of(
        [
            Note.of("For the writer."),
            Cue("c1", 0, 2000, "<v Ann>Good <i>evening</i>, Bo &amp; all", settings="align:start"),
            Cue("c2", 2500, 4000, "- Is it late?\n- It is."),
            Cue("c3", 4500, 6000, "♪ 1905 ♪"),
            Cue("c4", 6500, 8000, "<i>One</i>&nbsp;<i>two</i>, good&nbsp;<b>night</b>&amp;<b>&lrm;day</b>"),
        ]
    )
    tongue = Shouter()
    result = await case.translate(tongue, await case.save("en", source))
    made = await case.spanish()
    assert told(made) == {
        "c1": "<v Ann>GOOD <i>EVENING</i>, BO &amp; ALL",
        "c2": "- IS IT LATE?\n- IT IS.",
        "c3": "♪ 1905 ♪",
        "c4": "<i>ONE</i>&nbsp;<i>TWO</i>, GOOD\u00a0<b>NIGHT</b>&amp;<b>\u200eDAY</b>",
    }
    assert [(cue.start_ms, cue.end_ms, cue.settings) for cue in made.cues] == [
        (cue.start_ms, cue.end_ms, cue.settings) for cue in source.cues
    ]
    assert made.notes == ()
    assert (result.translated, result.flagged_cues, result.versions.captions) == (4, (), 1)


async def test_a_translation_gets_its_lines_within_its_markup(case: Case) -> None:
    said = (
        "<v Ann>It was a long way to the old lighthouse,\nand <i>nobody</i> &amp; nothing came along with us."
    )
    sung = "<i>♪ It was a long way to go for the keeper ♪</i>\n<i>♪ and a longer way to come home ♪</i>"
    await case.translate(
        Shouter(), await case.save("en", Document.of([Cue("c1", 0, 4000, said), Cue("c2", 5000, 9000, sung)]))
    )
    assert told(await case.spanish()) == {
        "c1": "<v Ann>IT WAS A LONG WAY TO THE OLD LIGHTHOUSE,\nAND <i>NOBODY</i> &amp; NOTHING CAME ALONG WITH US.",
        "c2": sung.upper().replace("I>", "i>"),
    }


async def test_a_sentence_with_ruby_is_translated_as_one(case: Case) -> None:
    said = "<v Ann>In <ruby>Tokyo<rt>toh-kyo</rt></ruby> a <ruby>school<rt>skool</rt></ruby>."
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", Document.of([Cue("c1", 0, 4000, said)])))
    assert [line.text for line in tongue.asked[-1]] == ["In Tokyo a school."]
    assert told(await case.spanish()) == {"c1": "<v Ann>IN TOKYO A SCHOOL."}


async def test_the_same_source_is_translated_once(case: Case) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    first = await case.translate(tongue, number)
    again = await case.translate(tongue, number)
    assert len(tongue.asked) == 1
    assert (again.versions, again.translated) == (first.versions, 0)


async def test_what_was_asked_for_a_whole_draft_is_on_record(case: Case) -> None:
    first, second = Shouter(), Shouter(engine="test-translator 2")
    number = await case.save("en", text_of("One.", "Two."))
    await case.translate(first, number)
    assert await case.engines() == {"captions": "test-translator 1"}
    changed = await case.save("en", text_of("One.", "Three."))
    await case.translate(second, changed)
    assert await case.engines() == {"captions": "test-translator 1"}
    await case.translate(second, changed, anew=True)
    assert await case.engines() == {"captions": "test-translator 2"}


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


async def test_what_the_glossary_forbids_is_told_where_its_source_stands(case: Case) -> None:
    tongue, glossary = Shouter(), Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    version = await activate(case, glossary, 1, ("old lamp", {"es": "quinqué"}))
    async with case.kit.database.begin() as session:
        for source, targets in (("lamp", {"es": "lámpara"}), ("gig", {}), ("harbour", {"es": "bahía"})):
            session.add(GlossaryTerm(version_id=version, source=source, targets=targets, forbidden=True))
    await case.translate(tongue, await case.save("en", text_of("The old lamp of the gig.")))
    assert [(hint.source, hint.target, hint.forbidden) for hint in tongue.hints] == [
        ("old lamp", "quinqué", False),
        ("lamp", "lámpara", True),
        ("gig", "gig", True),
    ]


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


async def test_a_glossary_column_that_stands_in_for_a_locale_is_on_record(case: Case) -> None:
    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    await activate(case, glossary, 1, ("lamp", {"pt": "lâmpada"}), ("sea", {"pt": "mar", "pt-BR": "mar"}))
    number = await case.save("en", text_of("The lamp by the sea."))
    notes = {}
    for code in ("pt", "pt-BR"):
        await case.translate(tongue := Shouter(), number, language=code)
        assert [hint.target for hint in tongue.hints] == ["lâmpada", "mar"]
        async with case.kit.database.begin() as session:
            made = await texts.latest(session, case.job.job_id, code, case.kind)
        assert made is not None
        notes[code] = made.note
    assert notes == {
        "pt": "Draft by test-tongue",
        "pt-BR": "Draft by test-tongue; the glossary's words in pt stand in for pt-BR",
    }


async def test_a_column_of_the_same_script_stands_in_before_that_of_the_language(case: Case) -> None:
    """zh is written in simplified signs, zh-Hant in traditional ones, which Taiwan reads without its tag saying so."""
    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    words = {"zh": "软件", "zh-Hant": "軟體", "sr": "софтвер", "sr-Latn": "softver"}
    await activate(case, glossary, 1, ("software", words))
    number = await case.save("en", text_of("This software."))
    found = {}
    for code in ("zh", "zh-CN", "zh-Hant", "zh-Hant-HK", "zh-TW", "sr-RS", "sr-Latn-RS", "sr-ME"):
        await case.translate(tongue := Shouter(), number, language=code)
        (found[code],) = (hint.target for hint in tongue.hints)
    assert found == {
        "zh": "软件",
        "zh-CN": "软件",
        "zh-Hant": "軟體",
        "zh-Hant-HK": "軟體",
        "zh-TW": "軟體",
        "sr-RS": "софтвер",
        "sr-Latn-RS": "softver",
        "sr-ME": "softver",
    }


@pytest.mark.parametrize("language", ["zh-Hant-TW", "zh-TW"])
async def test_the_nearest_glossary_of_the_source_language_is_followed(kit: Kit, language: str) -> None:
    """Also where its region tells how it is written."""
    job = await make_job(kit.database, OUTPUTS, source_language=language)
    case = Case(kit, job_ref(job).model_copy(update={"source_language": language}))
    made = {
        code: await activate(case, Glossary(client_id=job.client_id, name=code, source_language=code), 1)
        for code in ("zh-Hant", "zh", "zh-Ha", "en")
    }
    ours = col(Job.client_id) == job.client_id
    async with kit.database.begin() as session:
        session.add(JobLanguage(job_id=job.id, language="es", qc_state=QCState.ASSIGNED))
        assert await glossaries.in_force(session, case.job) == made["zh-Hant"]
        outdated = sa.select(col(Job.id)).where(ours, *of_other_glossary())
        assert list(await session.scalars(outdated)) == [job.id]
        assert await glossaries.pinned(session, case.job) == made["zh-Hant"]
        assert list(await session.scalars(outdated)) == []


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


async def test_a_cue_that_gets_no_translation_is_named_whatever_its_id(case: Case) -> None:
    tongue = Shouter(spoil=lambda lines: [])
    source = Document.of([Cue("scene#4", 0, 2000, "One.")])
    with pytest.raises(ProviderFailed, match=r"no translation of cue scene#4: 'One\.'"):
        await case.translate(tongue, await case.save("en", source))


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
            await case.translate(GeminiTranslator(client, GEMINI), number)
        assert failed.value.retryable
        await case.translate(GeminiTranslator(client, GEMINI), number)
    assert len(fake.requests) == 3, "two batches, of which one was refused"
    assert told(await case.spanish())["c100"] == "LINE 99."


async def test_terms_that_are_near_in_meaning_come_after_those_that_stand_there(case: Case) -> None:
    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    terms = {
        "lamp": {"es": "lámpara"},
        "lighthouses of the north": {"es": "faros"},
        "gull": {"es": "gaviota"},
    }
    version = await activate(case, glossary, 1)
    async with case.kit.database.begin() as session:
        for place, (source, targets) in enumerate(terms.items(), 1):
            session.add(GlossaryTerm(version_id=version, place=place, source=source, targets=targets))
    source = text_of("The lamp of the northern lighthouse.", "Nothing.")
    unready = Shouter()
    await case.translate(unready, await case.save("en", source))
    assert [hint.source for hint in unready.hints] == ["lamp"], "by its words alone, until it is embedded"
    embedding = EmbedActivities(case.kit.database, NgramEmbedder())
    page = EmbedInput(version_id=version, revision=0, after=0)
    done = await ActivityEnvironment().run(embedding.embed_terms, page)
    assert (done.finished, done.embedded) == (True, 3)
    tongue = Shouter()
    again = text_of("The lamp of the northern lighthouse!", "Nothing.")
    await case.translate(tongue, await case.save("en", again))
    first, second = tongue.hints
    assert (first.source, first.near) == ("lamp", ())
    assert (second.source, second.target) == ("lighthouses of the north", "faros")
    assert len(second.near) == 1


async def test_an_embedder_that_is_away_holds_up_no_translation(case: Case) -> None:
    class Away(NgramEmbedder):
        async def embed(self, texts: Sequence[str], *, as_terms: bool) -> list[list[float]]:
            raise ProviderFailed("Away.", retryable=True)

    glossary = Glossary(client_id=case.job.client_id, name="Words", source_language="en")
    version = await activate(case, glossary, 1, ("lamp", {"es": "lámpara"}))
    async with case.kit.database.begin() as session:
        row = await session.get(GlossaryVersion, version)
        assert row is not None
        row.embedding, row.embedder = EmbeddingState.READY, "ngrams-1"
    meaning = Meaning(case.kit.database, Away())
    lines = [Line(id="c1", text="The light.")]
    assert await meaning.hints(lines, version, "es", (), case.kit.checkpoints(case.job, Step.TRANSLATE)) == []


async def test_gemini_is_told_what_it_may_use_and_what_it_must() -> None:
    fake = FakeGemini(answer=lambda _, asked: [{"id": line["id"], "text": "x"} for line in asked["lines"]])
    hints = [TermHint("lamp", "lámpara"), TermHint("light house", "faro", near=("c2",))]
    lines = [Line(id="c1", text="A lamp."), Line(id="c2", text="A tower.")]
    async with fake.client() as client:
        kept = Kept()
        await GeminiTranslator(client, GEMINI).translate(lines, "en", "es", hints, kept, lambda *_: None)
        await GeminiTranslator(client, GEMINI).translate(lines[:1], "en", "es", hints, kept, lambda *_: None)
    told = [json.loads(body["contents"][0]["parts"][0]["text"])["glossary"] for body in fake.requests]
    assert told == [
        [{"source": "lamp", "target": "lámpara"}, {"source": "light house", "may": "faro"}],
        [{"source": "lamp", "target": "lámpara"}],
    ]


class Kept(dict[str, bytes]):
    """Checkpoints in memory."""

    async def get(self, key: str) -> bytes | None:  # type: ignore[override]
        return super().get(key)

    async def put(self, key: str, value: bytes) -> None:
        self[key] = value
