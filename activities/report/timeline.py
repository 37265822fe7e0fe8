"""The timeline: lanes of one length, in the accessible video's time. Places are fractions of it, so that it scales."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from activities.report.html import Html, html, joined
from activities.report.words import FITS, clock, count, seconds
from schema.contracts.media import Span
from schema.contracts.report import QualityReport, ReportCue, ReportPause

_TICKS_MS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_MOST_TICKS = 12


def timeline(report: QualityReport) -> Html:
    """All lanes. What they show stands in words before them, and number by number in the tables after them."""
    total = max(1, report.lengths.rendered_ms)
    return html(
        '<div class="lanes" id="lanes">'
        '<div class="axis" aria-hidden="true">{ticks}</div>'
        '<div class="bands" aria-hidden="true">{bands}</div>'
        '<div class="lane wave" aria-hidden="true">{wave}</div>'
        '<div class="lane speech" aria-hidden="true">{speech}</div>'
        "{voices}"
        '<div class="lane gaps" aria-hidden="true">{gaps}</div>'
        '<div class="lane clips" role="toolbar" aria-label="Descriptions on the timeline">{clips}</div>'
        '<div class="lane holds" aria-hidden="true">{holds}</div>'
        '<div class="cursor" id="cursor" aria-hidden="true"></div>'
        "</div>",
        ticks=joined(_ticks(total)),
        bands=_bars(report.pauses, total),
        wave=_wave(report.render.peaks),
        speech=_bars(report.speech, total),
        voices=html(
            '<div class="lane speech voices" aria-hidden="true">{bars}</div>',
            bars=_bars(report.voices, total),
        )
        if report.voices is not None
        else "",
        gaps=_bars(report.gaps, total),
        clips=joined(_clips(report.cues, total)),
        holds=joined(_holds(report.pauses, total)),
    )


def summary(report: QualityReport) -> str:
    """What the lanes show, in words."""
    spoken = sum(span.end_ms - span.start_ms for span in report.speech)
    room = sum(span.end_ms - span.start_ms for span in report.gaps)
    heard = [cue for cue in report.cues if cue.heard]
    described = sum(cue.end_ms - cue.start_ms for cue in heard)
    held = sum(pause.end_ms - pause.start_ms for pause in report.pauses)
    return (
        f"Of {seconds(report.lengths.rendered_ms)}, speech fills {seconds(spoken)} in "
        f"{count(len(report.speech), 'stretch', 'stretches')}.{_voices(report)} Between it {'is' if len(report.gaps) == 1 else 'are'} "
        f"{count(len(report.gaps), 'gap')} with "
        f"{seconds(room)} of room, pauses included. {count(len(heard), 'description').capitalize()} "
        f"take{'s' if len(heard) == 1 else ''} {seconds(described)}; "
        f"{count(len(report.pauses), 'pause')} hold{'s' if len(report.pauses) == 1 else ''} the picture for "
        f"{seconds(held)}."
    )


def _voices(report: QualityReport) -> str:
    if report.voices is None:
        return ""
    heard = sum(span.end_ms - span.start_ms for span in report.voices)
    return f" A voice was heard for {seconds(heard)} of it, with words or without."


def _ticks(total: int) -> Iterator[Html]:
    step = next((s for s in _TICKS_MS if total <= s * 1000 * _MOST_TICKS), _TICKS_MS[-1]) * 1000
    for at in range(0, total * 19 // 20, step):
        yield html('<span style="left:{left}%">{label}</span>', left=_share(at, total), label=_label(at))


def _label(ms: int) -> str:
    return clock(ms).removesuffix(".0")


def _bars(spans: Iterable[Span | ReportPause], total: int) -> Html:
    """One picture for all of them, stretched to the lane."""
    shapes = joined(
        html(
            '<rect x="{x}" width="{width}" y="0" height="1"/>',
            x=span.start_ms,
            width=span.end_ms - span.start_ms,
        )
        for span in spans
    )
    return html(
        '<svg viewBox="0 0 {total} 1" preserveAspectRatio="none">{shapes}</svg>', total=total, shapes=shapes
    )


def _wave(peaks: Sequence[int]) -> Html:
    """Drawn to the loudest peak: it shows where there is sound, not how loud a file is."""
    if not peaks or not any(peaks):
        return html('<span class="quiet">no sound</span>')
    scale = 100 / max(peaks)
    upper = [f"{x},{100 - round(peak * scale)}" for x, peak in enumerate(peaks)]
    lower = [f"{x},{100 + round(peak * scale)}" for x, peak in reversed(list(enumerate(peaks)))]
    return html(
        '<svg viewBox="0 0 {width} 200" preserveAspectRatio="none"><path d="M{points}Z"/></svg>',
        width=max(1, len(peaks) - 1),
        points="L".join(upper + lower),
    )


def _clips(cues: Iterable[ReportCue], total: int) -> Iterator[Html]:
    for cue in cues:
        if not cue.heard:
            continue
        yield html(
            '<button type="button" class="clip {fit}" data-cue="{number}" tabindex="-1" '
            'style="left:{left}%;width:{width}%" title="{title}" aria-label="{label}">'
            '<span aria-hidden="true">{number}</span></button>',
            fit=cue.fit.value,
            number=cue.number,
            left=_share(cue.start_ms, total),
            width=_share(cue.end_ms - cue.start_ms, total),
            title=f"{cue.number}. {cue.text}",
            label=f"Description {cue.number} at {clock(cue.start_ms)}, {seconds(cue.end_ms - cue.start_ms)}, "
            f"{FITS[cue.fit]}: {cue.text}",
        )


def _holds(pauses: Iterable[ReportPause], total: int) -> Iterator[Html]:
    for pause in pauses:
        yield html(
            '<span class="hold" style="left:{left}%;width:{width}%" title="{title}"></span>',
            left=_share(pause.start_ms, total),
            width=_share(pause.end_ms - pause.start_ms, total),
            title=f"Pause {pause.number}: {seconds(pause.end_ms - pause.start_ms)}. {pause.reason}",
        )


def _share(ms: int, total: int) -> str:
    return f"{ms * 100 / total:.4f}"
