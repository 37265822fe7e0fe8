"""Batches and bulk actions as people send and see them."""

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
"""Bytes of a body that names many jobs."""


class Many(Body):
    """A body that may name as many jobs as a batch has."""

    max_bytes = MANY
    max_values = MOST_JOBS + 1_000


class BulkBody(Many):
    """Which jobs. Each is answered for by itself: one that cannot be done stops no other."""

    job_ids: list[UUID] = Field(min_length=1, max_length=MOST_JOBS)
    """The jobs'; one that is named twice is done once."""


class BulkReasonBody(BulkBody):
    """And why."""

    reason: Reason
    """For whoever has to mend it."""


class BulkReturnBody(BulkReasonBody):
    """Back to source QC; with `languages`, only those go back to their linguists."""

    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 codes; none: the source."""


class BulkRetryBody(BulkBody):
    """A rejected job needs `from_step`."""

    from_step: Step | None = None
    """Where to begin again."""


class BulkDeleteBody(Many):
    """Which jobs; `job_id` in the query does the same, for proxies drop the body of a DELETE."""

    job_ids: list[UUID] = Field(default=[], max_length=MOST_JOBS)
    """The jobs'."""


class BulkDownloadBody(BulkBody):
    """What is packed of each; what is absent is no condition."""

    languages: list[Language] = Field(default=[], max_length=50)
    """BCP 47 codes."""
    kinds: list[AssetKind] = Field(default=[], max_length=len(AssetKind))
    """Such as `captions_vtt`."""
    formats: list[Form] = Field(default=[], max_length=20)
    """How a file's name ends, such as `vtt` or `mp4`."""

    def work(self) -> BatchWork:
        return BatchWork(
            action=BatchAction.DOWNLOAD,
            languages=tuple(self.languages),
            kinds=tuple(self.kinds),
            formats=tuple(self.formats),
        )


class WorkBody(Many):
    """What is done to each job."""

    action: BatchAction
    """reprocess, retry, retry_tts or change_outputs."""
    from_step: Step | None = None
    """reprocess, retry: where to begin."""
    languages: list[Language] = Field(default=[], max_length=50)
    """reprocess, retry_tts: these alone, of the jobs that have them; none: all."""
    keep_human_edits: bool = True
    """reprocess: false writes over what people wrote; their versions stay in the history."""
    outputs: OutputsChange | None = None
    """change_outputs: what to add, or who speaks."""
    reason: Reason | None = None
    """For those who ask later."""

    def work(self) -> BatchWork:
        said = {name: getattr(self, name) for name in WorkBody.model_fields}
        return BatchWork(**{**said, "languages": tuple(self.languages)})


class BatchBody(WorkBody):
    """`job_ids`, or a `filter`; and what is done to each."""

    job_ids: list[UUID] | None = Field(default=None, min_length=1, max_length=MOST_JOBS)
    """The jobs'."""
    filter: BatchFilter | None = None
    """The jobs that every condition is true of, as you see them when it runs."""
    max_jobs: Integer = Field(default=MOST_JOBS, ge=1, le=MOST_JOBS)
    """At most so many, the oldest first."""
    dry_run: bool = False
    """Only says what would be done."""

    def asked(self) -> BatchAsked:
        return BatchAsked(work=self.work(), filter=self.filter, max_jobs=self.max_jobs)


class ForeseenOut(Out):
    """What a batch would do, as far as can be told before."""

    jobs: int
    """How many it would ask."""
    source_qc: int
    """Of how many the source texts would have to be approved again."""
    language_qc: int
    """How many approved languages would be translated again, and approved again where they come out otherwise."""
    final_review: int
    """How many would have to pass final review again."""
    human_edits: int
    """Texts that are made again and hold what a person wrote."""
    human_edits_kept: bool
    """Whether those stay."""
    estimated_minutes: float | None
    """Of machines' work, by what such steps took lately; null where nothing was measured yet."""


class ItemOut(Out):
    """What became of one job."""

    job_id: UUID
    """The job's."""
    outcome: Outcome | None
    """Null: its turn has not come."""
    reason: str | None
    """Why, in a sentence."""
    at: datetime | None
    """When."""

    @classmethod
    def of(cls, item: BatchItem) -> ItemOut:
        return cls.model_validate(item, from_attributes=True)


class BulkOut(Out):
    """Up to 100 jobs are answered for at once (200); more run as a batch (202), which `GET /batches/{id}` tells of."""

    batch_id: UUID
    """The batch's."""
    results: list[ItemOut] | None = None
    """In the order of the request; null while it runs."""


class BatchOut(Out):
    """A batch in a list."""

    id: UUID
    """The batch's."""
    action: BatchAction
    """What is done to each job."""
    status: BatchStatus
    """Where it is."""
    total: int | None
    """How many jobs it has; null until they are chosen."""
    counts: dict[Outcome, int]
    """By outcome, up to now."""
    org_id: UUID | None
    """The organisation of all its jobs, where they are in one."""
    owner_id: UUID | None
    """In whose name; null: staff in Temporal's UI."""
    schedule_id: str | None
    """The schedule that began it."""
    created_at: datetime
    """When it was asked for."""
    finished_at: datetime | None
    """When it ended."""

    @classmethod
    def of(cls, batch: Batch, counts: Mapping[Outcome, int]) -> BatchOut:
        return cls.model_validate({**batch.model_dump(), "counts": dict(counts)})


class PackedOut(Out):
    """A ZIP that is there."""

    url: str
    """Signed anew at each request: whoever has it may download."""
    filename: str
    """What a browser saves it as."""
    size_bytes: int
    """How large it is."""
    files: int
    """How many files are in it, beside the manifest."""
    expires_at: datetime
    """When it is deleted."""


class BatchDetail(BatchOut):
    """A batch with what became of its jobs, a page at a time."""

    asked: BatchAsked
    """As it was asked for."""
    download: PackedOut | None
    """Of a download that is packed, where you see all that is in it."""
    items: Page[ItemOut]
    """In order."""


def results(items: Iterable[BatchItem]) -> list[ItemOut]:
    return [ItemOut.of(item) for item in items]
