"""What tests of jobs do again and again: upload, wait, decide."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx

from tests.api.people import Person
from tests.fakes.steps import FakeSteps

VIDEO = b"not really a video" * 100
OUTPUTS: dict[str, Any] = {"captions_vtt": True, "audio_description_vtt": True}


async def init(person: Person, size: int = len(VIDEO), key: str | None = None, **more: Any) -> httpx.Response:
    body = {"filename": "video.mp4", "content_type": "video/mp4", "size_bytes": size, **more}
    return await person.post("/jobs/upload/init", body, key)


async def send(url: str, data: bytes = VIDEO) -> None:
    """PUTs the whole file to its session, as a browser would."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.put(
            url, content=data, headers={"Content-Range": f"bytes 0-{len(data) - 1}/{len(data)}"}
        )
    assert answer.status_code in (200, 201), answer.text


async def complete(
    person: Person, gcs_uri: str, key: str | None = None, outputs: dict[str, Any] | None = None, **more: Any
) -> httpx.Response:
    body = {
        "gcs_uri": gcs_uri,
        "filename": "video.mp4",
        "source_language": "en",
        "requested_outputs": outputs or OUTPUTS,
        **more,
    }
    return await person.post("/jobs/upload/complete", body, key)


async def announce_file(
    person: Person, purpose: str, data: bytes, content_type: str, filename: str = "file.bin", **more: Any
) -> httpx.Response:
    body = {"purpose": purpose, "filename": filename, "content_type": content_type, "size_bytes": len(data)}
    return await person.post("/files/signed-upload", body, **more)


async def file_of(person: Person, purpose: str, data: bytes, content_type: str, **more: Any) -> str:
    """The URI of a file that `person` has sent."""
    announced = await announce_file(person, purpose, data, content_type, **more)
    assert announced.status_code == 201, announced.text
    await send(announced.json()["upload_url"], data)
    return str(announced.json()["gcs_uri"])


async def uploaded(person: Person) -> dict[str, Any]:
    """An upload that is finished but not completed."""
    announced = (await init(person)).json()
    assert "upload_url" in announced, announced
    await send(announced["upload_url"])
    return announced


async def new_job(person: Person, steps: FakeSteps | None = None, **outputs: Any) -> UUID:
    """A job that runs."""
    announced = await uploaded(person)
    if steps is not None:
        steps.jobs.add(UUID(announced["job_id"]))
    answer = await complete(person, announced["gcs_uri"], outputs={**OUTPUTS, **outputs})
    assert answer.status_code == 201, answer.text
    return UUID(answer.json()["id"])


async def now_and_then() -> AsyncIterator[None]:
    """Soon at first, then less often: a request costs what the work that is waited for could have."""
    wait_s = 0.03
    while True:
        yield
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 1.5, 0.5)


async def until(person: Person, job_id: UUID, *statuses: str, seconds: float = 60) -> dict[str, Any]:
    """The job, once its status is one of these."""
    try:
        async with asyncio.timeout(seconds):
            async for _ in now_and_then():
                job = (await person.get(f"/jobs/{job_id}")).json()
                if job["status"] in statuses:
                    break
    except TimeoutError:
        raise AssertionError(f"still {job['status']} ({job['failure']}), not {statuses}") from None
    return dict(job)


async def until_language(person: Person, job_id: UUID, code: str, *states: str) -> dict[str, Any]:
    """The language's QC, once its state is one of these."""
    async with asyncio.timeout(120):
        async for _ in now_and_then():
            languages = (await person.get(f"/language-qc/jobs/{job_id}/language-qc")).json()["languages"]
            if code in languages and languages[code]["qc_state"] in states:
                break
    return dict(languages[code])


def key() -> str:
    return uuid4().hex
