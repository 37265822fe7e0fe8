"""The render, and everything that lies beside it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

from activities.child import run_in_child
from activities.media.ad_mp3 import write_ad_mp3
from activities.media.cache import RangeCache
from activities.media.command.arguments import Asked
from activities.media.command.bar import Bar
from activities.media.command.page import sources_of, write_page
from activities.media.command.planned import Planned, heard, lengths, make_plan, warn
from activities.media.contract import ClipFile, RenderInput
from activities.media.delivery import render_options
from activities.report.build import Reported, build_report
from activities.report.facts import render_with_facts
from activities.report.words import lufs, peak
from activities.retimed import Retimed, retime, text_tracks
from schema.contracts.report import QualityReport, RenderFacts
from schema.enums import AssetKind, Kind
from schema.plan.speech import find_speech
from schema.plan.timemap import TimeMap
from schema.vtt import check_captions, check_description, profile_of, write

_RETIMED = {
    AssetKind.RETIMED_CAPTIONS_VTT: "captions",
    AssetKind.RETIMED_AUDIO_DESCRIPTION_VTT: "audio_description",
    AssetKind.RETIMED_CHAPTERS_VTT: "chapters",
}


@dataclass(frozen=True, slots=True)
class Outputs:
    """Names beside the video: of a folder plain, of `talk.mp4` with `talk.` before them."""

    folder: Path
    video: Path
    prefix: str
    language: str

    @classmethod
    def of(cls, out: Path, language: str) -> Outputs:
        if out.suffix.lower() == ".mp4":
            return cls(out.parent, out, f"{out.stem}.", language)
        return cls(out, out / f"accessible_video.{language}.mp4", "", language)

    def path(self, what: str, suffix: str) -> Path:
        return self.folder / f"{self.prefix}{what}.{self.language}.{suffix}"


async def render_all(asked: Asked, bar: Bar) -> QualityReport:
    """Plan, render, and write all that goes with it; what was written is said on standard output.

    Raises:
        Refused, PlatformError: what stands in the way. Nothing is left behind then.
    """
    assert asked.out is not None
    cache = RangeCache(asked.cache)
    planned = await make_plan(asked, cache, bar)
    outputs = Outputs.of(asked.out, asked.language)
    retimed = retime(
        planned.plan,
        planned.examined.report,
        language=asked.language,
        script=planned.script,
        captions=planned.said.captions,
        words=planned.said.transcript.words or None,
    )
    with _scratch(outputs.folder) as scratch:
        made = replace(outputs, folder=scratch, video=scratch / outputs.video.name)
        given = _render_input(asked, planned, retimed, made.video)
        waveform = None if asked.dub else planned.examined.speech_audio
        done = await run_in_child(render_with_facts, given, waveform, on_progress=bar.phase("rendering"))
        written = [made.video, *_write_texts(planned, retimed, made)]
        if asked.mp3:
            bar.phase("MP3")
            written.append(mp3 := made.path("audio_description", "mp3"))
            title = f"{asked.title or asked.video.stem} ({asked.language})"
            await run_in_child(
                write_ad_mp3, planned.plan, planned.clips.paths, mp3, title=title, language=asked.language
            )
        report = _report(asked, planned, outputs, done.facts)
        written += write_page(
            report, retimed.get(AssetKind.RETIMED_CAPTIONS_VTT), made.path("report", "json")
        )
        placed = _place(written, outputs.folder)
    cache.trim()
    bar.clear()
    _say(asked, planned, report, placed)
    return report


@contextmanager
def _scratch(folder: Path) -> Iterator[Path]:
    """A folder inside `folder`, which is there afterwards only if something was put into it."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix=".render-", dir=folder) as scratch:
            yield Path(scratch)
    finally:
        with suppress(OSError):
            folder.rmdir()


def _place(written: list[Path], folder: Path) -> list[Path]:
    """All of it at once, when all of it is there."""
    return [path.replace(folder / path.name) for path in written]


def _render_input(asked: Asked, planned: Planned, retimed: Retimed, output: Path) -> RenderInput:
    transcript = planned.said.transcript
    speech = find_speech(
        transcript.words, planned.said.heard.cues, planned.plan.timebase, punctuated=transcript.punctuated
    )
    return RenderInput(
        source=asked.video,
        source_id=planned.examined.id,
        dub=asked.dub,
        plan=planned.plan,
        clips={
            cue_id: ClipFile(planned.clips.paths[cue_id], loudness=(record.lufs, record.true_peak_dbtp))
            for cue_id, record in planned.clips.records.items()
        },
        output=output,
        cache=asked.cache,
        options=render_options(asked.sound),
        speech=tuple(zip(speech.starts, speech.ends, strict=True)),
        language=asked.language,
        texts=text_tracks(retimed, asked.language) if asked.both_tracks else (),
    )


def _write_texts(planned: Planned, retimed: Retimed, outputs: Outputs) -> list[Path]:
    texts: dict[Path, str] = {
        outputs.path(_RETIMED[kind], "vtt"): write(document) for kind, document in retimed.items()
    }
    texts[outputs.path("time_map", "json")] = TimeMap.of(planned.plan).model_dump_json(indent=2)
    texts[outputs.path("plan", "json")] = planned.plan.model_dump_json(indent=2)
    if planned.said.transcript.words:
        texts[outputs.folder / f"{outputs.prefix}words.json"] = planned.said.transcript.model_dump_json()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return list(texts)


def _report(asked: Asked, planned: Planned, outputs: Outputs, facts: RenderFacts) -> QualityReport:
    media, said = planned.examined.report, planned.said
    rate, rules = media.video.frame_rate, profile_of(asked.profile)
    findings = {Kind.AUDIO_DESCRIPTION: check_description(planned.script, rules, asked.language)}
    if said.captions:
        findings[Kind.CAPTIONS] = check_captions(
            said.captions,
            rules,
            asked.language,
            Fraction(rate.num, rate.den),
            duration_ms=media.duration_ms,
        )
    return build_report(
        Reported(
            title=asked.title or asked.video.stem,
            language=asked.language,
            source_language=asked.heard_language,
            video=outputs.video.name,
            plan=planned.plan,
            script=planned.script,
            captions=said.captions,
            speech=find_speech(
                said.transcript.words,
                said.heard.cues,
                planned.plan.timebase,
                punctuated=said.transcript.punctuated,
            ),
            media=media,
            facts=facts,
            provenance=tuple(sources_of(asked, planned)),
            profile=asked.profile,
            findings=findings,
        )
    )


def _say(asked: Asked, planned: Planned, report: QualityReport, written: list[Path]) -> None:
    if asked.json:
        print(report.model_dump_json(indent=2))
    else:
        facts = report.render
        share = facts.packets_encoded / max(1, facts.packets)
        print(f"{heard(planned.plan)} {lengths(planned.plan)}")
        print(
            f"{lufs(facts.loudness)}, true peak {peak(facts.loudness)}. The picture was {facts.picture}; "
            f"{share:.0%} of the sound was encoded again."
        )
        for path in written:
            print(f"  {path}")
    warn(planned, asked)
