"""Clients and their project managers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.asked import Asked
from api.bodies.people import ClientBody, ClientOut, ClientPatch, ClientPurge, PersonOut, WhoBody
from api.bodies.profiles import ProfileBody
from api.context import Context
from api.pagination import Page, Slice
from schema.enums import Role
from schema.errors import Conflict, Invalid, NotFound
from schema.queries import briefs, clients, named, organizations, retention
from schema.queries.named import Wanted, one_of_its_name
from schema.tables import ClientManager, User, now
from schema.tables.people import Client
from schema.vtt.profiles import profile_with

_KEPT = frozenset({"keep_source_days", "keep_renders_days", "keep_texts_days"})


def shown(ctx: Context, client: Client) -> ClientOut:
    """The client as the caller may see it. Its own users do not read the style guide or the profile."""
    out = ClientOut.model_validate(client, from_attributes=True)
    return out.model_copy(update={"style": None, "profile": None}) if only_client(ctx, client.org_id) else out


def only_client(ctx: Context, org_id: UUID) -> bool:
    """Whether the caller is in the organisation only as a client, who sees the smaller shape."""
    return ctx.principal.roles_in(org_id) <= {Role.CLIENT}


async def listing(ctx: Context, wanted: Wanted, org_id: UUID | None, paging: Slice) -> Page[ClientOut]:
    found = await clients.listed(ctx.session, ctx.principal, wanted, org_id)
    return paging.of([shown(ctx, each) for each in found.items], found.total, capped=found.capped)


async def create(ctx: Context, body: ClientBody, once: Asked) -> Client:
    """Raises:
    Invalid: there is no such organisation, or the profile's limits are not allowed.
    Conflict: it has a client with this name.
    """
    profile = _checked(body.profile)
    if await organizations.visible(ctx.session, ctx.principal, body.org_id) is None:
        raise Invalid("There is no organisation of this id.")
    made = await named.made(ctx.session, Client, once.uuid("client"))
    if made is None:
        made = Client(
            id=once.uuid("client"), org_id=body.org_id, name=body.name, style=body.style, profile=profile
        )
        async with one_of_its_name(ctx.session, Client, body.name, org_id=body.org_id):
            ctx.session.add(made)
    told = {"name": made.name, "org_id": str(made.org_id)}
    await ctx.record(once, "client.create", "client", made.id, after=told)
    await ctx.session.commit()
    return made


def _checked(profile: ProfileBody | None) -> dict[str, Any] | None:
    """The profile as it is stored.

    Raises:
        Invalid: the limits are not allowed.
    """
    if profile is None:
        return None
    stored = profile.stored()
    profile_with(stored["base"], stored["limits"])
    return stored


async def change(ctx: Context, client: Client, patch: ClientPatch, once: Asked) -> Client:
    """Raises:
    Invalid: the profile's limits are not allowed.
    Conflict: the organisation has another client with this name.
    """
    profile = _checked(patch.profile)
    fresh = await named.locked(ctx.session, Client, client.id)
    if await ctx.done(once, "client.change", fresh.id):
        await ctx.session.commit()
        return fresh
    before = _told(fresh)
    async with one_of_its_name(ctx.session, Client, patch.name or fresh.name, org_id=fresh.org_id):
        fresh.name = patch.name or fresh.name
        fresh.style = fresh.style if patch.style is None else patch.style
    if "profile" in patch.model_fields_set:
        fresh.profile = profile
    for days in _KEPT & patch.model_fields_set:
        setattr(fresh, days, getattr(patch, days))
    if patch.completes_itself is not None:
        fresh.completes_itself = patch.completes_itself
    if patch.archived is not None:
        fresh.archived_at = (fresh.archived_at or now()) if patch.archived else None
    await ctx.record(once, "client.change", "client", fresh.id, before=before, after=_told(fresh))
    await ctx.session.commit()
    return fresh


def _told(client: Client) -> dict[str, Any]:
    kept = {name: getattr(client, name) for name in sorted(_KEPT)}
    return {
        "name": client.name,
        "style": client.style,
        "profile": client.profile,
        **kept,
        "completes_itself": client.completes_itself,
        "archived": client.archived_at is not None,
    }


async def purge(ctx: Context, client: Client, once: Asked) -> ClientPurge:
    """Hides the client with its jobs. The sweep purges the jobs with their objects, and then the client with everything
    that belongs to it. This cannot be undone.

    Raises:
        Conflict: it is not archived, or jobs of it are open.
    """
    if (done := await ctx.done(once, "client.purge", client.id)) is not None:
        return ClientPurge(client_id=client.id, jobs=done.after["jobs"])
    fresh = await named.locked(ctx.session, Client, client.id)
    if fresh.archived_at is None:
        raise Conflict(f"{fresh.name} is in use: archive it first.")
    hidden = await retention.begin_purge(ctx.session, fresh)
    if still := await retention.still_open(ctx.session, fresh.id):  # their rows are locked by now
        raise Conflict(
            f"{still} jobs of {fresh.name} are open: complete or cancel them first.", holds={"jobs": still}
        )
    told = {"name": fresh.name, "jobs": hidden}
    await ctx.record(once, "client.purge", "client", fresh.id, after=told)
    await ctx.session.commit()
    return ClientPurge(client_id=fresh.id, jobs=hidden)


async def delete(ctx: Context, client: Client, once: Asked) -> None:
    """Hides the client, with its projects and briefs.

    Raises:
        Conflict: it has jobs.
        NotFound: it was already deleted by another request.
    """
    if await ctx.done(once, "client.delete", client.id):
        return
    fresh = await named.locked(ctx.session, Client, client.id)
    if jobs := await clients.holds(ctx.session, client_id=fresh.id):
        raise Conflict(f"{jobs} jobs belong to {fresh.name}. Delete them first.", holds={"jobs": jobs})
    fresh.deleted_at = now()
    await briefs.hide_of(ctx.session, fresh.id)
    await ctx.record(once, "client.delete", "client", fresh.id, before={"name": fresh.name})
    await ctx.session.commit()


async def managers(ctx: Context, client: Client, wanted: Wanted, paging: Slice) -> Page[PersonOut]:
    found = await clients.managers(ctx.session, ctx.principal, client.id, wanted)
    return paging.of([PersonOut.of(user) for _, user in found.items], found.total, capped=found.capped)


async def add_manager(ctx: Context, client: Client, who: WhoBody, once: Asked) -> PersonOut:
    """Raises:
    Invalid: they do not belong to the organisation as a project manager.
    Conflict: they already manage it.
    """
    user = await member(ctx, client, who, Role.PROJECT_MANAGER)
    row = ClientManager(id=once.uuid("pm"), client_id=client.id, user_id=user.id)
    already = Conflict(f"{user.name} manages {client.name} already.", id=str(user.id))
    await named.join(ctx.session, row, already)
    told = {"user_id": str(user.id)}
    await ctx.record(once, "client.add_manager", "client", client.id, after=told, security=True)
    await ctx.session.commit()
    return PersonOut.of(user)


async def remove_manager(ctx: Context, client: Client, user_id: UUID, once: Asked) -> None:
    if await ctx.done(once, "client.remove_manager", client.id):
        return
    if not await clients.end_manager(ctx.session, client.id, user_id):
        raise NotFound("Project manager not found")
    told = {"user_id": str(user_id)}
    await ctx.record(once, "client.remove_manager", "client", client.id, before=told, security=True)
    await ctx.session.commit()


async def member(ctx: Context, client: Client, who: WhoBody, *roles: Role) -> User:
    """A member of the client's organisation in one of `roles`.

    Raises:
        Invalid: there is none. The error is the same for a person elsewhere and for an unknown id.
    """
    found = await organizations.active_member(
        ctx.session, client.org_id, user_id=who.user_id, email=who.email
    )
    if found is None:
        raise Invalid("Nobody in the client's organisation has this account. Add them to it first.")
    membership, user = found
    if not {user.role, membership.role} & set(roles):
        named = " or ".join(role.value.replace("_", " ") for role in roles)
        raise Invalid(
            f"{user.name} is no {named} in the client's organisation. Change their role there first."
        )
    return user
