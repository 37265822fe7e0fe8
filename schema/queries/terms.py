"""The terms of glossary versions: written by COPY, listed, and compared with the previous version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.glossary.lookup import columns_for
from schema.glossary.row import TermRow, folded
from schema.queries.visibility import unscoped
from schema.tables import GlossaryTerm, GlossaryVersion, now

_COLUMNS = (
    "id", "created_at", "version_id", "place", "source", "folded", "targets", "notes", "case_sensitive",
    "do_not_translate", "forbidden", "part_of_speech", "forms", "key", "digest",
)  # fmt: skip
Record = tuple[Any, ...]
"""A row of the table, in the form for COPY."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The filters of a version's terms."""

    q: str | None = None
    """Contained in the source, or in the translation if a language is given; case-insensitive."""
    language: str | None = None
    """Terms that have this language."""
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Changes:
    """How many terms differ from the previous version."""

    added: int
    removed: int
    changed: int


def records(version_id: UUID, rows: Iterable[TermRow]) -> list[Record]:
    """The rows that `put` writes. CPU-bound: a second for 50,000 rows."""
    at = now()
    return [
        (
            uuid4(), at, version_id, place, row.source, folded(row.source), json.dumps(dict(row.targets)), row.notes,
            row.case_sensitive, row.do_not_translate, row.forbidden, row.part_of_speech,
            json.dumps({code: list(forms) for code, forms in row.forms.items()}), row.key, row.digest,
        )
        for place, row in enumerate(rows, 1)
    ]  # fmt: skip


async def put(session: AsyncSession, made: Sequence[Record]) -> None:
    """COPY, in the session's transaction: tens of thousands of rows in a second."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.copy_records_to_table("glossary_terms", records=made, columns=_COLUMNS)


async def of_version(
    session: AsyncSession, version_id: UUID, wanted: Wanted
) -> tuple[Sequence[GlossaryTerm], int]:
    """A page in the order of the file, and the total."""
    unscoped("of a version that a guard handed over")
    conditions = [col(GlossaryTerm.version_id) == version_id]
    targets = sa.type_coerce(col(GlossaryTerm.targets), JSONB())
    codes = columns_for(wanted.language) if wanted.language else ()
    if codes:
        conditions.append(
            sa.or_(
                *(targets.has_key(code) for code in codes),
                col(GlossaryTerm.do_not_translate),
                sa.and_(col(GlossaryTerm.forbidden), targets == sa.literal({}, JSONB())),
            )
        )
    if wanted.q:
        sought = folded(wanted.q)
        ways = [col(GlossaryTerm.folded).contains(sought, autoescape=True)]
        ways += [_folded(targets[code].astext).contains(sought, autoescape=True) for code in codes]
        conditions.append(sa.or_(*ways))
    total = await session.scalar(sa.select(sa.func.count()).select_from(GlossaryTerm).where(*conditions))
    found = await session.scalars(
        sa.select(GlossaryTerm)
        .where(*conditions)
        .order_by(col(GlossaryTerm.place), col(GlossaryTerm.id))
        .offset(wanted.offset)
        .limit(wanted.limit)
    )
    return found.all(), total or 0


def _folded(text: Any) -> Any:
    """Like `folded`, for the cases in which Postgres's lower case differs: ß, and final ς."""
    lower = sa.func.normalize(sa.func.lower(text))
    return sa.func.replace(sa.func.replace(lower, "ß", "ss"), "ς", "σ")


async def rows(session: AsyncSession, version_id: UUID) -> list[TermRow]:
    """All terms of a version, in the order of the file."""
    unscoped("of a version that a guard handed over")
    term = GlossaryTerm
    found = await session.execute(
        sa.select(
            col(term.source), col(term.targets), col(term.notes), col(term.case_sensitive),
            col(term.do_not_translate), col(term.forbidden), col(term.part_of_speech), col(term.forms),
        )
        .where(col(term.version_id) == version_id)
        .order_by(col(term.place), col(term.id))
    )  # fmt: skip
    return [TermRow(*row[:7], {code: tuple(forms) for code, forms in row[7].items()}) for row in found]


