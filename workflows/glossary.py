"""One version of a glossary: its terms made findable by what they mean."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from schema.contracts.glossaries import (
        EmbedFailed,
        EmbedInput,
        EmbedResult,
        GlossaryAgain,
        GlossaryInput,
        GlossaryResult,
    )
    from workflows import names, shown, steps
    from workflows.work import failure_words

_CANCELLED = "Its workflow was cancelled in Temporal. reembed begins it again."


@workflow.defn(name=names.GLOSSARY_WORKFLOW)
class GlossaryWorkflow:
    """1. A page of terms at a time, in the order of the file, each in one activity that writes its vectors and how far
    the version is. 2. `reembed` counts the revision up and sends `again`: it begins at the first term, here or in a new
    run. 3. What cannot pass is said on the version's row, and ends it: translations then find its terms by their words.
    """

    @workflow.init
    def __init__(self, start: GlossaryInput) -> None:
        self._at = start

    @workflow.signal(
        name=names.AGAIN, description="Begin at the first term, where the revision is a newer one."
    )
    async def again(self, asked: GlossaryAgain) -> None:
        if asked.revision > self._at.revision:
            self._at = GlossaryInput(version_id=self._at.version_id, revision=asked.revision)

    @workflow.run
    async def run(self, start: GlossaryInput) -> GlossaryResult:
        while True:
            at = self._at
            try:
                page = await steps.EMBED_TERMS(
                    EmbedInput(version_id=at.version_id, revision=at.revision, after=at.after)
                )
            except (ActivityError, asyncio.CancelledError) as error:  # or: both ended in the same moment
                reason = await self._end(at, error)
                if self._at.revision == at.revision:
                    return GlossaryResult(revision=at.revision, embedded=at.after, failure=reason)
                continue
            if self._at.revision != at.revision:
                continue
            if page.superseded or page.finished:
                return GlossaryResult(revision=at.revision, embedded=page.embedded)
            self._tell(page)
            self._at = at.model_copy(update={"after": page.after})
            if workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(self._at)

    def tell_staff(self, words: str) -> None:
        """What a message that does nothing has as its answer; see `workflows.inbound`."""
        workflow.set_current_details(shown.details(words))

    def _tell(self, page: EmbedResult) -> None:
        workflow.set_current_details(f"**{page.embedded} of {page.terms}** terms")

    async def _end(self, at: GlossaryInput, error: ActivityError | asyncio.CancelledError) -> str:
        """The row tells why; a cancel goes on afterwards."""
        cancelled = is_cancelled_exception(error)
        reason = failure_words(error) if isinstance(error, ActivityError) and not cancelled else _CANCELLED
        workflow.set_current_details(shown.details(f"**Failed**: {reason}"))
        await steps.END_EMBEDDING(EmbedFailed(version_id=at.version_id, revision=at.revision, reason=reason))
        if cancelled:
            raise error
        return reason
