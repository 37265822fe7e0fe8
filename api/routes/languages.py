"""Language QC: from assignment to approval."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.client_jobs import ClientQCMap
from api.bodies.languages import (
    AssignBody,
    BulkAssignBody,
    BulkAssigned,
    CommentBody,
    CommentOut,
    CommentPatch,
    LanguageApproveBody,
    LanguageQCOut,
    LanguageRejectBody,
    MarkBody,
    MarkOut,
    QCMap,
    QueueItem,
    ReopenBody,
    UnassignBody,
)
from api.errors import errors
from api.guards.jobs import AssignableJob, VisibleJob
from api.guards.languages import (
    AssignableLanguage,
    CommentableLanguage,
    InternalLanguage,
    JudgeableLanguage,
    OwnComment,
    ReopenableLanguage,
    ResolvableComment,
    WorkableLanguage,
)
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import comments, cues, languages
from api.pagination import Page, Paging
from schema.enums import LanguageAction

router = APIRouter(prefix="/language-qc", tags=["Language QC"], route_class=KeyedRoute)
_LANGUAGE = "/jobs/{job_id}/languages/{lang}"
_ERRORS = errors(400)


@router.get("/jobs/{job_id}/language-qc")
async def qc_map(job: VisibleJob, caller: Caller) -> QCMap | ClientQCMap:
    """Returns the state of every language, its people, and what blocks its approval."""
    return await languages.qc_map(caller, job)


@router.post(_LANGUAGE + "/assign", responses=_ERRORS)
async def assign(found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once) -> LanguageQCOut:
    """Assigns a linguist. While the language is being translated, this takes effect once that is done."""
    return await languages.assign(caller, found, LanguageAction.ASSIGN, body, once)


@router.post(_LANGUAGE + "/reassign", responses=_ERRORS)
async def reassign(found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once) -> LanguageQCOut:
    """Assigns another linguist. Work in progress returns to assigned."""
    return await languages.assign(caller, found, LanguageAction.REASSIGN, body, once)


@router.post(_LANGUAGE + "/assign-reviewer", responses=_ERRORS)
async def assign_reviewer(
    found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once
) -> LanguageQCOut:
    """Assigns a reviewer, who must not be the linguist."""
    return await languages.assign(caller, found, LanguageAction.ASSIGN_REVIEWER, body, once)


@router.post(_LANGUAGE + "/reassign-reviewer", responses=_ERRORS)
async def reassign_reviewer(
    found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once
) -> LanguageQCOut:
    """Assigns another reviewer. An open review returns to submitted."""
    return await languages.assign(caller, found, LanguageAction.REASSIGN_REVIEWER, body, once)


@router.post(_LANGUAGE + "/unassign", responses=_ERRORS)
async def unassign(
    found: AssignableLanguage, caller: Caller, once: Once, body: UnassignBody | None = None
) -> LanguageQCOut:
    """Unassigns the linguist, so that the work waits for another; or the reviewer, so that an open review returns to
    submitted."""
    return await languages.unassign(caller, found, body or UnassignBody(), once)


@router.post("/jobs/{job_id}/languages/bulk-assign", responses=_ERRORS)
async def bulk_assign(job: AssignableJob, body: BulkAssignBody, caller: Caller, once: Once) -> BulkAssigned:
    """Assigns a linguist, a reviewer, or both, for several languages. Each language has its own result."""
    return await languages.bulk_assign(caller, job, body, once)


@router.post(_LANGUAGE + "/start-work", responses=_ERRORS)
async def start_work(found: WorkableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """Starts the linguist's work."""
    return await languages.decide(caller, found, LanguageAction.START_WORK, once)


@router.post(_LANGUAGE + "/submit", responses=_ERRORS)
async def submit(found: WorkableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """Submits the linguist's work."""
    return await languages.decide(caller, found, LanguageAction.SUBMIT, once)


@router.post(_LANGUAGE + "/open-review", responses=_ERRORS)
async def open_review(found: JudgeableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """Opens the review."""
    return await languages.decide(caller, found, LanguageAction.OPEN_REVIEW, once)


@router.post(_LANGUAGE + "/approve", responses=_ERRORS)
async def approve(
    found: JudgeableLanguage, caller: Caller, once: Once, body: LanguageApproveBody | None = None
) -> LanguageQCOut:
    """Approves both texts. Blocking findings prevent this unless a reason overrides them."""
    asked = body or LanguageApproveBody()
    return await languages.decide(
        caller,
        found,
        LanguageAction.APPROVE,
        once,
        versions=asked.versions,
        override_reason=asked.override_reason,
    )


@router.post(_LANGUAGE + "/reject", responses=_ERRORS)
async def reject(
    found: JudgeableLanguage, body: LanguageRejectBody, caller: Caller, once: Once
) -> LanguageQCOut:
    """Returns the language to its linguist, with a reason."""
    return await languages.decide(caller, found, LanguageAction.REJECT, once, reason=body.reason)


@router.post(_LANGUAGE + "/reopen", responses=_ERRORS)
async def reopen(
    found: ReopenableLanguage, caller: Caller, once: Once, body: ReopenBody | None = None
) -> LanguageQCOut:
    """Reopens a rejected or approved language for its linguist."""
    return await languages.reopen(caller, found, body.reason if body else None, once)


@router.post(_LANGUAGE + "/mark-cue-reviewed", responses=_ERRORS)
async def mark_cue_reviewed(
    found: CommentableLanguage, body: MarkBody, caller: Caller, once: Once
) -> MarkOut:
    """Marks cues as reviewed. An edit of a cue removes its mark."""
    return await cues.mark(caller, found, body, once)


@router.get(_LANGUAGE + "/comments")
async def list_comments(
    found: InternalLanguage,
    caller: Caller,
    paging: Paging,
    resolved: Annotated[bool | None, Query(description="Settled ones alone, or open ones alone.")] = None,
) -> Page[CommentOut]:
    """Lists the comments on the language, oldest first."""
    return await comments.listing(caller, found, resolved, paging)


@router.post(_LANGUAGE + "/comments", status_code=201, responses=_ERRORS)
async def add_comment(
    found: CommentableLanguage, body: CommentBody, caller: Caller, once: Once, response: Response
) -> CommentOut:
    """Adds a comment on the language, or on one cue."""
    said = await comments.add(caller, found, body, once)
    base = f"/language-qc/jobs/{found.job.id}/languages/{found.row.language}"
    located(caller.parts.settings, response, f"{base}/comments/{said.id}")
    return said


@router.patch(_LANGUAGE + "/comments/{comment_id}", responses=_ERRORS)
async def change_comment(
    found: ResolvableComment, body: CommentPatch, caller: Caller, once: Once
) -> CommentOut:
    """Resolves or reopens a comment. Its author may also edit it."""
    return await comments.change(caller, found, body, once)


@router.delete(_LANGUAGE + "/comments/{comment_id}", status_code=204, responses=_ERRORS)
async def delete_comment(found: OwnComment, caller: Caller, once: Once) -> Response:
    """Deletes the caller's own comment."""
    await comments.delete(caller, found, once)
    return Response(status_code=204)


@router.get("/me/language-qc-queue")
async def my_queue(caller: Caller, paging: Paging) -> Page[QueueItem]:
    """Lists what waits for the caller as a linguist or a reviewer."""
    return await languages.queue(caller, paging)
