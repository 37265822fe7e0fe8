"""The plan as an editor sees it, pause points that a person moves, and texts that a client brings."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from httpx import AsyncClient

from activities.storage import GoogleStorage
from schema.contracts.outputs import TtsPreferences
from schema.db import Database
from schema.enums import Role
from schema.plan.estimate import usual_rate
from schema.queries import voices
from schema.vtt.words import Transcript, Word
from tests.api.conftest import CATALOG
from tests.api.flow import complete, until, uploaded
from tests.api.people import Tenant, make_tenant
from tests.drafted import Drafted
from tests.factories import media_report
from tests.fakes.steps import FakeSteps

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True}
REPORT = media_report(seconds=10, sample_rate=48_000).model_copy(update={"start_timecode": "10:00:00:00"})
# Speech from 1.0 to 3.9 s and from 5.0 to 9.5 s: the script's cue at 4 s has 0.7 s, and needs more.
TRANSCRIPT = Transcript(
    language="en",
    provider="test",
    punctuated=True,
    words=(
        Word(text="Good", start_ms=1000, end_ms=2400),
        Word(text="evening.", start_ms=2450, end_ms=3900),
        Word(text="Welcome.", start_ms=5000, end_ms=7000),
        Word(text="Goodbye.", start_ms=7600, end_ms=9500),
    ),
)


@pytest_asyncio.fixture(autouse=True)
async def _programme(steps: FakeSteps, object_store: GoogleStorage) -> None:
    """What the fake probe and recogniser say that they left in the bucket."""
    steps.begin_test()
    await object_store.write("report.json", REPORT.model_dump_json().encode(), "application/json")
    await object_store.write("words.json", TRANSCRIPT.model_dump_json().encode(), "application/json")


async def edit_state(tenant: Tenant, job_id: UUID, role: Role = Role.PRODUCTION) -> dict[str, Any]:
    answer = await tenant[role].get(f"/jobs/{job_id}/accessible-video/en/edit-state")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_the_plan_is_shown_before_a_cent_is_spent(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    seen = await edit_state(tenant, job_id, Role.CLIENT)
    assert seen["estimated"] is True
    (cue,) = seen["cues"]
    assert (cue["wanted_ms"], cue["wanted_timecode"]) == (4000, "10:00:04:00")
    assert cue["measured"] is False
    assert cue["gap"] == {"start_ms": 4100, "end_ms": 4800}
    assert cue["explanation"]
    assert seen["added_ms"] == seen["rendered_duration_ms"] - seen["duration_ms"] > 0
    assert cue["pause"]["length_ms"] == seen["added_ms"]
    assert steps.calls["synthesize_descriptions"] == 0


async def test_a_voice_that_has_spoken_before_is_estimated_at_its_pace(
    drafted: Drafted, database: Database, http: AsyncClient
) -> None:
    tenant = await make_tenant(database, http)  # the pace is an organisation's
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    usual = (await edit_state(tenant, job_id))["cues"][0]["clip_ms"]
    text, half = "A" * 5_000, usual_rate("en").characters_a_minute // 2
    async with database.begin() as session:
        await voices.measured(
            session,
            tenant.org.id,
            CATALOG.voices[0].provider,
            TtsPreferences(),
            "en",
            [(text, len(text) * 60_000 // half)],
        )
    seen = (await edit_state(tenant, job_id))["cues"][0]
    assert (seen["clip_ms"], seen["measured"]) == (pytest.approx(2 * usual, rel=0.05), False)


async def test_a_moved_pause_point_is_kept_and_rendered_again(
    tenant: Tenant, steps: FakeSteps, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    assert (await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await until(tenant[Role.PRODUCTION], job_id, "pending_final_review")
    before = await edit_state(tenant, job_id)
    path = f"/jobs/{job_id}/accessible-video/en/pause-points/0"
    moved = await tenant[Role.PRODUCTION].patch(path, {"plan_version": before["plan_version"], "at_ms": 7300})
    assert moved.status_code == 200, moved.text
    assert moved.json()["pauses"][0]["at_ms"] == 7300
    assert moved.json()["cues"][0]["choice"]["pause_at_ms"] == 7300
    await until(tenant[Role.PRODUCTION], job_id, "pending_final_review")
    assert steps.calls["synthesize_descriptions"] == 2
    stale = await tenant[Role.PRODUCTION].patch(path, {"plan_version": before["plan_version"], "at_ms": 4000})
    assert (stale.status_code, stale.json()["code"]) == (409, "stale")
    back = {"plan_version": moved.json()["plan_version"], "at_ms": None}
    given_back = await tenant[Role.PRODUCTION].patch(path, back)
    assert given_back.json()["pauses"] == before["pauses"]


async def test_of_two_who_edit_one_plan_at_once_one_is_told(tenant: Tenant, drafted: Drafted) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    seen = {"plan_version": (await edit_state(tenant, job_id))["plan_version"]}
    path = f"/jobs/{job_id}/accessible-video/en/pause-points/0"
    answers = await asyncio.gather(
        tenant[Role.PRODUCTION].patch(path, {**seen, "at_ms": 7300}),
        tenant[Role.ADMIN].patch(path, {**seen, "gain_db": 3}),
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    taken = next(answer.json() for answer in answers if answer.status_code == 200)
    assert (await edit_state(tenant, job_id))["plan_version"] == taken["plan_version"], (
        "nothing of it was lost"
    )


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"at_ms": 100}, 422),
        ({"plan_version": "x"}, 422),
        ({"plan_version": "x", "speed": 1.5}, 422),
        ({"plan_version": "x", "at_ms": 100}, 409),
    ],
)
async def test_an_edit_that_says_too_little_or_too_much_changes_nothing(
    tenant: Tenant, drafted: Drafted, body: dict[str, Any], status: int
) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    before = await edit_state(tenant, job_id)
    answer = await tenant[Role.PRODUCTION].patch(f"/jobs/{job_id}/accessible-video/en/pause-points/0", body)
    assert answer.status_code == status, answer.text
    assert await edit_state(tenant, job_id) == before


async def test_who_may_not_edit_is_told_so_and_strangers_see_nothing(
    tenant: Tenant, stranger: Tenant, drafted: Drafted
) -> None:
    job_id = await drafted.job(tenant, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    version = (await edit_state(tenant, job_id))["plan_version"]
    path, body = (
        f"/jobs/{job_id}/accessible-video/en/pause-points/0",
        {"plan_version": version, "at_ms": 7300},
    )
    assert (await tenant[Role.CLIENT].patch(path, body)).status_code == 403
    assert (await stranger[Role.PRODUCTION].patch(path, body)).status_code == 404
    unknown = await tenant[Role.PRODUCTION].patch(path.replace("points/0", "points/9"), body)
    assert unknown.status_code == 404


async def test_texts_come_with_the_video_and_cost_no_drafts(tenant: Tenant, steps: FakeSteps) -> None:
    announced = await uploaded(tenant[Role.CLIENT])
    steps.jobs.add(UUID(announced["job_id"]))
    srt = "1\n00:00:01,000 --> 00:00:03,000\nBrought by the client.\n"
    script = "WEBVTT\n\n00:00:04.000 --> 00:00:06.000\nA ship at anchor.\n"
    made = await complete(
        tenant[Role.CLIENT], announced["gcs_uri"], outputs=SPEECH, captions=srt, audio_description=script
    )
    assert made.status_code == 201, made.text
    job_id = UUID(made.json()["id"])
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    for kind, words in (("captions", "Brought by the client."), ("audio_description", "A ship at anchor.")):
        text = (await tenant[Role.REVIEWER].get(f"/jobs/{job_id}/vtt?lang=en&kind={kind}")).json()
        assert words in text["content"]
        assert text["content"].startswith("WEBVTT")
        assert text["version"] == 1
    assert steps.calls == {"probe_source": 1, "find_scenes": 1, "transcribe_speech": 1}


@pytest.mark.parametrize("kind", ["captions", "audio_description"])
async def test_a_brought_text_that_does_not_parse_is_refused_with_its_lines(
    tenant: Tenant, kind: str
) -> None:
    announced = await uploaded(tenant[Role.CLIENT])
    whole, broken = (f"WEBVTT\n\n00:00:01.000 {arrow} 00:00:03.000\nA line.\n" for arrow in ("-->", "->"))
    texts = {"captions": whole, "audio_description": whole, kind: broken}
    refused = await complete(tenant[Role.CLIENT], announced["gcs_uri"], **texts)
    assert refused.status_code == 400
    assert refused.json()["detail"].startswith(f"{kind}, line 3: ")
    assert refused.json()["errors"][0]["field"] == f"{kind}, line 3"
    assert (await complete(tenant[Role.CLIENT], announced["gcs_uri"])).status_code == 201
