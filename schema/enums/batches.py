"""Enumerations of batches and sweeps."""

from __future__ import annotations

from enum import StrEnum


class BatchAction(StrEnum):
    """What a batch does to each of its jobs."""

    REPROCESS = "reprocess"
    RETRY = "retry"
    RETRY_TTS = "retry_tts"
    CHANGE_OUTPUTS = "change_outputs"
    APPROVE = "approve"
    RETURN_TO_QC = "return_to_qc"
    COMPLETE = "complete"
    REJECT_FINAL = "reject_final"
    DELETE = "delete"
    DOWNLOAD = "download"
    """Packs the outputs of the jobs into one ZIP."""


class BatchStatus(StrEnum):
    """The status of a batch."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    """Every job has an outcome, whichever it is."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    """The archive of a download could not be packed."""


class Outcome(StrEnum):
    """The outcome of one job of a batch."""

    DONE = "done"
    REFUSED = "refused"
    """The job's state or the caller's rights do not allow it."""
    NOT_FOUND = "not_found"
    """There is no such job, or the caller does not see it."""
    FAILED = "failed"
    """It did not answer, despite retries."""
    SKIPPED = "skipped"
    """The batch was cancelled before its turn."""


class Sweep(StrEnum):
    """The recurring sweeps. The values are also the names of the activities."""

    START_ORPHANS = "start_orphans"
    REPAIR_ROWS = "repair_rows"
    EXPIRE_RECORDS = "expire_records"
    SEND_DIGESTS = "send_digests"
    PURGE_JOBS = "purge_jobs"
    UNASSIGN_GONE = "unassign_gone"
    COMPLETE_BY_POLICY = "complete_by_policy"
