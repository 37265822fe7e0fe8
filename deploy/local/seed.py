"""Users of every role and sample data for one machine: `python -m deploy.local.seed`, which first migrates the
database. It can be run again: existing rows are left as they are, even if somebody has changed them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa
from alembic.command import upgrade
from argon2 import PasswordHasher
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import SQLModel

from schema.db import Database
from schema.enums import Role
from schema.errors import Misconfigured, PlatformError
from schema.glossary.row import TermRow, folded
from schema.load_settings import load
from schema.migrations.__main__ import config
from schema.tables.base import name_key
from schema.tables.glossaries import Glossary, GlossaryTerm, GlossaryVersion
from schema.tables.people import (
    Client,
    ClientManager,
    Membership,
    Organization,
    Project,
    Team,
    TeamMember,
    User,
)

_NAMESPACE = UUID("5eed0000-0000-4000-8000-000000000000")
ORGANIZATION, CLIENT, PROJECT, TEAM = (
    "Harbour Studio",
    "Lighthouse Films",
    "First season",
    "Lighthouse languages",
)


@dataclass(frozen=True, slots=True)
class Person:
    email: str
    name: str
    role: Role


PEOPLE = (
    Person("admin@example.com", "Ada Admin", Role.ADMIN),
    Person("production@example.com", "Paul Production", Role.PRODUCTION),
    Person("manager@example.com", "Mina Manager", Role.PROJECT_MANAGER),
    Person("client@example.com", "Clara Client", Role.CLIENT),
    Person("linguist@example.com", "Luis Linguist", Role.LINGUIST),
    Person("reviewer@example.com", "Rosa Reviewer", Role.REVIEWER),
    Person("second.reviewer@example.com", "Samir Reviewer", Role.REVIEWER),
)
_USERS = User.metadata.tables["users"]
_BY_TEAM = {Role.CLIENT, Role.LINGUIST, Role.REVIEWER}

TERMS: tuple[dict[str, Any], ...] = (
    {"source": "lighthouse", "targets": {"es": "faro", "fr": "phare", "de": "Leuchtturm"}},
    {
        "source": "keeper",
        "targets": {"es": "farero", "fr": "gardien", "de": "Wärter"},
        "notes": "Of a lighthouse.",
    },
    {"source": "fog horn", "targets": {"es": "sirena de niebla", "fr": "corne de brume", "de": "Nebelhorn"}},
    {"source": "audio description", "targets": {"es": "audiodescripción", "fr": "audiodescription"}},
    {"source": "Harbour Studio", "targets": {}, "case_sensitive": True, "do_not_translate": True},
)


async def seed(session: AsyncSession, password: str) -> None:
    """Inserts what is missing, within the caller's transaction. All users get the same password."""
    hashed = PasswordHasher().hash(password)
    for person in PEOPLE:
        await _add(
            session,
            User,
            person.email,
            name=person.name,
            email=person.email,
            role=person.role,
            password_hash=hashed,
        )
    known = await session.execute(sa.select(_USERS.c.email, _USERS.c.id))
    ids = {row.email: row.id for row in known}
    org = await _add(session, Organization, ORGANIZATION, name=ORGANIZATION)
    client = await _add(session, Client, CLIENT, org_id=org, name=CLIENT)
    team = await _add(session, Team, TEAM, client_id=client, name=TEAM)
    await _add(session, Project, PROJECT, client_id=client, name=PROJECT)
    for person in PEOPLE:
        user = ids[person.email]
        await _add(session, Membership, f"{org} {user}", org_id=org, user_id=user)
        if person.role is Role.PROJECT_MANAGER:
            await _add(session, ClientManager, f"{client} {user}", client_id=client, user_id=user)
        if person.role in _BY_TEAM:
            await _add(session, TeamMember, f"{team} {user}", team_id=team, user_id=user)
    await _glossary(session, client, author=ids["manager@example.com"])


async def _glossary(session: AsyncSession, client: UUID, author: UUID) -> None:
    version = uuid5(_NAMESPACE, f"{GlossaryVersion.__name__} 1")
    glossary = await _add(
        session,
        Glossary,
        CLIENT,
        client_id=client,
        name=CLIENT,
        source_language="en",
        active_version_id=version,
    )
    await _add(
        session,
        GlossaryVersion,
        "1",
        glossary_id=glossary,
        number=1,
        author_id=author,
        terms=len(TERMS),
        added=len(TERMS),
    )
    for place, term in enumerate(TERMS, 1):
        row = TermRow(**term)
        hashes = {"key": row.key, "digest": row.digest}
        told = {**term, **hashes, "version_id": version, "place": place, "folded": folded(row.source)}
        await _add(session, GlossaryTerm, row.source, told)


async def _add(
    session: AsyncSession, table: type[SQLModel], key: str, told: Mapping[str, object] = {}, **values: object
) -> UUID:
    """Inserts a row under an id derived from its key, unless it exists."""
    row = uuid5(_NAMESPACE, f"{table.__name__} {key}")
    columns = table.metadata.tables[str(table.__tablename__)].columns
    computed = {column.name for column in columns if column.computed is not None}
    made = table(id=row, **told, **values).model_dump(exclude=computed)
    if "name_key" in made:
        made["name_key"] = name_key(made["name"])
    await session.execute(insert(table).values(made).on_conflict_do_nothing())
    return row


async def main() -> None:
    settings = load()
    password = os.environ.get("SEED_PASSWORD")
    if not settings.is_local:
        raise Misconfigured(
            "The seeded users are for one machine: ENVIRONMENT must be local or test, and it is production."
        )
    if not password:
        raise Misconfigured("SEED_PASSWORD must be set: it becomes the password of the seeded users.")
    # Alembic runs a loop of its own.
    await asyncio.to_thread(upgrade, config(settings.database_url), "head")
    database = Database.connect(settings)
    try:
        async with database.begin() as session:
            await seed(session, password)
    finally:
        await database.close()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except PlatformError as error:
        sys.exit(error.message)