async def said(session: AsyncSession, version_id: UUID, *, longest: int, most: int) -> Sequence[str]:
    """The first `most` terms of a version in the source language, without duplicates, in the order of the file.
    Forbidden terms, and those longer than `longest` characters, are left out."""
    unscoped("of the version that a worker's job is to be translated with")
    term = GlossaryTerm
    found = await session.scalars(
        sa.select(col(term.source))
        .where(
            col(term.version_id) == version_id,
            col(term.forbidden).is_(False),
            sa.func.char_length(col(term.source)) <= longest,
        )
        .group_by(col(term.source))
        .order_by(sa.func.min(col(term.place)), col(term.source))
        .limit(most)
    )
    return found.all()


def row_of(term: GlossaryTerm) -> TermRow:
    return TermRow(
        term.source, term.targets, term.notes, term.case_sensitive, term.do_not_translate, term.forbidden,
        term.part_of_speech, {code: tuple(forms) for code, forms in term.forms.items()},
    )  # fmt: skip


async def count_changes(session: AsyncSession, before: UUID | None, after: UUID) -> Changes:
    compared = _compared(before, after).subquery()
    kind = compared.c.kind
    row = (
        await session.execute(
            sa.select(*(sa.func.count().filter(kind == word) for word in ("added", "removed", "changed")))
        )
    ).one()
    return Changes(row[0], row[1], row[2])


async def changes(
    session: AsyncSession, before: UUID | None, after: UUID, *, offset: int, limit: int
) -> list[tuple[str, GlossaryTerm | None, GlossaryTerm | None]]:
    """A page of differences: `added`, `removed` or `changed`, with the term before and after."""
    unscoped("of versions of a glossary that a guard handed over")
    compared = _compared(before, after)
    page = await session.execute(
        compared.order_by(sa.literal_column("place"), sa.literal_column("key")).offset(offset).limit(limit)
    )
    found = [(row.kind, row.old_id, row.new_id) for row in page]
    ids = [each for _, *two in found for each in two if each is not None]
    terms = await session.scalars(sa.select(GlossaryTerm).where(col(GlossaryTerm.id).in_(ids)))
    by_id = {term.id: term for term in terms}
    return [(kind, by_id.get(old), by_id.get(new)) for kind, old, new in found]


def _compared(before: UUID | None, after: UUID) -> sa.Select[Any]:
    unscoped("of versions of a glossary that a guard handed over")
    terms = GlossaryTerm.metadata.tables["glossary_terms"]
    columns = (terms.c.id, terms.c.key, terms.c.digest, terms.c.place)
    old = sa.select(*columns).where(terms.c.version_id == before).subquery("old")
    new = sa.select(*columns).where(terms.c.version_id == after).subquery("new")
    kind = sa.case((old.c.id.is_(None), "added"), (new.c.id.is_(None), "removed"), else_="changed")
    return (
        sa.select(
            kind.label("kind"),
            old.c.id.label("old_id"),
            new.c.id.label("new_id"),
            sa.func.coalesce(new.c.place, old.c.place).label("place"),
            sa.func.coalesce(new.c.key, old.c.key).label("key"),
        )
        .select_from(old.join(new, old.c.key == new.c.key, full=True))
        .where(old.c.digest.is_distinct_from(new.c.digest))
    )


async def version_before(session: AsyncSession, version: GlossaryVersion) -> UUID | None:
    unscoped("of a version that a guard handed over")
    return await session.scalar(
        sa.select(col(GlossaryVersion.id)).where(
            col(GlossaryVersion.glossary_id) == version.glossary_id,
            col(GlossaryVersion.number) == version.number - 1,
        )
    )
