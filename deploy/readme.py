"""The generated parts of the documents: `python -m deploy.readme` writes them. They stand between `<!-- name -->` and
`<!-- /name -->`. A test checks that they are up to date.

They stand between `<!-- name -->` and `<!-- /name -->`; a test holds them current.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import fields
from enum import Enum
from itertools import pairwise
from pathlib import Path

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from deploy.local.ports import Ports
from schema.enums import JobAction, JobStatus, QCState
from schema.provider_settings import ProviderSettings
from schema.settings import Settings
from schema.transitions import DRAFTING, IN_LANGUAGES, JOB, LANGUAGE, NEEDS_REASON, OPEN
from workers.grace import ENDING, GRACE

ROOT = Path(__file__).resolve().parents[1]
README, DEPLOY, CONTRIBUTING = ROOT / "README.md", ROOT / "deploy" / "README.md", ROOT / "CONTRIBUTING.md"
_GROUPS = {"drafting": DRAFTING, "languages": IN_LANGUAGES}
_WORKED_OUT = {
    JobAction.APPROVE_SOURCE: "languages",
    JobAction.APPROVE_ENGLISH: "languages",
    JobAction.RETRY: "the step that failed, or `from_step`",
    JobAction.RETRY_TTS: "that language's synthesizing",
    JobAction.RETURN_TO_QC: "pending_qc, or language_qc of the languages named",
    JobAction.REOPEN_LANGUAGE: "that language's QC",
    JobAction.CHANGE_OUTPUTS: "where it was; languages come and go",
    JobAction.UPLOAD_FINAL: "that language's synthesizing; of the source, translating",
    JobAction.CHANGE_PRIORITY: "where it was",
    JobAction.ASSIGN_SOURCE: "where it was",
    JobAction.REPROCESS: "`from_step`",
}
"""Actions whose target state the workflow computes."""
_DRAWN = {JobAction.APPROVE_SOURCE: "languages", JobAction.RETURN_TO_QC: JobStatus.PENDING_QC}
"""The ones among them that have an arrow."""
_MANY = 5
"""An action from more states than this is only in the table, because its arrows would hide the others."""


def parts() -> dict[Path, dict[str, str]]:
    """The generated parts by document and name, in Markdown."""
    return {
        README: {
            "job-states": _mermaid(_job_edges()),
            "job-actions": _job_actions(),
            "language-states": _mermaid(_language_edges()),
        },
        DEPLOY: {"settings": _settings(), "ports": _ports(), "graces": _graces()},
    }


def renewed(text: str, made: Mapping[str, str]) -> str:
    """`text` with every part of `made` replaced.

    Raises:
        ValueError: a part has no place in the text.
    """
    for name, part in made.items():
        place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
        if not place.search(text):
            raise ValueError(f"The document has no place for {name}.")
        text = place.sub(lambda found, part=part: f"{found[1]}{part}\n{found[2]}", text)  # type: ignore[misc]
    return text


def _mermaid(lines: Iterable[str]) -> str:
    body = "\n".join(f"    {line}" for line in lines)
    return f"```mermaid\nstateDiagram-v2\n{body}\n```"


def _job_edges() -> list[str]:
    order = list(JobStatus)
    lines = [f"[*] --> {order[0]}"]
    for name, group in _GROUPS.items():
        chain = sorted(group, key=order.index)
        lines.append(f"state {name} {{")
        lines += [f"    {before} --> {after}" for before, after in pairwise(chain)]
        lines.append("}")
    lines += [
        "drafting --> pending_qc",
        "languages --> pending_final_review",
        "drafting --> failed : a step fails",
        "languages --> failed : a language fails",
    ]
    for action, rule in JOB.items():
        target = _DRAWN.get(action, rule.target)
        sources = _grouped(rule.sources)
        if target is None or len(sources) > _MANY:
            continue
        lines += [f"{source} --> {target} : {action}" for source in sources]
    return [*lines, "completed --> [*]", "cancelled --> [*]"]


def _grouped(statuses: frozenset[JobStatus]) -> list[str]:
    """The states, with a group's name instead of all of its states."""
    left, names = set(statuses), []
    for name, group in _GROUPS.items():
        if group <= left:
            left -= group
            names.append(name)
    return [*names, *(status.value for status in JobStatus if status in left)]


def _job_actions() -> str:
    rows = [
        (f"`{action}`", _where(rule.sources), rule.target or _WORKED_OUT[action], _needs(rule.needs_reason))
        for action, rule in JOB.items()
    ]
    return _table(("Action", "From", "To", "Needs"), rows)


def _where(statuses: frozenset[JobStatus]) -> str:
    if statuses == frozenset(JobStatus):
        return "any"
    if statuses >= OPEN - {JobStatus.BLOCKED_ON_SOURCE}:
        without = [status.value for status in OPEN - statuses]
        return "any open status" + (f" but {', '.join(without)}" if without else "")
    return ", ".join(_grouped(statuses))


def _needs(reason: bool) -> str:
    return "a reason" if reason else ""


def _language_edges() -> list[str]:
    lines = [f"[*] --> {QCState.PENDING}", f"{QCState.PENDING} --> {QCState.UNASSIGNED} : translated"]
    labels: dict[tuple[QCState, QCState], list[str]] = {}
    for action, moves in LANGUAGE.items():
        for before, after in moves.items():
            if before is not after:
                reason = " (a reason)" if action in NEEDS_REASON else ""
                labels.setdefault((before, after), []).append(f"{action}{reason}")
    lines += [f"{before} --> {after} : {', '.join(names)}" for (before, after), names in labels.items()]
    return [*lines, f"{QCState.APPROVED} --> [*]"]


def _settings() -> str:
    """Settings in order, those of providers last. Pydantic puts a base's fields first."""
    fields = sorted(
        Settings.model_fields.items(), key=lambda field: field[0] in ProviderSettings.model_fields
    )
    rows = [(f"`{name.upper()}`", _default(field), _meaning(field)) for name, field in fields]
    return _table(("Variable", "Default", "Meaning"), rows)


def _default(field: FieldInfo) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "**required**"
    if isinstance(value, Enum):
        value = value.value
    if value is None or value in ("", ()):
        return ""
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _meaning(field: FieldInfo) -> str:
    if field.description:
        return field.description
    kind = field.annotation
    if isinstance(kind, type) and issubclass(kind, Enum):
        return " or ".join(f"`{each.value}`" for each in kind)
    return ""


def _graces() -> str:
    rows = [
        (f"`{queue.value}`", *(f"{limit.total_seconds():g}" for limit in (grace, grace + ENDING)))
        for queue, grace in GRACE.items()
    ]
    return _table(("Pool", "Waits for what it runs, s", "Has ended after, s"), rows)


def _ports() -> str:
    rows = [(f"`{field.name.upper()}`", f"`{field.default}`") for field in fields(Ports)]
    return _table(("Variable", "Default"), rows)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


if __name__ == "__main__":
    for document, made in parts().items():
        document.write_text(renewed(document.read_text(encoding="utf-8"), made), encoding="utf-8")
