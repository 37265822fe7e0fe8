"""The quality findings of a job's text, which `GET vtt` shows and an approval checks.

They are computed when a version is saved, and stored with the rules' version and a hash of other inputs. If the rules
or the inputs have changed, they are computed again on the next use.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema import objects
from schema.contracts.steps import Artifacts, Versions
from schema.enums import Kind
from schema.findings import CueTerm, Finding, blocking
from schema.queries import glossaries, profiles, reviews, texts
from schema.queries.arrays import among
from schema.queries.ready_terms import KEPT, Key
from schema.tables import GlossaryTerm, Job, JobLanguage, TextFindings, TextVersion, now
from schema.vtt import Document, parse
from schema.vtt.profiles import profile_of
from schema.vtt.quality import RULES, check_captions, check_description, check_translation, terms_of_cues
from schema.vtt.quality.wording import ReadyTerms, Wording


@dataclass(frozen=True, slots=True)
class Basis:
    """What a text is checked against, other than its own words and the rules."""

    kind: Kind
    profile: str
    frame_rate: tuple[int, int] | None = None
    duration_ms: int | None = None
    source_language: str | None = None
    source_version: int | None = None
    """For a translation: the source text that it was made from."""
    glossary_version_id: UUID | None = None

    @classmethod
    def of(cls, job: Job, row: JobLanguage, kind: Kind, profile: str) -> Basis:
        artifacts = Artifacts.kept((job.state or {}).get("artifacts") or {})
        rate = artifacts.frame_rate if kind is Kind.CAPTIONS else None
        state = {} if row.is_source else row.state or {}
        versions = Versions.kept(state.get("source_versions") or {})
        number, glossary = versions.of(kind), state.get("glossary_version_id")
        return cls(
            kind,
            profile,
            (rate.num, rate.den) if rate else None,
            artifacts.duration_ms if kind is Kind.CAPTIONS else None,
            job.source_language if number else None,
            number,
            UUID(glossary) if number and glossary else None,
        )

    @property
    def hash(self) -> str:
        return objects.hash_of(
            self.kind, self.profile, self.frame_rate, self.duration_ms,
            self.source_language, self.source_version, self.glossary_version_id,
        )  # fmt: skip

    def held_by(self, found: TextFindings | None) -> bool:
        """Whether stored findings are still up to date."""
        return found is not None and found.rules >= RULES and found.basis_hash == self.hash


@dataclass(frozen=True, slots=True)
class Question:
    """A text, with everything that it is checked against."""

    version_id: UUID
    language: str
    content: str
    basis: Basis
    source: str | None
    key: Key | None
    """Id of the glossary version; None without a glossary."""
    ready: ReadyTerms | None
    """Cache of this process for the terms; otherwise `terms` are their source."""
    terms: Sequence[GlossaryTerm]


@dataclass(frozen=True, slots=True)
class Judged:
    version_id: UUID
    basis_hash: str
    cue_hashes: Mapping[str, str]
    """Hashes by cue id, for the marks of cues."""
    cues: int
    findings: list[Finding]
    terms: list[CueTerm]


async def stored(session: AsyncSession, version_ids: Iterable[UUID]) -> Mapping[UUID, TextFindings]:
    found = await session.scalars(
        sa.select(TextFindings)
        .where(among(col(TextFindings.version_id), version_ids))
        .execution_options(populate_existing=True)
    )
    return {row.version_id: row for row in found}


async def questions(
    session: AsyncSession, job: Job, asked: Sequence[tuple[JobLanguage, TextVersion]], profile: str
) -> list[Question]:
    """Reads the inputs for checking these texts, in at most three statements. `judge` needs no connection. `profile` is
    the deployment's, here and below; the client's own takes precedence."""
    held_to = await profiles.of_client(session, job.client_id, profile)
    bases = [Basis.of(job, row, text.kind, held_to) for row, text in asked]
    numbers = {(each.kind, each.source_version) for each in bases if each.source_version}
    sources = await texts.contents(session, job.id, job.source_language, numbers)
    keys = [_key_of(basis, text.language) for (_, text), basis in zip(asked, bases, strict=True)]
    ready = {key: KEPT.get(key) for key in keys if key is not None}
    words = await glossaries.terms_of(
        session, {key.version_id for key, kept in ready.items() if kept is None}
    )
    return [
        Question(
            text.id,
            text.language,
            text.content,
            basis,
            sources.get((basis.kind, basis.source_version or 0)),
            key,
            ready.get(key) if key else None,
            words.get(key.version_id, ()) if key else (),
        )
        for (_, text), basis, key in zip(asked, bases, keys, strict=True)
    ]


def _key_of(basis: Basis, language: str) -> Key | None:
    if basis.glossary_version_id is None or basis.source_language is None:
        return None
    return Key(basis.glossary_version_id, basis.source_language, language)


def judge(question: Question) -> Judged:
    """Checks a text against every rule: by itself and, for a translation, against its source and the pinned glossary
    version. The plan checks where descriptions are heard."""
    basis, document = question.basis, parse(question.content).document
    found, terms = _by_itself(document, question.language, basis), []
    if question.source is not None and basis.source_language is not None:
        languages = basis.source_language, question.language
        source, wording = (
            parse(question.source).document.with_ids(),
            Wording(_ready_for(question, *languages)),
        )
        against = check_translation(source, document, *languages, wording, profile_of(basis.profile))
        found += [_of_version(finding, basis.glossary_version_id) for finding in against]
        terms = terms_of_cues(source, document, *languages, wording)
    hashes = {cue.id: reviews.cue_hash(cue) for cue in document.cues}
    return Judged(question.version_id, basis.hash, hashes, len(document.cues), found, terms)


def _ready_for(question: Question, source_language: str, target_language: str) -> ReadyTerms:
    """The prepared terms, cached for the next text of the same version."""
    if question.ready is not None:
        return question.ready
    terms = glossaries.of_language(question.terms, target_language)
    ready = ReadyTerms(terms, source_language, target_language)
    if question.key is not None:
        KEPT.put(question.key, ready)
    return ready


def _of_version(finding: Finding, version_id: UUID | None) -> Finding:
    """Adds the glossary version to findings about terms."""
    return finding.model_copy(update={"glossary_version_id": version_id}) if finding.term else finding


def _by_itself(document: Document, language: str, basis: Basis) -> list[Finding]:
    rules = profile_of(basis.profile)
    if basis.kind is Kind.AUDIO_DESCRIPTION:
        return check_description(document, rules, language)
    rate = Fraction(*basis.frame_rate) if basis.frame_rate else Fraction(24)
    return check_captions(document, rules, language, rate, duration_ms=basis.duration_ms)


async def keep(session: AsyncSession, judged: Sequence[Judged]) -> None:
    """Stores findings unless newer rules have already run, and clears the marks of changed cues."""
    rows = [
        {
            "version_id": each.version_id,
            "rules": RULES,
            "basis_hash": each.basis_hash,
            "cues": each.cues,
            "blocking": len(blocking(each.findings)),
            "warnings": len(each.findings) - len(blocking(each.findings)),
            "findings": [finding.model_dump(mode="json", exclude_none=True) for finding in each.findings],
            "terms": [term.model_dump(mode="json", exclude_defaults=True) for term in each.terms],
            "found_at": now(),
        }
        for each in judged
    ]
    if not rows:
        return
    new = insert(TextFindings.metadata.tables["text_findings"])
    await session.execute(
        new.on_conflict_do_update(
            index_elements=["version_id"],
            set_={name: new.excluded[name] for name in rows[0] if name != "version_id"},
            where=col(TextFindings.rules) <= new.excluded.rules,
        ),
        rows,
    )
    await reviews.clear_edited(session, {each.version_id: each.cue_hashes for each in judged})


async def of_text(
    session: AsyncSession, job: Job, row: JobLanguage, text: TextVersion, profile: str
) -> list[Finding]:
    """The findings of a version, computed in the caller's transaction if they are not stored."""
    return (await with_terms(session, job, row, text, profile))[0]


async def with_terms(
    session: AsyncSession, job: Job, row: JobLanguage, text: TextVersion, profile: str
) -> tuple[list[Finding], list[CueTerm]]:
    """Like `of_text`, with the glossary terms in the cues of a translation."""
    known = (await stored(session, [text.id])).get(text.id)
    held_to = await profiles.of_client(session, job.client_id, profile)
    if known is not None and Basis.of(job, row, text.kind, held_to).held_by(known):
        return told(known), told_terms(known)
    judged = await find(session, job, row, text, profile)
    return judged.findings, judged.terms


async def find(session: AsyncSession, job: Job, row: JobLanguage, text: TextVersion, profile: str) -> Judged:
    """The findings of a version that was just saved."""
    (question,) = await questions(session, job, [(row, text)], profile)
    judged = await asyncio.to_thread(judge, question)
    await keep(session, [judged])
    return judged


def told_terms(known: TextFindings) -> list[CueTerm]:
    return [CueTerm.model_validate(each) for each in known.terms]


def told(known: TextFindings) -> list[Finding]:
    return [Finding.model_validate(each) for each in known.findings]
