"""A word that most jobs of a place have: they are counted from an index, without reading one."""

from __future__ import annotations

import httpx
import pytest

from schema.db import Database
from schema.enums import JobStatus, Role
from schema.queries import jobs, pages, users
from schema.queries.job_filters import Filter
from tests.api.people import Tenant, make_tenant
from tests.benchmarks.catalogue import HUGE, become, fill, thing
from tests.factories import settings_for
from tests.statements import counted, plan_of

_ROLES = (Role.CLIENT, Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN)


async def test_a_common_word_is_counted_from_an_index_alone(own_database: str) -> None:
    """Among a thousand jobs already."""
    await fill(own_database, 1000)
    database = Database.connect(settings_for(own_database))
    narrowed = (
        Filter(q="film"),
        Filter(q="film", client_id=thing(2, HUGE)),
        Filter(q="film", project_id=thing(3, HUGE)),
        Filter(q="film", status=[JobStatus.COMPLETED]),
    )
    try:
        for role in _ROLES:
            user = await become(database, role)
            for wanted in narrowed:
                async with database.begin() as session:
                    who = await users.principal(session, user)
                    assert who is not None
                    with counted(database) as sent:
                        _, found = await jobs.page(session, who, wanted, pages.Asked("-created_at", 20))
                assert found.total >= 100
                (asked,) = (each for each in sent if "AS holds " in each)
                assert "Index Only Scan using ix_jobs_counted" in await plan_of(database, asked), (
                    role,
                    wanted,
                )
    finally:
        await database.close()


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
