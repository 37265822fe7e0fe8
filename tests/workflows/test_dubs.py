"""A language with a programme sound of its own: heard before it is translated, spoken and rendered with."""

from __future__ import annotations

from schema.enums import JobAction, JobStatus, LanguageStage, QCState, Step
from tests.workflows.platform import PLAIN, SPANISH, Platform, eventually

DUB, ANOTHER = "gs://bucket/jobs/1/source.wav", "gs://bucket/jobs/2/source.wav"
DUBBED = SPANISH.model_copy(update={"dubs": {"es": DUB}})


async def test_a_dub_is_heard_and_goes_with_its_language_alone(platform: Platform) -> None:
    job_id = await platform.to_final_review(DUBBED)
    steps = platform.steps
    assert steps.calls["hear_dub"] == 2, "before the translation, and found again before the speech"
    assert steps.dubs == {
        "synthesize_descriptions:en": None,
        "mux_accessible_video:en": None,
        "synthesize_descriptions:es": DUB,
        "mux_accessible_video:es": DUB,
    }
    assert (await platform.decide(job_id, JobAction.COMPLETE)).status is JobStatus.COMPLETED


async def test_a_dub_that_cannot_be_used_is_told_and_replaced(platform: Platform) -> None:
    platform.steps.failures["hear_dub:es"] = 1
    job_id = await platform.to_source_qc(DUBBED)
    await platform.decide(job_id, JobAction.APPROVE_SOURCE)
    failed = await platform.until_stage(job_id, "es", LanguageStage.FAILED)
    assert failed.failure is not None
    assert (failed.failure.step, failed.failure.language) == (Step.TRANSLATE, "es")
    assert platform.steps.calls["translate_texts"] == 0, "nothing is paid for"
    await platform.until_stage(job_id, "en", LanguageStage.READY)
    outputs = DUBBED.model_copy(update={"dubs": {"es": ANOTHER}})
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=outputs)
    await platform.until_language(job_id, "es", lambda state: state.qc_state is QCState.UNASSIGNED)
    assert platform.steps.calls["mux_accessible_video"] == 1, "English is left alone"


async def test_another_dub_is_heard_wherever_its_language_is(platform: Platform) -> None:
    job_id = await platform.to_languages(SPANISH)
    await platform.assign(job_id, "es")
    assert platform.steps.calls["hear_dub"] == 0
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=DUBBED)
    await eventually(lambda: platform.steps.calls["hear_dub"] == 1)
    await platform.until_stage(job_id, "es", LanguageStage.LANGUAGE_QC)
    assert (await platform.language_state(job_id, "es")).qc_state is QCState.ASSIGNED
    await platform.review(job_id, "es")
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.dubs["mux_accessible_video:es"] == DUB
    await platform.decide(job_id, JobAction.CHANGE_OUTPUTS, outputs=SPANISH)
    await eventually(lambda: platform.steps.dubs["mux_accessible_video:es"] is None)
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["mux_accessible_video"] == 3


async def test_the_sources_own_sound_is_no_dub(platform: Platform) -> None:
    """As staff might ask in the Temporal UI; the API refuses it."""
    job_id = await platform.to_languages(PLAIN.model_copy(update={"dubs": {"en": DUB}}))
    await platform.until(job_id, JobStatus.PENDING_FINAL_REVIEW)
    assert platform.steps.calls["hear_dub"] == 0
