"""The pattern of a write, over every route that writes: called once each, on one job's way."""

from __future__ import annotations

import ast
import logging
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
import sqlalchemy as sa
from fastapi import FastAPI

import api
from activities.storage import GoogleStorage
from api.context import Visit
from api.main import PREFIX
from api.microsoft import Microsoft
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from schema.tables import metadata
from tests.api import journey_batches, journey_glossaries, journey_kept, journey_nouns, journey_people
from tests.api.journey import Journey
from tests.api.people import Tenant, make_tenant
from tests.api.test_accessible_video import REPORT, TRANSCRIPT
from tests.api.test_contract import methods, routes
from tests.api.watched import watched_api
from tests.fakes.entra import entra
from tests.fakes.steps import FakeSteps
from workflows import names

WRITES = {"POST", "PUT", "PATCH", "DELETE"}
OURS = (
    "api",
    "workflows",
    "activities",
    "schema",
    "uvicorn",
    "fastapi",
    "sqlalchemy",
    "temporalio",
    "asyncio",
)
MORE = {
    "PATCH /jobs/{job_id}/accessible-video/{language}/pause-points/{cue_index}": ["job.retry_tts"],
    "POST /production/jobs/{job_id}/upload-final-vtt": ["text.upload"],
    "POST /jobs/bulk/approve": ["job.approve_source"],
    "POST /jobs/bulk/return-to-qc": ["job.return_to_qc"],
    "POST /jobs/bulk/reject-final": ["job.reject_final"],
    "POST /jobs/bulk/complete": ["job.complete"],
    "POST /production/bulk-retry": ["job.retry"],
    "DELETE /jobs/bulk": ["job.cancel", "job.delete"],
}
"""Routes that do two things, of which each has its entry: what they do beside their own."""
READS = {"POST /invitations/preview", "POST /jobs/{job_id}/vtt/check"}
"""Routes that write nothing: they are sent a secret, or a text, which have no place in an address."""


class Logged(logging.Handler):
    """Everything that our own loggers say, at any level."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def logged() -> AsyncIterator[Logged]:
    handler = Logged()
    before = {name: logging.getLogger(name).level for name in OURS}
    for name in OURS:
        logging.getLogger(name).addHandler(handler)
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler
    for name, level in before.items():
        logging.getLogger(name).removeHandler(handler)
        logging.getLogger(name).setLevel(level)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def journey(
    parts: Parts, database: Database, steps: FakeSteps, object_store: GoogleStorage, logged: Logged
) -> AsyncIterator[Journey]:
    steps.begin_test()
    await object_store.write("report.json", REPORT.model_dump_json().encode(), "application/json")
    await object_store.write("words.json", TRANSCRIPT.model_dump_json().encode(), "application/json")
    async with entra() as provider, httpx2.AsyncClient() as outside:
        microsoft = Microsoft(provider.client_id, [provider.tenant], provider.address, outside)
        async with watched_api(replace(parts, microsoft=microsoft)) as (http, watch):
            made = Journey(await make_tenant(database, http), http, database, watch, steps)
            await made.go()
            await journey_nouns.go(made)
            await journey_glossaries.go(made)
            await journey_batches.go(made)
            await journey_people.go(made, parts, provider)
            await journey_kept.go(made)
            yield made


def test_every_write_route_is_called(journey: Journey, app: FastAPI) -> None:
    there = {
        f"{method} {route.path.removeprefix(PREFIX)}"
        for route in routes(app)
        for method in methods(route) & WRITES
    }
    assert there == {call.route for call in journey.calls}


def test_nothing_is_waited_for_with_a_connection_in_hand(journey: Journey) -> None:
    assert {call.route: call.held for call in journey.calls if call.held} == {}
    assert {"thread", "store.stat", "temporal.start_workflow"} <= journey.watch.waits


def test_each_write_is_in_the_audit_log_once(journey: Journey) -> None:
    wrong = {}
    for call in journey.calls:
        actions = [entry.action for entry in call.entries if entry.action not in MORE.get(call.route, [])]
        if len(actions) != (call.route not in READS) + ("bulk-assign" in call.route):
            wrong[call.route] = actions
    assert wrong == {}
    told = [entry for call in journey.calls for entry in call.entries if not entry.security]
    assert all(entry.after or entry.before for entry in told)
    decided = [entry for entry in told if entry.action.startswith(("language.", "job.re"))]
    assert all(entry.before and entry.after for entry in decided)
    assert {entry.address for call in journey.calls for entry in call.entries} == {"127.0.0.1"}


def test_a_repeated_write_is_told_of_once(journey: Journey) -> None:
    assert {call.route: call.doubled for call in journey.calls if call.doubled} == {}
    assert {call.route: call.again for call in journey.calls if call.again != call.status} == {}


async def test_no_secret_is_in_anything_that_is_written(
    journey: Journey, database: Database, parts: Parts, logged: Logged
) -> None:
    """Rows of every table, workflows' histories, logs."""
    secrets = {*journey.secrets, parts.settings.jwt_secret.get_secret_value()}
    assert len(secrets) > 12
    written = Counter[str]()
    async with database.begin() as session:
        for table in metadata.sorted_tables:
            rows = await session.scalars(sa.text(f'select t::text from "{table.name}" as t'))
            written[f"table {table.name}"] = 0
            for row in rows:
                written[f"table {table.name}"] += sum(secret in row for secret in secrets)
    workflows = [names.job_workflow_id(job_id) for job_id in journey.jobs]
    for workflow_id in [*workflows, names.language_workflow_id(journey.jobs[0], "es")]:
        history = (await parts.temporal.get_workflow_handle(workflow_id).fetch_history()).to_json()
        written[workflow_id] = sum(secret in history for secret in secrets)
    assert logged.text
    written["logs"] = sum(secret in line for secret in secrets for line in logged.text)
    assert {where: found for where, found in written.items() if found} == {}


