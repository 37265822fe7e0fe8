"""Request bodies that are sent as form fields."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Form

from api.bodies.uploads import AboutAndTexts, BroughtText
from schema.contracts.bounds import Labels, Moment, Notes, Reference, Style, Title
from schema.enums import Audience, Urgency


async def get_about(
    title: Annotated[
        Title | None, Form(description="What people call it; absent: the brief's, or else the file's name.")
    ] = None,
    notes: Annotated[Notes | None, Form(description="For those who work on it.")] = None,
    notes_audience: Annotated[Audience, Form(description="Whom the notes are for.")] = Audience.INTERNAL,
    due_at: Annotated[Moment | None, Form(description="When it is to be complete.")] = None,
    priority: Annotated[
        Urgency | None, Form(description="`rush` comes before others; clients do not say it.")
    ] = None,
    reference: Annotated[Reference | None, Form(description="What another system calls it.")] = None,
    labels: Annotated[Labels | None, Form(description="To find it by; one a field.")] = None,
    style: Annotated[Style | None, Form(description="How its descriptions are to be written.")] = None,
    project_id: Annotated[
        UUID | None,
        Form(description="Absent: that of the brief, or else the only project of the caller's only client."),
    ] = None,
    brief_id: Annotated[
        UUID | None,
        Form(description="The approved brief that it is made of: what is left out here is as it says."),
    ] = None,
    captions: Annotated[BroughtText, Form()] = None,
    audio_description: Annotated[BroughtText, Form()] = None,
) -> AboutAndTexts:
    """The fields of a form, with the same limits as the JSON body."""
    return AboutAndTexts.model_construct(
        title=title,
        notes=notes,
        notes_audience=notes_audience,
        due_at=due_at,
        priority=priority,
        reference=reference,
        labels=labels,
        style=style,
        project_id=project_id,
        brief_id=brief_id,
        captions=captions,
        audio_description=audio_description,
    )


AboutForm = Annotated[AboutAndTexts, Depends(get_about)]
