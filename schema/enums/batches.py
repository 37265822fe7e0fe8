"""Of work on many jobs at once."""

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
    """Packs what its jobs have made into one ZIP."""


class BatchStatus(StrEnum):
    """Where a batch is."""

    CREATED = "created"
    RUNNING = "running"
    PAUSED = "paused"
    COMPLETED = "completed"
    """Every job has its outcome, whatever it is."""
    CANCELLED = "cancelled"
    FAILED = "failed"
    """Of a download: it could not be packed."""


class Outcome(StrEnum):
    """What became of one job of a batch."""

    DONE = "done"
    REFUSED = "refused"
    """Its state does not allow it, or the caller may not."""
    NOT_FOUND = "not_found"
    """There is no such job, or the caller does not see it."""
    FAILED = "failed"
    """It did not answer, however often it was asked."""
    SKIPPED = "skipped"
    """The batch was cancelled before its turn."""


class Sweep(StrEnum):
    """What runs by itself, again and again. The values are the names of the activities too."""

    START_ORPHANS = "start_orphans"
    REPAIR_ROWS = "repair_rows"
    EXPIRE_RECORDS = "expire_records"
    SEND_DIGESTS = "send_digests"
    PURGE_JOBS = "purge_jobs"
    UNASSIGN_GONE = "unassign_gone"
    COMPLETE_BY_POLICY = "complete_by_policy"
