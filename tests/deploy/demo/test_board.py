"""The lines that a person watches."""

from __future__ import annotations

from deploy.local.demo.board import Board, Line, Mood
from schema.enums import JobStatus, LanguageStage, QCState
from tests.deploy.demo.jobs import change, job, language


def board(*changes: dict[str, object]) -> Board:
    made = Board("en", ["es"])
    for each in changes:
        made.hear(change(0, "progress", **each))  # type: ignore[arg-type]
    return made


def test_before_there_is_a_job_everything_waits() -> None:
    assert [(line.label, line.mood) for line in board().lines] == [
        ("drafts", Mood.WAITING),
        ("en", Mood.WAITING),
        ("es", Mood.WAITING),
    ]


def test_transcribe_and_describe_share_a_line_and_a_bar() -> None:
    made = board(
        {"step": "transcribe", "fraction": 0.25, "words": "2 of 8 segments"},
        {"step": "describe", "fraction": 0.75, "words": ""},
    )
    made.see(job(JobStatus.TRANSCRIBING))
    assert made.lines[0] == Line(
        "drafts", Mood.RUNNING, "transcribe 25% (2 of 8 segments) · describe 75%", 0.5
    )


def test_a_step_that_has_said_nothing_has_no_fraction() -> None:
    made = board({"step": "transcribe", "fraction": 1.0})
    made.see(job(JobStatus.DESCRIBING))
    assert made.lines[0] == Line("drafts", Mood.RUNNING, "describe", None)


def test_progress_of_one_language_is_not_anothers() -> None:
    made = board({"step": "mux", "fraction": 0.5, "language": "es"})
    made.see(
        job(
            JobStatus.MUXING,
            language("en", LanguageStage.MUXING),
            language("es", LanguageStage.MUXING),
        )
    )
    drafts, english, spanish = made.lines
    assert drafts.mood is Mood.DONE
    assert (english.doing, english.fraction) == ("mux", None)
    assert (spanish.doing, spanish.fraction) == ("mux 50%", 0.5)


def test_gates_say_whose_turn_it_is() -> None:
    made = board()
    made.see(job(JobStatus.PENDING_QC, language("en")))
    assert made.lines[0].mood is Mood.PERSON
    made.see(
        job(
            JobStatus.LANGUAGE_QC,
            language("en", LanguageStage.READY),
            language("es", LanguageStage.LANGUAGE_QC, QCState.SUBMITTED),
        )
    )
    assert made.lines[2].mood is Mood.PERSON
    assert "reviewer" in made.lines[2].doing


def test_a_failed_step_shows_its_reason_on_its_own_line() -> None:
    failure = {
        "step": "translate",
        "language": "es",
        "code": "provider_failed",
        "reason": "The pair is gone.",
    }
    made = board()
    made.see(
        job(
            JobStatus.FAILED,
            language("en", LanguageStage.MUXING),
            language("es", LanguageStage.FAILED, failure=failure),
            failure=failure,
        )
    )
    assert [line.mood for line in made.lines] == [Mood.DONE, Mood.RUNNING, Mood.FAILED]
    assert "The pair is gone." in made.lines[2].doing
    source = failure | {"step": "probe", "language": None, "reason": "This is no video."}
    made.see(job(JobStatus.FAILED, failure=source))
    assert made.lines[0] == Line("drafts", Mood.FAILED, "probe failed: This is no video.")


def test_a_rejected_job_shows_why() -> None:
    made = board()
    made.see(job(JobStatus.REJECTED, language("en"), reason="The sound is missing."))
    assert made.lines[0] == Line("drafts", Mood.FAILED, "rejected: The sound is missing.")
