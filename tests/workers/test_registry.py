"""What workflows call is what workers run: names, queues, and the contracts on both sides."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import pytest
import pytest_asyncio
from temporalio.activity import _Definition as Definition
from temporalio.client import Client

from activities.storage import GoogleStorage
from schema.contracts.sweeps import Cursor, Swept
from schema.db import Database
from schema.enums import Sweep
from tests.factories import settings_for
from workers.grace import GRACE
from workers.providers import Providers
from workers.registry import POOLS, WORKFLOWS, make_worker
from workers.wiring import Platform
from workflows import names, other_steps, steps

Registered = dict[str, tuple[names.Queue, Callable[..., Any]]]


@pytest_asyncio.fixture(loop_scope="session")
async def platform(
    postgres_url: str,
    database: Database,
    temporal_client: Client,
    object_store: GoogleStorage,
    tmp_path: Path,
) -> Platform:
    """With a connection of its own: one takes no second worker on a queue."""
    settings = settings_for(postgres_url, work_dir=tmp_path)
    client = await Client.connect(temporal_client.service_client.config.target_host)
    return Platform(settings, database, client, object_store, Providers(settings))


@pytest.fixture
def registered(platform: Platform) -> Registered:
    found: Registered = {}
    last = [names.Queue.RECORDS]  # it also runs what runs of an older build call there
    for queue in [*(each for each in POOLS if each not in last), *last]:
        for run in POOLS[queue].activities(platform):
            name = Definition.must_from_callable(run).name
            assert name is not None
            if queue in last and name in found:
                continue
            assert name not in found, f"{name} is on two queues"
            found[name] = (queue, run)
    return found


def test_every_activity_that_has_a_name_is_run_by_a_worker(registered: Registered) -> None:
    assert set(registered) == {each.value for each in names.Activity}


def test_every_queue_has_a_pool() -> None:
    assert set(POOLS) == set(names.Queue)


@pytest.mark.parametrize("queue", POOLS)
def test_what_is_made_ready_for_children_is_there(queue: names.Queue) -> None:
    for module in POOLS[queue].children:
        assert importlib.util.find_spec(module), f"{module} is gone: children of {queue.value} start cold"


@pytest.mark.parametrize("step", (*steps.ALL, *other_steps.ALL), ids=lambda step: step.activity.value)
def test_a_step_is_called_where_it_runs_and_with_what_it_takes(
    step: steps.StepCall[Any, Any], registered: Registered, platform: Platform
) -> None:
    queue, run = registered[step.activity.value]
    assert step.queue is queue
    if step.queue_before is not None:
        before = POOLS[step.queue_before].activities(platform)
        assert step.activity.value in {Definition.must_from_callable(each).name for each in before}
    hints = get_type_hints(run)
    assert hints.pop("return") is step.gives
    assert list(hints.values()) == [step.takes]


def test_the_fakes_of_the_workflow_tests_stand_where_the_steps_do(registered: Registered) -> None:
    from tests.fakes.steps import FakeSteps

    for name, (_, run) in registered.items():
        fake = getattr(FakeSteps, name, None)
        if fake is not None:
            assert get_type_hints(fake) == get_type_hints(run), name


def test_every_sweep_is_run_on_its_own_queue(registered: Registered) -> None:
    for sweep in Sweep:
        queue, run = registered[sweep.value]
        assert queue is names.Queue.SWEEPS
        hints = get_type_hints(run)
        assert (hints.pop("return"), list(hints.values())) == (Swept, [Cursor])


@pytest.mark.parametrize("queue", list(names.Queue))
async def test_every_worker_can_be_made(queue: names.Queue, platform: Platform) -> None:
    """Also: workflows run in three pools."""
    config = make_worker(queue, platform).config()
    assert tuple(config.get("workflows", ())) == POOLS[queue].workflows
    assert bool(POOLS[queue].workflows) is (
        queue in (names.Queue.JOBS, names.Queue.SWEEPS, names.Queue.BATCHES)
    )
    assert config.get("activities")
    assert config["build_id"] == "unversioned"
    assert config["deployment_config"] is None
    assert config["graceful_shutdown_timeout"] == GRACE[queue]


async def test_an_operator_can_shorten_the_graces(platform: Platform) -> None:
    shorter = replace(platform, settings=platform.settings.model_copy(update={"worker_grace_s": 25}))
    found = {
        queue: make_worker(queue, shorter).config()["graceful_shutdown_timeout"].total_seconds()
        for queue in (names.Queue.JOBS, names.Queue.MUX)
    }
    assert found == {names.Queue.JOBS: GRACE[names.Queue.JOBS].total_seconds(), names.Queue.MUX: 25}


def test_every_workflow_is_run() -> None:
    assert {each for pool in POOLS.values() for each in pool.workflows} == set(WORKFLOWS)


async def test_a_build_id_turns_worker_versioning_on(platform: Platform) -> None:
    named = platform.settings.model_copy(update={"worker_build_id": "7"})
    config = make_worker(names.Queue.JOBS, replace(platform, settings=named)).config()
    deployment = config["deployment_config"]
    assert deployment is not None and deployment.use_worker_versioning
    assert (deployment.version.build_id, config["build_id"]) == ("7", None)
