"""Guards every message on its way into a workflow. Whatever staff, the API or another workflow sends, no handler fails.

Without this guard, a signal with too few or too many inputs fails the workflow task forever, because the handler cannot
be called; and an `ActivityError` that leaves a signal's handler fails the run. So every message passes here first:

- one that cannot be read (its number of inputs, their types, unknown fields in what a person types, U+0000, its size)
  is dropped if it is a signal, and reported in the workflow's current details; an update or a query is refused with a
  message;
- a failure that leaves a handler (a refusal, an activity that failed for good) is reported in the details if it was a
  signal, and answered as `invalid`, `conflict` or `unavailable` if it was an update.

Anything else that a handler raises is a bug: it fails the task, which is retried once the bug is fixed.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol, runtime_checkable

from pydantic import BaseModel
from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.worker import (
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
)

from schema.contracts.base import Typed
from workflows.converter import Unreadable
from workflows.refusals import CODES, invalid, unavailable


@runtime_checkable
class TellsStaff(Protocol):
    """A workflow that shows a notice in its current details until the next decision."""

    def tell_staff(self, words: str) -> None: ...


class GuardMessages(Interceptor):
    """Intercepts every message to a handler, for every workflow of a worker."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor]:
        return _Guard


class _Guard(WorkflowInboundInterceptor):
    async def handle_signal(self, input: HandleSignalInput) -> None:
        wrong = why_unreadable(_definition().signals.get(input.signal), input.args)
        if wrong:
            _tell(f"Dropped the signal `{input.signal}`: {wrong}")
            return
        try:
            await super().handle_signal(input)
        except FailureError as error:
            if is_cancelled_exception(error) and workflow.cancellation_reason() is not None:
                raise
            _tell(f"The signal `{input.signal}` did nothing: {as_answer(error).message}")

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        if wrong := why_unreadable(_definition().updates.get(input.update), input.args):
            raise invalid(f"The update {input.update} cannot be read: {wrong}")
        super().handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        # Without a validator nothing has been checked yet. With one, an accepted update may hold fields of other code.
        handler = _definition().updates.get(input.update)
        if wrong := why_unreadable(handler, input.args, strict=False):
            raise invalid(f"The update {input.update} cannot be read: {wrong}")
        try:
            return await super().handle_update_handler(input)
        except FailureError as error:
            raise as_answer(error) from None

    async def handle_query(self, input: HandleQueryInput) -> Any:
        if wrong := why_unreadable(_definition().queries.get(input.query), input.args):
            raise invalid(f"The query {input.query} cannot be read: {wrong}")
        return await super().handle_query(input)


def _tell(words: str) -> None:
    told = workflow.instance()
    if isinstance(told, TellsStaff):
        told.tell_staff(words)
    else:
        workflow.set_current_details(words)
    workflow.logger.warning(words)


def as_answer(error: FailureError) -> ApplicationError:
    """The error that the sender of a message reads. A refusal is passed on as it is, also from an activity. Any other
    failure of an activity becomes `unavailable`: its details, of the database or the bucket, belong in the log."""
    cause = error.cause if isinstance(error, ActivityError) else error
    if isinstance(cause, ApplicationError) and cause.type in CODES:
        return (
            cause if cause is error else ApplicationError(cause.message, type=cause.type, non_retryable=True)
        )
    return unavailable()


def _definition() -> Any:
    """The handler's definition from the workflow: the handlers that the SDK passes to interceptors have lost their
    parameters."""
    return workflow._Definition.must_from_class(type(workflow.instance()))


def why_unreadable(handler: Any, args: Sequence[Any], *, strict: bool = True) -> str | None:
    """Why a message for `handler`, a definition, cannot be read; None if it can be. `strict` also looks for unknown
    fields."""
    if handler is None:
        return None  # one of the SDK's own handlers
    parameters = _parameters(handler.fn)
    least = sum(required for _, required in parameters)
    if not least <= len(args) <= len(parameters):
        return f"It takes {_number(least, len(parameters))}, and {len(args) or 'none'} came."
    for argument, (wanted, _) in zip(args, parameters, strict=False):
        if isinstance(argument, Unreadable):
            return argument.reason
        if not isinstance(argument, wanted):
            return f"It takes {' or '.join(each.__name__ for each in wanted)}, and something else came."
        if strict and (fault := next(_faults(argument, ""), None)):
            return fault
    return None


def fault_of(value: Any, wanted: type) -> str | None:
    """What is wrong with a workflow's input that a person typed; None if it can be read, or there is none."""
    if value is None:
        return None
    if isinstance(value, Unreadable):
        return value.reason
    if not isinstance(value, wanted):
        return f"It takes {wanted.__name__}, and something else came."
    return next(_faults(value, ""), None)


def _number(least: int, most: int) -> str:
    if most == 0:
        return "no input"
    return f"{'at most ' if least < most else ''}{most} input{'s' if most > 1 else ''}"


@functools.cache
def _parameters(handler: Callable[..., Any]) -> tuple[tuple[tuple[type, ...], bool], ...]:
    """The types that each parameter accepts, and whether it is required."""
    hints = typing.get_type_hints(handler)
    named = list(inspect.signature(handler).parameters.values())[1:]  # without self
    return tuple(
        (_types(hints.get(each.name, object)), each.default is inspect.Parameter.empty) for each in named
    )


def _types(hint: Any) -> tuple[type, ...]:
    if isinstance(hint, types.UnionType) or typing.get_origin(hint) is typing.Union:
        return tuple(kind for each in typing.get_args(hint) for kind in _types(each))
    origin = typing.get_origin(hint) or hint
    return (origin,) if isinstance(origin, type) else (object,)


def _faults(value: Any, at: str) -> Iterator[str]:
    """The faults that Pydantic let pass: unknown fields in what a person typed, and characters that Postgres cannot
    store."""
    if isinstance(value, BaseModel):
        if isinstance(value, Typed):
            yield from (f"There is no field {_within(at, name)[:100]}." for name in value.model_extra or ())
        for name in type(value).model_fields:
            yield from _faults(getattr(value, name), _within(at, name))
    elif isinstance(value, str):
        if "\0" in value:
            yield f"{at or 'It'} holds the character U+0000, which cannot be kept: take it out."
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _faults(key, at)
            yield from _faults(each, _within(at, str(key)))
    elif isinstance(value, list | tuple):
        for index, each in enumerate(value):
            yield from _faults(each, _within(at, str(index)))


def _within(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name
