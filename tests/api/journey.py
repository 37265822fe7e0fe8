"""Every write route once, as people would call it, on the way of one job from its upload to its completion.

Each call is sent twice under one key, the second time as if the first had died before its answer was kept.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import sqlalchemy as sa
from sqlmodel import col

from schema.db import Database
from schema.enums import Role
from schema.tables import AuditEntry, IdempotencyKey, JobEvent, User
from tests.api.flow import OUTPUTS, VIDEO, key, send, until, until_language
from tests.api.people import PASSWORD, Tenant
from tests.api.watched import Watch
from tests.fakes.steps import FakeSteps

SPEECH = {"audio_description_mp3": True, "accessible_video_mp4": True, "languages": ["es", "de"]}
SECRET = {"upload_url", "access_token", "token", "secret"}
"""Fields of answers."""
FILE = {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": len(VIDEO)}
REASON = {"reason": "Look at it again."}


@dataclass
class Written:
    """What one call of a write route left behind."""

    route: str
    status: int
    entries: list[AuditEntry]
    """Of the audit log."""
    again: int
    """The status of the same request, sent again."""
    doubled: int
    """Entries and events of people that the second one added."""
    held: list[str]
    """What it waited for with a connection in hand."""


@dataclass
class Journey:
    tenant: Tenant
    http: httpx.AsyncClient
    database: Database
    watch: Watch
    steps: FakeSteps
    calls: list[Written] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Everything that nobody may find in what was written."""
    jobs: list[UUID] = field(default_factory=list)
    ids: dict[str, str] = field(default_factory=dict)
    """What else a route's names in braces stand for now."""
    guests: list[str] = field(default_factory=list)
    """Addresses of people who have no account before the journey."""

    async def write(
        self, who: Role, method: str, route: str, body: Any = None, *, language: str = "", **more: Any
    ) -> dict[str, Any]:
        """Calls `route`, whose names in braces are filled in, and keeps what it left behind."""
        job = {"job_id": self.jobs[-1]} if self.jobs else {}
        path = route.format(**self.ids, **job, lang=language, language=language, cue_index=0)
        asked = {"json": body} if body is not None else {}
        query = more.pop("query", "")
        before, held = await self._audited(), len(self.watch.held)
        keys, one_key = await self._keys(), key()
        person = self.tenant[who]
        answer = await person.ask(method, path + query, one_key, **asked, **more)
        assert answer.is_success, (route, answer.text)
        entries = [entry for entry in await self._audited() if entry.id not in {each.id for each in before}]
        await self._forget(await self._keys() - keys)
        known = await self._count()
        again = await person.ask(method, path + query, one_key, **asked, **more)
        self.calls.append(
            Written(
                f"{method} {route}",
                answer.status_code,
                entries,
                again.status_code,
                await self._count() - known,
                self.watch.held[held:],
            )
        )
        told = [(each.json() if each.content else None) or {} for each in (answer, again)]
        self.secrets |= {each[name] for each in told for name in SECRET & set(each) if each[name]}
        return dict(told[0])

    async def _audited(self) -> list[AuditEntry]:
        people = [person.id for person in self.tenant.people.values()]
        async with self.database.begin() as session:
            people += await session.scalars(sa.select(col(User.id)).where(col(User.email).in_(self.guests)))
            found = await session.scalars(sa.select(AuditEntry).where(col(AuditEntry.actor_id).in_(people)))
            return list(found)

    async def _count(self) -> int:
        """Entries of the audit log, and events that a person caused."""
        async with self.database.begin() as session:
            events = await session.scalar(
                sa.select(sa.func.count())
                .select_from(JobEvent)
                .where(col(JobEvent.org_id) == self.tenant.org.id, col(JobEvent.actor_id).is_not(None))
            )
        return len(await self._audited()) + (events or 0)

    async def _keys(self) -> set[str]:
        async with self.database.begin() as session:
            return set(await session.scalars(sa.select(col(IdempotencyKey.id))))

    async def _forget(self, keys: set[str]) -> None:
        """As if the request had died before its answer was kept."""
        async with self.database.begin() as session:
            await session.execute(
                sa.update(IdempotencyKey)
                .where(col(IdempotencyKey.id).in_(keys))
                .values(status=None, response=None)
            )

    async def status(self, *statuses: str) -> dict[str, Any]:
        return await until(self.tenant[Role.ADMIN], self.jobs[-1], *statuses)

    async def go(self) -> None:
        """From the first upload to the last sign-out."""
        self.secrets |= {person.token for person in self.tenant.people.values()} | {PASSWORD}
        await self._upload()
        await self._drafts()
        await self._language()
        await self._final()
        await self._others()
        await self._sign_ins()

    async def _upload(self) -> None:
        announced = await self.write(
            Role.CLIENT,
            "POST",
            "/jobs/upload/init",
            {"filename": "film.mp4", "content_type": "video/mp4", "size_bytes": len(VIDEO), "title": "Film"},
        )
        await send(announced["upload_url"])
        self.steps.jobs.add(UUID(announced["job_id"]))
        body = {
            "gcs_uri": announced["gcs_uri"],
            "filename": "film.mp4",
            "source_language": "en",
            "requested_outputs": {**OUTPUTS, **SPEECH},
        }
        made = await self.write(Role.CLIENT, "POST", "/jobs/upload/complete", body)
        self.jobs.append(UUID(made["id"]))
        await self.status("pending_qc")

    async def _drafts(self) -> None:
        text = "?lang=en&kind=captions"
        vtt = "/jobs/{job_id}/vtt"
        shown = (await self.tenant[Role.REVIEWER].get(f"/jobs/{self.jobs[-1]}/vtt{text}")).json()
        saved = {"content": shown["content"].replace("evening", "night"), "base_version": shown["version"]}
        await self.write(Role.REVIEWER, "PATCH", vtt, saved, query=text)
        await self.write(Role.REVIEWER, "POST", f"{vtt}/check", {"content": saved["content"]}, query=text)
        later = {"base_version": 2, "offset_ms": 40}
        await self.write(Role.REVIEWER, "POST", f"{vtt}/adjust-timing", later, query=text)
        restored = {"version": 1, "base_version": 3}
        await self.write(Role.REVIEWER, "POST", f"{vtt}/versions/restore", restored, query=text)
        await self.write(Role.REVIEWER, "POST", "/jobs/{job_id}/actions/reject", REASON)
        other = (await self.tenant[Role.CLIENT].post("/jobs/upload/init", FILE)).json()
        await send(other["upload_url"])
        self.secrets.add(other["upload_url"])
        again = {"gcs_uri": other["gcs_uri"], "note": "The same, with sound."}
        await self.write(Role.CLIENT, "POST", "/jobs/{job_id}/source", again)
        await self.status("pending_qc")
        await self.write(Role.REVIEWER, "POST", "/jobs/{job_id}/actions/reject", REASON)
        await self.write(Role.PRODUCTION, "POST", "/jobs/{job_id}/actions/promote_to_qc")
        await self.write(Role.PRODUCTION, "POST", "/jobs/{job_id}/actions/blocked_on_source", REASON)
        await self.write(Role.PROJECT_MANAGER, "POST", "/jobs/{job_id}/retry", {})
        await self.status("pending_qc")
        await self.write(Role.REVIEWER, "POST", "/jobs/{job_id}/actions/approve_source")
        for code in ("es", "de"):
            await until_language(self.tenant[Role.ADMIN], self.jobs[-1], code, "unassigned")

    async def _language(self) -> None:
        base, qc = "/language-qc/jobs/{job_id}/languages", "/language-qc/jobs/{job_id}/languages/{lang}"
        linguist, reviewer = self.tenant[Role.LINGUIST], self.tenant[Role.REVIEWER]
        manager = Role.PROJECT_MANAGER
        both = {"linguist_id": str(linguist.id), "reviewer_id": str(reviewer.id)}
        await self.write(manager, "POST", f"{base}/bulk-assign", {"languages": ["de"], **both})
        fewer = {"requested_outputs": {**OUTPUTS, **SPEECH, "languages": ["es"]}}
        await self.write(manager, "PATCH", "/jobs/{job_id}", fewer)
        other = {"user_id": str(self.tenant[Role.PRODUCTION].id)}
        for action, person in (
            ("assign", other),
            ("reassign", {"user_id": str(linguist.id)}),
            ("unassign", {"user_id": str(linguist.id)}),
            ("assign", {"user_id": str(linguist.id)}),
            ("assign-reviewer", other),
            ("reassign-reviewer", {"user_id": str(reviewer.id)}),
        ):
            await self.write(manager, "POST", f"{qc}/{action}", person, language="es")
        await self.write(Role.LINGUIST, "POST", f"{qc}/start-work", language="es")
        comment = {"text": "Is this the right word?", "kind": "captions"}
        said = await self.write(Role.LINGUIST, "POST", f"{qc}/comments", comment, language="es")
        self.ids["comment_id"] = said["id"]
        at = f"{qc}/comments/{{comment_id}}"
        await self.write(Role.REVIEWER, "PATCH", at, {"resolved": True}, language="es")
        await self.write(Role.LINGUIST, "DELETE", at, language="es")
        await self.write(Role.LINGUIST, "POST", f"{qc}/mark-cue-reviewed", {"cue_index": 0}, language="es")
        await self.write(Role.LINGUIST, "POST", f"{qc}/submit", language="es")
        await self.write(Role.REVIEWER, "POST", f"{qc}/open-review", language="es")
        await self.write(Role.REVIEWER, "POST", f"{qc}/reject", REASON, language="es")
        await self.write(Role.LINGUIST, "POST", f"{qc}/reopen", language="es")
        await self.write(Role.LINGUIST, "POST", f"{qc}/submit", language="es")
        await self.write(Role.REVIEWER, "POST", f"{qc}/open-review", language="es")
        await self.write(Role.REVIEWER, "POST", f"{qc}/approve", language="es")
        await self.status("pending_final_review")

    async def _final(self) -> None:
        act = "/jobs/{job_id}/actions"
        await self.write(Role.PROJECT_MANAGER, "POST", f"{act}/return_to_qc", REASON)
        await self.write(Role.REVIEWER, "POST", f"{act}/approve_english")
        await self.status("pending_final_review")
        await self.write(Role.PROJECT_MANAGER, "POST", f"{act}/reject_final", REASON)
        await self.write(Role.PRODUCTION, "POST", f"{act}/promote_to_qc")
        await self.write(Role.REVIEWER, "POST", f"{act}/approve_source")
        await self.status("pending_final_review")
        await self.write(Role.PRODUCTION, "POST", f"{act}/retry_tts", {"language": "en"})
        await self.status("pending_final_review")
        plan = "/jobs/{job_id}/accessible-video/{language}"
        seen = await self.tenant[Role.PRODUCTION].get(
            plan.format(job_id=self.jobs[-1], language="en") + "/edit-state"
        )
        moved = {"plan_version": seen.json()["plan_version"], "pinned": True}
        await self.write(Role.PRODUCTION, "PATCH", f"{plan}/pause-points/{{cue_index}}", moved, language="en")
        await self.status("pending_final_review")
        await self.write(Role.PROJECT_MANAGER, "POST", f"{act}/complete")
        links = (await self.tenant[Role.CLIENT].get(f"/jobs/{self.jobs[-1]}/downloads")).json()["items"]
        self.secrets |= {link["url"].split("Signature=")[-1] for link in links}

    async def _others(self) -> None:
        await self.write(Role.PROJECT_MANAGER, "PATCH", "/jobs/{job_id}", {"title": "Another name"})
        twin = await self.write(Role.PROJECT_MANAGER, "POST", "/jobs/{job_id}/clone")
        self.jobs.append(UUID(twin["id"]))
        await self.write(Role.PROJECT_MANAGER, "POST", "/jobs/{job_id}/cancel", REASON)
        await self.write(Role.PROJECT_MANAGER, "DELETE", "/jobs/{job_id}")
        form = {"source_language": "en", "requested_outputs": json.dumps(OUTPUTS)}
        small = await self.write(
            Role.CLIENT, "POST", "/jobs", data=form, files={"file": ("clip.webm", VIDEO, "video/webm")}
        )
        self.jobs.append(UUID(small["id"]))

    async def _sign_ins(self) -> None:
        """Sign-ins have no key, and are not sent again."""
        person = self.tenant[Role.LINGUIST]
        login = {"email": person.user.email, "password": PASSWORD}
        answer = await self.plain("POST", "/auth/login", json=login)
        cookie = answer.cookies["refresh_token"]
        headers = {"Cookie": f"refresh_token={cookie}"}
        fresh = await self.plain("POST", "/auth/refresh", headers=headers)
        token = fresh.json()["access_token"]
        await self.plain("POST", "/auth/logout", headers={"Authorization": f"Bearer {token}"})
        self.secrets |= {cookie, fresh.cookies["refresh_token"], token, answer.json()["access_token"]}

    async def plain(self, method: str, route: str, **asked: Any) -> httpx.Response:
        """Calls a route that has no key, or whose caller is signed out by it, once."""
        before, held = await self._audited(), len(self.watch.held)
        answer = await self.http.request(method, f"/api/v1{route}", **asked)
        self.http.cookies.clear()
        assert answer.is_success, (route, answer.text)
        entries = [entry for entry in await self._audited() if entry.id not in {each.id for each in before}]
        held_now = self.watch.held[held:]
        self.calls.append(
            Written(f"{method} {route}", answer.status_code, entries, answer.status_code, 0, held_now)
        )
        return answer
