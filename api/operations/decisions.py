"""Sends a person's decision as an update to the workflow that owns the state.

The transition table refuses early what the row already shows to be impossible; the workflow's validator and handler
have the last word. When a decision is answered, its snapshot is in the row, and its entry in the audit log. Both are
written in one transaction, so that the entry exists exactly once, even if this process dies before it answers.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from temporalio.client import WithStartWorkflowOperation

from api.allowed import job_actions, language_actions, why_not, why_taken
from api.asked import Asked
from api.bodies.actions import ReprocessBody
from api.context import Context
from api.guards.jobs import may_of_job
from schema.contracts.job import Decided, JobDecision
from schema.contracts.language import LanguageDecided, LanguageDecision
from schema.enums import JobAction, LanguageAction, LanguageStage
from schema.errors import Conflict, Invalid, NotFound, Unavailable
from schema.permissions import Permission
from schema.queries import events, jobs, languages, retention
from schema.tables import Job, JobLanguage
from schema.transitions import JOB, NEEDS_REASON
from workflows import names
from workflows.start import start_again, start_language_again
from workflows.updates import Refusal, answered, decide


async def decide_job(ctx: Context, job: Job, action: JobAction, once: Asked, **details: Any) -> Job:
    """Sends a decision about a job, and returns its row afterwards. `details` are fields of `JobDecision`.

    Raises:
        Conflict: the state does not allow it, or somebody else was first.
        Invalid: the decision is incomplete.
        Unavailable: no answer in time; the same request may be sent again.
    """
    if not once.repeated:
        _refuse_job(ctx, job, action, details.get("reason"))
    taken = once.repeated and await events.was_decided(ctx.session, job.id, once.id)
    decision = JobDecision(
        action=action,
        actor=ctx.principal.actor(job.org_id),
        id=once.id,
        address=ctx.address,
        revision=job.revision if JOB[action].stands_still else None,
        **details,
    )
    await ctx.session.commit()

    async def send() -> Decided:
        workflow_id, again = names.job_workflow_id(job.id), partial(_begun_again, ctx, job.id, action)
        return await decide(ctx.temporal, workflow_id, decision, Decided, again, repeated=once.repeated)

    if not taken:
        await answered(send, partial(_job_refusal, ctx, job.id), ctx.parts.settings.update_wait_s)
    return await _loaded(ctx, job.id)


async def reprocess_job(ctx: Context, job: Job, asked: ReprocessBody, once: Asked) -> Job:
    """Repeats a job's work from a step on: by an update of an open job, or a new run from the row of a closed one.
    Errors as for `decide_job`."""
    return await decide_job(
        ctx,
        job,
        JobAction.REPROCESS,
        once,
        from_step=asked.from_step,
        languages=tuple(asked.languages),
        keep_human_edits=asked.keep_human_edits,
        reason=asked.reason,
    )


async def _begun_again(ctx: Context, job_id: UUID, action: JobAction) -> WithStartWorkflowOperation[Any, Any]:
    """Starts a closed job's workflow again from the current row. Since the row was first read, another decision may
    have closed the job."""
    job = await _loaded(ctx, job_id)
    rows = await languages.of_job(ctx.session, job_id)
    await ctx.session.commit()
    if job.deleted_at is not None:  # since the guard let the caller in
        raise NotFound("Job not found")
    refuse_status(ctx, job, action)
    return start_again(ctx.temporal, jobs.job_ref(job), jobs.job_state(job, rows), job.title)


async def _language_begun_again(
    ctx: Context, job_id: UUID, code: str
) -> WithStartWorkflowOperation[Any, Any]:
    """Starts the workflow of a language again, in the state of its row, if Temporal has lost it or somebody closed it
    by hand. If the job is just starting it, it finds it running."""
    job = await _loaded(ctx, job_id)
    state = jobs.job_state(job, await languages.of_job(ctx.session, job_id))
    await ctx.session.commit()
    if code not in state.languages or state.source_versions is None:
        raise Unavailable("The work on this language is just being started. Try again in a moment.")
    return start_language_again(ctx.temporal, jobs.job_ref(job), state, state.languages[code], job.title)


async def _loaded(ctx: Context, job_id: UUID) -> Job:
    job = await jobs.load(ctx.session, job_id)
    if job is None:
        raise NotFound("Job not found")
    return job


async def decide_language(
    ctx: Context, job: Job, row: JobLanguage, action: LanguageAction, once: Asked, **details: Any
) -> JobLanguage:
    """Sends a decision about a target language, and returns its row afterwards. `details` are fields of
    `LanguageDecision`; errors as for `decide_job`."""
    decision = LanguageDecision(
        action=action,
        actor=ctx.principal.actor(job.org_id),
        id=once.id,
        address=ctx.address,
        revision=row.revision,
        **details,
    )
    if not once.repeated:
        await _refuse_language(ctx, job, row, decision)
    taken = once.repeated and await events.was_decided(ctx.session, job.id, once.id)
    await ctx.session.commit()
    workflow_id = names.language_workflow_id(job.id, row.language)

    async def again() -> WithStartWorkflowOperation[Any, Any]:
        if row.stage is LanguageStage.FAILED:
            raise await _language_conflict(
                ctx, "The work on this language has ended: retry it first.", job, row
            )
        return await _language_begun_again(ctx, job.id, row.language)

    async def send() -> LanguageDecided:
        return await decide(
            ctx.temporal, workflow_id, decision, LanguageDecided, again, repeated=once.repeated
        )

    refusal = partial(_language_refusal, ctx, job.id, row.language)
    if not taken:
        await answered(send, refusal, ctx.parts.settings.update_wait_s)
    fresh = await languages.one(ctx.session, job.id, row.language)
    if fresh is None:
        raise NotFound(f"The job has no language {row.language}")
    return fresh


async def _refuse_language(ctx: Context, job: Job, row: JobLanguage, decision: LanguageDecision) -> None:
    """Refuses what the rows already show to be impossible."""
    if decision.action in NEEDS_REASON and not (decision.reason or "").strip():
        raise Invalid(f"{decision.action} needs a reason.")
    refused = why_not(job, row, decision)
    if refused is not None:
        more = {"code": refused.code} if refused.code else {}
        if refused.of_job:
            raise _job_conflict(ctx, refused.message, job, **more)
        raise await _language_conflict(ctx, refused.message, job, row, **more)


def refuse_taken(ctx: Context, job: Job, row: JobLanguage, decision: LanguageDecision) -> None:
    """Raises:
    Conflict: somebody else is already assigned to the source texts.
    """
    if message := why_taken(row, decision):
        raise _job_conflict(ctx, message, job)


def _refuse_job(ctx: Context, job: Job, action: JobAction, reason: str | None) -> None:
    refuse_status(ctx, job, action)
    if JOB[action].needs_reason and not (reason or "").strip():
        raise Invalid(f"{action} needs a reason.")


def refuse_status(ctx: Context, job: Job, action: JobAction) -> None:
    """Refuses what the row already shows to be impossible."""
    if over := retention.why_over(job):
        raise _job_conflict(ctx, over, job)
    if job.status not in JOB[action].sources:
        raise _job_conflict(ctx, f"A job that is {job.status} does not allow {action}.", job)


def _job_conflict(ctx: Context, message: str, job: Job, **more: Any) -> Conflict:
    allowed = [each.value for each in job_actions(ctx.principal, job)]
    return Conflict(message, **{**more, "state": job.status.value, "allowed_actions": allowed})


async def _language_conflict(ctx: Context, message: str, job: Job, row: JobLanguage, **more: Any) -> Conflict:
    return (await _language_refusals(ctx, job, row))(message, **more)


async def _language_refusals(ctx: Context, job: Job, row: JobLanguage) -> Refusal:
    leads = await may_of_job(ctx, Permission.ASSIGN_PEOPLE, job)
    allowed = [each.value for each in language_actions(ctx.principal, job, row, leads=leads)]
    beside = {"state": row.qc_state.value, "allowed_actions": allowed}
    return lambda message, **more: Conflict(message, **{**more, **beside})


async def _job_refusal(ctx: Context, job_id: UUID) -> Refusal:
    job = await _loaded(ctx, job_id)
    return lambda message, **more: _job_conflict(ctx, message, job, **more)


async def _language_refusal(ctx: Context, job_id: UUID, language: str) -> Refusal:
    job, row = await _loaded(ctx, job_id), await languages.one(ctx.session, job_id, language)
    if row is None:
        raise NotFound(f"The job has no language {language}")
    return await _language_refusals(ctx, job, row)
