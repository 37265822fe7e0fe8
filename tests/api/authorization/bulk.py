"""The same for many jobs: who may at all is told by a status, who may with a job by what became of it."""

from __future__ import annotations

from typing import Any

from schema.enums import JobStatus
from tests.api.authorization.jobs import REASON, by_others
from tests.api.authorization.things import job
from tests.api.authorization.world import Entry, Ids, Make

_BULK = "/jobs/bulk"


def _done(answer: Any, ids: Ids) -> bool:
    told = [(each["job_id"], each["outcome"]) for each in answer["results"] or ()]
    return told == [(str(ids["job_id"]), "done")]


def _many(make: Make, **more: str) -> Entry:
    return Entry(make, lambda ids: {"job_ids": [str(ids["job_id"])], **more}, shown=_done)


_AT_THE_END = job(JobStatus.PENDING_FINAL_REVIEW)
ENTRIES = {
    f"DELETE {_BULK}": _many(job(source_object="authorization.vtt")),
    f"DELETE {_BULK} (made by somebody else)": _many(by_others),
    f"POST {_BULK}/approve": _many(job()),
    f"POST {_BULK}/return-to-qc": _many(_AT_THE_END, **REASON),
    f"POST {_BULK}/complete": _many(_AT_THE_END),
    f"POST {_BULK}/reject-final": _many(_AT_THE_END, **REASON),
    f"POST {_BULK}/download": _many(job(JobStatus.COMPLETED)),
    "POST /production/bulk-retry": _many(job(JobStatus.FAILED)),
}
