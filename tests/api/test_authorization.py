"""Who may do what: every cell of `authorization.tsv` against the real API.

The table is written by hand, and is to be read beside the contract. A line is a route, or a case of one. A column is a
role, and one is for anonymous. A cell has three statuses: of a thing in the caller's own organisation, of another
organisation's, and of one in their own organisation that they are not assigned to (`Whose`); `-` where there is none
such, and one status alone where the route is about no thing. `+` and `-` behind a status say whether the answer shows
what the line is about: a list the thing, an answer the field of the case.

How a line is asked stands in `tests/api/authorization`.
"""

from __future__ import annotations

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
import pytest_asyncio
from fastapi import FastAPI
from httpx import Response

from activities.storage import GoogleStorage
from api.main import PREFIX
from api.parts import Parts
from schema.db import Database
from schema.enums import Role
from tests.api.authorization.made import entries, made
from tests.api.authorization.world import Ids, Whose, World
from tests.api.people import Person
from tests.api.test_contract import methods, routes
from tests.fakes.steps import FakeSteps

HERE = Path(__file__).parent
_AT_ONCE = 8
"""So many requests of a line, fewer than the database has connections."""
T = TypeVar("T")
COLUMNS = ["anonymous", *(role.value for role in (
    Role.CLIENT, Role.LINGUIST, Role.REVIEWER, Role.PRODUCTION, Role.PROJECT_MANAGER, Role.ADMIN
))]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    route: str
    case: str
    cells: dict[str, list[str]]
    """By column: the three statuses, or one."""

    @property
    def name(self) -> str:
        return f"{self.route} ({self.case})" if self.case else self.route

    @property
    def reads(self) -> bool:
        return self.route.startswith("GET ")


def _lines() -> Iterator[Line]:
    with (HERE / "authorization.tsv").open() as file:
        for row in csv.DictReader(file, delimiter="\t"):
            cells = {column: row[column].split() for column in COLUMNS}
            yield Line(f"{row['method']} {row['path']}", row["case"], cells)


@dataclass(frozen=True, slots=True)
class Cell:
    column: str
    whose: Whose
    expected: str

    def of(self, line: Line) -> str:
        """Which one it is, for people."""
        return f"{self.column} of {self.whose}" if len(line.cells[self.column]) > 1 else self.column


LINES = list(_lines())
ENTRIES = entries()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def world(
    parts: Parts, database: Database, steps: FakeSteps, object_store: GoogleStorage
) -> AsyncIterator[World]:
    steps.begin_test()
    async with made(parts, database, object_store) as world:
        yield world


class Asking:
    """One line's requests: its things are made first, then all is asked at once. Requests that change nothing are about one
    thing; each that may change it is about one of its own."""

    def __init__(self, world: World, line: Line) -> None:
        self._world, self._line, self._entry = world, line, ENTRIES[line.name]
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def wrong(self) -> list[str]:
        """What is not as the table says, in words."""
        cells = [
            Cell(column, whose, expected)
            for column in COLUMNS
            for whose, expected in zip(Whose, self._line.cells[column], strict=False)
            if expected != "-"
        ]
        first = {self._thing(cell): cell for cell in reversed(cells)}
        made = await self._each(self._make, first.values())
        things = dict(zip(first, made, strict=True))
        answers = await self._each(lambda cell: self._came(cell, things[self._thing(cell)]), cells)
        return [
            f"{cell.of(self._line)}: expected {cell.expected}, came {came}"
            for cell, came in zip(cells, answers, strict=True)
            if came != cell.expected
        ]

    async def _each(self, do: Callable[[Cell], Awaitable[T]], cells: Iterable[Cell]) -> list[T]:
        async def turn(cell: Cell) -> T:
            async with self._turns:
                return await do(cell)

        return await asyncio.gather(*(turn(cell) for cell in cells))

    def _thing(self, cell: Cell) -> tuple[Whose, str]:
        """Cells that have the same are asked about one thing."""
        changes = cell.expected[0] == "2" and not self._line.reads
        return cell.whose, cell.column if self._entry.own_each or changes else ""

    def _caller(self, cell: Cell) -> Person | None:
        return None if cell.column == "anonymous" else self._world.home[Role(cell.column)]

    async def _make(self, cell: Cell) -> Ids:
        world = self._world
        return await self._entry.make(world, world.sites[cell.whose], self._caller(cell) or world.admin)

    async def _came(self, cell: Cell, ids: Ids) -> str:
        entry, caller = self._entry, self._caller(cell)
        if entry.call is not None:
            return str(await entry.call(self._world, caller))
        answer = await self._ask(caller, ids)
        mark = ""
        if cell.expected[-1] in "+-" and answer.is_success:
            assert entry.shown is not None, f"{self._line.name} has marks, and no `shown` that tells them"
            mark = "+" if entry.shown(answer.json(), ids) else "-"
        said = "" if answer.is_success else f" {answer.json().get('detail', '')}"
        told = f"{answer.status_code}{mark}"
        return told if told == cell.expected else told + said

    async def _ask(self, caller: Person | None, ids: Ids) -> Response:
        entry = self._entry
        method, path = self._line.route.split(" ")
        query = f"?{entry.query(ids)}" if entry.query else ""
        more: dict[str, Any] = dict(entry.form(ids)) if entry.form else {}
        if entry.body is not None:
            more["json"] = entry.body(ids)
        own = {"Authorization": f"Bearer {caller.token}"} if caller else {}
        theirs = more.pop("headers", {})
        headers = {**own, **(theirs if caller or "Authorization" not in theirs else {})}
        return await self._world.http.request(
            method, f"{PREFIX}{path.format(**ids)}{query}", headers=headers, **more
        )


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
async def test_the_api_answers_as_the_table_says(world: World, line: Line) -> None:
    assert line.name in ENTRIES, f"Say in tests/api/authorization how to ask {line.name!r}."
    wrong = await Asking(world, line).wrong()
    assert wrong == [], f"{line.name}:\n" + "\n".join(wrong)


def test_every_route_has_a_line(app: FastAPI) -> None:
    there = {
        f"{method} {route.path.removeprefix(PREFIX)}" for route in routes(app) for method in methods(route)
    }
    missing = there - {line.route for line in LINES}
    assert missing == set(), (
        f"Nobody has said who may ask {', '.join(sorted(missing))}: add a line to tests/api/authorization.tsv."
    )
    assert {line.route for line in LINES} - there == set(), "these routes are not there any more"


def test_the_table_is_whole() -> None:
    names = [line.name for line in LINES]
    assert len(set(names)) == len(names), "a line is there twice"
    assert set(ENTRIES) - set(names) == set(), "these are asked in no line"
    for line in LINES:
        shapes = {len(cell) for column, cell in line.cells.items() if column != "anonymous"}
        assert shapes in ({1}, {3}) and len(line.cells["anonymous"]) == 1, line.name
