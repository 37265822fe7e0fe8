"""Language QC, by the right people."""

from __future__ import annotations

import asyncio
from uuid import UUID, uuid4

import pytest
from httpx import AsyncClient
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import DeleteWorkflowExecutionRequest
from temporalio.client import Client

from schema.db import Database
from schema.enums import JobStatus, LanguageStage, QCState, Role
from schema.tables import JobLanguage
from tests.api.flow import key, until, until_language
from tests.api.people import Person, Tenant, make_user, sign_in
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps
from tests.workflows.platform import eventually, is_unknown
from workflows import names


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def _translated(tenant: Tenant, drafted: Drafted, *codes: str) -> tuple[UUID, str]:
    """A job whose languages wait for a linguist, and the path of the first."""
    job_id = await drafted.job(tenant, languages=codes or ("es",))
    approved = await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")
    assert approved.status_code == 200, approved.text
    for code in codes or ("es",):
        await until_language(tenant[Role.PRODUCTION], job_id, code, "unassigned")
    return job_id, f"/language-qc/jobs/{job_id}/languages/{(codes or ('es',))[0]}"


async def _assigned(tenant: Tenant, drafted: Drafted) -> tuple[UUID, str]:
    job_id, path = await _translated(tenant, drafted)
    manager = tenant[Role.PROJECT_MANAGER]
    due = "2026-12-01T12:00:00Z"
    linguist = await manager.post(f"{path}/assign", {"user_id": str(tenant[Role.LINGUIST].id), "due_at": due})
    assert linguist.status_code == 200, linguist.text
    assert linguist.json()["linguist"]["name"] == tenant[Role.LINGUIST].user.name
    assert linguist.json()["due_at"] == due
    reviewer = await manager.post(f"{path}/assign-reviewer", {"user_id": str(tenant[Role.REVIEWER].id)})
    assert reviewer.status_code == 200, reviewer.text
    return job_id, path


async def _ok(person: Person, path: str, **body) -> dict:
    answer = await person.post(path, body or None, key())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize("code", ["es", "en"])
