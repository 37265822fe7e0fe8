"""The socket: over a real server, as a browser would speak to it."""

from __future__ import annotations

import asyncio
import json
import socket as sockets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest
import pytest_asyncio
import sqlalchemy as sa
import uvicorn
import websockets
from fastapi import FastAPI
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_socket

from api import feed, inbox
from api.bodies.live import Close
from api.live import LISTENER, Listener
from api.main import create_app
from api.parts import Parts
from api.tokens import issue_access, read_access
from schema.contracts.outputs import RequestedOutputs
from schema.db import Database
from schema.enums import Role
from schema.queries import events
from schema.tables import Job, JobEvent, JobLanguage, Membership, RefreshToken, User, now
from tests.api.conftest import ORIGIN
from tests.api.people import Person, Tenant, make_tenant, make_user, sign_in
from tests.effort import end_by_cancel
from tests.factories import make_job, settings_for
from tests.statements import counted

connect = partial(open_socket, open_timeout=60)


@asynccontextmanager
async def serving(app: FastAPI) -> AsyncIterator[tuple[str, uvicorn.Server]]:
    """The socket's address on a port of its own, and the server behind it."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", ws="websockets-sansio"))
    task = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/api/v1/ws/status", server
    finally:
        server.should_exit = True
        await task


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def address(parts: Parts) -> AsyncIterator[str]:
    """The API on a port, for sockets."""
    async with serving(create_app(parts)) as (url, _):
        yield url


@pytest_asyncio.fixture(loop_scope="session")
async def tenant(database: Database, http: Any) -> Tenant:
    """Of its own, so that nothing happens to its jobs but what the test does."""
    return await make_tenant(database, http)


@asynccontextmanager
async def socket(
    address: str, token: str, last: int | None = None, **more: Any
) -> AsyncIterator[ClientConnection]:
    query = "" if last is None else f"?last_event_id={last}"
    async with connect(address + query, subprotocols=["bearer", token], **more) as connection:  # type: ignore[list-item]
        yield connection


async def hear(connection: ClientConnection, seconds: float = 60) -> dict[str, Any]:
    return dict(json.loads(await asyncio.wait_for(connection.recv(), seconds)))


async def silent(connection: ClientConnection, seconds: float = 0.6) -> bool:
    try:
        await asyncio.wait_for(connection.recv(), seconds)
    except TimeoutError:
        return True
    return False


async def happen(database: Database, job: Job, type: str = "status", **data: Any) -> int:
    async with database.begin() as session:
        return await events.record(session, job_id=job.id, org_id=job.org_id, type=type, data=data)


async def test_a_change_arrives_to_those_who_see_the_job(
    address: str, tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    async with (
        socket(address, tenant[Role.CLIENT].token) as ours,
        socket(address, stranger[Role.PRODUCTION].token) as theirs,
    ):
        assert ours.subprotocol == "bearer", "the token is not echoed"
        ready = await hear(ours)
        assert ready["type"] == "ready"
        await hear(theirs)
        event_id = await happen(database, job, step="probe")
        heard = await hear(ours)
        assert heard["id"] == event_id
        assert heard["job_id"] == str(job.id)
        assert (heard["event"], heard["status"], heard["data"]) == ("status", "created", {"step": "probe"})
        assert await silent(theirs)


async def test_it_resumes_after_the_last_event_and_misses_and_repeats_nothing(
    address: str, tenant: Tenant, database: Database
) -> None:
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    async with socket(address, token) as connection:
        await hear(connection)
        first = await happen(database, job, n=1)
        assert (await hear(connection))["id"] == first
    missed = [await happen(database, job, n=n) for n in range(2, 5)]
    async with socket(address, token, last=first) as connection:
        assert (await hear(connection))["last_event_id"] == first
        assert [(await hear(connection))["id"] for _ in missed] == missed
        later = await happen(database, job, n=5)
        assert (await hear(connection))["id"] == later
        assert await silent(connection)


async def test_events_that_commit_out_of_order_are_all_heard(
    address: str, tenant: Tenant, database: Database
) -> None:
    """Many writers at once: a later id is never readable before an earlier one."""
    job = await tenant.job(database)

    async def slowly(n: int) -> int:
        async with database.begin() as session:
            event_id = await events.record(session, job_id=job.id, org_id=job.org_id, type="status")
            await asyncio.sleep(0.01 * (n % 3))
            return event_id

    async with socket(address, tenant[Role.PRODUCTION].token) as connection:
        await hear(connection)
        made = await asyncio.gather(*(slowly(n) for n in range(12)))
        heard = [(await hear(connection))["id"] for _ in made]
    assert heard == sorted(made)


async def test_no_token_no_socket(address: str, tenant: Tenant) -> None:
    token = tenant[Role.CLIENT].token

    async def status(**more: Any) -> int:
        with pytest.raises(websockets.exceptions.InvalidStatus) as refused:
            async with connect(more.pop("url", address), **more):
                pass
        body = json.loads(refused.value.response.body)
        assert body["detail"]
        return int(refused.value.response.status_code)

    assert await status() == 401
    assert await status(subprotocols=["bearer", "nonsense"]) == 401
    assert await status(url=f"{address}?token={token}") == 401, "never in the query"
    assert await status(subprotocols=["bearer", token], origin="https://evil.example") == 403
    assert await status(url=f"{address}?last_event_id=one", subprotocols=["bearer", token]) == 422
    async with connect(address, subprotocols=["bearer", token], origin=ORIGIN):  # type: ignore[arg-type,list-item]
        pass
    async with connect(address, additional_headers={"Authorization": f"Bearer {token}"}) as connection:
        assert (await hear(connection))["type"] == "ready"


def _short(parts: Parts, person: Person, seconds: int) -> str:
    brief = parts.settings.model_copy(update={"access_token_s": seconds})
    return issue_access(brief, person.user, read_access(parts.settings, person.token).family)


async def test_it_ends_when_the_token_does_unless_that_is_renewed(
    address: str, tenant: Tenant, parts: Parts
) -> None:
    person = tenant[Role.REVIEWER]
    async with socket(address, _short(parts, person, 2)) as connection:
        await hear(connection)
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            await hear(connection)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
    async with socket(address, _short(parts, person, 2)) as connection:
        await hear(connection)
        await connection.send(json.dumps({"type": "auth", "token": tenant[Role.CLIENT].token}))
        await connection.send("not json")
        await connection.send(json.dumps({"type": "auth", "token": person.token}))
        assert await silent(connection, 3), "renewed by their own token; another's changes nothing"


async def test_it_ends_with_the_user_and_narrows_with_what_they_see(
    address: str, tenant: Tenant, database: Database, http: Any
) -> None:
    person = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    job = await tenant.job(database)
    async with socket(address, person.token) as connection:
        await hear(connection)
        async with database.begin() as session:
            await session.execute(sa.delete(Membership).where(col(Membership.user_id) == person.id))
        await happen(database, job)
        assert await silent(connection), "no longer of the organisation"
        async with database.begin() as session:
            await session.execute(
                sa.update(User).where(col(User.id) == person.id).values(epoch=User.epoch + 1)
            )
        await happen(database, job)
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            await hear(connection)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


async def test_it_ends_with_its_sign_in_though_nothing_happens(
    address: str, tenant: Tenant, database: Database, http: Any
) -> None:
    person = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    other = await sign_in(http, person.user)
    async with socket(address, person.token) as connection, socket(address, other.token) as elsewhere:
        await hear(connection)
        await hear(elsewhere)
        assert (await person.post("/auth/logout")).status_code == 204
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            await hear(connection)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401
        assert await silent(elsewhere), "another sign-in of theirs goes on"


async def test_what_happens_after_a_removal_is_not_shown_to_the_one_who_was_there(
    address: str,
    tenant: Tenant,
    stranger: Tenant,
    database: Database,
    http: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Also where both come between the look at the events and the look at the person, and in a resumption."""
    person = await sign_in(http, await make_user(database, Role.PRODUCTION, tenant.org.id))
    job, elsewhere = await tenant.job(database), await stranger.job(database)
    read, removed = events.every_after, asyncio.Event()

    async def then_removed(session: AsyncSession, *more: Any) -> Any:
        await session.scalar(sa.select(sa.func.now()))  # the snapshot is taken
        if not removed.is_set():
            removed.set()
            async with database.begin() as other:
                await other.execute(sa.delete(Membership).where(col(Membership.user_id) == person.id))
            await happen(database, job)
        return await read(session, *more)

    async with socket(address, person.token) as connection:
        first = (await hear(connection))["last_event_id"]
        monkeypatch.setattr(events, "every_after", then_removed)
        await happen(database, elsewhere)
        await asyncio.wait_for(removed.wait(), 5)
        assert await silent(connection)
    async with socket(address, person.token, last=first) as connection:
        await hear(connection)
        assert await silent(connection)


