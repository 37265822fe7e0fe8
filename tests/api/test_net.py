"""The net: every query of a tenant's table is narrowed to what the person sees, or says why it need not be."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from sqlmodel import SQLModel, col

import api
import schema
from schema import tables
from schema.db import Database
from schema.enums import AssetKind, Audience, Kind, NoteAsset, Role
from schema.queries import users
from schema.queries.seen import seen
from schema.tables import Asset, Brief, Glossary, QCComment, ReviewNote, ShareToken, Upload, now
from tests.api.people import Tenant

NOBODYS = {"SpentToken", "RefreshToken", "Attempt", "IdempotencyKey"}
"""Rows that no person reads."""
CONDITIONS = {"visible_to", "notes_visible_to", "seen", "staffed_by", "reached_by", "reach_of", "unscoped"}
ASKS = {"select", "get", "join", "outerjoin", "update", "delete", "exists", "select_from"}
AUTHORISED = {
    "assets.py:of_job": "of a job that a guard or a workflow handed over",
    "audience.py:_links": "tells who sees what, for the hub",
    "audience.py:audience_of": "tells who sees what, for the hub",
    "audit.py:record": "reads nothing",
    "batch_items.py:choose": "`narrowed` is what the batch's owner sees",
    "foreseen.py:_approved_languages": "of jobs that are narrowed to what the caller sees",
    "foreseen.py:_human_edits": "of jobs that are narrowed to what the caller sees",
    "outdated.py:of_other_glossary": "a condition beside the one that narrows",
    "outdated.py:of_other_model": "a condition beside the one that narrows",
    "choices.py:of_language": "of a job that a guard or a workflow handed over",
    "departures.py:_named": "a condition of what the sweep asks",
    "drafts.py:save_draft": "a worker's, of its job",
    "events.py:_HAPPENED": "is narrowed where it is asked",
    "events.py:decided_among": "of jobs that a batch's owner sees",
    "events.py:newest": "a number",
    "events.py:oldest": "a number",
    "glossaries.py:active_version": "of the client of a worker's job",
    "findings.py:stored": "of versions of a job that a guard or a workflow handed over",
    "glossaries.py:terms_of": "of versions that are pinned to a job",
    "glossaries.py:terms_for": "of the version that is pinned to a job",
    "history.py:_decisions": "of a job that a guard handed over",
    "languages.py:_outputs_statement": "of a job that a guard handed over",
    "languages.py:comments": "of a job that a guard handed over",
    "languages.py:of_jobs": "of jobs that a batch's owner sees",
    "languages.py:of_job": "of a job that a guard or a workflow handed over",
    "languages.py:one": "of a job that a guard or a workflow handed over",
    "languages.py:open_comments": "of a job that a guard handed over",
    "jobs.py:_place": "the ids of a filter; what is in the place is narrowed",
    "reviews.py:clear_edited": "of versions that were just saved",
    "reviews.py:counted": "of a job that a guard handed over",
    "reviews.py:unmark": "of a job that a guard handed over",
    "texts.py:contents": "of a job that a guard or a workflow handed over",
    "texts.py:with_ids": "of versions of a job that a guard handed over",
    "jobs.py:mark_started": "of a job that was just made, or a worker's",
    "mails.py:end": "a worker's, of its mail",
    "mails.py:waiting": "a worker's: ids alone, of mails that it sends",
    "languages.py:comment": "of a language that a guard handed over",
    "languages.py:open_comments_by_cue": "of a text that a guard handed over",
    "reviews.py:of_text": "of a text that a guard handed over",
    "projection_records.py:is_new_failure": "a worker's, of its job",
    "projection.py:write_job": "a worker's, of its job",
    "sessions.py:end_all": "a user that whoever ends their sign-ins was let in for",
    "texts.py:_of": "of a job that a guard or a workflow handed over",
    "texts.py:all_latest": "of a job that a guard handed over",
    "texts.py:history": "of a job that a guard handed over",
    "texts.py:saved_as": "by the id that only the same request makes",
    "service_tokens.py:_PRESENTED": "by a token that only those have whom it was given",
    "sweeps.py:_unused": "the sweep serves all organisations",
    "uploads.py:announce": "by the id that only the same request makes",
    "clients.py:holds_open": "of the project that its caller was found to reach",
    "sweeps.py:languages_at_work": "of the jobs that a sweep looks at",
    "uploads.py:_open": "of the user who asks",
    "users.py:_PRINCIPAL": "the user who asks",
    "users.py:_SIGNED_IN": "the user who asks",
    "users.py:active": "whom an admin names, who sees all users",
    "users.py:by_email": "whoever signs in",
    "users.py:names": "of people whose ids the caller was shown",
    "operations/auth.py:refresh": "the owner of the token",
    "voices.py:pace_of": "of the organisation of a job that a guard or a workflow handed over",
}


def _tenants() -> dict[str, type[SQLModel]]:
    named = {name: getattr(tables, name) for name in tables.__all__}
    return {
        name: kind
        for name, kind in named.items()
        if isinstance(kind, type) and issubclass(kind, SQLModel) and name not in NOBODYS
    }


def _parts(path: Path) -> Iterator[tuple[str, ast.AST]]:
    """Functions, and what a module builds once."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from ((each.name, each) for each in node.body if isinstance(each, ast.AsyncFunctionDef))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            yield node.targets[0].id, node


