"""A small programme with a script, planned and rendered for real: what the report's tests are about."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from activities.media.contract import ClipFile, RenderInput
from activities.media.probing.probe import Limits, probe, with_picture, with_sound
from activities.media.probing.scenes import find_scenes
from activities.media.probing.speech_audio import extract_speech
from activities.media.sound.clips import measure_clip
from activities.report.build import Reported
from activities.report.facts import Rendered, render_with_facts
from schema.contracts.media import MediaReport
from schema.contracts.report import Provenance
from schema.plan.model import Choice, Clip, Extend, Plan
from schema.plan.planner import plan
from schema.plan.programme import programme_input, timebase_of
from schema.plan.speech import Speech, find_speech
from schema.vtt import Cue, Document, Transcript, Word
from tests.activities.media.render_kit import make_clip
from tests.media_factory import X264_CLOSED, Audio, Spec, make_video
from tests.media_sounds import Sound

TITLE = "The <b>old</b> museum & its cat"
VIDEO = "The  b old  b  museum its cat.en.accessible_video.mp4"
_SPOKEN = ((1000, 2500), (3000, 4600), (7000, 9000))
TRANSCRIPT = Transcript(
    language="en",
    words=tuple(
        Word(text=text, start_ms=start, end_ms=end)
        for (start, end), text in zip(_SPOKEN, ("Welcome.", "Follow me.", "Mind the step."), strict=True)
    ),
    punctuated=True,
    provider="pocketsphinx",
    draft=True,
)
CAPTIONS = Document.of(
    Cue(f"c{number}", word.start_ms, word.end_ms, word.text)
    for number, word in enumerate(TRANSCRIPT.words, 1)
)
SCRIPT = Document.of(
    (
        Cue("d1", 4800, 6000, "An iron gate &amp; ivy."),
        Cue("d2", 6600, 7000, "She looks up at the <i>dark</i> balcony, where a curtain moves."),
        Cue(
            "d3", 9500, 11000, "&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt; is written on the wall."
        ),
    )
)
_CLIP_S = {"d1": 1.4, "d2": 3.1, "d3": 2.0}


@dataclass(frozen=True)
class Case:
    source: Path
    speech_audio: Path
    media: MediaReport
    plan: Plan
    speech: Speech
    clips: dict[str, Path]
    done: Rendered

    def reported(self, **changes: object) -> Reported:
        given: dict[str, object] = {
            "title": TITLE,
            "language": "en",
            "source_language": "en",
            "video": VIDEO,
            "plan": self.plan,
            "script": SCRIPT,
            "captions": CAPTIONS,
            "speech": self.speech,
            "media": self.media,
            "facts": self.done.facts,
            "provenance": (Provenance(what="voice", provider="espeak", draft=True, sentence="Spoken."),),
            "profile": "netflix",
            "findings": {},
        }
        return Reported(**{**given, **changes})  # type: ignore[arg-type]


def make_case(folder: Path) -> Case:
    """Twelve seconds at 29.97, drop-frame from 10:00:00;00; speech is a tone where there are words."""
    source = make_video(
        folder / "source.mp4",
        Spec(
            seconds=12,
            rate=Fraction(30000, 1001),
            timecode="10:00:00;00",
            options=dict(X264_CLOSED),
            audio=(Audio(sound=_voice),),
        ),
    )
    speech_audio = folder / "speech.flac"
    media = probe(source, Limits())
    heard = with_sound(media, extract_speech(source, media, speech_audio))
    media = with_picture(heard, find_scenes(source, media))
    clips = {cue_id: make_clip(folder / f"{cue_id}.wav", length) for cue_id, length in _CLIP_S.items()}
    measured = {cue_id: measure_clip(path.read_bytes(), 48_000) for cue_id, path in clips.items()}
    planned = plan(
        programme_input(
            media,
            TRANSCRIPT,
            SCRIPT,
            language="en",
            captions=CAPTIONS,
            clips={
                cue_id: Clip(cue_id=cue_id, length=clip.length, trimmed=clip.trimmed, sha256=clip.sha256)
                for cue_id, clip in measured.items()
            },
            choices={"d2": Choice(extend=Extend.ALWAYS)},
        )
    )
    speech = find_speech(TRANSCRIPT.words, CAPTIONS.cues, timebase_of(media), punctuated=True)
    asked = RenderInput(
        source,
        planned,
        {cue_id: ClipFile(path) for cue_id, path in clips.items()},
        folder / VIDEO,
        folder / "cache",
        speech=tuple(zip(speech.starts, speech.ends, strict=True)),
    )
    done = render_with_facts(asked, speech_audio, lambda fraction, words: None)
    return Case(source, speech_audio, media, planned, speech, clips, done)


def _voice(first: int, count: int, rate: int, channels: int) -> Sound:
    at = np.arange(first, first + count)
    spoken = np.zeros(count, np.float32)
    for start, end in _SPOKEN:
        spoken[(at >= start * rate // 1000) & (at < end * rate // 1000)] = 0.2
    tone = spoken * np.sin(2 * np.pi * 300 * at / rate)
    return np.tile(tone.astype(np.float32), (channels, 1))
