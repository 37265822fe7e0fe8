"""Every write route of people once: organisations, clients, teams, projects, invitations, users and oneself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from api.parts import Parts
from schema.enums import Role
from tests.api.journey import Journey
from tests.api.people import PASSWORD
from tests.api.test_invitations import link
from tests.api.test_users import NEW, OTHER, newest_link
from tests.fakes.entra import Entra

ORG, CLIENT, USER = "/organizations/{org_id}", "/clients/{client_id}", "/admin/users/{user_id}"
MEMBER, TEAM, PROJECT = ORG + "/members", CLIENT + "/teams", CLIENT + "/projects"
INVITATIONS, TOKENS = ORG + "/invitations", ORG + "/service-tokens"
WEBHOOKS = ORG + "/webhooks"


async def go(journey: Journey, parts: Parts, provider: Entra) -> None:
    """From an organisation with nobody in it to one whose people have left."""
    journey.secrets |= {NEW, OTHER}
    await _begin(journey, parts)
    await _client(journey)
    await _invitations(journey, parts)
    await _service_tokens(journey)
    await _webhooks(journey)
    await _end(journey, parts)
    await _oneself(journey, provider)
    await _passwords(journey, parts)


async def _admin(journey: Journey, method: str, route: str, body: Any = None) -> dict[str, Any]:
    return await journey.write(Role.ADMIN, method, route, body)


def _email() -> str:
    return f"{uuid4().hex}@studio.example"


def _name() -> dict[str, str]:
    return {"name": f"Name {uuid4().hex[:8]}"}


async def _begin(journey: Journey, parts: Parts) -> None:
    ids = journey.ids
    ids["org_id"] = (await _admin(journey, "POST", "/organizations", _name()))["id"]
    await _admin(journey, "PATCH", ORG, _name())
    asked = {"email": _email(), "role": "linguist", **_name()}
    await _admin(journey, "POST", "/admin/users", {**asked, "password": NEW, "org_id": ids["org_id"]})
    user = (await _admin(journey, "POST", "/admin/users", {**asked, "email": _email()}))["id"]
    ids["user_id"] = user
    journey.secrets.add(await newest_link(journey.database, parts, user))
    await _admin(journey, "POST", MEMBER, {"user_id": user, "role": "reviewer"})
    await _admin(journey, "PATCH", MEMBER + "/{user_id}", {"role": "project_manager"})


async def _client(journey: Journey) -> None:
    ids = journey.ids
    who = {"user_id": ids["user_id"]}
    ids["client_id"] = (await _admin(journey, "POST", "/clients", {"org_id": ids["org_id"], **_name()}))["id"]
    await _admin(journey, "PATCH", CLIENT, {"style": "Short sentences."})
    await _admin(journey, "POST", CLIENT + "/pm", who)
    ids["project_id"] = (await _admin(journey, "POST", PROJECT, _name()))["id"]
    await _admin(journey, "PATCH", PROJECT + "/{project_id}", _name())
    ids["team_id"] = (await _admin(journey, "POST", TEAM, _name()))["id"]
    await _admin(journey, "PATCH", TEAM + "/{team_id}", _name())
    await _admin(journey, "POST", TEAM + "/{team_id}/members", who)
    await _admin(journey, "DELETE", TEAM + "/{team_id}/members/{user_id}")
    await _admin(journey, "DELETE", TEAM + "/{team_id}")
    await _admin(journey, "DELETE", PROJECT + "/{project_id}")
    await _admin(journey, "DELETE", CLIENT + "/pm/{user_id}")
    await _admin(journey, "DELETE", CLIENT)


async def _invitations(journey: Journey, parts: Parts) -> None:
    guest = _email()
    journey.guests.append(guest)
    tokens = []
    for email in (_email(), guest):
        made = await _admin(journey, "POST", INVITATIONS, {"email": email, "role": "reviewer"})
        journey.ids["invitation_id"] = made["id"]
        tokens.append(await link(journey.database, parts, made["id"]))
        if email != guest:
            await _admin(journey, "DELETE", INVITATIONS + "/{invitation_id}")
    await _admin(journey, "POST", INVITATIONS + "/{invitation_id}/resend")
    tokens.append(await link(journey.database, parts, journey.ids["invitation_id"]))
    journey.secrets |= set(tokens)
    await journey.plain("POST", "/invitations/preview", json={"token": tokens[-1]})
    accepted = {"token": tokens[-1], "password": NEW, **_name()}
    await journey.plain("POST", "/invitations/accept", json=accepted)


async def _service_tokens(journey: Journey) -> None:
    """Signs in with each, for its use is written too."""
    made = await _admin(journey, "POST", TOKENS, {**_name(), "role": "production"})
    journey.ids["token_id"] = made["id"]
    rotated = await _admin(journey, "PATCH", TOKENS + "/{token_id}", {"rotate": True, **_name()})
    for token, status in ((made["token"], 401), (rotated["token"], 200)):
        answer = await journey.http.get("/api/v1/jobs", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == status, answer.text
    await _admin(journey, "DELETE", TOKENS + "/{token_id}")


async def _webhooks(journey: Journey) -> None:
    """Disabled and enabled, what waited was given up, and may be asked for again."""
    made = await _admin(journey, "POST", WEBHOOKS, {**_name(), "url": "https://hooks.invalid/ours"})
    journey.ids["webhook_id"] = made["id"]
    one = WEBHOOKS + "/{webhook_id}"
    await _admin(journey, "PATCH", one, {"enabled": False, **_name()})
    await _admin(journey, "PATCH", one, {"enabled": True, "rotate_secret": True, "events": ["job.completed"]})
    listed = await journey.tenant[Role.ADMIN].get(f"{one}/deliveries".format(**journey.ids))
    journey.ids["delivery_id"] = listed.json()["items"][0]["id"]
    await _admin(journey, "POST", one + "/deliveries/{delivery_id}/redeliver")
    await _admin(journey, "DELETE", one)


async def _end(journey: Journey, parts: Parts) -> None:
    await _admin(journey, "DELETE", MEMBER + "/{user_id}")
    await _admin(journey, "PATCH", USER, _name())
    await _admin(journey, "POST", USER + "/reset-password")
    journey.secrets.add(await newest_link(journey.database, parts, journey.ids["user_id"]))
    await _admin(journey, "POST", USER + "/password/reset", {"password": OTHER})
    await _admin(journey, "DELETE", USER)


async def _oneself(journey: Journey, provider: Entra) -> None:
    await journey.write(Role.LINGUIST, "PATCH", "/auth/me", {"time_zone": "Europe/Berlin"})
    oid = str(uuid4())
    linking, signing_in = provider.token(oid=oid), provider.token(oid=oid)
    journey.secrets |= {linking, signing_in}
    await journey.write(Role.LINGUIST, "POST", "/auth/microsoft/link", {"id_token": linking})
    await journey.plain("POST", "/auth/microsoft", json={"id_token": signing_in})


async def _passwords(journey: Journey, parts: Parts) -> None:
    """Ends the sign-in that asks, so that nothing of it is sent again."""
    user = journey.tenant[Role.LINGUIST].user
    change = {"old_password": PASSWORD, "new_password": NEW}
    await journey.plain(
        "POST", "/auth/password", headers=await _signed_in(journey, user.email, PASSWORD), json=change
    )
    await journey.plain("POST", "/auth/logout-everywhere", headers=await _signed_in(journey, user.email, NEW))
    await journey.plain("POST", "/auth/password/forgot", json={"email": user.email})
    token = await newest_link(journey.database, parts, user.id)
    journey.secrets.add(token)
    await journey.plain("POST", "/auth/password/reset", json={"token": token, "password": OTHER})


async def _signed_in(journey: Journey, email: str, password: str) -> dict[str, str]:
    answer = await journey.http.post("/api/v1/auth/login", json={"email": email, "password": password})
    assert answer.is_success, answer.text
    journey.http.cookies.clear()
    token = answer.json()["access_token"]
    journey.secrets.add(token)
    return {"Authorization": f"Bearer {token}"}
