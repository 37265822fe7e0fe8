"""Assembles the quality report. Pure: the plan, the texts and what the render measured go in, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from activities.report.marks import Marks
from schema.contracts.media import MediaReport, Span
from schema.contracts.report import (
    Lengths,
    ProfileFindings,
    Provenance,
    QualityReport,
    RenderFacts,
    ReportCue,
    ReportPause,
    WordsHeld,
)
from schema.enums import Kind
from schema.findings import CueTerm
from schema.plan.gaps import find_gaps
from schema.plan.model import Placement, Plan
from schema.plan.overlap import speech_in_render, speech_overlap
from schema.plan.profile import NETFLIX
from schema.plan.speech import Speech, find_speech
from schema.plan.timemap import TimeMap
from schema.vtt import (
    PROFILES,
    Document,
    Finding,
    check_captions,
    check_description,
    profile_of,
    term_accuracy,
)
from schema.vtt.text import word_count
from schema.vtt.words import BY_CAPTIONS

_JUDGED_BY_PLAN = "description_rate"
"""A script's own times are a wish; how fast it is spoken the plan knows."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is made of. `findings` are those of the two texts by the profile they were approved by."""

    title: str
    language: str
    source_language: str
    video: str
    plan: Plan
    script: Document
    captions: Document | None
    speech: Speech
    """In source ticks: what the plan kept clear of."""
    media: MediaReport
    facts: RenderFacts
    provenance: tuple[Provenance, ...]
    profile: str
    findings: Mapping[Kind, Sequence[Finding]]
    terms: Mapping[Kind, Sequence[CueTerm]] = field(default_factory=dict)
    """Of a translation: the glossary's terms in the cues of both texts."""
    captions_language: str | None = None
    """Where it is not `language`: of a programme whose sound is in another, and nobody translated them."""
    dubbed_by: str | None = None
    """Who told where the language's own dub speaks: a recogniser's name, or `BY_CAPTIONS`; None without a dub."""


def build_report(given: Reported) -> QualityReport:
    """The whole report of one language."""
    plan, time_map = given.plan, TimeMap.of(given.plan)
    speech = given.speech.within(plan.duration)
    covered = speech_overlap(speech, plan)
    marks = Marks.of(given.media)
    return QualityReport(
        title=given.title,
        language=given.language,
        source_language=given.source_language,
        dialogue_language=given.language if given.dubbed_by else given.source_language,
        video=given.video,
        lengths=_lengths(plan, marks),
        remarks=tuple(_remarks(given, marks)),
        provenance=given.provenance,
        loudness_before=given.media.loudness,
        speech_overlap_ms=plan.timebase.to_ms(sum(covered.values())),
        cues=tuple(_cues(given, covered, marks)),
        pauses=tuple(_pauses(plan, time_map, given.facts, marks)),
        speech=tuple(_span(plan, start, end) for start, end in speech_in_render(speech, plan)),
        voices=_voices(given.media, plan),
        gaps=tuple(_gaps(plan, speech, time_map)),
        findings=tuple(_findings(given)),
        plan_findings=plan.findings,
        words=tuple(_words(given)),
        render=given.facts,
    )


def _voices(media: MediaReport, plan: Plan) -> tuple[Span, ...] | None:
    if media.speech is None:
        return None
    voices = find_speech((), (), plan.timebase, voiced=media.speech).within(plan.duration)
    return tuple(_span(plan, start, end) for start, end in speech_in_render(voices, plan))


def _words(given: Reported) -> Iterator[WordsHeld]:
    for kind, terms in given.terms.items():
        found = term_accuracy(terms)
        yield WordsHeld(what=kind.value, correct=found.correct, n=found.n)


def _lengths(plan: Plan, marks: Marks) -> Lengths:
    source_ms = plan.timebase.to_ms(plan.duration)
    rendered_ms = plan.timebase.to_ms(plan.rendered_duration)
    return Lengths(
        source_ms=source_ms,
        rendered_ms=rendered_ms,
        added_ms=rendered_ms - source_ms,
        source_start=marks.at(0),
        source_end=marks.at(source_ms),
    )


def _remarks(given: Reported, marks: Marks) -> Iterator[str]:
    if given.dubbed_by:
        where = (
            "Its captions tell where it speaks, for no recogniser heard it"
            if given.dubbed_by == BY_CAPTIONS
            else f"Where it speaks was heard by {given.dubbed_by}"
        )
        yield f"The dialogue is in {given.language}: the programme's sound is the dub that was brought. {where}."
    elif given.language != given.source_language and given.media.audio:
        yield (
            f"The dialogue is not in {given.language}: the programme's sound is in {given.source_language}, and "
            f"no dub was given. {_texts_are_in(given)}"
        )
    drafts = [origin.what.replace("_", " ") for origin in given.provenance if origin.draft]
    if drafts:
        parts = " and ".join(filter(None, (", ".join(drafts[:-1]), drafts[-1])))
        verb = "were" if len(drafts) > 1 or drafts == ["captions"] else "was"
        yield f"This is a draft: its {parts} {verb} made by machines that are meant for drafts only."
    unheard = [p for p in given.plan.placements if p.length == 0]
    if unheard:
        count = "1 description is" if len(unheard) == 1 else f"{len(unheard)} descriptions are"
        yield f"{count} not heard: the list says why."
    if marks.refused:
        yield marks.refused
    yield from given.facts.warnings
    yield from given.media.warnings


