"""A few words in a voice, for somebody who waits to hear them."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.previews import PreviewInput, PreviewResult
    from workflows import names, steps


@workflow.defn(name=names.PREVIEW_WORKFLOW)
class PreviewWorkflow:
    """Speaks one preview, in a few attempts; whoever waits asks again where none succeeds. All who ask for the same
    words at once wait for one run."""

    @workflow.run
    async def run(self, start: PreviewInput) -> PreviewResult:
        return await steps.SPEAK_PREVIEW(start)
