"""What the steps are tested with."""

from __future__ import annotations

from schema.contracts.steps import JobRef
from schema.tables import Job


def job_ref(job: Job, source_language: str = "en") -> JobRef:
    """What a step is told of `job`."""
    return JobRef(
        job_id=job.id,
        org_id=job.org_id,
        client_id=job.client_id,
        project_id=job.project_id,
        source_language=source_language,
        source_object=job.source_object,
    )
