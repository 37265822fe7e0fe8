"""One run of the demo, from signing in to the files to open."""

from __future__ import annotations

import mimetypes
import time
from contextlib import AsyncExitStack
from typing import Any

import httpx

from api.bodies.downloads import Downloads
from api.bodies.jobs import JobOut
from api.bodies.texts import TextOut
from deploy.local.demo import words
from deploy.local.demo.client import Person, Refused
from deploy.local.demo.direct import Director
from deploy.local.demo.live import Live
from deploy.local.demo.options import SOURCE_LANGUAGE, Options, Platform
from deploy.local.demo.result import Made, fetch_all, folder_for, rows
from deploy.local.demo.screen import Screen
from deploy.local.demo.upload import send_file
from deploy.local.seed import PEOPLE
from schema.enums import AssetKind, JobStatus, Kind, Role
from schema.findings import Finding

_CAST = (Role.CLIENT, Role.REVIEWER, Role.PROJECT_MANAGER, Role.LINGUIST)
_FOLLOWS = Role.PROJECT_MANAGER
"""A person who sees what the client does not: the progress of each step, and the findings."""
_LANGUAGE_FIELD = "requested_outputs.languages."


class Show:
    """`run` returns the exit code: 0 if the job was completed."""

    def __init__(self, options: Options, platform: Platform, screen: Screen) -> None:
        self._options, self._platform, self._screen = options, platform, screen
        self._people: dict[Role, Person] = {}

    async def run(self) -> int:
        async with AsyncExitStack() as stack:
            await self._sign_in(stack)
            live = Live(self._platform.api, self._people[_FOLLOWS])
            await live.open()  # before there is a job, so that no event is missed
            stack.push_async_callback(live.close)
            began = time.monotonic()
            gcs_uri = await self._upload()
            upload_s = time.monotonic() - began
            job = await self._submit(gcs_uri)
            director = Director(self._options, self._platform, self._screen, self._people)
            self._screen.head("The job, as the socket tells")
            job = await director.follow(live, job)
            total_s = time.monotonic() - began
            if job.status is not JobStatus.COMPLETED:
                director.explain(job)
                return 1
            made = await self._fetch(job)
            self._screen.made(rows(made, await self._findings(job), job.source_language))
            self._screen.times(director.timeline.spans, upload_s, total_s)
            self._what_to_open(job, made)
            return 0

    async def _sign_in(self, stack: AsyncExitStack) -> None:
        self._screen.head("Signing in, each as themselves")
        for role in _CAST:
            seeded = next(person for person in PEOPLE if person.role is role)
            person = Person(self._platform.api, seeded.email, seeded.name, self._platform.password)
            self._people[role] = await stack.enter_async_context(person)
            self._screen.say(f"  {person.name} ({role.value.replace('_', ' ')}) as {person.email}")

    async def _upload(self) -> str:
        """Uploads the video and returns its address in the bucket."""
        client, video = self._people[Role.CLIENT], self._options.video
        size = video.stat().st_size
        self._screen.head(f"{client.name} (client) uploads {video.name}")
        body = {
            "filename": video.name,
            "content_type": mimetypes.guess_type(video.name)[0] or "application/octet-stream",
            "size_bytes": size,
        }
        session = await client.write("POST", "/jobs/upload/init", body)
        async with httpx.AsyncClient(timeout=60) as http:
            with self._screen.sending(video.name, size) as sent:
                await send_file(http, session["upload_url"], video, sent)
        return str(session["gcs_uri"])

    async def _submit(self, gcs_uri: str) -> JobOut:
        """Submits the job. Languages that cannot be made here are reported and left out."""
        client, languages = self._people[Role.CLIENT], list(self._options.languages)
        while True:
            try:
                answer = await client.write(
                    "POST", "/jobs/upload/complete", self._request(gcs_uri, languages)
                )
                break
            except Refused as refused:
                left_out = unmakeable(refused)
                if not left_out:
                    raise
                for at, why in left_out.items():
                    self._screen.say(f"{languages[at]} is left out. {why}")
                languages = [code for at, code in enumerate(languages) if at not in left_out]
        job = await self._people[_FOLLOWS].get(f"/jobs/{answer['id']}", JobOut)
        targets = ", ".join(job.requested_outputs.targets(job.source_language)) or "no other language"
        self._screen.say(f"Job {job.id}: {job.source_language}, and {targets}")
        self._screen.aside(words.workflow_page(self._platform.temporal_ui, job.id))
        return job

    def _request(self, gcs_uri: str, languages: list[str]) -> dict[str, Any]:
        return {
            "gcs_uri": gcs_uri,
            "filename": self._options.video.name,
            "title": self._options.title,
            "source_language": SOURCE_LANGUAGE,
            "requested_outputs": {
                "captions_vtt": True,
                "audio_description_vtt": True,
                "audio_description_mp3": True,
                "accessible_video_mp4": True,
                "languages": languages,
            },
        }

    async def _fetch(self, job: JobOut) -> list[Made]:
        folder = folder_for(self._options.out, job.title)
        self._screen.head(f"Downloading to {folder}")
        found = await self._people[_FOLLOWS].get(f"/jobs/{job.id}/downloads", Downloads)
        async with httpx.AsyncClient(timeout=60) as http:
            return await fetch_all(http, found, folder, lambda name: self._screen.say(f"  {name}"))

    async def _findings(self, job: JobOut) -> dict[tuple[str, Kind], list[Finding]]:
        found = {}
        for code, language in job.languages.items():
            for kind in Kind:
                if language.versions.of(kind) is not None:
                    query = {"lang": code, "kind": kind.value}
                    text = await self._people[_FOLLOWS].get(f"/jobs/{job.id}/vtt", TextOut, query)
                    found[code, kind] = text.findings
        return found

    def _what_to_open(self, job: JobOut, made: list[Made]) -> None:
        self._screen.head("Open")
        for kind in (AssetKind.ACCESSIBLE_VIDEO_MP4, AssetKind.REPORT_HTML):
            for each in made:
                if each.item.kind is kind:
                    self._screen.say(f"  {each.path}")
        if not self._platform.stays:
            self._screen.aside("and, while the platform runs (`make up`, or `make demo KEEP=1`):")
        page = words.workflow_page(self._platform.temporal_ui, job.id)
        self._screen.say(f"  {page}  what happened, step by step")
        self._screen.say(f"  {self._platform.api}/docs  the API")


def unmakeable(refused: Refused) -> dict[int, str]:
    """Which of the requested languages were refused, by place, and why. What else is wrong is refused again."""
    if refused.status != 400:
        return {}
    return {
        int(each["field"].removeprefix(_LANGUAGE_FIELD)): each["message"]
        for each in refused.body.get("errors") or []
        if each["field"].startswith(_LANGUAGE_FIELD)
    }
