"""Describes the contents of a video for a person."""

from __future__ import annotations

from collections.abc import Iterator

from activities.command.arguments import Asked
from activities.report.words import clock, count, lufs, peak
from schema.contracts.media import AudioStream, MediaReport


def print_report(report: MediaReport, asked: Asked) -> None:
    if asked.json:
        print(report.model_dump_json(indent=2))
        return
    for name, words in _lines(report):
        print(f"{name:<10} {words}")


def _lines(report: MediaReport) -> Iterator[tuple[str, str]]:
    video = report.video
    packed = f"{report.container}{', fragmented' if report.fragmented else ''}"
    yield "file", f"{packed}, {report.size_bytes / 2**20:.1f} MiB, {clock(report.duration_ms)}"
    rate = f"{float(video.frame_rate):.3f}".rstrip("0").rstrip(".")
    notes = [
        f"track {video.index}",
        f"{video.width} x {video.height}",
        f"{rate} frames a second{' (varies)' if video.variable_frame_rate else ''}",
        *([f"turned by {video.rotation}°"] if video.rotation else []),
        *(["HDR"] if video.hdr else []),
        *([f"starts at {clock(video.start_ms)}"] if video.start_ms else []),
    ]
    yield "picture", f"{video.codec}{_in_brackets(video.profile)}, {', '.join(notes)}"
    for number, sound in enumerate(report.audio):
        yield "sound" if number == 0 else "also", _sound(sound)
    if not report.audio:
        yield "sound", "none"
    else:
        yield "loudness", f"{lufs(report.loudness)}, true peak {peak(report.loudness)}"
        quiet = sum(span.end_ms - span.start_ms for span in report.silence)
        yield "silence", f"{clock(quiet)} in {count(len(report.silence), 'stretch', 'stretches')}"
        if report.speech is not None:
            heard = sum(span.end_ms - span.start_ms for span in report.speech)
            yield "voices", f"{clock(heard)} in {count(len(report.speech), 'stretch', 'stretches')}"
        spliced = "only what changes" if report.sound_can_be_spliced else f"all of it: {report.sound_refusal}"
        yield "encoding", f"a render encodes of the sound {spliced}"
    cuts = sum(change.kind == "cut" for change in report.scene_changes)
    others = len(report.scene_changes) - cuts
    yield "scenes", f"{count(cuts, 'cut')}, {count(others, 'dissolve or fade', 'dissolves and fades')}"
    if report.black:
        yield "black", ", ".join(f"{clock(span.start_ms)} to {clock(span.end_ms)}" for span in report.black)
    if report.start_timecode:
        yield "timecode", report.start_timecode
    for start_ms, _, title in report.chapters:
        yield "chapter", f"{clock(start_ms)} {title}"
    for sentence in report.rendering:
        yield "rendering", sentence
    for warning in report.warnings:
        yield "warning", warning


def _sound(sound: AudioStream) -> str:
    several = sound.joined and f"mono tracks {', '.join(map(str, sound.joined))} as one"
    notes = [several or f"track {sound.index}", f"{sound.sample_rate} Hz", sound.layout]
    notes += [each for each in (sound.language, sound.title) if each]
    return f"{sound.codec}{_in_brackets(sound.profile)}, {', '.join(notes)}"


def _in_brackets(text: str | None) -> str:
    return f" ({text})" if text else ""
