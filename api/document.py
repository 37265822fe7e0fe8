"""The OpenAPI document: FastAPI's own, and what FastAPI does not know.

It adds body size limits, response headers and socket messages, so that `/docs` and generated clients have them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute, APIWebSocketRoute, iter_route_contexts
from pydantic.json_schema import models_json_schema

from api.bodies.live import FromClient, FromServer
from api.bodies.webhooks import SENT
from api.examples import EXAMPLES
from api.intake import FORM, Intake, Route
from schema.contracts.webhooks import WebhookMessage

Operation = dict[str, Any]
_SCHEMAS = "#/components/schemas/{model}"
_HEADERS: dict[str, tuple[str, str]] = {
    "X-Request-ID": ("string", "What our log has the request under; the caller's own where it sent one."),
    "Retry-After": ("integer", "Seconds after which it may be tried again."),
    "Location": ("string", "The path of what was made."),
    "ETag": ("string", "The version, for `If-Match` and `If-None-Match`."),
    "Idempotency-Replayed": (
        "string",
        "`true` where the answer is that of an earlier request with the same key.",
    ),
    "Allow": ("string", "The methods that answer here."),
}


class Documented(FastAPI):
    """An application with the complete OpenAPI document."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        answers: dict[int | str, dict[str, Any]] = {
            204: {"description": "It was taken, as by any 2xx."},
            410: {"description": "Nothing more is wanted: the webhook is disabled."},
            "default": {"description": "It is sent again."},
        }
        self.webhooks.post(
            "event",
            tags=["Webhooks"],
            operation_id="webhooks_event",
            description=SENT,
            status_code=204,
            responses=answers,
        )(event)

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            document = super().openapi()
            for path, method, route in _operations(self):
                _complete(document["paths"][path][method], route)
            document["components"]["headers"] = {
                name: {"description": meaning, "schema": {"type": kind}}
                for name, (kind, meaning) in _HEADERS.items()
            }
            for name, schema in document["components"]["schemas"].items():
                if name in EXAMPLES:
                    schema["examples"] = [EXAMPLES[name]]
                if "description" not in schema:  # of a generic, and of a form
                    schema["description"] = (
                        "One page." if name.startswith("Page_") else "The parts of the form."
                    )
            _add_sockets(self, document)
        return self.openapi_schema  # type: ignore[return-value]


def event(body: WebhookMessage) -> None:
    """A webhook event, which is sent to other systems and is no route of ours."""


def operation_id(route: APIRoute) -> str:
    """The operation id, such as `jobs_approve_source`: the tag and the function name. Only a rename of one of these
    changes it."""
    tag = re.sub(r"\W+", "_", str(route.tags[0]).lower()) if route.tags else "api"
    return f"{tag}_{route.name}"


def _operations(app: FastAPI) -> Iterator[tuple[str, str, Route]]:
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, Route) and context.include_in_schema:
            for method in context.methods or ():
                yield str(context.path_format), method.lower(), route


def _complete(operation: Operation, route: Route) -> None:
    intake = Intake.of(route)
    if "requestBody" in operation:
        _say_size(operation["requestBody"], intake)
    parameters = {parameter["name"] for parameter in operation.get("parameters", ())}
    if "If-None-Match" in parameters:
        operation["responses"]["304"] = {"description": "The client has it; see `If-None-Match`."}
    for status, response in operation["responses"].items():
        names = ["X-Request-ID"]
        if status in ("429", "503"):
            names.append("Retry-After")
        if status == "201":
            names.append("Location")
        if status in ("304", "412") or (status == "200" and parameters & {"If-Match", "If-None-Match"}):
            names.append("ETag")
        if status.startswith("2") and "Idempotency-Key" in parameters:
            names.append("Idempotency-Replayed")
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _say_size(body: dict[str, Any], intake: Intake) -> None:
    if intake.media_type == FORM:
        body["description"] = "The file streams to disk. It is as large as MAX_SMALL_UPLOAD_BYTES at most."
        return
    assert intake.max_bytes is not None
    body["description"] = f"At most {intake.max_bytes:,} bytes."
    body["x-max-bytes"] = intake.max_bytes


def _add_sockets(app: FastAPI, document: dict[str, Any]) -> None:
    """Adds the sockets. OpenAPI has none, so each is described by its handshake, a GET, with its messages as
    schemas."""
    messages = models_json_schema(
        [(kind, "serialization") for kind in (*FromServer, *FromClient)], ref_template=_SCHEMAS
    )[1]["$defs"]
    document["components"]["schemas"].update(messages)
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if not isinstance(route, APIWebSocketRoute):
            continue
        document["paths"][str(context.path)] = {
            "get": {
                "tags": ["WebSocket"],
                "summary": "Status",
                "operationId": f"websocket_{route.name}",
                "description": route.endpoint.__doc__,
                "parameters": [_LAST_EVENT],
                "responses": {
                    "101": {
                        "description": "The socket is open. Each message from the server is one of these.",
                        "content": {"application/json": {"schema": _one_of(FromServer)}},
                    },
                    **{status: _problem(meaning) for status, meaning in _REFUSALS.items()},
                },
                "security": [{"HTTPBearer": []}],
                "x-websocket": {"receive": _one_of(FromServer), "send": _one_of(FromClient)},
            }
        }


_LAST_EVENT = {
    "name": "last_event_id",
    "in": "query",
    "required": False,
    "description": "The id of the last event that arrived: those after it are sent first.",
    "schema": {"type": "integer", "minimum": 0},
}
_REFUSALS = {
    "401": "No access token, or one that is not valid any more.",
    "403": "The page is of an origin that may not open a socket.",
    "422": "`last_event_id` is no event's.",
    "503": "Not available now.",
}


def _one_of(kinds: tuple[type, ...]) -> dict[str, Any]:
    return {"oneOf": [{"$ref": _SCHEMAS.format(model=kind.__name__)} for kind in kinds]}


def _problem(meaning: str) -> dict[str, Any]:
    schema = {"$ref": _SCHEMAS.format(model="Problem")}
    return {"description": meaning, "content": {"application/json": {"schema": schema}}}
