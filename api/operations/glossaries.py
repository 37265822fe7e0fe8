"""Glossaries: created from files, listed, activated, archived, and embedded again."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from fastapi import UploadFile

from api.asked import Asked
from api.bodies.glossaries import Activated, GlossaryDetail, GlossaryOut, GlossaryVersionOut, Retired
from api.context import Context
from api.guards.glossaries import VersionOfGlossary, may_change
from api.operations import glossary_versions
from api.operations.clients import only_client
from api.pagination import Page, Slice
from schema.enums import EmbeddingState
from schema.errors import FieldError, Invalid, NotFound
from schema.permissions import Permission, forbidden
from schema.queries import clients, glossaries, named, users
from schema.tables import Glossary, GlossaryVersion, now

_SHOWN = 20
"""How many versions are shown with a glossary."""


async def listing(ctx: Context, wanted: glossaries.Wanted, paging: Slice) -> Page[GlossaryOut]:
    found, total = await glossaries.listed(ctx.session, ctx.principal, wanted)
    return paging.of([GlossaryOut.model_validate(each, from_attributes=True) for each in found], total)


async def detail(ctx: Context, glossary: Glossary) -> GlossaryDetail:
    found, total = await glossaries.versions(ctx.session, glossary.id, limit=_SHOWN)
    return GlossaryDetail(
        **GlossaryOut.model_validate(glossary, from_attributes=True).model_dump(),
        versions=await _shown(ctx, glossary, found),
        version_count=total,
    )


async def versions(ctx: Context, glossary: Glossary, paging: Slice) -> Page[GlossaryVersionOut]:
    found, total = await glossaries.versions(
        ctx.session, glossary.id, offset=paging.offset, limit=paging.size
    )
    return paging.of(await _shown(ctx, glossary, found), total)


async def shown(ctx: Context, found: VersionOfGlossary) -> GlossaryVersionOut:
    return (await _shown(ctx, found.glossary, [found.version]))[0]


async def _shown(
    ctx: Context, glossary: Glossary, rows: Sequence[GlossaryVersion]
) -> list[GlossaryVersionOut]:
    """The version as the caller may see it. Clients see no staff names and no failures."""
    hidden = only_client(ctx, (await clients.whose(ctx.session, glossary.client_id)).org_id)
    people = {} if hidden else await users.names(ctx.session, [each.author_id for each in rows])
    embedder = ctx.parts.providers.embedder
    shown = [
        GlossaryVersionOut.of(
            each, glossary.active_version_id, embedder, people.get(each.author_id) if each.author_id else None
        )
        for each in rows
    ]
    return [each.without_failure() for each in shown] if hidden else shown


async def create(
    ctx: Context, client_id: UUID, name: str, source_language: str, file: UploadFile, once: Asked
) -> Glossary:
    """A glossary with its first version, which takes effect once activated.

    Raises:
        Invalid: the client is not the caller's, or naming each invalid row.
        Forbidden: they may not change its glossaries.
    """
    client = await clients.visible(ctx.session, ctx.principal, client_id)
    if client is None:
        wrong = "There is no client of this id among yours."
        raise Invalid(wrong, errors=[FieldError("client_id", wrong)])
    if not await may_change(ctx, client):
        raise forbidden(Permission.CHANGE_GLOSSARY)
    made = await named.made(ctx.session, Glossary, once.uuid("glossary"))
    if made is None:
        await ctx.session.commit()
        sheet, records = await ctx.thread(
            glossary_versions.read, file.file, source_language, once.uuid("version")
        )
        await clients.keep(ctx.session, client.id)
        made = Glossary(
            id=once.uuid("glossary"), client_id=client.id, name=name, source_language=source_language
        )
        ctx.session.add(made)
        await ctx.session.flush()
        await glossary_versions.add(
            ctx, made, sheet, records, once.uuid("version"), glossary_versions.filename_of(file)
        )
    told = {"name": made.name, "client_id": str(made.client_id), "source_language": made.source_language}
    await ctx.record(once, "glossary.create", "glossary", made.id, after=told)
    await ctx.session.commit()
    await glossary_versions.begin(ctx, once.uuid("version"), 0, made)
    return made


async def add_version(ctx: Context, glossary: Glossary, file: UploadFile, once: Asked) -> VersionOfGlossary:
    """The next version, read from a file. It takes effect once activated.

    Raises:
        Invalid: naming each invalid row.
        Conflict: the glossary is archived.
    """
    version_id = once.uuid("version")
    made = await named.made(ctx.session, GlossaryVersion, version_id)
    if made is None:
        await ctx.session.commit()
        sheet, records = await ctx.thread(
            glossary_versions.read, file.file, glossary.source_language, version_id
        )
        fresh = await glossary_versions.open_glossary(ctx, glossary)
        made = await glossary_versions.add(
            ctx, fresh, sheet, records, version_id, glossary_versions.filename_of(file)
        )
    await _record_version(ctx, glossary, made, once)
    await ctx.session.commit()
    await glossary_versions.begin(ctx, made.id, 0, glossary)
    return VersionOfGlossary(glossary, made)


async def _record_version(ctx: Context, glossary: Glossary, made: GlossaryVersion, once: Asked) -> None:
    told = {"version": made.number, "terms": made.terms, "added": made.added}
    told |= {"removed": made.removed, "changed": made.changed}
    await ctx.record(once, "glossary.add_version", "glossary", glossary.id, after=told)


async def activate(ctx: Context, glossary: Glossary, version_id: UUID, once: Asked) -> Activated:
    """Activates a version for first translations from now on. Jobs with a pinned version keep it.

    Raises:
        NotFound: the glossary has no such version.
        Conflict: it is archived.
    """
    await clients.keep(ctx.session, glossary.client_id)
    fresh = await glossary_versions.open_glossary(ctx, glossary)
    version = await glossaries.version(ctx.session, fresh.id, version_id)
    if version is None:
        raise NotFound("The glossary has no such version")
    done = await ctx.done(once, "glossary.activate", fresh.id)
    before = _retired(done.before) if done else await glossaries.retire(ctx.session, fresh)
    await ctx.session.refresh(fresh)
    if done is None:
        fresh.active_version_id = version.id
    await ctx.record(
        once,
        "glossary.activate",
        "glossary",
        fresh.id,
        before={"glossary_id": str(before[0]), "version_id": str(before[1])} if before else {},
        after={"version_id": str(version.id), "number": version.number},
    )
    await ctx.session.commit()
    retired = Retired(glossary_id=before[0], version_id=before[1]) if before else None
    if retired and retired.version_id == version.id:
        retired = None
    what = (
        "another glossary of the client" if retired and retired.glossary_id != fresh.id else "another version"
    )
    message = f"Version {version.number} is active now." + (
        f" It retires {what}, which was active for {fresh.source_language} until now." if retired else ""
    )
    shown_now = await detail(ctx, fresh)
    return Activated(**shown_now.model_dump(), retired=retired, message=message)


def _retired(told: dict[str, str] | None) -> tuple[UUID, UUID] | None:
    return (UUID(told["glossary_id"]), UUID(told["version_id"])) if told else None


async def archive(ctx: Context, glossary: Glossary, once: Asked) -> None:
    """Archives a glossary, which is no longer active or listed. Jobs that follow one of its versions continue to.

    Raises:
        NotFound: it was already archived by another request.
    """
    if await ctx.done(once, "glossary.archive", glossary.id):
        return
    fresh = await named.locked(ctx.session, Glossary, glossary.id)
    if fresh.archived_at is not None:
        raise NotFound("The glossary is archived already")
    before = {"name": fresh.name, "active_version_id": str(fresh.active_version_id or "") or None}
    fresh.active_version_id, fresh.archived_at = None, now()
    await ctx.record(once, "glossary.archive", "glossary", fresh.id, before=before)
    await ctx.session.commit()


async def reembed(ctx: Context, found: VersionOfGlossary, once: Asked) -> GlossaryVersionOut:
    """Embeds a version again, with the embedder that is configured now."""
    version = await named.locked(ctx.session, GlossaryVersion, found.version.id)
    if await ctx.done(once, "glossary.reembed", version.id) is None:
        version.embedding_revision += 1
        version.embedding, version.embedded = EmbeddingState.WAITING, 0
        version.embedding_reason = version.embedded_at = None
    revision = version.embedding_revision
    await ctx.record(once, "glossary.reembed", "glossary_version", version.id, after={"revision": revision})
    await ctx.session.commit()
    await glossary_versions.begin(ctx, version.id, revision, found.glossary)
    return await shown(ctx, VersionOfGlossary(found.glossary, version))
