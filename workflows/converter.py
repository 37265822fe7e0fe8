"""How payloads become contracts, for every client and worker of the platform.

The SDK decodes a signal before any interceptor sees it, and drops one that it cannot decode with a line in a worker's
log, which the sender of a signal does not see. So a payload that cannot be decoded becomes `Unreadable`, and what a
person typed keeps its unknown fields; `workflows.inbound` refuses both with a message. It does so only on arrival: an
accepted decision is decoded again on every replay, possibly by code that knows other fields.
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
"""Bytes of one message. The state of a language with a thousand flagged cues has 20 KB; all of these go to one
activity, whose input may have 2 MiB."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A message that cannot be decoded."""

    reason: str
    """A sentence without the payload itself, which may not be fit to be shown."""


class _Json(PydanticJSONPlainPayloadConverter):
    """Decodes what machines send leniently, at every depth."""

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
        # no type hint: the message has too many or too few inputs, and their number will be refused
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
    """Whether a workflow is decoding. The SDK does that in a thread of its own, and decodes signals before the
    workflow's loop runs. Clients and activities decode inside their loop."""
    if workflow.in_workflow():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return True
    return False


def _is(hint: Any, base: type) -> bool:
    """Whether the type hint is a `base`, or an optional one."""
    return any(isinstance(each, type) and issubclass(each, base) for each in (hint, *get_args(hint)))


def _words(error: Exception) -> str:
    if isinstance(error, PlatformError):  # a contract's own validation error
        return error.message[:400]
    if not isinstance(error, ValidationError):
        return "It is not JSON."
    told = [
        f"{'.'.join(str(part) for part in each['loc']) or 'the input'}: {each['msg'].removeprefix('Value error, ')}"
        for each in error.errors(include_url=False, include_input=False, include_context=False)[:3]
    ]
    return f"{'; '.join(told)[:400]}."


data_converter = DataConverter(payload_converter_class=Converter)
