"""Error codes for machines: stable, and one per meaning."""

from __future__ import annotations

from schema.enums.meanings import Meant


class Code(Meant):
    """`code` in the body of every error."""

    INVALID = "invalid", "The input can be read but not accepted; `errors` says where."
    MEDIA_REFUSED = "media_refused", "The file is no video that can be served."
    TEXT_REFUSED = "text_refused", "A text does not parse; `errors` names the lines."
    UNAUTHENTICATED = (
        "unauthenticated",
        "No access token, or one that is not valid any more: refresh it, or sign in.",
    )
    FORBIDDEN = "forbidden", "The caller sees this, but may not do it."
    NOT_FOUND = "not_found", "There is no such thing, or the caller may not see it."
    METHOD_NOT_ALLOWED = "method_not_allowed", "Nothing answers to this method here; see `Allow`."
    STATE = "state", "The state does not allow it; see `state` and `allowed_actions`."
    LOCKED = "locked", "The text is not open for editing to the caller now; see `state`."
    STALE = "stale", "Another version is current than the one that was looked at: get it, and decide anew."
    REVISION = "revision", "The work has moved on since this was decided: look again, and decide anew."
    RUN = "run", "The work was reset since this was decided: look again, and decide anew."
    DECIDING = "deciding", "Somebody else is deciding this right now."
    OWN_WORK = "own_work", "Nobody reviews their own translation."
    BLOCKING_FINDINGS = "blocking_findings", "Quality findings stand in the way; see `findings`."
    NO_TEXT = "no_text", "There is no text to approve yet."
    EMPTY_DESCRIPTION = (
        "empty_description",
        "The audio description is empty, and nobody said that none is needed.",
    )
    MISSING = "missing", "Requested outputs do not exist; see `missing`."
    CLAIMED = "claimed", "The upload became a job before; see `job_id`."
    KEY_REUSED = "key_reused", "The Idempotency-Key came with another request before."
    PRECONDITION_FAILED = (
        "precondition_failed",
        "`If-Match` names another version than the current one; see `ETag`.",
    )
    GONE = "gone", "It was there, and is not any more."
    TOO_LARGE = "too_large", "The body, or a file, is larger than this takes."
    WRONG_TYPE = "wrong_type", "A content type that this does not take."
    UNPROCESSABLE = "unprocessable", "The body or a parameter does not have the right shape; see `errors`."
    UNREADABLE = "unreadable", "The body is not what its content type says."
    TOO_MANY_REQUESTS = "too_many_requests", "Too many attempts; see `Retry-After`."
    UNAVAILABLE = "unavailable", "A part does not answer now; sending the same request again is safe."
    MISCONFIGURED = "misconfigured", "A setting of this deployment is missing or wrong."
    PROVIDER_FAILED = "provider_failed", "An AI provider refused or failed."
    INTERNAL = "internal", "An error of ours; its log has it under `request_id`."