async def test_who_is_let_in_is_told_from_the_next_event_on(
    address: str, tenant: Tenant, database: Database, http: Any
) -> None:
    person = await sign_in(http, await make_user(database, Role.LINGUIST, tenant.org.id))
    job = await tenant.job(database)
    async with socket(address, person.token) as connection:
        await hear(connection)
        await happen(database, job)
        assert await silent(connection)
        async with database.begin() as session:
            session.add(JobLanguage(job_id=job.id, language="es", linguist_id=person.id))
        event_id = await happen(database, job)
        assert (await hear(connection))["id"] == event_id


async def test_progress_is_told_to_whoever_is_there_and_is_not_in_the_log(
    address: str, tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    async with (
        socket(address, tenant[Role.CLIENT].token) as ours,
        socket(address, stranger[Role.PRODUCTION].token) as theirs,
    ):
        await hear(ours)
        await hear(theirs)
        event_id = await happen(database, job)
        assert (await hear(ours))["id"] == event_id
        async with database.begin() as session:
            await events.show_progress(session, job.id, "en", {"fraction": 0.5})
        heard = await hear(ours)
        assert (heard["event"], heard["language"], heard["data"]) == ("progress", "en", {"fraction": 0.5})
        assert heard["id"] == event_id, "to resume from"
        assert await silent(theirs)


async def test_a_user_has_so_many_sockets_and_no_more(parts: Parts, tenant: Tenant, stranger: Tenant) -> None:
    settings = parts.settings.model_copy(update={"sockets_per_user": 2})
    token = tenant[Role.CLIENT].token
    async with serving(create_app(replace(parts, settings=settings))) as (url, _):
        async with socket(url, token) as first, socket(url, token) as second:
            for each in (first, second):
                assert (await hear(each))["type"] == "ready"
            async with socket(url, token) as third:
                with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
                    while await hear(third):
                        pass
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4429, Close.TOO_MANY.words)
            async with socket(url, stranger[Role.CLIENT].token) as another:
                assert (await hear(another))["type"] == "ready"
        async with socket(url, token) as again:
            assert (await hear(again))["type"] == "ready", "there is room again"


