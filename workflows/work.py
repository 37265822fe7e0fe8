"""What jobs and languages share: work that a decision may redirect, and steps that wait for a retry when they fail."""

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
"""Types of what activities raise on purpose: see `activities.errors`."""


class Redirectable:
    """Runs one stage at a time; `redirect` stops it, and the loop goes on with whatever the decision set."""

    def __init__(self) -> None:
        self._redirected = False
        self._stopping = False

    def redirect(self) -> None:
        self._redirected = True

    def heed(self) -> None:
        """For stages, after each wait: an operation of Temporal's that succeeds in the moment of a cancellation hides
        it, and the stage would go on, or wait for ever."""
        if self._redirected or self._stopping:
            raise asyncio.CancelledError

    async def wait(self, condition: Callable[[], bool]) -> None:
        """For stages, in the place of `workflow.wait_condition`: waits no longer than the stage may run."""
        await workflow.wait_condition(lambda: condition() or self._redirected or self._stopping)
        self.heed()

    async def run(self, stage: Coroutine[Any, Any, T]) -> T | None:
        """What `stage` returned, or None where a decision came first: what it set then stands."""
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
        """Cancels `task` and waits for its end; the activities it waited for are told, and stop within seconds."""
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
    """Waits for `awaitable` even when cancelled meanwhile, and passes the cancellation on afterwards: for what cannot
    be taken back once it was sent, such as the start of a child."""
    task = asyncio.ensure_future(awaitable)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await workflow.wait([task])
        raise


def was_cancelled(error: BaseException) -> bool:
    """Whether `error` is how the workflow's own cancellation, from the Temporal UI or command line, shows."""
    return is_cancelled_exception(error) and workflow.cancellation_reason() is not None


def heed_cancellation() -> None:
    """Raises where the workflow was cancelled: an operation of Temporal's that succeeds in that moment hides it."""
    if workflow.cancellation_reason() is not None:
        raise asyncio.CancelledError


class Steps:
    """Steps of one workflow: which run, which failed and wait.

    A step whose retries are spent does not fail the workflow: it is recorded through `changed`, and runs again
    after `retry`.
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
        """Lets the failed `step` (or all) go on; False where there is none."""
        asked = [failed for failed in self.failures if step in (None, failed)]
        for failed in asked:
            del self.failures[failed]
        return bool(asked)

    async def run(self, step: Step, call: Callable[[], Awaitable[T]]) -> T:
        """Run `call` until it succeeds."""
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
    """What the activity raised so that a person reads it. Of anything else the SDK makes one too, whose type is the
    name of the exception's class."""
    cause = error.cause
    return cause if isinstance(cause, ApplicationError) and cause.type in _SAID else None


def failure_words(error: ActivityError) -> str:
    """A short reason for a person: what the activity raised on purpose; the rest is the log's."""
    said = _on_purpose(error)
    return said.message if said else "It failed unexpectedly: see the worker's log."


def failure_of(error: ActivityError, step: Step, language: str | None) -> Failure:
    """A short reason for a person. What the activity raised on purpose is one already; the rest is the log's."""
    said = _on_purpose(error)
    if said and said.type:
        return Failure(step=step, language=language, code=said.type, reason=said.message)
    if isinstance(error.cause, TimeoutError):
        reason = f"The {step.value} step took too long, or its worker went away. Retry it, or see its worker's log."
        return Failure(step=step, language=language, code="timeout", reason=reason)
    reason = f"The {step.value} step failed unexpectedly. Retry it, or see its worker's log."
    return Failure(step=step, language=language, code="unexpected", reason=reason)
