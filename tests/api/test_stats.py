"""Figures that are true: of rows whose sums are known, and of a real job's way."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import JobStatus, Kind, Role, Step
from schema.tables import AuditEntry, Job, StepRun, TextMeasure, now
from schema.tables.people import Client
from tests.api.flow import new_job, until, until_language
from tests.api.people import Tenant, make_tenant
from tests.fakes.steps import FakeSteps
from tests.statements import counted

STATS, PIPELINE = "/admin/stats", "/admin/jobs/stats"
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
PERIOD = "since=2026-03-01T00:00:00Z&until=2026-04-01T00:00:00Z"
TWO_MINUTES = {"artifacts": {"duration_ms": 120_000}}


def _runs(job: Job, step: Step, *took_ms: int, activity: str = "", **more: Any) -> list[StepRun]:
    """One a language."""
    return [
        StepRun(
            job_id=job.id,
            language=f"l{n}",
            step=step,
            activity=activity or step.value,
            waited_ms=10,
            took_ms=took,
            ended_at=NOON,
            **more,
        )
        for n, took in enumerate(took_ms)
    ]


async def _add(database: Database, *rows: Any) -> None:
    async with database.begin() as session:
        session.add_all(rows)


def _decided(thing_id: object, action: str, hours: int) -> AuditEntry:
    return AuditEntry(action=action, thing_id=str(thing_id), created_at=NOON + timedelta(hours=hours))


async def test_steps_have_their_median_and_percentile_also_a_minute(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    job = await tenant.job(database, state=TWO_MINUTES)
    rows = _runs(job, Step.MUX, *range(1000, 11_000, 1000))
    rows += _runs(job, Step.MUX, 5, reused=True, activity="again")
    rows += _runs(job, Step.PROBE, 400) + _runs(job, Step.PROBE, 600, activity="scenes")
    earlier = _runs(job, Step.MUX, 99_000)[0]
    earlier.ended_at -= timedelta(days=1)
    outside = _runs(job, Step.TRANSLATE, 1)[0]
    outside.ended_at += timedelta(days=40)
    await _add(database, *rows, earlier, outside)
    path = f"{PIPELINE}?{PERIOD}&org_id={tenant.org.id}"
    found = (await tenant[Role.ADMIN].get(path)).json()["items"]
    assert len(found) == 1
    probe, mux = found[0]["steps"]
    assert (probe["step"], probe["runs"], probe["median_ms"]) == ("probe", 1, 1000), "both parts together"
    assert (mux["step"], mux["runs"], mux["median_ms"], mux["p90_ms"]) == ("mux", 10, 5500, 9100)
    assert (mux["median_ms_per_minute"], mux["p90_ms_per_minute"]) == (2750, 4550)
    assert mux["median_wait_ms"] == 10


async def test_gates_are_passed_at_the_first_decision_or_not(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    good, bad, old = [await tenant.job(database) for _ in range(3)]
    await _add(
        database,
        _decided(good.id, "job.approve_source", 0),
        _decided(good.id, "job.reject", 5),
        _decided(bad.id, "job.reject", 0),
        _decided(bad.id, "job.approve_english", 1),
        _decided(old.id, "job.reject", -24 * 30),
        _decided(old.id, "job.approve_source", 2),
        _decided(f"{good.id}/es", "language.approve", 2),
        _decided(f"{good.id}/de", "language.reject", 2),
        _decided(f"{good.id}/de", "language.approve", 3),
        _decided(f"{bad.id}/de", "language.approve", 3),
        _decided(good.id, "job.return_to_qc", 6),
        _decided(good.id, "job.complete", 7),
    )
    path = f"{PIPELINE}?{PERIOD}&client_id={tenant.client.id}&by=client"
    [item] = (await tenant[Role.ADMIN].get(path)).json()["items"]
    assert (item["client"], item["organisation"]) == (tenant.client.name, tenant.org.name)
    assert item["gates"] == [
        {"gate": "source_qc", "decided": 2, "passed": 1, "rate": 0.5},
        {"gate": "language_qc", "decided": 3, "passed": 2, "rate": 0.6667},
        {"gate": "final_review", "decided": 1, "passed": 0, "rate": 0.0},
    ]


async def test_throughput_words_and_statuses_are_summed_by_organisation_and_client(
    database: Database, http: httpx.AsyncClient
) -> None:
    tenant = await make_tenant(database, http)
    done = {"status": JobStatus.COMPLETED, "state": TWO_MINUTES, "created_at": NOON - timedelta(days=1)}
    first = await tenant.job(database, completed_at=NOON, **done)
    second = await tenant.job(database, completed_at=NOON + timedelta(hours=13), **done)
    await tenant.job(database, status=JobStatus.FAILED, created_at=NOON - timedelta(days=100))
    await tenant.job(database, deleted_at=now(), created_at=NOON)
    other = Client(org_id=tenant.org.id, name="=Cmd")
    await _add(database, other)
    await _add(
        database,
        *(
            TextMeasure(
                job_id=job.id,
                language=code,
                kind=Kind.CAPTIONS,
                version=3,
                cues=10,
                words=50,
                cues_changed=4,
                drafted=job is first,
                measured_at=NOON,
            )
            for job in (first, second)
            for code in ("en", "es")
        ),
    )
    theirs = await tenant.job(database, **done, completed_at=NOON)
    async with database.begin() as session:
        await session.execute(sa.update(Job).where(col(Job.id) == theirs.id).values(client_id=other.id))
    admin, path = tenant[Role.ADMIN], f"{STATS}?{PERIOD}&org_id={tenant.org.id}"
    [item] = (await admin.get(path)).json()["items"]
    assert (item["created"], item["completed"], item["minutes"]) == (4, 3, 6.0)
    assert {each["status"]: each["jobs"] for each in item["statuses"]} == {"completed": 3, "failed": 1}
    assert (item["texts"], item["cues"], item["words"]) == (4, 40, 200)
    assert (item["draft_cues"], item["cues_changed"]) == (20, 8)
    assert item["days"] == [
        {"day": "2026-03-09", "created": 3, "completed": 0, "minutes": 0.0},
        {"day": "2026-03-10", "created": 1, "completed": 2, "minutes": 4.0},
        {"day": "2026-03-11", "created": 0, "completed": 1, "minutes": 2.0},
    ]
    by_client = (await admin.get(f"{path}&by=client")).json()["items"]
    assert {each["client"]: each["completed"] for each in by_client} == {tenant.client.name: 2, "=Cmd": 1}
    [org] = (await admin.get(f"{path}&by=organisation")).json()["items"]
    assert (org["organisation"], org["client"], org["completed"]) == (tenant.org.name, None, 3)
    text = (await admin.get(f"{path}&by=client&format=csv")).text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["client"] for row in rows} == {tenant.client.name, "'=Cmd"}
    told = {(row["client"], row["figure"], row["of"]): row["value"] for row in rows}
    assert told[(tenant.client.name, "days.completed", "2026-03-11")] == "1"
    assert told[("'=Cmd", "statuses.jobs", "completed")] == "1"


async def test_a_real_jobs_steps_and_words_are_measured(
    tenant: Tenant, steps: FakeSteps, database: Database
) -> None:
    steps.begin_test()
    job_id = await new_job(tenant[Role.CLIENT], steps, accessible_video_mp4=True, languages=["es"])
    reviewer, production = tenant[Role.REVIEWER], tenant[Role.PRODUCTION]
    await until(production, job_id, "pending_qc")
    text = f"/jobs/{job_id}/vtt?lang=en&kind=captions"
    shown = (await reviewer.get(text)).json()
    edit = {"content": shown["content"].replace("evening", "night"), "base_version": shown["version"]}
    assert (await reviewer.patch(text, edit)).status_code == 200
    await reviewer.post(f"/jobs/{job_id}/actions/approve_source")
    await until_language(production, job_id, "es", "unassigned")
    async with database.begin() as session:
        runs = (await session.scalars(sa.select(StepRun).where(col(StepRun.job_id) == job_id))).all()
        measured = (
            await session.scalars(sa.select(TextMeasure).where(col(TextMeasure.job_id) == job_id))
        ).all()
    made = {(run.step, run.activity, run.language) for run in runs}
    assert {
        (Step.PROBE, "probe_source", ""),
        (Step.PROBE, "find_scenes", ""),
        (Step.TRANSCRIBE, "draft_captions", ""),
        (Step.DESCRIBE, "place_descriptions", ""),
        (Step.TRANSLATE, "translate_texts", "es"),
    } <= made
    assert all(0 <= run.took_ms < 60_000 and run.waited_ms >= 0 for run in runs)
    told = {row.kind: (row.version, row.cues, row.words, row.cues_changed, row.drafted) for row in measured}
    assert told[Kind.CAPTIONS] == (2, 1, 2, 1, True)
    assert told[Kind.AUDIO_DESCRIPTION] == (1, 1, 4, 0, True)


async def test_figures_are_an_admins_and_cost_the_same_statements(tenant: Tenant, database: Database) -> None:
    for path in (STATS, PIPELINE):
        for role in (Role.PRODUCTION, Role.PROJECT_MANAGER, Role.CLIENT):
            assert (await tenant[role].get(path)).status_code == 403
        sent = []
        for many in (1, 10):
            for _ in range(many):
                job = await tenant.job(database)
                await _add(database, *_runs(job, Step.MUX, 1, 2))
            with counted(database) as statements:
                assert (await tenant[Role.ADMIN].get(f"{path}?by=client")).status_code == 200
            sent.append(len(statements))
        assert sent[0] == sent[1]


@pytest.mark.parametrize(
    ("query", "status"),
    [("since=2026-02-01T00:00:00Z&until=2026-01-01T00:00:00Z", 400), ("by=day", 422), ("since=now", 422),
     ("until=0001-01-02T00:00:00Z", 200)],
)  # fmt: skip
async def test_periods_are_checked(query: str, status: int, tenant: Tenant) -> None:
    assert (await tenant[Role.ADMIN].get(f"{STATS}?{query}")).status_code == status
