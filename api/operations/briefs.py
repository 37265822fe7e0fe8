"""Briefs: written as drafts, submitted, and approved or returned."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from api.asked import Asked
from api.bodies.briefs import (
    BriefBody,
    BriefDetail,
    BriefFileLink,
    BriefOut,
    BriefPatch,
    BriefSummary,
    file_out,
)
from api.bodies.languages import Person
from api.context import Context
from api.guards.briefs import may
from api.operations import mails
from api.operations.clients import only_client
from api.operations.files import sent
from api.pagination import Page, Slice
from schema.enums import BriefAction, BriefStatus, FilePurpose, MailKind
from schema.errors import Conflict, FieldError, Invalid
from schema.permissions import Permission, forbidden
from schema.queries import briefs, clients, named, users
from schema.queries import mails as outbox
from schema.queries.briefs import BriefFilter, BriefSort
from schema.queries.pages import Asked as AskedPage
from schema.tables import Brief, Client, Mail, Upload, now
from schema.transitions import BRIEF

_NEEDS = {
    BriefAction.SUBMIT: Permission.WRITE_BRIEF,
    BriefAction.APPROVE: Permission.APPROVE_BRIEF,
    BriefAction.RETURN: Permission.APPROVE_BRIEF,
}
_MAILS = {
    BriefAction.SUBMIT: MailKind.BRIEF_SUBMITTED,
    BriefAction.APPROVE: MailKind.BRIEF_APPROVED,
    BriefAction.RETURN: MailKind.BRIEF_RETURNED,
}
_OWN = ("title", "notes", "source_language", "requested_outputs", "due_at", "project_id")
_AT_ONCE = 8


async def listing(ctx: Context, wanted: BriefFilter, sort: BriefSort, paging: Slice) -> Page[BriefSummary]:
    asked = AskedPage(sort.value, paging.size, paging.offset, paging.after)
    items, found = await briefs.page(ctx.session, ctx.principal, wanted, asked)
    return paging.walked([BriefSummary.model_validate(item, from_attributes=True) for item in items], found)


async def view(ctx: Context, brief: Brief) -> BriefOut:
    """The brief in the form that is stored with a request: without URLs."""
    author, allowed = await _around(ctx, brief)
    files = await _attached(ctx, brief)
    return BriefOut.of(brief, author, allowed, [file_out(upload, uri) for uri, upload in files.items()])


async def detail(ctx: Context, brief: Brief) -> BriefDetail:
    author, allowed = await _around(ctx, brief)
    files = await _attached(ctx, brief)
    life_s = ctx.parts.settings.signed_url_s
    expires_at = now() + timedelta(seconds=life_s)
    slots = asyncio.Semaphore(_AT_ONCE)

    async def sign(uri: str, upload: Upload) -> BriefFileLink:
        async with slots:
            url = await ctx.store.signed_get(
                upload.object_name, life_s, filename=upload.filename, content_type=upload.content_type
            )
        return BriefFileLink(**file_out(upload, uri).model_dump(), url=url)

    links = await asyncio.gather(*(sign(uri, upload) for uri, upload in files.items()))
    return BriefDetail.of(brief, author, allowed, links, files_expire_at=expires_at)


async def _attached(ctx: Context, brief: Brief) -> dict[str, Upload]:
    """The attached files by URI, in order."""
    found = await briefs.files(ctx.session, brief.id)
    await ctx.session.commit()
    return {ctx.store.uri(upload.object_name): upload for upload in found}


async def _around(ctx: Context, brief: Brief) -> tuple[Person | None, list[BriefAction]]:
    """The author, and the caller's actions."""
    author = None
    if brief.author_id is not None and not only_client(ctx, brief.org_id):
        names = await users.names(ctx.session, [brief.author_id])
        author = Person(id=brief.author_id, name=names.get(brief.author_id, ""))
    return author, await _allowed(ctx, brief)


async def _allowed(ctx: Context, brief: Brief) -> list[BriefAction]:
    open_now = [action for action, (source, _) in BRIEF.items() if source is brief.status]
    return [action for action in open_now if await may(ctx, _NEEDS[action], brief)]


async def create(ctx: Context, body: BriefBody, once: Asked) -> Brief:
    """Raises:
    Invalid: the client, the project or a file is not the caller's, or the client is ambiguous.
    Forbidden: the caller may not write briefs of this client.
    """
    client = await _client(ctx, body.client_id, body.project_id)
    files = await _files(ctx, body.files, {})
    brief_id = once.uuid("brief")
    made = await named.made(ctx.session, Brief, brief_id)
    if made is None:
        if not await briefs.client_is_open(ctx.session, client.id):
            raise Invalid("The client was deleted or archived just now.")
        made = Brief(
            id=brief_id,
            org_id=client.org_id,
            client_id=client.id,
            author_id=ctx.principal.user_id,
            **body.model_dump(mode="json", include=set(_OWN) - {"due_at", "project_id"}),
            due_at=body.due_at,
            project_id=body.project_id,
        )
        ctx.session.add(made)
        await ctx.session.flush()
        await briefs.attach(ctx.session, made.id, files)
    await ctx.record(once, "brief.create", "brief", made.id, after=_told(made, files))
    await ctx.session.commit()
    return made


