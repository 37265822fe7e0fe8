"""A catalogue of jobs such as a studio has after years: 200 organisations, 2,000 clients, one of them huge.

Made by the database itself. Everybody is the same in a small and in a large one, so that their lists may be compared.
"""

from __future__ import annotations

from uuid import UUID

import asyncpg
import sqlalchemy as sa

from schema.db import Database
from schema.enums import Role

ORGANISATIONS, CLIENTS, PROJECTS = 200, 2_000, 4_000
HUGE = 1
"""The client of a fifth of all jobs."""
_AT_ONCE = 100_000

_PEOPLE = """
insert into organizations (id, name, name_key) select {org}, 'Org ' || g, 'org ' || g from generate_series(1, {organisations}) g;
insert into clients (id, org_id, name, name_key)
    select {client}, {org_of_client}, 'Client ' || g, 'client ' || g from generate_series(1, {clients}) g;
insert into projects (id, client_id, name, name_key)
    select {project}, {client_of_project}, 'Project ' || g, 'project ' || g from generate_series(1, {projects}) g;
insert into teams (id, client_id, name, name_key)
    select {team}, {client}, 'Team ' || g, 'team ' || g from generate_series(1, {clients}) g;
insert into users (id, email, name, role)
    select {user}, 'user' || g || '@example.org', 'User ' || g, 'linguist' from generate_series(1, 1000) g;
insert into memberships (id, org_id, user_id)
    select gen_random_uuid(), {org_of_user}, {user} from generate_series(1, 1000) g;
insert into team_members (id, team_id, user_id)
    select gen_random_uuid(), {team_of_user}, {user}
    from generate_series(1, 1000) g, generate_series(0, 4) k;
"""
_MORE = """
insert into users (id, email, name, role)
    select {user}, 'user' || g || '@example.org', 'User ' || md5(g::text),
        case when g % 1000 = 0 then 'admin' when g % 5 = 0 then 'reviewer' else 'linguist' end
    from generate_series(1001, {users}) g;
insert into memberships (id, org_id, user_id)
    select gen_random_uuid(), {org_of_user}, {user} from generate_series(1001, {users}) g;
insert into clients (id, org_id, name, name_key)
    select {client}, {org_of_client}, 'Client ' || g, 'client ' || g
    from generate_series({clients} + 1, {all_clients}) g;
"""
_JOBS = """
insert into jobs (id, org_id, client_id, project_id, creator_id, title, notes, source_language, requested_outputs, filename,
    content_type, size_bytes, source_object, status, state, created_at, updated_at, deleted_at, completed_at,
    due_at, priority, reference, labels, failure)
select {job}, {org_of_client}, {client}, {project_of_job}, {creator}, 'Film ' || md5(j::text), '', 'en',
    '{{"languages": ["es", "de"], "captions_vtt": true}}', 'film.mp4', 'video/mp4', 1000, 'jobs/' || j || '/source.mp4',
    case when j % 100 < 92 then 'completed' when j % 100 < 94 then 'cancelled' when j % 100 < 95 then 'failed'
        when j % 100 < 97 then 'language_qc' when j % 100 < 98 then 'pending_qc'
        else 'pending_final_review' end,
    jsonb_build_object('artifacts', repeat(md5(j::text), 50)),
    now() - j * interval '1 minute', now() - (j * 7919 % 1000003) * interval '1 minute',
    case when j % 50 = 49 then now() end,
    case when j % 100 < 92 then now() - (j - 1) * interval '1 minute' end,
    case when j % 3 > 0 then now() + (j % 2000 - 1000) * interval '1 hour' end,
    case when j % 200 = 0 then 'rush' else 'normal' end, 'R-' || j,
    array['every', 'l' || j % 50, case when j < 10 then 'rare' else 'many' end],
    case when j % 100 = 94 then jsonb_build_object('step', case when j % 300 = 94 then 'probe' else 'describe' end,
        'language', null, 'code', 'provider_failed', 'reason', 'It did not answer.') end
from (select j, case when j % 5 = 0 then {huge} else 1 + (j * 7919) % {clients} end as g
    from generate_series(cast({first} as bigint), {last}) j) made;
insert into job_languages (job_id, language, is_source, stage, qc_state, revision)
    select {job}, 'en', true, 'waiting', 'pending', 0 from generate_series({first}, {last}) j;
insert into job_languages (job_id, language, is_source, stage, qc_state, revision, linguist_id, reviewer_id)
    select {job}, 'es', false, case when j % 100 < 95 then 'ready' else 'language_qc' end,
        case when j % 100 < 95 then 'approved' else 'in_progress' end, 0, {linguist}, {reviewer}
    from generate_series({first} + 9, {last}, 10) j;
"""


