"""The properties of a job other than its outputs: due date, priority, style and reference."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from api.bodies.uploads import About
from api.context import Context
from schema.enums import Audience, Urgency
from schema.permissions import Permission, forbidden
from schema.tables import Brief, Job, Upload

FIELDS = ("due_at", "priority", "reference", "labels", "style")
_NOTES = {Audience.INTERNAL: "notes", Audience.CLIENT: "client_notes"}


def said(ctx: Context, org_id: UUID, about: About) -> dict[str, Any]:
    """The columns that `about` sets, of a job or of its upload.

    Raises:
        Forbidden: the caller may not set the priority to rush.
    """
    refuse_rush(ctx, org_id, about.priority)
    found = {name: getattr(about, name) for name in FIELDS if getattr(about, name) is not None}
    if about.notes is not None:
        found[notes_column(ctx, org_id, about.notes_audience)] = about.notes
    return found


def of_brief(brief: Brief | None) -> dict[str, Any]:
    """The properties that a job takes from its brief: the due date, and the notes, which the client's users read there
    too."""
    if brief is None:
        return {}
    found = {"due_at": brief.due_at, _NOTES[Audience.CLIENT]: brief.notes}
    return {name: value for name, value in found.items() if value}


def announced(upload: Upload) -> dict[str, Any]:
    """The properties that were given when the upload was announced."""
    names = (*FIELDS, *_NOTES.values())
    return {name: getattr(upload, name) for name in names if getattr(upload, name) is not None}


def of_twin(ctx: Context, job: Job) -> dict[str, Any]:
    """The properties that a clone takes over: neither the due date nor the reference."""
    urgent = job.priority is Urgency.RUSH and ctx.principal.may(Permission.RUSH_JOB, job.org_id)
    priority = Urgency.RUSH if urgent else Urgency.NORMAL
    return {"labels": list(job.labels), "style": job.style, "priority": priority}


def notes_column(ctx: Context, org_id: UUID, audience: Audience) -> str:
    """The column for notes. Those of a client's user are always visible to the client, and never replace those of
    others."""
    return _NOTES[Audience.CLIENT if ctx.principal.is_client_in(org_id) else audience]


def refuse_rush(ctx: Context, org_id: UUID, priority: Urgency | None) -> None:
    if priority is Urgency.RUSH and not ctx.principal.may(Permission.RUSH_JOB, org_id):
        raise forbidden(Permission.RUSH_JOB)
