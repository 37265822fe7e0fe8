"""Cues that somebody has looked at, and what was said about them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.asked import Asked
from api.bodies.languages import CommentBody, CommentOut, MarkBody, MarkOut, Person
from api.context import Context, Tell
from api.guards.languages import LanguageOfJob
from api.operations import findings
from api.pagination import Page, Slice
from schema.enums import Event
from schema.errors import NotFound
from schema.queries import languages, reviews, texts, users
from schema.tables import QCComment, TextVersion
from schema.vtt import Cue, parse


async def mark(ctx: Context, found: LanguageOfJob, body: MarkBody, once: Asked) -> MarkOut:
    """Marks one cue as reviewed, or takes its mark away."""
    job_id, language = found.job.id, found.row.language
    cue = await _locked(ctx, job_id, language, body)
    if body.reviewed:
        hashes = {cue.id: reviews.cue_hash(cue)}
        await reviews.mark(ctx.session, job_id, language, body.kind, hashes, ctx.principal.user_id)
    else:
        await reviews.unmark(ctx.session, job_id, language, body.kind, [cue.id])
    await ctx.record(
        once,
        "cue.mark" if body.reviewed else "cue.unmark",
        "language",
        f"{job_id}/{language}",
        after={"kind": body.kind, "cue_id": cue.id},
    )
    await ctx.session.commit()
    current = await findings.current(ctx, found.job, [found.row])
    marked = await reviews.counted(ctx.session, job_id, language)
    total = sum(text.cues for text in current)
    return MarkOut(kind=body.kind, cues_total=total, cues_reviewed=marked[language])


async def _locked(ctx: Context, job_id: UUID, language: str, body: MarkBody) -> Cue:
    """The cue as it is in the current text, which stays so until commit."""
    while True:
        text = await texts.latest(ctx.session, job_id, language, body.kind)
        await ctx.session.commit()
        cue = await ctx.thread(_cue_of, text, body)
        await languages.one(ctx.session, job_id, language, lock=True)
        again = await texts.latest(ctx.session, job_id, language, body.kind)
        if text is not None and again is not None and again.version == text.version:
            return cue


def _cue_of(text: TextVersion | None, body: MarkBody) -> Cue:
    cues = parse(text.content).document.cues if text else ()
    if body.cue_index is not None and body.cue_index < len(cues):
        return cues[body.cue_index]
    named = next((cue for cue in cues if cue.id and cue.id == body.cue_id), None)
    if named is None:
        raise NotFound(f"The current {body.kind} text has no such cue")
    return named


async def comments(ctx: Context, found: LanguageOfJob, paging: Slice) -> Page[CommentOut]:
    """Oldest first."""
    items, total = await languages.comments(
        ctx.session, found.job.id, found.row.language, offset=paging.offset, limit=paging.size
    )
    names = await users.names(ctx.session, [comment.author_id for comment in items])
    return paging.of([_shown(comment, names.get(comment.author_id, "")) for comment in items], total)


async def add_comment(ctx: Context, found: LanguageOfJob, body: CommentBody, once: Asked) -> CommentOut:
    """Says something about a language, or about one of its cues."""
    comment = QCComment(
        id=once.uuid("comment"),
        job_id=found.job.id,
        language=found.row.language,
        kind=body.kind,
        cue_id=body.cue_id,
        author_id=ctx.principal.user_id,
        text=body.text,
    )
    shown = _shown(comment, ctx.principal.name)
    try:
        async with ctx.session.begin_nested():
            ctx.session.add(comment)
    except IntegrityError:  # said before, by an attempt of the same request
        await ctx.session.commit()
        return shown
    await ctx.record(
        once,
        "comment.add",
        "comment",
        comment.id,
        after={"job_id": str(found.job.id), "language": found.row.language, "cue_id": body.cue_id},
        job=found.job,
        tell=Tell(
            Event.COMMENT_ADDED, {"comment_id": str(comment.id), "cue_id": body.cue_id}, found.row.language
        ),
    )
    await ctx.session.commit()
    return shown


def _shown(comment: QCComment, author: str) -> CommentOut:
    return CommentOut(
        id=comment.id,
        author=Person(id=comment.author_id, name=author),
        text=comment.text,
        kind=comment.kind,
        cue_id=comment.cue_id,
        created_at=comment.created_at,
        resolved_at=comment.resolved_at,
    )
