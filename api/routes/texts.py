"""The VTT texts of a job, and their versions."""

from __future__ import annotations

from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query, Response

from api.authn import Caller
from api.bodies.client_jobs import ClientText, ClientVersion
from api.bodies.texts import (
    AdjustBody,
    CueState,
    RestoreBody,
    TextCheck,
    TextChecked,
    TextOut,
    TextSave,
    TextView,
    Version,
    VersionOut,
)
from api.errors import errors
from api.guards.texts import CheckableText, EditableText, VisibleText
from api.headers import IfMatch, Revalidated, about, tag_beside
from api.idempotency import KeyedRoute, Once
from api.operations import text_checks, texts
from api.pagination import Page, Paging
from schema.vtt.diff import Diff

T = TypeVar("T", TextOut, ClientText, TextView)
router = APIRouter(prefix="/jobs/{job_id}/vtt", tags=["Jobs"], route_class=KeyedRoute)
_SAVE_ERRORS = errors(400)


def _tagged(response: Response, text: T) -> T:
    """Sets the ETag from the version, and from what is known of single cues."""
    cues: dict[str, CueState] = text.cues if isinstance(text, TextOut) else {}
    beside = "".join(f"{cue}{state.model_dump_json()}" for cue, state in cues.items())
    response.headers["ETag"] = tag_beside(text.version, beside)
    return text


@router.get("", dependencies=[Revalidated])
async def get_text(text: VisibleText, caller: Caller, response: Response) -> TextView:
    """Returns the current text, its version, and its quality findings."""
    return _tagged(response, await texts.current(caller, text))


@router.patch("", responses=_SAVE_ERRORS)
async def save_text(
    text: EditableText, body: TextSave, caller: Caller, once: Once, response: Response, tags: IfMatch
) -> TextOut:
    """Saves an edit as a new version."""
    with about(tags, body.base_version):
        return _tagged(response, await texts.save(caller, text, body, once))


@router.post("/adjust-timing", responses=_SAVE_ERRORS)
async def adjust_timing(
    text: EditableText, body: AdjustBody, caller: Caller, once: Once, response: Response, tags: IfMatch
) -> TextOut:
    """Shifts or stretches all cues, or a range, as a new version."""
    with about(tags, body.base_version):
        return _tagged(response, await texts.adjust(caller, text, body, once))


@router.post("/check", responses=_SAVE_ERRORS)
async def check_text(text: CheckableText, body: TextCheck, caller: Caller) -> TextChecked:
    """Returns the findings, terms and placements that a text would have if it were saved. Nothing is saved."""
    return await text_checks.check(caller, text, body)


@router.get("/versions")
async def list_versions(
    text: VisibleText, caller: Caller, paging: Paging
) -> Page[VersionOut | ClientVersion]:
    """Lists every version, newest first."""
    return await texts.history(caller, text, paging)


@router.get("/versions/diff")
async def compare_versions(
    text: VisibleText,
    caller: Caller,
    before: Annotated[Version, Query(alias="from", description="The older version.")],
    after: Annotated[Version, Query(alias="to", description="The newer version.")],
) -> Diff:
    """Returns what changed between two versions, cue by cue."""
    return await texts.compare(caller, text, before, after)


@router.post("/versions/restore", responses=_SAVE_ERRORS)
async def restore_version(
    text: EditableText, body: RestoreBody, caller: Caller, once: Once, response: Response, tags: IfMatch
) -> TextOut:
    """Saves an earlier version again, as a new one."""
    with about(tags, body.base_version):
        return _tagged(response, await texts.restore(caller, text, body, once))


@router.get("/versions/{version}", dependencies=[Revalidated])
async def get_version(
    text: VisibleText,
    caller: Caller,
    version: Annotated[Version, Path(description="Counts from 1.")],
    response: Response,
) -> TextView:
    """Returns one version with its text."""
    return _tagged(response, await texts.one(caller, text, version))
