"""The world that the table's things are in, and how each line is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from http.cookiejar import DefaultCookiePolicy
from importlib import import_module
from pathlib import Path
from uuid import uuid4

import pytest
from httpx import ASGITransport, AsyncClient
from httpx2 import AsyncClient as Outside

from activities.storage import GoogleStorage
from api.main import create_app
from api.microsoft import Microsoft
from api.operations import webhooks
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.tables import Client, Project, Team
from tests.api.authorization.world import Entry, Site, Whose, World
from tests.api.people import Tenant, make_tenant, make_user
from tests.api.test_accessible_video import REPORT, TRANSCRIPT
from tests.fakes.entra import entra
from tests.fakes.steps import CAPTIONS


def entries() -> dict[str, Entry]:
    """By route, and case where it has one."""
    found: dict[str, Entry] = {}
    for path in sorted(Path(__file__).parent.glob("*.py")):
        if path != Path(__file__):
            found |= getattr(import_module(f"tests.api.authorization.{path.stem}"), "ENTRIES", {})
    return found


@asynccontextmanager
async def made(parts: Parts, database: Database, store: GoogleStorage) -> AsyncIterator[World]:
    for object_name, content in (
        ("report.json", REPORT.model_dump_json()),
        ("words.json", TRANSCRIPT.model_dump_json()),
        ("authorization.vtt", CAPTIONS),
    ):
        await store.write(object_name, content.encode(), "application/octet-stream")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(webhooks, "MOST", 10_000)  # of one organisation, in which all lines have theirs
        async with _world(parts, database) as world:
            yield world


@asynccontextmanager
async def _world(parts: Parts, database: Database) -> AsyncIterator[World]:
    async with entra() as provider, Outside() as outside:
        microsoft = Microsoft(provider.client_id, [provider.tenant], provider.address, outside)
        patient = parts.settings.model_copy(update={"update_wait_s": 60.0})  # who may is asked, not how soon
        app = create_app(replace(parts, microsoft=microsoft, settings=patient))
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            AsyncClient(transport=transport, base_url="http://api.test") as http,
        ):
            http.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=()))  # many ask at once
            home, away = await make_tenant(database, http), await make_tenant(database, http)
            sites = {
                Whose.OWN: _site(home),
                Whose.OTHERS: _site(away),
                Whose.UNASSIGNED: await _beside(database, home),
            }
            yield World(database, http, parts, home, sites, provider, app)


def _site(tenant: Tenant) -> Site:
    people = (tenant[role].user for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER))
    return Site(tenant.org, tenant.client, tenant.project, tenant.team, *people)


async def _beside(database: Database, home: Tenant) -> Site:
    """Another client of the same organisation."""
    client = Client(org_id=home.org.id, name=f"Beside {uuid4().hex[:8]}")
    project, team = Project(client_id=client.id, name="Only"), Team(client_id=client.id, name="Only")
    async with database.begin() as session:
        session.add(client)
        await session.flush()
        session.add_all([project, team])
    creator = await make_user(database, Role.CLIENT, home.org.id)
    return Site(home.org, client, project, team, creator, None, None)
