"""The documents say what the code says, and every file that they name is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy.local.temporal_server import SEARCH_ATTRIBUTES
from deploy.readme import CONTRIBUTING, DEPLOY, README, parts, renewed
from schema.enums import JobStatus, QCState


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
