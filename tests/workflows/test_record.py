"""`make histories` records the histories that the tests replay.

It writes those of the newest build anew, after a change that is meant to break them before it is in production. After
one behind `workflow.patched`, move what it changes to `histories/older` first: runs that began so are open.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

import pytest

from tests.workflows.platform import Platform
from tests.workflows.recorded import write_history
from tests.workflows.stories import BATCH_STORIES, STORIES, Histories
from tests.workflows.webhook_stories import WEBHOOK_STORIES


@pytest.mark.record
@pytest.mark.parametrize("story", [*BATCH_STORIES, *WEBHOOK_STORIES], ids=lambda story: story.__name__)
async def test_record_others(platform: Platform, story: Callable[[Platform], Awaitable[Histories]]) -> None:
    platform.from_the_video = True
    for name, handle in (await story(platform)).items():
        await write_history(f"{story.__name__}.{name}", handle)


@pytest.mark.record
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
async def test_record(platform: Platform, story: Callable[[Platform], Awaitable[UUID]]) -> None:
    """Writes the job's history and those of its languages."""
    platform.from_the_video = True
    job_id = await story(platform)
    state = await platform.state(job_id)
    handles = {"job": platform.job(job_id)}
    handles |= {code: platform.language(job_id, code) for code in state.languages}
    for name, handle in handles.items():
        await write_history(f"{story.__name__}.{name}", handle)
