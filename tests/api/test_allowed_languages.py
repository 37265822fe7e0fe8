"""What is shown of a language as allowed is accepted, and what is not shown is refused, whoever asks: in each state of the
job and of the language."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from httpx import Response
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.operations import decisions
from schema.contracts.job import Decided, JobDecision, JobState, SourcePeople
from schema.contracts.language import LanguageDecided, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, Failure, Versions
from schema.db import Database
from schema.enums import JobStatus, Kind, LanguageAction, LanguageStage, Origin, QCState, Role, Step
from schema.queries import jobs, languages
from schema.queries.drafts import Draft, save_draft
from schema.tables import Job, JobLanguage, now
from schema.transitions import SOURCE_APPROVED
from tests.api.people import Person, Tenant, make_user
from tests.fakes.steps import CAPTIONS, SCRIPT, FakeSteps
from workflows import job_refusals, language_decisions

_J, _L, _Q = JobStatus, LanguageStage, QCState
VERSIONS = Versions(captions=1, audio_description=1)


@dataclass(frozen=True, slots=True)
class Case:
    status: JobStatus
    stage: LanguageStage
    qc: QCState
    linguist: bool = True
    reviewer: bool = True
    worked: bool = False
    """Whether production has stood in for the linguist."""
    failure: str | None = None
    forgotten: bool = False
    """Whether its texts are gone, as its client wants it."""

    @property
    def named(self) -> str:
        who = "".join(letter for letter, there in (("l", self.linguist), ("r", self.reviewer)) if there)
        more = [self.failure or "", "worked" if self.worked else "", "forgotten" if self.forgotten else ""]
        return "-".join(filter(None, (self.status, self.stage, self.qc, who, *more)))


def _cases() -> list[Case]:
    at_work = [Case(_J.LANGUAGE_QC, _L.LANGUAGE_QC, qc) for qc in _Q if qc is not _Q.PENDING]
    nobody = [
        replace(case, linguist=False, reviewer=False)
        for case in (*at_work, Case(_J.TRANSLATING, _L.TRANSLATING, _Q.PENDING))
        if case.qc in (_Q.PENDING, _Q.UNASSIGNED, _Q.SUBMITTED)
    ]
    again = [
        Case(_J.TRANSLATING, _L.TRANSLATING, qc)
        for qc in (_Q.PENDING, _Q.IN_PROGRESS, _Q.IN_REVIEW, _Q.APPROVED)
    ]
    later = [
        Case(_J.SYNTHESIZING, _L.SYNTHESIZING, _Q.APPROVED),
        Case(_J.PENDING_FINAL_REVIEW, _L.READY, _Q.APPROVED),
        Case(_J.COMPLETED, _L.READY, _Q.APPROVED),
        Case(_J.COMPLETED, _L.READY, _Q.APPROVED, forgotten=True),
        Case(_J.LANGUAGE_QC, _L.LANGUAGE_QC, _Q.IN_REVIEW, worked=True),
    ]
    stopped = [
        Case(_J.FAILED, _L.WAITING, _Q.ASSIGNED),
        Case(_J.FAILED, _L.WAITING, _Q.IN_REVIEW),
        Case(_J.FAILED, _L.FAILED, _Q.ASSIGNED, failure="terminated"),
        Case(_J.FAILED, _L.FAILED, _Q.APPROVED, failure="cancelled"),
        Case(_J.LANGUAGE_QC, _L.REMOVED, _Q.IN_REVIEW),
        Case(_J.COMPLETED, _L.REMOVED, _Q.APPROVED),
    ]
    closed = [
        Case(status, _L.WAITING, _Q.IN_PROGRESS)
        for status in _J
        if status not in SOURCE_APPROVED | {_J.COMPLETED}
    ]
    return [*at_work, *nobody, *again, *later, *stopped, *closed]


async def _job(tenant: Tenant, database: Database, case: Case) -> Job:
    """Its row and those of its languages, as they are projected; no workflow was started."""
    people = {
        "linguist_id": tenant[Role.LINGUIST].id if case.linguist else None,
        "reviewer_id": tenant[Role.REVIEWER].id if case.reviewer else None,
    }
    outputs = RequestedOutputs(languages=("es",) if case.stage is not _L.REMOVED else ())
    failure = (
        Failure(step=Step.TRANSLATE, language="es", code=case.failure, reason="It ended.")
        if case.failure
        else None
    )
    state = JobState(
        outputs=outputs,
        status=case.status,
        artifacts=Artifacts(),
        failure=failure,
        source_versions=VERSIONS,
        source_people=SourcePeople(**people),
    )
    gone = {"texts_gone_at": now()} if case.forgotten else {}
    job = await tenant.job(
        database, outputs=outputs, status=case.status, state=state.model_dump(mode="json"), **gone
    )
    worked_by = (tenant[Role.PRODUCTION].id,) if case.worked else ()
    approved = VERSIONS if case.qc is _Q.APPROVED else None
    es = LanguageState(
        language="es", stage=case.stage, qc_state=case.qc, source_versions=VERSIONS, versions=approved,
        worked_by=worked_by, failure=failure, **people,
    )  # fmt: skip
    begun = case.status in SOURCE_APPROVED | {_J.COMPLETED} and case.stage is not _L.WAITING
    en = LanguageState(
        language="en", is_source=True, stage=_L.READY if begun else _L.WAITING, versions=VERSIONS, source_versions=VERSIONS
    )  # fmt: skip
    async with database.begin() as session:
        for code, origin in (("en", Origin.DRAFT), ("es", Origin.TRANSLATION)):
            for kind, text in ((Kind.CAPTIONS, CAPTIONS), (Kind.AUDIO_DESCRIPTION, SCRIPT)):
                draft = Draft(code, kind, text, f"{code}{kind}"[:64], origin)
                await save_draft(session, job.id, draft, is_source=code == "en")
        for known in (en, es):
            row = await session.get(JobLanguage, (job.id, known.language))
            assert row is not None
            row.stage, row.qc_state = known.stage, known.qc_state
            row.state, row.failure = (
                known.model_dump(mode="json"),
                failure and failure.model_dump(mode="json"),
            )
            row.linguist_id, row.reviewer_id = people["linguist_id"], people["reviewer_id"]
    return job


def _asked(action: LanguageAction, somebody: UUID) -> tuple[str, dict[str, Any] | None]:
    name, body = action.replace("_", "-"), None
    if "assign" in action:
        body = {"user_id": str(somebody)}
    if action in (LanguageAction.UNASSIGN, LanguageAction.UNASSIGN_REVIEWER):
        name = "unassign"
        body = {"role": "reviewer" if action is LanguageAction.UNASSIGN_REVIEWER else "linguist"}
    if action in (LanguageAction.REJECT, LanguageAction.APPROVE):
        reason = "reason" if action is LanguageAction.REJECT else "override_reason"
        body = {reason: "A reason."}
    return name, body


async def _shown(who: Person, job: Job) -> dict[str, list[str]]:
    """By language, as the map has it and as the job has it, which say the same."""
    answer = await who.get(f"/language-qc/jobs/{job.id}/language-qc")
    assert answer.status_code == 200, answer.text
    on_map = {code: each.get("allowed_actions", []) for code, each in answer.json()["languages"].items()}
    in_job = (await who.get(f"/jobs/{job.id}")).json()["languages"]
    assert {code: each.get("allowed_actions", []) for code, each in in_job.items()} == on_map
    return on_map


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch, database: Database) -> None:
    """Decisions reach what the workflows' validators ask, over the rows, and change nothing: hundreds of them are tried."""

    async def decide(client: Any, workflow_id: str, decision: Any, answer: Any, again: Any, **_: Any) -> Any:
        job_id, code = UUID(workflow_id[4:40]), workflow_id[41:]
        async with database.begin() as session:
            job = await jobs.load(session, job_id)
            rows = {row.language: row for row in await languages.of_job(session, job_id)}
        assert job is not None
        try:
            if isinstance(decision, JobDecision):
                state = jobs.job_state(job, rows.values())
                job_refusals.refuse(state, decision, jobs.job_ref(job))
                return Decided(status=state.status, revision=state.revision)
            if rows[code].stage is _L.FAILED:
                await again()
            language_decisions.refuse(LanguageState.kept(rows[code].state), decision)
        except ApplicationError as refused:
            raise WorkflowUpdateFailedError(refused) from refused
        return LanguageDecided(stage=rows[code].stage, qc_state=rows[code].qc_state, revision=0)

    monkeypatch.setattr(decisions, "decide", decide)


