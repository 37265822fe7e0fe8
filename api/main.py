"""The REST API and the socket: one application over the parts that it is given."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from prometheus_client import CollectorRegistry

from api import docs, errors, idempotency
from api.document import Documented, operation_id
from api.headers import PREFIX
from api.hub import running_hub
from api.looks import Looks
from api.measures import Measured, Traced
from api.middleware import RequestIds
from api.parts import Parts
from api.passwords import Passwords
from api.proxies import Proxies
from api.routes import (
    accessible_video,
    account,
    actions,
    audit,
    auth,
    batches,
    briefs,
    bulk,
    checks,
    clients,
    failures,
    files,
    final_texts,
    glossaries,
    health,
    history,
    invitations,
    jobs,
    kept,
    languages,
    live,
    notes,
    organizations,
    queues,
    reprocess,
    schedules,
    service_tokens,
    shares,
    stats,
    suggestions,
    teams,
    texts,
    tts,
    uploads,
    users,
    webhooks,
)
from api.uses import Uses

_DESCRIPTION = """Turns a video into one that deaf, hard-of-hearing, blind and low-vision people can use.

Every error is `{detail, code}`, with `errors`, `state` and `allowed_actions` where they help. Every write of a caller who
is signed in takes an `Idempotency-Key`: the same request sent again with it acts once, and gets the same answer. What a
mailed link does, it does once.
"""
ABOUT: dict[str, Any] = {
    "title": "Accessible video",
    "version": "1",
    "description": _DESCRIPTION,
    "generate_unique_id_function": operation_id,
}


def routers() -> APIRouter:
    """All routes under one prefix. Fixed paths come before those with parameters in the same place."""
    api = APIRouter(prefix=PREFIX)
    for part in (
        auth,
        uploads,
        files,
        bulk,
        jobs,
        actions,
        texts,
        accessible_video,
        languages,
        tts,
        batches,
        schedules,
        organizations,
        service_tokens,
        webhooks,
        clients,
        teams,
        briefs,
        shares,
        notes,
        users,
        account,
        invitations,
        failures,
        final_texts,
        queues,
        kept,
        reprocess,
        audit,
        checks,
        stats,
        history,
        glossaries,
        suggestions,
        health,
        live,
    ):
        api.include_router(part.router)
    return api


def create_app(parts: Parts, registry: CollectorRegistry | None = None) -> FastAPI:
    """Creates the application. The caller closes `parts`. Request metrics go to `registry`."""
    settings = parts.settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running_hub(parts.database, settings.database_url, settings.sockets_per_user) as hub:
            app.state.hub = hub
            yield
        await app.state.uses.settled()

    app = Documented(
        **ABOUT,
        root_path=settings.root_path,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.parts = parts
    app.state.passwords = Passwords()
    app.state.looks = Looks.at(parts)
    app.state.uses = Uses(parts.database)
    app.include_router(routers())
    app.include_router(health.router, include_in_schema=False)  # where probes expect it
    docs.install(app)
    errors.install(app)
    idempotency.install(app)
    app.add_middleware(RequestIds)
    app.add_middleware(Proxies, trusted=settings.trusted_proxies)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
        allow_headers=[
            "Authorization",
            "Content-Type",
            "If-Match",
            "If-None-Match",
            "Idempotency-Key",
            "X-Request-ID",
        ],
        expose_headers=[
            "Content-Disposition",
            "ETag",
            "Idempotency-Replayed",
            "Location",
            "Retry-After",
            "X-Request-ID",
        ],
        max_age=600,
    )
    if registry is not None:
        app.add_middleware(Measured, registry=registry)
    if settings.otel_exporter_otlp_endpoint is not None:
        app.add_middleware(Traced)
    return app
