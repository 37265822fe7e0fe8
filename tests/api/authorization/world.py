"""Where the things of the authorization table are, and what is asked of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from httpx import AsyncClient
from sqlmodel import SQLModel

from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.tables import Client, Organization, Project, Team, User
from tests.api.people import Person, Tenant, make_user
from tests.fakes.entra import Entra


class Whose(StrEnum):
    """The three statuses of a cell, in their order."""

    OWN = "own"
    """In the caller's organisation, of a client that they reach, and assigned to whoever can be."""
    OTHERS = "others"
    """In an organisation that the caller does not belong to."""
    UNASSIGNED = "unassigned"
    """In the caller's organisation, of a client that they neither manage nor reach by a team."""


@dataclass(frozen=True, slots=True)
class Site:
    """Where a thing is made."""

    org: Organization
    client: Client
    project: Project
    team: Team
    creator: User
    linguist: User | None
    reviewer: User | None


@dataclass
class World:
    """`home` is where the callers belong; `sites` says where things are that are whose."""

    database: Database
    http: AsyncClient
    parts: Parts
    home: Tenant
    sites: dict[Whose, Site]
    provider: Entra
    app: FastAPI

    async def add(self, *rows: SQLModel) -> None:
        """One after another, for the later ones may point to the earlier ones."""
        async with self.database.begin() as session:
            for row in rows:
                session.add(row)
                await session.flush()

    async def user(self, role: Role = Role.LINGUIST, *orgs: UUID) -> User:
        return await make_user(self.database, role, *orgs)

    @property
    def admin(self) -> Person:
        return self.home[Role.ADMIN]


Ids = dict[str, Any]
"""What a path's names in braces stand for, and what the body needs beside."""
Make = Callable[[World, Site, Person], Awaitable[Ids]]


async def nothing(world: World, site: Site, caller: Person) -> Ids:
    """For routes that are about no thing."""
    return {}


@dataclass(frozen=True, slots=True)
class Entry:
    """How one line of the table is asked."""

    make: Make = nothing
    """Makes the thing, in a state in which whoever may gets 2xx."""
    body: Callable[[Ids], Any] | None = None
    """JSON that is sent."""
    query: Callable[[Ids], str] | None = None
    form: Callable[[Ids], dict[str, Any]] | None = None
    """What else the request is made of, such as `files`."""
    shown: Callable[[Any, Ids], bool] | None = None
    """Of a line whose cells have `+` and `-`: whether the answer shows what the line is about."""
    call: Callable[[World, Person | None], Awaitable[int]] | None = None
    """In the place of an HTTP request, what is asked and the status that it comes to."""
    own_each: bool = False
    """The thing is made for the caller, so that no other caller is asked with it."""


def name() -> str:
    """One that nothing else has."""
    return f"Name {uuid4().hex[:12]}"


def email() -> str:
    return f"{uuid4().hex}@studio.example"


def listed(key: str) -> Callable[[Any, Ids], bool]:
    """Whether `ids[key]` is in a list, which has to count what it shows."""

    def shown(answer: Any, ids: Ids) -> bool:
        items = answer if isinstance(answer, list) else answer["items"]
        if not isinstance(answer, list):
            assert answer["total"] == len(items) or answer["total"] > answer["size"], answer
        return str(ids[key]) in {str(_id_of(item)) for item in items}

    return shown


def _id_of(item: dict[str, Any]) -> Any:
    for inner in ("user", "organization"):
        if inner in item:
            return item[inner]["id"]
    return item.get("id") or item.get("job_id")
