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
    """Where every language is, who has it, and what stands in its way."""
    return await languages.qc_map(caller, job)


@router.post(_LANGUAGE + "/assign", responses=_ERRORS)
async def assign(found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once) -> LanguageQCOut:
    """A linguist; while the language is being translated it takes effect when that ends."""
    return await languages.assign(caller, found, LanguageAction.ASSIGN, body, once)


@router.post(_LANGUAGE + "/reassign", responses=_ERRORS)
async def reassign(found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once) -> LanguageQCOut:
    """Another linguist; work in progress goes back to assigned."""
    return await languages.assign(caller, found, LanguageAction.REASSIGN, body, once)


@router.post(_LANGUAGE + "/assign-reviewer", responses=_ERRORS)
async def assign_reviewer(
    found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once
) -> LanguageQCOut:
    """A reviewer: not the linguist."""
    return await languages.assign(caller, found, LanguageAction.ASSIGN_REVIEWER, body, once)


@router.post(_LANGUAGE + "/reassign-reviewer", responses=_ERRORS)
async def reassign_reviewer(
    found: AssignableLanguage, body: AssignBody, caller: Caller, once: Once
) -> LanguageQCOut:
    """Another reviewer; a review that was open goes back to submitted."""
    return await languages.assign(caller, found, LanguageAction.REASSIGN_REVIEWER, body, once)


@router.post(_LANGUAGE + "/unassign", responses=_ERRORS)
async def unassign(
    found: AssignableLanguage, caller: Caller, once: Once, body: UnassignBody | None = None
) -> LanguageQCOut:
    """Takes the linguist off, whose work waits for another; or the reviewer, whose open review is submitted again."""
    return await languages.unassign(caller, found, body or UnassignBody(), once)


@router.post("/jobs/{job_id}/languages/bulk-assign", responses=_ERRORS)
async def bulk_assign(job: AssignableJob, body: BulkAssignBody, caller: Caller, once: Once) -> BulkAssigned:
    """A linguist, a reviewer, or both, for several languages; each says what became of it."""
    return await languages.bulk_assign(caller, job, body, once)


@router.post(_LANGUAGE + "/start-work", responses=_ERRORS)
async def start_work(found: WorkableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """The linguist begins."""
    return await languages.decide(caller, found, LanguageAction.START_WORK, once)


@router.post(_LANGUAGE + "/submit", responses=_ERRORS)
async def submit(found: WorkableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """The linguist is done."""
    return await languages.decide(caller, found, LanguageAction.SUBMIT, once)


@router.post(_LANGUAGE + "/open-review", responses=_ERRORS)
async def open_review(found: JudgeableLanguage, caller: Caller, once: Once) -> LanguageQCOut:
    """The reviewer begins."""
    return await languages.decide(caller, found, LanguageAction.OPEN_REVIEW, once)


@router.post(_LANGUAGE + "/approve", responses=_ERRORS)
async def approve(
    found: JudgeableLanguage, caller: Caller, once: Once, body: LanguageApproveBody | None = None
) -> LanguageQCOut:
    """Approves both texts; blocking findings stand in the way unless a reason overrides them."""
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
    """Back to the linguist, with a reason."""
    return await languages.decide(caller, found, LanguageAction.REJECT, once, reason=body.reason)


@router.post(_LANGUAGE + "/reopen", responses=_ERRORS)
async def reopen(
    found: ReopenableLanguage, caller: Caller, once: Once, body: ReopenBody | None = None
) -> LanguageQCOut:
    """Opens a rejected or approved language for its linguist again."""
    return await languages.reopen(caller, found, body.reason if body else None, once)


@router.post(_LANGUAGE + "/mark-cue-reviewed", responses=_ERRORS)
async def mark_cue_reviewed(
    found: CommentableLanguage, body: MarkBody, caller: Caller, once: Once
) -> MarkOut:
    """Marks cues; an edit of one clears its mark."""
    return await cues.mark(caller, found, body, once)


@router.get(_LANGUAGE + "/comments")
async def list_comments(
    found: InternalLanguage,
    caller: Caller,
    paging: Paging,
    resolved: Annotated[bool | None, Query(description="Settled ones alone, or open ones alone.")] = None,
) -> Page[CommentOut]:
    """What was said about the language, oldest first."""
    return await comments.listing(caller, found, resolved, paging)


@router.post(_LANGUAGE + "/comments", status_code=201, responses=_ERRORS)
async def add_comment(
    found: CommentableLanguage, body: CommentBody, caller: Caller, once: Once, response: Response
) -> CommentOut:
    """Says something about the language, or about one cue."""
    said = await comments.add(caller, found, body, once)
    base = f"/language-qc/jobs/{found.job.id}/languages/{found.row.language}"
    located(caller.parts.settings, response, f"{base}/comments/{said.id}")
    return said


@router.patch(_LANGUAGE + "/comments/{comment_id}", responses=_ERRORS)
async def change_comment(
    found: ResolvableComment, body: CommentPatch, caller: Caller, once: Once
) -> CommentOut:
    """Settles it, or opens it again; its author may say something else."""
    return await comments.change(caller, found, body, once)


@router.delete(_LANGUAGE + "/comments/{comment_id}", status_code=204, responses=_ERRORS)
async def delete_comment(found: OwnComment, caller: Caller, once: Once) -> Response:
    """Its author takes it back."""
    await comments.delete(caller, found, once)
    return Response(status_code=204)


@router.get("/me/language-qc-queue")
async def my_queue(caller: Caller, paging: Paging) -> Page[QueueItem]:
    """What waits for the caller as a linguist or a reviewer."""
    return await languages.queue(caller, paging)
