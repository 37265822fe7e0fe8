"""Follows a job through the socket, and acts for the people at the gates, or tells a person what to call."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing, suppress
from uuid import UUID

from api.bodies.jobs import JobOut
from deploy.local.demo import gates, words
from deploy.local.demo.board import Board
from deploy.local.demo.client import Person, Refused
from deploy.local.demo.gates import Cast, Outlook, Turn
from deploy.local.demo.live import Live
from deploy.local.demo.options import Options, Platform
from deploy.local.demo.result import folder_for
from deploy.local.demo.screen import Screen
from deploy.local.demo.timeline import Timeline
from schema.contracts.steps import Failure
from schema.enums import JobStatus, Role

_LOOK_S = 10.0
"""How often the job is read without events."""
_SETTLE_S = 3.0
"""How late the last event may arrive after the response that it belongs to."""


class Director:
    """When `follow` returns, `timeline` holds the events."""

    def __init__(
        self, options: Options, platform: Platform, screen: Screen, people: Mapping[Role, Person]
    ) -> None:
        self._options, self._platform, self._screen = options, platform, screen
        self._people = people
        self._scripts = list(options.scripts)
        self._announced: set[tuple[str, str, str]] = set()
        """The turns that were announced to a person and not taken yet."""
        self._explained: Failure | None = None
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        """Whether the socket has reported that the job is completed."""
        self.timeline = Timeline()

    async def follow(self, live: Live, job: JobOut) -> JobOut:
        """Returns the job when it is finished, or stuck."""
        board = Board(job.source_language, job.requested_outputs.targets(job.source_language))
        reader = asyncio.create_task(self._read(live, job.id, board))
        try:
            with self._screen.watching(board):
                job = await self._direct(job.id, board, reader)
            if job.status is JobStatus.COMPLETED:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), _SETTLE_S)
        finally:
            reader.cancel()
            with suppress(asyncio.CancelledError):
                await reader
        return job

    async def _read(self, live: Live, job_id: UUID, board: Board) -> None:
        async with aclosing(live.changes()) as changes:
            async for change in changes:
                if change.job_id != job_id:
                    continue
                self.timeline.hear(change)
                board.hear(change)
                self._screen.refresh(board)
                if change.data.get("status") == JobStatus.COMPLETED:
                    self._over.set()
                if change.event != "progress":
                    self._changed.set()

    async def _direct(self, job_id: UUID, board: Board, reader: asyncio.Task[None]) -> JobOut:
        """Looks at the job after every change."""
        cast = Cast(self._people[Role.LINGUIST].id, self._people[Role.REVIEWER].id)
        while True:
            self._changed.clear()
            job = await self._people[Role.PROJECT_MANAGER].get(f"/jobs/{job_id}", JobOut)
            board.see(job)
            self._screen.refresh(board)
            outlook = gates.outlook(job)
            if outlook is not Outlook.STUCK:
                self._explained = None
            if outlook is Outlook.STUCK and self._options.manual:
                self._explain_once(job)
            elif outlook is not Outlook.GOING:
                return job
            if not await self._take(gates.turns(job, cast, self._scripts)):
                await self._wait(reader)

    async def _wait(self, reader: asyncio.Task[None]) -> None:
        """Waits until something changed. Raises if the socket was lost."""
        news = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({news, reader}, timeout=_LOOK_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            news.cancel()
        if reader.done():
            await reader

    async def _take(self, due: list[Turn]) -> bool:
        """Takes the turns that are due. Returns whether anything was done."""
        if self._options.manual:
            for turn in due:
                if turn.key not in self._announced:
                    self._announce(turn)
            self._announced = {turn.key for turn in due}  # a gate that opens again is announced again
            return False
        for turn in due:
            await self._act(turn)
        return bool(due)

    async def _act(self, turn: Turn) -> None:
        person = self._people[turn.who]
        self._screen.say(f"{self._named(turn)} {turn.does}")
        self._screen.aside(f"because {turn.why}")
        try:
            await person.write(turn.method, turn.path, turn.body, turn.query)
        except Refused as refused:
            if refused.status != 409 or not refused.body.get("findings"):
                raise
            await self._override(turn, refused)
        if self._scripts and turn.method == "PATCH":
            self._scripts.pop(0)

    async def _override(self, turn: Turn, refused: Refused) -> None:
        findings = [str(each) for each in refused.body.get("findings", ())]
        self._screen.say(f"Refused: {refused.detail}")
        for finding in findings:
            self._screen.aside(f"- {finding}")
        self._screen.say(
            f"{self._named(turn)} approves it all the same, with a reason that names them and is kept: "
            "it is a machine's draft that no person has mended."
        )
        await self._people[turn.who].write(turn.method, turn.path, gates.override(turn, findings).body)

    def _named(self, turn: Turn) -> str:
        return f"{self._people[turn.who].name} ({turn.who.value.replace('_', ' ')})"

    def _announce(self, turn: Turn) -> None:
        """Prints what a person can call now."""
        person = self._people[turn.who]
        self._screen.head(f"Waiting for {self._named(turn)}, who {turn.does}")
        self._screen.aside(f"because {turn.why}")
        body_file = self._body_file(turn) if words.is_long(turn) else None
        self._screen.say(f"  {words.curl(turn, self._platform.api, person.token, body_file)}")
        self._screen.aside(
            "the token lives 15 minutes; another one: "
            + words.sign_in(self._platform.api, person.email, self._platform.password)
        )

    def _body_file(self, turn: Turn) -> str:
        folder = folder_for(self._options.out, self._options.title)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "request.json"
        path.write_text(json.dumps(turn.body))
        return str(path)

    def _explain_once(self, job: JobOut) -> None:
        if job.failure != self._explained:
            self._explained = job.failure
            self.explain(job)

    def explain(self, job: JobOut) -> None:
        """Explains why a job is not completed, and what to do about it."""
        if job.status is not JobStatus.FAILED:
            self._screen.wrong(f"The job is {job.status.value}: {job.reason or 'no reason was given'}")
            return
        manager = self._people[Role.PROJECT_MANAGER]
        failures = [*(each.failure for each in job.languages.values()), job.failure]
        for failure in {failure.language: failure for failure in failures if failure}.values():
            where = f" of {failure.language}" if failure.language else ""
            self._screen.wrong(f"The {failure.step} step{where} failed: {failure.reason}")
            for line in words.how_to_retry(
                self._platform.api, self._platform.temporal_ui, job.id, manager.token, failure
            ):
                self._screen.say(f"  {line}")
        self._screen.aside(
            "another token: " + words.sign_in(self._platform.api, manager.email, self._platform.password)
        )
