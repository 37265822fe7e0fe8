"""The committed sample film is what its texts say: scenes, words, gaps, and a description for every rung."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.local.voice import EspeakVoice
from activities.media.probing.probe import Limits, probe, with_picture, with_sound
from activities.media.probing.scenes import find_scenes
from activities.media.probing.speech_audio import extract_speech
from activities.media.sound.clips import measure_clip
from deploy.local.sample import script
from schema.contracts.media import MediaReport
from schema.plan.model import Clip, Fit
from schema.plan.planner import plan
from schema.plan.programme import programme_input
from schema.vtt import Document, Transcript, check_captions, parse_strict, violations

FOLDER = Path(__file__).parents[2] / "deploy" / "local" / "sample"


def text(name: str) -> Document:
    return parse_strict((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> MediaReport:
    film = FOLDER / "sample.mp4"
    first = probe(film, Limits())
    sound = extract_speech(film, first, tmp_path_factory.mktemp("sample") / "audio.flac")
    return with_picture(with_sound(first, sound), find_scenes(film, first))


def test_the_film(report: MediaReport) -> None:
    assert report.size_bytes < 3.2e6
    assert report.duration_ms == script.LENGTH_S * 1000
    assert (report.video.width, report.video.height, report.video.codec) == (854, 480, "h264")
    assert report.sound_can_be_spliced
    assert report.warnings == ()


def test_its_scenes_change_where_the_script_says(report: MediaReport) -> None:
    cuts = [change.at_ms for change in report.scene_changes if change.kind == "cut"]
    wanted = [script.MAP, script.KITCHEN, script.TOWER, script.LAMP_ROOM, script.LIGHT]
    assert cuts == [at * 1000 for at in wanted]
    dissolves = [change.until_ms for change in report.scene_changes if change.kind == "dissolve"]
    assert dissolves[-1] == pytest.approx(script.DAWN * 1000, abs=80)
    assert [change.kind for change in (report.scene_changes[0], report.scene_changes[-1])] == ["fade", "fade"]


def test_its_captions_are_what_the_script_has_the_narrator_say() -> None:
    captions = text("captions.en.vtt")
    said = " ".join(cue.plain.replace("\n", " ") for cue in captions.cues)
    assert said == " ".join(line.text for line in script.LINES)
    assert {round(line.start_s * 1000) for line in script.LINES} <= {cue.start_ms for cue in captions.cues}
    assert violations(captions) == []
    assert [f for f in check_captions(captions, language="en") if f.severity == "blocking"] == []


async def test_its_script_has_a_description_for_every_rung(report: MediaReport) -> None:
    descriptions = text("ad.en.vtt")
    voice = EspeakVoice()
    clips = {}
    for cue in descriptions.cues:
        clip = measure_clip(await voice.speak(cue.plain, "en", None, None), 48_000)
        clips[cue.id] = Clip(cue_id=cue.id, length=clip.length, trimmed=clip.trimmed, sha256=clip.sha256)
    voice.close()
    silent = Transcript(language="en", words=(), punctuated=True, provider="none", draft=False)
    made = plan(
        programme_input(
            report, silent, descriptions, language="en", captions=text("captions.en.vtt"), clips=clips
        )
    )
    assert {placement.fit for placement in made.placements} == {
        Fit.AS_IS,
        Fit.FASTER,
        Fit.SHIFTED,
        Fit.PARTLY_HELD,
        Fit.HELD,
    }
    assert [finding for finding in made.findings if finding.severity == "blocking"] == []
