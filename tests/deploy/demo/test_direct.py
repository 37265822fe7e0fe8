"""What the people of the demo do when an approval is refused, and how a person is told of their turn."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from rich.console import Console

from deploy.local.demo.client import Refused
from deploy.local.demo.direct import Director
from deploy.local.demo.gates import Script, Turn
from deploy.local.demo.options import Options, Platform
from deploy.local.demo.screen import Screen
from schema.enums import JobStatus, Kind, LanguageStage, Role
from tests.deploy.demo.jobs import job, language

FINDINGS = ["captions c1: 21 characters a second, at most 17", "audio_description d2: 15 words too many"]
APPROVE = Turn(
    Role.REVIEWER,
    "approves es",
    "they are its reviewer",
    "POST",
    "/language-qc/jobs/7/languages/es/approve",
    {"versions": {"captions": 1}},
)


class Someone:
    """Answers each write with the next of `answers`."""

    name, email, token, id = "Rosa", "rosa@example.com", "t1", UUID(int=1)

    def __init__(self, *answers: Refused | None) -> None:
        self.answers = list(answers)
        self.writes: list[tuple[str, str, Any]] = []

    async def write(
        self, method: str, path: str, body: Mapping[str, Any] | None, query: Mapping[str, str] | None = None
    ) -> None:
        self.writes.append((method, path, body))
        answer = self.answers.pop(0) if self.answers else None
        if answer is not None:
            raise answer


class Stage:
    def __init__(self, someone: Someone, tmp_path: Path, *scripts: Script, manual: bool = False) -> None:
        self.paper = io.StringIO()
        options = Options(Path("v.mp4"), "v", ("es",), scripts, manual=manual, out=tmp_path, keep=False)
        platform = Platform("http://api", "http://ui", "secret")
        screen = Screen(Console(file=self.paper, width=400))
        self.director = Director(options, platform, screen, dict.fromkeys(Role, someone))  # type: ignore[arg-type]

    @property
    def said(self) -> str:
        return self.paper.getvalue()


async def test_blocking_findings_are_said_aloud_and_overridden_by_name(tmp_path: Path) -> None:
    rosa = Someone(Refused(409, {"detail": "2 findings stand in the way", "findings": FINDINGS}))
    stage = Stage(rosa, tmp_path)
    assert await stage.director._take([APPROVE])
    first, second = rosa.writes
    assert first[2] == APPROVE.body
    assert second[:2] == first[:2]
    assert second[2]["versions"] == {"captions": 1}
    for finding in FINDINGS:
        assert finding in second[2]["override_reason"]
        assert finding in stage.said


async def test_any_other_refusal_ends_the_demo(tmp_path: Path) -> None:
    rosa = Someone(Refused(409, {"detail": "Somebody saved in between."}))
    with pytest.raises(Refused, match="in between"):
        await Stage(rosa, tmp_path).director._take([APPROVE])
    assert len(rosa.writes) == 1


async def test_a_turn_is_told_once_and_again_when_its_gate_opens_again(tmp_path: Path) -> None:
    rosa = Someone()
    stage = Stage(rosa, tmp_path, manual=True)
    for due in ([APPROVE], [APPROVE], [], [APPROVE]):
        assert not await stage.director._take(due)
    assert stage.said.count("Waiting for Rosa (reviewer), who approves es") == 2
    assert rosa.writes == []


async def test_a_long_body_is_put_into_a_file(tmp_path: Path) -> None:
    stage = Stage(Someone(), tmp_path, manual=True)
    text = "WEBVTT\n\n" + "x" * 1000
    await stage.director._take(
        [Turn(Role.REVIEWER, "saves", "so", "PATCH", "/jobs/7/vtt", {"content": text})]
    )
    assert f"--data @{tmp_path / 'v' / 'request.json'}" in stage.said
    assert text[:100] not in stage.said
    assert "x" * 1000 in (tmp_path / "v" / "request.json").read_text()


async def test_scripts_are_saved_one_after_another(tmp_path: Path) -> None:
    rosa = Someone()
    stage = Stage(rosa, tmp_path, *(Script(kind, f"WEBVTT {kind}\n", kind) for kind in Kind))
    save = Turn(Role.REVIEWER, "saves", "so", "PATCH", "/jobs/7/vtt", {"content": "WEBVTT\n"})
    for _ in Kind:
        await stage.director._take([save])
    assert stage.director._scripts == []


def test_a_failure_names_the_step_the_reason_and_both_ways_to_retry(tmp_path: Path) -> None:
    failure = {
        "step": "translate",
        "language": "es",
        "code": "provider_failed",
        "reason": "The pair is gone.",
    }
    failed = job(
        JobStatus.FAILED,
        language("en", LanguageStage.READY),
        language("es", LanguageStage.FAILED, failure=failure),
        failure=failure,
    )
    stage = Stage(Someone(), tmp_path)
    stage.director.explain(failed)
    assert "The translate step of es failed: The pair is gone." in stage.said
    assert f"curl -X POST http://api/api/v1/jobs/{failed.id}/retry" in stage.said
    assert f"http://ui/namespaces/default/workflows/job-{failed.id}-es" in stage.said
    assert failed.failure is not None
    by_hand = failed.failure.model_copy(update={"code": "terminated"})
    terminated = failed.model_copy(update={"failure": by_hand, "languages": {}})
    again = Stage(Someone(), tmp_path)
    again.director.explain(terminated)
    assert "signal" not in again.said
