"""Lists: the same statements for one row as for fifty, and a walk that meets every row once."""

from __future__ import annotations

import base64
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from uuid import UUID, uuid4

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import JobStatus, Kind, LanguageStage, Origin, QCState, Role
from schema.tables import JOBS, CueReview, JobLanguage, QCComment, TextVersion, now
from tests.api.people import Tenant, make_tenant
from tests.statements import counted

TEXT = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n"

_CODES = [first + second for first in "abc" for second in "abcdefghijklmnopqrstuvwxyz"]


async def test_a_walk_meets_every_job_once_in_each_order(database: Database, http: httpx.AsyncClient) -> None:
    """With titles, times and states that several share."""
    tenant, at = await make_tenant(database, http), now()
    statuses = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.PENDING_QC)
    for number in range(14):
        made = at - timedelta(minutes=number // 3)
        await tenant.job(
            database,
            title=f"Film {number // 4}",
            status=statuses[number % 3],
            created_at=made,
            updated_at=made,
        )
    for role in (Role.ADMIN, Role.PRODUCTION, Role.PROJECT_MANAGER, Role.LINGUIST):
        for order in (*JOBS.orders, *(f"-{name}" for name in JOBS.orders)):
            path = f"/jobs?org_id={tenant.org.id}&sort={order}"
            whole = (await tenant[role].get(f"{path}&size=100")).json()
            assert (len(whole["items"]), whole["next"]) == (14, None)
            by = [item[order.removeprefix("-")] or "" for item in whole["items"]]
            assert by == sorted(by, reverse=order.startswith("-"))
            walked, after = [], ""
            while after is not None:
                page = (await tenant[role].get(f"{path}&size=3{after and f'&after={after}'}")).json()
                walked += page["items"]
                after = page["next"]
            assert walked == whole["items"], (role, order)
            third = (await tenant[role].get(f"{path}&size=3&page=3")).json()
            assert third["items"] == whole["items"][6:9], "pages are parts of the same walk"


async def test_a_page_that_nobody_counts_to_and_a_foreign_cursor_are_refused(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    for _ in range(2):
        await tenant.job(database)
    ask = tenant[Role.PRODUCTION].get
    assert (await ask("/jobs?page=100&size=100")).json()["items"] == []
    deep = await ask("/jobs?page=101&size=100")
    assert (deep.status_code, "after" in deep.json()["detail"]) == (400, True)
    cursor = (await ask("/jobs?size=1&sort=title")).json()["next"]
    assert (await ask(f"/jobs?size=1&sort=title&after={cursor}")).status_code == 200
    ranked = base64.urlsafe_b64encode(
        b'["priority", "soon", "2026-01-01T00:00:00+00:00", "%s"]' % uuid4().bytes.hex().encode()
    )
    assert (await ask(f"/jobs?sort=priority&after={ranked.decode()}")).status_code == 400
    for wrong in (f"sort=-title&after={cursor}", "sort=title&after=nonsense", "sort=title&after=W10="):
        answer = await ask(f"/jobs?size=1&{wrong}")
        assert answer.status_code == 400, (wrong, answer.text)


ID, AT = "3f0c6a53-6f0b-4a62-8c4e-2f1b60f6a9d3", "2026-01-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("path", "cursor"),
    [
        ("/admin/users?sort=email", ["email", "x", 5]),
        ("/admin/users?sort=email", ["email", ["x"], ID]),
        ("/admin/users?sort=email", ["email", None, ID]),
        ("/admin/users?sort=email", ["email", "a\0b", ID]),
        ("/admin/users?sort=email", ["email", "\ud800", ID]),
        ("/admin/users?sort=created_at", ["created_at", "2026-01-01T00:00:00", ID]),
        ("/admin/users?sort=created_at", ["created_at", "0001-01-01T00:00:00+14:00", ID]),
        ("/admin/users?sort=email", {"email": "x"}),
        ("/admin/audit-logs?action=job", ["2026-01-01", ID]),
        ("/admin/audit-logs?action=job", [AT, 5]),
        ("/admin/audit-logs?action=job", [AT, "5"]),
        ("/admin/audit-logs?action=job", [AT, True]),
    ],
)
async def test_a_cursor_that_somebody_made_up_is_refused(tenant: Tenant, path: str, cursor: object) -> None:
    after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
    answer = await tenant[Role.ADMIN].get(f"{path}&after={after}")
    assert (answer.status_code, "after" in answer.json()["detail"]) == (400, True), answer.text


async def test_a_cursor_may_name_what_is_not_there(tenant: Tenant) -> None:
    for path, cursor in (
        ("/admin/users?sort=email", ["email", "nobody@nowhere.example", ID]),
        ("/admin/audit-logs?action=job", [AT, ID]),
    ):
        after = base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
        assert (await tenant[Role.ADMIN].get(f"{path}&after={after}")).status_code == 200


async def _jobs(database: Database, tenant: Tenant, many: int) -> str:
    for _ in range(many):
        await tenant.job(database)
    return "/jobs?size=100"


async def _texts(database: Database, job_id: UUID, codes: list[str], author_id: UUID) -> None:
    async with database.begin() as session:
        session.add_all(
            [
                JobLanguage(job_id=job_id, language=code, qc_state=QCState.UNASSIGNED, linguist_id=author_id)
                for code in codes
                if code != "en"
            ]
        )
        await session.flush()
        session.add_all(
            [
                TextVersion(
                    job_id=job_id,
                    language=code,
                    kind=kind,
                    version=1,
                    content=TEXT,
                    origin=Origin.DRAFT,
                    sources={},
                )
                for code in codes
                for kind in Kind
            ]
        )


async def _languages(database: Database, tenant: Tenant, many: int) -> str:
    job = await tenant.job(database)
    await _texts(database, job.id, _CODES[:many], tenant[Role.LINGUIST].id)
    return f"/language-qc/jobs/{job.id}/language-qc"


async def _waiting(database: Database, tenant: Tenant, many: int) -> str:
    for _ in range(many):
        job = await tenant.job(database, status=JobStatus.LANGUAGE_QC)
        row = JobLanguage(
            job_id=job.id, language="es", stage=LanguageStage.LANGUAGE_QC, qc_state=QCState.ASSIGNED
        )
        async with database.begin() as session:
            row.linguist_id = tenant[Role.PRODUCTION].id
            session.add(row)
    return "/language-qc/me/language-qc-queue?size=100"


async def _versions(database: Database, tenant: Tenant, many: int) -> str:
    job = await tenant.job(database)
    author_id = tenant[Role.REVIEWER].id
    async with database.begin() as session:
        for number in range(1, many + 1):
            session.add(
                TextVersion(
                    job_id=job.id, language="en", kind=Kind.CAPTIONS, version=number, content=TEXT,
                    origin=Origin.EDIT, author_id=author_id, sources={},
                )
            )  # fmt: skip
    return f"/jobs/{job.id}/vtt/versions?lang=en&kind=captions&size=100"


async def _comments(database: Database, tenant: Tenant, many: int) -> str:
    job = await tenant.job(database)
    async with database.begin() as session:
        for number in range(many):
            author_id = tenant[list(Role)[number % 6]].id
            session.add(QCComment(job_id=job.id, language="en", author_id=author_id, text="Too formal."))
    return f"/language-qc/jobs/{job.id}/languages/en/comments?size=100"


Maker = Callable[[Database, Tenant, int], Awaitable[str]]


@pytest.mark.parametrize("make", [_jobs, _languages, _waiting, _versions, _comments])
async def test_a_list_of_fifty_takes_the_statements_of_a_list_of_one(
    make: Maker, database: Database, http: httpx.AsyncClient
) -> None:
    sent: list[list[str]] = []
    for many in (1, 50):
        tenant = await make_tenant(database, http)
        path = await make(database, tenant, many)
        first = (await tenant[Role.PRODUCTION].get(path)).json()
        shown = first.get("items", first.get("languages"))
        assert len(shown) - ("en" in shown) == many
        with counted(database) as statements:
            assert (await tenant[Role.PRODUCTION].get(path)).status_code == 200
        sent.append(list(statements))
    assert sent[0] == sent[1]


async def test_findings_that_are_new_are_found_in_so_many_statements_too(
    database: Database, http: httpx.AsyncClient
) -> None:
    """At the first look after the rules changed."""
    sent: list[int] = []
    for many in (1, 50):
        tenant = await make_tenant(database, http)
        path = await _languages(database, tenant, many)
        with counted(database) as statements:
            assert (await tenant[Role.PRODUCTION].get(path)).status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]


