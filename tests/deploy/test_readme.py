"""README.md says what the code says, and every file that it names is there."""

from __future__ import annotations

import re

import pytest

from deploy.local.temporal_server import SEARCH_ATTRIBUTES
from deploy.readme import README, parts, renewed
from schema.enums import JobStatus, QCState


def test_its_generated_parts_are_current() -> None:
    text = README.read_text(encoding="utf-8")
    assert renewed(text) == text, "run python -m deploy.readme"


def test_a_part_without_a_place_is_told() -> None:
    with pytest.raises(ValueError, match="settings"):
        renewed(README.read_text(encoding="utf-8").replace("<!-- settings -->", ""))


def test_every_file_that_it_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8"))
    assert len(links) > 20
    assert [link for link in links if not (README.parent / link).exists()] == []


def test_it_registers_every_search_attribute() -> None:
    text = README.read_text(encoding="utf-8")
    keywords = re.search(r"for name in (.+); do\n.+--name \$name --type Keyword\n", text)
    others = re.findall(r"search-attribute create --name (\w+) --type (\w+)", text)
    assert keywords
    assert dict.fromkeys(keywords[1].split(), "Keyword") | dict(others) == SEARCH_ATTRIBUTES


def test_it_draws_every_state() -> None:
    made = parts()
    assert [status for status in JobStatus if status not in made["job-states"] + made["job-actions"]] == []
    assert [state for state in QCState if state not in made["language-states"]] == []
