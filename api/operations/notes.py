"""Review notes. They are placed on the source by the render that was looked at, so that they find their place in the
next render."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from api.asked import Asked
from api.bodies.languages import Person
from api.bodies.notes import NoteBody, NoteOut, NotePatch
from api.context import Context, Tell
from api.guards.notes import NoteOfJob
from api.operations import renders
from api.operations.clients import only_client
from api.operations.renders import Render
from api.pagination import Page, Slice
from schema.enums import Audience, Event, Kind, NoteAsset
from schema.errors import Conflict, FieldError, Forbidden, Invalid
from schema.queries import assets, jobs, languages, named, notes, texts, users
from schema.queries.notes import NoteFilter
from schema.tables import Job, ReviewNote, now
from schema.vtt import parse


async def listing(ctx: Context, job: Job, wanted: NoteFilter, paging: Slice) -> Page[NoteOut]:
    """The notes in the order of the video."""
    found, total = await notes.page(
        ctx.session, ctx.principal, job.id, wanted, offset=paging.offset, limit=paging.size
    )
    return paging.of(await _shown(ctx, job, found), total)


async def view(ctx: Context, job: Job, note: ReviewNote) -> NoteOut:
    return (await _shown(ctx, job, [note]))[0]


async def _shown(ctx: Context, job: Job, found: Sequence[ReviewNote]) -> list[NoteOut]:
    outside = only_client(ctx, job.org_id)
    authors = {note.author_id for note in found}
    if outside:
        authors &= {ctx.principal.user_id}
    names = await users.names(ctx.session, authors)
    renderings = await renders.seen(ctx, job)
    await ctx.session.commit()
    moved = {
        note.language
        for note in found
        if note.asset is NoteAsset.ACCESSIBLE_VIDEO
        and note.language in renderings
        and renderings[note.language].video != note.object_name
    }
    now_there = await renders.read(ctx, [renderings[language] for language in moved])
    return [
        _out(note, _now_ms(note, renderings, dict(zip(moved, now_there, strict=True))), names)
        for note in found
    ]


def _now_ms(
    note: ReviewNote, renderings: Mapping[str, assets.Rendering], read: Mapping[str, Render]
) -> int | None:
    if note.asset is NoteAsset.SOURCE:
        return note.source_ms
    rendering = renderings.get(note.language)
    if rendering is None:
        return None
    if rendering.video == note.object_name:
        return note.at_ms
    return read[note.language].to_render_ms(note.source_ms)


def _out(note: ReviewNote, now_ms: int | None, names: Mapping[UUID, str]) -> NoteOut:
    author = Person(id=note.author_id, name=names[note.author_id]) if note.author_id in names else None
    kept = note.model_dump(include=set(NoteOut.model_fields))
    return NoteOut.model_validate({**kept, "author": author, "now_ms": now_ms})


async def create(ctx: Context, job: Job, body: NoteBody, once: Asked) -> ReviewNote:
    """Raises:
    Invalid: there is no such moment, or no such language.
    Conflict: there is no accessible video in the language now.
    Forbidden: a client's user writes a note that they could not read.
    """
    audience = _audience(ctx, job, body.audience)
    note_id = once.uuid("note")
    made = await named.made(ctx.session, ReviewNote, note_id)
    if made is None:
        language = body.language or job.source_language
        object_name, source_ms = await _placed(ctx, job, language, body)
        kind, cue_id = await _nearest(ctx, job, language, source_ms, body.kind)
        made = ReviewNote(
            id=note_id,
            job_id=job.id,
            org_id=job.org_id,
            author_id=ctx.principal.user_id,
            language=language,
            asset=body.asset,
            object_name=object_name,
            at_ms=body.at_ms,
            source_ms=source_ms,
            kind=kind,
            cue_id=cue_id,
            text=body.text,
            audience=audience,
        )
        ctx.session.add(made)
    tell = _tell(Event.NOTE_ADDED, made, audience=made.audience)
    await ctx.record(once, "note.create", "note", made.id, after=_told(made), job=job, tell=tell)
    await ctx.session.commit()
    return made


def _audience(ctx: Context, job: Job, asked: Audience | None) -> Audience:
    if not only_client(ctx, job.org_id):
        return asked or Audience.INTERNAL
    if asked is Audience.INTERNAL:
        raise Forbidden("You would not see an internal note: leave audience out.")
    return Audience.CLIENT


async def _placed(ctx: Context, job: Job, language: str, body: NoteBody) -> tuple[str, int]:
    """The object that was looked at, and the moment on the source."""
    if await languages.one(ctx.session, job.id, language) is None:
        wrong = f"The job has no language {language}."
        raise Invalid(wrong, errors=[FieldError("language", wrong)])
    if body.asset is NoteAsset.SOURCE:
        _refuse_after(body.at_ms, jobs.job_state(job).artifacts.duration_ms, "video")
        return job.source_object, body.at_ms
    rendering = (await renders.seen(ctx, job)).get(language)
    if rendering is None:
        raise Conflict(f"There is no accessible video in {language} now.", state=job.status.value)
    await ctx.session.commit()
    (render,) = await renders.read(ctx, [rendering])
    _refuse_after(body.at_ms, render.duration_ms, "accessible video")
    return rendering.video, render.to_source_ms(body.at_ms)


def _refuse_after(at_ms: int, duration_ms: int | None, what: str) -> None:
    if duration_ms is not None and at_ms > duration_ms:
        wrong = f"The {what} ends at {duration_ms} ms."
        raise Invalid(wrong, errors=[FieldError("at_ms", wrong)])


async def _nearest(
    ctx: Context, job: Job, language: str, source_ms: int, kind: Kind | None
) -> tuple[Kind | None, str | None]:
    """The cue that is heard or shown at that moment, or the nearest one. None if there is no text."""
    found = {
        each: text.content
        for each in ([kind] if kind else Kind)
        if (text := await texts.latest(ctx.session, job.id, language, each)) is not None
    }
    await ctx.session.commit()
    return await ctx.thread(_nearest_of, found, source_ms)


def _nearest_of(contents: Mapping[Kind, str], source_ms: int) -> tuple[Kind | None, str | None]:
    near = [
        (max(cue.start_ms - source_ms, source_ms - cue.end_ms, 0), number, kind, cue.id)
        for number, (kind, content) in enumerate(contents.items())
        for cue in parse(content).document.with_ids().cues
    ]
    if not near:
        return None, None
    _, _, kind, cue_id = min(near, key=lambda each: each[:2])
    return kind, cue_id


async def change(ctx: Context, found: NoteOfJob, patch: NotePatch, once: Asked) -> ReviewNote:
    """Raises:
    Forbidden: a client's user makes their note internal.
    """
    fresh = await named.locked(ctx.session, ReviewNote, found.note.id)
    if await ctx.done(once, "note.change", fresh.id):
        await ctx.session.commit()
        return fresh
    before, audience = _told(fresh), fresh.audience
    if patch.audience is not None:
        fresh.audience = _audience(ctx, found.job, patch.audience)
    fresh.text = patch.text or fresh.text
    if patch.resolved is not None and patch.resolved is not (fresh.resolved_at is not None):
        fresh.resolved_at = now() if patch.resolved else None
        fresh.resolved_by = ctx.principal.user_id if patch.resolved else None
    after = _told(fresh)
    tell = _tell(Event.NOTE_CHANGED, fresh, audience=fresh.audience, audience_before=audience)
    await ctx.record(
        once,
        "note.change",
        "note",
        fresh.id,
        before=before,
        after=after,
        job=found.job,
        tell=tell if after != before else None,
    )
    await ctx.session.commit()
    return fresh


async def delete(ctx: Context, found: NoteOfJob, once: Asked) -> None:
    if await ctx.done(once, "note.delete", found.note.id):
        return
    fresh = await named.locked(ctx.session, ReviewNote, found.note.id)
    fresh.deleted_at = now()
    tell = _tell(Event.NOTE_DELETED, fresh, audience_before=fresh.audience)
    await ctx.record(once, "note.delete", "note", fresh.id, before=_told(fresh), job=found.job, tell=tell)
    await ctx.session.commit()


def _told(note: ReviewNote) -> dict[str, Any]:
    told = {"job_id", "language", "asset", "at_ms", "text", "audience"}
    return {**note.model_dump(mode="json", include=told), "resolved": note.resolved_at is not None}


def _tell(type: Event, note: ReviewNote, **audiences: Audience) -> Tell:
    """Publishes the event. The audience, now and before (`audience_before`), decides who receives it."""
    said = {"note_id": str(note.id), "resolved": note.resolved_at is not None, **audiences}
    return Tell(type, said, note.language)


async def returned(
    ctx: Context, job: Job, note_ids: Iterable[UUID], codes: Sequence[str], once: Asked
) -> tuple[UUID, ...]:
    """The notes that become comments of the returned languages.

    Raises:
        Invalid: naming those that are not notes of the job, or not about one of these languages.
    """
    wanted = tuple(dict.fromkeys(note_ids))
    if once.repeated or not wanted:
        return wanted
    found = {note.id: note for note in await notes.named(ctx.session, ctx.principal, job.id, wanted)}
    wrong = []
    for number, note_id in enumerate(wanted):
        note = found.get(note_id)
        if note is None:
            wrong.append(FieldError(f"note_ids.{number}", f"The job has no note {note_id}."))
        elif not notes.returned_to(note, codes):
            said = f"The note is about {note.language}, which is not returned."
            wrong.append(FieldError(f"note_ids.{number}", said))
    if wrong:
        raise Invalid(wrong[0].message, errors=wrong)
    return wanted
