"""The one place where errors become HTTP. The body is always `{detail, code}` and what helps beside it."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.types import Scope
from starlette.websockets import WebSocketState

from schema.errors import (
    Conflict,
    FieldError,
    Forbidden,
    Gone,
    Invalid,
    Misconfigured,
    NotFound,
    PlatformError,
    ProviderFailed,
    TooLarge,
    TooMany,
    Unauthenticated,
    Unavailable,
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
    TooLarge: 413,
    WrongType: 415,
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
    409: "The state does not allow it, or somebody else was first; see `state` and `allowed_actions`.",
    410: "It was there, and is not any more.",
    413: "Too large.",
    415: "The wrong type.",
    422: "The body or a parameter does not have the right shape; see `errors`.",
    429: "Too many requests; see `Retry-After`.",
    503: "Not available now; see `Retry-After`. Sending the same request again is safe.",
}


class FieldProblem(BaseModel):
    """One thing that is wrong with the input."""

    field: str
    message: str


class Problem(BaseModel):
    """The body of every error."""

    detail: str
    """One sentence for a person."""
    code: str
    """For machines; stable."""
    errors: list[FieldProblem] | None = None
    state: str | None = None
    allowed_actions: list[str] | None = None


def errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a route's `responses`: the errors it can answer beside 422 and 503, which any may."""
    return {
        status: {"model": Problem, "description": _MEANING[status]}
        for status in sorted({*statuses, 422, 503})
    }


def status_of(error: PlatformError) -> int:
    """The status of an error's class, or of the nearest class that has one."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def body_of(error: PlatformError) -> dict[str, Any]:
    """`detail` and `code`, and what stands beside them."""
    body: dict[str, Any] = {"detail": error.message, "code": error.code, **error.extra}
    if error.errors:
        body["errors"] = [{"field": each.field, "message": each.message} for each in error.errors]
    return body


def install(app: FastAPI) -> None:
    """Every error of every route goes through these."""
    app.add_exception_handler(PlatformError, _platform_error)  # type: ignore[arg-type]  # of both kinds
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)


async def _refuse_handshake(socket: WebSocket, error: PlatformError) -> None:
    """A socket's errors before it is accepted read as those of any route."""
    if socket.client_state is WebSocketState.CONNECTING:
        await socket.send_denial_response(JSONResponse(body_of(error), status_of(error)))
    else:
        await socket.close(1011, error.message)


async def _platform_error(request: Request | WebSocket, error: Exception) -> Response | None:
    assert isinstance(error, PlatformError)
    if isinstance(request, WebSocket):
        await _refuse_handshake(request, error)
        return None
    status = status_of(error)
    headers: dict[str, str] = {}
    if isinstance(error, TooMany | Unavailable):
        headers["Retry-After"] = str(error.retry_after_s)
    elif status == 503:
        headers["Retry-After"] = "30"
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if status >= 500:
        logger.warning(
            "%s %s: %s", request.method, template_of(request.scope), error.message, exc_info=error.__cause__
        )
    return JSONResponse(body_of(error), status, headers)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    found = [FieldError(_path(item["loc"]), _sentence(item["msg"])) for item in error.errors()]
    first, more = found[0], len(found) - 1
    detail = f"{first.field}: {first.message}" + (f" ({more} more)" if more else "")
    body = {
        "detail": detail,
        "code": "unprocessable",
        "errors": [{"field": each.field, "message": each.message} for each in found],
    }
    return JSONResponse(body, 422)


def _path(location: tuple[int | str, ...]) -> str:
    """`body.requested_outputs.languages.0` without the part that says where it stood."""
    parts = [str(part) for part in location]
    return ".".join(
        parts[1:] if len(parts) > 1 and parts[0] in ("body", "query", "path", "header") else parts
    )


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    """What the framework itself answers: no such route, wrong method, a body that is no JSON."""
    assert isinstance(error, HTTPException)
    code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(
        error.status_code, "http_error"
    )
    body = {"detail": str(error.detail), "code": code}
    return JSONResponse(body, error.status_code, dict(error.headers or {}))


def template_of(scope: Scope) -> str:
    """The path of a request's route with its names in braces, as `/jobs/{job_id}`: for logs, which keep no path, for
    a path may hold a token."""
    context = scope.get("fastapi", {}).get("effective_route_context")
    route = context or scope.get("route")
    return str(getattr(route, "path", "a path without a route"))


def unexpected(request_id: str, scope: Scope, error: Exception) -> JSONResponse:
    """The person gets an id; what happened is in the log under it."""
    logger.error("request %s failed: %s %s", request_id, scope["method"], template_of(scope), exc_info=error)
    detail = f"Something went wrong on our side. Tell us the request id {request_id}."
    return JSONResponse({"detail": detail, "code": "internal", "request_id": request_id}, 500)
