"""What a web page may do: use signed URLs and upload sessions from any origin, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.local.storage.errors import is_json_api
from deploy.local.storage.store import Store

_METHODS = "GET, HEAD, PUT, POST, DELETE, OPTIONS"
_EXPOSED = ", ".join(
    ["Content-Length", "Content-Range", "Content-Type", "ETag", "Last-Modified", "Location", "Range",
     "X-Goog-Generation", "X-Goog-Hash", "X-GUploader-UploadID"]
)  # fmt: skip
_PREFLIGHT_LIFE_S = 3600
_SESSION_METHODS = ("PUT", "DELETE")
"""Of a session's URL: a chunk or the question for the state, and the cancelling."""


class RawPath:
    """Routes on the path as it was sent, percent-encoding and all, so that the slashes of an object's name do not
    look like ours. The handlers decode."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope.get("raw_path"):
            scope = {**scope, "path": scope["raw_path"].split(b"?")[0].decode("latin-1")}
        await self._app(scope, receive, send)


class Browsers:
    """CORS, and the refusal of JSON requests that a page sends: they carry no credential of ours, so any page on
    the internet could otherwise read and write this machine's store through its user's browser.

    A session that was opened with an `Origin` answers that origin alone, as Google's does. A signed URL answers
    every origin: the signature is what permits, and no cookie takes part.
    """

    def __init__(self, app: ASGIApp, store: Store) -> None:
        self._app = app
        self._store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        session = _session(scope, headers)
        if is_json_api(scope["path"]) and session is None:
            if "sec-fetch-site" in headers:
                refusal = PlainTextResponse("Web pages may not use the JSON API of the local store.", 403)
                await refusal(scope, receive, send)
                return
            origin = None
        allowed = origin if origin and self._allows(origin, session) else None
        if scope["method"] == "OPTIONS":
            await _preflight(allowed, headers)(scope, receive, send)
            return

        async def send_with_cors(message: Message) -> None:
            if message["type"] == "http.response.start" and allowed:
                _add(MutableHeaders(scope=message), _cors(allowed).items())
            await send(message)

        await self._app(scope, receive, send_with_cors)

    def _allows(self, origin: str, session: str | None) -> bool:
        if session is None:
            return True
        upload = self._store.uploads.find(session)
        return upload is None or upload.origin in (None, origin)


def _session(scope: Scope, headers: Headers) -> str | None:
    """The id of the upload session that a request is for, or asks leave for. An `upload_id` elsewhere is none:
    what is not routed to a session would be answered without one."""
    method = scope["method"]
    if method == "OPTIONS":
        method = headers.get("access-control-request-method", "")
    if method not in _SESSION_METHODS:
        return None
    if is_json_api(scope["path"]) and not scope["path"].startswith("/upload/"):
        return None
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("upload_id", ())), None)


def _preflight(allowed: str | None, headers: Headers) -> Response:
    if allowed is None:
        return Response(status_code=403)
    asked = headers.get("access-control-request-headers", "")
    return Response(
        status_code=204,
        headers=_cors(allowed)
        | {
            "Access-Control-Allow-Methods": _METHODS,
            "Access-Control-Allow-Headers": asked,
            "Access-Control-Max-Age": str(_PREFLIGHT_LIFE_S),
        },
    )


def _cors(origin: str) -> dict[str, str]:
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Expose-Headers": _EXPOSED,
        "Vary": "Origin",
    }


def _add(headers: MutableHeaders, more: Iterable[tuple[str, str]]) -> None:
    for key, value in more:
        headers[key] = value