async def test_who_takes_less_than_comes_is_told_to_resume(
    address: str, tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "MOST", 3)
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    async with socket(address, token) as connection:
        first = (await hear(connection))["last_event_id"]
        async with database.begin() as session:
            made = [
                await events.record(session, job_id=job.id, org_id=job.org_id, type="status")
                for _ in range(5)
            ]
        with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
            while await hear(connection):
                pass
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4408, Close.BEHIND.words)
    async with socket(address, token, last=first) as connection:
        await hear(connection)
        assert [(await hear(connection))["id"] for _ in made] == made


async def test_each_event_is_read_once_for_all_sockets(
    address: str, tenant: Tenant, database: Database
) -> None:
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    reads = {}
    for sockets_open in (1, 8):
        async with AsyncExitStack() as stack:
            connections = [
                await stack.enter_async_context(socket(address, token)) for _ in range(sockets_open)
            ]
            for connection in connections:
                await hear(connection)
            with counted(database, by_anybody=True) as sent:
                await happen(database, job)
                for connection in connections:
                    await hear(connection)
            reads[sockets_open] = sum("FROM job_events" in each for each in sent)
    assert reads[1] == reads[8] > 0


async def test_it_outlives_its_listening_connection(
    address: str, tenant: Tenant, database: Database, postgres_url: str
) -> None:
    job = await tenant.job(database)
    async with socket(address, tenant[Role.PRODUCTION].token) as connection:
        await hear(connection)
        admin = await asyncpg.connect(postgres_url.replace("+asyncpg", ""))
        killed = await admin.fetch(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where datname = current_database() and application_name = $1",
            LISTENER,
        )
        await admin.close()
        assert killed, "it listens"
        event_id = await happen(database, job)
        assert (await hear(connection, 12))["id"] == event_id


