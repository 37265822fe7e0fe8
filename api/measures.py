"""Metrics and traces of requests. They name a route by its template, never by its path, which may contain something
confidential."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.errors import route_of

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def template_of(scope: Scope) -> str:
    """The template of the route, such as `/api/v1/jobs/{job_id}`; `unmatched` if there is none."""
    return route_of(scope) or "unmatched"


def method_of(scope: Scope) -> str:
    return scope["method"] if scope["method"] in _METHODS else "OTHER"


class Measured:
    """Counts requests and measures their duration, in `registry`."""

    def __init__(self, app: ASGIApp, registry: CollectorRegistry) -> None:
        self._app = app
        self._requests = Counter(
            "http_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "http_request_duration_seconds", "How long they took.", ("method", "route"), registry=registry
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            return await self._app(scope, receive, noted)
        finally:
            method, route = method_of(scope), template_of(scope)
            self._requests.labels(method, route, str(status)).inc()
            self._seconds.labels(method, route).observe(time.perf_counter() - began)


class Traced:
    """Opens a span per request, the parent of the workflow calls in it. Only if OpenTelemetry is configured."""

    def __init__(self, app: ASGIApp) -> None:
        from opentelemetry import propagate, trace

        self._app = app
        self._extract = propagate.extract
        self._tracer = trace.get_tracer("api")
        self._server: Any = trace.SpanKind.SERVER

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        method = method_of(scope)
        with self._tracer.start_as_current_span(
            method, context=self._extract(headers), kind=self._server
        ) as span:

            async def noted(message: Message) -> None:
                if message["type"] == "http.response.start":
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            try:
                return await self._app(scope, receive, noted)
            finally:
                span.update_name(f"{method} {template_of(scope)}")
                span.set_attribute("http.route", template_of(scope))
