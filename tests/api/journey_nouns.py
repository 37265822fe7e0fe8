"""Every write route of what stands around a job once: files, briefs, links that share, notes, and previews of voices."""

from __future__ import annotations

from schema.enums import Role
from tests.api.flow import send
from tests.api.journey import Journey

PDF = b"%PDF-1.7 not really"


async def go(journey: Journey) -> None:
    await _briefs(journey, await _file(journey))


async def _file(journey: Journey) -> str:
    """The URI of what is attached to a brief."""
    body = {
        "purpose": "brief_attachment",
        "filename": "names.pdf",
        "content_type": "application/pdf",
        "size_bytes": len(PDF),
    }
    announced = await journey.write(Role.CLIENT, "POST", "/files/signed-upload", body)
    await send(announced["upload_url"], PDF)
    return str(announced["gcs_uri"])


async def _briefs(journey: Journey, file: str) -> None:
    brief, pm = "/briefs/{brief_id}", Role.PROJECT_MANAGER
    asked = {"title": "Evening news", "files": [file], "project_id": str(journey.tenant.project.id)}
    journey.ids["brief_id"] = (await journey.write(Role.CLIENT, "POST", "/briefs", asked))["id"]
    await journey.write(Role.CLIENT, "PATCH", brief, {"notes": "All of May."})
    await journey.write(Role.CLIENT, "POST", f"{brief}/submit")
    await journey.write(pm, "POST", f"{brief}/return", {"reason": "Which languages?"})
    await journey.write(pm, "POST", f"{brief}/submit")
    await journey.write(pm, "POST", f"{brief}/approve")
    links = (await journey.tenant[pm].get(f"/briefs/{journey.ids['brief_id']}")).json()["files"]
    journey.secrets |= {link["url"].split("Signature=")[-1] for link in links}
