"""Guards of organisations."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path
from starlette.requests import HTTPConnection

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from schema.errors import Forbidden, NotFound
from schema.permissions import Permission, forbidden
from schema.queries import organizations
from schema.tables import Organization

OrgId = Annotated[UUID, Path(description="The organisation's.")]


def _guard(permission: Permission) -> Callable[..., Awaitable[Organization]]:
    async def guard(org_id: OrgId, ctx: Caller) -> Organization:
        found = await organizations.visible(ctx.session, ctx.principal, org_id)
        if found is None:
            raise NotFound("Organisation not found")
        if not ctx.principal.may(permission, org_id):
            raise forbidden(permission)
        return found

    GUARDS[guard] = Rule(permission)
    return guard


_integrating = _guard(Permission.INTEGRATE)


async def _integrable(org_id: OrgId, ctx: Caller, request: HTTPConnection) -> Organization:
    """Services may only read. Otherwise a leaked token could create further tokens that outlive it."""
    found = await _integrating(org_id, ctx)
    if ctx.principal.is_service and request.scope["method"] != "GET":
        raise Forbidden("People decide how other systems work with an organisation: sign in as one of them.")
    return found


GUARDS[_integrable] = Rule(Permission.INTEGRATE)


async def _administrator(ctx: Caller) -> Context:
    if not ctx.principal.may_somewhere(Permission.ADMINISTER):
        raise forbidden(Permission.ADMINISTER)
    return ctx


GUARDS[_administrator] = Rule(Permission.ADMINISTER)

Administrator = Annotated[Context, Depends(_administrator)]
VisibleOrganization = Annotated[Organization, Depends(_guard(Permission.READ))]
ManageableOrganization = Annotated[Organization, Depends(_guard(Permission.ADMINISTER))]
IntegrableOrganization = Annotated[Organization, Depends(_integrable)]
