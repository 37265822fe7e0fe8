"""Jobs, their uploads, the decisions about them, and their plan."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

from schema.contracts.outputs import RequestedOutputs
from schema.enums import JobStatus, QCState
from schema.tables import Upload, now
from tests.api.authorization.things import job, language
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed
from tests.api.flow import OUTPUTS, VIDEO
from tests.api.people import Person

REASON = {"reason": "Look at it again."}
_SPEECH = RequestedOutputs(audio_description_mp3=True)
_ACTIONS = "POST /jobs/{job_id}/actions"
_PLAN = "/jobs/{job_id}/accessible-video/{language}"


async def project(world: World, site: Site, caller: Person) -> Ids:
    return {"project_id": str(site.project.id)}


def upload(*, of_caller: bool) -> Make:
    """A finished upload. Not of the caller, it is of the admin, and of the client where an admin asks."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        owner = caller.id
        if not of_caller:
            owner = site.creator.id if caller.id == world.admin.id else world.admin.id
        key = uuid4()
        row = Upload(
            id=key,
            user_id=owner,
            object_name=f"jobs/{key}/source.mp4",
            filename="video.mp4",
            content_type="video/mp4",
            size_bytes=len(VIDEO),
            expires_at=now() + timedelta(hours=1),
        )
        await world.parts.store.write(row.object_name, VIDEO, row.content_type)
        await world.add(row)
        return {"project_id": str(site.project.id), "gcs_uri": world.parts.store.uri(row.object_name)}

    return make


async def _plan(world: World, site: Site, caller: Person, make: Make) -> Ids:
    ids = {"language": "en", **await make(world, site, caller), "cue_index": 0}
    answer = await world.admin.get(_PLAN.format(**ids) + "/edit-state")
    assert answer.status_code == 200, answer.text
    return {**ids, "plan_version": answer.json()["plan_version"]}


def plan(make: Make) -> Make:
    """With the version of its plan."""
    return lambda world, site, caller: _plan(world, site, caller, make)


async def by_others(world: World, site: Site, caller: Person) -> Ids:
    """A job that another of the client's people has made."""
    return await job(creator_id=world.admin.id, source_object="authorization.vtt")(world, site, caller)


def _of_its_creator(route: str) -> dict[str, Entry]:
    return {
        route: Entry(job(source_object="authorization.vtt")),
        f"{route} (made by somebody else)": Entry(by_others),
    }


