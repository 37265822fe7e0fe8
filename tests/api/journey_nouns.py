"""Every write route of what stands around a job once: files, briefs, links that share, notes, and previews of voices."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from schema.enums import Role
from tests.api.flow import send
from tests.api.journey import Journey

PDF = b"%PDF-1.7 not really"


async def go(journey: Journey) -> None:
    await _briefs(journey, await _file(journey))
    await _completed(journey, _share, _notes)
    spoken = {"text": "A lighthouse at night.", "language": "en", "voice": "en-us"}
    heard = await journey.write(Role.LINGUIST, "POST", "/tts/preview", spoken)
    journey.secrets.add(heard["url"].split("Signature=")[-1])


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


async def _completed(journey: Journey, *does: Callable[[Journey], Awaitable[None]]) -> None:
    """With the job that the journey completed."""
    later = journey.jobs[1:]
    del journey.jobs[1:]
    for each in does:
        await each(journey)
    journey.jobs += later


async def _share(journey: Journey) -> None:
    share = "/share/jobs/{job_id}/share"
    made = await journey.write(Role.PROJECT_MANAGER, "POST", share, {"name": "The press"})
    page = await journey.http.get(f"/api/v1/share/public/share/{made['token']}")
    urls = [player["url"] for language in page.json()["languages"] for player in language["players"]]
    journey.secrets |= {url.split("Signature=")[-1] for url in urls}
    journey.ids["token_id"] = made["id"]
    await journey.write(Role.PRODUCTION, "DELETE", f"{share}/{{token_id}}")


async def _notes(journey: Journey) -> None:
    notes = "/jobs/{job_id}/review-notes"
    said = {"asset": "source", "at_ms": 1500, "text": "The name is spelt Mara."}
    journey.ids["note_id"] = (await journey.write(Role.REVIEWER, "POST", notes, said))["id"]
    await journey.write(Role.REVIEWER, "PATCH", f"{notes}/{{note_id}}", {"resolved": True})
    await journey.write(Role.PRODUCTION, "DELETE", f"{notes}/{{note_id}}")


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
