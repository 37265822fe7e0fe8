"""Paginated lists: `{items, total, page, size}`, pages from 1."""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from api.bodies.base import Out
from schema.queries.named import Wanted
from schema.queries.pages import Found

T = TypeVar("T")


class Page(Out, Generic[T]):
    """One page. `total` is exact up to 10,000; beyond it `total_capped` is true."""

    # Otherwise pydantic searches all loaded modules for the docstrings of each kind of page: a third of the API's start time.
    model_config = ConfigDict(use_attribute_docstrings=False)

    items: list[T] = Field(description="Of this page.")
    total: int = Field(description="Of all pages.")
    page: int = Field(description="From 1.")
    size: int = Field(description="How many a page has.")
    total_capped: bool = Field(False, description="Whether there are more than `total` says.")
    next: str | None = Field(
        None,
        description="Of long lists: the page after this one is `?after=<next>`, however far it is. None at the end.",
    )


class Slice(BaseModel):
    """The requested page."""

    page: int
    size: int
    after: str | None = None

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def of(self, items: list[T], total: int, *, capped: bool = False) -> Page[T]:
        return Page(items=items, total=total, page=self.page, size=self.size, total_capped=capped)

    def walked(self, items: list[T], found: Found) -> Page[T]:
        """One page of a list that may be too long to count."""
        return Page(
            items=items,
            total=found.total,
            page=self.page,
            size=self.size,
            total_capped=found.capped,
            next=found.next,
        )


def get_slice(
    page: Annotated[int, Query(ge=1, le=1_000_000, description="From 1.")] = 1,
    size: Annotated[int, Query(ge=1, le=100, description="How many a page has.")] = 20,
) -> Slice:
    return Slice(page=page, size=size)


def get_walk(
    paging: Annotated[Slice, Depends(get_slice)],
    after: Annotated[
        str | None,
        Query(max_length=2000, description="The `next` of the page before; `page` then skips nothing."),
    ] = None,
) -> Slice:
    return paging.model_copy(update={"after": after})


Paging = Annotated[Slice, Depends(get_slice)]
Walking = Annotated[Slice, Depends(get_walk)]
"""For a list that is read by its indexes (`schema.queries.pages`): pages up to 10,000 rows, or `after`."""

SearchText = Annotated[
    str | None,
    Query(max_length=200, description="Words, each the beginning of one of the name's."),
]


def get_naming(
    paging: Annotated[Slice, Depends(get_slice)],
    q: SearchText = None,
    sort: Annotated[
        Literal["name", "-name", "created_at", "-created_at"], Query(description="`-` turns it round.")
    ] = "name",
) -> Wanted:
    return Wanted(q=q, sort=sort, offset=paging.offset, limit=paging.size)


Naming = Annotated[Wanted, Depends(get_naming)]
"""For a list of named things."""
