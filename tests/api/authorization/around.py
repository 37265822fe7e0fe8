"""What stands around a job: links that share it, notes at its moments, and how voices sound."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from schema import links
from schema.enums import Audience, JobStatus, NoteAsset, Role
from schema.links import Purpose
from schema.tables import ReviewNote, ShareToken, now
from tests.api.authorization.things import insert, job
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed
from tests.api.people import Person

_SHARE, _NOTES = "/share/jobs/{job_id}/share", "/jobs/{job_id}/review-notes"
_NOTE = _NOTES + "/{note_id}"
_SAID = {"asset": "source", "at_ms": 1500, "text": "The name is spelt Mara."}
_completed = job(JobStatus.COMPLETED, delivered=[])


async def share(world: World, site: Site, caller: Person) -> Ids:
    ids = await _completed(world, site, caller)
    row = ShareToken(
        id=uuid4(),
        job_id=ids["job_id"],
        created_by=world.admin.id,
        token_hash="",
        expires_at=now() + timedelta(hours=1),
    )
    token = links.token(world.parts.settings.jwt_secret.get_secret_value(), Purpose.SHARE, row.id)
    row.token_hash = links.hashed(token)
    await world.add(row)
    return {**ids, "token_id": row.id, "token": token}


def note(audience: Audience = Audience.CLIENT, *, own: bool = False) -> Make:
    """Not the caller's `own`, it is of somebody who is not asked."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        made = await insert(world, site, JobStatus.PENDING_FINAL_REVIEW)
        author = caller.id if own else (await world.user(Role.REVIEWER, site.org.id)).id
        row = ReviewNote(
            id=uuid4(),
            job_id=made.id,
            org_id=site.org.id,
            author_id=author,
            language="en",
            asset=NoteAsset.SOURCE,
            object_name=made.source_object,
            at_ms=1500,
            source_ms=1500,
            text="The name is spelt Mara.",
            audience=audience,
        )
        await world.add(row)
        return {"job_id": made.id, "note_id": row.id}

    return make


_INTERNAL = note(Audience.INTERNAL)
ENTRIES = {
    f"POST {_SHARE}": Entry(_completed),
    f"GET {_SHARE}": Entry(share, shown=listed("token_id")),
    f"DELETE {_SHARE}/{{token_id}}": Entry(share),
    "GET /share/public/share/{token}": Entry(share),
    f"GET {_NOTES} (for clients)": Entry(note(), shown=listed("note_id")),
    f"GET {_NOTES} (internal)": Entry(_INTERNAL, shown=listed("note_id")),
    f"POST {_NOTES}": Entry(job(), lambda ids: _SAID),
    f"POST {_NOTES} (internal)": Entry(job(), lambda ids: {**_SAID, "audience": "internal"}),
    f"GET {_NOTE} (for clients)": Entry(note()),
    f"GET {_NOTE} (internal)": Entry(_INTERNAL),
    f"PATCH {_NOTE} (for clients)": Entry(note(), lambda ids: {"resolved": True}),
    f"PATCH {_NOTE} (internal)": Entry(_INTERNAL, lambda ids: {"resolved": True}),
    f"PATCH {_NOTE} (one's own)": Entry(note(own=True), lambda ids: {"text": "Maria."}, own_each=True),
    f"DELETE {_NOTE} (for clients)": Entry(note()),
    f"DELETE {_NOTE} (internal)": Entry(_INTERNAL),
    f"DELETE {_NOTE} (one's own)": Entry(note(own=True), own_each=True),
    "POST /tts/preview": Entry(body=lambda ids: {"text": "A lighthouse at night.", "language": "en"}),
}
