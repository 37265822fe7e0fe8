"""Makes a language's outputs from its texts: the translation; then speech, the plan and the accessible video."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from temporalio import workflow

from schema.contracts.language import LanguageBegin, LanguageState
from schema.contracts.steps import (
    Artifacts,
    HearDubInput,
    JobRef,
    MuxInput,
    ProbeInput,
    PublishInput,
    ScenesInput,
    SynthesizeInput,
    SynthesizeResult,
    TranscribeInput,
    TranslateInput,
    TranslateResult,
)
from schema.enums import Step
from workflows import steps
from workflows.work import Steps

_MADE_GOOD = "what-a-promotion-skipped-is-made-good"


async def translate(job: JobRef, state: LanguageState, begin: LanguageBegin, run: Steps) -> TranslateResult:
    """Translates. A dub is examined first: editors need its gaps, and an unusable one is reported before anything is
    paid."""
    await _heard(job, state, begin, run, Step.TRANSLATE)
    inputs = TranslateInput(
        job=job,
        language=state.language,
        source_versions=begin.source_versions,
        artifacts=begin.artifacts,
        keep_human_edits=state.keep_human_edits,
        anew=state.anew,
    )
    return await run.run(Step.TRANSLATE, lambda: steps.TRANSLATE(inputs))


async def produce(
    job: JobRef,
    state: LanguageState,
    begin: LanguageBegin,
    run: Steps,
    spoken: Callable[[SynthesizeResult], Awaitable[None]],
) -> None:
    """Publishes the approved texts, then makes the requested outputs. `spoken` is called with the plan before it is
    rendered."""
    versions, outputs = state.versions, begin.outputs
    assert versions is not None
    publish = PublishInput(job=job, language=state.language, versions=versions, outputs=outputs)
    await run.run(Step.SYNTHESIZE, lambda: steps.PUBLISH(publish))
    if not outputs.wants_speech:
        return
    artifacts = await _heard(job, state, begin, run, Step.SYNTHESIZE)
    speak = SynthesizeInput(
        job=job, language=state.language, versions=versions, outputs=outputs, artifacts=artifacts
    )
    speech = await run.run(Step.SYNTHESIZE, lambda: steps.SYNTHESIZE(speak))
    await spoken(speech)
    if not outputs.accessible_video_mp4:
        return
    render = MuxInput(
        job=job,
        language=state.language,
        versions=versions,
        outputs=outputs,
        artifacts=artifacts,
        plan=speech.plan,
        clips=speech.clips,
    )
    await run.run(Step.MUX, lambda: steps.MUX(render))


async def _heard(
    job: JobRef, state: LanguageState, begin: LanguageBegin, run: Steps, step: Step
) -> Artifacts:
    """The programme with the sound of this language: the source's, or the language's own dub. A dub that was examined
    before is found, not examined again. `step` is the step that fails if the dub cannot be used."""
    dub = begin.outputs.dubs.get(state.language)
    is_dubbed = dub is not None and not state.is_source and begin.outputs.wants_description
    artifacts = begin.artifacts
    if is_dubbed or step is Step.SYNTHESIZE:
        artifacts = await _examined(job, artifacts, run, step)
    if dub is None or not is_dubbed:
        return artifacts
    inputs = HearDubInput(job=job, language=state.language, dub=dub, artifacts=artifacts)
    heard = await run.run(step, lambda: steps.HEAR_DUB(inputs))
    return heard.artifacts


async def _examined(job: JobRef, artifacts: Artifacts, run: Steps, step: Step) -> Artifacts:
    """Makes the parts of the source analysis that were missing when the job was promoted to QC, or finds them."""
    lacking = artifacts.media_report is None or artifacts.words is None
    if not lacking or not workflow.patched(_MADE_GOOD):
        return artifacts
    if artifacts.media_report is None:
        probed = await run.run(step, lambda: steps.PROBE(ProbeInput(job=job)))
        artifacts = artifacts.model_copy(update=probed.model_dump())
    if not artifacts.scenes_found:
        looked_at = ScenesInput(job=job, artifacts=artifacts)
        scenes = await run.run(step, lambda: steps.FIND_SCENES(looked_at))
        artifacts = artifacts.model_copy(update={"media_report": scenes.media_report, "scenes_found": True})
    if artifacts.words is None:
        listened_to = TranscribeInput(job=job, artifacts=artifacts, drafts_captions=False)
        heard = await run.run(step, lambda: steps.TRANSCRIBE(listened_to))
        artifacts = artifacts.model_copy(update={"words": heard.words})
    return artifacts
