"""How a job is created: its project, whether it can be processed here, its row, and its start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from temporalio.service import RPCError

from api.asked import Asked
from api.bodies.uploads import AboutAndTexts
from api.context import Context, Tell
from api.operations.files import MEDIA_TYPE, sent
from api.operations.texts import kept_form
from schema.contracts.bounds import NOTE_CHARS
from schema.contracts.job import JobState
from schema.contracts.outputs import RequestedOutputs
from schema.enums import BriefStatus, Event, FilePurpose, Kind, Origin
from schema.errors import FieldError, Invalid, TextRefused, WrongType
from schema.permissions import Permission, forbidden
from schema.queries import briefs, clients, jobs, texts, users
from schema.tables import Brief, Job, Project, TextVersion
from schema.tables.people import Client
from schema.vtt import accept
from schema.vtt.formats import read_any
from workflows.start import start_job

logger = logging.getLogger(__name__)
_BROUGHT = "Brought with the video."
_START_S = 5.0
"""A start that takes longer is left to the sweep."""


async def place(ctx: Context, project_id: UUID | None, brief: Brief | None = None) -> tuple[Project, Client]:
    """The project in which the caller creates a job: the named one, the brief's, or the only one.

    Raises:
        Invalid: it is not theirs, or not of the brief's client, or none was named and there is not exactly one.
        Forbidden: they may not create jobs in it.
    """
    project_id = project_id or (brief.project_id if brief else None)
    client_id = brief.client_id if brief else None
    reachable = await users.reachable_projects(ctx.session, ctx.principal, project_id, client_id, limit=2)
    if not reachable:
        of_brief = " of the brief's client" if brief else ""
        raise Invalid(
            f"There is no such project{of_brief} among yours."
            if project_id
            else f"You have no project{of_brief}."
        )
    if len(reachable) > 1:
        raise Invalid("Say project_id: you have more than one project.")
    project, client = reachable[0]
    if not ctx.principal.may(Permission.CREATE_JOB, client.org_id):
        raise forbidden(Permission.CREATE_JOB)
    return project, client


async def approved_brief(ctx: Context, brief_id: UUID | None) -> Brief | None:
    """The brief that a job is created from, if one is named.

    Raises:
        Invalid: it is not visible to the caller, or is not approved.
    """
    if brief_id is None:
        return None
    brief = await briefs.visible(ctx.session, ctx.principal, brief_id)
    if brief is not None and brief.status is BriefStatus.APPROVED:
        return brief
    wrong = f"There is no brief {brief_id} among yours."
    if brief is not None:
        wrong = f"The brief {brief_id} is {brief.status}, and a job is made of one that is approved."
    raise Invalid(wrong, errors=[FieldError("brief_id", wrong)])


def asked_for(
    source_language: str | None, outputs: RequestedOutputs | None, brief: Brief | None
) -> tuple[str, RequestedOutputs]:
    """The requested outputs and source language: the request's, or else the brief's.

    Raises:
        Invalid: neither has them.
    """
    if brief is not None:
        source_language = source_language or brief.source_language
        if outputs is None and brief.requested_outputs is not None:
            outputs = RequestedOutputs.kept(brief.requested_outputs)
    given = {"source_language": source_language, "requested_outputs": outputs}
    who = "the brief does not say it" if brief else "no brief is named that would say it"
    wrong = [FieldError(name, f"Say {name}: {who}.") for name, value in given.items() if value is None]
    if source_language is None or outputs is None:
        raise Invalid(wrong[0].message, errors=wrong)
    return source_language, outputs


def check_outputs(ctx: Context, source_language: str, outputs: RequestedOutputs) -> None:
    """Refuses at submission what would otherwise fail an hour later.

    Raises:
        Invalid: naming everything that cannot be made here, and what would make it possible.
    """
    wrong = ctx.parts.providers.refusals(source_language, outputs)
    if wrong:
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise Invalid(f"{wrong[0].message}{more}", errors=wrong)


def check_media_type(content_type: str) -> str:
    """The media type without parameters: `video/mp4` of `video/mp4; codecs=…`. Raises WrongType if it is not a
    video."""
    plain = content_type.split(";", 1)[0].strip().lower()
    if not MEDIA_TYPE.fullmatch(plain) or not plain.startswith("video/"):
        raise WrongType(
            f"{content_type or 'No content type'} is not a video type, such as video/mp4. Sound beside a video is "
            "announced with POST /files/signed-upload."
        )
    return plain


async def sent_texts(ctx: Context, about: AboutAndTexts) -> dict[Kind, str | bytes]:
    """The texts that come with a request, or as uploaded files that it names.

    Raises:
        Invalid: a file is not a completed upload of the caller.
    """
    found: dict[Kind, str | bytes] = {}
    for kind in Kind:
        text: str | None = getattr(about, kind.value)
        uri: str | None = getattr(about, f"{kind.value}_uri", None)
        if text is not None:
            found[kind] = text
        elif uri is not None:
            try:
                upload = await sent(ctx, uri, FilePurpose(kind.value))
            except Invalid as error:
                wrong = FieldError(f"{kind.value}_uri", error.message)
                raise Invalid(error.message, errors=[wrong]) from None
            await ctx.session.commit()
            found[kind] = await ctx.store.read(upload.object_name)
    return found


class BroughtText(NamedTuple):
    """Valid WebVTT, and a note for its history."""

    content: str
    note: str


def read_brought(texts: Mapping[Kind, str | bytes], language: str) -> dict[Kind, BroughtText]:
    """Reads the texts that the client brings. Features that WebVTT cannot hold are noted by line.

    Raises:
        TextRefused: naming the lines that do not parse, and their text, before anything is created.
    """
    brought: dict[Kind, BroughtText] = {}
    for kind, text in texts.items():
        try:
            parsed = read_any(text, language)
            brought[kind] = BroughtText(kept_form(accept(parsed), kind), _note(parsed.left_out))
        except TextRefused as refused:  # there may be two texts, and each has a line 3
            raise TextRefused(
                f"{kind.value}, {refused.message}",
                errors=[FieldError(f"{kind.value}, {each.field}", each.message) for each in refused.errors],
            ) from None
    return brought


def _note(left_out: Sequence[str]) -> str:
    """As many of the notes as fit into the history."""
    note = _BROUGHT
    for number, line in enumerate(left_out):
        more = f" {len(left_out) - number} more."
        if len(note) + len(line) + len(more) + 2 > NOTE_CHARS:
            return note + more
        note += f" {line[0].upper()}{line[1:]}."
    return note


async def commit_new(
    ctx: Context, job: Job, once: Asked, brought: Mapping[Kind, BroughtText] = MappingProxyType({})
) -> Job:
    """Commits the row first, and then starts its workflow: the row is the outbox.

    Raises:
        Invalid: the project, or its client, was deleted meanwhile.
    """
    if not await clients.holds_open(ctx.session, job.project_id):
        raise Invalid("The project was deleted just now.")
    state = JobState(outputs=RequestedOutputs.kept(job.requested_outputs), brought=tuple(brought))
    job.state = state.model_dump(mode="json", exclude={"languages"})
    try:
        await jobs.insert(ctx.session, job)
        for kind, text in brought.items():
            await texts.save(ctx.session, _brought(ctx, job, kind, text))
    except IntegrityError:  # the same request, sent twice at once
        await ctx.session.rollback()
        made = await jobs.load(ctx.session, job.id)
        if made is None:
            raise
        return await begin(ctx, made)
    await ctx.record(
        once,
        "job.create",
        "job",
        job.id,
        after={"title": job.title, "cloned_from": job.cloned_from and str(job.cloned_from)},
        job=job,
        tell=Tell(Event.CREATED, {"status": job.status, "title": job.title}),
    )
    await ctx.session.commit()
    return await begin(ctx, job)


def _brought(ctx: Context, job: Job, kind: Kind, text: BroughtText) -> TextVersion:
    return TextVersion(
        job_id=job.id,
        language=job.source_language,
        kind=kind,
        version=1,
        content=text.content,
        origin=Origin.UPLOAD,
        author_id=ctx.principal.user_id,
        note=text.note,
        sources={},
    )


async def begin(ctx: Context, job: Job) -> Job:
    """Starts the workflow. If Temporal does not answer, the sweep will start it; the job exists in any case."""
    if job.started_at is not None:
        return job
    await ctx.session.commit()
    try:
        start = start_job(ctx.temporal, jobs.job_ref(job), jobs.job_state(job), job.title)
        await asyncio.wait_for(start, _START_S)
    except (RPCError, RuntimeError, TimeoutError) as error:
        logger.warning("job %s is made but not started yet: %r", job.id, error)
        return job
    await jobs.mark_started(ctx.session, job.id)
    await ctx.session.commit()
    return await jobs.load(ctx.session, job.id) or job
