"""The workflows of a job's languages: begun, stopped, retried and closed as children that survive a reset of
their job."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from functools import partial
from typing import Any

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

from schema.contracts.base import Contract
from schema.contracts.job import JobState
from schema.contracts.language import LanguageBegin, LanguageInput, LanguageState, LanguageStop, Retry
from schema.contracts.steps import JobRef
from schema.enums import LanguageStage
from workflows import names, shown
from workflows.calls import priority_of
from workflows.job_languages import Effect, resumed_stage
from workflows.work import unhurried

_ENDING_S = 30
_AT_REST = (LanguageStage.READY, LanguageStage.FAILED, LanguageStage.REMOVED)


class Languages:
    """Starts and signals the language workflows. Languages that are to begin wait in `due` until the main loop begins
    them."""

    def __init__(self, job: Callable[[], JobRef], current: Callable[[], JobState]) -> None:
        self._ref = job
        self._current = current
        self.due: dict[str, LanguageBegin] = {}
        self._beginning: set[str] = set()
        self._started: dict[str, asyncio.Task[Any]] = {}
        self._errands: list[tuple[Effect, str | None]] = []
        self._closing = False

    @property
    def _job(self) -> JobRef:
        return self._ref()

    def resume(self) -> None:
        """After continue-as-new, or from the row: begins every language that is at work as it was begun before. A
        running child answers with a report; a closed one starts there."""
        state = self._current()
        for code, language in state.languages.items():
            if language.stage not in _AT_REST:
                self.due[code] = begin_as_it_was(state, language)

    async def ask(self) -> None:
        """After a reset of the job: asks each language where it is now. One that is gone in the middle of its work is
        due again."""
        state = self._current()
        for code, language in state.languages.items():
            if language.stage is LanguageStage.REMOVED:
                await self._stop(code, LanguageStop(removed=True))
                continue
            begin = begin_as_it_was(state, language)
            if not await self._signal(code, names.BEGIN, begin) and language.stage not in _AT_REST:
                self.due[code] = begin

    def take(self, effect: Effect) -> None:
        for code in (*effect.stop, *effect.remove):
            self.due.pop(code, None)
        self.due |= effect.begin

    def send(self, effect: Effect, reason: str | None) -> None:
        """Carries `effect` out after the decision is answered, in the order of the decisions. Fifty languages take
        longer than a client waits."""
        if not (effect.retry or effect.stop or effect.remove or effect.tell):
            return
        self._errands.append((effect, reason))
        if len(self._errands) == 1:
            self._sending = asyncio.create_task(self._run_errands())

    async def _run_errands(self) -> None:
        while self._errands:
            effect, reason = self._errands[0]
            try:
                await self.carry_out(effect, reason)
            except FailureError as error:
                workflow.logger.error("not every language heard of a decision: %s", error)
            finally:
                del self._errands[0]

    def has_sent(self) -> bool:
        return not self._errands

    async def begin_all(self) -> None:
        if self._errands:  # a stop that was decided earlier must not arrive after a later beginning
            await workflow.wait_condition(self.has_sent)
        while self.due:
            await unhurried(asyncio.gather(*(self._begin_due(code) for code in self.due)))

    async def _begin_due(self, code: str) -> None:
        begin = self.due.get(code)
        if begin is None:
            return
        self._beginning.add(code)
        try:
            await self._begin(self._current().languages[code], begin)
        finally:
            self._beginning.discard(code)
        if self.due.get(code) is begin:
            del self.due[code]

    def has_begun(self, effect: Effect) -> bool:
        """Whether each language knows its current work, or was given other work in the meantime."""
        return all(self.due.get(code) is not begin for code, begin in effect.begin.items())

    async def carry_out(self, effect: Effect, reason: str | None) -> None:
        """Retries the failed step of each language in `retry`. A language whose workflow is gone starts again at that
        step."""
        await _side_by_side(self._retry(effect.state.languages[code], effect.state) for code in effect.retry)
        await _side_by_side(self._signal(code, names.ABOUT, self._job) for code in effect.tell)
        await _side_by_side(self._stop(code, LanguageStop(reason=reason)) for code in effect.stop)
        gone = LanguageStop(reason=reason, removed=True)
        await _side_by_side(self._stop(code, gone) for code in effect.remove)

    async def stop_all(self, reason: str) -> None:
        known = self._current().languages
        removed = {code for code, state in known.items() if state.stage is LanguageStage.REMOVED}
        await _side_by_side(
            self._stop(code, LanguageStop(reason=reason, removed=code in removed))
            for code in self._everyone()
        )

    async def close(self) -> None:
        """Ends every language's workflow. Waits for those that this run started: their end would otherwise arrive while
        the job's own run is ending, which Temporal refuses. A workflow that is gone, or that staff have reset, does not
        report its end to this run."""
        self._closing = True
        try:
            everyone = self._everyone()
            there = await asyncio.gather(*(self._signal(code, names.CLOSE, None) for code in everyone))
            told = [code for code, is_there in zip(everyone, there, strict=True) if is_there]
            ending = [self._started[code] for code in told if code in self._started]
            if any(not each.done() for each in ending) and workflow.patched(names.CLOSED_IN_TIME):
                await workflow.wait(ending, timeout=_ENDING_S)
            else:
                await asyncio.gather(*ending, return_exceptions=True)
        finally:
            self._closing = False

    async def _retry(self, language: LanguageState, state: JobState) -> None:
        if not await self._signal(language.language, names.RETRY, Retry()):
            await self._begin(language, begin_as_it_was(state, language))

    async def _stop(self, code: str, stop: LanguageStop) -> None:
        """Stops a language. A beginning that is in flight must not arrive after its end."""
        await workflow.wait_condition(lambda: code not in self._beginning)
        await self._signal(code, names.STOP, stop)

    def _everyone(self) -> tuple[str, ...]:
        """Every language that may have a workflow, including those that a reset made the job forget."""
        state, source = self._current(), self._job.source_language
        return tuple(dict.fromkeys([source, *state.outputs.targets(source), *state.languages]))

    async def _begin(self, language: LanguageState, begin: LanguageBegin) -> None:
        code, title = language.language, str(workflow.memo_value(shown.TITLE, default=""))
        while True:
            try:
                child = await workflow.start_child_workflow(
                    names.LANGUAGE_WORKFLOW,
                    LanguageInput(job=self._job, state=language, begin=begin),
                    id=names.language_workflow_id(self._job.job_id, code),
                    parent_close_policy=ParentClosePolicy.ABANDON,
                    id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                    memo={shown.TITLE: title},
                    search_attributes=shown.language_attributes(self._job, code, _open_title()),
                    static_summary=shown.language_summary(self._job, code, title),
                    static_details=shown.LANGUAGE_DETAILS,
                    priority=priority_of(self._job),
                )
            except WorkflowAlreadyStartedError:
                news = begin.model_copy(update={"job": self._job})
                if await self._signal(code, names.BEGIN, news):
                    return
                continue  # it closed in between: start it again
            child.add_done_callback(partial(self._note_end, code))
            self._started[code] = child
            return

    def _note_end(self, code: str, child: asyncio.Task[Any]) -> None:
        """Handles a child's end. A language whose workflow was ended by hand (signal `close`) in the middle of its work
        is due again. One that failed or was cancelled has reported that itself, or the sweep does; awaiting it here
        keeps the SDK from logging an unhandled error."""
        if child.cancelled() or child.exception() or self._closing or self._started.get(code) is not child:
            return
        state = self._current()
        language = state.languages.get(code)
        if state.in_languages and language and language.stage not in _AT_REST:
            self.due.setdefault(code, begin_as_it_was(state, language))

    async def _signal(self, code: str, signal: str, message: Contract | None) -> bool:
        """Signals a language. Returns False if no such workflow is open."""
        handle = workflow.get_external_workflow_handle(names.language_workflow_id(self._job.job_id, code))
        try:
            await (handle.signal(signal) if message is None else handle.signal(signal, message))
        except ApplicationError as error:
            if error.type != "ExternalWorkflowExecutionNotFound":
                raise
            return False
        return True


async def _side_by_side(told: Iterable[Coroutine[Any, Any, Any]]) -> None:
    """Sends to every language, even if one of them fails; then raises the first failure."""
    calls = list(told)
    if len(calls) > 1 and workflow.patched("languages-are-told-side-by-side"):
        answers = await asyncio.gather(*calls, return_exceptions=True)
        for failed in (answer for answer in answers if isinstance(answer, BaseException)):
            raise failed
    else:
        for call in calls:
            await call


def _open_title() -> str | None:
    """The title in the job's memo, if whoever started the job set one."""
    return workflow.info().typed_search_attributes.get(names.TITLE)


def begin_as_it_was(state: JobState, language: LanguageState) -> LanguageBegin:
    """The beginning that the language was given before."""
    assert state.source_versions is not None
    at, revision = language.begun
    return LanguageBegin(
        revision=revision,
        at=at,
        stage=resumed_stage(language),
        outputs=state.outputs,
        artifacts=state.artifacts,
        source_versions=state.source_versions,
        keep_human_edits=language.keep_human_edits,
        anew=language.anew,
        batch_id=state.batch_id,
    )
