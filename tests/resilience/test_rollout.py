"""The platform with worker versioning: a build that is rolled out takes work, and so does the next one."""

from __future__ import annotations

import asyncio

import pytest
from temporalio.client import Client

from deploy.local.ports import Ports
from deploy.local.stack import PARTS, Stack
from tests.stack import data_folder
from workflows.schedules import SCHEDULES


@pytest.mark.timeout(300)
async def test_each_build_that_is_rolled_out_sweeps() -> None:
    """Without an API: every pool runs, the schedules are there, and what they start ends."""
    with data_folder("rollout") as folder:
        done = 0
        for build in ("1", "2"):
            settings = {"WORKER_BUILD_ID": build}
            async with Stack(
                folder / "data",
                ports=Ports.free(),
                parts=PARTS - {"api"},
                settings=settings,
                durable=False,
                say=lambda _: None,
            ) as stack:
                client = await Client.connect(stack.env["TEMPORAL_ADDRESS"])
                done = await swept(client, more_than=done)
                assert {each.id async for each in await client.list_schedules()} == set(SCHEDULES.values())


async def swept(client: Client, more_than: int) -> int:
    """How many sweeps have ended, once they are more."""
    query = "WorkflowType = 'SweepWorkflow' AND ExecutionStatus = 'Completed'"
    async with asyncio.timeout(120):
        while (count := (await client.count_workflows(query)).count) <= more_than:
            await asyncio.sleep(0.5)
    return count
