"""The history of a job, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from api.bodies.history import HistoryOut
from api.context import Context
from api.pagination import Page, Slice
from schema.enums import Kind
from schema.queries import history, keyset, users
from schema.queries.history import What
from schema.tables import Job

_DECIDED = {
    "job.create": "The job was made.",
    "job.delete": "The job was deleted.",
    "job.restore": "The job was brought back.",
    "job.approve_source": "The source texts were approved.",
    "job.approve_english": "The English texts were approved.",
    "job.reject": "The source texts were rejected.",
    "job.promote_to_qc": "The job was sent on to source QC.",
    "job.blocked_on_source": "The job was blocked on its source.",
    "job.retry": "What had failed was run again.",
    "job.retry_tts": "A language was spoken and rendered again.",
    "job.complete": "The job was completed, and its outputs delivered.",
    "job.reject_final": "The outputs were rejected at final review.",
    "job.return_to_qc": "The job was returned to QC.",
    "job.reopen_language": "A language was opened again.",
    "job.cancel": "The job was cancelled.",
    "job.change_outputs": "Other outputs were asked for.",
    "job.reprocess": "Steps were done again.",
    "job.change_priority": "It was said how urgent the job is.",
    "job.new_source": "The job got another video, and began again.",
    "job.assign_source": "It was said who works on the source texts.",
    "language.unassign_reviewer": "The reviewer was taken off it.",
    "job.upload_final": "A final text was uploaded, and its language made again.",
    "language.start_work": "The linguist began.",
    "language.submit": "The linguist handed it in.",
    "language.open_review": "The review began.",
    "language.approve": "The language was approved.",
    "language.reject": "The language was rejected.",
    "language.reopen": "The language was opened again.",
    "language.unassign": "Somebody was taken off it.",
    "language.retry": "What had failed was run again.",
    "plan.edit": "A description was placed by hand.",
    "cue.mark": "Cues were marked as reviewed.",
    "cue.unmark": "The marks of cues were taken away.",
}
_REASONED = ("job.reject", "job.blocked_on_source")
"""Decisions whose reason clients may read, as in `ClientJob`. The others are for the people who work on the job."""
_CHANGED = {
    "title": "title",
    "notes": "internal notes",
    "client_notes": "notes for the client",
    "due_at": "due date",
    "priority": "priority",
    "reference": "reference",
    "labels": "labels",
    "style": "style of the descriptions",
}
_FORGOTTEN = {
    "source": "The source video was deleted, as its client wants it.",
    "renders": "What was spoken and rendered was deleted, as its client wants it.",
    "texts": "The texts were deleted, as its client wants it.",
}
_GIVEN = {
    "language.assign": "given to {who} to translate",
    "language.reassign": "given to {who} to translate",
    "language.assign_reviewer": "given to {who} to review",
    "language.reassign_reviewer": "given to {who} to review",
}
_SAVED = {
    "draft": "drafted",
    "translation": "translated",
    "edit": "edited",
    "adjust": "moved in time",
    "restore": "restored",
    "upload": "uploaded",
}
_MADE = {"synthesize": "The descriptions were spoken.", "mux": "The accessible video was rendered."}
_FAILED = {
    "probe": "Examining the source failed.",
    "transcribe": "Listening to the speech failed.",
    "describe": "Describing what is seen failed.",
    "translate": "Translating failed.",
    "synthesize": "Speaking the descriptions failed.",
    "mux": "Rendering the accessible video failed.",
}


async def listing(ctx: Context, job: Job, paging: Slice) -> Page[HistoryOut]:
    """One page, newest first: of everything, or of what the role client sees."""
    for_client = ctx.principal.is_client_in(job.org_id)
    walk = keyset.Walk(paging.size, paging.offset, paging.after)
    found = await history.page(ctx.session, job.id, walk, for_client=for_client)
    told = [(row, row.told if isinstance(row.told, dict) else {}) for row in found.rows]
    people = {row.actor_id for row, _ in told} | {_person(each) for _, each in told}
    names = {} if for_client else await users.names(ctx.session, people)
    who = ctx.principal.user_id
    return paging.walked(
        [_entry(row, each, names, for_client=for_client, mine=row.actor_id == who) for row, each in told],
        found,
    )


def _entry(
    row: Any, told: dict[str, Any], names: Mapping[UUID, str], *, for_client: bool, mine: bool
) -> HistoryOut:
    return HistoryOut(
        id=row.id,
        at=row.at,
        what=row.what,
        action=row.action,
        words=_words(row, told, names, for_client=for_client),
        language=row.language or None,
        reason=told.get("reason") if not for_client or row.action in _REASONED or mine else None,
        actor_id=None if for_client else row.actor_id,
        actor=None if for_client else names.get(row.actor_id) or told.get("by"),
    )


def _words(row: Any, told: dict[str, Any], names: Mapping[UUID, str], *, for_client: bool) -> str:
    match row.what:
        case What.DECISION if row.action == "job.change":
            said = [word for name, word in _CHANGED.items() if name in told]
            if for_client:  # which the role client does not read
                said = [word for word in said if word != _CHANGED["notes"]]
            return f"Changed: {', '.join(said)}." if said else "The job was changed."
        case What.DECISION if row.action == "job.forget" and told.get("part") in _FORGOTTEN:
            return _FORGOTTEN[told["part"]]
        case What.VERSION:
            text = "The captions" if told["kind"] == Kind.CAPTIONS else "The descriptions"
            return f"{text} in {row.language} were {_SAVED[row.action]}: version {told['version']}."
        case What.FAILURE:
            return _FAILED[row.action]
        case What.ASSIGNMENT if row.action in _GIVEN:
            person = _person(told)
            who = names.get(person) if person else None
            return f"{row.language} was {_GIVEN[row.action].format(who=who or 'somebody')}."
        case What.DELIVERY if row.action in _MADE:
            return _MADE[row.action]
    return _DECIDED.get(row.action) or f"{row.action.partition('.')[2].replace('_', ' ').capitalize()}."


def _person(told: Mapping[str, Any]) -> UUID | None:
    """The person that an assignment is about."""
    try:
        return UUID(str(told.get("person_id")))
    except ValueError:
        return None
