"""Reviewed cues, and what is known of each cue in addition to its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from api.asked import Asked
from api.bodies.languages import MarkBody, MarkOut, Person
from api.bodies.texts import CueState, Reviewed
from api.context import Context
from api.guards.languages import LanguageOfJob
from api.operations import findings
from schema.errors import NotFound
from schema.queries import languages, reviews, texts, users
from schema.tables import Job, JobLanguage, TextVersion
from schema.vtt import Cue, parse


async def mark(ctx: Context, found: LanguageOfJob, body: MarkBody, once: Asked) -> MarkOut:
    """Marks cues as reviewed, or removes their marks."""
    job_id, language = found.job.id, found.row.language
    cues = await _locked(ctx, job_id, language, body)
    action, thing_id = "cue.mark" if body.reviewed else "cue.unmark", f"{job_id}/{language}"
    if not await ctx.done(once, action, thing_id):
        if body.reviewed:
            hashes = {cue.id: reviews.cue_hash(cue) for cue in cues}
            await reviews.mark(ctx.session, job_id, language, body.kind, hashes, ctx.principal.user_id)
        else:
            await reviews.unmark(ctx.session, job_id, language, body.kind, [cue.id for cue in cues])
    one = {"cue_id": cues[0].id} if len(cues) == 1 else {"cue_ids": [cue.id for cue in cues]}
    await ctx.record(once, action, "language", thing_id, after={"kind": body.kind, **one})
    await ctx.session.commit()
    current = await findings.current(ctx, found.job, [found.row])
    marked = await reviews.counted(ctx.session, job_id, language)
    kinds = findings.requested(found.job, found.row)
    total = sum(text.cues for text in current if text.kind in kinds)
    reviewed = sum(marked[language, kind] for kind in kinds)
    return MarkOut(marked=len(cues), kind=body.kind, cues_total=total, cues_reviewed=reviewed)


async def _locked(ctx: Context, job_id: UUID, language: str, body: MarkBody) -> Sequence[Cue]:
    """The cues of the current text, which is locked until commit."""
    while True:
        text = await texts.latest(ctx.session, job_id, language, body.kind)
        await ctx.session.commit()
        cues = await ctx.thread(_cues_of, text, body)
        await languages.one(ctx.session, job_id, language, lock=True)
        again = await texts.latest(ctx.session, job_id, language, body.kind)
        if text is not None and again is not None and again.version == text.version:
            return cues


def _cues_of(text: TextVersion | None, body: MarkBody) -> Sequence[Cue]:
    """
    Raises:
        NotFound: the text has no such cue.
    """
    cues = parse(text.content).document.cues if text else ()
    if body.cue_index is not None and body.cue_index < len(cues):
        return cues[body.cue_index : body.cue_index + 1]
    places = {cue.id: place for place, cue in enumerate(cues) if cue.id}
    one = body.up_to if body.cue_id is None else body.cue_id
    asked = body.cue_ids or ([] if one is None else [one])
    lacking = [each for each in asked if each not in places]
    if lacking or not asked:
        named = ", ".join(lacking[:5])
        raise NotFound(f"The current {body.kind} text has no such cue" + (f": {named}" if named else ""))
    if body.up_to is not None:
        return cues[: places[body.up_to] + 1]
    return [cues[place] for place in sorted({places[each] for each in asked})]


async def states(ctx: Context, job: Job, row: JobLanguage, text: TextVersion) -> Mapping[str, CueState]:
    """The states of the current text's cues. Cues with nothing to report are left out."""
    reviewed = await reviews.of_text(ctx.session, job.id, row.language, text.kind)
    commented = await languages.open_comments_by_cue(ctx.session, job.id, row.language, text.kind)
    of_a_text = findings.flagged_of_a_text(row)
    flagged = {
        *findings.flagged(job, row).get(text.kind, ()),
        *(set(of_a_text) & set(text.sources or of_a_text)),
    }
    names = await users.names(ctx.session, [by for by, _ in reviewed.values()])
    shown: dict[str, CueState] = {}
    for cue_id in sorted({*reviewed, *commented, *flagged}):
        mark = None
        if cue_id in reviewed:
            by, at = reviewed[cue_id]
            mark = Reviewed(by=Person(id=by, name=names.get(by, "")), at=at)
        shown[cue_id] = CueState(
            reviewed=mark, flagged=cue_id in flagged, open_comments=commented.get(cue_id, 0)
        )
    return shown
