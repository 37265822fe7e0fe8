"""The terms of a glossary version: listed, compared with the previous version, and downloaded."""

from __future__ import annotations

from typing import Literal, cast
from uuid import UUID

from api.bodies.glossaries import TermChange, TermOut
from api.context import Context
from api.guards.glossaries import VersionOfGlossary
from api.pagination import Page, Slice
from schema.errors import NotFound
from schema.glossary import write_xlsx
from schema.queries import glossaries, terms
from schema.tables import Glossary, GlossaryVersion


async def listing(
    ctx: Context, glossary: Glossary, version_id: UUID | None, wanted: terms.Wanted, paging: Slice
) -> Page[TermOut]:
    """Lists the terms of a version: the named one, or the active one, or the newest."""
    version = await _version(ctx, glossary, version_id)
    found, total = await terms.of_version(ctx.session, version.id, wanted)
    return paging.of([TermOut.of(term) for term in found], total)


async def _version(ctx: Context, glossary: Glossary, version_id: UUID | None) -> GlossaryVersion:
    if version_id is None:
        found = await glossaries.current(ctx.session, glossary)
    else:
        found = await glossaries.version(ctx.session, glossary.id, version_id)
    if found is None:
        raise NotFound("The glossary has no such version")
    return found


async def changes(ctx: Context, found: VersionOfGlossary, paging: Slice) -> Page[TermChange]:
    """The differences from the previous version, in the order of the file."""
    version = found.version
    before = await terms.version_before(ctx.session, version)
    page = await terms.changes(ctx.session, before, version.id, offset=paging.offset, limit=paging.size)
    items = [
        TermChange(
            change=cast("Literal['added', 'removed', 'changed']", kind),
            before=TermOut.of(old) if old else None,
            after=TermOut.of(new) if new else None,
        )
        for kind, old, new in page
    ]
    return paging.of(items, version.added + version.removed + version.changed)


async def download(ctx: Context, found: VersionOfGlossary) -> tuple[bytes, str]:
    """The version as XLSX, and its file name."""
    rows = await terms.rows(ctx.session, found.version.id)
    await ctx.session.commit()
    made = await ctx.thread(write_xlsx, rows, found.glossary.source_language)
    return made, f"glossary-{found.glossary.source_language}-{found.version.number}.xlsx"
