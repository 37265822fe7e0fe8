"""Measurements of voices."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Field, SQLModel

from schema.enums import VoiceProvider
from schema.tables.base import time_column, word


class VoicePace(SQLModel, table=True):
    """How fast a voice speaks a language, measured on an organisation's clips. `model` and `voice` are as requested:
    empty means the provider's default."""

    __tablename__ = "voice_paces"

    org_id: UUID = Field(foreign_key="organizations.id", primary_key=True, ondelete="CASCADE")
    provider: VoiceProvider = Field(primary_key=True, sa_type=word(VoiceProvider))
    model: str = Field(primary_key=True, max_length=100)
    voice: str = Field(primary_key=True, max_length=100)
    language: str = Field(primary_key=True, max_length=35)
    characters_a_minute: int
    characters: int
    """Number of clips that were measured."""
    measured_at: datetime = Field(sa_column=time_column())
