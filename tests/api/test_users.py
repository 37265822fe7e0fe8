"""Accounts: made, changed and ended by admins; passwords set by their owners; and who they are to themselves."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
import pytest_asyncio
import sqlalchemy as sa
from httpx import AsyncClient, Response
from sqlmodel import col

from api.main import create_app
from api.parts import Parts
from schema import links
from schema.db import Database
from schema.enums import MailKind, Role
from schema.links import Purpose
from schema.tables import Mail, PasswordReset, User, now
from tests.api.people import PASSWORD, Person, Tenant, make_tenant, make_user, sign_in
from tests.factories import settings_for
from tests.statements import counted

NEW = "harbour umbrella sixteen"
OTHER = "violin staircase october"


def ok(response: Response, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json() if response.content else None


async def log_in(http: AsyncClient, email: str, password: str) -> int:
    answer = await http.post("/api/v1/auth/login", json={"email": email, "password": password})
    http.cookies.clear()
    return answer.status_code


async def newest_link(database: Database, parts: Parts, user_id: object) -> str:
    """What is mailed: derived as the mail's activity derives it."""
    async with database.begin() as session:
        mail = await session.scalar(
            sa.select(Mail)
            .where(col(Mail.user_id) == user_id, col(Mail.kind) == MailKind.PASSWORD_RESET)
            .order_by(col(Mail.created_at).desc())
            .limit(1)
        )
    assert mail is not None
    secret = parts.settings.jwt_secret.get_secret_value()
    return links.token(secret, Purpose.PASSWORD_RESET, UUID(mail.about["reset_id"]))


async def test_a_user_with_a_password_signs_in(tenant: Tenant, http: AsyncClient) -> None:
    email = f"{uuid4().hex}@Studio.example"
    body = {"email": email, "name": "Ada", "role": "linguist", "password": NEW, "org_id": str(tenant.org.id)}
    made = ok(await tenant[Role.ADMIN].post("/admin/users", body), 201)
    assert (made["email"], made["state"], made["has_password"]) == (email.lower(), "active", True)
    assert "password" not in str(made).replace("has_password", "")
    assert await log_in(http, email, NEW) == 200
    refused = ok(await tenant[Role.ADMIN].post("/admin/users", {**body, "email": email.upper()}), 409)
    assert email.lower() in refused["detail"]


