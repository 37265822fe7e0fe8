"""Guards of an organisation's service tokens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Path

from api.authn import Caller
from api.context import Context
from api.guards.base import GUARDS, Rule
from api.guards.organizations import IntegrableOrganization
from schema.enums import Role
from schema.errors import Forbidden, NotFound
from schema.permissions import Permission, invitable
from schema.queries import service_tokens
from schema.tables import Organization, ServiceToken

ServiceTokenId = Annotated[UUID, Path(description="The service token's.")]


@dataclass(frozen=True, slots=True)
class TokenOfOrganization:
    """A service token that the caller is authorised to touch. It may be deleted."""

    organization: Organization
    token: ServiceToken


async def _token(
    organization: IntegrableOrganization, token_id: ServiceTokenId, ctx: Caller
) -> TokenOfOrganization:
    """Whoever may not create a token of a role may not change or delete one either; a rotation would give it to
    them."""
    found = await service_tokens.one(ctx.session, organization.id, token_id)
    if found is None:
        raise NotFound("Service token not found")
    refuse_beyond(ctx, organization, found.role)
    return TokenOfOrganization(organization, found)


def refuse_beyond(ctx: Context, organization: Organization, role: Role) -> None:
    """A token may have no role that the caller could not invite a person to.

    Raises:
        Forbidden: the role is beyond that.
    """
    allowed = invitable(ctx.principal.roles_in(organization.id))
    if role not in allowed:
        named = ", ".join(sorted(each.value.replace("_", " ") for each in allowed))
        raise Forbidden(f"Your service tokens have one of these roles: {named}.")


GUARDS[_token] = Rule(Permission.INTEGRATE)

ManageableToken = Annotated[TokenOfOrganization, Depends(_token)]
