"""Translations that people have worked on: what they wrote stays, and they are told what its source has become."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlmodel import col

from activities.step import Kit
from schema.contracts.batches import BatchAsked, BatchWork
from schema.enums import BatchAction, Origin, Step
from schema.queries import measures, texts
from schema.queries.foreseen import foreseen
from schema.tables import Job, TextMeasure
from schema.vtt import Block, Cue, Document, Note
from tests.activities.cases import job_ref
from tests.activities.translations import OUTPUTS, Case, Shouter, text_of, told
from tests.factories import make_job


@pytest.fixture
async def case(kit: Kit) -> Case:
    return Case(kit, job_ref(await make_job(kit.database, OUTPUTS)))


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


async def test_a_cue_that_a_person_deleted_stays_away(case: Case) -> None:
    """However often its source is approved again; where the source has changed, a person is told."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.")))
    await case.save("es", Document.of([cue for cue in (await case.spanish()).cues if cue.id != "c2"]))
    for text, flagged in (("Two.", ()), ("Two.", ()), ("Two now.", ("c2",)), ("Two now.", ("c2",))):
        result = await case.translate(tongue, await case.save("en", text_of("One.", text, "Three.")))
        assert told(await case.spanish()) == {"c1": "ONE.", "c3": "THREE."}
        assert result.flagged_cues == flagged
    back = [*(await case.spanish()).cues, Cue("c2", 5000, 6000, "Dos.")]
    await case.save("es", Document.of(sorted(back, key=lambda cue: cue.start_ms)))
    result = await case.translate(tongue, await case.save("en", text_of("One now.", "Two now.", "Three.")))
    assert told(await case.spanish()) == {"c1": "ONE NOW.", "c2": "Dos.", "c3": "THREE."}
    assert result.flagged_cues == ()


async def test_human_edits_go_where_that_was_asked_for(case: Case) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    await case.translate(tongue, number)
    await case.edit(c2="Dos.")
    await case.translate(tongue, number, keep_human_edits=False)
    assert told(await case.spanish()) == {"c1": "ONE.", "c2": "TWO."}


async def test_a_flag_stays_until_a_person_has_seen_to_it(case: Case) -> None:
    """The source may be approved again before they have, and the attempt that flagged may never have told."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    await case.edit(c2="Dos.")
    for text in ("One.", "One now.", "One again."):
        result = await case.translate(tongue, await case.save("en", text_of(text, "Two now.")))
        assert result.flagged_cues == ("c2",)
    assert result.versions.captions is not None
    await case.approve(result.versions.captions)
    number = await case.save("en", text_of("One at last.", "Two now."))
    assert (await case.translate(tongue, number)).flagged_cues == ()
    assert (await case.translate(tongue, number)).flagged_cues == ()
    assert told(await case.spanish()) == {"c1": "ONE AT LAST.", "c2": "Dos."}


async def test_what_was_approved_before_the_source_changed_is_flagged_all_the_same(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    await case.edit(c2="Dos.")
    await case.approve(2)
    number = await case.save("en", text_of("One.", "Two now."))
    assert (await case.translate(tongue, number)).flagged_cues == ("c2",)
    assert (await case.translate(tongue, number)).flagged_cues == ("c2",)


async def test_what_a_person_saves_while_a_machine_translates_is_kept(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.")))
    number = await case.save("en", text_of("One now.", "Two.", "Three now."))
    tongue.meanwhile = lambda: case.edit(c2="Dos.", c3="Tres.")
    result = await case.translate(tongue, number)
    assert told(await case.spanish()) == {"c1": "ONE NOW.", "c2": "Dos.", "c3": "Tres."}
    assert result.flagged_cues == ("c3",)
    assert len(tongue.asked) == 2, "what was translated is not paid for again"


async def test_a_linguists_notes_and_settings_stay(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    first, second = (await case.spanish()).cues
    written: list[Block] = [first, Note.of("Ask Ann."), replace(second, settings="line:0"), Note.of("Done.")]
    await case.save("es", Document.of(written))
    for text in ("One now.", "One again."):
        await case.translate(tongue, await case.save("en", text_of(text, "Two.")))
        assert (await case.spanish()).blocks == (replace(first, text=text.upper()), *written[1:])
    await case.translate(tongue, await case.save("en", text_of("One again.")))
    assert (await case.spanish()).blocks == (replace(first, text="ONE AGAIN."), written[1], written[3])


async def test_a_translation_goes_along_when_an_outside_tool_numbers_the_cues_anew(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.", "Four.")))
    await case.edit(c3="Tres.")
    number = await case.save("en", text_of("One.", "New.", "Two.", "Three.", "Four now."))
    result = await case.translate(tongue, number)
    assert [line.text for line in tongue.asked[-1]] == ["New.", "Four now."]
    assert told(await case.spanish()) == {
        "c1": "ONE.",
        "c2": "NEW.",
        "c3": "TWO.",
        "c4": "Tres.",
        "c5": "FOUR NOW.",
    }
    assert result.flagged_cues == ()


async def test_a_deleted_cue_stays_away_also_where_the_others_are_numbered_anew(case: Case) -> None:
    """Its id is another's then, and nothing stands under its own."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.", "Four.")))
    await case.edit(c3=None)
    number = await case.save("en", text_of("One.", "New.", "Two.", "Three.", "Four."))
    for _ in range(2):
        result = await case.translate(tongue, number)
        assert told(await case.spanish()) == {"c1": "ONE.", "c2": "NEW.", "c3": "TWO.", "c5": "FOUR."}
        assert result.flagged_cues == ()
    number = await case.save("en", text_of("One.", "New.", "Two.", "Three now.", "Four."))
    assert (await case.translate(tongue, number)).flagged_cues == ("c4",)


