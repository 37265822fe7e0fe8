"""The accessible video of a language: its plan, and a person's changes to it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path

from api.authn import Caller
from api.bodies.accessible_video import EditState, PausePointEdit
from api.errors import errors
from api.guards.accessible_video import EditablePlan, VisiblePlan
from api.idempotency import KeyedRoute, Once
from api.operations import accessible_video
from schema.contracts.bounds import Count

router = APIRouter(prefix="/jobs/{job_id}/accessible-video/{language}", tags=["Jobs"], route_class=KeyedRoute)


@router.get("/edit-state")
async def get_edit_state(found: VisiblePlan, caller: Caller) -> EditState:
    """Returns every description with its gap, its clip, its pause point, and the reason for its placement."""
    return await accessible_video.edit_state(caller, found)


@router.patch("/pause-points/{cue_index}", responses=errors(400))
async def edit_pause_point(
    found: EditablePlan,
    cue_index: Annotated[Count, Path(description="From 0, in the audio description.")],
    body: PausePointEdit,
    caller: Caller,
    once: Once,
) -> EditState:
    """Moves a pause point, or changes how one description is heard, and renders again."""
    return await accessible_video.edit_pause_point(caller, found, cue_index, body, once)
