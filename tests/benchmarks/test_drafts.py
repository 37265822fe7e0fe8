"""From the first byte uploaded to both drafts, against the longer of what must be done for them, and from the last byte on
against the film's length: of the first film, for which the models are loaded, and of another after it.

Everything else (the upload, probe, the workflow's turns, the database) is what the platform adds to that.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import av
import pytest
import pytest_asyncio

from deploy.local.demo.live import Live
from deploy.local.ports import Ports
from deploy.local.stack import Stack
from schema.enums import JobStatus, Role
from tests.activities.contract.adapters import installed_weights
from tests.benchmarks.conftest import Compare
from tests.long.films import SAMPLE_FILM
from tests.long.journey import DRAFTS, activities_of, everybody, reached, submit
from tests.stack import data_folder

pytestmark = pytest.mark.bench
AIM = 1.1


@pytest_asyncio.fixture(loop_scope="session")
async def stack() -> AsyncIterator[Stack]:
    with data_folder("bench") as folder:
        models = {"WEIGHTS": str(installed_weights())}
        async with Stack(folder / "data", ports=Ports.free(), settings=models, say=lambda _: None) as running:
            yield running


async def test_upload_to_both_drafts(stack: Stack, ratio: Compare) -> None:
    with av.open(str(SAMPLE_FILM)) as film:
        assert film.duration is not None
        length_s = film.duration / av.time_base
    async with everybody(stack) as people:
        live = Live(stack.urls["api"], people[Role.CLIENT])
        await live.open()
        for name in ("the first", "another"):
            began = datetime.now(UTC)
            job = await submit(people[Role.CLIENT], people[Role.PROJECT_MANAGER], SAMPLE_FILM, DRAFTS)
            uploaded = datetime.now(UTC)
            ended = await reached(live, job.id, JobStatus.PENDING_QC)
            ran = {each.name: each for each in await activities_of(stack, job.id)}
            describe_s = ran["watch_scenes"].seconds + ran["place_descriptions"].seconds
            longer_s = max(ran["transcribe_speech"].seconds, describe_s)
            for each in ran.values():
                offset = (each.began - began).total_seconds()
                print(f"  {each.name:24} from {offset:6.2f} s, for {each.seconds:6.2f} s")
            spent_s = (ended - began).total_seconds()
            ratio(f"upload to both drafts, {name}", spent_s, longer_s, at_most=AIM)
            drafts_s = (ended - uploaded).total_seconds()
            ratio(f"last byte to both drafts, {name}, to its length", drafts_s, length_s, at_most=0.12)
            heard_s = ran["transcribe_speech"].seconds
            ratio(f"transcribe, {name}, to its length", heard_s, length_s, at_most=0.08)