def _blocked(*, by_others: bool) -> Make:
    """A job that waits for another video, and a finished upload of the caller's."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        sent = await upload(of_caller=True)(world, site, caller)
        more = {"creator_id": world.admin.id} if by_others else {}
        return {**await job(JobStatus.BLOCKED_ON_SOURCE, **more)(world, site, caller), **sent}

    return make


def _failure(answer: Ids, ids: Ids) -> bool:
    found = (
        [answer] if "items" not in answer else [e for e in answer["items"] if e["id"] == str(ids["job_id"])]
    )
    return bool(found and found[0].get("failure"))


def _source(ids: Ids) -> Ids:
    return {"gcs_uri": ids["gcs_uri"]}


def _init(ids: Ids) -> Ids:
    return {
        "filename": "v.mp4",
        "content_type": "video/mp4",
        "size_bytes": 9,
        "project_id": ids["project_id"],
    }


def _complete(ids: Ids) -> Ids:
    return {**ids, "filename": "v.mp4", "source_language": "en", "requested_outputs": OUTPUTS}


def _small(ids: Ids) -> Ids:
    fields = {"source_language": "en", "requested_outputs": json.dumps(OUTPUTS), **ids}
    return {"data": fields, "files": {"file": ("v.mp4", VIDEO, "video/mp4")}}


def _pinned(ids: Ids) -> Ids:
    return {"plan_version": ids["plan_version"], "pinned": True}


def _reason(ids: Ids) -> Ids:
    return REASON


ENTRIES = {
    "POST /jobs/upload/init": Entry(project, _init),
    "POST /jobs/upload/complete": Entry(upload(of_caller=True), _complete, own_each=True),
    "POST /jobs/upload/complete (somebody else's upload)": Entry(
        upload(of_caller=False), _complete, own_each=True
    ),
    "POST /jobs": Entry(project, form=_small),
    "GET /jobs": Entry(job(), query=lambda ids: "size=100", shown=listed("job_id")),
    "GET /jobs (of the organisation)": Entry(
        job(), query=lambda ids: f"size=100&org_id={ids['org_id']}", shown=listed("job_id")
    ),
    "POST /jobs/{job_id}/source": Entry(_blocked(by_others=False), _source, own_each=True),
    "POST /jobs/{job_id}/source (made by somebody else)": Entry(
        _blocked(by_others=True), _source, own_each=True
    ),
    "GET /jobs (with why they failed)": Entry(
        job(JobStatus.FAILED),
        query=lambda ids: f"size=100&status=failed&org_id={ids['org_id']}",
        shown=_failure,
    ),
    "GET /jobs/{job_id} (with why it failed)": Entry(job(JobStatus.FAILED), shown=_failure),
    "GET /jobs/{job_id}": Entry(job()),
    "PATCH /jobs/{job_id}": Entry(job(), lambda ids: {"title": "Another title"}),
    "PATCH /jobs/{job_id} (what is made)": Entry(
        job(), lambda ids: {"requested_outputs": {**OUTPUTS, "languages": ["es"]}}
    ),
    "PATCH /jobs/{job_id} (made by somebody else)": Entry(by_others, lambda ids: {"title": "Another title"}),
    **_of_its_creator("DELETE /jobs/{job_id}"),
    **_of_its_creator("POST /jobs/{job_id}/clone"),
    **_of_its_creator("POST /jobs/{job_id}/cancel"),
    "POST /jobs/{job_id}/retry": Entry(job(JobStatus.FAILED)),
    "GET /jobs/{job_id}/validate": Entry(job(JobStatus.COMPLETED)),
    "GET /jobs/{job_id}/downloads": Entry(job(JobStatus.COMPLETED)),
    f"{_ACTIONS}/approve_source": Entry(job()),
    f"{_ACTIONS}/approve_english": Entry(job()),
    f"{_ACTIONS}/reject": Entry(job(), _reason),
    f"{_ACTIONS}/complete": Entry(job(JobStatus.PENDING_FINAL_REVIEW)),
    f"{_ACTIONS}/reject_final": Entry(job(JobStatus.PENDING_FINAL_REVIEW), _reason),
    f"{_ACTIONS}/return_to_qc": Entry(job(JobStatus.PENDING_FINAL_REVIEW), _reason),
    f"{_ACTIONS}/blocked_on_source": Entry(job(), _reason),
    f"{_ACTIONS}/promote_to_qc": Entry(job(JobStatus.REJECTED)),
    f"{_ACTIONS}/retry_tts": Entry(
        job(JobStatus.PENDING_FINAL_REVIEW, outputs=_SPEECH), lambda ids: {"language": "en"}
    ),
    f"GET {_PLAN}/edit-state": Entry(plan(job(outputs=_SPEECH))),
    f"PATCH {_PLAN}/pause-points/{{cue_index}}": Entry(plan(job(outputs=_SPEECH)), _pinned),
    f"PATCH {_PLAN}/pause-points/{{cue_index}} (a language in progress)": Entry(
        plan(language(QCState.IN_PROGRESS, speech=True)), _pinned
    ),
    f"PATCH {_PLAN}/pause-points/{{cue_index}} (a language in review)": Entry(
        plan(language(QCState.IN_REVIEW, speech=True)), _pinned
    ),
    f"PATCH {_PLAN}/pause-points/{{cue_index}} (somebody else's language in progress)": Entry(
        plan(language(QCState.IN_PROGRESS, speech=True, own=False)), _pinned
    ),
}
