"""What staff and clients read of a step that failed: what was said on purpose, and nothing of the log's."""

from __future__ import annotations

import pytest
from temporalio.exceptions import ActivityError, ApplicationError, RetryState, TimeoutError, TimeoutType

from activities.errors import as_application_error
from schema.enums import Step
from schema.errors import Invalid, ProviderFailed
from workflows.names import NO_RESULT
from workflows.work import failure_of, failure_words

FOR_THE_LOG = "postgresql://user:secret@10.0.0.7/tmp/x"


def failed(cause: BaseException) -> ActivityError:
    error = ActivityError(
        "It failed.",
        scheduled_event_id=1,
        started_event_id=2,
        identity="",
        activity_type="mux",
        activity_id="1",
        retry_state=RetryState.MAXIMUM_ATTEMPTS_REACHED,
    )
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "error",
    [
        as_application_error(Invalid("The words are missing.")),
        as_application_error(ProviderFailed("Gemini said no.", retryable=False)),
        ApplicationError("It was completed by hand.", type=NO_RESULT),
    ],
)
def test_what_was_said_on_purpose_is_read(error: ApplicationError) -> None:
    failure = failure_of(failed(error), Step.MUX, "es")
    assert (failure.code, failure.reason) == (error.type, error.message)
    assert failure_words(failed(error)) == error.message


@pytest.mark.parametrize("kind", ["KeyError", "OperationalError", "RuntimeError", "WorkerShutdown", None])
def test_what_broke_is_for_the_log(kind: str | None) -> None:
    """Of any exception the SDK makes an application error, whose type is the class."""
    error = failed(ApplicationError(FOR_THE_LOG, type=kind))
    failure = failure_of(error, Step.MUX, "es")
    assert failure.code == "unexpected"
    assert FOR_THE_LOG not in failure.reason + failure_words(error)


def test_a_time_out_says_so() -> None:
    over = TimeoutError("over", type=TimeoutType.START_TO_CLOSE, last_heartbeat_details=[])
    assert failure_of(failed(over), Step.MUX, "es").code == "timeout"
