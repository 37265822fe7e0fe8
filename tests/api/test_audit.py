"""The audit log as admins read it: filtered, walked, as a sheet, and shortened by age."""

from __future__ import annotations

import contextlib
import csv
import io
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from api.operations import audit as operation
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, MailKind, Role
from schema.errors import Unauthenticated
from schema.queries import audit, sessions
from schema.tables import AuditEntry, Batch, BatchItem, Mail, User, now
from tests.api.flow import key
from tests.api.people import Tenant, make_tenant, make_user, sign_in
from tests.statements import counted

PATH = "/admin/audit-logs"


async def _written(database: Database, *entries: dict[str, Any]) -> None:
    async with database.begin() as session:
        session.add_all([AuditEntry(**{"action": "job.change", **each}) for each in entries])


async def test_the_log_is_filtered_and_walked(database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    admin, who, at = tenant[Role.ADMIN], tenant[Role.PRODUCTION].id, now()
    marks = [
        {
            "actor_id": who,
            "created_at": at - timedelta(minutes=n // 2),
            "action": f"job.{'delete' if n % 2 else 'change'}",
            "thing": "job",
            "thing_id": str(n),
            "after": {"n": n},
        }
        for n in range(7)
    ]
    await _written(database, *marks)
    path = f"{PATH}?actor_id={who}&thing=job"
    whole = (await admin.get(f"{path}&size=100")).json()
    assert (whole["total"], whole["next"]) == (7, None)
    times = [datetime.fromisoformat(each["created_at"]) for each in whole["items"]]
    assert times == sorted(times, reverse=True)
    assert whole["items"][-1]["after"] == {"n": 6}
    assert whole["items"][0]["actor"] == tenant[Role.PRODUCTION].user.name
    walked, after = [], ""
    while after is not None:
        page = (await admin.get(f"{path}&size=2{after and f'&after={after}'}")).json()
        walked += page["items"]
        after = page["next"]
    assert walked == whole["items"]
    assert (await admin.get(f"{path}&size=2&page=2")).json()["items"] == whole["items"][2:4]
    since = (at - timedelta(minutes=1)).isoformat().replace("+", "%2B")
    for query, many in (
        ("action=job.delete", 3),
        ("action=job", 7),
        ("action=jo", 0),
        ("thing_id=3", 1),
        (f"since={since}", 4),
        (f"until={since}", 3),
        ("address=127.0.0.1", 0),
    ):
        assert (await admin.get(f"{path}&{query}")).json()["total"] == many, query
    for wrong in ("after=nonsense", "page=1000&size=100"):
        answer = await admin.get(f"{path}&{wrong}")
        assert (answer.status_code, "after" in answer.json()["detail"]) == (400, True), wrong


async def test_a_user_has_what_they_did_and_what_was_done_to_them(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    admin, linguist = tenant[Role.ADMIN], tenant[Role.LINGUIST]
    assert (await admin.patch(f"/admin/users/{linguist.id}", {"name": "Another Name"})).status_code == 200
    await linguist.post(f"/jobs/{(await tenant.job(database)).id}/cancel")
    of_linguist = (await admin.get(f"{PATH}/user/{linguist.id}")).json()["items"]
    assert [each["action"] for each in of_linguist] == ["user.change", "auth.login"]
    assert of_linguist[0]["actor_id"] == str(admin.id)
    security = (await admin.get(f"{PATH}/security?actor_id={admin.id}")).json()["items"]
    assert [each["action"] for each in security] == ["user.change", "auth.login"]
    team = f"/clients/{tenant.client.id}/teams/{tenant.team.id}/members"
    assert (await admin.delete(f"{team}/{linguist.id}")).status_code == 204
    latest = (await admin.get(f"{PATH}/security?actor_id={admin.id}&size=1")).json()["items"]
    assert latest[0]["action"] == "team.remove_member", "who reaches what"
    assert (await admin.delete(f"/admin/users/{linguist.id}")).status_code == 204
    assert (await admin.get(f"{PATH}/user/{linguist.id}")).json()["total"] == 3, "gone, and still told of"
    assert (await admin.get(f"{PATH}/user/{uuid4()}")).status_code == 404
    for role in (Role.PRODUCTION, Role.PROJECT_MANAGER, Role.CLIENT):
        for path in (PATH, f"{PATH}/security", f"{PATH}/user/{admin.id}"):
            assert (await tenant[role].get(path)).status_code == 403


async def test_a_sheet_has_every_entry_and_no_formula(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_PIECE", 2)
    mark = uuid4().hex
    things = ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "＝1+1", "＠SUM(A1)", "plain, with a comma"]
    await _written(database, *({"thing": mark, "thing_id": each, "after": {"n": 1}} for each in things))
    answer = await tenant[Role.ADMIN].get(f"{PATH}?thing={mark}&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    assert answer.text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["thing_id"] for row in rows} == {f"'{each}" for each in things[:-1]} | {things[-1]}
    assert {row["after"] for row in rows} == {'{"n": 1}'}
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


@pytest.mark.parametrize("ended", ["demoted", "signed out"])
async def test_a_sheet_under_way_ends_with_the_right_to_read_it(
    ended: str, database: Database, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_PIECE", 2)
    reader, mark, page = await sign_in(http, await make_user(database, Role.ADMIN)), uuid4().hex, audit.page
    await _written(database, *({"thing": mark, "thing_id": f"entry-{n}"} for n in range(6)))
    pieces = 0

    async def then_end(*asked: Any) -> Any:
        nonlocal pieces
        found, pieces = await page(*asked), pieces + 1
        async with database.begin() as session:
            if ended == "signed out":
                await sessions.end_all(session, reader.id)
            else:
                await session.execute(
                    sa.update(User).where(col(User.id) == reader.id).values(role=Role.CLIENT)
                )
        return found

    monkeypatch.setattr(audit, "page", then_end)
    with contextlib.suppress(Unauthenticated):  # the download breaks off
        answer = await reader.get(f"{PATH}?thing={mark}&format=csv")
        assert answer.text.count("entry-") <= 2
    assert pieces <= 2


async def test_old_entries_are_forgotten_and_the_log_says_so(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operation, "_AT_ONCE", 2)
    admin, mark, at = tenant[Role.ADMIN], uuid4().hex, now()
    ages = [364, 366, 500, 600, 700, 800]
    await _written(database, *({"thing": mark, "created_at": at - timedelta(days=age)} for age in ages))

    async def left() -> int:
        return int((await admin.get(f"{PATH}?thing={mark}")).json()["total"])

    refused = await admin.delete(f"{PATH}/cleanup?older_than_days=364")
    assert (refused.status_code, "AUDIT_KEPT_DAYS" in refused.json()["detail"]) == (400, True)
    assert await left() == 6
    assert (await admin.delete(f"{PATH}/cleanup?older_than_days=650")).json()["entries"] >= 2
    assert await left() == 4
    same = key()
    done = (await admin.delete(f"{PATH}/cleanup", same)).json()
    assert (done["entries"] >= 3, done["complete"]) == (True, True)
    assert await left() == 1
    assert (await admin.delete(f"{PATH}/cleanup", same)).json() == done
    told = (await admin.get(f"{PATH}/security?action=audit.cleanup&actor_id={admin.id}")).json()["items"]
    assert told[0]["after"]["entries"] == done["entries"]
    assert len(told) == 2
    assert (await tenant[Role.PRODUCTION].delete(f"{PATH}/cleanup")).status_code == 403


async def test_the_log_costs_the_same_statements_and_reads_an_index(
    tenant: Tenant, database: Database
) -> None:
    admin, sent = tenant[Role.ADMIN], []
    for many in (1, 60):
        await _written(database, *({"actor_id": admin.id} for _ in range(many)))
        with counted(database) as statements:
            assert (await admin.get(f"{PATH}/user/{admin.id}?size=100")).status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]
    async with database.begin() as session:
        for other in ("seqscan", "bitmapscan", "sort"):  # what is quicker for as few entries as a test has
            await session.execute(sa.text(f"set local enable_{other} = off"))
        query = (
            sa.select(AuditEntry)
            .where(col(AuditEntry.actor_id) == admin.id)
            .order_by(col(AuditEntry.created_at).desc(), col(AuditEntry.id).desc())
            .limit(20)
        )
        text = str(query.compile(dialect=session.get_bind().dialect, compile_kwargs={"literal_binds": True}))
        plan = "\n".join(await session.scalars(sa.text(f"explain {text}")))
    assert "ix_audit_log_actor_id" in plan
    assert "Sort" not in plan


async def test_old_mails_and_batches_are_forgotten_with_the_log(
    tenant: Tenant, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits, or goes on, stays however old it is."""
    monkeypatch.setattr(operation, "_AT_ONCE", 2)
    admin, at = tenant[Role.ADMIN], now()
    old, young = at - timedelta(days=400), at - timedelta(days=300)
    times = [(old, old), (old, None), (young, young)]
    mails = [
        Mail(kind=MailKind.JOB_COMPLETED, user_id=admin.id, about={}, created_at=made, sent_at=sent)
        for made, sent in times
    ]
    mails.append(
        Mail(kind=MailKind.JOB_COMPLETED, user_id=admin.id, about={}, created_at=old, dropped_at=old)
    )
    batches = [
        Batch(
            owner_id=admin.id, action=BatchAction.RETRY, asked={}, status=BatchStatus.COMPLETED, created_at=made,
            started_at=made, finished_at=ended,
        )
        for made, ended in times
    ]  # fmt: skip
    packed = Batch(
        owner_id=admin.id, action=BatchAction.DOWNLOAD, asked={}, status=BatchStatus.COMPLETED, created_at=old,
        started_at=old, finished_at=old, expires_at=at + timedelta(days=1),
    )  # fmt: skip
    async with database.begin() as session:
        session.add_all([*mails, *batches, packed])
        await session.flush()
        for batch in (*batches, packed):
            for position in range(1, 6):
                session.add(BatchItem(batch_id=batch.id, job_id=uuid4(), position=position))
    done = (await admin.delete(f"{PATH}/cleanup", key())).json()
    assert (done["mails"] >= 2, done["batches"] >= 1, done["batch_items"] >= 5, done["complete"]) == (
        True,
    ) * 4
    async with database.begin() as session:
        left = set(await session.scalars(sa.select(col(Mail.id)).where(col(Mail.user_id) == admin.id)))
        kept = set(await session.scalars(sa.select(col(Batch.id)).where(col(Batch.owner_id) == admin.id)))
        items = await session.scalars(sa.select(col(BatchItem.batch_id)).distinct())
    assert left >= {mails[1].id, mails[2].id}
    assert not left & {mails[0].id, mails[3].id}
    assert kept >= {batches[1].id, batches[2].id, packed.id}
    assert batches[0].id not in kept
    assert set(items) >= {batches[1].id, batches[2].id, packed.id}
    told = (await admin.get(f"{PATH}?action=audit.cleanup&actor_id={admin.id}")).json()["items"][0]["after"]
    assert {name: told[name] for name in ("mails", "batches", "batch_items")} == {
        name: done[name] for name in ("mails", "batches", "batch_items")
    }