async def test_marks_are_counted_by_language(database: Database, http: httpx.AsyncClient) -> None:
    tenant = await make_tenant(database, http)
    path = await _languages(database, tenant, 2)
    job_id = UUID(path.split("/")[3])
    person = tenant[Role.PRODUCTION]
    await person.get(path)
    for kind in Kind:
        body = {"kind": kind, "cue_id": "c1"}
        assert (await person.post(f"/language-qc/jobs/{job_id}/languages/aa/mark-cue-reviewed", body)).status_code == 200  # fmt: skip
    shown = (await person.get(path)).json()["languages"]
    assert {code: (of["cues_total"], of["cues_reviewed"]) for code, of in shown.items()} == {
        "en": (0, 0), "aa": (2, 2), "ab": (2, 0),
    }  # fmt: skip
    async with database.begin() as session:
        found = await session.scalars(sa.select(CueReview).where(col(CueReview.job_id) == job_id))
        assert len(found.all()) == 2


async def test_filters_that_exclude_one_another_find_nothing(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    for role in (Role.ADMIN, Role.PRODUCTION, Role.CLIENT):
        for query in (
            f"project_id={job.project_id}&client_id={stranger.client.id}",
            f"client_id={job.client_id}&org_id={stranger.org.id}",
            f"project_id={uuid4()}",
        ):
            listed = (await tenant[role].get(f"/jobs?{query}")).json()
            assert (listed["items"], listed["total"], listed["next"]) == ([], 0, None), (role, query)
        both = f"/jobs?project_id={job.project_id}&client_id={job.client_id}&org_id={job.org_id}"
        assert (await tenant[role].get(both)).json()["total"] > 0