def _queries() -> Iterator[tuple[str, ast.AST]]:
    queries = Path(schema.__file__).parent / "queries"
    ours = Path(api.__file__).parent
    for folder, pattern in ((queries, "*.py"), (ours, "**/*.py")):
        for path in sorted(folder.glob(pattern)):
            if path.name not in ("visibility.py", "seen.py"):
                yield from ((f"{path.relative_to(folder)}:{name}", part) for name, part in _parts(path))


def _called(part: ast.AST) -> set[str]:
    calls = (node.func for node in ast.walk(part) if isinstance(node, ast.Call))
    return {getattr(each, "attr", getattr(each, "id", "")) for each in calls}


def _asks_for(part: ast.AST, nouns: set[str]) -> bool:
    for node in ast.walk(part):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in ASKS:
            given = [*node.args, *(each.value for each in node.keywords)]
            named = {each.id for arg in given for each in ast.walk(arg) if isinstance(each, ast.Name)}
            if named & nouns:
                return True
    return False


def test_every_query_of_a_tenants_table_is_narrowed_or_says_why_not() -> None:
    nouns = set(_tenants())
    asking = {name: part for name, part in _queries() if _asks_for(part, nouns)}
    bare = {name for name, part in asking.items() if not _called(part) & CONDITIONS}
    assert bare - set(AUTHORISED) == set()
    assert set(AUTHORISED) - {name for name, _ in _queries()} == set(), "these are not there any more"
    assert len(asking) > 20


def test_a_query_without_a_condition_is_found() -> None:
    bare = ast.parse("async def everything(session):\n    return await session.scalars(sa.select(Brief))")
    assert _asks_for(bare, set(_tenants()))
    assert not _called(bare) & CONDITIONS


def test_somebody_has_said_of_every_table_who_sees_it(tenant: Tenant) -> None:
    assert {"Job", "Brief", "AuditEntry", "TextVersion"} <= set(_tenants())
    assert {each.__tablename__ for each in _tenants().values()} | {
        getattr(tables, name).__tablename__ for name in NOBODYS
    } == set(tables.metadata.tables)


async def _sees(database: Database, person_id: object, noun: type[SQLModel], row_id: object) -> bool:
    async with database.begin() as session:
        who = await users.principal(session, person_id)
        assert who is not None
        key = getattr(noun, "id")
        return await session.scalar(sa.select(key).where(key == row_id, seen(who, noun))) is not None


@pytest.mark.parametrize("name", sorted(_tenants()))
async def test_the_condition_of_every_table_is_a_query(name: str, tenant: Tenant, database: Database) -> None:
    noun = _tenants()[name]
    async with database.begin() as session:
        for role in Role:
            who = await users.principal(session, tenant[role].id)
            assert who is not None
            await session.execute(sa.select(noun).where(seen(who, noun)).limit(1))


async def test_no_noun_is_seen_by_another_tenant(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    job = await tenant.job(database)
    rows: list[SQLModel] = [
        Brief(org_id=tenant.org.id, client_id=tenant.client.id, title="A brief"),
        ShareToken(job_id=job.id, created_by=tenant[Role.ADMIN].id, token_hash=uuid4().hex, expires_at=now()),
        ReviewNote(
            job_id=job.id,
            org_id=tenant.org.id,
            author_id=tenant[Role.ADMIN].id,
            language="en",
            asset=NoteAsset.SOURCE,
            object_name="x",
            at_ms=0,
            source_ms=0,
            text="Hm.",
            audience=Audience.CLIENT,
        ),
        Glossary(client_id=tenant.client.id, name="Words", source_language="en"),
        QCComment(job_id=job.id, language="en", author_id=tenant[Role.REVIEWER].id, text="Hm."),
        Asset(
            job_id=job.id,
            language="en",
            kind=AssetKind.CAPTIONS_VTT,
            object_name="x",
            content_type="text/vtt",
            size_bytes=1,
            details={},
        ),
        tables.TextVersion(
            job_id=job.id,
            language="en",
            kind=Kind.CAPTIONS,
            version=1,
            content="",
            origin="draft",
            sources={},
        ),
    ]
    async with database.begin() as session:
        session.add_all(rows)
    here = [*rows, tenant.org, tenant.client, tenant.project, tenant.team, job]
    for row in here:
        noun = type(row)
        for role in Role:
            assert await _sees(database, tenant[role].id, noun, row.id), (noun, role)  # type: ignore[attr-defined]
            other = await _sees(database, stranger[role].id, noun, row.id)  # type: ignore[attr-defined]
            assert other is (role is Role.ADMIN), (noun, role)


async def test_an_upload_is_its_owners_and_people_are_their_leads(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    owner = tenant[Role.CLIENT]
    upload = Upload(
        user_id=owner.id,
        object_name=f"jobs/{owner.id}/x.mp4",
        filename="x.mp4",
        content_type="video/mp4",
        size_bytes=1,
        expires_at=now(),
    )
    async with database.begin() as session:
        await session.execute(sa.delete(Upload).where(col(Upload.object_name) == upload.object_name))
        session.add(upload)
    for role in Role:
        assert await _sees(database, tenant[role].id, Upload, upload.id) is (role is Role.CLIENT)
        leads = role in (Role.PROJECT_MANAGER, Role.PRODUCTION, Role.ADMIN, Role.CLIENT)
        assert await _sees(database, tenant[role].id, tables.User, owner.id) is leads, role
        assert await _sees(database, stranger[role].id, tables.User, owner.id) is (role is Role.ADMIN)
