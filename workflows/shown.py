"""How workflows appear in the Temporal UI: titles, search attributes, and the limits that Temporal sets on texts."""

from __future__ import annotations

import json

from temporalio.common import SearchAttributePair, TypedSearchAttributes

from schema.contracts.steps import JobRef
from workflows import names

TITLE = "title"
"""Key of the memo, which a payload codec encrypts. It cannot encrypt the search attribute of that name."""
_SUMMARY_BYTES = 400
_DETAILS_BYTES = 15_000
"""Temporal accepts 400 and 20,000 bytes of user metadata. A longer text fails the start, or fails the task forever. The
details leave room for a notice."""
_TITLE_CHARACTERS = 255
_ATTRIBUTE_BYTES = 2_048
"""Limit of a search attribute as JSON (`limit.searchAttributesSizeOfValue`)."""


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
    """The title as a search attribute; None if readers of Temporal's database must not see it."""
    if not title:
        return []
    kept = title[:_TITLE_CHARACTERS]
    while len(json.dumps(kept)) > _ATTRIBUTE_BYTES:  # each character is escaped there
        kept = kept[: len(kept) * 3 // 4]
    return [SearchAttributePair(names.TITLE, kept)]


def language_attributes(job: JobRef, code: str, title: str | None) -> TypedSearchAttributes:
    """The search attributes of a language's workflow. `title` is the job's, if it may be shown."""
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
    """The summary of a language's workflow in Temporal's list."""
    return summary(f"{code}: {title or f'job {job.job_id}'}")


LANGUAGE_DETAILS = "Translate, language QC, synthesize, mux. Signal `retry` runs a failed step again."
