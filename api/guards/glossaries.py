"""Guards of glossaries and their versions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from schema.enums import Role
from schema.errors import NotFound
from schema.permissions import Permission, forbidden
from schema.queries import clients, glossaries
from schema.tables import Glossary, GlossaryVersion
from schema.tables.people import Client

GlossaryId = Annotated[UUID, Path(description="The glossary's.")]
VersionId = Annotated[UUID, Path(description="The version's.")]
_WHOLE = frozenset({Role.PRODUCTION, Role.ADMIN})


@dataclass(frozen=True, slots=True)
class VersionOfGlossary:
    """A version that the caller is authorised to touch."""

    glossary: Glossary
    version: GlossaryVersion


async def may_change(ctx: Context, client: Client) -> bool:
    """A project manager changes the glossaries of the clients that they manage."""
    roles = ctx.principal.roles_in(client.org_id)
    if not ctx.principal.may(Permission.CHANGE_GLOSSARY, client.org_id):
        return False
    return bool(roles & _WHOLE) or await clients.is_managed_by(ctx.session, client.id, ctx.principal.user_id)


async def _seen(ctx: Context, glossary_id: UUID, permission: Permission) -> Glossary:
    found = await glossaries.visible(ctx.session, ctx.principal, glossary_id)
    if found is None:
        raise NotFound("Glossary not found")
    if permission is Permission.READ:
        return found
    client = await clients.whose(ctx.session, found.client_id)
    allowed = (
        await may_change(ctx, client)
        if permission is Permission.CHANGE_GLOSSARY
        else ctx.principal.may(permission, client.org_id)
    )
    if not allowed:
        raise forbidden(permission)
    return found


def _guard(permission: Permission) -> Callable[..., Awaitable[Glossary]]:
    async def guard(glossary_id: GlossaryId, ctx: Caller) -> Glossary:
        return await _seen(ctx, glossary_id, permission)

    GUARDS[guard] = Rule(permission)
    return guard


def _version_guard(permission: Permission) -> Callable[..., Awaitable[VersionOfGlossary]]:
    async def guard(glossary_id: GlossaryId, version_id: VersionId, ctx: Caller) -> VersionOfGlossary:
        glossary = await _seen(ctx, glossary_id, permission)
        version = await glossaries.version(ctx.session, glossary.id, version_id)
        if version is None:
            raise NotFound("The glossary has no such version")
        return VersionOfGlossary(glossary, version)

    GUARDS[guard] = Rule(permission)
    return guard


async def _maker(ctx: Caller) -> Context:
    """The form names the client; the operation checks it."""
    if not ctx.principal.may_somewhere(Permission.CHANGE_GLOSSARY):
        raise forbidden(Permission.CHANGE_GLOSSARY)
    return ctx


GUARDS[_maker] = Rule(Permission.CHANGE_GLOSSARY)

GlossaryMaker = Annotated[Context, Depends(_maker)]
VisibleGlossary = Annotated[Glossary, Depends(_guard(Permission.READ))]
ChangeableGlossary = Annotated[Glossary, Depends(_guard(Permission.CHANGE_GLOSSARY))]
GlossaryWithFindings = Annotated[Glossary, Depends(_guard(Permission.READ_FINDINGS))]
VisibleVersion = Annotated[VersionOfGlossary, Depends(_version_guard(Permission.READ))]
ChangeableVersion = Annotated[VersionOfGlossary, Depends(_version_guard(Permission.CHANGE_GLOSSARY))]
