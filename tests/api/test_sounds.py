"""Sound that is brought beside a video: dubs with a job, recordings with a plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest_asyncio

from activities.storage import GoogleStorage
from schema.enums import Role
from schema.vtt.words import Transcript, Word
from tests.api.flow import (
    OUTPUTS,
    announce_file,
    complete,
    init,
    new_job,
    send,
    until,
    until_language,
    uploaded,
)
from tests.api.people import Person, Tenant
from tests.api.test_accessible_video import REPORT, SPEECH, TRANSCRIPT, edit_state
from tests.fakes.steps import FakeSteps

SPANISH: dict[str, Any] = {**OUTPUTS, "languages": ["es"]}
WAV = b"RIFF not really sound" * 50


@pytest_asyncio.fixture(autouse=True)
async def _programme(steps: FakeSteps, object_store: GoogleStorage) -> None:
    steps.begin_test()
    await object_store.write("report.json", REPORT.model_dump_json().encode(), "application/json")
    await object_store.write("words.json", TRANSCRIPT.model_dump_json().encode(), "application/json")


async def sound_of(person: Person, purpose: str = "dub", *, finished: bool = True) -> str:
    """The URI of sound that `person` has uploaded."""
    announced = await announce_file(person, purpose, WAV, "audio/wav", "es.wav")
    assert announced.status_code == 201, announced.text
    if finished:
        await send(announced.json()["upload_url"], WAV)
    return str(announced.json()["gcs_uri"])


async def test_a_dub_comes_with_the_job_and_is_changed_with_its_outputs(
    tenant: Tenant, steps: FakeSteps
) -> None:
    client = tenant[Role.CLIENT]
    dub, another = await sound_of(client), await sound_of(client)
    announced = await uploaded(client)
    made = await complete(client, announced["gcs_uri"], outputs={**SPANISH, "dubs": {"ES": dub}})
    assert made.status_code == 201, made.text
    job_id = UUID(made.json()["id"])
    assert made.json()["requested_outputs"]["dubs"] == {"es": dub}
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    changed = await client.patch(
        f"/jobs/{job_id}", {"requested_outputs": {**SPANISH, "dubs": {"es": another}}}
    )
    assert changed.status_code == 200, changed.text
    # Somebody else changes the rest: what was brought before need not be theirs.
    more = {**SPANISH, "dubs": {"es": another}, "audio_description_mp3": True}
    again = await tenant[Role.PRODUCTION].patch(f"/jobs/{job_id}", {"requested_outputs": more})
    assert again.status_code == 200, again.text
    assert again.json()["requested_outputs"]["dubs"] == {"es": another}
    twin = await client.post(f"/jobs/{job_id}/clone", {"gcs_uri": (await uploaded(client))["gcs_uri"]})
    assert twin.json()["requested_outputs"]["dubs"] == {}, "a dub belongs to its video"


async def test_a_dub_that_cannot_be_used_is_refused_before_anything_is_made(
    tenant: Tenant, stranger: Tenant
) -> None:
    client = tenant[Role.CLIENT]
    own, foreign = await sound_of(client), await sound_of(stranger[Role.CLIENT])
    unfinished = await sound_of(client, finished=False)
    announced = await uploaded(client)
    for dubs, field, told in (
        ({"en": own}, "en", "source language"),
        ({"de": own}, "de", "not among the languages"),
        ({"es": foreign}, "es", "announced no upload"),
        ({"es": unfinished}, "es", "not finished"),
        ({"es": announced["gcs_uri"]}, "es", "announced as a source"),
        ({"es": "gs://elsewhere/es.wav"}, "es", "not in this platform's bucket"),
        ({"es": "es.wav"}, "es", "not of the form"),
    ):
        refused = await complete(client, announced["gcs_uri"], outputs={**SPANISH, "dubs": dubs})
        assert refused.status_code == 400, (dubs, refused.text)
        assert refused.json()["errors"][0]["field"] == f"requested_outputs.dubs.{field}"
        assert told in refused.json()["detail"]
    # Nothing here hears Spanish: without captions nothing would tell where the dub speaks.
    silent = {**SPANISH, "captions_vtt": False, "dubs": {"es": own}}
    refused = await complete(client, announced["gcs_uri"], outputs=silent)
    assert refused.status_code == 400
    assert "TRANSCRIBE_PROVIDER=google" in refused.json()["detail"]
    undescribed = {**SPANISH, "audio_description_vtt": False, "dubs": {"es": own}}
    refused = await complete(client, announced["gcs_uri"], outputs=undescribed)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (400, "requested_outputs.dubs.es")
    made = await complete(client, announced["gcs_uri"], outputs=SPANISH)
    assert made.status_code == 201, made.text
    path, body = f"/jobs/{made.json()['id']}", {"requested_outputs": {**SPANISH, "dubs": {"es": foreign}}}
    assert (await client.patch(path, body)).status_code == 400
    assert (await client.get(path)).json()["requested_outputs"]["dubs"] == {}


async def test_gaps_of_a_dubbed_language_are_those_of_its_dub(
    tenant: Tenant, steps: FakeSteps, object_store: GoogleStorage
) -> None:
    spoken = ((500, 3000), (8000, 9500))
    words = tuple(Word(text="Palabra.", start_ms=start, end_ms=end) for start, end in spoken)
    heard = Transcript(language="es", provider="test", punctuated=True, words=words)
    await object_store.write("dub.words.json", heard.model_dump_json().encode(), "application/json")
    dub = await sound_of(tenant[Role.CLIENT])
    job_id = await new_job(tenant[Role.CLIENT], steps, languages=["es"], dubs={"es": dub}, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    assert (await tenant[Role.REVIEWER].post(f"/jobs/{job_id}/actions/approve_source")).status_code == 200
    await until_language(tenant[Role.PRODUCTION], job_id, "es", "unassigned")
    path = f"/jobs/{job_id}/accessible-video/{{}}/edit-state"
    gaps = {
        language: (await tenant[Role.PRODUCTION].get(path.format(language))).json()["cues"][0]["gap"]
        for language in ("en", "es")
    }
    assert gaps == {"en": {"start_ms": 4100, "end_ms": 4800}, "es": {"start_ms": 3200, "end_ms": 7800}}


async def test_no_job_is_made_of_sound(tenant: Tenant) -> None:
    client = tenant[Role.CLIENT]
    refused = await complete(client, await sound_of(client))
    assert refused.status_code == 400
    assert "is a dub" in refused.json()["detail"]
    refused = await init(client, content_type="audio/wav")
    assert (refused.status_code, "/files/signed-upload" in refused.json()["detail"]) == (415, True)


async def test_a_recording_is_chosen_for_a_description_and_given_back(
    tenant: Tenant, stranger: Tenant, steps: FakeSteps
) -> None:
    job_id = await new_job(tenant[Role.CLIENT], steps, **SPEECH)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    person = tenant[Role.PRODUCTION]
    mine = await sound_of(person, "recording")
    foreign = await sound_of(stranger[Role.PRODUCTION], "recording")
    dub = await sound_of(person)
    path = f"/jobs/{job_id}/accessible-video/en/pause-points/0"
    version = (await edit_state(tenant, job_id))["plan_version"]

    async def choose(**changes: object) -> tuple[int, dict[str, Any]]:
        answer = await person.patch(path, {"plan_version": version, **changes})
        return answer.status_code, answer.json()

    for changes, field in (
        ({"recording": foreign}, "recording"),
        ({"recording": mine + ".mp3"}, "recording"),
        ({"recording": dub}, "recording"),
        ({"recording": mine, "speed": 1.2}, "speed"),
    ):
        status, refused = await choose(**changes)
        assert (status, refused["errors"][0]["field"]) == (400, field), refused
    assert (await edit_state(tenant, job_id))["cues"][0]["choice"] is None, "a refusal changes nothing"

    status, chosen = await choose(recording=mine, speed=1.2, may_stretch=True)
    assert status == 200, chosen
    choice = chosen["cues"][0]["choice"]
    assert (choice["recording"], choice["may_stretch"], choice["speed_permille"]) == (mine, True, 1200)
    version = chosen["plan_version"]
    assert (await choose(may_stretch=False))[0] == 400
    status, voiced = await choose(recording=None)
    assert status == 200, voiced
    assert voiced["cues"][0]["choice"]["recording"] is None