async def test_a_user_without_one_sets_it_by_the_mailed_link(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    email = f"{uuid4().hex}@studio.example"
    body = {"email": email, "name": "Ada", "role": "linguist"}
    made = ok(await tenant[Role.ADMIN].post("/admin/users", body), 201)
    token = await newest_link(database, parts, made["id"])
    reset = "/api/v1/auth/password/reset"
    weak = await http.post(reset, json={"token": token, "password": "password1234"})
    assert weak.status_code == 400 and "guess" in weak.json()["detail"]
    assert (await http.post(reset, json={"token": token, "password": NEW})).status_code == 204
    assert await log_in(http, email, NEW) == 200
    again = await http.post(reset, json={"token": token, "password": OTHER})
    assert again.status_code == 400 and "used" in again.json()["detail"]
    assert (await http.post(reset, json={"token": "x" * 43, "password": OTHER})).status_code == 400


async def test_of_two_who_use_a_link_at_once_one_sets_the_password(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    user = await make_user(database, Role.LINGUIST)
    ok(await tenant[Role.ADMIN].post(f"/admin/users/{user.id}/reset-password"), 202)
    token = await newest_link(database, parts, user.id)
    bodies = [{"token": token, "password": password} for password in (NEW, OTHER)]
    answers = await asyncio.gather(*(http.post("/api/v1/auth/password/reset", json=body) for body in bodies))
    assert sorted(each.status_code for each in answers) == [204, 400]
    assert sorted([await log_in(http, user.email, NEW), await log_in(http, user.email, OTHER)]) == [200, 401]


async def test_a_newer_link_makes_the_older_worthless_and_both_expire(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts
) -> None:
    user = await make_user(database, Role.LINGUIST)
    tokens = []
    for _ in range(2):
        ok(await tenant[Role.ADMIN].post(f"/admin/users/{user.id}/reset-password"), 202)
        tokens.append(await newest_link(database, parts, user.id))
    reset = "/api/v1/auth/password/reset"
    assert (await http.post(reset, json={"token": tokens[0], "password": NEW})).status_code == 400
    async with database.begin() as session:
        await session.execute(
            sa.update(PasswordReset)
            .where(col(PasswordReset.user_id) == user.id)
            .values(expires_at=now() - timedelta(seconds=1))
        )
    assert (await http.post(reset, json={"token": tokens[1], "password": NEW})).status_code == 400


async def test_a_forgotten_password_answers_alike(
    http: AsyncClient, database: Database, parts: Parts
) -> None:
    user = await make_user(database, Role.CLIENT)
    forgot = "/api/v1/auth/password/forgot"
    known = await http.post(forgot, json={"email": user.email.upper()})
    unknown = await http.post(forgot, json={"email": f"{uuid4().hex}@nowhere.example"})
    assert (known.status_code, known.content) == (unknown.status_code, unknown.content) == (202, b"null")
    token = await newest_link(database, parts, user.id)
    assert (
        await http.post("/api/v1/auth/password/reset", json={"token": token, "password": NEW})
    ).status_code == 204
    assert await log_in(http, user.email, PASSWORD) == 401


async def test_nobody_is_buried_in_mails(http: AsyncClient, parts: Parts, database: Database) -> None:
    """Nor does the limit tell whether there is an account."""
    user = await make_user(database, Role.CLIENT)
    for email in (user.email, f"{uuid4().hex}@nowhere.example"):
        answers = [
            await http.post("/api/v1/auth/password/forgot", json={"email": email})
            for _ in range(parts.settings.login_attempts + 1)
        ]
        assert [each.status_code for each in answers] == [202] * parts.settings.login_attempts + [429]
        assert answers[-1].headers["retry-after"]


async def test_a_new_password_ends_every_sign_in(
    tenant: Tenant, http: AsyncClient, database: Database
) -> None:
    user = await make_user(database, Role.LINGUIST, tenant.org.id)
    here, there = await sign_in(http, user), await sign_in(http, user)
    wrong = await here.post("/auth/password", {"old_password": "wrong", "new_password": NEW})
    assert wrong.status_code == 400
    ok(await here.post("/auth/password", {"old_password": PASSWORD, "new_password": NEW}), 204)
    assert [(await person.get("/jobs")).status_code for person in (here, there)] == [401, 401]
    assert await log_in(http, user.email, NEW) == 200


async def test_signing_out_everywhere(http: AsyncClient, database: Database) -> None:
    user = await make_user(database, Role.LINGUIST)
    here, there = await sign_in(http, user), await sign_in(http, user)
    ok(await here.post("/auth/logout-everywhere"), 204)
    assert [(await person.get("/jobs")).status_code for person in (here, there)] == [401, 401]
    assert await log_in(http, user.email, PASSWORD) == 200


async def test_oneself(http: AsyncClient, database: Database) -> None:
    person = await sign_in(http, await make_user(database, Role.LINGUIST))
    before = ok(await person.get("/auth/me"))
    assert (before["email"], before["language"], before["time_zone"]) == (person.user.email, "en", "UTC")
    assert before["has_password"] and not before["microsoft"] and before["mails_off"] == []
    change = {
        "name": "Ayşe",
        "language": "pt-br",
        "time_zone": "Europe/Berlin",
        "mails_off": ["job_completed", "job_completed"],
    }
    after = ok(await person.patch("/auth/me", change))
    assert (after["name"], after["language"], after["time_zone"]) == ("Ayşe", "pt-BR", "Europe/Berlin")
    assert after["mails_off"] == ["job_completed"]
    assert ok(await person.get("/auth/me")) == after
    for wrong in (
        {"time_zone": "Mars/North"},
        {"mails_off": ["invitation"]},
        {"role": "admin"},
        {"email": "x@y.z"},
    ):
        assert (await person.patch("/auth/me", wrong)).status_code == 422, wrong


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_nobody_but_admins_sees_accounts(tenant: Tenant, role: Role) -> None:
    person, other = tenant[role], tenant[Role.CLIENT].id
    assert (await person.get("/admin/users")).status_code == 403
    assert (
        await person.post("/admin/users", {"email": "a@b.c", "name": "A", "role": "admin"})
    ).status_code == 403
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"name": "X"}),
        ("DELETE", "", None),
        ("POST", "/reset-password", None),
        ("POST", "/password/reset", {"password": NEW}),
    ):
        assert (await person.ask(method, f"/admin/users/{other}{path}", json=body)).status_code == 403


