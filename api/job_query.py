"""The filters of `GET /jobs`, without its order and page."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query

from schema.contracts.bounds import Label, Language, Moment, Reference
from schema.enums import JobStatus, Urgency
from schema.queries.job_filters import Filter


async def get_wanted(
    status: Annotated[list[JobStatus], Query(description="May be given more than once.")] = [],  # noqa: B006
    org_id: Annotated[UUID | None, Query(description="Of this organisation alone.")] = None,
    client_id: Annotated[UUID | None, Query(description="Of this client alone.")] = None,
    project_id: Annotated[UUID | None, Query(description="Of this project alone.")] = None,
    q: Annotated[
        str | None,
        Query(
            max_length=200,
            description="Words, each the beginning of one of the title's, the file's or the reference's.",
        ),
    ] = None,
    priority: Annotated[Urgency | None, Query(description="Of this priority alone.")] = None,
    reference: Annotated[Reference | None, Query(description="Whose reference is exactly this.")] = None,
    label: Annotated[
        list[Label], Query(max_length=20, description="May be given more than once: all of them.")
    ] = [],  # noqa: B006
    language: Annotated[
        Language | None, Query(description="Spoken in the video, or asked for: a BCP 47 code.")
    ] = None,
    created_from: Annotated[Moment | None, Query(description="Made then or later.")] = None,
    created_to: Annotated[Moment | None, Query(description="Made before.")] = None,
    completed_from: Annotated[Moment | None, Query(description="Complete then or later.")] = None,
    completed_to: Annotated[Moment | None, Query(description="Complete before.")] = None,
    due_from: Annotated[Moment | None, Query(description="Due then or later.")] = None,
    due_to: Annotated[Moment | None, Query(description="Due before.")] = None,
    overdue: Annotated[bool, Query(description="Open, and past the due date.")] = False,
    assigned_to_me: Annotated[
        bool, Query(description="With a language that the caller is assigned to.")
    ] = False,
    needs_me: Annotated[bool, Query(description="That wait for the caller.")] = False,
) -> Filter:
    return Filter(
        status=status,
        org_id=org_id,
        client_id=client_id,
        project_id=project_id,
        q=q,
        priority=priority,
        reference=reference,
        labels=label,
        language=language,
        created=(created_from, created_to),
        completed=(completed_from, completed_to),
        due=(due_from, due_to),
        overdue=overdue,
        assigned_to_me=assigned_to_me,
        needs_me=needs_me,
    )


Wanted = Annotated[Filter, Depends(get_wanted)]
