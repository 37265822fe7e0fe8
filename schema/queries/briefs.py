"""Briefs: a client's requests, before there is a job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.enums import BriefStatus
from schema.permissions import Principal
from schema.queries import pages
from schema.queries.reach import Reach, reach_of
from schema.queries.seen import seen
from schema.queries.visibility import unscoped
from schema.tables import BRIEFS, Brief, BriefFile, Client, ClientManager, Upload, now


class BriefSort(StrEnum):
    """The orders of a list; a leading `-` reverses one."""

    CREATED = "created_at"
    CREATED_LAST = "-created_at"
    UPDATED = "updated_at"
    UPDATED_LAST = "-updated_at"
    TITLE = "title"
    TITLE_LAST = "-title"
    STATUS = "status"
    STATUS_LAST = "-status"


@dataclass(frozen=True, slots=True)
class BriefFilter:
    """The filters of a list; None does not filter."""

    status: Sequence[BriefStatus] = ()
    org_id: UUID | None = None
    client_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class BriefListing:
    """The columns of a list."""

    id: UUID
    org_id: UUID
    client_id: UUID
    project_id: UUID | None
    title: str
    status: BriefStatus
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime


_LISTED = [Brief.metadata.tables["briefs"].c[field.name] for field in fields(BriefListing)]


async def visible(session: AsyncSession, who: Principal, brief_id: UUID) -> Brief | None:
    """The brief, if `who` may see it."""
    return await session.scalar(
        sa.select(Brief)
        .where(col(Brief.id) == brief_id, col(Brief.deleted_at).is_(None), seen(who, Brief))
        .execution_options(populate_existing=True)
    )


async def page(
    session: AsyncSession, who: Principal, wanted: BriefFilter, asked: pages.Asked
) -> tuple[list[BriefListing], pages.Found]:
    """One page of what `who` sees.

    Raises:
        Invalid: the page is beyond what is counted, or the cursor is of another list.
    """
    scopes = await _scopes(session, await reach_of(session, who), wanted)
    words = [status.value for status in (wanted.status or BriefStatus)]
    found = await pages.page(session, BRIEFS, _LISTED, scopes, words, asked, narrowed=bool(wanted.status))
    return [BriefListing(*row) for row in found.rows], found


async def _scopes(session: AsyncSession, reach: Reach, wanted: BriefFilter) -> list[pages.Scope]:
    """The scopes of briefs that are accessible and wanted."""
    unscoped("the organisation of a filter's client; what is in it is narrowed")
    org_id = wanted.org_id
    if wanted.client_id is not None:
        query = sa.select(col(Client.org_id)).where(col(Client.id) == wanted.client_id)
        own = await session.scalar(query)
        if own is None or org_id not in (None, own) or not reach.has(own, wanted.client_id):
            return []
        return [pages.Scope("client_id", (wanted.client_id,))]
    if org_id is None and reach.everything:
        return [pages.Scope()]
    if org_id is not None and (reach.everything or org_id in reach.organisations):
        return [pages.Scope("org_id", (org_id,))]
    orgs = () if org_id is not None else tuple(reach.organisations)
    clients = tuple(client for client, org in reach.clients.items() if org_id in (None, org))
    return [pages.Scope(name, ids) for name, ids in (("org_id", orgs), ("client_id", clients)) if ids]


async def only_client(session: AsyncSession, who: Principal, client_id: UUID | None) -> Sequence[Client]:
    """The client with this id, or any two of those that `who` sees. Archived clients are left out."""
    query = (
        sa.select(Client)
        .where(seen(who, Client), col(Client.archived_at).is_(None))
        .order_by(col(Client.created_at), col(Client.id))
        .limit(2)
    )
    if client_id is not None:
        query = query.where(col(Client.id) == client_id)
    return (await session.scalars(query)).all()


async def client_is_open(session: AsyncSession, client_id: UUID) -> bool:
    """Whether the client exists and is not archived. Until commit, whoever deletes it waits."""
    unscoped("of a client that the caller was found to see")
    query = (
        sa.select(col(Client.id))
        .where(
            col(Client.id) == client_id,
            col(Client.deleted_at).is_(None),
            col(Client.archived_at).is_(None),
        )
        .with_for_update(read=True, key_share=True)
    )
    return await session.scalar(query) is not None


async def deciders(session: AsyncSession, client_id: UUID) -> Sequence[UUID]:
    """The people who approve the client's briefs: its project managers."""
    unscoped("of the client of a brief that a guard handed over")
    found = await session.scalars(
        sa.select(col(ClientManager.user_id)).where(col(ClientManager.client_id) == client_id)
    )
    return found.all()


async def files(session: AsyncSession, brief_id: UUID) -> Sequence[Upload]:
    """The attachments of the brief, in order."""
    unscoped("of a brief that a guard handed over")
    found = await session.scalars(
        sa.select(Upload)
        .join(BriefFile, col(BriefFile.upload_id) == col(Upload.id))
        .where(col(BriefFile.brief_id) == brief_id)
        .order_by(col(BriefFile.position))
    )
    return found.all()


async def attach(session: AsyncSession, brief_id: UUID, uploads: Sequence[Upload]) -> None:
    """Replaces the attachments of the brief. Removed files are swept later."""
    unscoped("of a brief that a guard handed over")
    kept = [upload.id for upload in uploads]
    ended = await session.scalars(
        sa.delete(BriefFile)
        .where(col(BriefFile.brief_id) == brief_id)
        .returning(col(BriefFile.upload_id))
        .execution_options(synchronize_session=False)
    )
    session.add_all(
        BriefFile(brief_id=brief_id, upload_id=upload_id, position=number)
        for number, upload_id in enumerate(kept)
    )
    await session.flush()
    gone = set(ended) - set(kept)
    elsewhere = sa.select(col(BriefFile.upload_id)).where(col(BriefFile.upload_id).in_(gone))
    if gone:
        await session.execute(
            sa.update(Upload)
            .where(col(Upload.id).in_(gone), col(Upload.id).not_in(elsewhere))
            .values(used_at=None)
        )
    await session.execute(
        sa.update(Upload).where(col(Upload.id).in_(kept), col(Upload.used_at).is_(None)).values(used_at=now())
    )


async def hide_of(session: AsyncSession, client_id: UUID) -> None:
    """Hides the briefs together with their client."""
    unscoped("of a client that an admin deletes")
    await session.execute(
        sa.update(Brief)
        .where(col(Brief.client_id) == client_id, col(Brief.deleted_at).is_(None))
        .values(deleted_at=now())
    )


async def forget_of(session: AsyncSession, client_id: UUID) -> None:
    """Deletes the briefs of a purged client. Their attachments are swept."""
    unscoped("the sweep serves all organisations")
    own = sa.select(col(Brief.id)).where(col(Brief.client_id) == client_id)
    attached = sa.select(col(BriefFile.upload_id)).where(col(BriefFile.brief_id).in_(own))
    await session.execute(sa.update(Upload).where(col(Upload.id).in_(attached)).values(used_at=None))
    await session.execute(sa.delete(Brief).where(col(Brief.client_id) == client_id))