async def _client(ctx: Context, client_id: UUID | None, project_id: UUID | None) -> Client:
    if project_id is not None:
        found = await users.reachable_projects(ctx.session, ctx.principal, project_id, limit=1)
        if not found or client_id not in (None, found[0][1].id):
            raise Invalid("There is no such project among yours.", errors=[_no_project(project_id)])
        client = found[0][1]
    else:
        reached = await briefs.only_client(ctx.session, ctx.principal, client_id)
        if not reached:
            raise Invalid("There is no such client among yours." if client_id else "You have no client.")
        if len(reached) > 1:
            raise Invalid("Say client_id: you have more than one client.")
        client = reached[0]
    if not ctx.principal.may(Permission.WRITE_BRIEF, client.org_id):
        raise forbidden(Permission.WRITE_BRIEF)
    return client


def _no_project(project_id: UUID) -> FieldError:
    return FieldError("project_id", f"There is no project {project_id} of this client.")


async def _files(ctx: Context, uris: list[str], before: Mapping[str, Upload]) -> list[Upload]:
    """The files to attach. Files attached `before` may belong to anybody.

    Raises:
        Invalid: naming every file that is not a completed upload of the caller.
    """
    found: list[Upload] = []
    wrong: list[FieldError] = []
    for number, uri in enumerate(uris):
        try:
            found.append(before.get(uri) or await sent(ctx, uri, FilePurpose.BRIEF_ATTACHMENT))
        except Invalid as error:
            wrong.append(FieldError(f"files.{number}", error.message))
    if wrong:
        raise Invalid(wrong[0].message, errors=wrong)
    return found


async def change(ctx: Context, brief: Brief, patch: BriefPatch, once: Asked) -> Brief:
    """Raises:
    Conflict: it is not a draft.
    Invalid: the project is another client's, or a file is not the caller's.
    """
    attached = await _attached(ctx, brief)
    before_it = list(attached.values())
    files = before_it if patch.files is None else await _files(ctx, patch.files, attached)
    fresh = await named.locked(ctx.session, Brief, brief.id)
    if await ctx.done(once, "brief.change", brief.id):
        await ctx.session.commit()
        return fresh
    if fresh.status is not BriefStatus.DRAFT:
        raise await _conflict(ctx, fresh, "Only a draft can be changed")
    before = _told(fresh, before_it)
    if patch.project_id is not None and not await clients.project(
        ctx.session, fresh.client_id, patch.project_id
    ):
        wrong = _no_project(patch.project_id)
        raise Invalid(wrong.message, errors=[wrong])
    for name, value in _changes(patch).items():
        setattr(fresh, name, value)
    if patch.files is not None:
        await briefs.attach(ctx.session, fresh.id, files)
    after = _told(fresh, files)
    await ctx.record(once, "brief.change", "brief", fresh.id, before=before, after=after)
    await ctx.session.commit()
    return fresh


def _changes(patch: BriefPatch) -> dict[str, Any]:
    sent_ones = patch.model_fields_set & set(_OWN)
    changes = patch.model_dump(mode="json", include=sent_ones - {"due_at", "project_id"})
    changes |= {name: getattr(patch, name) for name in sent_ones & {"due_at", "project_id"}}
    if changes.get("title", "") is None:
        del changes["title"]
    if changes.get("notes", "") is None:
        changes["notes"] = ""
    return changes


async def decide(
    ctx: Context, brief: Brief, action: BriefAction, once: Asked, reason: str | None = None
) -> Brief:
    """Submits, approves or returns. Of two people who decide at once, one succeeds and the other is refused.

    Raises:
        Conflict: the brief's state does not allow it.
    """
    source, target = BRIEF[action]
    fresh = await named.locked(ctx.session, Brief, brief.id)
    if await ctx.done(once, f"brief.{action}", brief.id):
        await ctx.session.commit()
        return fresh
    if fresh.status is not source:
        raise await _conflict(ctx, fresh, f"A brief that is {fresh.status} does not allow {action}")
    before = {"status": fresh.status}
    fresh.status = target
    if action is BriefAction.SUBMIT:
        fresh.submitted_at, fresh.submitted_by, fresh.reason = now(), ctx.principal.user_id, None
    else:
        fresh.decided_at, fresh.decided_by, fresh.reason = now(), ctx.principal.user_id, reason
    after = {"status": fresh.status, "reason": reason}
    await ctx.record(once, f"brief.{action}", "brief", fresh.id, before=before, after=after)
    told = await _tell(ctx, fresh, action, once)
    await ctx.session.commit()
    await mails.start(ctx.temporal, told)
    return fresh


async def _tell(ctx: Context, brief: Brief, action: BriefAction, once: Asked) -> list[Mail]:
    """Mails the client's project managers that a brief waits for them, and its author or submitter what was decided."""
    kind = _MAILS[action]
    people = (
        await briefs.deciders(ctx.session, brief.client_id)
        if action is BriefAction.SUBMIT
        else [brief.author_id, brief.submitted_by]
    )
    others = [person for person in people if person != ctx.principal.user_id]
    return await outbox.tell(ctx.session, once.id, kind, others, brief_id=brief.id)


async def _conflict(ctx: Context, brief: Brief, message: str) -> Conflict:
    allowed = [each.value for each in await _allowed(ctx, brief)]
    return Conflict(f"{message}.", state=brief.status.value, allowed_actions=allowed)


def _told(brief: Brief, files: list[Upload]) -> dict[str, Any]:
    """The brief's fields for the audit log."""
    told = brief.model_dump(mode="json", include={*_OWN, "client_id"})
    return {**told, "files": [str(each.id) for each in files]}
