"""Lists of people: members of an organisation and of a team, and project managers of a client."""

from __future__ import annotations

from uuid import uuid4

from httpx import AsyncClient

from schema.db import Database
from schema.enums import Role
from schema.tables import ClientManager, Team, TeamMember, User
from tests.api.people import make_tenant, make_user
from tests.api.test_organizations import ok
from tests.statements import counted


async def test_people_of_a_place_are_found_sorted_and_paged(database: Database, http: AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    admin, names = tenant[Role.ADMIN], ("zoe Quick", "Ada Long", "bo Short")
    org, client = f"/organizations/{tenant.org.id}", f"/clients/{tenant.client.id}"
    team = ok(await admin.post(f"{client}/teams", {"name": "Late shift"}), 201)
    places = {f"{org}/members": Role.LINGUIST, f"{client}/pm": Role.PROJECT_MANAGER}
    places[f"{client}/teams/{team['id']}/members"] = Role.REVIEWER
    for path, role in places.items():
        mark = uuid4().hex[:8]
        for name in names:
            user = await make_user(database, role, *([] if path.startswith(org) else [tenant.org.id]))
            async with database.begin() as session:
                (await session.get_one(User, user.id)).name = f"{name} {mark}"
            ok(await admin.post(path, {"user_id": str(user.id)}), 201)

        async def found(path: str = path, mark: str = mark, **asked: str | int) -> list[str]:
            answer = ok(await admin.get(path, params={"q": mark, **asked}))
            people = [each.get("user", each) for each in answer["items"]]
            assert answer["total"] == (1 if "q" in asked else 3), "of all pages"
            return [each["name"].removesuffix(f" {mark}") for each in people]

        assert await found() == ["Ada Long", "bo Short", "zoe Quick"]
        assert await found(sort="-name", size=2) == ["zoe Quick", "bo Short"]
        assert await found(sort="-name", size=2, page=2) == ["Ada Long"]
        assert await found(page=9) == []
        assert await found(sort="created_at") == list(names)
        assert await found(q=f"{mark} QUI") == ["zoe Quick"]
    (only,) = ok(await admin.get(f"{client}/teams", params={"q": "shift la"}))["items"]
    assert only["id"] == team["id"] and len(only["members"]) == 3
    assert ok(await admin.get(f"{client}/teams", params={"q": "hift"}))["items"] == []


async def test_fifty_take_as_many_statements_as_one(database: Database, http: AsyncClient) -> None:
    sent: list[list[list[str]]] = []
    for many in (1, 50):
        tenant = await make_tenant(database, http)
        client = f"/clients/{tenant.client.id}"
        teams = [Team(client_id=tenant.client.id, name=f"Team {number}") for number in range(many)]
        async with database.begin() as session:
            session.add_all(teams)
        for team in teams:
            user = await make_user(database, Role.LINGUIST, tenant.org.id)
            async with database.begin() as session:
                session.add_all(
                    [TeamMember(team_id=each.id, user_id=user.id) for each in (team, tenant.team)]
                )
                session.add(ClientManager(client_id=tenant.client.id, user_id=user.id))
        asked: list[list[str]] = []
        for path in (
            *(f"/organizations/{tenant.org.id}/members", f"{client}/pm", f"{client}/teams"),
            f"{client}/teams/{tenant.team.id}/members",
        ):
            with counted(database) as statements:
                answer = ok(await tenant[Role.ADMIN].get(path, params={"size": 100}))
            assert len(answer["items"]) >= many
            asked.append(list(statements))
        sent.append(asked)
    assert sent[0] == sent[1]
