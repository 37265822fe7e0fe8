"""Service tokens: created within the limits of one's role, changed, rotated and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from api.asked import Asked
from api.bodies.languages import Person
from api.bodies.service_tokens import (
    ServiceTokenBody,
    ServiceTokenChanged,
    ServiceTokenMade,
    ServiceTokenOut,
    ServiceTokenPatch,
)
from api.context import Context
from api.guards.service_tokens import TokenOfOrganization, refuse_beyond
from api.pagination import Page, Slice
from api.tokens import SERVICE
from schema import links
from schema.errors import Conflict, Invalid, NotFound
from schema.links import Purpose
from schema.queries import accounts, departures, named, service_tokens, sessions, users
from schema.queries.named import Wanted, one_of_its_name
from schema.tables import Membership, Organization, ServiceToken, User, now

MOST = 100
"""Maximum number of tokens per organisation."""


async def listing(
    ctx: Context, organization: Organization, wanted: Wanted, paging: Slice
) -> Page[ServiceTokenOut]:
    found = await service_tokens.page(ctx.session, ctx.principal, organization.id, wanted)
    return paging.of(await _shown(ctx, found.items), found.total, capped=found.capped)


async def create(
    ctx: Context, organization: Organization, body: ServiceTokenBody, once: Asked
) -> ServiceTokenMade:
    """Raises:
    Forbidden: the caller may not create tokens of this role.
    Invalid: the expiry is in the past, or too late.
    Conflict: the name is taken, or the organisation has too many tokens.
    """
    refuse_beyond(ctx, organization, body.role)
    token_id = once.uuid("service_token")
    many = await service_tokens.count(ctx.session, organization.id)
    made = await named.made(ctx.session, ServiceToken, token_id)
    if made is None:
        if many >= MOST:
            raise Conflict(f"{organization.name} has {MOST} service tokens: delete one first.")
        made = ServiceToken(
            id=token_id,
            org_id=organization.id,
            user_id=once.uuid("user"),
            created_by=ctx.principal.user_id,
            name=body.name,
            role=body.role,
            token_hash=links.hashed(_token(ctx, token_id, 1)),
            expires_at=_end(ctx, body.expires_at),
        )
        async with one_of_its_name(ctx.session, ServiceToken, body.name, org_id=organization.id):
            await _insert(ctx, made)
    await ctx.record(once, "service_token.create", "service_token", made.id, after=_told(made), security=True)
    (shown,) = await _shown(ctx, [made])
    await ctx.session.commit()
    return ServiceTokenMade(**shown.model_dump(), token=_token(ctx, token_id, 1))


async def _insert(ctx: Context, made: ServiceToken) -> None:
    """Inserts the token, with the user that it acts as."""
    address = f"{made.user_id}@service.invalid"  # RFC 2606: no mail can be delivered there
    ctx.session.add(User(id=made.user_id, email=address, name=made.name, role=made.role, is_service=True))
    await ctx.session.flush()
    ctx.session.add_all([Membership(org_id=made.org_id, user_id=made.user_id), made])


async def change(
    ctx: Context, found: TokenOfOrganization, patch: ServiceTokenPatch, once: Asked
) -> ServiceTokenChanged:
    """Raises:
    Forbidden: the caller may not create tokens of this role.
    Invalid: the expiry is in the past, or too late.
    Conflict: the name is taken.
    NotFound: it was deleted.
    """
    done = await ctx.done(once, "service_token.change", found.token.id)
    row = await _kept(ctx, found)
    before = _told(row)
    if done is None:
        await _apply(ctx, found, row, patch)
    counter = done.after["counter"] if done else row.counter
    await ctx.record(
        once,
        "service_token.change",
        "service_token",
        row.id,
        before=before,
        after=_told(row),
        security=True,
    )
    (shown,) = await _shown(ctx, [row])
    await ctx.session.commit()
    return ServiceTokenChanged(
        **shown.model_dump(), token=_token(ctx, row.id, counter) if patch.rotate else None
    )


async def _apply(
    ctx: Context, found: TokenOfOrganization, row: ServiceToken, patch: ServiceTokenPatch
) -> None:
    user, ends_sooner = await ctx.session.get_one(User, row.user_id), False
    if patch.role is not None and patch.role is not row.role:
        refuse_beyond(ctx, found.organization, patch.role)
        row.role = user.role = patch.role
        await departures.note(ctx.session, row.org_id, row.user_id)
    if patch.expires_at is not None:
        ends_sooner = patch.expires_at < row.expires_at
        row.expires_at = _end(ctx, patch.expires_at)
    if patch.rotate:
        if row.expires_at <= now():
            raise Invalid("The token has expired: say in expires_at until when the new one signs in.")
        row.counter += 1
        row.token_hash = links.hashed(_token(ctx, row.id, row.counter))
    if patch.rotate or ends_sooner:
        await sessions.end_all(ctx.session, row.user_id)
    if patch.name is not None:
        async with one_of_its_name(ctx.session, ServiceToken, patch.name, org_id=row.org_id):
            row.name = user.name = patch.name


async def delete(ctx: Context, found: TokenOfOrganization, once: Asked) -> None:
    """Deletes a token, which stops working, and closes its sockets. The history keeps its name."""
    if await ctx.done(once, "service_token.delete", found.token.id):
        return
    row = await _kept(ctx, found)
    user = await ctx.session.get_one(User, row.user_id)
    await sessions.end_all(ctx.session, user.id)
    await departures.note_everywhere(ctx.session, user.id)
    await accounts.leave_everything(ctx.session, user.id)
    row.deleted_at = user.deleted_at = now()
    await ctx.record(once, "service_token.delete", "service_token", row.id, before=_told(row), security=True)
    await ctx.session.commit()


async def _kept(ctx: Context, found: TokenOfOrganization) -> ServiceToken:
    row = await service_tokens.one(ctx.session, found.organization.id, found.token.id, lock=True)
    if row is None or row.deleted_at is not None:
        raise NotFound("Service token not found")
    refuse_beyond(ctx, found.organization, row.role)  # another request may have raised it meanwhile
    return row


def _token(ctx: Context, token_id: UUID, counter: int) -> str:
    secret = ctx.parts.settings.jwt_secret.get_secret_value()
    return SERVICE + links.token(secret, Purpose.SERVICE, token_id, counter)


def _end(ctx: Context, wanted: datetime | None) -> datetime:
    days = ctx.parts.settings.service_token_days
    latest = now() + timedelta(days=days)
    if wanted is not None and not now() < wanted <= latest:
        raise Invalid(f"A service token ends in the future, and in {days} days at most.")
    return wanted or latest


def _told(row: ServiceToken) -> dict[str, Any]:
    return {
        "org_id": str(row.org_id),
        "user_id": str(row.user_id),
        "name": row.name,
        "role": row.role,
        "expires_at": row.expires_at.isoformat(),
        "counter": row.counter,
    }


async def _shown(ctx: Context, rows: Sequence[ServiceToken]) -> list[ServiceTokenOut]:
    names = await users.names(ctx.session, [row.created_by for row in rows])
    return [
        ServiceTokenOut(
            **row.model_dump(include=set(ServiceTokenOut.model_fields) - {"created_by"}),
            created_by=Person(id=row.created_by, name=names[row.created_by]),
        )
        for row in rows
    ]
