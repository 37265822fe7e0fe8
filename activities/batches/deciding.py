"""One piece of a batch: the decision about each of its jobs, in parallel, in the name of the batch's owner.

Each has the id `batch-{batch}/{job}`: it is taken once, however often the piece is run and whichever process dies on
the way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import DBAPIError
from temporalio import activity
from temporalio.client import Client
from temporalio.service import RPCError

from activities.batches.beat import beating
from activities.batches.decisions import decision_of
from activities.batches.ledger import Ledger, OutcomeOf
from activities.batches.looking import Seen, decision_id_of, look, looked_at_again
from activities.batches.window import Window
from schema.contracts.batches import BatchAsked, DecideItems, ItemsDecided
from schema.contracts.job import Decided, JobDecision, JobState
from schema.contracts.providers import ProviderCatalog
from schema.contracts.steps import JobRef
from schema.db import Database
from schema.enums import BatchAction, BatchStatus, JobAction, Outcome
from schema.errors import Conflict, Invalid, PlatformError, Unavailable
from schema.permissions import OF_BATCH, Permission, Principal, forbidden
from schema.queries import batch_items, batches, jobs, languages, retention
from schema.queries.deleting import hide
from schema.tables import Batch, Job
from schema.transitions import JOB, OPEN

_AT_ONCE = 10
"""Half a piece, so that no job waits alone at its end."""
_LIMIT_S = 60.0
"""How long one job may take to answer. Nobody waits, and asking again costs more."""
_NOT_SEEN = "There is no such job among those that you see."
_NOBODY = "Whoever asked for this may not sign in any more."
_NOT_IN_FILTER = "It is not in the filter any more: it has changed since it was chosen."
_UNEXPECTED = "It failed unexpectedly: see the worker's log."
_AWAY = "It did not answer in time, however often it was asked. Try again later."

_log = logging.getLogger(__name__)


class DecideJob(Protocol):
    """`workflows.updates.decide_job`, which activities do not import."""

    def __call__(
        self,
        client: Client,
        job: JobRef,
        decision: JobDecision,
        current: Callable[[], Awaitable[tuple[JobState, str]]],
        limit_s: float,
        *,
        repeated: bool,
        run_id: str | None,
    ) -> Awaitable[Decided]: ...


class DecidingActivities:
    """`catalog` is used when outputs are changed, so that impossible outputs are refused at once, and for the current
    drafting models of a filter."""

    def __init__(
        self,
        database: Database,
        client: Client,
        decide: DecideJob,
        catalog: Callable[[], ProviderCatalog],
        window: Window = Window(),
        limit_s: float = _LIMIT_S,
    ) -> None:
        self._database = database
        self._client = client
        self._decide = decide
        self._catalog = catalog
        self._window = window
        self._limit_s = limit_s

    @activity.defn(name="decide_items")
    async def decide_items(self, inputs: DecideItems) -> ItemsDecided:
        async with self._database.begin() as session:
            batch = await batches.load(session, inputs.batch_id)
            if batch is None:
                raise Invalid("There is no such batch any more.")
            who = await batches.owner(session, batch)
            waiting = await batch_items.waiting(session, batch.id, inputs.first, inputs.last)
            left = waiting[: await self._window.room(session, batch)]
            seen = await look(session, batch, who, left, lambda: self._catalog().engines)
        slots = asyncio.Semaphore(_AT_ONCE)
        ledger = Ledger(self._database, batch.id)
        repeated = inputs.again or activity.info().attempt > 1

        async def settle(job_id: UUID) -> bool:
            async with slots:
                job = seen.get(job_id)
                found = await self._outcome(batch, who, job_id, job, repeated, give_up=inputs.give_up)
            if found is None:
                return False
            await ledger.put(job_id, found)
            return True

        async with beating():
            settled = await asyncio.gather(*(settle(job_id) for job_id in left))
        if len(left) < len(waiting) and batch.status is not BatchStatus.CANCELLED:
            raise self._window.closed(batch, len(waiting) - len(left))
        async with self._database.begin() as session:
            counts, reasons = await batch_items.tally(session, batch.id, inputs.first, inputs.last)
        return ItemsDecided(counts=counts, reasons=reasons, waiting=settled.count(False))

    async def _outcome(
        self,
        batch: Batch,
        who: Principal | None,
        job_id: UUID,
        seen: Seen | None,
        repeated: bool,
        *,
        give_up: bool,
    ) -> OutcomeOf | None:
        """The outcome for the job, and the reason; None if it did not answer now."""
        if who is None:
            return Outcome.REFUSED, _NOBODY
        if seen is None:
            return Outcome.NOT_FOUND, _NOT_SEEN
        try:
            return await self._one(batch, who, job_id, seen, repeated)
        except Unavailable:
            return (Outcome.FAILED, _AWAY) if give_up else None
        except PlatformError as refused:
            return Outcome.REFUSED, refused.message
        except (DBAPIError, RPCError, OSError):
            raise  # not about a single job: the piece is retried until it succeeds
        except Exception:
            _log.exception("the batch %s could not decide about job %s", batch.id, job_id)
            return (Outcome.FAILED, _UNEXPECTED) if give_up else None

    async def _one(self, batch: Batch, who: Principal, job_id: UUID, seen: Seen, repeated: bool) -> OutcomeOf:
        deletes = batch.action is BatchAction.DELETE
        decision_id = decision_id_of(batch, job_id)
        work = BatchAsked.kept(batch.asked).work
        if work.outputs is not None:
            seen = await looked_at_again(self._database, batch, seen)
        job = seen.job
        _check_may(who, job, batch.action)
        if seen.decided and not deletes:
            return Outcome.DONE, None
        if deletes and job.deleted_at is not None:
            return await self._was_deleted(batch, job_id, decision_id)
        if not seen.in_filter and not seen.decided:
            raise Conflict(_NOT_IN_FILTER)
        if not deletes or job.status in OPEN:
            state = jobs.job_state(job, seen.rows)
            made = decision_of(work, state, jobs.job_ref(job), self._catalog)
            decision = made.model_copy(
                update={
                    "actor": who.actor(job.org_id),
                    "id": decision_id,
                    "address": batch.address,
                    "batch_id": batch.id,
                    "revision": job.revision if JOB[made.action].stands_still else None,
                }
            )
            await self._send(job, decision, repeated)
        if deletes and not await self._hide(batch, who, job_id, decision_id):
            return await self._was_deleted(batch, job_id, decision_id)
        return Outcome.DONE, None

    async def _send(self, job: Job, decision: JobDecision, repeated: bool) -> None:
        async def current() -> tuple[JobState, str]:
            async with self._database.begin() as session:
                fresh = await jobs.load(session, job.id) or job
                rows = await languages.of_job(session, job.id)
            if fresh.deleted_at is not None:
                raise Conflict("It was deleted just now.")
            if over := retention.why_over(fresh):
                raise Conflict(over)
            if fresh.status not in JOB[decision.action].sources:
                raise Conflict(f"A job that is {fresh.status} does not allow {decision.action}.")
            return jobs.job_state(fresh, rows), fresh.title

        try:
            await self._decide(
                self._client,
                jobs.job_ref(job),
                decision,
                current,
                self._limit_s,
                repeated=repeated,
                run_id=job.run_id if job.status in OPEN else None,
            )
        except Conflict:
            async with self._database.begin() as session:
                fresh = await jobs.load(session, job.id)
            ended = fresh is not None and fresh.status not in OPEN
            if decision.action is JobAction.CANCEL and ended:
                return  # it has just ended
            raise

    async def _was_deleted(self, batch: Batch, job_id: UUID, request_id: str) -> OutcomeOf:
        async with self._database.begin() as session:
            done = await batch_items.was_hidden(session, request_id, job_id)
        return (Outcome.DONE, None) if done else (Outcome.NOT_FOUND, _NOT_SEEN)

    async def _hide(self, batch: Batch, who: Principal, job_id: UUID, request_id: str) -> bool:
        """Hides a job. Returns whether it was not hidden yet."""
        async with self._database.begin() as session:
            fresh = await jobs.load(session, job_id, lock=True)
            return fresh is not None and await hide(
                session,
                fresh,
                actor_id=who.actor(fresh.org_id).user_id,
                request_id=request_id,
                address=batch.address,
            )


def _check_may(who: Principal, job: Job, action: BatchAction) -> None:
    """Raises:
    Forbidden: the owner sees it, but may not do this.
    """
    permission = OF_BATCH[action]
    own = permission is Permission.CHANGE_JOB and job.creator_id == who.user_id
    if not own and not who.may(permission, job.org_id):
        raise forbidden(permission)
