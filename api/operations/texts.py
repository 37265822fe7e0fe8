"""Texts: shown with their findings, saved by people, compared and restored."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from api.allowed import is_linguist, is_reviewer
from api.asked import Asked
from api.bodies.client_jobs import ClientText, ClientVersion
from api.bodies.texts import AdjustBody, RestoreBody, TermAccuracyOut, TextOut, TextSave, TextView, VersionOut
from api.context import Context, Tell
from api.guards.texts import TextOfJob
from api.operations import cues, findings
from api.pagination import Page, Slice
from schema.codes import Code
from schema.enums import Event, JobStatus, Kind, LanguageStage, Origin, QCState
from schema.errors import Conflict, FieldError, NotFound
from schema.permissions import Permission
from schema.queries import jobs, languages, texts, users
from schema.queries.findings import keep
from schema.tables import Job, JobLanguage, TextVersion
from schema.transitions import SOURCE_APPROVED
from schema.vtt import Document, parse, parse_strict, write
from schema.vtt.diff import Diff, diff
from schema.vtt.parse import MAX_BYTES, refusal
from schema.vtt.retime import adjust_timing

_STAFF_MAY_EDIT = frozenset(QCState) - {QCState.PENDING, QCState.APPROVED}
_ID_PREFIX = {Kind.CAPTIONS: "c", Kind.AUDIO_DESCRIPTION: "d"}
RefuseClosed = Callable[[Context, Job, JobLanguage], None]
_ID_CHARS = 200
"""Columns that refer to a cue by its id: marks, comments and choices."""


def kept_form(document: Document, kind: Kind) -> str:
    """A text in the form in which versions are stored: every cue has an id.

    Raises:
        TextRefused: naming the lines of ids that are too long; or the text is too large once ids are added.
    """
    long = [
        FieldError(f"line {cue.line}", f"a cue id has at most {_ID_CHARS} characters: shorten it")
        for cue in document.cues
        if len(cue.id) > _ID_CHARS
    ]
    if long:
        raise refusal(long)
    written = write(document.with_ids(_ID_PREFIX[kind]))
    if len(written.encode()) > MAX_BYTES:  # nobody could read it again
        most = MAX_BYTES // 1024 // 1024
        raise refusal(
            [FieldError("line 1", f"with an id for each cue the text is larger than {most} MiB; split it")]
        )
    return written


async def current(ctx: Context, text: TextOfJob) -> TextView:
    """The current version."""
    found = await texts.latest(ctx.session, text.job.id, text.row.language, text.kind)
    if found is None:
        raise NotFound(f"There is no {text.kind} text in {text.row.language} yet")
    return await _seen(ctx, text, found, is_current=True)


async def one(ctx: Context, text: TextOfJob, number: int) -> TextView:
    """Any version."""
    return await _seen(ctx, text, await _version(ctx, text, number))


async def history(ctx: Context, text: TextOfJob, paging: Slice) -> Page[VersionOut | ClientVersion]:
    """Every version without its text, newest first."""
    found, total = await texts.history(
        ctx.session, text.job.id, text.row.language, text.kind, offset=paging.offset, limit=paging.size
    )
    if ctx.principal.is_client_in(text.job.org_id):
        return paging.of([ClientVersion.model_validate(info, from_attributes=True) for info in found], total)
    names = await users.names(ctx.session, [info.author_id for info in found])
    items: list[VersionOut | ClientVersion] = [
        VersionOut(
            version=info.version,
            base_version=info.base_version,
            origin=info.origin,
            author_id=info.author_id,
            author=names.get(info.author_id) if info.author_id else None,
            note=info.note,
            created_at=info.created_at,
        )
        for info in found
    ]
    return paging.of(items, total)


async def compare(ctx: Context, text: TextOfJob, before: int, after: int) -> Diff:
    """The differences between any two versions, by cue."""
    old = await _version(ctx, text, before)
    new = await _version(ctx, text, after)
    await ctx.session.commit()
    return await ctx.thread(lambda: diff(parse(old.content).document, parse(new.content).document))


async def save(ctx: Context, text: TextOfJob, body: TextSave, once: Asked) -> TextOut:
    """Saves an edit. A text that does not parse is refused, with its lines."""
    await ctx.session.commit()
    content = await ctx.thread(lambda: kept_form(parse_strict(body.content), text.kind))
    return await add_version(ctx, text, content, Origin.EDIT, body.base_version, once, body.note)


async def adjust(ctx: Context, text: TextOfJob, body: AdjustBody, once: Asked) -> TextOut:
    """Shifts and stretches cues of the version that was looked at."""
    base = await _version(ctx, text, body.base_version)
    await ctx.session.commit()
    content = await ctx.thread(_adjusted, base.content, text.kind, body)
    note = f"Shifted by {body.offset_ms} ms, stretched by {body.scale}."
    return await add_version(ctx, text, content, Origin.ADJUST, body.base_version, once, note)


def _adjusted(content: str, kind: Kind, body: AdjustBody) -> str:
    document = adjust_timing(
        parse(content).document,
        offset_ms=body.offset_ms,
        scale=Fraction(str(body.scale)),
        start_ms=body.start_ms,
        end_ms=body.end_ms,
    )
    return kept_form(document, kind)


async def restore(ctx: Context, text: TextOfJob, body: RestoreBody, once: Asked) -> TextOut:
    """Restores an earlier version as a new one."""
    earlier = await _version(ctx, text, body.version)
    await ctx.session.commit()
    content = await ctx.thread(lambda: kept_form(parse(earlier.content).document, text.kind))
    note = f"Version {body.version} restored."
    return await add_version(ctx, text, content, Origin.RESTORE, body.base_version, once, note)


async def add_version(
    ctx: Context,
    text: TextOfJob,
    content: str,
    origin: Origin,
    base_version: int,
    once: Asked,
    note: str | None,
    refuse_closed: RefuseClosed | None = None,
) -> TextOut:
    """Adds a version under the same lock that an approval takes. So either the approval sees this text, or this is
    refused. `refuse_closed` checks, on the locked rows, whether the text is open to the caller."""
    made = TextVersion(
        id=once.uuid("text"),
        job_id=text.job.id,
        language=text.row.language,
        kind=text.kind,
        version=base_version + 1,
        base_version=base_version or None,
        content=content,
        origin=origin,
        author_id=ctx.principal.user_id,
        note=note,
        sources={},
    )
    judged = await findings.ahead(ctx, text.job, text.row, made)
    row = await languages.one(ctx.session, text.job.id, text.row.language, lock=True)
    job = await jobs.load(ctx.session, text.job.id)
    if row is None or job is None:
        raise NotFound("Job not found")
    known = await texts.saved_as(ctx.session, made.id)
    if known is not None:
        await ctx.session.commit()
        return await _shown(ctx, text, known)
    (refuse_closed or _refuse_closed)(ctx, job, row)
    latest = await texts.latest(ctx.session, job.id, row.language, text.kind)
    newest = latest.version if latest else 0
    if base_version != newest:
        raise Conflict(
            f"Version {newest} was saved since; this edit is of version {base_version}. Merge them, and save again.",
            code=Code.STALE,
            current_version=newest,
        )
    made.sources = latest.sources if latest else {}
    await texts.save(ctx.session, made)
    await keep(ctx.session, [judged])
    said = {"kind": text.kind, "version": made.version, "origin": origin}
    await ctx.record(
        once,
        f"text.{origin}",
        "text",
        f"{job.id}/{row.language}/{text.kind}",
        before={"version": newest},
        after={"version": made.version},
        job=job,
        tell=Tell(Event.TEXT_SAVED, said, row.language),
    )
    await ctx.session.commit()
    return await _shown(ctx, text, made)


def _refuse_closed(ctx: Context, job: Job, row: JobLanguage) -> None:
    """Checks whether the text is open for this person. Reads under the row's lock.

    Raises:
        Conflict: with the text's state.
    """
    if row.is_source:
        if job.status is not JobStatus.PENDING_QC:
            raise _locked(
                f"Source text can be edited while the job is pending_qc; it is {job.status}.", job.status
            )
        if row.locked:
            raise _locked("The source text is being approved, and locked until that is decided.", job.status)
        return
    state = row.qc_state
    if row.locked or row.qc_state is QCState.APPROVED:
        raise _locked("Approved text is locked: reopen the language first.", state)
    if job.status not in SOURCE_APPROVED or row.stage is not LanguageStage.LANGUAGE_QC:
        raise _locked(f"{row.language} is not in language QC: the job is {job.status}.", job.status)
    open_in = set(_STAFF_MAY_EDIT) if ctx.principal.may(Permission.EDIT_LANGUAGE_TEXT, job.org_id) else set()
    if is_linguist(ctx.principal, job, row):
        open_in.add(QCState.IN_PROGRESS)
    if is_reviewer(ctx.principal, job, row):
        open_in.add(QCState.IN_REVIEW)
    if row.qc_state not in open_in:
        raise _locked(f"A text that is {state} is not open to you for editing.", state)


def _locked(message: str, state: JobStatus | QCState) -> Conflict:
    return Conflict(message, code=Code.LOCKED, state=state.value)


async def _version(ctx: Context, text: TextOfJob, number: int) -> TextVersion:
    found = await texts.version(ctx.session, text.job.id, text.row.language, text.kind, number)
    if found is None:
        raise NotFound(f"There is no version {number} of the {text.kind} in {text.row.language}")
    return found


async def _seen(ctx: Context, text: TextOfJob, version: TextVersion, *, is_current: bool = False) -> TextView:
    """The text as the caller may see it."""
    if ctx.principal.is_client_in(text.job.org_id):
        return ClientText.model_validate(version, from_attributes=True)
    return await _shown(ctx, text, version, is_current=is_current)


async def _shown(ctx: Context, text: TextOfJob, version: TextVersion, *, is_current: bool = True) -> TextOut:
    found, terms = await findings.of_text(ctx, text.job, text.row, version)
    return TextOut(
        content=version.content,
        version=version.version,
        language=version.language,
        kind=version.kind,
        base_version=version.base_version,
        origin=version.origin,
        author_id=version.author_id,
        note=version.note,
        created_at=version.created_at,
        findings=found,
        terms=terms,
        term_accuracy=TermAccuracyOut.of(terms),
        cues=await cues.states(ctx, text.job, text.row, version) if is_current else {},
    )
