"""Corrections of approved texts."""

from __future__ import annotations

from fastapi import APIRouter, Response

from api.authn import Caller
from api.bodies.texts import TextOut, TextSave
from api.errors import errors
from api.guards.texts import FinalText
from api.headers import IfMatch, about, tag_of
from api.idempotency import KeyedRoute, Once
from api.operations import final_texts

router = APIRouter(prefix="/production/jobs/{job_id}", tags=["Production"], route_class=KeyedRoute)


@router.post("/upload-final-vtt", responses=errors(400))
async def upload_final_text(
    text: FinalText, body: TextSave, caller: Caller, once: Once, response: Response, tags: IfMatch
) -> TextOut:
    """Saves a new version of an approved text, and makes the outputs of its language again."""
    with about(tags, body.base_version):
        saved = await final_texts.upload(caller, text, body, once)
    response.headers["ETag"] = tag_of(saved.version)
    return saved
