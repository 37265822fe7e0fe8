"""The state of a language, as it goes on in a new run and as it stays small."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from schema.contracts.language import LanguageBegin, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, TranslateResult, Versions
from schema.enums import Kind, LanguageStage, QCState
from workflows.language_decisions import begun_already, taken_up, translated

UPLOADED, APPROVED = Versions(captions=3), Versions(captions=5)
BEGIN = LanguageBegin(
    revision=4,
    at=datetime(2026, 11, 30, 12, tzinfo=UTC),
    stage=LanguageStage.SYNTHESIZING,
    outputs=RequestedOutputs(languages=("es",)),
    artifacts=Artifacts(),
    source_versions=Versions(captions=2),
    reopen=True,
    reason="A final text.",
    versions=UPLOADED,
)
AT_WORK = taken_up(LanguageState(language="es", linguist_id=uuid4(), qc_state=QCState.APPROVED), BEGIN)


@pytest.mark.parametrize(
    "state",
    [
        AT_WORK,
        AT_WORK.model_copy(update={"stage": LanguageStage.READY, "versions": APPROVED, "reason": None}),
        AT_WORK.model_copy(update={"stage": LanguageStage.LANGUAGE_QC, "qc_state": QCState.IN_REVIEW}),
        AT_WORK.model_copy(update={"stage": LanguageStage.WAITING, "anew": True, "keep_human_edits": False}),
        AT_WORK.model_copy(update={"stage": LanguageStage.REMOVED, "versions": None}),
    ],
)
def test_a_new_run_takes_the_state_up_as_it_is(state: LanguageState) -> None:
    """Also what has been approved since a final text was uploaded."""
    assert taken_up(state, begun_already(state, BEGIN)) == state


@pytest.mark.parametrize(
    "cue_id", ["c{}", "a cue that somebody has named at some length, and numbered {}", "キュー{}"]
)
def test_a_state_stays_small_however_many_cues_are_flagged(cue_id: str) -> None:
    """Fifty languages go to one activity, which takes 2 MiB."""
    flagged = tuple(cue_id.format(number) for number in range(20_000))
    made = TranslateResult(versions=APPROVED, glossary_version_id=None, translated=0, flagged_cues=flagged)
    state, _ = translated(AT_WORK, made)
    assert state.flagged_cues == flagged[: len(state.flagged_cues)] != ()
    assert len(state.model_dump_json()) * 50 < 1.5 * 2**20
    few, _ = translated(AT_WORK, made.model_copy(update={"flagged_cues": flagged[:200]}))
    assert few.flagged_cues == flagged[:200]


def test_flagged_cues_are_known_by_their_text() -> None:
    flagged = {kind: tuple(f"{kind} {number}" for number in range(2_000)) for kind in Kind}
    made = TranslateResult(versions=APPROVED, glossary_version_id=None, translated=0, flagged=flagged)
    state, _ = translated(AT_WORK, made)
    assert len(state.model_dump_json()) * 50 < 1.5 * 2**20
    assert state.flagged_cues == ()
    few = {Kind.AUDIO_DESCRIPTION: ("c1",)}
    state, _ = translated(AT_WORK, made.model_copy(update={"flagged": few}))
    assert state.flagged == few
