"""Maps errors to HTTP responses. The body is always `{detail, code}` with further fields that help."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError, WebSocketRequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.types import Scope
from starlette.websockets import WebSocketState

from schema.codes import Code
from schema.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Misconfigured,
    NotFound,
    PlatformError,
    PreconditionFailed,
    ProviderFailed,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
    Unreadable,
    WrongType,
)

logger = logging.getLogger(__name__)

STATUS: dict[type[PlatformError], int] = {
    Invalid: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    Gone: 410,
    PreconditionFailed: 412,
    TooLarge: 413,
    WrongType: 415,
    Unreadable: 422,
    TooMany: 429,
    Misconfigured: 503,
    ProviderFailed: 503,
    Unavailable: 503,
}
_MEANING = {
    400: "The input can be read but not accepted; see `detail` and `errors`.",
    401: "No access token, or one that is not valid any more.",
    403: "The caller sees this, but may not do it.",
    404: "There is no such thing, or the caller may not see it.",
    409: "The state does not allow it, or somebody else was first; see `code`, `state` and `allowed_actions`.",
    410: "It was there, and is not any more.",
    412: "`If-Match` names another version than the current one; see `ETag`.",
    413: "Too large.",
    415: "The wrong type.",
    422: "The body or a parameter does not have the right shape; see `errors`.",
    429: "Too many requests; see `Retry-After`.",
    503: "Not available now; see `Retry-After`. Sending the same request again is safe.",
}
_MOST_ERRORS = 20
_FIELD_CHARS, _MESSAGE_CHARS, _DETAIL_CHARS = 200, 500, 1000
"""Messages quote no more than this of an input."""


class FieldProblem(BaseModel):
    """One thing that is wrong with the input."""

    model_config = ConfigDict(use_attribute_docstrings=True)

    field: str
    """Path of the field, such as `requested_outputs.languages.0`, the name of a parameter, or `line 12` of a text."""
    message: str
    """What is wrong, and what would be right."""


class Problem(BaseModel):
    """The body of every error."""

    model_config = ConfigDict(
        use_attribute_docstrings=True,
        json_schema_extra={
            "examples": [
                {
                    "detail": "A job that is completed does not allow cancel.",
                    "code": Code.STATE,
                    "state": "completed",
                    "allowed_actions": ["retry_tts", "change_outputs"],
                }
            ]
        },
    )

    detail: str
    """One sentence for a person."""
    code: Code = Field(description="\n".join(f"- `{each}`: {each.meaning}" for each in Code))
    errors: list[FieldProblem] | None = None
    """The problems with the input, at most 20 fields of a body."""
    state: str | None = None
    """The state of the job or of the language that prevents the request."""
    allowed_actions: list[str] | None = None
    """The actions that the caller can take in that state."""
    current_version: int | None = None
    """With `stale`: the current version."""
    findings: list[str] | None = None
    """With `blocking_findings`: the findings, one sentence each."""
    missing: list[str] | None = None
    """With `missing`: the outputs that do not exist."""
    job_id: UUID | None = None
    """With `claimed`: the job that was made from the upload."""
    request_id: str | None = None
    """With `internal`: the id of the error in our log."""


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route: its errors in addition to those that follow from its parameters (`api.intake`)."""
    return {status: {"model": Problem, "description": _MEANING[status]} for status in sorted(set(statuses))}


def status_of(error: PlatformError) -> int:
    """The status of an error's class, or of the nearest base class that has one."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def body_of(error: PlatformError) -> dict[str, Any]:
    """`detail` and `code`, with the error's further fields."""
    return {**_body(error.message, error.code, error.errors), **error.extra}


def _body(detail: str, code: Code, found: Iterable[FieldError] = ()) -> dict[str, Any]:
    body: dict[str, Any] = {"detail": _cut(detail, _DETAIL_CHARS), "code": code}
    told = [
        {"field": _cut(each.field, _FIELD_CHARS), "message": _cut(each.message, _MESSAGE_CHARS)}
        for each in found
    ]
    return {**body, "errors": told} if told else body


def _cut(text: str, chars: int) -> str:
    return text if len(text) <= chars else f"{text[: chars - 1]}…"


