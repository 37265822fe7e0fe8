"""The detailed health: each part is tried, and one that fails is told without holding up the others."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from temporalio.client import Client

from activities.storage import GoogleStorage
from api.bodies.queues import QueueStats
from api.operations import checks, queues
from api.parts import Parts
from api.shared import Shared
from schema.db import Database
from schema.enums import Role
from tests.api.people import Tenant
from tests.api.test_production import _failed, _failure
from tests.factories import settings_for
from tests.fakes.workers import Workers
from workflows.names import Queue

PATH = "/admin/health/detailed"


def _queues(client: Client) -> Shared[QueueStats]:
    return Shared(lambda: queues.look(client), 0)


async def test_every_part_queue_and_provider_is_tried(
    tenant: Tenant, database: Database, fake_workers: Workers, object_store: GoogleStorage
) -> None:
    await _failed(tenant, database, _failure("translate", "provider_failed", "es"))
    found = (await tenant[Role.ADMIN].get(PATH)).json()
    assert {each["part"]: each["problem"] for each in found["checks"]} == {
        "database": None, "storage": None, "temporal": None,
    }  # fmt: skip
    assert {each["queue"] for each in found["queues"]} == {queue.value for queue in Queue}
    assert found["ok"], found
    by_step = {each["step"]: each for each in found["providers"]}
    assert set(by_step) == {"transcribe", "describe", "translate", "synthesize"}
    assert by_step["translate"]["credentials"] == "not_needed"
    assert by_step["translate"]["failed_lately"] >= 1
    assert await object_store.list_prefix("health/") == [], "it leaves nothing behind"
    for role in (Role.PRODUCTION, Role.PROJECT_MANAGER, Role.CLIENT):
        assert (await tenant[role].get(PATH)).status_code == 403


class Slow:
    async def write(self, *_: Any, **__: Any) -> None:
        await asyncio.sleep(60)


async def test_a_part_that_hangs_is_told_in_time(
    parts: Parts, fake_workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "LIMIT_S", 0.5)
    slow: Any = Slow()
    began = asyncio.get_running_loop().time()
    found = await checks.look(replace(parts, store=slow), _queues(parts.temporal))
    assert asyncio.get_running_loop().time() - began < 20
    wrong = {each.part: each.problem for each in found.checks if not each.ok}
    assert wrong == {"storage": "It did not answer within 0 seconds."}
    assert not found.ok


async def test_without_temporal_the_rest_is_told(parts: Parts) -> None:
    away = await Client.connect("127.0.0.1:1", lazy=True)
    found = await checks.look(replace(parts, temporal=away), _queues(away))
    assert [each.part for each in found.checks if not each.ok] == ["temporal"]
    assert all(each.problem for each in found.queues)


async def test_a_key_is_found_missing_or_unreadable(
    parts: Parts, postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake_workers: Workers
) -> None:
    google = dict.fromkeys(("transcribe_provider", "voice_provider"), "google")
    set_up = replace(parts, settings=settings_for(postgres_url, **google, google_project="p"))
    key = tmp_path / "key.json"

    async def credentials() -> tuple[str, bool]:
        found = await checks.look(set_up, _queues(parts.temporal))
        of_google = [each for each in found.providers if each.provider == "google"]
        assert {each.step for each in of_google} == {"transcribe", "synthesize"}
        return of_google[0].credentials, of_google[0].ok

    monkeypatch.delenv(checks.KEY_FILE, raising=False)
    assert await credentials() == ("of_the_machine", True)
    monkeypatch.setenv(checks.KEY_FILE, str(key))
    assert await credentials() == ("unreadable", False)
    key.write_text("[]")
    assert await credentials() == ("unreadable", False)
    key.write_text(json.dumps({"type": "service_account"}))
    assert await credentials() == ("key_file", True)


async def test_one_look_serves_all_who_ask_meanwhile() -> None:
    asked = 0

    async def ask() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return asked

    shared = Shared(ask, 60)
    assert set(await asyncio.gather(*(shared.get() for _ in range(20)))) == {1}
    assert await shared.get() == 1
    stale = Shared(ask, 0)
    assert [await stale.get(), await stale.get()] == [2, 3]
