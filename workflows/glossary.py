"""Embeds one version of a glossary, so that its terms can be found by meaning."""

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
    from workflows import names, other_steps, shown
    from workflows.work import failure_words

_CANCELLED = "Its workflow was cancelled in Temporal. reembed begins it again."


@workflow.defn(name=names.GLOSSARY_WORKFLOW)
class GlossaryWorkflow:
    """1. Embed one page of terms at a time, in file order. One activity per page writes the vectors and the progress.
    2. `reembed` increments the revision and sends `again`, which starts over at the first term, in this run or in a
    new one. 3. A permanent failure is written to the version's row and ends the run. Translations then find terms by
    their words only.
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
                page = await other_steps.EMBED_TERMS(
                    EmbedInput(version_id=at.version_id, revision=at.revision, after=at.after)
                )
            except (ActivityError, asyncio.CancelledError) as error:  # or: both ended at the same moment
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
        """Shows why a signal did nothing, since a signal has no answer; see `workflows.inbound`."""
        workflow.set_current_details(shown.details(words))

    def _tell(self, page: EmbedResult) -> None:
        workflow.set_current_details(f"**{page.embedded} of {page.terms}** terms")

    async def _end(self, at: GlossaryInput, error: ActivityError | asyncio.CancelledError) -> str:
        """Writes the outcome to the row. A cancellation takes effect afterwards."""
        cancelled = is_cancelled_exception(error)
        reason = failure_words(error) if isinstance(error, ActivityError) and not cancelled else _CANCELLED
        workflow.set_current_details(shown.details(f"**Failed**: {reason}"))
        await other_steps.END_EMBEDDING(
            EmbedFailed(version_id=at.version_id, revision=at.revision, reason=reason)
        )
        if cancelled:
            raise error
        return reason
