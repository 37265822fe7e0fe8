"""What a request may bring, decided before its body is read.

Every route is a `Route`. What it takes follows from its parameters: JSON where it has a `Body`, which says how large it
may be, a form where it takes a file, nothing else otherwise. The token of a route that one signs in for is looked at
first; then the type and the size that are announced; and the body is counted as it arrives, for none has to announce
its size truly, or at all.
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
"""What a form may bring beside its file: two texts, and its other fields."""
_BETWEEN = 6
"""Bytes between two short texts of a list: quotes, a comma, and the line and indent of whoever likes to see them."""
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Intake:
    """What a route may bring."""

    signed_in: bool
    """Whether it has to come with a token."""
    media_type: str | None
    """None where no body is taken; one in JSON is overlooked then, for clients send `{}`."""
    max_bytes: int | None
    """None of a form, whose file is bounded by a setting."""
    form_fields: int = 0
    text_bytes: int = 0
    """How large a field of a form that is no file may be."""
    outside_bytes: int = SMALL
    """How much of a large body in JSON may be outside of its texts."""

    @classmethod
    def of(cls, route: APIRoute) -> Intake:
        """What `route` takes, by its parameters."""
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
        """In bytes."""
        if self.max_bytes is None:
            return settings.max_small_upload_bytes + _FORM_TEXTS
        return self.max_bytes

    async def admit(self, request: Request) -> None:
        """Refuses whoever has no token before their body is read. A service's is looked up for that; where no body is
        taken, the route's guard does it alone.

        Raises:
            Unauthenticated: the token is missing, or signs nobody in.
        """
        token = read_bearer(request)
        if self.media_type is not None or not is_service(token):
            await read_claims(request, token)

    def check(self, headers: Mapping[str, str], limit: int) -> None:
        """Refuses what the headers already show to be wrong.

        Raises:
            WrongType: a body of another type.
            TooLarge: a body that says that it is larger than the limit.
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
            TooLarge: it is larger than the route takes.
            Unreadable: it is not what it says it is.
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
    """A route that reads no more than it takes, and documents the errors that follow from its parameters."""

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
    """The value. Numbers have at most 4,300 digits, and values are nested at most 200 deep.

    Raises:
        TooLarge: there is more than a small body's worth of it outside of its texts.
        Unreadable: it is no JSON in UTF-8.
    """
    _check_structure(raw, outside_bytes)
    try:
        return from_json(raw, allow_inf_nan=False, cache_strings="none")
    except ValueError as error:
        found = FieldError("body", f"it is not JSON: {error}")
        raise Unreadable(f"The body is not JSON: {error}.", errors=[found]) from None


def _check_structure(raw: bytes, most: int) -> None:
    """A large body is large by its texts. Millions of small values would be read and checked one by one, and answered
    with an error each."""
    if len(raw) <= most:
        return
    at = outside = 0
    while (quote := raw.find(b'"', at)) >= 0 and outside <= most:
        outside += quote - at + 1
        found = _STRING.match(raw, quote)
        if found is None:
            return  # which the parser tells better
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
