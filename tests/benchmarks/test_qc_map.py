"""`GET language-qc` of 20 languages with 1,400 cues: the CPU that this process needs, against 50 ms."""

from __future__ import annotations

import time
from statistics import median
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from schema.db import Database
from schema.enums import Kind, LanguageStage, Origin, QCState, Role
from schema.tables import JobLanguage, TextVersion
from tests.api.conftest import app, http, parts, tenant  # noqa: F401 - fixtures
from tests.api.people import Tenant
from tests.benchmarks.conftest import Compare

pytestmark = pytest.mark.bench
_LANGUAGES, _CUES, _ROUNDS = 20, 1_400, 9
_AIM_MS = 50


def _text(language: str) -> str:
    cues = [
        f"c{n}\n00:{n // 20:02d}:{n % 20 * 3:02d}.000 --> 00:{n // 20:02d}:{n % 20 * 3 + 2:02d}.500\n"
        f"The keeper climbs two hundred steps,\nevening after evening ({language} {n}).\n"
        for n in range(_CUES)
    ]
    return "\n".join(["WEBVTT\n", *cues])


async def test_qc_map(
    app: FastAPI,  # noqa: F811
    tenant: Tenant,  # noqa: F811
    database: Database,
    ratio: Compare,
) -> None:
    job, person = await tenant.job(database), tenant[Role.PRODUCTION]
    codes = [f"{letter}{letter}" for letter in "abcdefghijklmnopqrst"]
    async with database.begin() as session:
        for code in codes:
            session.add(
                JobLanguage(
                    job_id=job.id,
                    language=code,
                    stage=LanguageStage.LANGUAGE_QC,
                    qc_state=QCState.IN_PROGRESS,
                )
            )
        await session.flush()
        for code in codes:
            for kind in Kind:
                session.add(
                    TextVersion(
                        id=uuid4(), job_id=job.id, language=code, kind=kind, version=1, content=_text(code),
                        origin=Origin.DRAFT, sources={},
                    )
                )  # fmt: skip
    path = f"/api/v1/language-qc/jobs/{job.id}/language-qc"
    headers = {"Authorization": f"Bearer {person.token}"}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://api.test") as client:

        async def look() -> tuple[float, float]:
            began, cpu = time.perf_counter(), time.process_time()
            answer = await client.get(path, headers=headers)
            assert len(answer.json()["languages"]) == _LANGUAGES + 1
            return 1000 * (time.process_time() - cpu), 1000 * (time.perf_counter() - began)

        first = await look()
        looks = [await look() for _ in range(_ROUNDS)]
    name = f"QC map, {_LANGUAGES} languages of {_CUES:,} cues"
    ratio(f"{name}: CPU", median(cpu for cpu, _ in looks), _AIM_MS, "ms", at_most=1)
    ratio(f"{name}: time", median(took for _, took in looks), _AIM_MS, "ms")
    ratio(f"{name}: CPU of the first look after a change of the rules", first[0], _AIM_MS, "ms")
