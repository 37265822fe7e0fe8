"""People whom words find: counted and sorted at once, or met by a walk, they are the same."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.db import Database
from schema.enums import Role
from schema.queries import pages
from schema.queries.common import having_words
from schema.tables import User
from schema.tables.listed import Listed
from schema.tables.people import USERS

_TOO_FEW = 4


@pytest.mark.parametrize("order", ["email", "-email", "name", "-created_at"])
async def test_sorted_or_walked_pages_are_the_same(database: Database, order: str) -> None:
    mark = uuid4().hex[:8]
    async with database.begin() as session:
        session.add_all(
            User(email=f"{mark}{number % 3}{number}@example.org", name=f"P {number}", role=Role.LINGUIST)
            for number in range(9)
        )
        session.add_all(
            User(email=f"{uuid4().hex}@example.org", name="Somebody else", role=Role.LINGUIST)
            for _ in range(150)
        )
    found = []
    for most in (0, _TOO_FEW, 9, 20_000):
        async with database.session() as session:
            answers = []
            for size, offset in ((4, 0), (4, 4), (4, 8), (4, 40), (20, 0)):
                asked = pages.Asked(order, size, offset)
                answers.append(await _page(session, mark, replace(USERS, sorted=most), asked))
            after = pages.Asked(order, 4, after=answers[0].next)
            answers.append(await _page(session, mark, replace(USERS, sorted=most), after))
            answers.append(await _page(session, "nobody has", replace(USERS, sorted=most), asked))
        found.append([(list(each.rows), each.next) for each in answers])
        assert found[-1] == found[0], most
        assert answers[1].rows == answers[5].rows and not answers[6].rows
        assert answers[4].total == (most + 1 if most == _TOO_FEW else 9), (
            "no table sorts less than is counted"
        )


async def _page(session: AsyncSession, words: str, listed: Listed, asked: pages.Asked) -> pages.Found:
    return await pages.page(
        session,
        listed,
        (User.metadata.tables["users"].c.id,),
        [pages.Scope()],
        (),
        asked,
        narrowed=False,
        inverted=having_words(col(User.search), words),
    )
