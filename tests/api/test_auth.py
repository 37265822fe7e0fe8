"""Signing in, rotation, and the end of a sign-in."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import httpx
import jwt
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from fastapi import FastAPI
from sqlalchemy.dialects.postgresql import distinct_on
from sqlmodel import col

from api.context import Visit
from api.operations.auth import SignIn, login
from api.parts import Parts
from api.passwords import Passwords
from api.tokens import hashed, new_refresh
from schema.db import Database
from schema.enums import Role
from schema.queries import sessions
from schema.tables import Attempt, AuditEntry, RefreshToken, User, now
from tests.api.conftest import ORIGIN
from tests.api.people import HASHER, PASSWORD, Tenant, make_user, sign_in


async def _login(http: httpx.AsyncClient, email: str, password: str = PASSWORD, **more) -> httpx.Response:
    answer = await http.post("/api/v1/auth/login", json={"email": email, "password": password}, **more)
    http.cookies.clear()
    return answer


def _cookie(answer: httpx.Response) -> str:
    return answer.cookies["refresh_token"]


async def _refresh(http: httpx.AsyncClient, cookie: str, **headers: str) -> httpx.Response:
    answer = await http.post("/api/v1/auth/refresh", headers={"Cookie": f"refresh_token={cookie}", **headers})
    http.cookies.clear()
    return answer


async def test_login_answers_the_fixed_shape_and_an_http_only_cookie(
    http: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.REVIEWER)
    answer = await _login(http, user.email.upper())
    assert answer.status_code == 200
    assert answer.json() == {
        "access_token": answer.json()["access_token"],
        "token_type": "bearer",
        "user": {"id": str(user.id), "email": user.email, "role": "reviewer"},
    }
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "Path=/api/v1/auth" in cookie
    assert "SameSite=lax" in cookie


async def test_a_password_that_was_hashed_with_other_parameters_is_hashed_again_at_sign_in(
    http: httpx.AsyncClient, database: Database
) -> None:
    user, weak = await make_user(database, Role.REVIEWER), PasswordHasher(1, 16, 1).hash(PASSWORD)

    async def stored(new: str | None = None) -> str | None:
        async with database.begin() as session:
            kept = await session.get_one(User, user.id)
            kept.password_hash = new or kept.password_hash
            return kept.password_hash

    await stored(weak)
    assert (await _login(http, user.email, "wrong")).status_code == 401
    assert await stored() == weak
    assert (await _login(http, user.email)).status_code == 200
    strong = await stored()
    assert strong is not None and strong.startswith("$argon2id$")
    assert not HASHER.check_needs_rehash(strong)
    assert (await _login(http, user.email)).status_code == 200
    assert await stored() == strong, "once is enough"


async def test_wrong_passwords_and_unknown_accounts_read_alike(
    http: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.REVIEWER)
    wrong = await _login(http, user.email, "wrong")
    unknown = await _login(http, "nobody@example.org", "wrong")
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    async with database.begin() as session:
        failed = await session.scalar(
            sa.select(AuditEntry).where(
                col(AuditEntry.thing_id) == user.email, col(AuditEntry.action) == "auth.login_failed"
            )
        )
    assert failed is not None
    assert failed.security


async def test_guesses_are_limited_also_in_parallel(
    http: httpx.AsyncClient, database: Database, parts: Parts
) -> None:
    user = await make_user(database, Role.REVIEWER)
    answers = await asyncio.gather(*(_login(http, user.email, f"guess {n}") for n in range(15)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [401] * parts.settings.login_attempts + [429] * (15 - parts.settings.login_attempts)
    limited = await _login(http, user.email)
    assert limited.status_code == 429
    assert int(limited.headers["retry-after"]) > 0
    async with database.begin() as session:  # the first of them is as long ago as Retry-After says
        first = sa.select(col(Attempt.id)).ext(distinct_on(col(Attempt.subject)))
        first = first.order_by(col(Attempt.subject), col(Attempt.created_at))
        await session.execute(
            sa.update(Attempt)
            .where(col(Attempt.id).in_(first))
            .values(created_at=now() - timedelta(minutes=15, seconds=1))
        )
    assert (await _login(http, user.email)).status_code == 200, "what was refused did not count"
    async with database.begin() as session:
        await session.execute(sa.delete(Attempt))


async def test_successes_do_not_count_against_the_limit(http: httpx.AsyncClient, database: Database) -> None:
    user = await make_user(database, Role.REVIEWER)
    for _ in range(12):
        assert (await _login(http, user.email)).status_code == 200


async def test_a_refresh_token_rotates_and_its_reuse_ends_the_family(
    http: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.REVIEWER)
    first = _cookie(await _login(http, user.email))
    second = await _refresh(http, first)
    assert second.status_code == 200
    sibling = await _refresh(http, first)
    assert sibling.status_code == 200, "two tabs"
    async with database.begin() as session:
        await session.execute(
            sa.update(RefreshToken)
            .where(col(RefreshToken.user_id) == user.id, col(RefreshToken.spent_at).is_not(None))
            .values(spent_at=now() - timedelta(seconds=11))
        )
    assert await _is_in(http, second)
    assert (await _refresh(http, first)).status_code == 401
    assert not await _is_in(http, second), "the access tokens of the family"
    assert (await _refresh(http, _cookie(second))).status_code == 401, "the whole family"
    assert (await _refresh(http, _cookie(sibling))).status_code == 401
    async with database.begin() as session:
        reuse = await session.scalar(
            sa.select(AuditEntry).where(
                col(AuditEntry.actor_id) == user.id, col(AuditEntry.action) == "auth.refresh_reused"
            )
        )
    assert reuse is not None


async def test_refresh_and_login_check_the_origin(http: httpx.AsyncClient, database: Database) -> None:
    user = await make_user(database, Role.REVIEWER)
    cookie = _cookie(await _login(http, user.email, headers={"Origin": ORIGIN}))
    assert (await _refresh(http, cookie, Origin="https://evil.example")).status_code == 403
    assert (await _refresh(http, cookie, Origin="https://api.test")).status_code == 403, "another scheme"
    assert (await _refresh(http, cookie, Origin="http://api.test")).status_code == 200, "our own docs"
    assert (await _login(http, user.email, headers={"Origin": "https://evil.example"})).status_code == 403


async def test_logout_ends_the_sign_in(http: httpx.AsyncClient, database: Database) -> None:
    user = await make_user(database, Role.REVIEWER)
    answer = await _login(http, user.email)
    token = answer.json()["access_token"]
    out = await http.post("/api/v1/auth/logout", headers={"Authorization": f"Bearer {token}"})
    assert out.status_code == 204
    set_cookie, ended = answer.headers["set-cookie"], out.headers["set-cookie"]
    assert 'refresh_token=""' in ended
    kept = {part.strip() for part in set_cookie.split(";")[1:] if "Max-Age" not in part}
    assert kept <= {part.strip() for part in ended.split(";")}
    assert (await _refresh(http, _cookie(answer))).status_code == 401
    assert not await _is_in(http, answer), "its access token too"
    assert await _is_in(http, await _login(http, user.email)), "and no other sign-in"


async def test_many_sign_ins_are_looked_after_at_once(http: httpx.AsyncClient, database: Database) -> None:
    user = await make_user(database, Role.REVIEWER)
    for _ in range(2):
        assert (await _login(http, user.email)).status_code == 200
    async with database.begin() as session:
        query = sa.select(col(RefreshToken.family)).where(col(RefreshToken.user_id) == user.id)
        first, second = await session.scalars(query)
        await sessions.end(session, first)
        assert await sessions.going_on(session, [first, second]) == {second}


@pytest.mark.parametrize(
    ("host", "kept"),
    [
        ("2001:DB8:0:0:0:0:0:1%eth0", "2001:db8::1"),
        ("203.0.113.7", "203.0.113.7"),
        ("x" * 70, None),
        ("", None),
    ],
)
async def test_an_address_is_one_or_none(
    app: FastAPI, database: Database, host: str, kept: str | None
) -> None:
    """A trusted proxy may have passed on anything."""
    user = await make_user(database, Role.REVIEWER)
    transport = httpx.ASGITransport(app, client=(host, 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
        assert (await _login(client, user.email)).status_code == 200
    async with database.begin() as session:
        found = await session.scalar(sa.select(AuditEntry).where(col(AuditEntry.actor_id) == user.id))
    assert found is not None
    assert found.address == kept


async def _is_in(http: httpx.AsyncClient, answer: httpx.Response) -> bool:
    token = answer.json()["access_token"]
    asked = await http.get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code in (200, 401)
    return asked.status_code == 200


async def test_what_ends_all_sign_ins_ends_them_in_every_place(
    http: httpx.AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.REVIEWER)
    answers = [await _login(http, user.email) for _ in range(2)]
    async with database.begin() as session:
        await sessions.end_all(session, user.id)
    for answer in answers:
        token = answer.json()["access_token"]
        asked = await http.get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"})
        assert asked.status_code == 401
        assert (await _refresh(http, _cookie(answer))).status_code == 401
    assert (await _login(http, user.email)).status_code == 200


async def _lock_is_waited_for(database: Database) -> None:
    waiting = sa.text("select count(*) from pg_locks where not granted")
    async with asyncio.timeout(120), database.session() as looking:
        while not await looking.scalar(waiting):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize("everywhere", [False, True], ids=["logout", "all sign-ins"])
async def test_a_refresh_that_is_under_way_outlives_no_end_of_its_sign_in(
    http: httpx.AsyncClient, database: Database, everywhere: bool
) -> None:
    user = await make_user(database, Role.REVIEWER)
    cookie = _cookie(await _login(http, user.email))

    async def end() -> None:
        async with database.begin() as ending:
            await (sessions.end_all(ending, user.id) if everywhere else sessions.end(ending, family))

    async with database.begin() as refreshing:
        found = await sessions.locked_token(refreshing, hashed(cookie))
        assert found is not None
        family, successor = found.family, new_refresh()
        ended = asyncio.create_task(end())
        await _lock_is_waited_for(database)
        found.spent_at = now()
        refreshing.add(
            RefreshToken(
                user_id=user.id,
                family=family,
                token_hash=hashed(successor),
                expires_at=now() + timedelta(days=1),
            )
        )
    await ended
    assert (await _refresh(http, successor)).status_code == 401


class _Slow(Passwords):
    """Lets a test do something while a password is checked."""

    def __init__(self) -> None:
        super().__init__()
        self.checking, self.go_on = asyncio.Event(), asyncio.Event()

    async def matches(self, stored: str | None, password: str) -> bool:
        self.checking.set()
        await self.go_on.wait()
        return await super().matches(stored, password)


@pytest.mark.parametrize(
    "ended", ["while the password is checked", "until the sign-in is stored", "after it"]
)
async def test_a_login_that_is_under_way_outlives_no_end_of_all_sign_ins(
    http: httpx.AsyncClient, database: Database, parts: Parts, ended: str
) -> None:
    user = await make_user(database, Role.REVIEWER)
    passwords = _Slow()

    async def signing_in() -> SignIn:
        async with database.session() as session:
            return await login(Visit(parts, session, "127.0.0.1"), passwords, user.email, PASSWORD)

    signed_in = asyncio.create_task(signing_in())
    await passwords.checking.wait()
    async with database.begin() as ending:
        if ended != "after it":
            await sessions.end_all(ending, user.id)
        if ended == "until the sign-in is stored":
            passwords.go_on.set()
            await signed_in
    passwords.go_on.set()
    made = await signed_in
    if ended == "after it":
        async with database.begin() as ending:
            await sessions.end_all(ending, user.id)
    assert (await _refresh(http, made.refresh_token)).status_code == 401
    headers = {"Authorization": f"Bearer {made.answer.access_token}"}
    assert (await http.get("/api/v1/jobs", headers=headers)).status_code == 401


async def test_every_request_checks_the_user_as_they_are_now(
    http: httpx.AsyncClient, database: Database, tenant: Tenant
) -> None:
    for change in ({"epoch": User.epoch + 1}, {"disabled_at": now()}, {"deleted_at": now()}):
        person = await sign_in(http, await make_user(database, Role.REVIEWER, tenant.org.id))
        assert (await person.get("/jobs")).status_code == 200
        async with database.begin() as session:
            await session.execute(sa.update(User).where(col(User.id) == person.id).values(**change))
        answer = await person.get("/jobs")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"


async def test_tokens_that_we_did_not_sign_or_that_ended_are_refused(
    http: httpx.AsyncClient, tenant: Tenant, parts: Parts
) -> None:
    person = tenant[Role.ADMIN]
    claims = jwt.decode(person.token, options={"verify_signature": False})
    secret = parts.settings.jwt_secret.get_secret_value()
    forged = [
        jwt.encode(claims, "another secret that is long enough too", algorithm="HS256"),
        jwt.encode(claims, "", algorithm="none"),
        jwt.encode({**claims, "exp": 1}, secret, algorithm="HS256"),
        jwt.encode({**claims, "aud": "elsewhere"}, secret, algorithm="HS256"),
        jwt.encode({**claims, "sub": "nobody"}, secret, algorithm="HS256"),
        "nonsense",
    ]
    for token in forged:
        answer = await http.get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401, token
    assert (await http.get("/api/v1/jobs")).status_code == 401
