"""What a client asks for, before there is a job."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Field

from schema.tables.base import ChangingRow, foreign


class Brief(ChangingRow, table=True):
    """A job can be made from one of its client's."""

    __tablename__ = "briefs"

    client_id: UUID = foreign("clients.id", cascade=True)
    title: str = Field(max_length=400)
