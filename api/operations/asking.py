"""What is asked of a job beside its outputs: by when, how urgently, in which style, and what others call it."""

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
    """Of a job, or of its upload: the columns that `about` says something of.

    Raises:
        Forbidden: the caller is not to say that it is urgent.
    """
    refuse_rush(ctx, org_id, about.priority)
    found = {name: getattr(about, name) for name in FIELDS if getattr(about, name) is not None}
    if about.notes is not None:
        found[notes_column(ctx, org_id, about.notes_audience)] = about.notes
    return found


def of_brief(brief: Brief | None) -> dict[str, Any]:
    """What its brief says of a job: by when, and its notes, which the client's people read there too."""
    if brief is None:
        return {}
    found = {"due_at": brief.due_at, _NOTES[Audience.CLIENT]: brief.notes}
    return {name: value for name, value in found.items() if value}


def announced(upload: Upload) -> dict[str, Any]:
    """What was said of the job when its upload was announced."""
    names = (*FIELDS, *_NOTES.values())
    return {name: getattr(upload, name) for name in names if getattr(upload, name) is not None}


def of_twin(ctx: Context, job: Job) -> dict[str, Any]:
    """What a clone takes over: neither a date nor another system's name for it."""
    urgent = job.priority is Urgency.RUSH and ctx.principal.may(Permission.RUSH_JOB, job.org_id)
    priority = Urgency.RUSH if urgent else Urgency.NORMAL
    return {"labels": list(job.labels), "style": job.style, "priority": priority}


def notes_column(ctx: Context, org_id: UUID, audience: Audience) -> str:
    """Where notes are kept: a client's are always for the client too, and never replace those of others."""
    return _NOTES[Audience.CLIENT if ctx.principal.is_client_in(org_id) else audience]


def refuse_rush(ctx: Context, org_id: UUID, priority: Urgency | None) -> None:
    if priority is Urgency.RUSH and not ctx.principal.may(Permission.RUSH_JOB, org_id):
        raise forbidden(Permission.RUSH_JOB)
