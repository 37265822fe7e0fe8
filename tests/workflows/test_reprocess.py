"""Work that is done again from a step on: what people wrote stays, unless they say otherwise."""

from __future__ import annotations

from uuid import UUID

from schema.enums import JobAction, JobStatus, Kind, LanguageStage, Origin, QCState, Step
from schema.queries import texts
from schema.tables import TextVersion
from tests.workflows.platform import PLAIN, SPANISH, Platform

EDITED = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood night.\n"


async def edit(platform: Platform, job_id: UUID, language: str = "en") -> int:
    """A person saves the captions; the number of that version."""
    async with platform.database.begin() as session:
        current = await texts.latest(session, job_id, language, Kind.CAPTIONS)
        assert current is not None
        number = current.version + 1
        row = TextVersion(
            job_id=job_id,
            language=language,
            kind=Kind.CAPTIONS,
            version=number,
            base_version=current.version,
            content=EDITED,
            origin=Origin.EDIT,
            sources={},
        )
        await texts.save(session, row)
    return number


async def current(platform: Platform, job_id: UUID, language: str = "en") -> TextVersion:
    async with platform.database.begin() as session:
        found = await texts.latest(session, job_id, language, Kind.CAPTIONS)
        assert found is not None
        return found


async def test_a_reprocess_keeps_what_a_person_wrote(platform: Platform) -> None:
    job_id = await platform.to_source_qc(from_the_video=True)
    number = await edit(platform, job_id)
    await platform.decide(job_id, JobAction.REPROCESS, from_step=Step.TRANSCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert (await current(platform, job_id)).version == number
    assert platform.steps.calls["draft_captions"] == 2


async def test_one_that_keeps_no_edits_leaves_them_in_the_history_and_means_itself_alone(
    platform: Platform,
) -> None:
    job_id = await platform.to_source_qc()
    number = await edit(platform, job_id)
    await platform.decide(job_id, JobAction.REPROCESS, from_step=Step.TRANSCRIBE, keep_human_edits=False)
    await platform.until(job_id, JobStatus.PENDING_QC)
    drafted = await current(platform, job_id)
    assert (drafted.version, drafted.origin) == (number + 1, Origin.DRAFT)
    async with platform.database.begin() as session:
        theirs = await texts.version(session, job_id, "en", Kind.CAPTIONS, number)
    assert theirs is not None
    assert theirs.content == EDITED
    assert (await platform.state(job_id)).keep_human_edits, "it was about the drafts up to this gate"
    again = await edit(platform, job_id)
    await platform.decide(job_id, JobAction.REPROCESS, from_step=Step.TRANSCRIBE)
    await platform.until(job_id, JobStatus.PENDING_QC)
    assert (await current(platform, job_id)).version == again


async def test_a_closed_job_is_reprocessed_by_a_new_run_from_its_row(platform: Platform) -> None:
    job_id = await platform.to_final_review(PLAIN)
    await platform.decide(job_id, JobAction.COMPLETE)
    await platform.job(job_id).result()
    decided = await platform.decide_anew(job_id, JobAction.REPROCESS, from_step=Step.SYNTHESIZE)
    assert decided.status is JobStatus.SYNTHESIZING
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["synthesize_descriptions"] == 2


async def test_a_translation_that_is_made_anew_is_approved_again_where_it_is_another(
    platform: Platform,
) -> None:
    job_id = await platform.to_final_review(SPANISH)
    await platform.decide(job_id, JobAction.REPROCESS, from_step=Step.TRANSLATE, languages=("es",))
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    state = await platform.language_state(job_id, "es")
    assert state.qc_state is QCState.APPROVED, "it came out as it was"
    number = await edit(platform, job_id, "es")
    decision = {"from_step": Step.TRANSLATE, "languages": ("es",), "keep_human_edits": False}
    await platform.decide(job_id, JobAction.REPROCESS, **decision)
    made = await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    assert made.qc_state is QCState.IN_PROGRESS
    assert (made.keep_human_edits, made.anew, made.versions) == (True, False, None)
    assert (await current(platform, job_id, "es")).version == number + 1


async def test_a_failed_translation_that_is_retried_is_still_made_anew(platform: Platform) -> None:
    job_id = await platform.to_final_review(SPANISH)
    await edit(platform, job_id, "es")
    platform.steps.failures["translate_texts:es"] = 1
    decision = {"from_step": Step.TRANSLATE, "languages": ("es",), "keep_human_edits": False}
    await platform.decide(job_id, JobAction.REPROCESS, **decision)
    await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    await platform.until(job_id, JobStatus.FAILED)
    await platform.decide(job_id, JobAction.RETRY)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    assert (await current(platform, job_id, "es")).origin is Origin.TRANSLATION
