"""Texts: read, saved from a version, adjusted, compared, restored; who may, and when."""

from __future__ import annotations

import asyncio

import pytest

from api.operations.texts import kept_form
from schema.enums import Kind, Role
from schema.errors import TextRefused
from schema.vtt import parse_strict
from schema.vtt.parse import MAX_BYTES
from tests.api.flow import key, until
from tests.api.people import Tenant
from tests.drafted import Drafted
from tests.fakes.steps import FakeSteps

EDITED = """WEBVTT - by hand

STYLE
::cue { color: yellow }

NOTE Checked against the script.

c1
00:00:01.000 --> 00:00:03.000 line:0
<v Mara>Good evening, harbour.

00:00:04.000 --> 00:00:06.000
[horn]
"""


@pytest.fixture(autouse=True)
def _fresh(steps: FakeSteps) -> None:
    steps.begin_test()


async def _path(tenant: Tenant, drafted: Drafted, kind: str = "captions") -> str:
    job_id = await drafted.job(tenant)
    await until(tenant[Role.REVIEWER], job_id, "pending_qc")
    return f"/jobs/{job_id}/vtt?lang=en&kind={kind}"


async def test_a_text_has_its_version_as_etag_and_its_findings(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    reviewer = tenant[Role.REVIEWER]
    answer = await reviewer.get(path)
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"1"'
    body = answer.json()
    assert {"content", "version", "language", "kind", "findings"} <= set(body)
    assert body["content"].startswith("WEBVTT")
    long = "WEBVTT\n\nc1\n00:00:01.000 --> 00:00:01.400\n" + "word " * 30 + "\n"
    saved = await reviewer.patch(path, {"content": long, "base_version": 1})
    assert saved.headers["etag"] == '"2"'
    same = await reviewer.get(path, headers={"If-None-Match": '"2"'})
    assert (same.status_code, same.content) == (304, b"")
    late = await reviewer.patch(path, {"content": long, "base_version": 1}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"], late.headers["etag"]) == (
        412,
        "precondition_failed",
        '"2"',
    )
    other = await reviewer.patch(path, {"content": long, "base_version": 2}, headers={"If-Match": '"1"'})
    assert other.status_code == 412
    rules = {finding["rule"] for finding in saved.json()["findings"]}
    assert {"line_length", "reading_speed"} <= rules


async def test_what_a_person_wrote_survives_a_save(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    saved = await tenant[Role.REVIEWER].patch(path, {"content": EDITED, "base_version": 1})
    assert saved.status_code == 200, saved.text
    content = saved.json()["content"]
    for kept in ("WEBVTT - by hand", "::cue { color: yellow }", "NOTE Checked", "c1\n", "line:0", "<v Mara>"):
        assert kept in content, kept
    again = await tenant[Role.REVIEWER].patch(path, {"content": content, "base_version": 2})
    assert again.json()["content"] == content, "ids are given once"


async def test_a_malformed_text_is_refused_with_line_numbers_and_nothing_is_lost(
    tenant: Tenant, drafted: Drafted
) -> None:
    path = await _path(tenant, drafted)
    reviewer = tenant[Role.REVIEWER]
    bad = (
        "WEBVTT\n\nc1\n00:00:01.000 -> 00:00:03.000\nGood evening.\n\n00:00:99.000 --> 00:01:00.000\nLate.\n"
    )
    answer = await reviewer.patch(path, {"content": bad, "base_version": 1})
    assert answer.status_code == 400
    body = answer.json()
    assert body["code"] == "text_refused"
    assert [error["field"] for error in body["errors"]] == ["line 3", "line 7"]
    assert (await reviewer.get(path)).json()["version"] == 1
    long = f"WEBVTT\n\n{'c' * 201}\n00:00:01.000 --> 00:00:03.000\nGood evening.\n"
    unmarkable = await reviewer.patch(path, {"content": long, "base_version": 1})
    assert (unmarkable.status_code, unmarkable.json()["errors"][0]["field"]) == (400, "line 3")
    srt = await reviewer.patch(path, {"content": "1\n00:00:01,000 --> 00:00:02,000\nHi\n", "base_version": 1})
    assert srt.status_code == 400


def test_ids_do_not_make_a_text_larger_than_can_be_read() -> None:
    cue = "00:00:01.000 --> 00:00:02.000\n{}\n\n"
    text = "WEBVTT\n\n" + "".join(cue.format("a" * 49_000) for _ in range(106))
    text += cue.format("b" * (MAX_BYTES - len(text) - len(cue.format(""))))
    assert len(text) == MAX_BYTES
    with pytest.raises(TextRefused, match="with an id for each cue"):
        kept_form(parse_strict(text), Kind.CAPTIONS)


async def test_of_two_who_save_at_once_one_is_told(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    people = [tenant[role] for role in (Role.REVIEWER, Role.PRODUCTION, Role.ADMIN)]
    answers = await asyncio.gather(
        *(person.patch(path, {"content": EDITED, "base_version": 1}, key()) for person in people)
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    refused = next(answer.json() for answer in answers if answer.status_code == 409)
    assert refused["current_version"] == 2


async def test_the_same_key_saves_once(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    reviewer, same = tenant[Role.REVIEWER], key()
    body = {"content": EDITED, "base_version": 1}
    answers = await asyncio.gather(*(reviewer.patch(path, body, same) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {200}
    assert {answer.json()["version"] for answer in answers} == {2}
    replayed = await reviewer.patch(path, body, same)
    assert replayed.headers["etag"] == '"2"'
    versions = (await reviewer.get(path.replace("/vtt", "/vtt/versions"))).json()
    assert versions["total"] == 2


async def test_timing_is_shifted_and_stretched_as_new_versions(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    reviewer = tenant[Role.REVIEWER]
    adjust = path.replace("/vtt", "/vtt/adjust-timing")
    shifted = await reviewer.post(adjust, {"base_version": 1, "offset_ms": 500})
    assert "00:01.500 --> 00:00:03.500" in shifted.json()["content"] or (
        "00:00:01.500 --> 00:00:03.500" in shifted.json()["content"]
    )
    stretched = await reviewer.post(adjust, {"base_version": 2, "scale": "2/1"})
    assert "00:00:03.000 --> 00:00:07.000" in stretched.json()["content"]
    assert stretched.json()["version"] == 3
    assert stretched.json()["origin"] == "adjust"
    assert (await reviewer.post(adjust, {"base_version": 3, "offset_ms": -60_000})).status_code == 400
    assert (await reviewer.post(adjust, {"base_version": 3, "scale": "0"})).status_code == 422
    assert (await reviewer.post(adjust, {"base_version": 1, "offset_ms": 1})).status_code == 409


async def test_versions_are_listed_compared_and_restored(tenant: Tenant, drafted: Drafted) -> None:
    path = await _path(tenant, drafted)
    reviewer = tenant[Role.REVIEWER]
    await reviewer.patch(path, {"content": EDITED, "base_version": 1, "note": "By ear."})
    listed = (await reviewer.get(path.replace("/vtt", "/vtt/versions"))).json()
    assert [item["version"] for item in listed["items"]] == [2, 1]
    assert listed["items"][0]["author"] == reviewer.user.name
    assert listed["items"][0]["note"] == "By ear."
    assert listed["items"][1]["origin"] == "draft"
    changes = (await reviewer.get(path.replace("/vtt", "/vtt/versions/diff") + "&from=1&to=2")).json()
    assert [cue["text"] for cue in changes["added"]] == ["[horn]"]
    assert changes["changed"][0]["reworded"] is True
    assert changes["other_blocks_changed"] is True
    first = (await reviewer.get(path.replace("/vtt", "/vtt/versions/1"))).json()
    restored = await reviewer.post(
        path.replace("/vtt", "/vtt/versions/restore"), {"version": 1, "base_version": 2}
    )
    assert restored.json()["content"] == first["content"]
    assert restored.json()["version"] == 3
    assert (await reviewer.get(path.replace("/vtt", "/vtt/versions/9"))).status_code == 404
    for number in ("0", str(2**31), str(2**70)):
        assert (await reviewer.get(path.replace("/vtt", f"/vtt/versions/{number}"))).status_code == 422
    assert (
        await reviewer.get(path.replace("/vtt", "/vtt/versions/diff") + "&from=0&to=1")
    ).status_code == 422
    assert (await reviewer.get(path.replace("lang=en", "lang=es"))).status_code == 404
    assert (await reviewer.get(path.replace("kind=captions", "kind=lyrics"))).status_code == 422


async def test_source_text_is_edited_by_reviewers_in_pending_qc_alone(
    tenant: Tenant, drafted: Drafted
) -> None:
    path = await _path(tenant, drafted)
    body = {"content": EDITED, "base_version": 1}
    for role in (Role.CLIENT, Role.LINGUIST, Role.PROJECT_MANAGER):
        assert (await tenant[role].get(path)).status_code == 200
        assert (await tenant[role].patch(path, body)).status_code == 403, role
    job = path.split("/vtt")[0]
    await tenant[Role.PRODUCTION].post(f"{job}/actions/blocked_on_source", {"reason": "No sound."})
    answer = await tenant[Role.REVIEWER].patch(path, body)
    assert answer.status_code == 409
    assert answer.json()["state"] == "blocked_on_source"
