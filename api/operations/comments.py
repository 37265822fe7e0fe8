"""Comments on a language, or on one of its cues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from api.asked import Asked
from api.bodies.languages import CommentBody, CommentOut, CommentPatch, Person
from api.context import Context, Tell
from api.guards.languages import CommentOfLanguage, LanguageOfJob
from api.pagination import Page, Slice
from schema.enums import Event
from schema.errors import Forbidden, NotFound
from schema.queries import languages, users
from schema.tables import QCComment, now


async def listing(
    ctx: Context, found: LanguageOfJob, resolved: bool | None, paging: Slice
) -> Page[CommentOut]:
    """Oldest first."""
    items, total = await languages.comments(
        ctx.session,
        found.job.id,
        found.row.language,
        resolved=resolved,
        offset=paging.offset,
        limit=paging.size,
    )
    names = await _names(ctx, *items)
    return paging.of([_shown(comment, names) for comment in items], total)


async def add(ctx: Context, found: LanguageOfJob, body: CommentBody, once: Asked) -> CommentOut:
    """Adds a comment on a language, or on one of its cues."""
    comment = QCComment(
        id=once.uuid("comment"),
        job_id=found.job.id,
        language=found.row.language,
        kind=body.kind,
        cue_id=body.cue_id,
        author_id=ctx.principal.user_id,
        text=body.text,
    )
    shown = _shown(comment, {ctx.principal.user_id: ctx.principal.name})
    try:
        async with ctx.session.begin_nested():
            ctx.session.add(comment)
    except IntegrityError:  # added before, by an attempt of the same request
        await ctx.session.commit()
        return shown
    after = {"job_id": str(found.job.id), "language": found.row.language, "cue_id": body.cue_id}
    await _record(ctx, once, found, comment, "add", Event.COMMENT_ADDED, after=after)
    await ctx.session.commit()
    return shown


async def change(ctx: Context, found: CommentOfLanguage, body: CommentPatch, once: Asked) -> CommentOut:
    """Resolves, reopens or edits a comment.

    Raises:
        Forbidden: the text is somebody else's.
        NotFound: it was deleted.
    """
    own = found.comment.author_id == ctx.principal.user_id
    if body.text is not None and not own:
        raise Forbidden("A comment is its author's to change. You may resolve it, or answer with another.")
    comment = await _locked(ctx, found)
    if comment.deleted_at is not None:
        raise NotFound("Comment not found")
    if await ctx.done(once, "comment.change", comment.id):
        shown = _shown(comment, await _names(ctx, comment))
        await ctx.session.commit()
        return shown
    before = _told(comment)
    if body.text is not None and body.text != comment.text:
        comment.text, comment.edited_at = body.text, now()
    if body.resolved is not None and body.resolved != (comment.resolved_at is not None):
        comment.resolved_at = now() if body.resolved else None
        comment.resolved_by = ctx.principal.user_id if body.resolved else None
    after = _told(comment)
    if after != before:
        await _record(ctx, once, found, comment, "change", Event.COMMENT_CHANGED, before=before, after=after)
    shown = _shown(comment, await _names(ctx, comment))
    await ctx.session.commit()
    return shown


async def delete(ctx: Context, found: CommentOfLanguage, once: Asked) -> None:
    """
    Raises:
        NotFound: it was deleted before.
    """
    comment = await _locked(ctx, found)
    if comment.deleted_at is not None:
        if once.repeated:
            return
        raise NotFound("Comment not found")
    comment.deleted_at = now()
    before = {**_told(comment), "job_id": str(found.job.id), "language": found.row.language}
    await _record(ctx, once, found, comment, "delete", Event.COMMENT_DELETED, before=before)
    await ctx.session.commit()


async def _locked(ctx: Context, found: CommentOfLanguage) -> QCComment:
    comment = await languages.comment(
        ctx.session, found.job.id, found.row.language, found.comment.id, lock=True
    )
    return comment or found.comment


def _told(comment: QCComment) -> dict[str, Any]:
    return {"text": comment.text, "resolved": comment.resolved_at is not None}


async def _record(
    ctx: Context,
    once: Asked,
    found: LanguageOfJob,
    comment: QCComment,
    action: str,
    type: Event,
    *,
    before: Any = None,
    after: Any = None,
) -> None:
    said = {"comment_id": str(comment.id), "cue_id": comment.cue_id}
    tell = Tell(type, said, found.row.language)
    await ctx.record(
        once,
        f"comment.{action}",
        "comment",
        comment.id,
        before=before,
        after=after,
        job=found.job,
        tell=tell,
    )


async def _names(ctx: Context, *comments: QCComment) -> Mapping[UUID, str]:
    people = [person for each in comments for person in (each.author_id, each.resolved_by)]
    return await users.names(ctx.session, people)


def _shown(comment: QCComment, names: Mapping[UUID, str]) -> CommentOut:
    by = comment.resolved_by
    return CommentOut(
        id=comment.id,
        author=Person(id=comment.author_id, name=names.get(comment.author_id, "")),
        text=comment.text,
        kind=comment.kind,
        cue_id=comment.cue_id,
        created_at=comment.created_at,
        edited_at=comment.edited_at,
        resolved_at=comment.resolved_at,
        resolved_by=None if by is None else Person(id=by, name=names.get(by, "")),
    )
