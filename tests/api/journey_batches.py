"""What is done to many jobs at once, and again and again: each write once."""

from __future__ import annotations

from uuid import uuid4

from schema.enums import Role
from tests.api.flow import new_job, until
from tests.api.journey import REASON, SPEECH, Journey

RETRY = {"action": "retry", "filter": {"status": ["failed"], "language": "ko"}}
"""Nothing has failed in Korean."""


async def go(made: Journey) -> None:
    await _bulk(made)
    await _batches(made)
    await _schedules(made)


async def _bulk(made: Journey) -> None:
    speech = {name: value for name, value in SPEECH.items() if name != "languages"}
    job_id = await new_job(made.tenant[Role.CLIENT], made.steps, **speech)
    admin, body = made.tenant[Role.ADMIN], {"job_ids": [str(job_id)]}
    await until(admin, job_id, "pending_qc")
    bulk, manager = "/jobs/bulk", Role.PROJECT_MANAGER
    await made.write(Role.REVIEWER, "POST", f"{bulk}/approve", body)
    await until(admin, job_id, "pending_final_review")
    await made.write(manager, "POST", f"{bulk}/return-to-qc", {**body, **REASON})
    await admin.post(f"{bulk}/approve", body)
    await until(admin, job_id, "pending_final_review")
    await made.write(manager, "POST", f"{bulk}/reject-final", {**body, **REASON})
    again = {**body, "from_step": "transcribe"}
    await made.write(Role.PRODUCTION, "POST", "/production/bulk-retry", again)
    await until(admin, job_id, "pending_qc")
    await admin.post(f"{bulk}/approve", body)
    await until(admin, job_id, "pending_final_review")
    await made.write(manager, "POST", f"{bulk}/complete", body)
    await made.write(Role.CLIENT, "POST", f"{bulk}/download", body)
    await made.write(manager, "DELETE", bulk, body)


async def _batches(made: Journey) -> None:
    await made.write(Role.PRODUCTION, "POST", "/batches", RETRY)
    nobodys = {"job_ids": [str(uuid4()) for _ in range(10_000)]}
    asked = await made.tenant[Role.PRODUCTION].post("/production/bulk-retry", nobodys)
    made.ids["batch_id"] = asked.json()["batch_id"]
    for what in ("pause", "resume", "cancel"):
        await made.write(Role.PRODUCTION, "POST", f"/batches/{{batch_id}}/{what}")


async def _schedules(made: Journey) -> None:
    base, one = "/production/schedules", "/production/schedules/{schedule_id}"
    when = {"name": "Nightly", "when": {"cron": "0 3 * * *", "time_zone": "Europe/Berlin"}}
    found = await made.write(Role.PRODUCTION, "POST", base, {**RETRY, **when})
    made.ids["schedule_id"] = found["id"]
    await made.write(Role.PRODUCTION, "PATCH", one, {"name": "Weekly", "when": {"every_minutes": 10_080}})
    for what in ("pause", "resume", "trigger"):
        await made.write(Role.PRODUCTION, "POST", f"{one}/{what}")
    await made.write(Role.PRODUCTION, "DELETE", one)
