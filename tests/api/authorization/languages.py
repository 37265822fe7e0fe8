"""Language QC: assignment, the linguist's and the reviewer's part, comments, the queue."""

from __future__ import annotations

from uuid import UUID

from schema.enums import QCState, Role
from schema.tables import QCComment
from tests.api.authorization.jobs import REASON
from tests.api.authorization.things import language
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed
from tests.api.people import Person

_JOB = "/language-qc/jobs/{job_id}"
_QC = f"{_JOB}/languages/{{lang}}"


def with_person(make: Make, role: Role) -> Make:
    """With somebody of the organisation who can be assigned."""

    async def made(world: World, site: Site, caller: Person) -> Ids:
        user = await world.user(role, site.org.id)
        return {**await make(world, site, caller), "user_id": str(user.id)}

    return made


async def _commented(world: World, site: Site, caller: Person, author_id: UUID | None = None) -> Ids:
    ids = await language(QCState.IN_PROGRESS)(world, site, caller)
    author_id = author_id or world.admin.id
    comment = QCComment(job_id=ids["job_id"], language="es", author_id=author_id, text="Too formal.")
    await world.add(comment)
    return {**ids, "comment_id": comment.id}


async def _own_comment(world: World, site: Site, caller: Person) -> Ids:
    return await _commented(world, site, caller, caller.id)


async def _others_comment(world: World, site: Site, caller: Person) -> Ids:
    return await _commented(world, site, caller, (await world.user()).id)


def _whom(ids: Ids) -> Ids:
    return {"user_id": ids["user_id"]}


def _said(ids: Ids) -> Ids:
    return {"text": "Is this the right word?"}


def _queue(qc: QCState) -> Entry:
    return Entry(language(qc), query=lambda ids: "size=100", shown=listed("job_id"))


_NOT_OWN = language(QCState.IN_PROGRESS, own=False)
ENTRIES = {
    f"GET {_JOB}/language-qc": Entry(language(QCState.IN_PROGRESS)),
    f"POST {_QC}/assign": Entry(with_person(language(QCState.UNASSIGNED), Role.LINGUIST), _whom),
    f"POST {_QC}/reassign": Entry(with_person(language(QCState.IN_PROGRESS), Role.LINGUIST), _whom),
    f"POST {_QC}/assign-reviewer": Entry(with_person(language(QCState.UNASSIGNED), Role.REVIEWER), _whom),
    f"POST {_QC}/reassign-reviewer": Entry(with_person(language(QCState.IN_REVIEW), Role.REVIEWER), _whom),
    f"POST {_JOB}/languages/bulk-assign": Entry(
        with_person(language(QCState.UNASSIGNED), Role.LINGUIST),
        lambda ids: {"languages": ["es"], "linguist_id": ids["user_id"]},
    ),
    f"POST {_QC}/start-work": Entry(language(QCState.ASSIGNED)),
    f"POST {_QC}/start-work (somebody else's)": Entry(language(QCState.ASSIGNED, own=False)),
    f"POST {_QC}/submit": Entry(language(QCState.IN_PROGRESS)),
    f"POST {_QC}/submit (somebody else's)": Entry(_NOT_OWN),
    f"POST {_QC}/open-review": Entry(language(QCState.SUBMITTED)),
    f"POST {_QC}/open-review (somebody else's)": Entry(language(QCState.SUBMITTED, own=False)),
    f"POST {_QC}/approve": Entry(language(QCState.IN_REVIEW)),
    f"POST {_QC}/approve (somebody else's)": Entry(language(QCState.IN_REVIEW, own=False)),
    f"POST {_QC}/reject": Entry(language(QCState.IN_REVIEW), lambda ids: REASON),
    f"POST {_QC}/reject (somebody else's)": Entry(language(QCState.IN_REVIEW, own=False), lambda ids: REASON),
    f"POST {_QC}/reopen (from rejected)": Entry(language(QCState.REJECTED)),
    f"POST {_QC}/reopen (from rejected, somebody else's)": Entry(language(QCState.REJECTED, own=False)),
    f"POST {_QC}/reopen (from approved)": Entry(language(QCState.APPROVED)),
    f"POST {_QC}/mark-cue-reviewed": Entry(language(QCState.IN_PROGRESS), lambda ids: {"cue_index": 0}),
    f"POST {_QC}/mark-cue-reviewed (somebody else's)": Entry(_NOT_OWN, lambda ids: {"cue_index": 0}),
    f"POST {_QC}/unassign": Entry(language(QCState.IN_PROGRESS)),
    f"PATCH {_QC}/comments/{{comment_id}} (settled)": Entry(_commented, lambda ids: {"resolved": True}),
    f"PATCH {_QC}/comments/{{comment_id}} (one's own)": Entry(
        _own_comment, lambda ids: {"text": "Too stiff."}, own_each=True
    ),
    f"DELETE {_QC}/comments/{{comment_id}} (somebody else's)": Entry(_others_comment),
    f"DELETE {_QC}/comments/{{comment_id}} (one's own)": Entry(_own_comment, own_each=True),
    f"GET {_JOB}/language-qc (with who works)": Entry(
        language(QCState.IN_PROGRESS),
        shown=lambda answer, ids: bool(answer["languages"]["es"].get("linguist")),
    ),
    f"GET {_QC}/comments": Entry(
        _commented,
        shown=lambda answer, ids: str(ids["comment_id"]) in {each["id"] for each in answer["items"]},
    ),
    f"POST {_QC}/comments": Entry(language(QCState.IN_PROGRESS), _said),
    f"POST {_QC}/comments (somebody else's)": Entry(_NOT_OWN, _said),
    "GET /language-qc/me/language-qc-queue (in progress)": _queue(QCState.IN_PROGRESS),
    "GET /language-qc/me/language-qc-queue (in review)": _queue(QCState.IN_REVIEW),
}
