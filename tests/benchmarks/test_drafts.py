"""From the first byte uploaded to both drafts, against the longer of what must be done for them.

Everything else (the upload, probe, the workflow's turns, the database) is what the platform adds to that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

from deploy.local.demo.live import Live
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from schema.enums import JobStatus, Role
from tests.benchmarks.conftest import Compare
from tests.long.films import SAMPLE_FILM
from tests.long.journey import DRAFTS, activities_of, everybody, reached, submit
from tests.stack import data_folder

pytestmark = pytest.mark.bench
AIM = 1.1


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[Stack]:
    with data_folder("bench") as folder:
        async with Stack(folder / "data", ports=Ports.free(), say=lambda _: None) as running:
            yield running


async def test_upload_to_both_drafts(stack: Stack, ratio: Compare) -> None:
    async with everybody(stack) as people:
        live = Live(stack.urls["api"], people[Role.CLIENT])
        await live.open()
        began = datetime.now(UTC)
        job = await submit(people[Role.CLIENT], SAMPLE_FILM, DRAFTS)
        ended = await reached(live, job.id, JobStatus.PENDING_QC)
    ran = {each.name: each for each in await activities_of(stack, job.id)}
    describe_s = ran["watch_scenes"].seconds + ran["place_descriptions"].seconds
    longer_s = max(ran["transcribe_speech"].seconds, describe_s)
    for each in ran.values():
        offset = (each.began - began).total_seconds()
        print(f"  {each.name:24} from {offset:6.2f} s, for {each.seconds:6.2f} s")
    ratio("upload to both drafts", (ended - began).total_seconds(), longer_s, at_most=AIM)
