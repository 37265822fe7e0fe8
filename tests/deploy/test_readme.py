"""The documents say what the code says, and every file that they name is there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from api.openapi import PATH
from deploy.local.temporal_server import SEARCH_ATTRIBUTES
from deploy.readme import CONTRIBUTING, DEPLOY, README, parts, renewed
from schema.enums import JobStatus, QCState
from workflows.schedules import SCHEDULES


@pytest.mark.parametrize("document", [README, DEPLOY], ids=lambda path: path.parent.name)
def test_generated_parts_are_current(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert renewed(text, parts()[document]) == text, "run python -m deploy.readme"


def test_a_part_without_a_place_is_told() -> None:
    text = DEPLOY.read_text(encoding="utf-8").replace("<!-- settings -->", "")
    with pytest.raises(ValueError, match="settings"):
        renewed(text, parts()[DEPLOY])


@pytest.mark.parametrize("document", [README, DEPLOY, CONTRIBUTING], ids=lambda path: path.name)
def test_every_linked_file_is_there(document: Path) -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8"))
    assert len(links) > 5
    assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_search_attribute_is_registered() -> None:
    text = DEPLOY.read_text(encoding="utf-8")
    keywords = re.search(r"for name in (.+); do\n.+--name \$name --type Keyword\n", text)
    others = re.findall(r"search-attribute create --name (\w+) --type (\w+)", text)
    assert keywords
    assert dict.fromkeys(keywords[1].split(), "Keyword") | dict(others) == SEARCH_ATTRIBUTES


def test_every_state_is_drawn() -> None:
    made = parts()[README]
    assert [status for status in JobStatus if status not in made["job-states"] + made["job-actions"]] == []
    assert [state for state in QCState if state not in made["language-states"]] == []


def test_every_sweep_can_be_paused_by_the_runbook() -> None:
    text = DEPLOY.read_text(encoding="utf-8")
    assert [name for name in SCHEDULES.values() if f"`{name}`" not in text] == []


@pytest.mark.parametrize("document", [README, DEPLOY, CONTRIBUTING], ids=lambda path: path.parent.name)
def test_every_route_that_is_named_is_there(document: Path) -> None:
    """`…` stands for the beginning of a path, and a path of two parts at least for its end."""

    def plain(path: str) -> str:
        return re.sub(r"\{\w+\}|\$\w+", "*", path)

    paths = json.loads(PATH.read_text(encoding="utf-8"))["paths"]
    known = {f"{method.upper()} {plain(path)}" for path, methods in paths.items() for method in methods}
    named = re.findall(
        r"\b(GET|POST|PATCH|PUT|DELETE) (\S*/[^\s`?),;]*)", document.read_text(encoding="utf-8")
    )
    ends = {
        (method, plain(re.sub(r"^(https?://[^/]+|\$API|…)", "", path)).rstrip(".")) for method, path in named
    }
    assert [
        (method, end)
        for method, end in ends
        if not any(each.startswith(f"{method} ") and each.endswith(end) for each in known)
    ] == []