async def test_accounts_are_listed_and_found(database: Database, http: AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    admin = tenant[Role.ADMIN]

    async def found(**params: str) -> list[str]:
        page = ok(await admin.get("/admin/users", params={"org_id": str(tenant.org.id), **params}))
        return [each["role"] for each in page["items"]]

    assert len(await found()) == len(Role)
    assert await found(role="linguist") == ["linguist"]
    assert await found(q=tenant[Role.REVIEWER].user.email[:25].upper()) == ["reviewer"]
    assert await found(disabled="true") == []
    assert await found(sort="-email") == sorted((role.value for role in Role), reverse=True)


async def test_disabling_ends_sign_ins_and_can_be_undone(
    tenant: Tenant, http: AsyncClient, database: Database
) -> None:
    person = await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id))
    path = f"/admin/users/{person.id}"
    assert ok(await tenant[Role.ADMIN].patch(path, {"disabled": True}))["state"] == "disabled"
    assert (await person.get("/jobs")).status_code == 401
    assert await log_in(http, person.user.email, PASSWORD) == 401
    assert (await tenant[Role.ADMIN].post(f"{path}/reset-password")).status_code == 409
    assert ok(await tenant[Role.ADMIN].patch(path, {"disabled": False}))["state"] == "active"
    assert (await person.get("/jobs")).status_code == 401  # the old sign-in stays ended
    assert await log_in(http, person.user.email, PASSWORD) == 200


async def test_a_deleted_persons_address_is_free_and_their_name_stays(
    tenant: Tenant, http: AsyncClient, database: Database
) -> None:
    admin, person = (
        tenant[Role.ADMIN],
        await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id)),
    )
    ok(await admin.delete(f"/admin/users/{person.id}"), 204)
    assert (await person.get("/jobs")).status_code == 401
    assert (await admin.get(f"/admin/users/{person.id}")).status_code == 404
    assert (await admin.delete(f"/admin/users/{person.id}")).status_code == 404
    again = {"email": person.user.email, "name": "Another", "role": "client", "password": NEW}
    assert ok(await admin.post("/admin/users", again), 201)["id"] != str(person.id)
    async with database.begin() as session:
        kept = await session.get(User, person.id)
    assert kept is not None and kept.name == person.user.name and kept.password_hash is None


async def test_setting_a_password_directly(tenant: Tenant, http: AsyncClient, database: Database) -> None:
    person = await sign_in(http, await make_user(database, Role.LINGUIST))
    path = f"/admin/users/{person.id}/password/reset"
    assert (await tenant[Role.ADMIN].post(path, {"password": person.user.email})).status_code == 400
    ok(await tenant[Role.ADMIN].post(path, {"password": NEW}), 204)
    assert (await person.get("/jobs")).status_code == 401
    assert await log_in(http, person.user.email, NEW) == 200


@pytest.mark.parametrize("change", [{"role": "client"}, {"disabled": True}])
async def test_nobody_demotes_or_disables_themself(tenant: Tenant, change: dict[str, Any]) -> None:
    admin = tenant[Role.ADMIN]
    assert (await admin.patch(f"/admin/users/{admin.id}", change)).status_code == 403
    assert (await admin.delete(f"/admin/users/{admin.id}")).status_code == 403
    ok(await admin.patch(f"/admin/users/{admin.id}", {"name": "Still Ada"}))


@pytest_asyncio.fixture
async def alone(own_database: str, parts: Parts) -> AsyncIterator[tuple[Database, AsyncClient]]:
    """An installation of its own, so that one can count its admins."""
    database = Database.connect(settings_for(own_database))
    own = Parts(settings_for(own_database), database, parts.temporal, parts.store, parts.providers)
    transport = httpx.ASGITransport(app=create_app(own))
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        yield database, http
    await database.close()


async def test_two_admins_who_demote_each_other_leave_one(alone: tuple[Database, AsyncClient]) -> None:
    database, http = alone
    one, two = [await sign_in(http, await make_user(database, Role.ADMIN)) for _ in range(2)]

    async def demote(who: Person, whom: Person, **change: Any) -> int:
        return (await who.patch(f"/admin/users/{whom.id}", change)).status_code

    answers = await asyncio.gather(demote(one, two, role="client"), demote(two, one, disabled=True))
    assert sorted(answers) in ([200, 401], [200, 403], [200, 409])
    async with database.begin() as session:
        left = await session.scalars(
            sa.select(User).where(col(User.role) == Role.ADMIN, col(User.disabled_at).is_(None))
        )
    assert len(list(left)) == 1


