"""Organisations, members, and who is invited."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from schema import links
from schema.enums import Role
from schema.links import Purpose
from schema.tables import Invitation, now
from tests.api.authorization.world import Entry, Ids, Site, World, email, listed, name
from tests.api.people import Person
from tests.api.test_users import NEW

_ORG = "/organizations/{org_id}"
_MEMBERS, _INVITATIONS = f"{_ORG}/members", f"{_ORG}/invitations"


async def organization(world: World, site: Site, caller: Person) -> Ids:
    return {"org_id": site.org.id, "name": site.org.name}


async def _renamed(world: World, site: Site, caller: Person) -> Ids:
    return {"org_id": site.org.id, "name": name()}


async def _somebody(world: World, site: Site, caller: Person) -> Ids:
    return {"org_id": site.org.id, "user_id": str((await world.user()).id)}


async def member(world: World, site: Site, caller: Person) -> Ids:
    user = await world.user(Role.LINGUIST, site.org.id)
    return {"org_id": site.org.id, "user_id": str(user.id), "name": user.email}


async def _oneself(world: World, site: Site, caller: Person) -> Ids:
    return {"org_id": site.org.id, "user_id": str(caller.id), "name": caller.user.email}


async def invitation(world: World, site: Site, caller: Person, role: Role = Role.LINGUIST) -> Ids:
    """An open one."""
    team_ids = [str(site.team.id)] if role is Role.LINGUIST else []
    row = Invitation(
        id=uuid4(), org_id=site.org.id, email=email(), role=role, team_ids=team_ids,
        invited_by=world.admin.id, link_hash="", expires_at=now() + timedelta(hours=1),
    )  # fmt: skip
    token = links.token(world.parts.settings.jwt_secret.get_secret_value(), Purpose.INVITATION, row.id, 1)
    row.link_hash = links.hashed(token)
    await world.add(row)
    return {"org_id": site.org.id, "invitation_id": row.id, "token": token}


async def _of_production(world: World, site: Site, caller: Person) -> Ids:
    return await invitation(world, site, caller, Role.PRODUCTION)


async def _team(world: World, site: Site, caller: Person) -> Ids:
    return {"org_id": site.org.id, "team_ids": [str(site.team.id)]}


def _invited(role: Role) -> Entry:
    in_teams = role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER)

    def body(ids: Ids) -> Ids:
        return {"email": email(), "role": role, "team_ids": ids["team_ids"] if in_teams else []}

    return Entry(_team, body)


def _named(ids: Ids) -> str:
    return f"q={ids['name']}&size=100"


def _added(role: Role | None) -> Entry:
    return Entry(_somebody, lambda ids: {"user_id": ids["user_id"], "role": role})


def _changed(role: Role | None) -> Entry:
    return Entry(member, lambda ids: {"role": role})


def _accepted(ids: Ids) -> Ids:
    return {"token": ids["token"], "name": "Ayşe", "password": NEW}


_ROLES = {role: role.value.replace("_", " ") for role in Role}
ENTRIES = {
    "GET /organizations": Entry(organization, query=_named, shown=listed("org_id")),
    "POST /organizations": Entry(body=lambda ids: {"name": name()}),
    "GET /organizations/me/memberships": Entry(organization, shown=listed("org_id")),
    f"GET {_ORG}": Entry(organization),
    f"PATCH {_ORG}": Entry(_renamed, lambda ids: {"name": ids["name"]}),
    f"GET {_MEMBERS}": Entry(member, query=_named, shown=listed("user_id")),
    f"GET {_MEMBERS} (oneself)": Entry(_oneself, query=_named, shown=listed("user_id"), own_each=True),
    f"POST {_MEMBERS}": _added(None),
    **{f"POST {_MEMBERS} (as {said})": _added(role) for role, said in _ROLES.items()},
    f"PATCH {_MEMBERS}/{{user_id}}": _changed(None),
    **{f"PATCH {_MEMBERS}/{{user_id}} (to {said})": _changed(role) for role, said in _ROLES.items()},
    f"DELETE {_MEMBERS}/{{user_id}}": Entry(member),
    f"GET {_INVITATIONS}": Entry(invitation, query=lambda ids: "size=100", shown=listed("invitation_id")),
    **{f"POST {_INVITATIONS} (as {said})": _invited(role) for role, said in _ROLES.items()},
    f"DELETE {_INVITATIONS}/{{invitation_id}}": Entry(invitation),
    f"DELETE {_INVITATIONS}/{{invitation_id}} (of a production)": Entry(_of_production),
    f"POST {_INVITATIONS}/{{invitation_id}}/resend": Entry(invitation),
    f"POST {_INVITATIONS}/{{invitation_id}}/resend (of a production)": Entry(_of_production),
    "POST /invitations/preview": Entry(invitation, lambda ids: {"token": ids["token"]}),
    "POST /invitations/accept": Entry(invitation, _accepted),
}