async def test_logs_hold_a_routes_template_and_never_its_path(
    app: FastAPI, tenant: Tenant, database: Database, logged: Logged
) -> None:
    class Broken:
        async def signed_get(self, *_: object, **__: object) -> str:
            raise ZeroDivisionError

    job = await tenant.job(database)
    parts: Parts = app.state.parts
    app.state.parts = replace(parts, store=Broken())  # type: ignore[arg-type]
    try:
        answer = await tenant[Role.PRODUCTION].get(f"/jobs/{job.id}/downloads")
    finally:
        app.state.parts = parts
    assert answer.status_code == 500
    assert any("GET /api/v1/jobs/{job_id}/downloads" in line for line in logged.text)
    assert not any(f"/jobs/{job.id}" in line for line in logged.text)


def test_what_is_waited_for_is_reached_through_the_request() -> None:
    """`ctx.store`, `ctx.temporal` and `ctx.thread` refuse while a connection is held; nothing goes round them."""
    folder = Path(api.__file__).parent
    round_them = []
    for path in (
        each for room in ("operations", "guards", "routes") for each in (folder / room).glob("*.py")
    ):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and path.name not in (
                "health.py",
                "checks.py",
            ):  # which have no session
                whole = ast.unparse(node)
                if whole.endswith((".parts.store", ".parts.temporal")) or node.attr == "to_thread":
                    round_them.append(f"{path.name}:{node.lineno} {whole}")
    assert round_them == []


async def test_a_wait_with_a_connection_in_hand_is_refused(parts: Parts, database: Database) -> None:
    async with database.session() as session:
        visit = Visit(parts, session, None)
        assert await visit.thread(sum, (1, 2)) == 3
        await session.execute(sa.text("select 1"))
        for wait in (lambda: visit.store, lambda: visit.temporal):
            with pytest.raises(RuntimeError, match="Commit first"):
                wait()
        with pytest.raises(RuntimeError, match="Commit first"):
            await visit.thread(sum, (1, 2))
        await session.commit()
        assert visit.store is parts.store