async def test_what_a_machine_wrote_is_translated_anew_where_that_was_asked_for(case: Case) -> None:
    tongue, number = Shouter(), await case.save("en", text_of("One.", "Two."))
    await case.translate(tongue, number)
    await case.edit(c2="Dos.")
    result = await case.translate(tongue, number, anew=True)
    assert [line.text for line in tongue.asked[-1]] == ["One."]
    assert told(await case.spanish()) == {"c1": "ONE.", "c2": "Dos."}
    assert (result.translated, result.flagged_cues) == (1, ())


async def test_what_people_changed_of_a_draft_is_counted_also_when_it_was_translated_again(
    case: Case,
) -> None:
    """The machine's newest text holds what they had written before it: one reworded, one retimed, one
    taken out and one added."""
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.", "Three.", "Four.")))
    added = Cue("mine", 20_000, 21_000, "Mío.")
    await case.edit(c2="Dos.", c3=(12_500, 13_000), c4=None)
    await case.save("es", Document((await case.spanish()).header, (*(await case.spanish()).blocks, added)))
    result = await case.translate(
        tongue, await case.save("en", text_of("One now.", "Two.", "Three.", "Four."))
    )
    number = result.versions.of(case.kind)
    assert number is not None
    async with case.kit.database.begin() as session:
        approved = await texts.version(session, case.job.job_id, "es", case.kind, number)
        assert approved is not None and approved.origin is Origin.TRANSLATION
        await measures.measure(session, case.job.job_id, "es", [approved])
        found = (
            await session.scalars(sa.select(TextMeasure).where(col(TextMeasure.job_id) == case.job.job_id))
        ).one()
        work = BatchWork(action=BatchAction.REPROCESS, from_step=Step.TRANSLATE)
        foreseen_of = await foreseen(session, [col(Job.id) == case.job.job_id], BatchAsked(work=work))
    assert (found.cues, found.cues_changed, found.drafted) == (4, 4, True)
    assert foreseen_of.human_edits == 1


async def test_what_nobody_changed_is_nobodys(case: Case) -> None:
    tongue = Shouter()
    await case.translate(tongue, await case.save("en", text_of("One.", "Two.")))
    result = await case.translate(tongue, await case.save("en", text_of("One now.", "Two.")))
    number = result.versions.of(case.kind)
    assert number == 2
    async with case.kit.database.begin() as session:
        approved = await texts.version(session, case.job.job_id, "es", case.kind, number)
        assert approved is not None
        assert (
            measures.measured(approved, measures.Drafted(approved.content, approved.sources)).cues_changed
            == 0
        )
        work = BatchWork(action=BatchAction.REPROCESS, from_step=Step.TRANSLATE)
        told_of = await foreseen(session, [col(Job.id) == case.job.job_id], BatchAsked(work=work))
    assert told_of.human_edits == 0
