"""Jobs in every state, as rows alone: the first decision about one begins its workflow from there."""

from __future__ import annotations

from typing import Any

from schema.contracts.job import JobState
from schema.contracts.language import LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Failure, Versions
from schema.enums import AssetKind, JobStatus, Kind, LanguageStage, Origin, QCState, Role, Step
from schema.tables import Asset, Job, JobLanguage, TextVersion, now
from tests.api.authorization.world import Ids, Make, Site, World
from tests.api.people import Person
from tests.drafted import ARTIFACTS
from tests.factories import insert_job
from tests.fakes.steps import CAPTIONS, SCRIPT

BOTH = Versions(captions=1, audio_description=1)
_FAILED = Failure(step=Step.DESCRIBE, code="unavailable", reason="The store was away.")
_DONE = {JobStatus.PENDING_FINAL_REVIEW, JobStatus.COMPLETED}
_UNAPPROVED = {JobStatus.CREATED, JobStatus.PENDING_QC, JobStatus.REJECTED, JobStatus.FAILED}


def job(status: JobStatus = JobStatus.PENDING_QC, **more: Any) -> Make:
    """A job of one language, whose creator is the site's client."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        made = await insert(world, site, status, **more)
        return {"job_id": made.id, "org_id": site.org.id}

    return make


def language(
    qc: QCState, *, own: bool = True, speech: bool = False, status: JobStatus = JobStatus.LANGUAGE_QC
) -> Make:
    """A job whose Spanish is at `qc`. Not `own`: other people are assigned to it, who do the same work."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        people = (site.linguist, site.reviewer) if own else (None, None)
        ids = [(person or await world.user(Role.LINGUIST, site.org.id)).id for person in people]
        if qc is QCState.UNASSIGNED:
            ids = []
        spanish = LanguageState(
            language="es",
            stage=LanguageStage.LANGUAGE_QC if qc is not QCState.APPROVED else LanguageStage.READY,
            qc_state=qc,
            source_versions=BOTH,
            versions=BOTH if qc is QCState.APPROVED else None,
            linguist_id=ids[0] if ids else None,
            reviewer_id=ids[1] if ids else None,
            begun_at=now(),
        )
        outputs = RequestedOutputs(languages=("es",), audio_description_mp3=speech)
        made = await insert(world, site, status, outputs=outputs, spanish=spanish)
        return {"job_id": made.id, "org_id": site.org.id, "lang": "es", "language": "es"}

    return make


async def insert(
    world: World,
    site: Site,
    status: JobStatus,
    *,
    outputs: RequestedOutputs = RequestedOutputs(),
    spanish: LanguageState | None = None,
    **fields: Any,
) -> Job:
    """Its rows: the job, its languages, their texts, and its outputs where it has them."""
    approved = status not in _UNAPPROVED
    failure = _FAILED if status is JobStatus.FAILED else None
    source = LanguageState(
        language="en",
        is_source=True,
        stage=LanguageStage.READY if approved else LanguageStage.WAITING,
        source_versions=BOTH if approved else None,
        versions=BOTH if approved else None,
        begun_at=now() if approved else None,
    )
    languages = [source, *([spanish] if spanish else [])]
    state = JobState(
        status=status,
        outputs=outputs,
        artifacts=ARTIFACTS,
        failure=failure,
        step=failure and failure.step,
        source_versions=BOTH if approved else None,
        languages={each.language: each for each in languages} if approved else {},
    )
    made = await insert_job(
        world.database,
        outputs,
        org_id=site.org.id,
        client_id=site.client.id,
        project_id=site.project.id,
        status=status,
        state=state.model_dump(mode="json"),
        failure=failure and failure.model_dump(mode="json"),
        step=failure and failure.step.value,
        **{"creator_id": site.creator.id, **fields},
    )
    async with world.database.begin() as session:
        for each in languages:
            row = await session.get(JobLanguage, (made.id, each.language))
            row = row or JobLanguage(job_id=made.id, language=each.language)
            row.sqlmodel_update(each.model_dump(include={"stage", "qc_state", "linguist_id", "reviewer_id"}))
            row.state = each.model_dump(mode="json") if approved else None
            session.add(row)
            session.add_all([_text(made, each.language, kind) for kind in Kind])
        if status in _DONE:
            session.add_all([_asset(made, kind) for kind in outputs.wanted_assets()])
    return made


def _text(made: Job, code: str, kind: Kind) -> TextVersion:
    content = CAPTIONS if kind is Kind.CAPTIONS else SCRIPT
    return TextVersion(
        job_id=made.id, language=code, kind=kind, version=1, content=content, origin=Origin.DRAFT, sources={}
    )


def _asset(made: Job, kind: AssetKind) -> Asset:
    return Asset(
        job_id=made.id,
        language="en",
        kind=kind,
        object_name="authorization.vtt",
        content_type="text/vtt",
        size_bytes=len(CAPTIONS),
        details={},
    )
