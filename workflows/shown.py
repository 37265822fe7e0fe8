"""How workflows are shown in the Temporal UI: their titles and search attributes, and what of a text Temporal takes."""

from __future__ import annotations

import json

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from schema.contracts.steps import JobRef
from workflows import names

TITLE = "title"
"""Of the memo, which a payload codec encrypts; the search attribute of that name, it could not."""
_SUMMARY_BYTES = 400
_DETAILS_BYTES = 15_000
"""Temporal takes 400 and 20,000 of user metadata; what is longer fails the start, or the task for ever. Details leave
room for a note."""
_TITLE_CHARACTERS = 255
_ATTRIBUTE_BYTES = 2_048
"""Of a search attribute as JSON (`limit.searchAttributesSizeOfValue`)."""


def summary(words: str) -> str:
    """`words` as a summary: its first 400 bytes."""
    return _cut(words, _SUMMARY_BYTES)


def details(words: str) -> str:
    """`words` as details: its first 15,000 bytes."""
    return _cut(words, _DETAILS_BYTES)


def _cut(words: str, size: int) -> str:
    encoded = words.encode()
    return words if len(encoded) <= size else encoded[: size - 3].decode(errors="ignore") + "…"


def title_attribute(title: str | None) -> list[SearchAttributePair[str]]:
    """None where the title is not to be read by whoever reads Temporal's database."""
    if not title:
        return []
    kept = title[:_TITLE_CHARACTERS]
    while len(json.dumps(kept)) > _ATTRIBUTE_BYTES:  # where each character is escaped
        kept = kept[: len(kept) * 3 // 4]
    return [SearchAttributePair(names.TITLE, kept)]


def language_attributes(job: JobRef, code: str, title: str | None) -> TypedSearchAttributes:
    """Of the workflow of a job's language. `title` is the job's, where it may be shown."""
    return TypedSearchAttributes(
        [
            *title_attribute(title),
            SearchAttributePair(names.JOB_LANGUAGE, code),
            SearchAttributePair(names.ORG_ID, str(job.org_id)),
            SearchAttributePair(names.CLIENT_ID, str(job.client_id)),
            SearchAttributePair(names.PROJECT_ID, str(job.project_id)),
        ]
    )


def language_summary(job: JobRef, code: str, title: str) -> str:
    """What staff read of a language's workflow in the list of workflows."""
    return summary(f"{code}: {title or f'job {job.job_id}'}")


LANGUAGE_DETAILS = "Translate, language QC, synthesize, mux. Signal `retry` runs a failed step again."
