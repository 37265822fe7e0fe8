"""What becomes of a job: what is asked for, which detours people take, and where it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from api.bodies.jobs import JobOut
from deploy.local.demo.gates import Turn
from schema.enums import JobStatus, Kind, QCState, Role
from schema.transitions import DRAFTING

When = Callable[[JobOut], bool]
SPANISH = "es"
_ORDER = list(JobStatus)


@dataclass(frozen=True, slots=True)
class Detour:
    """One decision that is taken once, when it can be, before the usual one."""

    when: When
    turn: Callable[[JobOut], Turn]


@dataclass(frozen=True, slots=True)
class Script:
    """`brings`: the texts come with the video. `ends`: where it closes, or waits for somebody who does not come."""

    name: str
    detours: tuple[Detour, ...] = ()
    languages: tuple[str, ...] = ()
    brings: bool = False
    ends: JobStatus = JobStatus.COMPLETED


def kinds(*, translates: bool) -> tuple[Callable[[Random], Script], ...]:
    """Each makes scripts of one kind. `translates`: Spanish can be made here."""
    return (*_SOURCE_ALONE, *(_WITH_SPANISH if translates else ()))


def _is(status: JobStatus) -> When:
    return lambda job: job.status is status


def _has_come_to(status: JobStatus) -> When:
    """There or further: a job that is quick is not seen at every step."""
    return lambda job: _ORDER.index(job.status) >= _ORDER.index(status)


def _in_qc(state: QCState) -> When:
    return lambda job: SPANISH in job.languages and job.languages[SPANISH].qc_state is state


def _action(who: Role, action: str, body: dict[str, Any] | None = None) -> Callable[[JobOut], Turn]:
    path = action if action in ("retry", "cancel") else f"actions/{action}"
    return lambda job: Turn(who, action, "", "POST", f"/jobs/{job.id}/{path}", body)


def _of_language(who: Role, action: str, body: dict[str, Any]) -> Callable[[JobOut], Turn]:
    return lambda job: Turn(
        who, action, "", "POST", f"/language-qc/jobs/{job.id}/languages/{SPANISH}/{action}", body
    )


def _save(job: JobOut) -> Turn:
    language = job.languages[job.source_language]
    content = f"WEBVTT\n\n1\n00:00:00.200 --> 00:00:01.800\nEdited, of {job.title}.\n"
    body = {"content": content, "base_version": language.versions.captions or 0, "note": "By a person."}
    query = {"lang": job.source_language, "kind": Kind.CAPTIONS.value}
    return Turn(Role.REVIEWER, "saves", "", "PATCH", f"/jobs/{job.id}/vtt", body, query)


def _add_spanish(job: JobOut) -> Turn:
    outputs = job.requested_outputs.model_copy(update={"languages": (SPANISH,)})
    body = {"requested_outputs": outputs.model_dump(mode="json")}
    return Turn(Role.PROJECT_MANAGER, "changes the outputs", "", "PATCH", f"/jobs/{job.id}", body)


def _delete(job: JobOut) -> Turn:
    return Turn(Role.CLIENT, "deletes", "", "DELETE", f"/jobs/{job.id}")


_QC, _FINAL = _is(JobStatus.PENDING_QC), _is(JobStatus.PENDING_FINAL_REVIEW)
_WHY = {"reason": "Because."}


def _straight(chance: Random) -> Script:
    return Script("straight", brings=chance.random() < 0.5)


def _edited(chance: Random) -> Script:
    return Script("edited", (Detour(_QC, _save),) * chance.randint(1, 3))


def _rejected(chance: Random) -> Script:
    step = chance.choice(["probe", "transcribe", "describe"])
    again = Detour(_is(JobStatus.REJECTED), _action(Role.PROJECT_MANAGER, "retry", {"from_step": step}))
    return Script(
        f"rejected, again from {step}", (Detour(_QC, _action(Role.REVIEWER, "reject", _WHY)), again)
    )


def _returned(chance: Random) -> Script:
    back = Detour(_FINAL, _action(Role.PROJECT_MANAGER, "return_to_qc", _WHY))
    return Script("returned", (back, *([Detour(_QC, _save)] if chance.random() < 0.5 else ())), brings=True)


def _cancelled(chance: Random) -> Script:
    at = chance.choice([*DRAFTING, JobStatus.PENDING_QC, JobStatus.SYNTHESIZING, JobStatus.MUXING])
    cancel = Detour(_has_come_to(at), _action(Role.CLIENT, "cancel"))
    return Script(f"cancelled at {at}", (cancel,), ends=JobStatus.CANCELLED)


def _deleted(chance: Random) -> Script:
    at = chance.choice([JobStatus.TRANSCRIBING, JobStatus.PENDING_QC, JobStatus.MUXING])
    return Script(f"deleted at {at}", (Detour(_has_come_to(at), _delete),), ends=JobStatus.CANCELLED)


def _blocked(chance: Random) -> Script:
    """Promoted only where the drafts are made: what is spoken later needs what they found out."""
    early, late = [JobStatus.PROBING, JobStatus.TRANSCRIBING], [JobStatus.PENDING_QC, JobStatus.SYNTHESIZING]
    on = chance.choice(["retry", "promote_to_qc"])
    at = chance.choice(late if on == "promote_to_qc" else early + late)
    block = Detour(_has_come_to(at), _action(Role.PRODUCTION, "blocked_on_source", _WHY))
    goes_on = Detour(_is(JobStatus.BLOCKED_ON_SOURCE), _action(Role.PRODUCTION, on))
    return Script(f"blocked at {at}, {on}", (block, goes_on), brings=True)


def _spoken_again(chance: Random) -> Script:
    again = Detour(_FINAL, _action(Role.PRODUCTION, "retry_tts", {"language": "en"}))
    return Script("spoken again", (again,), brings=chance.random() < 0.5)


def _waiting(chance: Random) -> Script:
    ends = chance.choice([JobStatus.PENDING_QC, JobStatus.PENDING_FINAL_REVIEW])
    return Script(f"left at {ends}", ends=ends, brings=True)


def _spanish(chance: Random) -> Script:
    return Script("Spanish", languages=(SPANISH,), brings=chance.random() < 0.5)


def _spanish_rejected(_: Random) -> Script:
    reject = Detour(_in_qc(QCState.IN_REVIEW), _of_language(Role.REVIEWER, "reject", _WHY))
    return Script("Spanish, rejected", (reject,), languages=(SPANISH,), brings=True)


def _spanish_returned(_: Random) -> Script:
    back = Detour(_FINAL, _action(Role.PROJECT_MANAGER, "return_to_qc", {**_WHY, "languages": [SPANISH]}))
    return Script("Spanish, returned", (back,), languages=(SPANISH,), brings=True)


def _spanish_reopened(_: Random) -> Script:
    """Later work on a completed job: a new run."""
    done = _is(JobStatus.COMPLETED)
    reopen = Detour(done, _of_language(Role.PROJECT_MANAGER, "reopen", _WHY))
    return Script("Spanish, reopened", (reopen,), languages=(SPANISH,), brings=True)


def _spanish_later(chance: Random) -> Script:
    add = Detour(_QC if chance.random() < 0.5 else _FINAL, _add_spanish)
    return Script("Spanish, added later", (add,), brings=True)


_SOURCE_ALONE = (
    *(_straight, _edited, _rejected, _returned, _cancelled, _deleted),
    *(_blocked, _spoken_again, _waiting),
)
_WITH_SPANISH = (_spanish, _spanish_rejected, _spanish_returned, _spanish_reopened, _spanish_later)
