"""Comments: resolved, changed and deleted, and cues that are marked: what a text tells of each."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from schema.db import Database
from schema.enums import JobStatus, Kind, LanguageStage, Origin, QCState, Role
from schema.tables import Job, JobLanguage, TextVersion
from tests.api.flow import key
from tests.api.people import Tenant

TEXT = "WEBVTT\n\n" + "\n\n".join(
    f"c{n}\n00:00:0{n}.000 --> 00:00:0{n}.900\nNumber {n}." for n in range(1, 5)
)


async def in_qc(tenant: Tenant, database: Database, **state: Any) -> tuple[UUID, str]:
    """A language that a linguist works on; where its routes are."""
    job = await tenant.job(database, status=JobStatus.LANGUAGE_QC)
    async with database.begin() as session:
        session.add(
            JobLanguage(
                job_id=job.id,
                language="es",
                stage=LanguageStage.LANGUAGE_QC,
                qc_state=QCState.IN_PROGRESS,
                linguist_id=tenant[Role.LINGUIST].id,
                reviewer_id=tenant[Role.REVIEWER].id,
                state=state,
            )
        )
        session.add(
            TextVersion(
                job_id=job.id, language="es", kind=Kind.CAPTIONS, version=1, content=TEXT,
                origin=Origin.TRANSLATION, sources={f"c{n}": "0" for n in range(1, 5)},
            )
        )  # fmt: skip
    return job.id, f"/language-qc/jobs/{job.id}/languages/es"


async def test_a_comment_is_its_authors_and_anybody_who_may_comment_settles_it(
    tenant: Tenant, stranger: Tenant, database: Database
) -> None:
    _, path = await in_qc(tenant, database)
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    said = (await reviewer.post(f"{path}/comments", {"text": "Too formal.", "cue_id": "c1"})).json()
    other = (await linguist.post(f"{path}/comments", {"text": "Which name?"})).json()
    at = f"{path}/comments/{said['id']}"
    settled = await linguist.patch(at, {"resolved": True})
    assert settled.status_code == 200, settled.text
    assert settled.json()["resolved_by"]["id"] == str(linguist.id)
    assert (await linguist.patch(at, {"text": "Fine."})).status_code == 403
    assert (await linguist.delete(at)).status_code == 403
    changed = (await reviewer.patch(at, {"text": "Far too formal.", "resolved": False})).json()
    assert (changed["text"], changed["resolved_at"], changed["resolved_by"]) == (
        "Far too formal.",
        None,
        None,
    )
    assert changed["edited_at"] is not None
    await linguist.patch(at, {"resolved": True})

    async def ids(query: str) -> list[str]:
        found = (await reviewer.get(f"{path}/comments{query}")).json()
        assert found["total"] == len(found["items"])
        return [each["id"] for each in found["items"]]

    assert await ids("") == [said["id"], other["id"]]
    assert await ids("?resolved=true") == [said["id"]]
    assert await ids("?resolved=false") == [other["id"]]
    same = key()
    assert (await reviewer.delete(at, same)).status_code == 204
    assert (await reviewer.delete(at, same)).status_code == 204, "the same answer"
    assert (await reviewer.delete(at)).status_code == 404
    assert (await reviewer.patch(at, {"resolved": True})).status_code == 404
    assert await ids("") == [other["id"]]
    assert (await tenant[Role.CLIENT].get(f"{path}/comments")).status_code == 403
    elsewhere = f"{path}/comments/{other['id']}"
    assert (await stranger[Role.PRODUCTION].patch(elsewhere, {"resolved": True})).status_code == 404
    assert (await tenant[Role.PRODUCTION].patch(elsewhere, {"resolved": True})).status_code == 200
    for nothing in ({}, {"text": ""}, {"resolved": "perhaps"}):
        assert (await reviewer.patch(elsewhere, nothing)).status_code == 422
    qc = (await reviewer.get(path.rsplit("/", 2)[0] + "/language-qc")).json()["languages"]["es"]
    assert qc["open_comments"] == 0


async def test_cues_are_marked_one_by_one_several_at_once_and_up_to_one(
    tenant: Tenant, database: Database
) -> None:
    job_id, path = await in_qc(tenant, database)
    linguist = tenant[Role.LINGUIST]

    async def mark(status: int = 200, **body: Any) -> dict[str, Any]:
        answer = await linguist.post(f"{path}/mark-cue-reviewed", body)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    assert (await mark(cue_id="c2"))["cues_reviewed"] == 1
    several = await mark(cue_ids=["c4", "c2", "c4"])
    assert (several["marked"], several["cues_reviewed"], several["cues_total"]) == (2, 2, 4)
    assert (await mark(up_to="c3"))["cues_reviewed"] == 4
    assert (await mark(cue_ids=["c1", "c2"], reviewed=False))["cues_reviewed"] == 2
    assert (await mark(cue_index=0))["cues_reviewed"] == 3
    unknown = await mark(404, cue_ids=["c1", "c9"])
    assert "c9" in unknown["detail"]
    assert (await mark(404, up_to="c9"))["code"] == "not_found"
    for wrong in ({}, {"cue_ids": []}, {"cue_id": "c1", "up_to": "c2"}):
        await mark(422, **wrong)
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    edited = TEXT.replace("Number 1.", "Number one.")
    saved = await linguist.patch(text, {"content": edited, "base_version": 1})
    assert saved.status_code == 200, saved.text
    assert set(saved.json()["cues"]) == {"c3", "c4"}, "an edit clears the mark of its cue"


async def test_a_text_tells_of_each_cue(tenant: Tenant, database: Database) -> None:
    job_id, path = await in_qc(tenant, database, flagged_cues=["c4", "d1"])
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    text = f"/jobs/{job_id}/vtt?lang=es&kind=captions"
    first = await linguist.get(text)
    assert first.json()["cues"] == {"c4": {"reviewed": None, "flagged": True, "open_comments": 0}}
    await linguist.post(f"{path}/mark-cue-reviewed", {"cue_ids": ["c1"]})
    for cue, kind in (("c2", "captions"), ("c2", None), ("c2", "audio_description")):
        await reviewer.post(f"{path}/comments", {"text": "Hm.", "cue_id": cue, "kind": kind})
    seen = {"If-None-Match": first.headers["etag"]}
    second = await linguist.ask("GET", text, headers=seen)
    assert second.status_code == 200, "a mark is news, though the text is the same"
    cues = second.json()["cues"]
    assert cues["c1"]["reviewed"]["by"] == {"id": str(linguist.id), "name": linguist.user.name}
    assert cues["c2"]["open_comments"] == 2
    tag = second.headers["etag"]
    assert (await linguist.ask("GET", text, headers={"If-None-Match": tag})).status_code == 304
    body = {"content": TEXT.replace("Number 3", "Three"), "base_version": 1}
    saved = await linguist.ask("PATCH", text, key(), json=body, headers={"If-Match": tag})
    assert saved.status_code == 200, saved.text
    stale = await linguist.ask("PATCH", text, key(), json=body, headers={"If-Match": tag})
    assert stale.status_code == 412
    older = (await linguist.get(f"/jobs/{job_id}/vtt/versions/1?lang=es&kind=captions")).json()
    assert older["cues"] == {}


@pytest.mark.parametrize("role", [Role.LINGUIST, Role.REVIEWER])
async def test_who_is_not_assigned_does_not_comment(tenant: Tenant, database: Database, role: Role) -> None:
    job = await tenant.job(database, status=JobStatus.PENDING_QC)
    answer = await tenant[role].post(
        f"/language-qc/jobs/{job.id}/languages/en/comments", {"text": "Not mine."}
    )
    assert answer.status_code == 403


async def test_texts_that_are_not_requested_any_more_count_for_nothing(
    tenant: Tenant, database: Database
) -> None:
    """What was made of them is kept, and stands in nobody's way."""
    flagged = {"captions": ["c4"], "audio_description": ["d1", "d2"]}
    job_id, path = await in_qc(tenant, database, flagged=flagged)
    script = "WEBVTT\n\nd1\n00:00:01.000 --> 00:00:03.000\n???\n"
    async with database.begin() as session:
        session.add(
            TextVersion(
                job_id=job_id, language="es", kind=Kind.AUDIO_DESCRIPTION, version=1, content=script,
                origin=Origin.EDIT, sources={},
            )
        )  # fmt: skip
    linguist, reviewer = tenant[Role.LINGUIST], tenant[Role.REVIEWER]
    for kind, cue in (("captions", "c1"), ("audio_description", "d1")):
        answer = await linguist.post(f"{path}/mark-cue-reviewed", {"kind": kind, "cue_id": cue})
        assert answer.status_code == 200, answer.text
    for kind in ("captions", "audio_description", None):
        await reviewer.post(f"{path}/comments", {"text": "Hm.", "kind": kind})

    async def numbers() -> tuple[int, ...]:
        shown = (await reviewer.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
        assert shown["flagged_cues"] == [cue for cues in shown["flagged"].values() for cue in cues]
        names = ("cues_total", "cues_reviewed", "open_comments", "blocking_findings")
        return (*(shown[name] for name in names), len(shown["flagged_cues"]))

    total, reviewed, comments, blocking, of_both = await numbers()
    assert (total, reviewed, comments, of_both) == (5, 2, 3, 3)
    await _requested(database, job_id, audio_description_vtt=False)
    of_captions = await numbers()
    assert (*of_captions[:3], of_captions[4]) == (4, 1, 2, 1)
    assert of_captions[3] < blocking
    marked = await linguist.post(f"{path}/mark-cue-reviewed", {"kind": "captions", "cue_id": "c1"})
    assert (marked.json()["cues_total"], marked.json()["cues_reviewed"]) == (4, 1)
    async with database.begin() as session:
        row = await session.get(JobLanguage, (job_id, "es"))
        assert row is not None
        row.stage = LanguageStage.REMOVED
    assert await numbers() == (0, 0, 0, 0, 0)


async def test_a_flagged_cue_is_one_of_its_text(tenant: Tenant, database: Database) -> None:
    """Both texts may have a cue of one id."""
    job_id, _ = await in_qc(tenant, database, flagged={"audio_description": ["c1"]})
    linguist = tenant[Role.LINGUIST]
    assert (await linguist.get(f"/jobs/{job_id}/vtt?lang=es&kind=captions")).json()["cues"] == {}
    shown = (await linguist.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]["es"]
    assert (shown["flagged"], shown["flagged_cues"]) == ({"audio_description": ["c1"]}, ["c1"])


async def _requested(database: Database, job_id: UUID, **changes: Any) -> None:
    async with database.begin() as session:
        job = await session.get(Job, job_id)
        assert job is not None
        job.requested_outputs = {**job.requested_outputs, **changes}
