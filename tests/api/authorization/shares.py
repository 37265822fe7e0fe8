"""Links that share a job, and review notes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from schema import links
from schema.enums import Audience, JobStatus, NoteAsset
from schema.links import Purpose
from schema.tables import ReviewNote, ShareToken, now
from tests.api.authorization.things import insert
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed
from tests.api.people import Person

_SHARE = "/share/jobs/{job_id}/share"
_NOTES = "/jobs/{job_id}/review-notes"
_NOTE = f"{_NOTES}/{{note_id}}"


async def share(world: World, site: Site, caller: Person) -> Ids:
    """A link to a job that has delivered."""
    job = await insert(world, site, JobStatus.COMPLETED, delivered=[])
    key = uuid4()
    token = links.token(world.parts.settings.jwt_secret.get_secret_value(), Purpose.SHARE, key)
    row = ShareToken(
        id=key, job_id=job.id, created_by=site.creator.id, token_hash=links.hashed(token),
        expires_at=now() + timedelta(hours=1),
    )  # fmt: skip
    await world.add(row)
    return {"job_id": job.id, "token_id": row.id, "token": token}


def note(audience: Audience, *, own: bool = False) -> Make:
    """Of the caller, or of somebody else."""

    async def make(world: World, site: Site, caller: Person) -> Ids:
        job = await insert(world, site, JobStatus.PENDING_QC)
        author = caller.id if own else (await world.user()).id
        row = ReviewNote(
            job_id=job.id, org_id=site.org.id, author_id=author, language="en", asset=NoteAsset.SOURCE,
            object_name=job.source_object, at_ms=1000, source_ms=1000, text="Louder here.", audience=audience,
        )  # fmt: skip
        await world.add(row)
        return {"job_id": job.id, "note_id": row.id}

    return make


def _said(ids: Ids) -> Ids:
    return {"asset": "source", "at_ms": 1000, "text": "Louder here."}


_INTERNAL, _CLIENTS = note(Audience.INTERNAL), note(Audience.CLIENT)
_OWN = note(Audience.CLIENT, own=True)
_CHANGED = {"text": "Louder there."}
ENTRIES = {
    f"POST {_SHARE}": Entry(share),
    f"GET {_SHARE}": Entry(share, shown=listed("token_id")),
    f"DELETE {_SHARE}/{{token_id}}": Entry(share),
    "GET /share/public/share/{token}": Entry(share),
    f"GET {_NOTES} (internal)": Entry(_INTERNAL, shown=listed("note_id")),
    f"GET {_NOTES} (for clients)": Entry(_CLIENTS, shown=listed("note_id")),
    f"POST {_NOTES}": Entry(_CLIENTS, _said),
    f"POST {_NOTES} (internal)": Entry(_CLIENTS, lambda ids: {**_said(ids), "audience": "internal"}),
    f"GET {_NOTE} (internal)": Entry(_INTERNAL),
    f"GET {_NOTE} (for clients)": Entry(_CLIENTS),
    f"PATCH {_NOTE} (somebody else's)": Entry(_CLIENTS, lambda ids: _CHANGED),
    f"PATCH {_NOTE} (one's own)": Entry(_OWN, lambda ids: _CHANGED, own_each=True),
    f"DELETE {_NOTE} (somebody else's)": Entry(_CLIENTS),
    f"DELETE {_NOTE} (one's own)": Entry(_OWN, own_each=True),
}
