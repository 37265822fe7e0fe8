"""Microsoft's ID tokens, from a real OpenID provider: the right one is read, and each that is wrong is refused."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from uuid import UUID, uuid4

import httpx
import httpx2
import pytest
import pytest_asyncio
import sqlalchemy as sa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey
from sqlmodel import col
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from api.main import create_app
from api.microsoft import Microsoft
from api.parts import Parts
from schema import links
from schema.db import Database
from schema.enums import Role
from schema.errors import Unauthenticated, Unavailable
from schema.links import Purpose
from schema.queries import identities
from schema.tables import IdempotencyKey, User, now
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.fakes.entra import Entra, entra


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Entra]:
    async with entra() as made:
        yield made


@pytest_asyncio.fixture
async def microsoft(provider: Entra) -> AsyncIterator[Microsoft]:
    async with httpx2.AsyncClient() as http:
        yield Microsoft(provider.client_id, [provider.tenant.upper()], provider.address, http)


async def test_a_token_tells_tenant_and_object(provider: Entra, microsoft: Microsoft) -> None:
    person, first, second = str(uuid4()), provider.token, provider.token
    one = await microsoft.identity(first(oid=person.upper(), tid=provider.tenant.upper()))
    other = await microsoft.identity(second(oid=person, email="somebody@else.example"))
    assert (one.tenant_id, one.object_id) == (other.tenant_id, other.object_id) == (provider.tenant, person)
    assert one.token_hash != other.token_hash
    assert 300 <= one.forget_at - time.time() <= 360


async def test_keys_are_fetched_once(provider: Entra, microsoft: Microsoft) -> None:
    await asyncio.gather(*(microsoft.identity(provider.token()) for _ in range(20)))
    assert provider.asked == {f"/{provider.tenant}/v2.0/.well-known/openid-configuration": 1, "/keys": 1}


async def test_a_rotated_key_is_looked_for_once_and_an_invented_one_not_at_each_token(
    provider: Entra, microsoft: Microsoft, monkeypatch: pytest.MonkeyPatch
) -> None:
    await microsoft.identity(provider.token())
    old, new = provider.keys[0], provider.rotate()
    with pytest.raises(Unauthenticated):  # fetched a moment ago
        await microsoft.identity(provider.token(key=new))
    monkeypatch.setattr("api.microsoft._ASK_AGAIN_S", 0)
    await microsoft.identity(provider.token(key=new))
    assert provider.asked["/keys"] == 2
    with pytest.raises(Unauthenticated):  # what is published no longer is trusted no longer
        await microsoft.identity(provider.token(key=old))
    monkeypatch.setattr("api.microsoft._ASK_AGAIN_S", 60)
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            await microsoft.identity(provider.token(header={"kid": uuid4().hex}))
    assert provider.asked["/keys"] == 3


def _signed_by_somebody_else(provider: Entra) -> str:
    return provider.token(key=RSAKey.generate_key(2048, {"kid": provider.keys[0].kid}))


def _with_header(provider: Entra, **header: object) -> str:
    """Unsigned."""
    _, claims, _ = provider.token().split(".")
    return f"{urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip('=')}.{claims}."


def _unsigned(provider: Entra) -> str:
    return _with_header(provider, alg="none", kid=provider.keys[0].kid)


def _signed_with_the_public_key(provider: Entra) -> str:
    """As a secret of HMAC: the confusion of algorithms."""
    public = provider.keys[0].as_pem(private=False)
    secret = OctKey.import_key(urlsafe_b64encode(public).decode().replace("-", "").replace("_", ""))
    return jwt.encode({"alg": "HS256", "kid": provider.keys[0].kid}, _claims(provider), secret)


def _signed_with_another_algorithm(provider: Entra) -> str:
    return jwt.encode(
        {"alg": "ES256", "kid": provider.keys[0].kid}, _claims(provider), ECKey.generate_key("P-256")
    )


def _claims(provider: Entra) -> dict[str, object]:
    now = int(time.time())
    return {
        "iss": f"{provider.address}/{provider.tenant}/v2.0",
        "aud": provider.client_id,
        "sub": "somebody",
        "tid": provider.tenant,
        "oid": str(uuid4()),
        "iat": now,
        "exp": now + 3600,
    }


def _changed(provider: Entra) -> str:
    head, _, signature = provider.token().split(".")
    claims = json.dumps(_claims(provider)).encode()
    return f"{head}.{urlsafe_b64encode(claims).decode().rstrip('=')}.{signature}"


WRONG: dict[str, Callable[[Entra], str]] = {
    "no token": lambda provider: "somebody",
    "an empty one": lambda provider: "",
    "four parts": lambda provider: f"{provider.token()}.e30",
    "letters that are no ASCII": lambda provider: f"ü{provider.token()}",
    "half a character": lambda provider: "\ud800",
    "signed by somebody else": _signed_by_somebody_else,
    "unsigned": _unsigned,
    "signed with the public key": _signed_with_the_public_key,
    "another algorithm": _signed_with_another_algorithm,
    "changed after it was signed": _changed,
    "an unknown header that is critical": lambda provider: provider.token(
        header={"crit": ["b64"], "b64": False}
    ),
    "key id is a number": lambda provider: _with_header(provider, alg="RS256", kid=1),
    "no tenant": lambda provider: provider.token(tid=None),
    "tenant is a path": lambda provider: provider.token(tid="../common"),
    "tenant is a number": lambda provider: provider.token(tid=1),
    "a tenant that is not allowed": lambda provider: provider.token(tid=str(uuid4())),
    "another tenant's issuer": lambda provider: provider.token(iss=f"{provider.address}/{uuid4()}/v2.0"),
    "the issuer of version 1": lambda provider: provider.token(
        iss=f"https://sts.windows.net/{provider.tenant}/"
    ),
    "no issuer": lambda provider: provider.token(iss=None),
    "another audience": lambda provider: provider.token(aud=str(uuid4())),
    "an audience that holds ours": lambda provider: provider.token(aud=f"{provider.client_id}x"),
    "no audience": lambda provider: provider.token(aud=None),
    "for another party": lambda provider: provider.token(azp=str(uuid4())),
    "no object": lambda provider: provider.token(oid=None),
    "an object that is a name": lambda provider: provider.token(oid="admin"),
    "an object that is a list": lambda provider: provider.token(oid=["a", "b"]),
    "no subject": lambda provider: provider.token(sub=None),
    "expired": lambda provider: provider.token(exp=int(time.time()) - 61),
    "expires never": lambda provider: provider.token(exp=None),
    "not yet": lambda provider: provider.token(nbf=int(time.time()) + 90),
    "issued in the future": lambda provider: provider.token(iat=int(time.time()) + 90),
    "issued six minutes ago": lambda provider: provider.token(iat=int(time.time()) - 362),
    "issued at no time": lambda provider: provider.token(iat=None),
    "issued at a word": lambda provider: provider.token(iat="now"),
}


@pytest.mark.parametrize("wrong", WRONG)
async def test_what_is_wrong_is_refused(provider: Entra, microsoft: Microsoft, wrong: str) -> None:
    with pytest.raises(Unauthenticated) as refused:
        await microsoft.identity(WRONG[wrong](provider))
    assert refused.value.message.endswith(".")
    await microsoft.identity(provider.token())  # and nothing has changed


async def test_clocks_may_differ_by_a_minute(provider: Entra, microsoft: Microsoft) -> None:
    now, person = int(time.time()), str(uuid4())
    early = await microsoft.identity(provider.token(oid=person, nbf=now + 50, iat=now + 50))
    late = await microsoft.identity(provider.token(oid=person, exp=now - 50, iat=now - 340))
    assert early.object_id == late.object_id == person
    for wrong in ({"nbf": now + 90, "iat": now + 90}, {"exp": now - 90, "iat": now - 340}):
        with pytest.raises(Unauthenticated):
            await microsoft.identity(provider.token(**wrong))


async def test_a_nonce_that_is_given_must_be_the_tokens(provider: Entra, microsoft: Microsoft) -> None:
    await microsoft.identity(provider.token(nonce="n-1"), "n-1")
    for token in (provider.token(nonce="n-2"), provider.token()):
        with pytest.raises(Unauthenticated):
            await microsoft.identity(token, "n-1")


BROKEN: dict[str, Response] = {
    "an error": PlainTextResponse("no", 500),
    "a page": PlainTextResponse("<html>"),
    "a list": JSONResponse([]),
    "somewhere else": RedirectResponse("/keys"),
    "without end": PlainTextResponse("x" * 300_000),
}


@pytest.mark.parametrize("broken", BROKEN)
async def test_an_authority_that_is_broken_is_503_and_asked_again(
    provider: Entra, microsoft: Microsoft, broken: str
) -> None:
    provider.broken = BROKEN[broken]
    with pytest.raises(Unavailable):
        await microsoft.identity(provider.token())
    provider.broken = None
    await microsoft.identity(provider.token())


async def test_discovery_that_speaks_for_another_issuer_is_not_believed(
    provider: Entra, microsoft: Microsoft
) -> None:
    provider.issuer = f"{provider.address}/{uuid4()}/v2.0"
    with pytest.raises(Unavailable):
        await microsoft.identity(provider.token())


async def test_an_authority_that_is_away_is_503(provider: Entra) -> None:
    async with httpx2.AsyncClient() as http:
        away = Microsoft(provider.client_id, [provider.tenant], "http://127.0.0.1:9", http)
        with pytest.raises(Unavailable):
            await away.identity(provider.token())


@pytest_asyncio.fixture
async def studio(parts: Parts, provider: Entra, microsoft: Microsoft) -> AsyncIterator[httpx.AsyncClient]:
    """The API of a studio that lets people sign in with Microsoft."""
    own = replace(parts, microsoft=microsoft)
    transport = httpx.ASGITransport(app=create_app(own))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        yield http


async def sign_in_with(http: httpx.AsyncClient, token: str, **more: str) -> httpx.Response:
    answer = await http.post("/api/v1/auth/microsoft", json={"id_token": token, **more})
    http.cookies.clear()
    return answer


async def test_a_linked_account_signs_in_and_its_token_once(
    studio: httpx.AsyncClient, provider: Entra, database: Database
) -> None:
    person, oid = await sign_in(studio, await make_user(database, Role.LINGUIST)), str(uuid4())
    unlinked = await sign_in_with(studio, provider.token(oid=oid, email=person.user.email))
    assert unlinked.status_code == 401 and "link it" in unlinked.json()["detail"]
    linked = await person.post("/auth/microsoft/link", {"id_token": provider.token(oid=oid)})
    assert linked.status_code == 204, linked.text
    assert (await person.get("/auth/me")).json()["microsoft"] is True
    token = provider.token(oid=oid)
    answers = await asyncio.gather(*(sign_in_with(studio, token) for _ in range(4)))
    assert sorted(each.status_code for each in answers) == [200, 401, 401, 401]
    (signed_in,) = [each for each in answers if each.status_code == 200]
    assert signed_in.json()["user"]["id"] == str(person.id)
    assert "HttpOnly" in signed_in.headers["set-cookie"]


async def test_an_account_is_one_persons(
    studio: httpx.AsyncClient, provider: Entra, database: Database
) -> None:
    oid = str(uuid4())
    one, other = [await sign_in(studio, await make_user(database, Role.LINGUIST)) for _ in range(2)]
    answers = [
        (await person.post("/auth/microsoft/link", {"id_token": provider.token(oid=oid)})).status_code
        for person in (one, other, one)
    ]
    assert answers == [204, 409, 204]


@pytest.mark.parametrize("ended", ["disabled_at", "deleted_at"])
async def test_who_is_gone_does_not_sign_in(
    studio: httpx.AsyncClient, provider: Entra, database: Database, ended: str
) -> None:
    person, oid = await sign_in(studio, await make_user(database, Role.LINGUIST)), str(uuid4())
    await person.post("/auth/microsoft/link", {"id_token": provider.token(oid=oid)})
    async with database.begin() as session:
        await session.execute(sa.update(User).where(col(User.id) == person.id).values({ended: now()}))
    assert (await sign_in_with(studio, provider.token(oid=oid))).status_code == 401


async def test_where_it_is_not_set_up_it_says_so(http: httpx.AsyncClient, provider: Entra) -> None:
    answer = await sign_in_with(http, provider.token())
    assert answer.status_code == 503 and "MICROSOFT_CLIENT_ID" in answer.json()["detail"]


async def invited(tenant: Tenant, parts: Parts, email: str) -> str:
    """The link that is mailed to `email`."""
    body = {"email": email, "role": "linguist", "team_ids": [str(tenant.team.id)]}
    made = await tenant[Role.ADMIN].post(f"/organizations/{tenant.org.id}/invitations", body)
    assert made.status_code == 201, made.text
    secret = parts.settings.jwt_secret.get_secret_value()
    return links.token(secret, Purpose.INVITATION, UUID(made.json()["id"]), 1)


async def accept(http: httpx.AsyncClient, link: str, id_token: str) -> httpx.Response:
    said = {"token": link, "name": "Ayşe", "microsoft": {"id_token": id_token}}
    return await http.post("/api/v1/invitations/accept", json=said)


async def test_an_invitation_is_accepted_with_a_microsoft_account(
    studio: httpx.AsyncClient, provider: Entra, database: Database, parts: Parts
) -> None:
    tenant, oid, email = await make_tenant(database, studio), str(uuid4()), f"{uuid4().hex}@studio.example"
    link, token = await invited(tenant, parts, email), provider.token(oid=oid)
    nothing = await studio.post("/api/v1/invitations/accept", json={"token": link, "name": "Ayşe"})
    assert nothing.status_code == 422, "some way to sign in is needed"
    assert (await accept(studio, link, provider.token(oid=oid, aud="another"))).status_code == 401
    accepted = await accept(studio, link, token)
    assert (accepted.status_code, accepted.headers.get("set-cookie")) == (204, None)
    assert (await sign_in_with(studio, token)).status_code == 401, "a token does one thing"
    signed_in = (await sign_in_with(studio, provider.token(oid=oid))).json()
    assert signed_in["user"]["email"] == email
    person = Person(User(email=email, name="", role=Role.LINGUIST), studio, signed_in["access_token"])
    me = (await person.get("/auth/me")).json()
    assert (me["has_password"], me["microsoft"], me["name"]) == (False, True, "Ayşe")
    assert (await person.get("/clients")).json()["total"] == 1


async def test_an_invitation_gives_no_other_way_into_an_account_that_exists(
    studio: httpx.AsyncClient, provider: Entra, database: Database, parts: Parts
) -> None:
    tenant, oid = await make_tenant(database, studio), str(uuid4())
    user = await make_user(database, Role.LINGUIST)
    link = await invited(tenant, parts, user.email)
    assert (await accept(studio, link, provider.token(oid=oid))).status_code == 204
    assert (await sign_in_with(studio, provider.token(oid=oid))).status_code == 401
    person = await sign_in(studio, user)
    assert (await person.get("/auth/me")).json()["microsoft"] is False
    assert (await person.get("/clients")).json()["total"] == 1, "they belong all the same"


async def test_an_account_of_somebody_else_is_refused_alike(
    studio: httpx.AsyncClient, provider: Entra, database: Database, parts: Parts
) -> None:
    tenant, oid = await make_tenant(database, studio), str(uuid4())
    other = await sign_in(studio, await make_user(database, Role.LINGUIST))
    await other.post("/auth/microsoft/link", {"id_token": provider.token(oid=oid)})
    known = (await make_user(database, Role.LINGUIST)).email
    answers = []
    for email in (known, f"{uuid4().hex}@studio.example"):
        link = await invited(tenant, parts, email)
        answers.append(await accept(studio, link, provider.token(oid=oid)))
        said = {"token": link, "name": "Ayşe", "password": "harbour umbrella sixteen"}
        again = await studio.post("/api/v1/invitations/accept", json=said)
        assert again.status_code == 204, "the link is as it was"
    assert [(each.status_code, each.json()["detail"]) for each in answers] == [
        (409, "This Microsoft account is linked to somebody else.")
    ] * 2


async def test_a_token_that_was_used_links_nothing_also_in_a_request_that_is_sent_again(
    studio: httpx.AsyncClient, provider: Entra, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    person, oid = await sign_in(studio, await make_user(database, Role.LINGUIST)), str(uuid4())
    spent, fresh = {"id_token": provider.token(oid=oid)}, {"id_token": provider.token(oid=str(uuid4()))}
    assert (await sign_in_with(studio, spent["id_token"])).status_code == 401, "linked to nobody"

    async def died(*_: object) -> bool:
        raise RuntimeError("the process has died")

    for token, status in ((spent, 401), (fresh, 204)):
        same = uuid4().hex
        with monkeypatch.context() as patched:
            patched.setattr(identities, "spend", died)
            assert (await person.post("/auth/microsoft/link", token, same)).status_code == 500
        again = await person.post("/auth/microsoft/link", token, same)
        assert again.status_code == status, again.text
    assert (await sign_in_with(studio, provider.token(oid=oid))).status_code == 401
    same, done = uuid4().hex, {"id_token": provider.token(oid=str(uuid4()))}
    assert (await person.post("/auth/microsoft/link", done, same)).status_code == 204
    async with database.begin() as session:  # its answer was not kept
        key = hashlib.sha256(f"{person.id}\nPOST\n/api/v1/auth/microsoft/link\n{same}".encode()).hexdigest()
        row = await session.get_one(IdempotencyKey, key)
        row.status = row.response = None
    assert (await person.post("/auth/microsoft/link", done, same)).status_code == 204, "it was done"