def _texts_are_in(given: Reported) -> str:
    if given.captions is None or given.captions_language in (None, given.language):
        return f"Captions and descriptions are in {given.language}."
    return f"Captions are in {given.captions_language}, descriptions in {given.language}."


def _cues(given: Reported, covered: Mapping[str, int], marks: Marks) -> Iterator[ReportCue]:
    texts = given.script.by_id()
    levels = {clip.cue_id: clip for clip in given.facts.clips}
    to_ms = given.plan.timebase.to_ms
    for placement in given.plan.placements:
        cue, level = texts.get(placement.cue_id), levels.get(placement.cue_id)
        plain = " ".join(cue.plain.split()) if cue else ""
        pause = placement.pause_index
        start_ms, end_ms = to_ms(placement.start), to_ms(placement.start + placement.length)
        yield ReportCue(
            number=placement.cue_index + 1,
            cue_id=placement.cue_id,
            text=plain,
            fit=placement.fit,
            explanation=placement.explanation,
            heard=placement.length > 0,
            wanted_ms=to_ms(placement.wanted),
            wanted_timecode=marks.at(to_ms(placement.wanted)),
            source_ms=to_ms(placement.source_start),
            source_timecode=marks.at(to_ms(placement.source_start)),
            start_ms=start_ms,
            end_ms=end_ms,
            words_per_minute=_pace(plain, given, placement),
            speed=placement.speed_permille / 1000,
            gain_db=level.gain_db if level else None,
            shortfall_db=level.shortfall_db if level else 0.0,
            pause=None if pause is None else pause + 1,
            pause_ms=0 if pause is None else to_ms(given.plan.pauses[pause].ticks),
            speech_overlap_ms=to_ms(covered.get(placement.cue_id, 0)),
        )


def _pace(text: str, given: Reported, placement: Placement) -> int | None:
    if placement.length == 0:
        return None
    return round(word_count(text, given.language) * 60 * Fraction(given.plan.timebase.rate, placement.length))


def _pauses(plan: Plan, time_map: TimeMap, facts: RenderFacts, marks: Marks) -> Iterator[ReportPause]:
    for index, (pause, mapped) in enumerate(zip(plan.pauses, time_map.pauses, strict=True)):
        yield ReportPause(
            number=index + 1,
            source_ms=mapped.at_ms,
            source_timecode=marks.at(mapped.at_ms),
            start_ms=mapped.start_ms,
            end_ms=mapped.end_ms,
            reason=pause.reason,
            forced=pause.forced,
            cue_ids=pause.cue_ids,
            fade_ms=facts.fades_ms.get(index, 0),
            picture_shift_ms=facts.picture_shift_ms.get(index, 0),
        )


def _gaps(plan: Plan, speech: Speech, time_map: TimeMap) -> Iterator[Span]:
    """Room for descriptions on the render's timeline; a pause at either end of it belongs to it."""
    gaps = find_gaps(speech, plan.duration, plan.timebase, NETFLIX)
    for quiet in gaps.rooms_between(0, plan.duration):
        yield _span(
            plan, time_map.to_render(quiet.room_start, "before"), time_map.to_render(quiet.room_end, "after")
        )


def _span(plan: Plan, start: int, end: int) -> Span:
    return Span(start_ms=plan.timebase.to_ms(start), end_ms=plan.timebase.to_ms(end))


def _findings(given: Reported) -> Iterator[ProfileFindings]:
    yield ProfileFindings(
        profile=profile_of(given.profile).name,
        applied=True,
        captions=tuple(given.findings.get(Kind.CAPTIONS, ())),
        audio_description=_unplanned(given.findings.get(Kind.AUDIO_DESCRIPTION, ())),
    )
    for name in PROFILES:
        if name == given.profile:
            continue
        found = check_texts(given, name)
        yield ProfileFindings(
            profile=name,
            applied=False,
            captions=tuple(found.get(Kind.CAPTIONS, ())),
            audio_description=_unplanned(found[Kind.AUDIO_DESCRIPTION]),
        )


def check_texts(given: Reported, profile: str) -> dict[Kind, Sequence[Finding]]:
    """What of the two texts breaks the rules of `profile`; nothing is said of captions that are not there."""
    rules, media = profile_of(profile), given.media
    found: dict[Kind, Sequence[Finding]] = {
        Kind.AUDIO_DESCRIPTION: check_description(given.script, rules, given.language)
    }
    if given.captions:
        language, rate = given.captions_language or given.language, media.video.frame_rate
        found[Kind.CAPTIONS] = check_captions(
            given.captions, rules, language, Fraction(rate.num, rate.den), duration_ms=media.duration_ms
        )
    return found


def _unplanned(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if finding.rule != _JUDGED_BY_PLAN)
