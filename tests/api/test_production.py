"""What those who run the place see: failures, and the queues."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from temporalio.client import Client

from api.operations import queues
from schema.db import Database
from schema.enums import JobStatus, LanguageStage, Role
from schema.tables import Job, JobLanguage, now
from tests.api.flow import new_job, until
from tests.api.people import Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.fakes.workers import Workers
from tests.statements import counted
from workflows.names import Queue

PATH = "/production/failures"


def _failure(step: str, code: str, language: str | None = None) -> dict[str, Any]:
    return {"step": step, "language": language, "code": code, "reason": f"{step} said {code}."}


async def _failed(
    tenant: Tenant, database: Database, *failures: dict[str, Any], at: datetime | None = None, **changes: Any
) -> Job:
    """A job whose languages, or which itself, failed so."""
    at = at or now()
    first = {"failure": failures[0], "status": JobStatus.FAILED, "projected_at": at}
    job = await tenant.job(database, **{**first, **changes})
    async with database.begin() as session:
        for each in failures:
            if each["language"]:
                row = JobLanguage(
                    job_id=job.id,
                    language=each["language"],
                    stage=LanguageStage.FAILED,
                    failure=each,
                    projected_at=at,
                )
                session.add(row)
    return job


async def test_failures_are_listed_counted_and_filtered(database: Database, http: httpx.AsyncClient) -> None:
    tenant, at = await make_tenant(database, http), now()
    probe = _failure("probe", "invalid")
    both = (_failure("translate", "provider_failed", "es"), _failure("mux", "timeout", "de"))
    oldest = await _failed(tenant, database, probe, at=at - timedelta(days=2))
    middle = await _failed(tenant, database, *both, at=at - timedelta(hours=1))
    newest = await _failed(tenant, database, _failure("translate", "provider_failed", "fr"), at=at)
    await tenant.job(database, status=JobStatus.PENDING_QC)
    production = tenant[Role.PRODUCTION]
    found = (await production.get(PATH)).json()
    assert [item["id"] for item in found["items"]] == [str(job.id) for job in (newest, middle, oldest)]
    assert found["total"] == 3
    assert found["counts"] == [
        {"step": "translate", "code": "provider_failed", "jobs": 2},
        {"step": "mux", "code": "timeout", "jobs": 1},
        {"step": "probe", "code": "invalid", "jobs": 1},
    ]
    of_middle = {(each["step"], each["language"]) for each in found["items"][1]["failures"]}
    assert of_middle == {("translate", "es"), ("mux", "de")}
    assert found["items"][2]["failures"][0]["reason"] == "probe said invalid."
    for query, jobs in (
        ("step=translate", [newest, middle]),
        ("reason=timeout", [middle]),
        ("step=translate&reason=timeout", []),
        (f"client_id={tenant.client.id}&step=probe", [oldest]),
        (f"client_id={oldest.id}", []),
        (f"since={(at - timedelta(hours=2)).isoformat().replace('+', '%2B')}", [newest, middle]),
        ("page=2&size=2", [oldest]),
    ):
        listed = (await production.get(f"{PATH}?{query}")).json()
        assert [item["id"] for item in listed["items"]] == [str(job.id) for job in jobs], query
    narrowed = (await production.get(f"{PATH}?reason=timeout")).json()
    assert [each["step"] for each in narrowed["items"][0]["failures"]] == ["mux"]


@pytest.mark.parametrize("seed", range(3))
async def test_jobs_are_counted_once_a_step_and_code(
    seed: int, database: Database, http: httpx.AsyncClient
) -> None:
    """Whatever failed in a job: itself, languages of it, or both, also alike."""
    tenant, chance, at = await make_tenant(database, http), random.Random(seed), now()
    made: dict[str, list[tuple[str, str, datetime]]] = {}
    for _ in range(25):
        kinds = [
            chance.choice((("mux", "timeout"), ("mux", "invalid"), ("probe", "timeout"))) for _ in range(3)
        ]
        own = _failure(*kinds[0], language=chance.choice((None, None, "fr")))
        own_at = at - timedelta(minutes=chance.randrange(100))
        job = await _failed(tenant, database, own, at=own_at)
        failed = made.setdefault(str(job.id), [(*kinds[0], own_at)])
        async with database.begin() as session:
            for language, kind in zip(
                chance.sample(("de", "es"), chance.randrange(3)), kinds[1:], strict=False
            ):
                row = JobLanguage(job_id=job.id, language=language, stage=LanguageStage.FAILED)
                row.failure, row.projected_at = (
                    _failure(*kind, language=language),
                    at - timedelta(minutes=chance.randrange(100)),
                )
                session.add(row)
                failed.append((*kind, row.projected_at))
    for step in (None, "mux"):
        for since in (None, at - timedelta(minutes=50)):
            wanted = {
                job_id: [f for f in failed if step in (None, f[0]) and (since is None or f[2] >= since)]
                for job_id, failed in made.items()
            }
            times = {job_id: max(f[2] for f in failed) for job_id, failed in wanted.items() if failed}
            counts = Counter(kind for failed in wanted.values() for kind in {f[:2] for f in failed})
            query = {"size": 7, "step": step, "since": since and since.isoformat()}
            params = {key: value for key, value in query.items() if value is not None}
            for page in (1, 2, 4):
                found = (await tenant[Role.PRODUCTION].get(PATH, params={**params, "page": page})).json()
                order = sorted(times, key=lambda job_id: (-times[job_id].timestamp(), job_id))
                assert [each["id"] for each in found["items"]] == order[7 * (page - 1) : 7 * page]
                assert found["total"] == len(times)
                assert {(each["step"], each["code"]): each["jobs"] for each in found["counts"]} == counts


async def test_production_sees_the_failures_of_their_organisations(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await _failed(tenant, database, _failure("probe", "invalid"))
    query = f"{PATH}?org_id={tenant.org.id}&size=100"
    for role in (Role.PRODUCTION, Role.ADMIN):
        assert str(job.id) in {each["id"] for each in (await tenant[role].get(query)).json()["items"]}
    assert (await stranger[Role.PRODUCTION].get(query)).json()["items"] == []
    assert str(job.id) not in (await stranger[Role.PRODUCTION].get(f"{PATH}?size=100")).text
    for path in (PATH, "/production/queue-stats"):
        for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PROJECT_MANAGER):
            assert (await tenant[role].get(path)).status_code == 403, (path, role)


async def test_a_list_of_failures_costs_the_same_statements(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    sent = []
    for many in (1, 20):
        for _ in range(many):
            await _failed(tenant, database, _failure("translate", "timeout", "es"))
        with counted(database) as statements:
            assert (await tenant[Role.PRODUCTION].get(f"{PATH}?size=100")).status_code == 200
        sent.append(len(statements))
    assert sent[0] == sent[1]


async def test_a_real_failure_is_listed_until_it_is_retried(tenant: Tenant, steps: FakeSteps) -> None:
    steps.begin_test()
    steps.failures["probe_source"] = 1
    job_id = await new_job(tenant[Role.CLIENT], steps)
    production = tenant[Role.PRODUCTION]
    await until(production, job_id, "failed")
    items = (await production.get(f"{PATH}?step=probe&reason=provider_failed&size=100")).json()["items"]
    mine = next(each for each in items if each["id"] == str(job_id))
    assert mine["failures"][0]["reason"] == "The provider said no."
    await production.post(f"/jobs/{job_id}/retry", {})
    await until(production, job_id, "pending_qc")
    assert str(job_id) not in (await production.get(f"{PATH}?size=100")).text


async def test_queues_tell_who_works_and_what_waits(
    tenant: Tenant, temporal_client: Client, fake_workers: Workers
) -> None:
    found = (await tenant[Role.PRODUCTION].get("/production/queue-stats")).json()
    assert {each["queue"] for each in found["queues"]} == {queue.value for queue in Queue}
    for each in found["queues"]:
        assert (each["problem"], each["pollers"] >= 1, each["workers_alive"] >= 1) == (None, True, True), each
        assert each["workers"][0]["identity"] == temporal_client.identity
    again = (await tenant[Role.ADMIN].get("/production/queue-stats")).json()
    assert again == found, "kept for some seconds"


async def test_a_backlog_is_counted_with_its_age(
    tenant: Tenant, temporal_client: Client, fake_workers: Workers
) -> None:
    async with fake_workers.nobody_decides():
        job_id = await new_job(tenant[Role.CLIENT])
        async with asyncio.timeout(120):
            while True:
                found = await queues.look(temporal_client)
                mine = next(each for each in found.queues if each.queue is Queue.JOBS)
                if mine.backlog and mine.backlog_age_s:
                    break
                await asyncio.sleep(0.3)
    await until(tenant[Role.CLIENT], job_id, "pending_qc")


async def test_a_server_that_is_away_is_told_in_time() -> None:
    away = await Client.connect("127.0.0.1:1", lazy=True)
    began = asyncio.get_running_loop().time()
    found = await queues.look(away)
    assert asyncio.get_running_loop().time() - began < 3 * queues.LIMIT_S
    assert all(each.problem and each.backlog is None for each in found.queues)


@pytest.mark.parametrize("wrong", ["step=lost", "since=yesterday", "page=0", "client_id=1"])
async def test_filters_are_checked(wrong: str, tenant: Tenant) -> None:
    assert (await tenant[Role.PRODUCTION].get(f"{PATH}?{wrong}")).status_code == 422
