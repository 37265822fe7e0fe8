"""Batches and bulk actions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.bodies.base import Body, Out
from api.bodies.numbers import Integer
from api.pagination import Page
from schema.contracts.batches import MOST_JOBS, BatchAsked, BatchFilter, BatchWork, Form, OutputsChange
from schema.contracts.bounds import Language, Reason
from schema.enums import AssetKind, BatchAction, BatchStatus, Outcome, Step
from schema.tables import Batch, BatchItem

MANY = 512 * 1024
"""Size limit in bytes of a body that names many jobs."""


class Many(Body):
    """A body that may name as many jobs as a batch may have."""

    max_bytes = MANY
    max_values = MOST_JOBS + 1_000


class BulkBody(Many):
    """The jobs of a bulk action. Each has its own result; one failure does not stop the others."""

    job_ids: list[UUID] = Field(min_length=1, max_length=MOST_JOBS)
    """Ids of the jobs. A duplicate counts once."""


class BulkReasonBody(BulkBody):
    """The jobs of a bulk action, with a reason."""

    reason: Reason
    """The reason, for the person who has to fix it."""


class BulkReturnBody(BulkReasonBody):
    """A return to source QC. With `languages`, only those go back to their linguists."""

    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 language codes; empty means the source."""


class BulkRetryBody(BulkBody):
    """A bulk retry. Rejected jobs need `from_step`."""

    from_step: Step | None = None
    """The step to start again from."""


class BulkDeleteBody(Many):
    """The jobs to delete. `job_id` in the query does the same, because some proxies drop the body of a DELETE."""

    job_ids: list[UUID] = Field(default=[], max_length=MOST_JOBS)
    """Ids of the jobs."""


class BulkDownloadBody(BulkBody):
    """The files to pack from each job. Absent fields do not filter."""

    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 language codes."""
    kinds: list[AssetKind] = Field(default=[], max_length=len(AssetKind))
    """Kinds of files, such as `captions_vtt`."""
    formats: list[Form] = Field(default=[], max_length=20)
    """File name extensions, such as `vtt` or `mp4`."""

    def work(self) -> BatchWork:
        return BatchWork(
            action=BatchAction.DOWNLOAD,
            languages=tuple(self.languages),
            kinds=tuple(self.kinds),
            formats=tuple(self.formats),
        )


class WorkBody(Many):
    """The action on each job."""

    action: BatchAction
    """`reprocess`, `retry`, `retry_tts` or `change_outputs`."""
    from_step: Step | None = None
    """For `reprocess` and `retry`: the step to start from."""
    languages: list[Language] = Field(default=[], max_length=50)
    """For `reprocess` and `retry_tts`: only these languages, in the jobs that have them; empty means all."""
    keep_human_edits: bool = True
    """For `reprocess`: false overwrites human edits. Their versions stay in the history."""
    outputs: OutputsChange | None = None
    """For `change_outputs`: the outputs to add, or the voices."""
    reason: Reason | None = None
    """The reason, for the history."""

    def work(self) -> BatchWork:
        said = {name: getattr(self, name) for name in WorkBody.model_fields}
        return BatchWork(**{**said, "languages": tuple(self.languages)})


class BatchBody(WorkBody):
    """A batch: `job_ids` or a `filter`, and the action on each job."""

    job_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_JOBS)
    """Ids of the jobs."""
    filter: BatchFilter | None = None
    """The jobs that match every condition, among those that you can see when the batch runs."""
    max_jobs: Integer = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """Maximum number of jobs, oldest first."""
    dry_run: bool = False
    """True only reports what would be done."""

    def asked(self) -> BatchAsked:
        return BatchAsked(work=self.work(), filter=self.filter, max_jobs=self.max_jobs)


class ForeseenOut(Out):
    """What a batch would do, as far as can be told in advance."""

    jobs: int
    """How many jobs the batch would act on."""
    source_qc: int
    """How many jobs would need source QC again."""
    language_qc: int
    """How many approved languages would be translated again. Those that change need approval again."""
    final_review: int
    """How many jobs would need final review again."""
    human_edits: int
    """How many of the texts made again contain human edits."""
    human_edits_kept: bool
    """Whether human edits are kept."""
    estimated_minutes: float | None
    """Estimated processing time, from recent runs of the same steps; null if none were measured yet."""


class ItemOut(Out):
    """The result of one job."""

    job_id: UUID
    """Id of the job."""
    outcome: Outcome | None
    """The outcome; null while the job waits for its turn."""
    reason: str | None
    """The reason, in a sentence."""
    at: datetime | None
    """When this happened."""

    @classmethod
    def of(cls, item: BatchItem) -> ItemOut:
        return cls.model_validate(item, from_attributes=True)


class BulkOut(Out):
    """The result of a bulk action. Up to 100 jobs are answered at once (200). More run as a batch (202), which `GET
    /batches/{id}` shows."""

    batch_id: UUID
    """Id of the batch."""
    results: list[ItemOut] | None = None
    """Results in the order of the request; null while the batch runs."""


class BatchOut(Out):
    """A batch in a list."""

    id: UUID
    """Id of the batch."""
    action: BatchAction
    """The action on each job."""
    status: BatchStatus
    """The current status."""
    total: int | None
    """How many jobs the batch has; null until they are selected."""
    counts: dict[Outcome, int]
    """Number of jobs by outcome, so far."""
    org_id: UUID | None
    """Id of the organisation, if all jobs are in the same one."""
    owner_id: UUID | None
    """Id of the user who owns the batch; null if staff started it in Temporal's UI."""
    schedule_id: str | None
    """Id of the schedule that started the batch."""
    created_at: datetime
    """When the batch was requested."""
    finished_at: datetime | None
    """When the batch ended."""

    @classmethod
    def of(cls, batch: Batch, counts: Mapping[Outcome, int]) -> BatchOut:
        return cls.model_validate({**batch.model_dump(), "counts": dict(counts)})


class PackedOut(Out):
    """A finished ZIP archive."""

    url: str
    """Signed URL, new with each request. Anyone who has it can download."""
    filename: str
    """File name under which a browser saves it."""
    size_bytes: int
    """Size in bytes."""
    files: int
    """Number of files in the archive, not counting the manifest."""
    expires_at: datetime
    """When the archive is deleted."""


class BatchDetail(BatchOut):
    """A batch with the results of its jobs, a page at a time."""

    asked: BatchAsked
    """The request as it was sent."""
    download: PackedOut | None
    """The archive of a download, if it is ready and you can see everything in it."""
    items: Page[ItemOut]
    """The jobs of the batch, in order."""


def results(items: Iterable[BatchItem]) -> list[ItemOut]:
    return [ItemOut.of(item) for item in items]
