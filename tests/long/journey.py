"""A video's way through a running stack, by the REST API and the socket alone, as the demo's people take it; and how
long its activities ran, from Temporal's own histories."""

from __future__ import annotations

import io
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from rich.console import Console
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from api.bodies.jobs import JobOut
from deploy.local.demo.client import Person
from deploy.local.demo.direct import Director
from deploy.local.demo.gates import Script
from deploy.local.demo.live import Live
from deploy.local.demo.options import Options, Platform
from deploy.local.demo.screen import Screen
from deploy.local.demo.upload import send_file
from deploy.local.seed import PEOPLE
from deploy.local.stack import Stack
from schema.enums import JobStatus, Kind, Role
from tests.long.memory import Memory, watched

EVERYTHING = {
    "captions_vtt": True,
    "audio_description_vtt": True,
    "audio_description_mp3": True,
    "accessible_video_mp4": True,
}
DRAFTS = {"captions_vtt": True, "audio_description_vtt": True}
OFTEN_S = 0.1
"""The sample's render takes a fifth of a second: whoever measures its memory looks so often."""
_CAST = (Role.CLIENT, Role.REVIEWER, Role.PROJECT_MANAGER, Role.LINGUIST)


def platform_of(stack: Stack) -> Platform:
    return Platform(stack.urls["api"], stack.urls["temporal_ui"], stack.keys.seed_password)


@asynccontextmanager
async def everybody(stack: Stack) -> AsyncIterator[Mapping[Role, Person]]:
    """The seeded people, signed in."""
    place = platform_of(stack)
    async with AsyncExitStack() as open_:
        seeded = {role: next(person for person in PEOPLE if person.role is role) for role in _CAST}
        yield {
            role: await open_.enter_async_context(Person(place.api, who.email, who.name, place.password))
            for role, who in seeded.items()
        }


async def submit(client: Person, manager: Person, video: Path, outputs: Mapping[str, Any]) -> JobOut:
    """Upload `video` in chunks and make a job of it, in English."""
    file = {"filename": video.name, "content_type": "video/mp4", "size_bytes": video.stat().st_size}
    session = await client.write("POST", "/jobs/upload/init", file)
    async with httpx.AsyncClient(timeout=60) as http:
        await send_file(http, session["upload_url"], video, lambda _: None)
    asked = {
        "gcs_uri": session["gcs_uri"],
        "filename": video.name,
        "title": video.stem,
        "source_language": "en",
        "requested_outputs": {**outputs, "languages": []},
    }
    made = await client.write("POST", "/jobs/upload/complete", asked)
    return await manager.get(f"/jobs/{made['id']}", JobOut)


class Journey:
    """One film's way to a completed job, watched."""

    def __init__(self, stack: Stack, people: Mapping[Role, Person]) -> None:
        self._stack, self._people = stack, people
        self.memory: Memory
        self.ran: list[Ran]

    async def take(self, video: Path, written: str, every_s: float = 1.0) -> UUID:
        """The job's id; `written` is what the reviewer saves over the AD draft, `every_s` how often memory is looked
        at."""
        client, paper = self._people[Role.CLIENT], io.StringIO()
        saved = Script(Kind.AUDIO_DESCRIPTION, written, "a script")
        options = Options(video, video.stem, (), (saved,), manual=False, out=video.parent, keep=False)
        screen = Screen(Console(file=paper, width=200))
        director = Director(options, platform_of(self._stack), screen, self._people)
        manager = self._people[Role.PROJECT_MANAGER]
        live = Live(self._stack.urls["api"], manager)
        await live.open()
        async with watched(self._stack, every_s) as self.memory:
            job = await director.follow(live, await submit(client, manager, video, EVERYTHING))
        assert job.status is JobStatus.COMPLETED, (job.failure, paper.getvalue())
        self.ran = await activities_of(self._stack, job.id)
        return job.id

    @property
    def shares(self) -> Mapping[str, float]:
        """Seconds that each activity ran."""
        seconds: dict[str, float] = defaultdict(float)
        for each in self.ran:
            seconds[each.name] += each.seconds
        return seconds


async def reached(live: Live, job_id: UUID, status: JobStatus) -> datetime:
    """When the job got to `status`, by its own events."""
    async with aclosing(live.changes()) as changes:
        async for change in changes:
            if change.job_id != job_id:
                continue
            assert change.status is not JobStatus.FAILED, change.data
            if change.data.get("status") == status:
                return change.at
    raise AssertionError("the socket ended")


@dataclass(frozen=True, slots=True)
class Ran:
    """One activity that came to its end, without the time that it waited for a worker."""

    name: str
    began: datetime
    ended: datetime

    @property
    def seconds(self) -> float:
        return (self.ended - self.began).total_seconds()


async def activities_of(stack: Stack, job_id: UUID) -> list[Ran]:
    """What ran for the job and its source language, in the order in which it ended."""
    client = await Client.connect(stack.env["TEMPORAL_ADDRESS"])
    ran: list[Ran] = []
    for workflow_id in (f"job-{job_id}", f"job-{job_id}-en"):
        ran += await _activities(client, workflow_id)
    return sorted(ran, key=lambda each: each.ended)


async def _activities(client: Client, workflow_id: str) -> list[Ran]:
    names: dict[int, str] = {}
    began: dict[int, datetime] = {}
    ran: list[Ran] = []
    try:
        history = await client.get_workflow_handle(workflow_id).fetch_history()
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:  # no language has begun yet
            raise
        return []
    for event in history.events:
        at = event.event_time.ToDatetime(UTC)
        if event.HasField("activity_task_scheduled_event_attributes"):
            names[event.event_id] = event.activity_task_scheduled_event_attributes.activity_type.name
        elif event.HasField("activity_task_started_event_attributes"):
            began[event.activity_task_started_event_attributes.scheduled_event_id] = at
        elif event.HasField("activity_task_completed_event_attributes"):
            number = event.activity_task_completed_event_attributes.scheduled_event_id
            ran.append(Ran(names[number], began[number], at))
    return ran
