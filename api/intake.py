"""What a request may contain, decided before its body is read.

Every route is a `Route`. What it accepts follows from its parameters: JSON for a `Body`, which declares its maximum
size; a form for a file; otherwise no body. If the route needs authentication, the token is checked first, then the
declared type and size. The body is counted as it arrives, because the declared size may be wrong or missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from fastapi import Request, Response, params
from fastapi.dependencies.utils import get_flat_params
from fastapi.routing import APIRoute
from pydantic_core import from_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from api.authn import read_claims, signed_in
from api.bodies.base import SMALL, Body
from api.context import get_session
from api.dependencies import ANSWERS, calls_of
from api.errors import errors
from api.guards.base import GUARDS
from api.headers import if_match, if_none_match, revalidated
from api.parts import Parts
from api.tokens import is_service, read_bearer
from schema.errors import FieldError, Invalid, TooLarge, Unreadable, WrongType
from schema.settings import Settings
from schema.vtt.parse import MAX_BYTES

JSON = "application/json"
FORM = "multipart/form-data"
_FORM_TEXTS = 2 * MAX_BYTES + 2**20
"""The size limit of a form without its file: two texts, and the other fields."""
_BETWEEN = 6
"""Bytes between two short texts of a list: quotes, a comma, and the newline and indentation of pretty-printed JSON."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Intake:
    """What a route accepts."""

    signed_in: bool
    """Whether a token is required."""
    media_type: str | None
    """None if no body is accepted. A JSON body is ignored then, because some clients send `{}`."""
    max_bytes: int | None
    """None for a form, whose file is limited by a setting."""
    form_fields: int = 0
    text_bytes: int = 0
    """Maximum size of a form field that is not a file."""
    outside_bytes: int = SMALL
    """How much of a large JSON body may lie outside of its texts."""

    @classmethod
    def of(cls, route: APIRoute) -> Intake:
        """What `route` accepts, according to its parameters."""
        needs_token = signed_in in calls_of(route.dependant)
        field = route.body_field
        if field is None:
            return cls(needs_token, None, SMALL)
        if isinstance(field.field_info, params.Form):
            fields = len(field.field_info.annotation.model_fields)  # type: ignore[union-attr]
            return cls(needs_token, FORM, None, fields, MAX_BYTES)
        kinds = (field.field_info.annotation, *get_args(field.field_info.annotation))
        bodies = [kind for kind in kinds if isinstance(kind, type) and issubclass(kind, Body)]
        many = max((body.max_values for body in bodies), default=0)
        size = max((body.max_bytes for body in bodies), default=SMALL)
        return cls(needs_token, JSON, size, outside_bytes=max(SMALL, many * _BETWEEN))

    def limit(self, settings: Settings) -> int:
        """The size limit in bytes."""
        if self.max_bytes is None:
            return settings.max_small_upload_bytes + _FORM_TEXTS
        return self.max_bytes

    async def admit(self, request: Request) -> None:
        """Refuses callers without a valid token before their body is read. For a service token this needs a look-up; if
        no body is accepted, only the route's guard does it.

        Raises:
            Unauthenticated: the token is missing or invalid.
        """
        token = read_bearer(request)
        if self.media_type is not None or not is_service(token):
            await read_claims(request, token)

    def check(self, headers: Mapping[str, str], limit: int) -> None:
        """Refuses a request whose headers are already wrong.

        Raises:
            WrongType: the body has another type.
            TooLarge: the declared size is over the limit.
        """
        declared = headers.get("content-length", "")
        if "transfer-encoding" not in headers and declared in ("", "0"):
            return
        kind = headers.get("content-type", "").split(";", 1)[0].strip().lower()
        wanted = self.media_type or JSON
        if kind != wanted and not (wanted == JSON and re.fullmatch(r"application/[\w.-]{1,100}\+json", kind)):
            raise WrongType(f"This takes {self.media_type or 'no body'}: send Content-Type: {wanted}.")
        if declared.isdecimal() and (len(declared) > 18 or int(declared) > limit):
            raise _too_large(limit)

    async def read(self, request: Taken) -> None:
        """Reads the body: JSON into memory, the files of a form to disk.

        Raises:
            TooLarge: it is larger than the route accepts.
            Unreadable: it is not of its declared type.
        """
        try:
            if self.media_type == FORM:
                await request.form(
                    max_files=self.form_fields, max_fields=self.form_fields, max_part_size=self.text_bytes
                )
            elif self.media_type == JSON and (raw := await request.body()):
                request.taken = read_json(raw, self.outside_bytes)
        except HTTPException as error:
            found = FieldError("body", str(error.detail))
            raise Unreadable(f"The form cannot be read: {error.detail}", errors=[found]) from None
        except ClientDisconnect:
            raise Invalid("The request ended before its body did.") from None


class Taken(Request):
    """A request whose JSON has been read."""

    taken: Any = None

    async def json(self) -> Any:
        return self.taken


class Route(APIRoute):
    """A route that reads no more than it accepts, and documents the errors that follow from its parameters."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        super().__init__(path, endpoint, **options)
        self.responses = {**errors(*self._answers()), **self.responses}

    def _answers(self) -> set[int]:
        calls = list(calls_of(self.dependant))
        found = {status for call in calls for status in ANSWERS.get(call, ())}
        found |= {status for call in calls if call in GUARDS for status in GUARDS[call].answers}
        if 401 in found and self.param_convertors:
            found.add(404)
        if get_session in calls:
            found.add(503)
        if self.body_field is not None:
            found |= {413, 415}
        if self.body_field is not None or get_flat_params(self.dependant):
            found.add(422)
        return found

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        intake = Intake.of(self)
        has_version = bool({if_none_match, if_match} & set(calls_of(self.dependant)))

        async def bounded(request: Request) -> Response:
            parts = request.app.state.parts
            assert isinstance(parts, Parts)
            if intake.signed_in:
                await intake.admit(request)
            limit = intake.limit(parts.settings)
            intake.check(request.headers, limit)
            taken = Taken(request.scope, _counted(request.receive, limit))
            await intake.read(taken)
            answer = await handle(taken)
            return revalidated(request, answer) if has_version else answer

        return bounded


def read_json(raw: bytes, outside_bytes: int = SMALL) -> Any:
    """Decodes the JSON. Numbers have at most 4,300 digits, and values are nested at most 200 deep.

    Raises:
        TooLarge: more lies outside of its texts than a small body may have.
        Unreadable: it is not JSON in UTF-8.
    """
    _check_structure(raw, outside_bytes)
    try:
        return from_json(raw, allow_inf_nan=False, cache_strings="none")
    except ValueError as error:
        found = FieldError("body", f"it is not JSON: {error}")
        raise Unreadable(f"The body is not JSON: {error}.", errors=[found]) from None


def _check_structure(raw: bytes, most: int) -> None:
    """Checks that a large body is large because of its texts. Millions of small values would be parsed and validated
    one by one, each with its own error."""
    if len(raw) <= most:
        return
    at = outside = 0
    while (quote := raw.find(b'"', at)) >= 0 and outside <= most:
        outside += quote - at + 1
        found = _STRING.match(raw, quote)
        if found is None:
            return  # the parser has a better message for this
        at = found.end()
    if outside + len(raw) - at > most:
        raise TooLarge(f"The body has more than {most} bytes outside of its texts.")


def _counted(receive: Receive, limit: int) -> Receive:
    received = 0

    async def counted() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        if received > limit:
            raise _too_large(limit)
        return message

    return counted


def _too_large(limit: int) -> TooLarge:
    return TooLarge(f"The body is larger than the {limit} bytes that this takes.")
