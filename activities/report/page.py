"""The quality report as one HTML file: everything inline but the video, which lies beside it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from activities.report.html import Html, html, joined, script_json
from activities.report.sections import sections
from activities.report.timeline import summary, timeline
from activities.report.words import (
    FITS,
    clock,
    count,
    encoded_share,
    encoded_what,
    lufs,
    peak,
    seconds,
    tally,
)
from schema.contracts.report import QualityReport
from schema.vtt import Cue


def render_page(
    report: QualityReport, captions: Sequence[Cue] = (), captions_language: str | None = None
) -> str:
    """`captions` are on the accessible video's timeline, and shown with it; in the report's language, if not in
    another.

    The page asks for nothing but the video: by the name that a download has, or by the same without its title.
    """
    script = _part("page.js")
    return html(
        _part("page.html"),
        policy=_policy(script),
        title=report.title,
        language=report.language,
        style=Html(_part("page.css")),
        remarks=_remarks(report),
        facts=joined(_facts(report)),
        sources=joined(_sources(report)),
        video=report.video,
        cues=joined(_cues(report)),
        summary=summary(report),
        timeline=timeline(report),
        sections=sections(report),
        sha256=report.render.sha256,
        data=script_json(_data(report, captions, captions_language or report.language)),
        script=Html(script),
    )


def _policy(script: str) -> str:
    """Nothing is fetched but the video, and no script runs but ours, whatever a text contains."""
    digest = b64encode(sha256(script.encode()).digest()).decode()
    return (
        f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; "
        "media-src 'self' file: blob:; base-uri 'none'; form-action 'none'"
    )


def _part(name: str) -> str:
    return files("activities.report").joinpath(name).read_text(encoding="utf-8")


def _remarks(report: QualityReport) -> Html:
    if not report.remarks:
        return Html("")
    items = joined(html("<li>{remark}</li>", remark=remark) for remark in report.remarks)
    return html('<ul class="remarks" aria-label="To know before you publish">{items}</ul>', items=items)


def _facts(report: QualityReport) -> Iterator[Html]:
    """The six figures at the top."""
    for name, figure, words, state in _figures(report):
        yield html(
            '<li class="{state}"><span class="name">{name}</span> <span class="figure">{figure}</span> '
            '<span class="words">{words}</span></li>',
            state=state,
            name=name,
            figure=figure,
            words=words,
        )


def _figures(report: QualityReport) -> tuple[tuple[str, str, str, str], ...]:
    """What it is, the figure, what stands behind it, and whether it is well."""
    lengths, render = report.lengths, report.render
    applied = report.findings[0]
    found = [*applied.captions, *applied.audio_description, *report.plan_findings]
    blocking = sum(finding.severity == "blocking" for finding in found)
    heard = sum(cue.heard for cue in report.cues)
    return (
        (
            "Speech covered",
            "none" if not report.speech_overlap_ms else f"{report.speech_overlap_ms} ms",
            "No description is heard over speech."
            if not report.speech_overlap_ms
            else "The list of descriptions says which.",
            "bad" if report.speech_overlap_ms else "good",
        ),
        (
            "Findings",
            f"{blocking} blocking",
            f"and {count(len(found) - blocking, 'warning')}, by the profile {applied.profile}.",
            "bad" if blocking else "good",
        ),
        (
            "Descriptions",
            f"{heard} of {len(report.cues)}",
            f"are heard: {tally((cue.fit, cue.heard) for cue in report.cues)}.",
            "good" if heard == len(report.cues) else "bad",
        ),
        (
            "Added time",
            seconds(lengths.added_ms),
            f"{count(len(report.pauses), 'pause')}: {clock(lengths.source_ms)} became {clock(lengths.rendered_ms)}.",
            "",
        ),
        (
            "Loudness",
            lufs(render.loudness),
            f"True peak {peak(render.loudness)}. The source: {lufs(report.loudness_before)}, {peak(report.loudness_before)}.",
            "",
        ),
        (
            "Encoded again",
            encoded_share(render),
            f"{encoded_what(report)}. The picture "
            + (
                "is the source's, bit for bit."
                if render.picture == "copied"
                else "was encoded again: see why below."
            ),
            "",
        ),
    )


def _sources(report: QualityReport) -> Iterator[Html]:
    """As a download is called, and as it is where the folder has the title already."""
    short = report.video[report.video.rfind(f".{report.language}.") + 1 :]
    for name in dict.fromkeys((report.video, short)):
        yield html('<source src="{src}" type="video/mp4">', src=quote(name))


def _cues(report: QualityReport) -> Iterator[Html]:
    for cue in report.cues:
        if cue.heard:
            yield html(
                '<li value="{number}"><button type="button" data-cue="{number}">'
                '<span class="when">{when}</span> <span class="fit {fit}">{words}</span> '
                '<span class="said" lang="{language}" dir="auto">{text}</span></button></li>',
                number=cue.number,
                when=clock(cue.start_ms),
                fit=cue.fit.value,
                words=FITS[cue.fit] + (f", {cue.shortfall_db:.1f} dB short" if cue.shortfall_db else ""),
                language=report.language,
                text=cue.text,
            )


def _data(report: QualityReport, captions: Sequence[Cue], captions_language: str) -> dict[str, Any]:
    """What the script needs."""
    return {
        "captions_language": captions_language,
        "duration": report.lengths.rendered_ms,
        "cues": [
            [cue.number, cue.start_ms, cue.end_ms, cue.text]
            for cue in sorted(report.cues, key=lambda cue: cue.start_ms)
            if cue.heard
        ],
        "pauses": [[pause.start_ms, pause.end_ms] for pause in report.pauses],
        "captions": [[cue.start_ms, cue.end_ms, cue.text] for cue in captions],
    }
