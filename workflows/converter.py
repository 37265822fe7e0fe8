"""How payloads become contracts, for every client and worker of the platform.

The SDK decodes a signal before any interceptor sees it, and drops one that it cannot decode with a line in a worker's
log, which nobody reads who sends signals. So what cannot be decoded is handed over as `Unreadable`, and what a person
typed keeps the fields that nobody knows: `workflows.inbound` refuses both, in words. It does so as they arrive; a
decision that was accepted is read again on every replay, also by code that knows other fields.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from pydantic import TypeAdapter, ValidationError
from temporalio import workflow
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter, PydanticPayloadConverter
from temporalio.converter import CompositePayloadConverter, DataConverter

from schema.contracts.base import Message, Typed
from schema.errors import PlatformError

_LARGEST = 256 * 1024
"""Bytes of a message: a state with a thousand flagged cues has 20 KB, and all of them go to one activity, whose input
ends at 2 MiB."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Stands for a message that cannot be read."""

    reason: str
    """A sentence without what was sent, for that is not known to be fit to be shown."""


class _Json(PydanticJSONPlainPayloadConverter):
    """Reads what machines send leniently, whatever is inside."""

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        extra: Literal["allow", "ignore"] = "allow" if _is(type_hint, Typed) else "ignore"
        return _adapter(Any if type_hint is None else type_hint).validate_json(payload.data, extra=extra)


@functools.cache
def _adapter(hint: Any) -> TypeAdapter[Any]:
    return TypeAdapter(hint)


class Converter(PydanticPayloadConverter):
    def __init__(self) -> None:
        super().__init__()
        readers = [
            _Json() if isinstance(each, PydanticJSONPlainPayloadConverter) else each
            for each in self.converters.values()
        ]
        CompositePayloadConverter.__init__(self, *readers)

    def from_payloads(self, payloads: Sequence[Payload], type_hints: list[type] | None = None) -> list[Any]:
        return [
            self._read(payload, type_hints[index] if type_hints and index < len(type_hints) else None)
            for index, payload in enumerate(payloads)
        ]

    def _read(self, payload: Payload, hint: type | None) -> Any:
        # Without a hint it is one of too many or too few, whose number will be refused.
        is_message = _is_activation() and (hint is None or _is(hint, Message))
        try:
            if is_message and len(payload.data) > _LARGEST:
                return Unreadable(f"It has more than {_LARGEST // 1024} KiB.")
            return super().from_payloads([payload], [hint] if hint else None)[0]
        except Exception as error:
            if not is_message:
                raise
            return Unreadable(_words(error))


def _is_activation() -> bool:
    """Whether a workflow reads. It does so in a thread of its own, and signals before its loop runs; a client and an
    activity read inside theirs."""
    if workflow.in_workflow():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def _is(hint: Any, base: type) -> bool:
    """Whether it is a `base`, or an optional one."""
    return any(isinstance(each, type) and issubclass(each, base) for each in (hint, *get_args(hint)))


def _words(error: Exception) -> str:
    if isinstance(error, PlatformError):  # a contract's own refusal
        return error.message[:400]
    if not isinstance(error, ValidationError):
        return "It is not JSON."
    told = [
        f"{'.'.join(str(part) for part in each['loc']) or 'the input'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:3]
    ]
    return f"{'; '.join(told)[:400]}."


data_converter = DataConverter(payload_converter_class=Converter)
