"""Middleware around every route: request ids, and security headers for browsers."""

from __future__ import annotations

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import docs
from api.errors import hung_up, unexpected
from schema import logs

_REQUEST_ID = re.compile(r"[\w.\-]{1,100}")


class RequestIds:
    """Gives each request an id, or accepts the caller's own if it is well-formed, and returns it in `X-Request-ID`. An
    unhandled error ends here as a 500 that only contains the id."""

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
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = request_id
                headers["X-Content-Type-Options"] = "nosniff"
                if not scope["path"].startswith(docs.PATH):
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        try:
            with logs.about(request_id=request_id):
                await self._app(scope, receive, tagged)
        except ClientDisconnect:
            hung_up(request_id, scope)
        except Exception as error:
            if started:
                raise
            answer = unexpected(request_id, scope, error)
            await answer(scope, receive, tagged)
