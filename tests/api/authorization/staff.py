"""What those who run the place see: the audit log, failures, queues, health."""

from __future__ import annotations

from schema.enums import JobStatus, Role
from schema.tables import AuditEntry, now
from tests.api.authorization.things import job
from tests.api.authorization.world import Entry, Ids, Site, World, listed
from tests.api.people import Person
from tests.fakes.steps import CAPTIONS

_AUDIT = "/admin/audit-logs"


async def _told(world: World, site: Site, caller: Person) -> Ids:
    user = await world.user(Role.LINGUIST, site.org.id)
    row = AuditEntry(action="auth.login", actor_id=user.id, security=True)
    await world.add(row)
    return {"user_id": user.id, "entry_id": row.id}


def _log(path: str) -> dict[str, Entry]:
    shown = listed("entry_id")
    return {f"GET {_AUDIT}{path}": Entry(_told, query=lambda ids: f"actor_id={ids['user_id']}", shown=shown)}


ENTRIES = {
    **_log(""),
    **_log("/security"),
    **_log("/user/{user_id}"),
    f"DELETE {_AUDIT}/cleanup": Entry(),
    "GET /admin/health/detailed": Entry(),
    "GET /admin/stats": Entry(),
    "GET /admin/jobs/stats": Entry(),
    "POST /admin/maintenance/reprocess-job/{job_id}": Entry(job(JobStatus.FAILED), lambda ids: {}),
    "POST /production/jobs/{job_id}/upload-final-vtt": Entry(
        job(JobStatus.COMPLETED),
        lambda ids: {"content": CAPTIONS.replace("evening", "morning"), "base_version": 1},
        lambda ids: "lang=en&kind=captions",
    ),
    "GET /jobs/{job_id}/history": Entry(job()),
    "POST /jobs/{job_id}/restore": Entry(job(JobStatus.COMPLETED, deleted_at=now())),
    "GET /production/failures": Entry(
        job(JobStatus.FAILED),
        query=lambda ids: f"size=100&org_id={ids['org_id']}",
        shown=lambda answer, ids: str(ids["job_id"]) in {each["id"] for each in _items(answer)},
    ),
    "GET /production/queue-stats": Entry(),
}


def _items(answer: Ids) -> list[Ids]:
    return answer["items"] if "items" in answer else answer["page"]["items"]
