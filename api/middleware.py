"""What every request goes through before its route: an id, and a limit to what it may send."""

from __future__ import annotations

import re
from uuid import uuid4

from fastapi import HTTPException
from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import body_of, status_of, unexpected
from schema.errors import TooLarge
from schema.vtt.parse import MAX_BYTES

_REQUEST_ID = re.compile(r"[\w.\-]{1,100}")
_EXTRA = 2**20
_TEXTS = 2 * MAX_BYTES
"""A job may bring both of its texts."""
_MAX_JSON = 2 * _TEXTS + _EXTRA
"""Escaped in JSON, a text can double."""


class RequestIds:
    """Gives each request an id, the caller's own where it is sane, and says it in `X-Request-ID`. What no handler
    expected ends here, as a 500 that says no more than the id."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = Headers(scope=scope).get("x-request-id", "")
        request_id = asked if _REQUEST_ID.fullmatch(asked) else uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id

        started = False

        async def tagged(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, tagged)
        except Exception as error:
            if started:
                raise
            answer = unexpected(request_id, scope, error)
            await answer(scope, receive, tagged)


class BodyLimit:
    """Refuses a body that is larger than any route takes, before it fills memory or disk."""

    def __init__(self, app: ASGIApp, max_file_bytes: int) -> None:
        self._app = app
        self._max_form = max_file_bytes + _TEXTS + _EXTRA

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        is_form = headers.get("content-type", "").startswith("multipart/")
        limit = self._max_form if is_form else _MAX_JSON
        declared = headers.get("content-length", "")
        if declared.isdigit() and int(declared) > limit:
            return await _refuse(scope, receive, send, limit)
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(413, _too_large(limit))  # the one error that body parsing lets through
            return message

        return await self._app(scope, counted, send)


def _too_large(limit: int) -> str:
    return f"The request is larger than {limit} bytes. For videos use POST /jobs/upload/init."


async def _refuse(scope: Scope, receive: Receive, send: Send, limit: int) -> None:
    error = TooLarge(_too_large(limit))
    await JSONResponse(body_of(error), status_of(error), {"Connection": "close"})(scope, receive, send)
