"""Jobs and changes as the API would tell them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from api.bodies.job_languages import LanguageOut
from api.bodies.jobs import JobOut
from api.bodies.live import Changed
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Versions
from schema.enums import JobStatus, LanguageStage, QCState

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
BOTH = Versions(captions=2, audio_description=3)


def language(
    code: str,
    stage: LanguageStage = LanguageStage.WAITING,
    qc_state: QCState = QCState.PENDING,
    **more: Any,
) -> LanguageOut:
    values: dict[str, Any] = {
        "language": code,
        "is_source": code == "en",
        "stage": stage,
        "qc_state": None if code == "en" else qc_state,
        "allowed_actions": [],
        "revision": 1,
        "linguist_id": None,
        "reviewer_id": None,
        "due_at": None,
        "review_due_at": None,
        "locked": False,
        "reason": None,
        "failure": None,
        "progress": None,
        "versions": BOTH,
        "outputs": [],
    }
    return LanguageOut.model_validate({**values, **more})


def job(status: JobStatus, *languages: LanguageOut, **more: Any) -> JobOut:
    values: dict[str, Any] = {
        "id": UUID(int=7),
        "status": status,
        "title": "A title",
        "notes": "",
        "client_notes": "",
        "due_at": None,
        "priority": "normal",
        "reference": "",
        "labels": [],
        "style": "",
        "created_at": BEGAN,
        "updated_at": BEGAN,
        "completed_at": None,
        "org_id": uuid4(),
        "client_id": uuid4(),
        "project_id": uuid4(),
        "brief_id": None,
        "creator_id": uuid4(),
        "cloned_from": None,
        "source_language": "en",
        "requested_outputs": RequestedOutputs(languages=("es",)),
        "filename": "video.mp4",
        "content_type": "video/mp4",
        "size_bytes": 1,
        "step": None,
        "revision": 1,
        "failure": None,
        "reason": None,
        "allowed_actions": [],
        "languages": {each.language: each for each in languages},
    }
    return JobOut.model_validate({**values, **more})


def change(at_s: float, event: str = "status", language: str | None = None, **data: Any) -> Changed:
    return Changed(
        id=1,
        event=event,
        job_id=UUID(int=7),
        language=language,
        at=BEGAN + timedelta(seconds=at_s),
        status=data.get("status", JobStatus.PROBING),
        data=data,
    )
