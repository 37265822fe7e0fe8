"""The rates at which sound is delivered."""

from __future__ import annotations

USUAL_RATE = 48_000
_RATES = (44_100, 48_000, 88_200, 96_000)
"""What AAC is encoded at, and no description sounds dull in."""
_CD_FAMILY = 11_025


def delivered_rate(rate: int) -> int:
    """Samples a second of sound that has so many: its own, where that is 44.1 kHz or more and AAC has it."""
    if rate in _RATES:
        return rate
    return 44_100 if rate % _CD_FAMILY == 0 else USUAL_RATE
