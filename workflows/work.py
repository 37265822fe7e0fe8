"""Shared by jobs and languages: work that a decision may redirect, and steps that wait for a retry when they fail."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, is_cancelled_exception

from schema.codes import Code
from schema.contracts.steps import Failure
from schema.enums import Step
from workflows.names import NO_RESULT

T = TypeVar("T")
_SAID = frozenset(code.value for code in Code) | {NO_RESULT}
"""Failure types that activities raise on purpose: see `activities.errors`."""


class Redirectable:
    """Runs one stage at a time. `redirect` stops it, and the loop continues with the state that the decision set."""

    def __init__(self) -> None:
        self._redirected = False
        self._stopping = False

    def redirect(self) -> None:
        self._redirected = True

    def heed(self) -> None:
        """For stages, after each wait. A Temporal operation that succeeds at the moment of a cancellation hides it, and
        the stage would continue, or wait forever."""
        if self._redirected or self._stopping:
            raise asyncio.CancelledError

    async def wait(self, condition: Callable[[], bool]) -> None:
        """For stages, instead of `workflow.wait_condition`: waits no longer than the stage may run."""
        await workflow.wait_condition(lambda: condition() or self._redirected or self._stopping)
        self.heed()

    async def run(self, stage: Coroutine[Any, Any, T]) -> T | None:
        """Returns what `stage` returned, or None if a decision came first. The state that the decision set then
        holds."""
        task = asyncio.create_task(stage)
        try:
            await workflow.wait_condition(lambda: task.done() or self._redirected)
        except asyncio.CancelledError:
            await self._stop(task)
            raise
        if self._redirected:
            await self._stop(task)
            return None
        return await task

    async def _stop(self, task: asyncio.Task[Any]) -> None:
        """Cancels `task` and waits for its end. Its activities are cancelled, and stop within seconds."""
        self._redirected, self._stopping = False, True
        task.cancel()
        try:
            await task
        except BaseException as error:
            if not is_cancelled_exception(error):
                workflow.logger.warning("a stopped stage ended with %s", error)
        finally:
            self._stopping = False


async def unhurried(awaitable: Awaitable[T]) -> T:
    """Waits for `awaitable` even if cancelled meanwhile, and raises the cancellation afterwards. For operations that
    cannot be undone once sent, such as the start of a child."""
    task = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await workflow.wait([task])
        raise


def was_cancelled(error: BaseException) -> bool:
    """Whether `error` is caused by the workflow's own cancellation from the Temporal UI or command line."""
    return is_cancelled_exception(error) and workflow.cancellation_reason() is not None


def heed_cancellation() -> None:
    """Raises if the workflow was cancelled. A Temporal operation that succeeds at that moment hides the
    cancellation."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


class Steps:
    """Runs the steps of one workflow, and keeps track of those that run and those that failed.

    A step whose retries are spent does not fail the workflow: it is recorded through `changed`, and runs again after
    `retry`.
    """

    def __init__(self, changed: Callable[[], None], work: Redirectable, language: str | None = None) -> None:
        self._changed = changed
        self._work = work
        self._language = language
        self.running: list[Step] = []
        self.failures: dict[Step, Failure] = {}

    @property
    def failure(self) -> Failure | None:
        return next(iter(self.failures.values()), None)

    def retry(self, step: Step | None = None) -> bool:
        """Lets the failed `step` (or all) continue. Returns False if there is none."""
        asked = [failed for failed in self.failures if step in (None, failed)]
        for failed in asked:
            del self.failures[failed]
        return bool(asked)

    async def run(self, step: Step, call: Callable[[], Awaitable[T]]) -> T:
        """Runs `call` until it succeeds."""
        self.running.append(step)
        try:
            while True:
                if step in self.failures:
                    await self._work.wait(lambda: step not in self.failures)
                self._changed()
                try:
                    made = await call()
                    self._work.heed()
                    return made
                except ActivityError as error:
                    if is_cancelled_exception(error):
                        raise
                    self.failures[step] = failure_of(error, step, self._language)
                    self._changed()
        finally:
            self.running.remove(step)
            self.failures.pop(step, None)


def _on_purpose(error: ActivityError) -> ApplicationError | None:
    """Whether the activity raised it on purpose, for a person to read. The SDK turns every other exception into one of
    these as well, with the class name as its type."""
    cause = error.cause
    return cause if isinstance(cause, ApplicationError) and cause.type in _SAID else None


def failure_words(error: ActivityError) -> str:
    """A short reason for a person: the message that the activity raised on purpose. Anything else belongs in the
    log."""
    said = _on_purpose(error)
    return said.message if said else "It failed unexpectedly: see the worker's log."


def failure_of(error: ActivityError, step: Step, language: str | None) -> Failure:
    """A short reason for a person. A message that the activity raised on purpose is one already. Anything else belongs
    in the log."""
    said = _on_purpose(error)
    if said and said.type:
        return Failure(step=step, language=language, code=said.type, reason=said.message)
    if isinstance(error.cause, TimeoutError):
        reason = f"The {step.value} step took too long, or its worker went away. Retry it, or see its worker's log."
        return Failure(step=step, language=language, code="timeout", reason=reason)
    reason = f"The {step.value} step failed unexpectedly. Retry it, or see its worker's log."
    return Failure(step=step, language=language, code="unexpected", reason=reason)