@pytest.mark.parametrize("change", [{"email": "somewhere.else@studio.example"}, {"disabled": True}])
async def test_a_link_in_the_old_mailbox_sets_no_password(
    tenant: Tenant, http: AsyncClient, database: Database, parts: Parts, change: dict[str, Any]
) -> None:
    user, admin = await make_user(database, Role.LINGUIST, tenant.org.id), tenant[Role.ADMIN]
    ok(await admin.post(f"/admin/users/{user.id}/reset-password"), 202)
    link = await newest_link(database, parts, user.id)
    ok(await admin.patch(f"/admin/users/{user.id}", {"name": "Ada"}))
    said = {"token": link, "password": "short"}
    still = await http.post("/api/v1/auth/password/reset", json=said)
    assert still.status_code == 400 and "link" not in still.json()["detail"], "a name changes nothing of it"
    change = {**change, **({"email": f"{uuid4().hex}@studio.example"} if "email" in change else {})}
    ok(await admin.patch(f"/admin/users/{user.id}", change))
    ok(await admin.patch(f"/admin/users/{user.id}", {"disabled": False}))
    ended = await http.post("/api/v1/auth/password/reset", json={"token": link, "password": NEW})
    assert ended.status_code == 400 and "link" in ended.json()["detail"]


async def test_an_address_is_the_same_however_its_letters_are_composed(
    tenant: Tenant, http: AsyncClient
) -> None:
    mark = uuid4().hex
    composed, apart = (unicodedata.normalize(form, f"zoë.{mark}@studio.example") for form in ("NFC", "NFD"))
    body = {"email": apart, "name": "Zoë", "role": "linguist", "password": NEW}
    assert ok(await tenant[Role.ADMIN].post("/admin/users", body), 201)["email"] == composed
    assert [await log_in(http, email, NEW) for email in (composed, apart)] == [200, 200]
    ok(await tenant[Role.ADMIN].post("/admin/users", {**body, "email": composed}), 409)


@pytest.mark.parametrize("sign", ["\u200b", "\u202e", "\u00ad", "\u2066", "\ufeff"])
async def test_an_address_holds_nothing_that_is_not_seen(tenant: Tenant, sign: str) -> None:
    """Two people whose addresses look the same are taken for one another."""
    body = {"email": f"ad{sign}a@studio.example", "name": "Ada", "role": "linguist", "password": NEW}
    answer = await tenant[Role.ADMIN].post("/admin/users", body)
    assert answer.status_code == 422 and f"U+{ord(sign):04X}" in answer.json()["detail"], answer.text


async def test_an_old_password_is_not_guessed_by_who_has_the_sign_in(
    http: AsyncClient, database: Database, parts: Parts
) -> None:
    person = await sign_in(http, await make_user(database, Role.LINGUIST))
    weak = await person.post("/auth/password", {"old_password": PASSWORD, "new_password": "short"})
    assert weak.status_code == 400, "and does not count, for the old one was right"
    many = parts.settings.login_attempts
    for number in range(many + 1):
        said = {"old_password": f"wrong {number}", "new_password": NEW}
        answer = await person.post("/auth/password", said)
        assert answer.status_code == (400 if number < many else 429), answer.text
    assert int(answer.headers["retry-after"]) > 0
    right = await person.post("/auth/password", {"old_password": PASSWORD, "new_password": NEW})
    assert right.status_code == 429


class _Watched:
    """A Temporal that notes whether whoever asks had their answer by then."""

    def __init__(self, sent: list[str]) -> None:
        self.sent, self.seen = sent, list[bool]()

    async def start_workflow(self, *_: Any, **__: Any) -> None:
        self.seen.append("http.response.body" in self.sent)


async def test_how_long_it_takes_does_not_tell_whether_there_is_an_account(
    database: Database, parts: Parts
) -> None:
    """What is done for an account is done once its answer has gone."""
    user = await make_user(database, Role.CLIENT)
    before: list[int] = []
    for email in (user.email, f"{uuid4().hex}@nowhere.example"):
        sent: list[str] = []
        temporal = _Watched(sent)
        app, body = create_app(replace(parts, temporal=temporal)), json.dumps({"email": email}).encode()  # type: ignore[arg-type]
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        request = {
            "type": "http", "method": "POST", "path": "/api/v1/auth/password/forgot", "headers": headers,
            "query_string": b"", "http_version": "1.1", "scheme": "http", "client": ("192.0.2.9", 1),
            "server": ("api.test", 80), "root_path": "",
        }  # fmt: skip

        async def receive(body: bytes = body) -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        with counted(database) as statements:

            async def send(message: Any, sent: list[str] = sent, statements: Any = statements) -> None:
                if message["type"] == "http.response.start":
                    before.append(len(statements))
                sent.append(message["type"])

            await app(request, receive, send)
        assert temporal.seen == ([True] if email == user.email else [])
    assert before[0] == before[1], before
    await newest_link(database, parts, user.id)
