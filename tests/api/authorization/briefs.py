"""Briefs, and files that people send beside a video."""

from __future__ import annotations

from schema.enums import BriefStatus
from schema.tables import Brief
from tests.api.authorization.jobs import REASON
from tests.api.authorization.world import Entry, Ids, Make, Site, World, listed, name
from tests.api.people import Person

_BRIEF = "/briefs/{brief_id}"


def brief(status: BriefStatus = BriefStatus.DRAFT) -> Make:
    async def make(world: World, site: Site, caller: Person) -> Ids:
        row = Brief(
            org_id=site.org.id,
            client_id=site.client.id,
            author_id=site.creator.id,
            title=name(),
            status=status,
        )
        await world.add(row)
        return {"brief_id": row.id, "client_id": str(site.client.id)}

    return make


def _file(purpose: str, content_type: str) -> Entry:
    body = {"purpose": purpose, "filename": "a file", "content_type": content_type, "size_bytes": 9}
    return Entry(body=lambda ids: body)


_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SUBMITTED = brief(BriefStatus.SUBMITTED)
ENTRIES = {
    "GET /briefs": Entry(brief(), query=lambda ids: "size=100", shown=listed("brief_id")),
    "POST /briefs": Entry(brief(), lambda ids: {"title": "Evening news", "client_id": ids["client_id"]}),
    f"GET {_BRIEF}": Entry(brief()),
    f"PATCH {_BRIEF}": Entry(brief(), lambda ids: {"notes": "All of May."}),
    f"POST {_BRIEF}/submit": Entry(brief()),
    f"POST {_BRIEF}/approve": Entry(_SUBMITTED),
    f"POST {_BRIEF}/return": Entry(_SUBMITTED, lambda ids: REASON),
    "POST /files/signed-upload (attached to a brief)": _file("brief_attachment", "application/pdf"),
    "POST /files/signed-upload (a recording)": _file("recording", "audio/wav"),
    "POST /files/signed-upload (a dub)": _file("dub", "audio/wav"),
    "POST /files/signed-upload (a glossary)": _file("glossary", _XLSX),
}
