"""Lists of people by their relation to a place: memberships, teams, managed clients."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.queries.common import having_words, unasked
from schema.queries.named import COUNT_LIMIT, Found, Wanted
from schema.queries.visibility import unscoped
from schema.tables import ClientManager, Membership, TeamMember, User


async def page(
    session: AsyncSession,
    tie: type[Membership] | type[ClientManager] | type[TeamMember],
    place: sa.ColumnElement[bool],
    conditions: list[sa.ColumnElement[bool]],
    wanted: Wanted,
) -> Found[tuple[Any, User]]:
    """One page of (tie, user) of one `place`, to which a person is tied once. `conditions` see to what the caller may see.
    By name, in any case of letters, or by when they were tied; `wanted.q` are beginnings of words of names and addresses.
    People are counted as they are sorted: one statement, and one more beyond the last page."""
    unscoped("narrowed by `conditions`")
    name, descends = wanted.sort.removeprefix("-"), wanted.sort.startswith("-")
    order = sa.func.lower(col(User.name)) if name == "name" else getattr(tie, name)
    turn = sa.desc if descends else sa.asc
    # The people of a place are looked at one by one: an index would find those of all places.
    found = [unasked(each) for each in having_words(col(User.search), wanted.q)]
    # Without the ties' ids: an index alone tells whom they tie.
    all_of = (
        sa.select(order.label("key"), col(User.id).label("user_id"))
        .select_from(tie)
        .join(User, col(User.id) == col(tie.user_id))
        .where(place, *conditions, col(User.deleted_at).is_(None), *found)
    )
    first = (
        all_of.add_columns(sa.func.count().over().label("total"))
        .order_by(turn("key"), turn("user_id"))
        .offset(wanted.offset)
        .limit(wanted.limit)
        .subquery("page")
    )
    query = (
        sa.select(tie, User, first.c.total)
        .join(User, col(User.id) == col(tie.user_id))
        .join(first, first.c.user_id == col(User.id))
        .where(place)
        .order_by(turn(first.c.key), turn(first.c.user_id))
    )
    rows = (await session.execute(query)).all()
    total = rows[0].total if rows else 0
    if not rows and wanted.offset:
        total = await session.scalar(sa.select(sa.func.count()).select_from(all_of.subquery())) or 0
    return Found([(row[0], row[1]) for row in rows], min(total, COUNT_LIMIT), capped=total > COUNT_LIMIT)
