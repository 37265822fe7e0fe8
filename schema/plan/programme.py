"""A plan's input from what the platform stores: one way for drafts, for `edit-state` and for synthesize."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction as Ratio

from schema.contracts.media import MediaReport
from schema.plan.estimate import VoiceRate, measure_rate, usual_rate
from schema.plan.inputs import PlanInput
from schema.plan.model import Choice, Clip, Extend, Timebase
from schema.plan.rates import USUAL_RATE, delivered_rate
from schema.plan.speech import Speech, find_speech
from schema.vtt import Cue, Document, Transcript

_GRID = 1024
"""Samples in an AAC frame: what the render's sound is made of."""


def timebase_of(report: MediaReport) -> Timebase:
    """Ticks are samples of the programme's sound as it is delivered; of a silent one, 48,000 a second."""
    rate = delivered_rate(report.audio[0].sample_rate) if report.audio else USUAL_RATE
    return Timebase(rate=rate, grid=_GRID)


def _duration(report: MediaReport, timebase: Timebase) -> int:
    """To the tick where the report has it so."""
    if report.duration is None:
        return timebase.to_ticks(report.duration_ms)
    return round(Ratio(report.duration.num * timebase.rate, report.duration.den))


def programme_input(
    report: MediaReport,
    transcript: Transcript,
    script: Document,
    *,
    language: str,
    captions: Document | None = None,
    clips: Mapping[str, Clip] | None = None,
    choices: Mapping[str, Choice] | None = None,
    pace: VoiceRate | None = None,
    extend: Extend = Extend.ALLOW,
    can_hold: bool = True,
) -> PlanInput:
    """Words and captions are those of the sound that is heard: the source's, or the language's own dub. What is not
    spoken yet is estimated at the rate of the `clips` that are, else at the voice's `pace`, else at the language's
    usual one."""
    timebase = timebase_of(report)
    spoken = spoken_by_voice(script, clips or {}, choices or {}, timebase)
    rate = report.video.frame_rate
    return PlanInput(
        timebase=timebase,
        duration=_duration(report, timebase),
        cues=script.cues,
        words=transcript.words,
        captions=captions.cues if captions else (),
        voiced=report.speech or (),
        spoken_language=transcript.language,
        punctuated=transcript.punctuated,
        clips=clips or {},
        choices=choices or {},
        extend=extend,
        can_hold=can_hold,
        scenes=report.scene_changes,
        black=report.black,
        frame_rate=None if report.video.variable_frame_rate else (rate.num, rate.den),
        picture_start_ms=report.video.start_ms,
        language=language,
        voice=measure_rate(spoken, pace or usual_rate(language)),
    )


def heard_speech(report: MediaReport, transcript: Transcript, captions: Sequence[Cue] = ()) -> Speech:
    """What a plan of the same programme keeps clear of."""
    return find_speech(
        transcript.words,
        captions,
        timebase_of(report),
        voiced=report.speech or (),
        language=transcript.language,
        punctuated=transcript.punctuated,
    )


def spoken_by_voice(
    script: Document, clips: Mapping[str, Clip], choices: Mapping[str, Choice], timebase: Timebase
) -> list[tuple[str, int]]:
    """(text, milliseconds) of the voice's own clips: a person's recording says nothing of its rate."""
    recorded = {cue_id for cue_id, choice in choices.items() if choice.recording is not None}
    return [
        (cue.text, timebase.to_ms(clip.length))
        for cue in script.cues
        if cue.id not in recorded and (clip := clips.get(cue.id)) is not None and clip.sha256 is not None
    ]
