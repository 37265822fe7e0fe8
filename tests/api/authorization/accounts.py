"""Signing in and out, oneself, and the users that admins see."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from schema import links
from schema.enums import Role
from schema.links import Purpose
from schema.tables import Identity, PasswordReset, User, now
from tests.api.authorization.world import Entry, Ids, Site, World, email, listed, name
from tests.api.people import PASSWORD, Person, sign_in
from tests.api.test_users import NEW

_USER = "/admin/users/{user_id}"


async def user(world: World, site: Site, caller: Person) -> Ids:
    made = await world.user(Role.LINGUIST, site.org.id)
    return {"user_id": str(made.id), "email": made.email}


async def _gone(world: World, site: Site, caller: Person) -> Ids:
    """Somebody who is deleted."""
    ids = await user(world, site, caller)
    async with world.database.begin() as session:
        gone = await session.get(User, UUID(ids["user_id"]))
        assert gone is not None
        gone.deleted_at = now()
    return ids


async def _again(world: World, site: Site, caller: Person) -> Ids:
    """The caller signs in once more: the route ends that sign-in, and no other of the table's."""
    twin = await sign_in(world.http, await world.user(caller.user.role, site.org.id))
    return {"token": twin.token}


async def _resettable(world: World, site: Site, caller: Person) -> Ids:
    made = await world.user()
    row = PasswordReset(id=uuid4(), user_id=made.id, link_hash="", expires_at=now() + timedelta(hours=1))
    secret = world.parts.settings.jwt_secret.get_secret_value()
    token = links.token(secret, Purpose.PASSWORD_RESET, row.id)
    row.link_hash = links.hashed(token)
    await world.add(row)
    return {"token": token}


async def _linked(world: World, site: Site, caller: Person) -> Ids:
    made, oid = await world.user(), str(uuid4())
    await world.add(Identity(user_id=made.id, tenant_id=world.provider.tenant, object_id=oid))
    return {"id_token": world.provider.token(oid=oid)}


async def _refreshable(world: World, site: Site, caller: Person) -> Ids:
    made = await world.user()
    answer = await world.http.post("/api/v1/auth/login", json={"email": made.email, "password": PASSWORD})
    assert answer.is_success
    return {"cookie": answer.cookies["refresh_token"]}


def _as(ids: Ids) -> Ids:
    """Asked with a sign-in of its own, by whoever is signed in."""
    return {"headers": {"Authorization": f"Bearer {ids['token']}"}}


def _own(body: Callable[[Ids], Ids] | None = None) -> Entry:
    return Entry(_again, body, form=_as, own_each=True)


def _new_user(ids: Ids) -> Ids:
    return {"email": email(), "name": name(), "role": "linguist", "password": NEW}


ENTRIES = {
    "POST /auth/login": Entry(user, lambda ids: {"email": ids["email"], "password": PASSWORD}),
    "POST /auth/microsoft": Entry(_linked, lambda ids: ids),
    "POST /auth/microsoft/link": Entry(
        _again, lambda ids: {"id_token": ids["id_token"]}, form=_as, own_each=True
    ),
    "POST /auth/refresh": Entry(
        _refreshable,
        form=lambda ids: {"headers": {"Cookie": f"refresh_token={ids['cookie']}"}},
        own_each=True,
    ),
    "POST /auth/logout": _own(),
    "POST /auth/logout-everywhere": _own(),
    "POST /auth/password": _own(lambda ids: {"old_password": PASSWORD, "new_password": NEW}),
    "POST /auth/password/forgot": Entry(user, lambda ids: {"email": ids["email"]}),
    "POST /auth/password/reset": Entry(_resettable, lambda ids: {**ids, "password": NEW}),
    "GET /auth/me": Entry(),
    "PATCH /auth/me": Entry(body=lambda ids: {"time_zone": "Europe/Berlin"}),
    "GET /admin/users": Entry(user, query=lambda ids: f"q={ids['email']}", shown=listed("user_id")),
    "POST /admin/users": Entry(body=_new_user),
    f"GET {_USER}": Entry(user),
    f"PATCH {_USER}": Entry(user, lambda ids: {"name": name()}),
    f"DELETE {_USER}": Entry(user),
    f"POST {_USER}/purge": Entry(_gone),
    f"POST {_USER}/reset-password": Entry(user),
    f"POST {_USER}/password/reset": Entry(user, lambda ids: {"password": NEW}),
}


async def _linking(world: World, site: Site, caller: Person) -> Ids:
    return {**await _again(world, site, caller), "id_token": world.provider.token(oid=str(uuid4()))}


ENTRIES["POST /auth/microsoft/link"] = Entry(
    _linking, lambda ids: {"id_token": ids["id_token"]}, form=_as, own_each=True
)
