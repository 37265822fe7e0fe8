"""What is made of a language's texts: the translation; then speech and plan, and the accessible video."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from schema.contracts.language import LanguageBegin, LanguageState
from schema.contracts.steps import (
    JobRef,
    MuxInput,
    PublishInput,
    SynthesizeInput,
    SynthesizeResult,
    TranslateInput,
    TranslateResult,
)
from schema.enums import Step
from workflows import steps
from workflows.work import Steps


async def translate(job: JobRef, state: LanguageState, begin: LanguageBegin, run: Steps) -> TranslateResult:
    inputs = TranslateInput(
        job=job,
        language=state.language,
        source_versions=begin.source_versions,
        glossary_version_id=state.glossary_version_id,
        artifacts=begin.artifacts,
    )
    return await run.run(Step.TRANSLATE, lambda: steps.TRANSLATE(inputs))


async def produce(
    job: JobRef,
    state: LanguageState,
    begin: LanguageBegin,
    run: Steps,
    spoken: Callable[[SynthesizeResult], Awaitable[None]],
) -> None:
    """Publishes the approved texts, then makes what was asked for of them. `spoken` is told of the plan before it is
    rendered."""
    versions, outputs = state.versions, begin.outputs
    assert versions is not None
    publish = PublishInput(job=job, language=state.language, versions=versions, outputs=outputs)
    await run.run(Step.SYNTHESIZE, lambda: steps.PUBLISH(publish))
    if not outputs.wants_speech:
        return
    speak = SynthesizeInput(
        job=job, language=state.language, versions=versions, outputs=outputs, artifacts=begin.artifacts
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
        artifacts=begin.artifacts,
        plan=speech.plan,
        clips=speech.clips,
    )
    await run.run(Step.MUX, lambda: steps.MUX(render))
