"""Jobs in flight, and the people who take them to their ends through the API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Self
from uuid import UUID

import httpx

from api.bodies.jobs import JobOut
from deploy.local.demo import gates
from deploy.local.demo.upload import UploadFailed, send_file
from deploy.local.seed import PEOPLE
from schema.contracts.outputs import RequestedOutputs
from schema.enums import JobStatus, Role
from tests.resilience.chaos.client import Caller, Write
from tests.resilience.chaos.platform import ChaosStack
from tests.resilience.chaos.scripts import Script, kinds
from tests.resilience.chaos.sources import texts, video

_LOOK_S = 5.0
"""Without news a job is looked at this often."""
_RETRIES = 3
_LANGUAGE = "en"
News = Callable[[UUID, float], Awaitable[None]]


@dataclass(eq=False)
class Run:
    """One job: what was asked of it, what was sent about it, and how it stood when it was last looked at."""

    number: int
    script: Script
    writes: list[Write] = field(default_factory=list)
    job_id: UUID | None = None
    status: JobStatus | None = None
    seen_at: float = 0
    """The wall clock when `status` was first seen."""
    done: bool = False
    wrong: list[str] = field(default_factory=list)

    @property
    def title(self) -> str:
        return f"Case {self.number}"


class Workload:
    """`in_flight` jobs at once, one after the other until `finish`, and one of each kind at least. `runs` are all that
    were begun; `news` waits for something to be told of a job."""

    def __init__(
        self, stack: ChaosStack, seed: int, in_flight: int, patience_s: float, news: News, *, translates: bool
    ) -> None:
        self._news = news
        self._stack, self._seed, self._patience_s = stack, seed, patience_s
        self._in_flight, self._kinds = in_flight, kinds(translates=translates)
        self._files = stack.data / "videos"
        self._open = AsyncExitStack()
        self._tasks: set[asyncio.Task[None]] = set()
        self._over = asyncio.Event()
        self._people: dict[Role, Caller] = {}
        self.runs: list[Run] = []

    async def __aenter__(self) -> Self:
        self._files.mkdir()
        for who in PEOPLE:
            password = self._stack.keys.seed_password
            caller = Caller(self._stack.urls["api"], who.email, password, self._patience_s)
            self._people[who.role] = await self._open.enter_async_context(caller)
        for _ in range(self._in_flight):
            self._tasks.add(asyncio.create_task(self._one_after_the_other()))
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._open.aclose()

    async def begun(self) -> None:
        """Returns when the first jobs are at work."""
        async with asyncio.timeout(self._patience_s):
            while not self.at_work():
                await asyncio.sleep(0.1)

    async def finish(self) -> None:
        """No new jobs; returns when those that have begun are where they end, or nothing came of them for long."""
        self._over.set()
        await asyncio.gather(*self._tasks)

    def at_work(self) -> dict[JobStatus, int]:
        """How many jobs stood where, when they were last looked at."""
        standing = [run.status for run in self.runs if not run.done and run.status]
        return {status: standing.count(status) for status in set(standing)}

    async def _one_after_the_other(self) -> None:
        while not self._over.is_set() or len(self.runs) < len(self._kinds):
            number = len(self.runs)
            chance = Random(f"{self._seed}/{number}")
            kind = self._kinds[number] if number < len(self._kinds) else chance.choice(self._kinds)
            run = Run(number, kind(chance))
            self.runs.append(run)
            try:
                if await self._submit(run, chance):
                    await self._follow(run, chance)
            except Exception as error:  # told with the job, and the others go on
                run.wrong.append(f"its people were stopped by {error!r}, seen {run.status}")
            run.done = True

    async def _submit(self, run: Run, chance: Random) -> bool:
        """Whether there is a job now."""
        path = self._files / f"{run.number}.mp4"
        await asyncio.to_thread(video, path, run.title)
        outputs = RequestedOutputs(
            audio_description_mp3=True, accessible_video_mp4=True, languages=run.script.languages
        )
        about: dict[str, Any] = {"title": run.title, "source_language": _LANGUAGE}
        if run.script.brings:
            about |= texts(run.title)
        small = chance.random() < 0.7
        made = await (self._small if small else self._resumable)(run, path, about, outputs, chance)
        path.unlink()
        if not made.accepted:
            run.wrong.append(f"could not be submitted: {made} {made.body}")
            return False
        run.job_id = UUID(made.body["id"])
        return True

    async def _small(
        self, run: Run, path: Path, about: dict[str, Any], outputs: RequestedOutputs, chance: Random
    ) -> Write:
        write = Write("client", "POST", "/jobs", "created")
        run.writes.append(write)
        form = {**about, "requested_outputs": outputs.model_dump_json()}
        file = {"file": (path.name, path.read_bytes(), "video/mp4")}
        return await self._people[Role.CLIENT].send(write, chance, data=form, files=file)

    async def _resumable(
        self, run: Run, path: Path, about: dict[str, Any], outputs: RequestedOutputs, chance: Random
    ) -> Write:
        client = self._people[Role.CLIENT]
        announced = {"filename": path.name, "content_type": "video/mp4", "size_bytes": path.stat().st_size}
        init = await client.send(Write("client", "POST", "/jobs/upload/init", ""), chance, json=announced)
        if not init.accepted:
            return init
        until = time.monotonic() + self._patience_s
        async with httpx.AsyncClient(timeout=30) as http:
            while True:
                try:
                    await send_file(http, init.body["upload_url"], path, lambda _: None)
                    break
                except UploadFailed:  # cut too often in a row, as by an outage: begin the file anew
                    if time.monotonic() > until:
                        raise
        write = Write("client", "POST", "/jobs/upload/complete", "created")
        run.writes.append(write)
        asked = {**about, "gcs_uri": init.body["gcs_uri"], "filename": path.name}
        return await client.send(
            write, chance, json={**asked, "requested_outputs": outputs.model_dump(mode="json")}
        )

    async def _follow(self, run: Run, chance: Random) -> None:
        """Decides what is to be decided, until the job is where its script ends."""
        assert run.job_id
        cast = gates.Cast(self._people[Role.LINGUIST].id, self._people[Role.REVIEWER].id)
        left, changed = list(run.script.detours), (time.monotonic(), "")
        while True:
            seen = await self._people[Role.ADMIN].get(f"/jobs/{run.job_id}", JobOut)
            if seen is None:  # deleted
                return
            self._see(run, seen)
            if run.status is run.script.ends and not left:
                return
            turns = self._turns(seen, left, cast)
            if seen.status is JobStatus.FAILED:
                if len(run.wrong) > _RETRIES:
                    return
                turns = [*turns, await self._failed(run, seen)]
            for turn in turns:
                await self._take(run, turn, chance)
            now = time.monotonic()
            look = seen.model_dump_json(exclude={"updated_at"})
            if look != changed[1]:
                changed = now, look
            elif now - changed[0] > self._patience_s:
                run.wrong.append(f"nothing came of it for {now - changed[0]:.0f} s: {look}")
                return
            if not turns:
                await self._news(run.job_id, _LOOK_S)

    def _see(self, run: Run, job: JobOut) -> None:
        if run.status is not job.status:
            run.status, run.seen_at = job.status, time.time()

    def _turns(self, job: JobOut, left: list[Any], cast: gates.Cast) -> list[gates.Turn]:
        if left and left[0].when(job):
            return [left.pop(0).turn(job)]
        return gates.turns(job, cast)

    async def _failed(self, run: Run, job: JobOut) -> gates.Turn:
        """No job fails for what happens here. A person retries it all the same, so that the rest is looked at too."""
        failures = [each.failure for each in job.languages.values() if each.failure] or [job.failure]
        run.wrong.append(f"failed: {failures}")
        return gates.Turn(Role.PROJECT_MANAGER, "retries", "", "POST", f"/jobs/{job.id}/retry", {})

    async def _take(self, run: Run, turn: gates.Turn, chance: Random) -> None:
        """What is found is overridden once: what is refused again is wrong."""
        write = await self._send(run, turn, chance)
        if write.status == 409 and write.body.get("findings"):
            write = await self._send(run, gates.override(turn, write.body["findings"]), chance)
        if not write.accepted:
            run.wrong.append(f"refused: {write} {write.body}")

    async def _send(self, run: Run, turn: gates.Turn, chance: Random) -> Write:
        write = _write_of(turn, run.status)
        run.writes.append(write)
        return await self._people[turn.who].send(write, chance, json=turn.body, params=turn.query)


def _write_of(turn: gates.Turn, status: JobStatus | None) -> Write:
    """Named as the job's log names it."""
    parts = turn.path.strip("/").split("/")
    event = parts[-1].replace("-", "_")
    language = parts[4] if parts[0] == "language-qc" else None
    if turn.method == "DELETE":
        event = "deleted"
    elif turn.method == "PATCH":
        event, language = ("text_saved", _LANGUAGE) if event == "vtt" else ("change_outputs", None)
    elif event == "reopen" and status is JobStatus.COMPLETED:
        event, language = "reopen_language", None
    return Write(turn.who.value, turn.method, turn.path, event, language)
