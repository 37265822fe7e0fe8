"""What the quality rules find is read where it was stored, and found again where it depends on something new."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from sqlmodel import col

from schema.contracts.language import LanguageState
from schema.contracts.steps import Versions
from schema.db import Database
from schema.enums import JobStatus, Kind, Origin, QCState, Role
from schema.queries.drafts import Draft, save_draft
from schema.tables import Job, JobLanguage, TextFindings, TextVersion
from schema.vtt.quality import RULES
from tests.api.people import Tenant

TEXT = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:03.000\nGood evening.\n"
SENTINEL = {"rule": "sentinel", "severity": "blocking", "message": "As it was stored."}


async def _stored(database: Database, job: Job) -> list[TextFindings]:
    async with database.begin() as session:
        found = await session.scalars(
            sa.select(TextFindings)
            .join(TextVersion, col(TextVersion.id) == col(TextFindings.version_id))
            .where(col(TextVersion.job_id) == job.id)
            .order_by(col(TextVersion.version))
        )
        return list(found)


async def _forge(database: Database, job: Job, **more: Any) -> None:
    """Other findings than the rules would find, so that it shows who reads them."""
    ids = [each.version_id for each in await _stored(database, job)]
    async with database.begin() as session:
        await session.execute(
            sa.update(TextFindings)
            .where(col(TextFindings.version_id).in_(ids))
            .values(findings=[SENTINEL], blocking=7, cues=9, **more)
        )


@pytest.fixture
async def job(tenant: Tenant, database: Database) -> Job:
    """With a draft in English, as a worker saves it."""
    made = await tenant.job(database, status=JobStatus.PENDING_QC)
    async with database.begin() as session:
        draft = Draft("en", Kind.CAPTIONS, TEXT, "0" * 64)
        await save_draft(session, made.id, draft, is_source=True, profile="netflix")
    return made


async def test_a_version_is_saved_with_its_findings(tenant: Tenant, job: Job, database: Database) -> None:
    path = f"/jobs/{job.id}/vtt?lang=en&kind=captions"
    long = TEXT.replace("Good evening.", "word " * 30)
    saved = await tenant[Role.REVIEWER].patch(path, {"content": long, "base_version": 1})
    assert saved.status_code == 200, saved.text
    draft, edit = await _stored(database, job)
    assert (draft.rules, draft.cues, draft.blocking) == (RULES, 1, 0)
    assert edit.findings == [
        {k: v for k, v in each.items() if v is not None} for each in saved.json()["findings"]
    ]
    severities = [each["severity"] for each in edit.findings]
    assert (edit.blocking, edit.warnings) == (severities.count("blocking"), severities.count("warning"))
    assert edit.blocking > 0


async def test_everybody_reads_what_is_stored_until_the_rules_are_newer(
    tenant: Tenant, job: Job, database: Database
) -> None:
    person = tenant[Role.PRODUCTION]

    async def seen() -> tuple[list[str], int, int]:
        text = (await person.get(f"/jobs/{job.id}/vtt?lang=en&kind=captions")).json()
        one = (await person.get(f"/language-qc/jobs/{job.id}/language-qc")).json()["languages"]["en"]
        return [each["rule"] for each in text["findings"]], one["blocking_findings"], one["cues_total"]

    honest = await seen()
    await _forge(database, job)
    assert await seen() == (["sentinel"], 7, 9)
    await _forge(database, job, rules=RULES + 1)
    assert await seen() == (["sentinel"], 7, 9), "a newer build has found them"
    await _forge(database, job, rules=RULES - 1)
    assert await seen() == honest
    assert [each.rules for each in await _stored(database, job)] == [RULES], "once, and stored"
    await _forge(database, job, rules=RULES - 1)
    one = (await person.get(f"/language-qc/jobs/{job.id}/language-qc")).json()["languages"]["en"]
    assert (one["blocking_findings"], one["cues_total"]) == honest[1:], "by the map alone, too"


async def test_a_longer_video_or_another_source_text_finds_anew(
    tenant: Tenant, job: Job, database: Database
) -> None:
    person, path = tenant[Role.PRODUCTION], f"/jobs/{job.id}/vtt?lang=en&kind=captions"
    await _forge(database, job)
    async with database.begin() as session:
        await session.execute(
            sa.update(Job).where(col(Job.id) == job.id).values(state={"artifacts": {"duration_ms": 2000}})
        )
    rules = {each["rule"] for each in (await person.get(path)).json()["findings"]}
    assert "sentinel" not in rules, "found anew"
    state = LanguageState(language="es", source_versions=Versions(captions=1))
    async with database.begin() as session:
        row = JobLanguage(job_id=job.id, language="es", qc_state=QCState.IN_PROGRESS)
        row.state = state.model_dump(mode="json")
        session.add(row)
        await session.flush()
        draft = Draft("es", Kind.CAPTIONS, TEXT, "1" * 64, Origin.TRANSLATION)
        await save_draft(session, job.id, draft, is_source=False, profile="netflix")
        await session.execute(
            sa.update(TextFindings)
            .where(
                col(TextFindings.version_id).in_(
                    sa.select(col(TextVersion.id)).where(
                        col(TextVersion.job_id) == job.id, col(TextVersion.language) == "es"
                    )
                )
            )
            .values(findings=[SENTINEL])
        )
    spanish = f"/jobs/{job.id}/vtt?lang=es&kind=captions"
    assert [each["rule"] for each in (await person.get(spanish)).json()["findings"]] == ["sentinel"]
    newer = TEXT.replace("c1", "c2")
    assert (await person.patch(path, {"content": newer, "base_version": 1})).status_code == 200
    assert [each["rule"] for each in (await person.get(spanish)).json()["findings"]] == ["sentinel"]
    async with database.begin() as session:
        state = state.model_copy(update={"source_versions": Versions(captions=2)})
        await session.execute(
            sa.update(JobLanguage)
            .where(col(JobLanguage.job_id) == job.id, col(JobLanguage.language) == "es")
            .values(state=state.model_dump(mode="json"))
        )
    rules = {each["rule"] for each in (await person.get(spanish)).json()["findings"]}
    assert {"translation_cue_missing", "translation_cue_extra"} <= rules


async def test_a_clients_texts_are_held_to_its_own_limits(tenant: Tenant, job: Job) -> None:
    reviewer, admin = tenant[Role.REVIEWER], tenant[Role.ADMIN]
    path, client = f"/jobs/{job.id}/vtt?lang=en&kind=captions", f"/clients/{tenant.client.id}"

    async def rules() -> set[str]:
        return {each["rule"] for each in (await reviewer.get(path)).json()["findings"]}

    assert "line_length" not in await rules()

    def own_of(response: httpx.Response) -> dict[str, Any]:
        assert response.status_code == 200, response.text
        profile: dict[str, Any] = response.json()["profile"]
        return {
            **profile,
            "limits": {name: own for name, own in profile["limits"].items() if own is not None},
        }

    own = {"base": "bbc", "limits": {"chars_per_line": {"en": 8}}}
    assert own_of(await admin.patch(client, {"profile": own})) == own
    assert "line_length" in await rules()
    qc = (await reviewer.get(f"/language-qc/jobs/{job.id}/language-qc")).json()
    assert qc["languages"]["en"]["blocking_findings"] == 1
    assert (await tenant[Role.CLIENT].get(client)).json()["profile"] is None, (
        "it is not for the client's users"
    )
    for wrong, told in (
        ({"max_line": 3}, "max_line"),
        ({"lines": 0}, "lines"),
        ({"lines": 10**400}, "lines"),
        ({"name": "mine"}, "name"),
    ):
        refused = await admin.patch(client, {"profile": {"base": "bbc", "limits": wrong}})
        assert refused.status_code == 422 and told in refused.text, refused.text
    unknown = {"base": "bbc", "limits": {"severities": {"reading_sped": "blocking"}}}
    refused = await admin.patch(client, {"profile": unknown})
    assert refused.status_code == 400, refused.text
    assert "no quality rule reading_sped" in refused.json()["detail"]
    assert "reading_speed" in refused.json()["detail"]
    assert own_of(await admin.patch(client, {"name": tenant.client.name})) == own
    assert (await admin.patch(client, {"profile": None})).json()["profile"] is None
    assert "line_length" not in await rules()