async def _ask(who: Person, job: Job, code: str, action: LanguageAction, somebody: UUID) -> Response:
    name, body = _asked(action, somebody)
    return await who.post(f"/language-qc/jobs/{job.id}/languages/{code}/{name}", body)


@pytest.mark.usefixtures("validated")
@pytest.mark.parametrize("case", _cases(), ids=lambda case: case.named)
async def test_what_is_shown_is_accepted_and_nothing_else(
    tenant: Tenant, database: Database, case: Case
) -> None:
    somebody = (await make_user(database, Role.REVIEWER, tenant.org.id)).id
    job = await _job(tenant, database, case)
    for role in Role:
        shown = await _shown(tenant[role], job)
        for code, action in ((code, action) for code in ("en", "es") for action in LanguageAction):
            answer = await _ask(tenant[role], job, code, action, somebody)
            expected = (200,) if action in shown[code] else (403, 409)
            assert answer.status_code in expected, (role, code, action, answer.text)
            if answer.status_code == 409 and answer.json()["state"] == case.qc:
                assert answer.json()["allowed_actions"] == shown[code]


@pytest.mark.parametrize(
    ("case", "role"),
    [
        (Case(_J.LANGUAGE_QC, _L.LANGUAGE_QC, _Q.IN_REVIEW), Role.ADMIN),
        (Case(_J.LANGUAGE_QC, _L.LANGUAGE_QC, _Q.ASSIGNED), Role.LINGUIST),
        (Case(_J.COMPLETED, _L.READY, _Q.APPROVED), Role.REVIEWER),
        (Case(_J.FAILED, _L.WAITING, _Q.IN_REVIEW), Role.PROJECT_MANAGER),
    ],
    ids=lambda each: each.named if isinstance(each, Case) else each.value,
)
async def test_what_is_shown_is_accepted_by_the_workflow_itself(
    tenant: Tenant, database: Database, steps: FakeSteps, case: Case, role: Role
) -> None:
    steps.begin_test()
    somebody = (await make_user(database, Role.REVIEWER, tenant.org.id)).id
    shown = await _shown(tenant[role], await _job(tenant, database, case))
    assert shown["es"]
    for action in shown["es"]:
        answer = await _ask(
            tenant[role], await _job(tenant, database, case), "es", LanguageAction(action), somebody
        )
        assert answer.status_code == 200, (action, answer.text)