def thing(kind: int, number: int) -> UUID:
    """The id of a row: organisations are 1, clients 2, projects 3, teams 4, users 5, jobs 6."""
    return UUID(f"{kind:08d}-0000-0000-0000-{number:012d}")


def _row(kind: int, number: str) -> str:
    return f"(lpad('{kind}', 8, '0') || '-0000-0000-0000-' || lpad(({number})::text, 12, '0'))::uuid"


_WORDS = {
    "organisations": ORGANISATIONS, "clients": CLIENTS, "projects": PROJECTS, "huge": HUGE,
    "org": _row(1, "g"), "client": _row(2, "g"), "project": _row(3, "g"), "team": _row(4, "g"), "user": _row(5, "g"),
    "job": _row(6, "j"), "creator": _row(5, "1 + j % 1000"),
    "org_of_client": _row(1, f"1 + (g - 1) % {ORGANISATIONS}"),
    "org_of_user": _row(1, f"1 + (g - 1) % {ORGANISATIONS}"),
    "client_of_project": _row(2, f"1 + (g - 1) % {CLIENTS}"),
    "project_of_job": _row(3, f"g + {CLIENTS} * (j % 2)"),
    "team_of_user": _row(4, f"1 + ((g - 1) % {ORGANISATIONS}) + {ORGANISATIONS} * k"),
    "linguist": _row(5, "1 + (j / 10) % 1000"), "reviewer": _row(5, "1 + (j / 10 + 1) % 1000"),
}  # fmt: skip


async def fill(url: str, jobs: int, *, users: int = 1_000, clients: int = CLIENTS) -> None:
    """So many jobs, and whoever works on them: user 1 is of organisation 1, whose client 1 is the huge one. Beyond those of
    a small catalogue, users and clients have no jobs."""
    texts = [_PEOPLE.format(**_WORDS), _MORE.format(**_WORDS, users=users, all_clients=clients)]
    for first in range(1, jobs + 1, _AT_ONCE):
        texts.append(_JOBS.format(**_WORDS, first=first, last=min(jobs, first + _AT_ONCE - 1)))
    connection = await asyncpg.connect(url.replace("+asyncpg", ""))
    try:
        indexes = await connection.fetch(
            "select indexname, indexdef from pg_indexes where indexname like 'ix_jobs_%' or indexname like 'ix_job_lang%'"
        )
        for name, _ in indexes:
            await connection.execute(f"drop index {name}")
        for text in texts:
            await connection.execute(text)
        for _, made in indexes:  # quicker afterwards
            await connection.execute(made)
        await connection.execute("vacuum analyze")
    finally:
        await connection.close()


async def become(database: Database, role: Role) -> UUID:
    """User 1, with this role; a project manager manages five clients."""
    user = thing(5, 1)
    async with database.begin() as session:
        await session.execute(sa.text("update users set role = :r where id = :u"), {"r": role, "u": user})
        await session.execute(sa.text("delete from client_managers"))
        await session.execute(
            sa.text(
                "insert into client_managers (id, client_id, user_id) "
                "select gen_random_uuid(), id, :u from clients where org_id = :o order by id limit 5"
            ),
            {"u": user, "o": thing(1, 1)},
        )
    return user
