"""How a version of a glossary is created: read from a file, written, and embedded."""

from __future__ import annotations

import logging
from typing import BinaryIO
from uuid import UUID

from fastapi import UploadFile
from temporalio.service import RPCError

from api.context import Context
from schema.errors import Conflict
from schema.glossary import Sheet, read_terms
from schema.queries import glossaries, named, terms
from schema.queries.terms import Record
from schema.tables import Glossary, GlossaryVersion
from workflows.start import start_glossary

logger = logging.getLogger(__name__)


def read(file: BinaryIO, source_language: str, version_id: UUID) -> tuple[Sheet, list[Record]]:
    sheet = read_terms(file, source_language)
    return sheet, terms.records(version_id, sheet.rows)


def filename_of(file: UploadFile) -> str | None:
    name = "".join(sign for sign in file.filename or "" if sign.isprintable()).strip()
    return name[:400] or None


async def open_glossary(ctx: Context, glossary: Glossary) -> Glossary:
    """The current row of the glossary, locked until commit.

    Raises:
        Conflict: it is archived.
    """
    fresh = await named.locked(ctx.session, Glossary, glossary.id)
    if fresh.archived_at is not None:
        raise Conflict("The glossary is archived: make another one.", state="archived")
    return fresh


async def add(
    ctx: Context,
    glossary: Glossary,
    sheet: Sheet,
    records: list[Record],
    version_id: UUID,
    filename: str | None,
) -> GlossaryVersion:
    """Adds the next version of a locked glossary."""
    before, count = await glossaries.versions(ctx.session, glossary.id, limit=1)
    made = GlossaryVersion(
        id=version_id,
        glossary_id=glossary.id,
        number=before[0].number + 1 if count else 1,
        author_id=ctx.principal.user_id,
        filename=filename,
        terms=len(sheet.rows),
        languages=sheet.languages,
    )
    ctx.session.add(made)
    await ctx.session.flush()
    await terms.put(ctx.session, records)
    changes = await terms.count_changes(ctx.session, before[0].id if count else None, made.id)
    made.added, made.removed, made.changed = changes.added, changes.removed, changes.changed
    return made


async def begin(ctx: Context, version_id: UUID, revision: int, glossary: Glossary) -> None:
    """Starts the workflow that embeds a version whose row is committed. If Temporal is unavailable, the sweep does it
    later."""
    try:
        await start_glossary(ctx.temporal, version_id, revision, glossary.name)
    except (RPCError, RuntimeError) as error:
        logger.warning("glossary version %s waits for the sweep: %s", version_id, error)
