"""Whose failures count against whom, and whose address it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from ipaddress import ip_network
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from api.parts import Parts
from api.proxies import Proxies, parsed
from schema.db import Database
from schema.enums import Role
from schema.tables import Attempt
from tests.api.people import PASSWORD, make_tenant, make_user
from tests.api.test_invitations import link
from tests.api.test_users import NEW, newest_link


@contextmanager
def limited(app: FastAPI, **limits: int) -> Iterator[None]:
    parts: Parts = app.state.parts
    app.state.parts = replace(parts, settings=parts.settings.model_copy(update=limits))
    try:
        yield
    finally:
        app.state.parts = parts


async def _login(http: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    answer = await http.post("/api/v1/auth/login", json={"email": email, "password": password})
    http.cookies.clear()
    return answer


async def _refresh(http: httpx.AsyncClient, cookie: str) -> httpx.Response:
    answer = await http.post("/api/v1/auth/refresh", headers={"Cookie": f"refresh_token={cookie}"})
    http.cookies.clear()
    return answer


async def _forget(database: Database) -> None:
    async with database.begin() as session:
        await session.execute(sa.delete(Attempt))


async def test_a_token_of_ours_is_never_throttled(
    app: FastAPI, http: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.REVIEWER)
    cookie = (await _login(http, user.email)).cookies["refresh_token"]
    with limited(app, address_attempts=3):
        junk = [(await _refresh(http, f"junk{number}")).status_code for number in range(5)]
        mine = [(await _refresh(http, cookie)).status_code for _ in range(5)]
    await _forget(database)
    assert junk == [401, 401, 401, 429, 429]
    assert mine == [200] * 5


async def test_wrong_logins_of_one_account_leave_others_at_its_address_alone(
    http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    victim, other = await make_user(database, Role.REVIEWER), await make_user(database, Role.REVIEWER)
    for number in range(parts.settings.login_attempts + 2):
        last = await _login(http, victim.email, f"wrong {number}")
    beside = await _login(http, other.email)
    await _forget(database)
    assert last.status_code == 429
    assert beside.status_code == 200


async def test_an_account_and_an_address_have_limits_of_their_own(
    app: FastAPI, http: httpx.AsyncClient, database: Database
) -> None:
    user, other = await make_user(database, Role.REVIEWER), await make_user(database, Role.REVIEWER)
    with limited(app, account_attempts=2):
        account = [(await _login(http, user.email, "wrong")).status_code for _ in range(3)]
        beside = await _login(http, other.email)
    await _forget(database)
    with limited(app, address_attempts=2):
        address = [(await _login(http, f"{number}@example.org", "wrong")).status_code for number in range(3)]
    await _forget(database)
    assert (account, beside.status_code, address) == ([401, 401, 429], 200, [401, 401, 429])


async def _seen(peer: str | None, trusted: tuple[str, ...], **headers: str) -> tuple[str | None, str]:
    """The address and the scheme that the application sees."""
    seen: dict[str, object] = {}

    async def application(scope, receive, send) -> None:
        seen.update(scope)

    networks = [ip_network(each) for each in trusted]
    scope = {
        "type": "http",
        "scheme": "http",
        "client": (peer, 1) if peer else None,
        "headers": [
            (name.replace("_", "-").encode(), value.encode("latin-1")) for name, value in headers.items()
        ],
    }
    await Proxies(application, networks)(scope, None, None)  # type: ignore[arg-type]
    client = seen["client"]
    return (client[0] if client else None, str(seen["scheme"]))  # type: ignore[index]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("10.0.0.1", "[2001:db8::1]:4711", "2001:db8::1"),
        ("10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "x" * 70, None),
        ("10.0.0.1", "fe80::1%" + "x" * 70, "fe80::1"),
        ("10.0.0.1", "", None),
        ("10.0.0.1", "203.0.113.9, unknown", None),
        ("::ffff:10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("192.0.2.1", "203.0.113.9", "192.0.2.1"),
        (None, "203.0.113.9", None),
    ],
)
async def test_an_address_is_the_proxys_word_where_the_proxy_is_trusted(
    peer: str | None, forwarded: str, address: str | None
) -> None:
    assert (await _seen(peer, ("10.0.0.0/8",), x_forwarded_for=forwarded))[0] == address


async def test_the_scheme_is_the_proxys_word_too() -> None:
    trusted = ("10.0.0.0/8", "::1/128")
    assert await _seen("::1", trusted, x_forwarded_proto="https") == ("::1", "https")
    assert await _seen("::1", trusted, x_forwarded_proto="gopher") == ("::1", "http")
    assert await _seen("192.0.2.1", trusted, x_forwarded_proto="https") == ("192.0.2.1", "http")
    assert await _seen("::1", (), x_forwarded_for="203.0.113.9") == ("::1", "http")


def test_what_is_no_address_is_none() -> None:
    assert [parsed(text) for text in ("testclient", "1.2.3", "/run/api.sock", "1.2.3.4.5:1")] == [None] * 4


async def test_what_succeeds_does_not_count(
    app: FastAPI, http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    """A whole office opens and accepts its invitations behind one address; those who guess are stopped."""
    tenant = await make_tenant(database, http)

    async def invited() -> str:
        body = {"email": f"{uuid4().hex}@studio.example", "role": "linguist"}
        made = await tenant[Role.ADMIN].post(f"/organizations/{tenant.org.id}/invitations", body)
        return await link(database, parts, made.json()["id"])

    async def ask(path: str, **body: str) -> int:
        return (await http.post(f"/api/v1{path}", json=body)).status_code

    tokens, new = [await invited() for _ in range(3)], {"name": "Ada", "password": NEW}
    users = [await make_user(database, Role.LINGUIST) for _ in range(3)]
    resets = []
    for user in users:
        await tenant[Role.ADMIN].post(f"/admin/users/{user.id}/reset-password")
        resets.append(await newest_link(database, parts, user.id))
    await _forget(database)
    with limited(app, address_attempts=2):
        opened = [await ask("/invitations/preview", token=token) for token in tokens]
        accepted = [await ask("/invitations/accept", token=token, **new) for token in tokens]
        reset = [await ask("/auth/password/reset", token=token, password=NEW) for token in resets]
        guessed = [await ask("/invitations/preview", token="x" * 40) for _ in range(3)]
        again = [await ask("/auth/password/reset", token="x" * 40, password=NEW) for _ in range(3)]
    await _forget(database)
    assert (opened, accepted, reset) == ([200] * 3, [204] * 3, [204] * 3)
    assert guessed == again == [400, 400, 429]
