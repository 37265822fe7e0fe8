"""Review notes on a moment of a video."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Response

from api.authn import Caller
from api.bodies.notes import NoteBody, NoteOut, NotePatch
from api.errors import errors
from api.guards.jobs import VisibleJob
from api.guards.notes import DeletableNote, EditableNote, VisibleNote
from api.headers import located
from api.idempotency import KeyedRoute, Once
from api.operations import notes
from api.pagination import Page, Paging
from schema.contracts.bounds import Language
from schema.enums import NoteAsset
from schema.queries.notes import NoteFilter

router = APIRouter(prefix="/jobs/{job_id}/review-notes", tags=["Review notes"], route_class=KeyedRoute)


@router.get("", responses=errors(401, 404))
async def list_notes(
    job: VisibleJob,
    caller: Caller,
    paging: Paging,
    language: Annotated[Language | None, Query(description="About this language alone.")] = None,
    resolved: Annotated[bool | None, Query(description="Those that were seen to, or were not.")] = None,
    asset: Annotated[NoteAsset | None, Query(description="Of this asset alone.")] = None,
) -> Page[NoteOut]:
    """Lists the notes in the order of the video. A client's own users see those for clients."""
    return await notes.listing(caller, job, NoteFilter(language, resolved, asset), paging)


@router.post("", status_code=201, responses=errors(400, 401, 403, 404, 409))
async def create_note(
    job: VisibleJob, body: NoteBody, caller: Caller, once: Once, response: Response
) -> NoteOut:
    """Adds a note at a moment of the source, or of the accessible video of a language."""
    made = await notes.create(caller, job, body, once)
    located(caller.parts.settings, response, f"/jobs/{job.id}/review-notes/{made.id}")
    return await notes.view(caller, job, made)


@router.get("/{note_id}", responses=errors(401, 404))
async def get_note(found: VisibleNote, caller: Caller) -> NoteOut:
    """Returns one note."""
    return await notes.view(caller, found.job, found.note)


@router.patch("/{note_id}", responses=errors(400, 401, 403, 404, 409))
async def change_note(found: EditableNote, body: NotePatch, caller: Caller, once: Once) -> NoteOut:
    """Changes a note: its text, its audience, and whether it is resolved. For its author, production and admins."""
    return await notes.view(caller, found.job, await notes.change(caller, found, body, once))


@router.delete("/{note_id}", status_code=204, responses=errors(401, 403, 404, 409))
async def delete_note(found: DeletableNote, caller: Caller, once: Once) -> None:
    """Deletes a note. For its author, production and admins."""
    await notes.delete(caller, found, once)
