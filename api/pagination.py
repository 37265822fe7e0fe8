"""Lists: `{items, total, page, size}`, pages from 1."""

from __future__ import annotations

from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel

T = TypeVar("T")


class Page(BaseModel, Generic[T]):
    """One page. `total` is exact up to 10,000; beyond it `total_capped` is true."""

    items: list[T]
    total: int
    page: int
    size: int
    total_capped: bool = False


class Slice(BaseModel):
    """Which page is asked for."""

    page: int
    size: int

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.size

    def of(self, items: list[T], total: int, *, capped: bool = False) -> Page[T]:
        return Page(items=items, total=total, page=self.page, size=self.size, total_capped=capped)


def get_slice(
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Slice:
    return Slice(page=page, size=size)


Paging = Annotated[Slice, Depends(get_slice)]
