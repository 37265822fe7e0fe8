"""Sockets of services: they show what the token may see now, and end with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
import websockets
from websockets.asyncio.client import ClientConnection

from api.bodies.live import Close
from api.main import create_app
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.tables import now
from tests.api.people import Tenant, make_tenant
from tests.api.test_live import connect, happen, hear, serving, silent, socket
from tests.api.test_service_tokens import make, of


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(parts: Parts) -> AsyncIterator[str]:
    async with serving(create_app(parts)) as (url, _):
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: Any) -> Tenant:
    return await make_tenant(database, http)


async def ends(connection: ClientConnection) -> None:
    with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
        await hear(connection)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == Close.SIGN_IN_AGAIN


async def test_a_socket_is_a_services_too(
    address: str, tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    made, job, elsewhere = (
        await make(tenant, Role.PRODUCTION),
        await tenant.job(database),
        await stranger.job(database),
    )
    header = {"Authorization": f"Bearer {made['token']}"}
    async with (
        socket(address, made["token"]) as connection,
        connect(address, additional_headers=header) as other,
    ):
        assert connection.subprotocol == "bearer"
        for each in (connection, other):
            await hear(each)
        await happen(database, elsewhere)
        event_id = await happen(database, job)
        for each in (connection, other):
            assert (await hear(each))["id"] == event_id
        changed = await tenant[Role.ADMIN].patch(of(tenant, made), {"role": "client"})
        assert changed.status_code == 200
        await happen(database, job)
        for each in (connection, other):
            assert await silent(each), "of no team"
    for wrong in ("avs_" + "A" * 43, "avs_x"):
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            async with socket(address, wrong):
                pass
        assert refused.value.response.status_code == 401


@pytest.mark.parametrize("how", ["deleted", "replaced", "shortened", "expired"])
async def test_it_ends_with_its_token_though_nothing_happens(how: str, address: str, tenant: Tenant) -> None:
    admin, at = tenant[Role.ADMIN], now()
    soon = {"expires_at": (at + timedelta(seconds=3)).isoformat()}
    made = await make(tenant, Role.PRODUCTION, **soon if how == "expired" else {})
    other = await make(tenant, Role.PRODUCTION)
    async with socket(address, made["token"]) as connection, socket(address, other["token"]) as elsewhere:
        await hear(connection)
        await hear(elsewhere)
        if how == "deleted":
            assert (await admin.delete(of(tenant, made))).status_code == 204
        elif how != "expired":
            later = {"expires_at": (at + timedelta(days=1)).isoformat()}
            patch = {"rotate": True} if how == "replaced" else later
            assert (await admin.patch(of(tenant, made), patch)).status_code == 200
        await ends(connection)
        assert await silent(elsewhere)
