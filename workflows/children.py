"""A job's languages: begun, told to stop, to retry and to close, as children that outlive a reset of their job."""

from __future__ import annotations

from collections.abc import Iterable

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from schema.contracts.job import JobState
from schema.contracts.language import LanguageBegin, LanguageInput, LanguageState, Retry
from schema.contracts.steps import JobRef
from schema.enums import LanguageStage
from workflows import names
from workflows.job_decisions import Effect, resumed_stage
from workflows.steps import priority_of


class Languages:
    """Those that are to begin are kept in `due` until the main loop begins them."""

    def __init__(self, job: JobRef, known: Iterable[str]) -> None:
        self._job = job
        self.due: dict[str, LanguageBegin] = {}
        self._known = set(known)

    def resume(self, state: JobState) -> None:
        """After continue-as-new, or from the row: each that is not ready is begun at its own revision, which a
        living child answers with a report, and a closed one by starting there."""
        if state.source_versions is None:
            return
        for code, language in state.languages.items():
            if language.stage not in (LanguageStage.READY, LanguageStage.REMOVED, LanguageStage.FAILED):
                self.due[code] = begin_at(state, language, resumed_stage(language))

    def take(self, effect: Effect) -> None:
        for code in effect.stop:
            self.due.pop(code, None)
        self.due |= effect.begin

    async def begin_all(self, state: JobState) -> None:
        while self.due:
            code, begin = next(iter(self.due.items()))
            await self._begin(state.languages[code], begin)
            if self.due.get(code) is begin:
                del self.due[code]

    async def retry(self, codes: Iterable[str], state: JobState) -> None:
        """Runs the failed step of each again; one whose workflow is gone begins there anew."""
        for code in codes:
            if not await self._signal(code, names.RETRY, Retry()):
                await self._begin(
                    state.languages[code],
                    begin_at(state, state.languages[code], resumed_stage(state.languages[code])),
                )

    async def stop(self, codes: Iterable[str], reason: str | None) -> None:
        for code in codes:
            await self._signal(code, names.STOP, reason)

    async def close(self) -> None:
        for code in sorted(self._known):
            await self._signal(code, names.CLOSE, None)

    async def _begin(self, language: LanguageState, begin: LanguageBegin) -> None:
        code = language.language
        self._known.add(code)
        while True:
            try:
                await workflow.start_child_workflow(
                    names.LANGUAGE_WORKFLOW,
                    LanguageInput(job=self._job, state=language, begin=begin),
                    id=names.language_workflow_id(self._job.job_id, code),
                    parent_close_policy=ParentClosePolicy.ABANDON,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    search_attributes=self._attributes(code),
                    static_summary=f"{code} of job {self._job.job_id}",
                    static_details="Translate, language QC, synthesize, mux. Signal `retry` runs a failed step again.",
                    priority=priority_of(self._job),
                )
            except WorkflowAlreadyStartedError:
                if await self._signal(code, names.BEGIN, begin):
                    return
                continue  # it closed in between: start it anew
            return

    def _attributes(self, code: str) -> TypedSearchAttributes:
        return TypedSearchAttributes(
            [
                SearchAttributePair(names.JOB_LANGUAGE, code),
                SearchAttributePair(names.ORG_ID, str(self._job.org_id)),
                SearchAttributePair(names.CLIENT_ID, str(self._job.client_id)),
                SearchAttributePair(names.PROJECT_ID, str(self._job.project_id)),
            ]
        )

    async def _signal(self, code: str, signal: str, message: object) -> bool:
        """False where no such workflow is open."""
        handle = workflow.get_external_workflow_handle(names.language_workflow_id(self._job.job_id, code))
        try:
            await (handle.signal(signal) if message is None else handle.signal(signal, message))
        except ApplicationError as error:
            if error.type != "ExternalWorkflowExecutionNotFound":
                raise
            return False
        return True


def begin_at(state: JobState, language: LanguageState, stage: LanguageStage) -> LanguageBegin:
    assert state.source_versions is not None
    return LanguageBegin(
        revision=language.revision,
        stage=stage,
        outputs=state.outputs,
        artifacts=state.artifacts,
        source_versions=state.source_versions,
    )
