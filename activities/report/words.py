"""Numbers as a person reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from schema.contracts.media import Loudness
from schema.contracts.report import QualityReport, RenderFacts, ReportCue
from schema.plan.model import Fit

FITS: dict[Fit, str] = {
    Fit.AS_IS: "fits as it is",
    Fit.TRIMMED: "trimmed",
    Fit.SHIFTED: "moved",
    Fit.FASTER: "faster",
    Fit.PARTLY_HELD: "partly on hold",
    Fit.HELD: "on hold",
    Fit.DOES_NOT_FIT: "does not fit",
}


def fitting(fit: Fit, *, heard: bool) -> str:
    return FITS[fit] if heard or fit is Fit.DOES_NOT_FIT else "says nothing"


def tally(placed: Iterable[tuple[Fit, bool]]) -> str:
    """`3 fits as it is, 1 moved`, in the ladder's order, of each description's fit and whether it is heard."""
    numbers = Counter(fitting(fit, heard=heard) for fit, heard in placed)
    kinds = [kind for kind in (*FITS.values(), "says nothing") if numbers[kind]]
    return ", ".join(f"{numbers[kind]} {kind}" for kind in kinds) or "there is none"


def clock(ms: int) -> str:
    """`1:04.3`, or `1:02:04.3` from an hour on: rounded down, as a player shows it."""
    tenths = ms // 100
    hours, minutes = tenths // 36_000, tenths // 600 % 60
    rest = f"{tenths // 10 % 60:02}.{tenths % 10}"
    return f"{hours}:{minutes:02}:{rest}" if hours else f"{minutes}:{rest}"


def seconds(ms: int) -> str:
    """`2.4 s`, `1 min 04 s`, `1 h 02 min`"""
    if ms < 59_950:
        return f"{ms / 1000:.1f} s"
    total = (ms + 500) // 1000
    if total < 3600:
        return f"{total // 60} min {total % 60:02} s"
    return f"{total // 3600} h {total % 3600 // 60:02} min"


def count(number: int, one: str, many: str | None = None) -> str:
    """`1 pause`, `no pauses`, `3 pauses`"""
    return f"{number or 'no'} {one if number == 1 else many or one + 's'}"


def lufs(loudness: Loudness | None) -> str:
    if loudness is None:
        return "no sound"
    return "silence" if loudness.integrated_lufs is None else f"{_signed(loudness.integrated_lufs)} LUFS"


def peak(loudness: Loudness | None) -> str:
    if loudness is None or loudness.true_peak_dbtp is None:
        return "none"
    return f"{_signed(loudness.true_peak_dbtp)} dBTP"


def encoded_share(facts: RenderFacts) -> str:
    return f"{facts.packets_encoded / max(1, facts.packets):.0%}"


def encoded_what(report: QualityReport) -> str:
    """What `encoded_share` is a share of: the packets that are not encoded need not be the source's."""
    if report.loudness_before is None:
        return "of the sound was encoded, and the rest is silence"
    if report.render.sound == "encoded":
        return "of the sound was encoded again, after a track that could not be spliced was made into AAC"
    return "of the sound was encoded again"


def untouched(report: QualityReport) -> str:
    """What the other packets are."""
    if report.loudness_before is None:
        return "silence"
    return (
        "of a track that was made into AAC first"
        if report.render.sound == "encoded"
        else "the programme's own"
    )


def decibels(value: float) -> str:
    return f"{'+' if round(value, 1) > 0 else ''}{_signed(value)} dB"


def speed(cue: ReportCue) -> str:
    return "as spoken" if cue.speed == 1 else f"{cue.speed:g} times"


def _signed(value: float) -> str:
    """With a real minus sign, which screen readers say; there is none before 0.0."""
    return f"{round(value, 1) + 0.0:.1f}".replace("-", "−")
