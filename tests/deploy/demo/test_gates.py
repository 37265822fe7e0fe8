"""Who does what at each gate."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from deploy.local.demo.gates import LONGEST_REASON, Cast, Outlook, Script, Turn, outlook, override, turns
from schema.enums import JobStatus, Kind, LanguageStage, QCState, Role
from tests.deploy.demo.jobs import job, language

LINGUIST, REVIEWER = UUID(int=1), UUID(int=2)
CAST = Cast(LINGUIST, REVIEWER)
SCRIPT = Script(Kind.AUDIO_DESCRIPTION, "WEBVTT\n", "the script")


def spanish(state: QCState, stage: LanguageStage = LanguageStage.LANGUAGE_QC, **more: Any) -> list[Turn]:
    found = language("es", stage, state, **more)
    return turns(job(JobStatus.LANGUAGE_QC, language("en", LanguageStage.SYNTHESIZING), found), CAST)


def test_the_reviewer_saves_the_script_over_the_draft_that_was_looked_at_and_then_approves() -> None:
    waiting = job(JobStatus.PENDING_QC, language("en"))
    (save,) = turns(waiting, CAST, [SCRIPT])
    assert (save.who, save.method, save.path) == (Role.REVIEWER, "PATCH", f"/jobs/{waiting.id}/vtt")
    assert save.query == {"lang": "en", "kind": "audio_description"}
    assert save.body is not None
    assert (save.body["base_version"], save.body["content"]) == (3, "WEBVTT\n")
    (approve,) = turns(waiting, CAST)
    assert (approve.who, approve.path) == (Role.REVIEWER, f"/jobs/{waiting.id}/actions/approve_source")
    assert approve.body == {"versions": {"captions": 2, "audio_description": 3}}


@pytest.mark.parametrize("stage", [LanguageStage.TRANSLATING, LanguageStage.LANGUAGE_QC])
def test_the_project_manager_assigns_two_people_also_while_it_is_translated(stage: LanguageStage) -> None:
    state = QCState.PENDING if stage is LanguageStage.TRANSLATING else QCState.UNASSIGNED
    (first,) = spanish(state, stage)
    (second,) = spanish(state, stage, linguist_id=LINGUIST)
    assert [turn.who for turn in (first, second)] == [Role.PROJECT_MANAGER] * 2
    assert [turn.path.rpartition("/")[2] for turn in (first, second)] == ["assign", "assign-reviewer"]
    assert [turn.body for turn in (first, second)] == [{"user_id": str(LINGUIST)}, {"user_id": str(REVIEWER)}]
    done = spanish(state, stage, linguist_id=LINGUIST, reviewer_id=REVIEWER)
    assert [turn for turn in done if "assign" in turn.path] == []


@pytest.mark.parametrize(
    ("state", "who", "action"),
    [
        (QCState.ASSIGNED, Role.LINGUIST, "start-work"),
        (QCState.IN_PROGRESS, Role.LINGUIST, "submit"),
        (QCState.SUBMITTED, Role.REVIEWER, "open-review"),
        (QCState.IN_REVIEW, Role.REVIEWER, "approve"),
        (QCState.REJECTED, Role.LINGUIST, "reopen"),
    ],
)
def test_each_state_of_language_qc_is_one_persons_turn(state: QCState, who: Role, action: str) -> None:
    (turn,) = spanish(state, linguist_id=LINGUIST, reviewer_id=REVIEWER)
    assert (turn.who, turn.path.rpartition("/")[2]) == (who, action)


def test_nobody_decides_about_what_is_being_made() -> None:
    for stage in (LanguageStage.SYNTHESIZING, LanguageStage.MUXING, LanguageStage.READY):
        assert spanish(QCState.APPROVED, stage) == []
    assert turns(job(JobStatus.TRANSCRIBING, language("en")), CAST) == []


def test_the_project_manager_completes() -> None:
    ready = job(JobStatus.PENDING_FINAL_REVIEW, language("en", LanguageStage.READY))
    assert [(turn.who, turn.path) for turn in turns(ready, CAST)] == [
        (Role.PROJECT_MANAGER, f"/jobs/{ready.id}/actions/complete")
    ]


def test_an_override_names_the_findings_and_keeps_the_versions_that_were_looked_at() -> None:
    (turn,) = spanish(QCState.IN_REVIEW, linguist_id=LINGUIST, reviewer_id=REVIEWER)
    overriding = override(turn, ["captions c1: too fast", "captions c2: too long"]).body
    assert overriding is not None
    assert "too fast" in overriding["override_reason"]
    assert "too long" in overriding["override_reason"]
    assert turn.body is not None
    assert overriding["versions"] == turn.body["versions"]
    many = override(turn, ["x" * 300] * 50).body
    assert many is not None
    assert len(many["override_reason"]) == LONGEST_REASON


def test_a_failed_language_holds_back_no_other() -> None:
    of_spanish = {"step": "translate", "language": "es", "code": "x", "reason": "no"}
    failed = language("es", LanguageStage.FAILED, failure=of_spanish)

    def where(english: LanguageStage) -> Outlook:
        return outlook(job(JobStatus.FAILED, language("en", english), failed, failure=of_spanish))

    assert where(LanguageStage.MUXING) is Outlook.GOING
    assert where(LanguageStage.READY) is Outlook.STUCK
    of_source = {"step": "probe", "language": None, "code": "x", "reason": "no"}
    assert outlook(job(JobStatus.FAILED, language("en"), failure=of_source)) is Outlook.STUCK
    assert outlook(job(JobStatus.COMPLETED)) is Outlook.COMPLETED
    assert outlook(job(JobStatus.CANCELLED)) is Outlook.CANCELLED
    assert outlook(job(JobStatus.PENDING_QC, language("en"))) is Outlook.GOING