@pytest.mark.parametrize("part", ["linguist", "reviewer"])
async def test_of_two_who_assign_different_people_at_once_one_is_told(
    tenant: Tenant, drafted: Drafted, database: Database, code: str, part: str
) -> None:
    job_id, _ = await _translated(tenant, drafted)
    people = [await make_user(database, Role.REVIEWER, tenant.org.id) for _ in range(2)]
    path = f"/language-qc/jobs/{job_id}/languages/{code}"
    route = f"{path}/assign" if part == "linguist" else f"{path}/assign-reviewer"
    leads = (tenant[Role.PROJECT_MANAGER], tenant[Role.PRODUCTION])
    answers = await asyncio.gather(
        *(lead.post(route, {"user_id": str(who.id)}) for lead, who in zip(leads, people, strict=True))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409], [each.text for each in answers]
    won = next(who for who, answer in zip(people, answers, strict=True) if answer.status_code == 200)
    shown = (await leads[0].get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"][code]
    assert shown[part]["name"] == won.name


async def test_a_language_goes_from_assignment_to_approval(tenant: Tenant, drafted: Drafted) -> None:
    job_id, path = await _assigned(tenant, drafted)
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    queue = (await linguist.get("/language-qc/me/language-qc-queue?size=100")).json()["items"]
    mine = next(item for item in queue if item["job_id"] == str(job_id))
    assert (mine["language"], mine["role"], mine["qc_state"]) == ("es", "linguist", "assigned")
    assert (await _ok(linguist, f"{path}/start-work"))["qc_state"] == "in_progress"
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    draft = (await linguist.get(text)).json()
    better = draft["content"].replace("Buenas noches", "Muy buenas noches")
    saved = await linguist.patch(text, {"content": better, "base_version": draft["version"]})
    assert saved.status_code == 200, saved.text
    early = await reviewer.patch(text, {"content": better, "base_version": 2})
    assert early.status_code == 409, "the reviewer edits in review alone"
    assert (await _ok(linguist, f"{path}/submit"))["qc_state"] == "submitted"
    assert (await linguist.patch(text, {"content": better, "base_version": 2})).status_code == 409
    assert (await _ok(reviewer, f"{path}/open-review"))["qc_state"] == "in_review"
    approved = await _ok(reviewer, f"{path}/approve", versions={"captions": 2, "audio_description": 1})
    assert approved["qc_state"] == "approved"
    assert approved["locked"] is True
    await until(reviewer, job_id, "pending_final_review")
    once = key()
    for _ in range(
        2
    ):  # the answer may have been lost: it is not theirs to reopen any more, but the request is the same
        reopened = await tenant[Role.PROJECT_MANAGER].post(f"{path}/reopen", key=once)
        assert (reopened.status_code, reopened.json().get("qc_state")) == (200, "in_progress"), reopened.text
    assert (await tenant[Role.PROJECT_MANAGER].post(f"{path}/reopen", key=key())).status_code == 409


async def test_only_the_right_people_decide(tenant: Tenant, drafted: Drafted, stranger: Tenant) -> None:
    _, path = await _assigned(tenant, drafted)
    someone = {"user_id": str(tenant[Role.LINGUIST].id)}
    for role in (Role.CLIENT, Role.LINGUIST, Role.REVIEWER):
        assert (await tenant[role].post(f"{path}/reassign", someone)).status_code == 403, role
    for role in (Role.CLIENT, Role.REVIEWER, Role.PROJECT_MANAGER):
        assert (await tenant[role].post(f"{path}/start-work")).status_code == 403, role
    for role in (Role.CLIENT, Role.LINGUIST, Role.PROJECT_MANAGER):
        refused = await tenant[role].post(f"{path}/open-review")
        assert refused.status_code == 403, role
        assert refused.json()["detail"].endswith("Those who may: production, admin, the assigned reviewer.")
    assert (await stranger[Role.PRODUCTION].post(f"{path}/start-work")).status_code == 404
    assert (await tenant[Role.PRODUCTION].post(f"{path}/start-work")).status_code == 200, "stands in"


async def test_who_can_be_assigned(tenant: Tenant, drafted: Drafted, stranger: Tenant) -> None:
    _, path = await _assigned(tenant, drafted)
    manager = tenant[Role.PROJECT_MANAGER]
    for nobody in (str(uuid4()), str(stranger[Role.LINGUIST].id)):
        answer = await manager.post(f"{path}/reassign", {"user_id": nobody})
        assert answer.status_code == 400
        assert "member" in answer.json()["detail"]
    for action in ("assign", "assign-reviewer"):
        taken = await manager.post(f"{path}/{action}", {"user_id": str(tenant[Role.PRODUCTION].id)})
        assert (taken.status_code, taken.json()["state"]) == (409, "assigned"), action
        assert "reassign" in taken.json()["detail"]
    await _ok(manager, f"{path}/assign-reviewer", user_id=str(tenant[Role.REVIEWER].id))
    own = await manager.post(f"{path}/reassign-reviewer", {"user_id": str(tenant[Role.LINGUIST].id)})
    assert own.status_code == 400
    assert "own translation" in own.json()["detail"]


async def test_a_project_manager_of_another_client_reviews_and_assigns_nobody(
    tenant: Tenant, database: Database, http: AsyncClient
) -> None:
    """They see the job because they review it; who works on it is for its client's own to say."""
    guest = await sign_in(http, await make_user(database, Role.PROJECT_MANAGER, tenant.org.id))
    job = await tenant.job(database, status=JobStatus.LANGUAGE_QC)
    async with database.begin() as session:
        session.add(JobLanguage(job_id=job.id, language="es", reviewer_id=guest.id))
    assert (await guest.get(f"/jobs/{job.id}")).status_code == 200
    languages = f"/language-qc/jobs/{job.id}/languages"
    somebody = {"user_id": str(tenant[Role.LINGUIST].id)}
    for action in ("assign", "reassign", "assign-reviewer", "reassign-reviewer"):
        assert (await guest.post(f"{languages}/es/{action}", somebody)).status_code == 403, action
    taken_off = await guest.post(f"{languages}/es/unassign", {"role": "reviewer"})
    many = {"languages": ["es"], "linguist_id": somebody["user_id"]}
    assert taken_off.status_code == 403
    assert (await guest.post(f"{languages}/bulk-assign", many)).status_code == 403
    assert (await guest.post(f"{languages}/es/comments", {"text": "Late?"})).status_code == 201


async def test_nobody_reviews_their_own_translation(tenant: Tenant, drafted: Drafted) -> None:
    _, path = await _assigned(tenant, drafted)
    production = tenant[Role.PRODUCTION]
    await _ok(production, f"{path}/start-work")
    await _ok(production, f"{path}/submit")
    answer = await production.post(f"{path}/open-review")
    assert answer.status_code == 403
    await _ok(tenant[Role.REVIEWER], f"{path}/open-review")
    assert (await production.post(f"{path}/approve")).status_code == 403


async def test_impossible_decisions_name_the_state(tenant: Tenant, drafted: Drafted) -> None:
    job_id, path = await _assigned(tenant, drafted)
    answer = await tenant[Role.LINGUIST].post(f"{path}/submit")
    assert answer.status_code == 409
    assert answer.json()["state"] == "assigned"
    assert "start_work" in answer.json()["allowed_actions"]
    source = await tenant[Role.LINGUIST].post(f"/language-qc/jobs/{job_id}/languages/en/start-work")
    assert source.status_code == 403
    await tenant[Role.PRODUCTION].post(f"/jobs/{job_id}/actions/blocked_on_source", {"reason": "No sound."})
    blocked = await tenant[Role.LINGUIST].post(f"{path}/start-work")
    assert blocked.status_code == 409
    assert blocked.json()["state"] == "blocked_on_source"


async def test_a_language_whose_work_was_ended_asks_for_a_retry(tenant: Tenant, database: Database) -> None:
    """Its workflow was terminated in Temporal: no other try will find one."""
    job = await tenant.job(database, status=JobStatus.FAILED)
    ended = JobLanguage(job_id=job.id, language="es", stage=LanguageStage.FAILED, qc_state=QCState.UNASSIGNED)
    async with database.begin() as session:
        session.add(ended)
    answer = await tenant[Role.PROJECT_MANAGER].post(
        f"/language-qc/jobs/{job.id}/languages/es/assign", {"user_id": str(tenant[Role.LINGUIST].id)}
    )
    assert answer.status_code == 409, answer.text
    assert "retry" in answer.json()["detail"]


async def test_a_decision_about_a_language_whose_workflow_is_gone_begins_it_again(
    tenant: Tenant, drafted: Drafted, temporal_client: Client
) -> None:
    """Temporal has lost it; its row says where it was."""
    job_id, path = await _assigned(tenant, drafted)
    workflow = WorkflowExecution(workflow_id=names.language_workflow_id(job_id, "es"))
    await temporal_client.workflow_service.delete_workflow_execution(
        DeleteWorkflowExecutionRequest(namespace=temporal_client.namespace, workflow_execution=workflow)
    )
    await eventually(lambda: is_unknown(temporal_client.get_workflow_handle(workflow.workflow_id)))
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    assert (await _ok(linguist, f"{path}/start-work"))["qc_state"] == "in_progress"
    assert (await _ok(linguist, f"{path}/submit"))["qc_state"] == "submitted"
    assert (await _ok(reviewer, f"{path}/open-review"))["qc_state"] == "in_review"
    assert (await _ok(reviewer, f"{path}/approve"))["qc_state"] == "approved"
    await until(reviewer, job_id, "pending_final_review")


async def test_blocking_findings_stand_in_the_way_unless_overridden(tenant: Tenant, drafted: Drafted) -> None:
    job_id, path = await _assigned(tenant, drafted)
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    await _ok(linguist, f"{path}/start-work")
    bad = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\n" + "larguísimo " * 12 + "\n"
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    assert (await linguist.patch(text, {"content": bad, "base_version": 1})).status_code == 200
    await _ok(linguist, f"{path}/submit")
    await _ok(reviewer, f"{path}/open-review")
    shown = (await reviewer.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert shown["blocking_findings"] >= 1
    refused = await reviewer.post(f"{path}/approve")
    assert refused.status_code == 409
    assert refused.json()["findings"]
    assert refused.json()["state"] == "in_review"
    await _ok(reviewer, f"{path}/approve", override_reason="The client asked for it word for word.")
    ledger = (await linguist.get(f"/jobs/{job_id}/overrides")).json()
    assert ledger["total"] == shown["blocking_findings"]
    entry = ledger["items"][0]
    assert (entry["language"], entry["cue_id"], entry["text_version"]) == ("es", "c1", 2)
    assert entry["reason"] == "The client asked for it word for word."
    assert entry["actor"] == reviewer.user.name
    assert (await tenant[Role.CLIENT].get(f"/jobs/{job_id}/overrides")).status_code == 403


async def test_cues_are_marked_one_by_one_and_an_edit_clears_the_mark(
    tenant: Tenant, drafted: Drafted
) -> None:
    job_id, path = await _assigned(tenant, drafted)
    linguist = tenant[Role.LINGUIST]
    await _ok(linguist, f"{path}/start-work")
    marked = await _ok(linguist, f"{path}/mark-cue-reviewed", kind="captions", cue_id="c1")
    assert marked == {"marked": 1, "kind": "captions", "cues_total": 2, "cues_reviewed": 1}
    assert (await _ok(linguist, f"{path}/mark-cue-reviewed", kind="audio_description", cue_index=0))[
        "cues_reviewed"
    ] == 2
    await _ok(tenant[Role.PRODUCTION], f"{path}/mark-cue-reviewed", kind="captions", up_to="c1")
    state = (await linguist.get(f"/jobs/{job_id}/vtt?lang=es&kind=captions")).json()["cues"]["c1"]
    assert state["reviewed"]["by"]["name"] == linguist.user.name, "what somebody has looked at stays theirs"
    unknown = await linguist.post(f"{path}/mark-cue-reviewed", {"kind": "captions", "cue_id": "c9"})
    assert unknown.status_code == 404
    both = await linguist.post(f"{path}/mark-cue-reviewed", {"cue_id": "c1", "cue_index": 0})
    assert both.status_code == 422
    assert (await tenant[Role.CLIENT].post(f"{path}/mark-cue-reviewed", {"cue_id": "c1"})).status_code == 403
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    draft = (await linguist.get(text)).json()
    await linguist.patch(
        text, {"content": draft["content"].replace("Buenas", "Buenísimas"), "base_version": 1}
    )
    shown = (await linguist.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert (shown["cues_total"], shown["cues_reviewed"]) == (2, 1)
    assert (
        await _ok(
            linguist, f"{path}/mark-cue-reviewed", kind="audio_description", cue_index=0, reviewed=False
        )
    )["cues_reviewed"] == 0


async def test_comments_are_kept_in_order_and_counted(tenant: Tenant, drafted: Drafted) -> None:
    job_id, path = await _assigned(tenant, drafted)
    reviewer, same = tenant[Role.REVIEWER], key()
    first = await reviewer.post(f"{path}/comments", {"text": "Too formal.", "cue_id": "c1"}, same)
    assert first.status_code == 201
    assert (
        await reviewer.post(f"{path}/comments", {"text": "Too formal.", "cue_id": "c1"}, same)
    ).json() == (first.json())
    assert (
        await tenant[Role.PROJECT_MANAGER].post(f"{path}/comments", {"text": "Agreed."})
    ).status_code == 201
    assert (await tenant[Role.CLIENT].post(f"{path}/comments", {"text": "And me?"})).status_code == 403
    assert (await reviewer.post(f"{path}/comments", {"text": "  "})).status_code == 422
    assert (await tenant[Role.CLIENT].get(f"{path}/comments")).status_code == 403
    listed = (await tenant[Role.LINGUIST].get(f"{path}/comments")).json()
    assert [item["text"] for item in listed["items"]] == ["Too formal.", "Agreed."]
    assert listed["items"][0]["author"]["name"] == reviewer.user.name
    shown = (await reviewer.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert shown["open_comments"] == 2


async def test_bulk_assignment_says_per_language_what_became_of_it(tenant: Tenant, drafted: Drafted) -> None:
    job_id, _ = await _translated(tenant, drafted, "es", "de")
    body = {
        "languages": ["es", "de", "en", "fr"],
        "linguist_id": str(tenant[Role.LINGUIST].id),
        "reviewer_id": str(tenant[Role.REVIEWER].id),
    }
    path, same = f"/language-qc/jobs/{job_id}/languages/bulk-assign", key()
    answer = await tenant[Role.PROJECT_MANAGER].post(path, body, same)
    assert answer.status_code == 200, answer.text
    results = {item["language"]: item for item in answer.json()["results"]}
    assert [results[code]["ok"] for code in ("es", "de", "en", "fr")] == [True, True, True, False]
    assert results["es"]["qc_state"] == "assigned"
    assert results["en"]["qc_state"] is None, "the source has no states, and people all the same"
    assert results["fr"]["code"] == "not_found"
    shown = (await tenant[Role.LINGUIST].get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]
    assert list(shown) == ["en", "de", "es"]
    assert shown["de"]["reviewer"]["id"] == body["reviewer_id"]
    assert (await tenant[Role.LINGUIST].post(path, body)).status_code == 403


async def test_a_new_date_for_the_same_person_lets_them_go_on(tenant: Tenant, drafted: Drafted) -> None:
    """And each of the two has a date of their own."""
    job_id, path = await _assigned(tenant, drafted)
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    await _ok(linguist, f"{path}/start-work")
    base = f"/language-qc/jobs/{job_id}"
    for due, body in (
        ("2026-12-24T12:00:00Z", {"linguist_id": str(linguist.id)}),
        ("2026-12-31T12:00:00Z", {"reviewer_id": str(reviewer.id)}),
    ):
        asked = {"languages": ["es"], "due_at": due, **body}
        answer = await _ok(tenant[Role.PROJECT_MANAGER], f"{base}/languages/bulk-assign", **asked)
        assert answer["results"] == [
            {"language": "es", "ok": True, "detail": None, "code": None, "qc_state": "in_progress"}
        ]
    shown = (await linguist.get(f"{base}/language-qc")).json()["languages"]["es"]
    assert (shown["due_at"], shown["review_due_at"]) == ("2026-12-24T12:00:00Z", "2026-12-31T12:00:00Z")
    await _ok(linguist, f"{path}/submit")
    for person, due in ((linguist, None), (reviewer, "2026-12-31T12:00:00Z")):
        queue = (await person.get("/language-qc/me/language-qc-queue?size=100")).json()["items"]
        assert next((item["due_at"] for item in queue if item["job_id"] == str(job_id)), None) == due
    other = await _ok(
        tenant[Role.PROJECT_MANAGER], f"{path}/reassign", user_id=str(tenant[Role.PRODUCTION].id)
    )
    assert other["qc_state"] == "submitted"


async def test_only_those_whose_role_can_do_the_work_are_assigned(tenant: Tenant, drafted: Drafted) -> None:
    _, path = await _translated(tenant, drafted)
    manager = tenant[Role.PROJECT_MANAGER]
    for action, roles in (
        ("assign", (Role.CLIENT, Role.PROJECT_MANAGER)),
        ("assign-reviewer", (Role.CLIENT,)),
    ):
        for role in roles:
            refused = await manager.post(f"{path}/{action}", {"user_id": str(tenant[role].id)})
            assert refused.status_code == 400, role
            assert "role" in refused.json()["detail"]
    await _ok(manager, f"{path}/assign-reviewer", user_id=str(manager.id))


async def test_a_language_that_was_asked_for_waits_for_its_source(tenant: Tenant, drafted: Drafted) -> None:
    job_id = await drafted.job(tenant, languages=("es",))
    base, someone = f"/language-qc/jobs/{job_id}", {"user_id": str(tenant[Role.LINGUIST].id)}
    manager = tenant[Role.PROJECT_MANAGER]
    for code, status in (("es", 409), ("de", 404)):
        answer = await manager.post(f"{base}/languages/{code}/assign", someone)
        assert answer.status_code == status, answer.text
    early = (await manager.post(f"{base}/languages/es/assign", someone)).json()
    assert early["state"] == "pending_qc"
    assert early["allowed_actions"] == ["cancel", "change_outputs"], "those of whoever asks"
    assert (await tenant[Role.LINGUIST].post(f"{base}/languages/es/assign", someone)).status_code == 403
    shown = (await manager.get(f"{base}/language-qc")).json()["languages"]
    assert {code: each["qc_state"] for code, each in shown.items()} == {"en": None, "es": "pending"}
