"""How fast voices speak, measured from their clips, for estimates before anything is paid for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlmodel import col

from schema.contracts.outputs import TtsPreferences
from schema.enums import VoiceProvider
from schema.plan.estimate import VoiceRate, measure_rate, spoken_characters, usual_rate
from schema.tables import VoicePace, now

_RENEWED_AFTER = timedelta(days=30)
"""A longer measurement replaces a shorter one, which keeps estimates stable. Any replaces one of this age, because
providers change their voices."""


async def pace_of(
    session: AsyncSession, org_id: UUID, provider: VoiceProvider, asked: TtsPreferences, language: str
) -> VoiceRate | None:
    """The measured pace of the voice that `asked` means; None if it was never measured."""
    known = await session.get(VoicePace, _key(org_id, provider, asked, language))
    return replace(usual_rate(language), characters_a_minute=known.characters_a_minute) if known else None


async def measured(
    session: AsyncSession,
    org_id: UUID,
    provider: VoiceProvider,
    asked: TtsPreferences,
    language: str,
    spoken: Sequence[tuple[str, int]],
) -> None:
    """Stores the pace of what was `spoken`: (text, milliseconds at speed 1)."""
    characters = sum(spoken_characters(text) for text, _ in spoken)
    if not characters:
        return
    values = {
        "characters_a_minute": measure_rate(spoken, usual_rate(language)).characters_a_minute,
        "characters": characters,
        "measured_at": now(),
    }
    key = _key(org_id, provider, asked, language)
    await session.execute(
        insert(VoicePace)
        .values(**key, **values)
        .on_conflict_do_update(
            index_elements=list(key),
            set_=values,
            where=sa.or_(
                col(VoicePace.characters) < characters, col(VoicePace.measured_at) < now() - _RENEWED_AFTER
            ),
        )
    )


def _key(
    org_id: UUID, provider: VoiceProvider, asked: TtsPreferences, language: str
) -> dict[str, UUID | str]:
    return {
        "org_id": org_id,
        "provider": provider,
        "model": asked.model or "",
        "voice": asked.voice_for(language) or "",
        "language": language,
    }
