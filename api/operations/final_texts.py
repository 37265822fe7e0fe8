"""Corrected texts that replace approved ones."""

from __future__ import annotations

from api.asked import Asked
from api.bodies.texts import TextOut, TextSave
from api.context import Context
from api.guards.texts import TextOfJob
from api.operations.decisions import decide_job
from api.operations.texts import add_version, kept_form
from schema.codes import Code
from schema.contracts.steps import Versions
from schema.enums import JobAction, JobStatus, LanguageStage, Origin, QCState, Step
from schema.errors import Conflict
from schema.queries import jobs
from schema.tables import Job, JobLanguage
from schema.transitions import JOB
from schema.vtt import parse_strict

_SPOKEN = frozenset(
    {LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY, LanguageStage.FAILED}
)


async def upload(ctx: Context, text: TextOfJob, body: TextSave, once: Asked) -> TextOut:
    """Saves a new version of an approved text, which is spoken and rendered at once. Translations follow changes of the
    source. The version is saved before the decision. If another decision comes in between, the version stays in the
    history without effect.

    Raises:
        TextRefused: naming the lines that do not parse.
        Conflict: the text is not approved, or another version is current.
    """
    await ctx.session.commit()
    content = await ctx.thread(lambda: kept_form(parse_strict(body.content), text.kind))
    saved = await add_version(
        ctx, text, content, Origin.UPLOAD, body.base_version, once, body.note, _refuse_unapproved
    )
    versions = Versions.model_validate({text.kind.value: saved.version})
    await decide_job(
        ctx,
        text.job,
        JobAction.UPLOAD_FINAL,
        once,
        language=text.row.language,
        versions=versions,
        reason=body.note,
    )
    return saved


def _refuse_unapproved(ctx: Context, job: Job, row: JobLanguage) -> None:
    """Refuses a text that is not approved yet, which is edited instead."""
    failed_before = job.status is JobStatus.FAILED and not jobs.job_state(job).in_languages
    if failed_before or job.status not in JOB[JobAction.UPLOAD_FINAL].sources:
        raise Conflict(
            f"A final text takes the place of an approved one, and the job is {job.status}. Edit the text, or approve it.",
            code=Code.STATE,
            state=job.status.value,
        )
    if row.stage is LanguageStage.FAILED and row.failed_step == Step.TRANSLATE:
        raise Conflict(
            f"The source has changed, and its translation to {row.language} has failed: retry it first.",
            code=Code.STATE,
            state=job.status.value,
        )
    known = (job.state or {}).get("source_versions") is not None
    approved = known if row.is_source else row.qc_state is QCState.APPROVED and row.stage in _SPOKEN
    if not approved:
        raise Conflict(
            f"The text in {row.language} is not approved yet: edit it, and have it approved.",
            code=Code.STATE,
            state=(job.status if row.is_source else row.qc_state).value,
        )
