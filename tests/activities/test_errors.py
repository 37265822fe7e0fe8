"""How a workflow reads what an activity raised: tried again or not, when, and in which words."""

from __future__ import annotations

from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.errors import as_application_error
from schema.errors import (
    Conflict,
    FieldError,
    Invalid,
    MediaRefused,
    Misconfigured,
    NotFound,
    PlatformError,
    ProviderFailed,
    TextRefused,
    Unavailable,
)


@pytest.mark.parametrize(
    ("error", "code", "delay_s"),
    [
        (Unavailable("The store is away."), "unavailable", 2),
        (ProviderFailed("Quota.", retryable=True, retry_after_s=37.5), "provider_failed", 37.5),
        (ProviderFailed("Outage.", retryable=True), "provider_failed", None),
    ],
)
def test_what_passes_is_tried_again_when_the_vendor_says(
    error: PlatformError, code: str, delay_s: float | None
) -> None:
    told = as_application_error(error)
    assert (told.message, told.type, told.non_retryable) == (error.message, code, False)
    assert told.next_retry_delay == (timedelta(seconds=delay_s) if delay_s else None)


@pytest.mark.parametrize(
    "error",
    [
        ProviderFailed("Refused.", retryable=False, retry_after_s=5),
        MediaRefused("No video."),
        Invalid("Missing."),
        NotFound("Gone."),
        Conflict("Taken."),
        Misconfigured("No key."),
        TextRefused("Bad."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_lasts_waits_for_a_person(error: PlatformError) -> None:
    told = as_application_error(error)
    assert (told.message, told.type, told.non_retryable) == (error.message, error.code, True)
    assert told.next_retry_delay is None


def test_a_text_is_refused_with_its_lines() -> None:
    told = as_application_error(
        TextRefused("Two faults.", errors=[FieldError("line 12", "ends before it starts")])
    )
    assert isinstance(told, ApplicationError)
    assert list(told.details) == [["line 12: ends before it starts"]]
