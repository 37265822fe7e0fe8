"""Restarts jobs and languages that should have a workflow and have none."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from uuid import UUID

from temporalio import activity
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.service import RPCError, RPCStatusCode

from activities.mail.starting import StartMail
from activities.maintenance.items import Round
from activities.webhooks.starting import WakeWebhook
from schema.contracts.batches import BatchInput
from schema.contracts.job import JobState
from schema.contracts.language import LanguageState
from schema.contracts.steps import JobRef
from schema.contracts.sweeps import Cursor, LastJob, Swept
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, MailKind
from schema.queries import batch_items, batches, jobs, languages, mails, sweeps, vectors, webhooks
from schema.tables import Batch, Webhook, now
from schema.transitions import CLOSED

StartJob = Callable[[Client, JobRef, JobState, str], Awaitable[bool]]
StartGlossary = Callable[[Client, UUID, int, str], Awaitable[None]]
StartBatch = Callable[[Client, BatchInput], Awaitable[bool]]
StartLanguage = Callable[[Client, JobRef, JobState, LanguageState, str], Awaitable[bool]]

_NEW = 100
"""How many unstarted jobs are started in parallel."""
_PAGE = 200
"""How many open jobs one sweep checks, with their languages: 10,000 of them take a quarter of an hour."""
_NAMES = 200
"""How many workflows one query asks for."""
_QUIET = timedelta(minutes=1)
"""A row this new belongs to a running workflow, or to one that is being started."""
_SILENT = timedelta(minutes=10)
"""A job that has been silent for this long is restarted."""
_QUERY = timedelta(seconds=5)
_ENDED = {
    WorkflowExecutionStatus.TERMINATED,
    WorkflowExecutionStatus.CANCELED,
    WorkflowExecutionStatus.FAILED,
    WorkflowExecutionStatus.TIMED_OUT,
    WorkflowExecutionStatus.COMPLETED,
}
_BY_HAND = {WorkflowExecutionStatus.TERMINATED, WorkflowExecutionStatus.CANCELED}
logger = logging.getLogger(__name__)


class OrphanActivities:
    """Each `start_…` starts a workflow if none is open, and returns whether it did."""

    def __init__(
        self,
        database: Database,
        client: Client,
        start_job: StartJob,
        start_language: StartLanguage,
        start_mail: StartMail,
        start_glossary: StartGlossary,
        start_batch: StartBatch,
        wake_webhook: WakeWebhook,
    ) -> None:
        self._database = database
        self._client = client
        self._start_job = start_job
        self._start_language = start_language
        self._start_mail = start_mail
        self._start_glossary = start_glossary
        self._start_batch = start_batch
        self._wake_webhook = wake_webhook

    @activity.defn(name="start_orphans")
    async def start_orphans(self, cursor: Cursor = Cursor()) -> Swept:
        """Starts the workflow of every job that has none: those whose row was committed and whose start was lost, since
        the row is the outbox; and one page of the open ones, with their languages. These continue from the row if
        Temporal has lost them, or somebody has closed a language by hand. Mails, glossary versions, batches and
        webhooks are started in the same way."""
        done = Round()
        async with self._database.begin() as session:
            new = [job.id for job in await sweeps.never_started(session, limit=_NEW)]
            unsent = {
                each.id: each.kind for each in await mails.waiting(session, older_than=_QUIET, limit=_NEW)
            }
            asked = [batches.to_start(each) for each in await batches.never_started(session, limit=_NEW)]
        await done.each(new, str, self._start)
        await done.each([*unsent], str, lambda mail: self._send(mail, unsent[mail]))
        await self._embed(done)
        await done.each(asked, lambda each: f"batch {each.batch_id}", self._begin_batch)
        await self._look_at_batches(done)
        await self._wake_webhooks(done)
        page = await self._page(cursor.after)
        await self._look(done, page)
        return done.ended(Cursor(after=page[-1] if len(page) == _PAGE else None))

    async def _wake_webhooks(self, done: Round) -> None:
        """Wakes webhooks that are behind. The workflow of one may be resting without having been woken."""
        async with self._database.begin() as session:
            behind = await webhooks.behind(session, overdue=_QUIET, limit=_NEW)
        await done.each(behind, lambda each: f"webhook {each.id}", self._wake)

    async def _wake(self, webhook: Webhook) -> bool:
        await self._wake_webhook(self._client, webhook.id, webhook.org_id, webhook.name)
        return True

    async def _embed(self, done: Round) -> None:
        """Starts glossary versions whose workflow is gone, or was never started."""
        async with self._database.begin() as session:
            waiting = await vectors.unfinished(session, older_than=_QUIET, limit=_NEW)
        named = {f"glossary-{version[0]}": version for version in waiting}
        lost = await self._not_running([*named])

        async def start(name: str) -> bool:
            if not await self._is(name, _ENDED | {None}):
                return False
            await self._start_glossary(self._client, *named[name])
            return True

        await done.each(lost, str, start)

    async def _look_at_batches(self, done: Round) -> None:
        """Checks batches and downloads that have started and not ended. If Temporal has lost the workflow, it is
        started again and processes only jobs without an outcome. If staff have ended it, the batch is over."""
        async with self._database.begin() as session:
            open_ = await batches.unfinished(session, older_than=_QUIET, limit=_NEW)
        named = {
            f"{'download' if each.action is BatchAction.DOWNLOAD else 'batch'}-{each.id}": each
            for each in open_
        }
        lost = await self._not_running([*named])
        done.add(looked_at=len(named) - len(lost))
        await done.each(lost, str, lambda name: self._see_to_batch(name, named[name]))

    async def _see_to_batch(self, name: str, batch: Batch) -> bool:
        if batch.status is not BatchStatus.CANCELLED and await self._is(name, {None}):
            return await self._begin_batch(batches.to_start(batch))
        if not await self._is(name, _ENDED | {None}):
            return False
        cancelled = batch.status is BatchStatus.CANCELLED or await self._is(name, _BY_HAND)
        async with self._database.begin() as session:
            status = BatchStatus.CANCELLED if cancelled else BatchStatus.FAILED
            if not await batches.bury(session, batch.id, status):
                return False
            await batch_items.settle_rest(session, batch.id, cancelled=cancelled)
        logger.warning("the row of %s says that it is over: its workflow was ended in Temporal", name)
        return True

    async def _send(self, mail_id: UUID, kind: MailKind) -> bool:
        """Sends a mail, unless somebody has ended its workflow in Temporal; then it is dropped, so that it is not
        checked forever."""
        if await self._start_mail(self._client, mail_id, kind):
            return True
        if await self._is(f"mail-{mail_id}", _ENDED):
            logger.warning("mail %s is dropped: its workflow was ended in Temporal", mail_id)
            async with self._database.begin() as session:
                await mails.end(session, mail_id, sent=False, at=now())
        return False

    async def _page(self, after: LastJob | None) -> list[LastJob]:
        before = activity.info().scheduled_time - _QUIET
        async with self._database.begin() as session:
            return await sweeps.silent(session, after, before, limit=_PAGE)

    async def _look(self, done: Round, page: list[LastJob]) -> None:
        async with self._database.begin() as session:
            at_work = await sweeps.languages_at_work(session, [each.id for each in page])
        silent_since = activity.info().scheduled_time - _SILENT
        silent = {f"job-{each.id}": each.id for each in page if each.at < silent_since}
        working = {f"job-{job_id}-{code}": (job_id, code) for job_id, code in at_work}
        lost = await self._not_running([*silent, *working])
        done.add(looked_at=len(silent) + len(working) - len(lost))
        await done.each([each for each in lost if each in silent], str, lambda n: self._start(silent[n], n))
        await done.each(
            [each for each in lost if each in working], str, lambda n: self._begin(*working[n], n)
        )

    async def _not_running(self, names: list[str]) -> list[str]:
        """Those that are not in the list of running workflows, which may lag a little."""
        running: set[str] = set()
        for start in range(0, len(names), _NAMES):
            activity.heartbeat()
            some = ", ".join(f"'{name}'" for name in names[start : start + _NAMES])
            query = f"ExecutionStatus = 'Running' AND WorkflowId IN ({some})"
            async for execution in self._client.list_workflows(query, page_size=_NAMES):
                running.add(execution.id)
        return [name for name in names if name not in running]

    async def _is(self, name: str, statuses: Collection[WorkflowExecutionStatus | None]) -> bool:
        """Whether the newest run of the workflow has one of `statuses`. None stands for no run at all."""
        try:
            described = await self._client.get_workflow_handle(name).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None in statuses
            raise
        return described.status in statuses

    async def _start(self, job_id: UUID, lost: str | None = None) -> bool:
        """Starts it from the row. A terminated one is left to the repair sweep, and to a person."""
        if lost is not None and not await self._is(lost, {None}):
            return False
        async with self._database.begin() as session:
            job = await jobs.load(session, job_id)
            if job is None or job.status in CLOSED or job.deleted_at is not None:
                return False
            state = jobs.job_state(job, await languages.of_job(session, job_id))
        started = await self._start_job(self._client, jobs.job_ref(job), state, job.title)
        async with self._database.begin() as session:
            await jobs.mark_started(session, job_id)
        return started

    async def _begin_batch(self, start: BatchInput) -> bool:
        started = await self._start_batch(self._client, start)
        async with self._database.begin() as session:
            await batches.mark_started(session, start.batch_id)
        return started

    async def _begin(self, job_id: UUID, code: str, lost: str) -> bool:
        """Starts the language's workflow as its job last began it."""
        if not await self._is(lost, {None, WorkflowExecutionStatus.COMPLETED}):
            return False
        async with self._database.begin() as session:
            job = await jobs.load(session, job_id)
            row = await languages.one(session, job_id, code)
            rows = await languages.of_job(session, job_id)
        if job is None or row is None or row.stage in sweeps.NOTHING_LOST:
            return False
        state = await self._known(job_id) or jobs.job_state(job, rows)
        known = state.languages.get(code)
        if known is None or known.stage in sweeps.NOTHING_LOST or not state.in_languages:
            return False
        own = LanguageState.model_validate(row.state) if row.state is not None else known
        language = own if own.begun >= known.begun else known
        return await self._start_language(self._client, jobs.job_ref(job), state, language, job.title)

    async def _known(self, job_id: UUID) -> JobState | None:
        """What the job's workflow knows, even if it has ended without its row showing it; None if there is no such
        workflow."""
        try:
            handle = self._client.get_workflow_handle(f"job-{job_id}")
            known: JobState = await handle.query("state", result_type=JobState, rpc_timeout=_QUERY)
            return known
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return None
            raise
