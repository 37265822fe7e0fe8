"""The render, and the files that accompany it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from activities.command.arguments import Asked
from activities.command.bar import Bar
from activities.command.outputs import Outputs, place, scratch_in
from activities.command.page import sources_of, write_report
from activities.command.planned import Planned, heard, lengths, make_plan, warn
from activities.media.cache import RangeCache
from activities.media.contract import ClipFile, RenderInput, TextTrack
from activities.media.files.choice import tracks_of
from activities.media.mix.ad_mp3 import write_ad_mp3
from activities.media.render.delivery import render_options
from activities.report.build import Reported, build_report, check_texts
from activities.report.facts import render_with_facts
from activities.report.words import encoded_share, encoded_what, lufs, peak
from activities.running.child import run_in_child
from activities.texts.retimed import Retimed, retime, text_tracks
from schema.contracts.report import QualityReport, RenderFacts
from schema.enums import AssetKind
from schema.plan.timemap import TimeMap
from schema.vtt import write

_RETIMED = {
    AssetKind.RETIMED_CAPTIONS_VTT: "captions",
    AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT: "audio_description",
    AssetKind.RETIMED_CHAPTERS_VTT: "chapters",
}


async def render_all(asked: Asked, bar: Bar) -> QualityReport:
    """Plans, renders, and writes all outputs, whose names are printed.

    Raises:
        Refused, PlatformError: what stands in the way. Nothing is left behind then.
    """
    cache, outputs = RangeCache(asked.cache), Outputs.of(asked)
    outputs.refuse_to_replace((asked.video, asked.script, asked.captions, asked.choices, asked.dub))
    with scratch_in(outputs.folder) as scratch:
        planned = await make_plan(asked, cache, bar)
        made = outputs.inside(scratch)
        retimed = _retimed(asked, planned)
        given = _render_input(asked, planned, retimed, made.video)
        done = await run_in_child(
            render_with_facts, given, planned.examined.speech_audio, on_progress=bar.phase("rendering")
        )
        written = [made.video, *_write_texts(planned, retimed, made)]
        if asked.mp3:
            written.append(await _write_mp3(asked, planned, made.path("audio_description", "mp3"), bar))
        report = _report(asked, planned, outputs, done.facts)
        captions = retimed.get(AssetKind.RETIMED_CAPTIONS_VTT)
        written += write_report(report, captions, made.path("report", "json"))
        placed = place(written, outputs.folder)
    cache.trim()
    bar.clear()
    _say(asked, planned, report, outputs, placed)
    return report


def _retimed(asked: Asked, planned: Planned) -> Retimed:
    return retime(
        planned.plan,
        planned.examined.report,
        language=asked.heard_language,
        script=planned.script,
        captions=planned.said.captions,
        words=planned.said.transcript.words or None,
    )


async def _write_mp3(asked: Asked, planned: Planned, path: Path, bar: Bar) -> Path:
    bar.phase("MP3")
    await run_in_child(
        write_ad_mp3, planned.plan, planned.clips.paths, path, title=asked.name, language=asked.language
    )
    return path


def _render_input(asked: Asked, planned: Planned, retimed: Retimed, output: Path) -> RenderInput:
    return RenderInput(
        source=asked.video,
        source_id=planned.examined.id,
        tracks=tracks_of(planned.examined.report),
        dub=asked.dub,
        plan=planned.plan,
        clips={
            cue_id: ClipFile(planned.clips.paths[cue_id], loudness=(record.lufs, record.true_peak_dbtp))
            for cue_id, record in planned.clips.records.items()
        },
        output=output,
        cache=asked.cache,
        options=render_options(asked.sound),
        speech=tuple(zip(planned.speech.starts, planned.speech.ends, strict=True)),
        language=asked.language,
        texts=tuple(_tracks(asked, retimed)) if asked.both_tracks else (),
    )


def _tracks(asked: Asked, retimed: Retimed) -> Iterator[TextTrack]:
    for track in text_tracks(retimed, asked.language):
        yield replace(track, language=asked.heard_language) if track.kind == "captions" else track


def _write_texts(planned: Planned, retimed: Retimed, outputs: Outputs) -> list[Path]:
    texts: dict[Path, str] = {
        outputs.path(_RETIMED[kind], "vtt"): write(document) for kind, document in retimed.items()
    }
    texts[outputs.path("time_map", "json")] = TimeMap.of(planned.plan).model_dump_json(indent=2)
    texts[outputs.path("plan", "json")] = planned.plan.model_dump_json(indent=2)
    if planned.said.transcript.words:
        texts[outputs.words] = planned.said.transcript.model_dump_json()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _report(asked: Asked, planned: Planned, outputs: Outputs, facts: RenderFacts) -> QualityReport:
    said = planned.said
    given = Reported(
        title=asked.name,
        language=asked.language,
        source_language=asked.source_language or asked.language,
        video=outputs.video.name,
        plan=planned.plan,
        script=planned.script,
        captions=said.captions,
        captions_language=asked.heard_language,
        speech=planned.speech,
        media=planned.examined.report,
        facts=facts,
        provenance=tuple(sources_of(asked, planned)),
        profile=asked.profile,
        findings={},
        dubbed_by=said.transcript.provider if asked.dub else None,
    )
    return build_report(replace(given, findings=check_texts(given, asked.profile)))


def _say(
    asked: Asked, planned: Planned, report: QualityReport, outputs: Outputs, written: list[Path]
) -> None:
    if asked.json:
        print(report.model_dump_json(indent=2))
    else:
        facts = report.render
        print(f"{heard(planned.plan)} {lengths(planned.plan)}")
        print(
            f"{lufs(facts.loudness)}, true peak {peak(facts.loudness)}. The picture was {facts.picture}; "
            f"{encoded_share(facts)} {encoded_what(report)}."
        )
        for path in written:
            print(f"  {path}")
    warn(planned, asked)
    for path in outputs.older(written):
        print(f"note: {path}: it was there before, and does not belong to this render.", file=sys.stderr)
