"""Every write route of those who run the place once."""

from __future__ import annotations

from uuid import uuid4

from schema.enums import Role
from tests.api.journey import Journey


async def go(journey: Journey) -> None:
    """The completed job of the journey gets a final text, is done again, goes and comes back."""
    journey.jobs.append(journey.jobs[0])
    text = "?lang=en&kind=captions"
    shown = (await journey.tenant[Role.PRODUCTION].get(f"/jobs/{journey.jobs[0]}/vtt{text}")).json()
    final = {"content": shown["content"].replace("Good", "A good"), "base_version": shown["version"]}
    route = "/production/jobs/{job_id}/upload-final-vtt"
    await journey.write(Role.PRODUCTION, "POST", route, final, query=text)
    await journey.status("pending_final_review")
    again = {"from_step": "synthesize", "languages": ["en"], "reason": "The voice is another one."}
    await journey.write(Role.ADMIN, "POST", "/admin/maintenance/reprocess-job/{job_id}", again)
    await journey.status("pending_final_review")
    await journey.tenant[Role.PRODUCTION].delete(f"/jobs/{journey.jobs[0]}")
    await journey.write(Role.PRODUCTION, "POST", "/jobs/{job_id}/restore")
    await _client(journey)
    await _person(journey)
    await journey.write(Role.ADMIN, "DELETE", "/admin/audit-logs/cleanup")


async def _person(journey: Journey) -> None:
    admin = journey.tenant[Role.ADMIN]
    body = {"email": f"{uuid4().hex}@studio.example", "role": "linguist", "name": "Lee Linguist"}
    journey.ids["user_id"] = (await admin.post("/admin/users", body)).json()["id"]
    await admin.delete(f"/admin/users/{journey.ids['user_id']}")
    await journey.write(Role.ADMIN, "POST", "/admin/users/{user_id}/purge")


async def _client(journey: Journey) -> None:
    admin = journey.tenant[Role.ADMIN]
    body = {"org_id": str(journey.tenant.org.id), "name": f"Name {uuid4().hex[:8]}"}
    made = (await admin.post("/clients", body)).json()["id"]
    await admin.patch(f"/clients/{made}", {"archived": True})
    journey.ids["client_id"] = made
    await journey.write(Role.ADMIN, "POST", "/clients/{client_id}/purge")
