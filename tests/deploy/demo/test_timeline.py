"""How long steps took, from the events alone."""

from __future__ import annotations

from deploy.local.demo.timeline import Timeline, machine_seconds
from tests.deploy.demo.jobs import change


def test_a_job_from_its_first_event_to_its_last() -> None:
    heard = Timeline()
    for event in (
        change(0, "created", status="created"),
        change(1, status="probing"),
        change(3, "progress", step="probe", fraction=0.5),
        change(4, status="transcribing"),
        change(6, "progress", step="describe", fraction=0.5),
        change(10, status="describing"),
        change(12, status="pending_qc"),
        change(15, "approve_source", status="translating"),
        change(15, "begin", "en", stage="synthesizing"),
        change(15, "begin", "es", stage="translating"),
        change(16, "assign", "es", stage="translating"),
        change(18, "language", "es", stage="language_qc"),
        change(18, status="language_qc"),
        change(19, "language", "en", stage="muxing"),
        change(20, "approve", "es", stage="synthesizing"),
        change(24, "language", "en", stage="ready"),
        change(24, "language", "es", stage="ready"),
        change(24, status="pending_final_review"),
        change(30, "complete", status="completed"),
    ):
        heard.hear(event)
    assert [(span.language, span.name, span.seconds) for span in heard.spans] == [
        (None, "probe", 3),
        (None, "transcribe", 6),
        (None, "describe", 4),  # two beside transcribe, two alone
        (None, "source QC", 3),
        ("en", "synthesize", 4),
        ("en", "mux", 5),
        ("es", "translate", 3),
        ("es", "language QC", 2),
        ("es", "synthesize", 4),
        (None, "final review", 6),
    ]
    assert machine_seconds(heard.spans) == 29
    assert {span.name for span in heard.spans if span.by_person} == {
        "source QC",
        "language QC",
        "final review",
    }


def test_a_step_that_runs_again_counts_both_times_and_its_failure_not() -> None:
    heard = Timeline()
    for at_s, stage in [(0, "translating"), (2, "failed"), (10, "translating"), (13, "language_qc")]:
        heard.hear(change(at_s, "language", "es", stage=stage))
    assert [(span.name, span.seconds) for span in heard.spans] == [("translate", 5)]


def test_describe_alone_counts_from_its_own_beginning() -> None:
    heard = Timeline()
    for at_s, status in [(0, "probing"), (1, "describing"), (5, "pending_qc")]:
        heard.hear(change(at_s, status=status))
    heard.hear(change(6, status="rejected"))
    assert [(span.name, span.seconds) for span in heard.spans] == [
        ("probe", 1),
        ("describe", 4),
        ("source QC", 1),
    ]


def test_describe_that_outlasts_transcribe_is_one_stretch() -> None:
    heard = Timeline()
    heard.hear(change(4, status="transcribing"))
    heard.hear(change(6, "progress", step="describe", fraction=0.2))
    heard.hear(change(10, status="describing"))
    heard.hear(change(11, "progress", step="describe", fraction=0.9))
    heard.hear(change(15, status="pending_qc"))
    assert [(span.name, span.seconds) for span in heard.spans] == [("transcribe", 6), ("describe", 11)]
