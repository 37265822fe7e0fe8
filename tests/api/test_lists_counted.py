"""What costs alike however many jobs there are: it is counted from an index, or found in one with its place."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from schema.db import Database
from schema.enums import JobStatus, Role
from schema.permissions import Principal
from schema.queries import common, failures, jobs, pages, users
from schema.queries.job_filters import Filter
from tests.api.people import Tenant, make_tenant
from tests.benchmarks.catalogue import HUGE, become, fill, thing
from tests.factories import settings_for
from tests.statements import Sent, counted, plan_of

_ROLES = (Role.CLIENT, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN)


@pytest_asyncio.fixture(loop_scope="session")
async def thousand(own_database: str) -> AsyncIterator[Database]:
    """A database of a thousand jobs, among which Postgres chooses as it does among many."""
    await fill(own_database, 1000)
    database = Database.connect(settings_for(own_database))
    yield database
    await database.close()


async def _principal(database: Database, role: Role) -> Principal:
    user = await become(database, role)
    async with database.begin() as session:
        who = await users.principal(session, user)
    assert who is not None
    return who


async def _listed(database: Database, who: Principal, wanted: Filter) -> tuple[int, list[Sent]]:
    """How many there are, and what was asked."""
    async with database.begin() as session:
        with counted(database) as sent:
            _, found = await jobs.page(session, who, wanted, pages.Asked("-created_at", 20))
    return found.total, sent


async def test_a_common_word_is_counted_from_an_index_alone(thousand: Database) -> None:
    narrowed = (
        Filter(q="film"),
        Filter(q="film", client_id=thing(2, HUGE)),
        Filter(q="film", project_id=thing(3, HUGE)),
        Filter(q="film", status=[JobStatus.COMPLETED]),
    )
    for role in _ROLES:
        who = await _principal(thousand, role)
        for wanted in narrowed:
            total, sent = await _listed(thousand, who, wanted)
            assert total >= 100
            (asked,) = (each for each in sent if "AS holds " in each)
            assert "Index Only Scan using ix_jobs_counted" in await plan_of(thousand, asked), (role, wanted)


async def test_what_some_jobs_have_is_found_with_its_place(
    thousand: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    for role in (Role.PROJECT_MANAGER, Role.PRODUCTION):
        who = await _principal(thousand, role)
        for wanted, kind in ((Filter(labels=["l10"]), "labels @>"), (Filter(q="Film c4"), "search @@")):
            few, _ = await _listed(thousand, who, wanted)
            with monkeypatch.context() as patched:
                patched.setattr(common, "_FEW", 0)
                total, sent = await _listed(thousand, who, wanted)
            assert total == few > 0
            asked = next(each for each in sent if "&&" in each)
            plan = await plan_of(thousand, asked, "seqscan", "indexscan")
            (condition, *_) = (line for line in plan.splitlines() if "Index Cond" in line and "&&" in line)
            assert kind in condition, plan


async def test_failures_are_counted_from_indexes_alone(thousand: Database) -> None:
    who = await _principal(thousand, Role.ADMIN)
    async with thousand.begin() as session:
        with counted(thousand) as sent:
            found = await failures.page(session, who, failures.Wanted(), offset=0, limit=20)
    assert found.total == len(found.items) == sum(each.jobs for each in found.counts) > 0
    plan = await plan_of(thousand, sent[0], "seqscan", "bitmapscan")
    assert "Index Only Scan using ix_jobs_failed" in plan
    assert "Index Only Scan using ix_job_languages_failed" in plan


async def test_more_than_are_counted_are_known_at_once(
    database: Database, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "COUNT_LIMIT", 4)
    tenant = await make_tenant(database, http)
    for number in range(6):
        await tenant.job(database, title=f"Film {number}")
    with counted(database) as sent:
        page = (await tenant[Role.PROJECT_MANAGER].get("/jobs?q=film&size=3")).json()
    assert (page["total"], page["total_capped"], len(page["items"])) == (4, True, 3)
    assert sum("count(" in each for each in sent) == 2, "of a sample, and of the index"


async def test_jobs_with_many_long_words_are_found_too(database: Database, tenant: Tenant) -> None:
    """Their words are longer than an entry of a B-tree may be."""
    title = " ".join(
        f"{chr(0xAC00 + 40 * number)}{chr(0xAC01 + number)}{chr(0x20000 + number)}" for number in range(100)
    )
    job = await tenant.job(database, title=title[:400], filename=f"{title[:390]}.mp4")
    found = (await tenant[Role.PRODUCTION].get("/jobs", params={"q": title.split()[7]})).json()
    assert [each["id"] for each in found["items"]] == [str(job.id)]
    assert found["total"] == 1