async def test_it_listens_wherever_the_database_url_leads(
    postgres_url: str, tenant: Tenant, database: Database
) -> None:
    """With what only the engine's driver understands."""
    job, woken = await tenant.job(database), asyncio.Event()
    listener = Listener(f"{postgres_url}?ssl=disable", woken.set, lambda _: None)
    listening = asyncio.create_task(listener.listen())
    await asyncio.wait_for(woken.wait(), 60)
    woken.clear()
    await happen(database, job)
    await asyncio.wait_for(woken.wait(), 60)
    await end_by_cancel(listening)


async def test_who_takes_nothing_is_let_go_and_reads_on_later(
    parts: Parts, tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_SLOW_S", 0.3)
    job, token = await tenant.job(database), tenant[Role.PRODUCTION].token
    app = create_app(parts)
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    async with serving(app) as (url, _):
        narrow.connect(("127.0.0.1", urlsplit(url).port))
        narrow.setblocking(False)
        stalled = await connect(
            url, subprotocols=["bearer", token], max_queue=1, sock=narrow, compression=None
        )
        first = (await hear(stalled))["last_event_id"]
        made = [await happen(database, job, text="x" * 400_000) for _ in range(30)]
        async with asyncio.timeout(120):
            while app.state.hub.listeners:
                await asyncio.sleep(0.05)
        stalled.transport.abort()
        async with socket(url, token, last=first) as back:
            await hear(back)
            assert [(await hear(back))["id"] for _ in made] == made


async def test_events_from_before_retention_ask_for_a_resync(
    parts: Parts, own_database: str, tenant: Tenant
) -> None:
    """On a database of its own, whose log begins late."""
    mine = Database.connect(settings_for(own_database))
    try:
        job = await make_job(mine, RequestedOutputs())
        async with mine.begin() as session:
            await session.execute(sa.text("select setval(pg_get_serial_sequence('job_events', 'id'), 100)"))
            session.add(JobEvent(job_id=job.id, org_id=job.org_id, at=now(), type="status"))
            user = await make_user(mine, Role.ADMIN)
        async with mine.begin() as session:
            session.add(RefreshToken(user_id=user.id, family=user.id, token_hash="x", expires_at=now()))
        settings = parts.settings.model_copy(update={"database_url": own_database})
        app = create_app(replace(parts, settings=settings, database=mine))
        token = issue_access(settings, user, user.id)
        async with serving(app) as (url, server), socket(url, token, last=5) as connection:
            assert (await hear(connection))["type"] == "ready"
            assert (await hear(connection))["type"] == "resync"
            assert (await hear(connection))["id"] == 101
            server.should_exit = True
            with pytest.raises(websockets.exceptions.ConnectionClosed):
                await hear(connection)
    finally:
        await mine.close()


async def test_a_client_hears_that_work_goes_on_and_not_what_people_say_of_it(
    address: str, tenant: Tenant, database: Database
) -> None:
    """On the socket, and when it resumes."""
    job = await tenant.job(database)
    failed = {"status": "failed", "step": "mux", "reason": "Inner words."}
    async with database.begin() as session:
        before = await events.newest(session)
    told = (
        ("comment_added", "es", {"comment_id": "1", "cue_id": "c1"}),
        ("comment_deleted", "es", {"comment_id": "1"}),
        ("reject", "es", {"stage": "language_qc", "qc_state": "rejected", "reason": "Inner words."}),
        ("status", None, failed),
    )
    async with (
        socket(address, tenant[Role.CLIENT].token) as client,
        socket(address, tenant[Role.PRODUCTION].token) as production,
    ):
        for connection in (client, production):
            await hear(connection)
        for type, language, data in told:
            async with database.begin() as session:
                await events.record(
                    session, job_id=job.id, org_id=job.org_id, type=type, language=language, data=data
                )
        heard = [await hear(client) for _ in range(2)]
        assert await silent(client)
        assert [(await hear(production))["event"] for _ in told] == [each[0] for each in told]
    async with socket(address, tenant[Role.CLIENT].token, last=before) as again:
        await hear(again)
        assert [await hear(again) for _ in range(2)] == heard
    assert [(each["event"], each["data"]) for each in heard] == [
        ("language", {"stage": "language_qc", "qc_state": "rejected"}),
        ("status", {"status": "failed", "step": "mux"}),
    ]


async def test_a_note_is_told_to_those_who_may_read_it(
    address: str, tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    """On the socket, and when it resumes: to a client one that becomes theirs is new, one that becomes internal is gone."""
    job, reviewer = await tenant.job(database), tenant[Role.REVIEWER]
    path, elsewhere = f"/jobs/{job.id}/review-notes", await stranger.job(database)
    made: list[str] = []

    async def write(**more: str) -> str:
        answer = await reviewer.post(path, {"asset": "source", "at_ms": 5, "text": "Inner words.", **more})
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
        return f"{path}/{made[-1]}"

    async def until_last(connection: ClientConnection, last: int) -> list[tuple[str, str, bool | None]]:
        told = []
        while (heard := await hear(connection))["id"] != last:
            assert heard["language"] == "en" and "Inner words." not in json.dumps(heard)
            told.append((heard["event"], heard["data"]["note_id"], heard["data"]["resolved"]))
        return told

    async with (
        socket(address, tenant[Role.CLIENT].token) as client,
        socket(address, tenant[Role.LINGUIST].token) as linguist,
        socket(address, stranger[Role.PRODUCTION].token) as theirs,
    ):
        first = (await hear(client))["last_event_id"]
        for connection in (linguist, theirs):
            await hear(connection)
        inside, told = await write(), await write(audience="client")
        for note, change in (
            (inside, {"text": "Other inner words."}),
            (told, {"resolved": True}),
            (told, {"resolved": True}),
            (inside, {"audience": "client"}),
            (told, {"audience": "internal"}),
            (told, {"text": "More inner words."}),
        ):
            assert (await reviewer.patch(note, change)).status_code == 200, change
        for note in (told, inside):
            assert (await reviewer.delete(note)).status_code == 204
        last = await happen(database, job)
        by_client, by_linguist = await until_last(client, last), await until_last(linguist, last)
        event_id = await happen(database, elsewhere)
        assert (await hear(theirs))["id"] == event_id, "nothing of another's notes"
    one, two = made
    assert by_linguist == [
        ("note_added", one, False), ("note_added", two, False), ("note_changed", one, False),
        ("note_changed", two, True), ("note_changed", one, False), ("note_changed", two, True),
        ("note_changed", two, True), ("note_deleted", two, True), ("note_deleted", one, False),
    ]  # fmt: skip
    assert by_client == [
        ("note_added", two, False), ("note_changed", two, True), ("note_added", one, False),
        ("note_deleted", two, True), ("note_deleted", one, False),
    ]  # fmt: skip
    for role, heard in ((Role.CLIENT, by_client), (Role.LINGUIST, by_linguist)):
        async with socket(address, tenant[role].token, last=first) as again:
            await hear(again)
            assert await until_last(again, last) == heard, role
