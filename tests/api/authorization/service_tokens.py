"""Service tokens of organisations."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from schema.enums import Role
from schema.tables import Membership, ServiceToken, User, now
from tests.api.authorization.organizations import organization
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed, name
from tests.api.people import Person

_ALL = "/organizations/{org_id}/service-tokens"
_ONE = f"{_ALL}/{{token_id}}"


def _token(role: Role = Role.CLIENT) -> Make:
    async def make(world: World, site: Site, caller: Person) -> Ids:
        user = User(email=f"{uuid4()}@service.invalid", name=name(), role=role, is_service=True)
        row = ServiceToken(
            org_id=site.org.id, user_id=user.id, created_by=world.admin.id, name=user.name, role=role,
            token_hash=uuid4().hex, expires_at=now() + timedelta(hours=1),
        )  # fmt: skip
        await world.add(user, Membership(org_id=site.org.id, user_id=user.id), row)
        return {"org_id": site.org.id, "token_id": row.id, "name": row.name}

    return make


def _made(role: Role) -> Entry:
    return Entry(organization, lambda ids: {"name": name(), "role": role})


def _changed(role: Role) -> Entry:
    return Entry(_token(), lambda ids: {"role": role})


ENTRIES = {
    f"GET {_ALL}": Entry(_token(), query=lambda ids: f"q={ids['name']}&size=100", shown=listed("token_id")),
    **{f"POST {_ALL} (as {role.value.replace('_', ' ')})": _made(role) for role in Role},
    f"PATCH {_ONE}": Entry(_token(), lambda ids: {"rotate": True}),
    f"PATCH {_ONE} (to a production)": _changed(Role.PRODUCTION),
    f"PATCH {_ONE} (to an admin)": _changed(Role.ADMIN),
    f"PATCH {_ONE} (of a production)": Entry(_token(Role.PRODUCTION), lambda ids: {"rotate": True}),
    f"DELETE {_ONE}": Entry(_token()),
    f"DELETE {_ONE} (of a production)": Entry(_token(Role.PRODUCTION)),
}
