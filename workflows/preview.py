"""Speaks a few words in a voice, for somebody who waits to hear them."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.previews import PreviewInput, PreviewResult
    from workflows import names, other_steps


@workflow.defn(name=names.PREVIEW_WORKFLOW)
class PreviewWorkflow:
    """Speaks one preview in a few attempts. If none succeeds, the client asks again. All requests for the same words at
    the same time share one run."""

    @workflow.run
    async def run(self, start: PreviewInput) -> PreviewResult:
        return await other_steps.SPEAK_PREVIEW(start)