def install(app: FastAPI) -> None:
    """Installs handlers for the errors of all routes."""
    app.add_exception_handler(PlatformError, _platform_error)  # type: ignore[arg-type]  # of both kinds
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(WebSocketRequestValidationError, _wrong_handshake)
    app.add_exception_handler(HTTPException, _http_error)


async def _refuse_handshake(socket: WebSocket, status: int, body: dict[str, Any]) -> None:
    """Refuses a socket's handshake with the same error body as any route."""
    if socket.client_state is WebSocketState.CONNECTING:
        await socket.send_denial_response(JSONResponse(body, status))
    else:
        await socket.close(1011, body["detail"][:100])


async def _platform_error(request: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, PlatformError)
    status = status_of(error)
    if isinstance(request, WebSocket):
        await _refuse_handshake(request, status, body_of(error))
        return None
    headers: dict[str, str] = {}
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.retry_after_s)
    elif status == 503:
        headers["Retry-After"] = "30"
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooLarge):
        headers["Connection"] = "close"  # do not wait for the rest of the body
    if isinstance(error, PreconditionFailed) and error.etag:
        headers["ETag"] = error.etag
    if status >= 500:
        logger.warning(
            "%s %s: %s", request.method, template_of(request.scope), error.message, exc_info=error.__cause__
        )
    return JSONResponse(body_of(error), status, headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return JSONResponse(_wrong_shape(error.errors()), 422)


async def _wrong_handshake(socket: WebSocket, error: Exception) -> None:
    assert isinstance(error, WebSocketRequestValidationError)
    await _refuse_handshake(socket, 422, _wrong_shape(error.errors()))


def _wrong_shape(items: Sequence[Any]) -> dict[str, Any]:
    found = [FieldError(_path(item["loc"]), _sentence(item["msg"])) for item in items[:_MOST_ERRORS]]
    first, more = found[0], len(items) - 1
    detail = f"{first.field}: {first.message}" + (f" ({more} more)" if more else "")
    return _body(detail, Code.UNPROCESSABLE, found)


def _path(location: tuple[int | str, ...]) -> str:
    """The path of a field, such as `requested_outputs.languages.0`, without the first part (body, query and so on)."""
    parts = [str(part)[:_FIELD_CHARS] for part in location]
    return ".".join(
        parts[1:] if len(parts) > 1 and parts[0] in ("body", "query", "path", "header") else parts
    )


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """Handles the framework's own errors: an unknown route, or a wrong method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    code = _FRAMEWORK.get(error.status_code, Code.INVALID)
    return JSONResponse(_body(str(error.detail), code), error.status_code, headers)


_FRAMEWORK = {404: Code.NOT_FOUND, 405: Code.METHOD_NOT_ALLOWED, 413: Code.TOO_LARGE}


def _methods(request: Request) -> set[str]:
    """All methods that the path supports, also if each is a separate route."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", ""))
    routes = (route for route in iter_route_contexts(request.app.routes) if route.methods)
    return {method for route in routes if route.path_regex.match(path) for method in route.methods or ()}


def route_of(scope: Scope) -> str | None:
    """The template of a request's route, such as `/api/v1/jobs/{job_id}`; None if there is no route."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    path = getattr(context or scope.get("route"), "path", None)
    return None if path is None else str(path)


def template_of(scope: Scope) -> str:
    """The template for logs, which never contain the path itself, because a path may contain a token."""
    return route_of(scope) or "a path without a route"


def unexpected(request_id: str, scope: Scope, error: Exception) -> JSONResponse:
    """Answers with an error id. The error itself is in the log under that id."""
    logger.error("request %s failed: %s %s", request_id, scope["method"], template_of(scope), exc_info=error)
    detail = f"Something went wrong on our side. Tell us the request id {request_id}."
    return JSONResponse({**_body(detail, Code.INTERNAL), "request_id": request_id}, 500)


def hung_up(request_id: str, scope: Scope) -> None:
    """The client disconnected. There is nobody to answer, and nothing is wrong on our side."""
    logger.info(
        "request %s: the client hung up during %s %s", request_id, scope["method"], template_of(scope)
    )
