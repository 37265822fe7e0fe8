"""The command line of the engine alone: what it writes, what it refuses, and how it ends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from activities.media.command.main import main
from schema.contracts.media import MediaReport
from schema.contracts.report import QualityReport
from schema.plan.model import Fit, Plan
from schema.plan.overlap import speech_overlap
from schema.plan.speech import find_speech
from schema.plan.timemap import TimeMap
from schema.vtt import Transcript, Word, parse, parse_strict
from tests.activities.media.render_kit import end_of, make_clip, packet_hashes
from tests.media_corpus import Corpus

AD = """WEBVTT

d1
00:00:00.500 --> 00:00:01.500
A bar moves.

d2
00:00:02.000 --> 00:00:03.000
It stops at the edge of a dark field.
"""
CAPTIONS = """WEBVTT

00:00:00.300 --> 00:00:01.800
Are you there?

00:00:02.100 --> 00:00:03.700
I am here.
"""


class Folder:
    """A folder with a script and captions, and one cache for all calls."""

    def __init__(self, path: Path, cache: Path) -> None:
        self.path, self.cache = path, cache
        self.ad = self.write("ad.vtt", AD)
        self.captions = self.write("captions.vtt", CAPTIONS)

    def write(self, name: str, text: str) -> Path:
        path = self.path / name
        path.write_text(text)
        return path

    def run(self, command: str, *rest: object) -> int:
        return main([command, *map(str, rest), "--cache", str(self.cache)])


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def folder(tmp_path: Path, cache: Path) -> Folder:
    return Folder(tmp_path, cache)


Output = pytest.CaptureFixture[str]


def test_a_render_writes_all_that_goes_with_it(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    source, out = corpus["chapters"], folder.path / "out"
    asked = (source, folder.ad, "--captions", folder.captions, "--mp3", "--both-tracks", "--title", "A bar")
    assert folder.run("render", *asked, "--out", out) == 0
    said = capsys.readouterr().out
    assert sorted(path.name for path in out.iterdir()) == [
        "accessible_video.en.mp4",
        "audio_description.en.mp3",
        "audio_description.en.vtt",
        "captions.en.vtt",
        "chapters.en.vtt",
        "plan.en.json",
        "report.en.html",
        "report.en.json",
        "time_map.en.json",
    ]
    assert all(str(path) in said for path in out.iterdir())
    plan = Plan.model_validate_json((out / "plan.en.json").read_bytes())
    assert TimeMap.model_validate_json((out / "time_map.en.json").read_bytes()) == TimeMap.of(plan)
    video = out / "accessible_video.en.mp4"
    assert plan.pauses and packet_hashes(video) == packet_hashes(source)
    assert abs(end_of(video) - plan.rendered_duration / plan.timebase.rate) < 0.05
    with av.open(str(video)) as media:
        assert len(media.streams.audio) == 2 and len(media.streams.subtitles) >= 2
    spoken = parse_strict((out / "audio_description.en.vtt").read_text())
    to_ms = plan.timebase.to_ms
    assert [cue.start_ms for cue in spoken.cues] == [to_ms(one.start) for one in plan.placements]
    assert parse_strict((out / "captions.en.vtt").read_text()).cues[-1].end_ms > 3_700
    report = QualityReport.model_validate_json((out / "report.en.json").read_bytes())
    assert report.title == "A bar" and report.speech_overlap_ms == 0 and report.video == video.name
    assert "Brought as captions.vtt." in {one.sentence for one in report.provenance}
    assert "<title>A bar" in (out / "report.en.html").read_text()
    with av.open(str(out / "audio_description.en.mp3")) as mp3:
        assert mp3.metadata["title"] == "A bar (en)"

    again = folder.path / "again.mp4"
    assert folder.run("render", *asked, "--out", again) == 0
    assert again.read_bytes() == video.read_bytes()
    assert (folder.path / "again.report.en.html").is_file()


def test_a_page_is_written_again_from_what_lies_there(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    out = folder.path / "out"
    assert folder.run("report", corpus["no_audio"], folder.ad, "--out", out, "--json") == 0
    assert QualityReport.model_validate_json(capsys.readouterr().out).loudness_before is None
    page = out / "report.en.html"
    before = page.read_text()
    page.unlink()
    assert folder.run("report", out) == 0
    assert page.read_text() == before and str(page) in capsys.readouterr().out
    assert folder.run("report", folder.path) == 1
    assert "there is no report.*.json in it" in capsys.readouterr().err


def test_words_are_kept_clear_of(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    words = tuple(
        Word(text=text, start_ms=start, end_ms=start + 900)
        for text, start in (("Are", 300), ("you.", 1200), ("Still", 2200), ("there?", 3000))
    )
    brought = Transcript(language="en", words=words, punctuated=True, provider="studio", draft=False)
    path = folder.write("words.json", brought.model_dump_json())
    assert folder.run("plan", corpus["h264_aac"], folder.ad, "--words", path, "--json") == 0
    plan = Plan.model_validate_json(capsys.readouterr().out)
    assert {one.fit for one in plan.placements} <= {Fit.HELD, Fit.PARTLY_HELD} and not plan.estimated
    speech = find_speech(words, (), plan.timebase)
    assert sum(speech_overlap(speech, plan).values()) == 0
    assert folder.run("plan", corpus["h264_aac"], folder.ad, "--words", path, "--extend", "never") == 0
    shown = capsys.readouterr()
    assert "0 of 2 descriptions heard" in shown.out
    assert f"blocking: {folder.ad}, line 3, cue d1: The description at 00:00:00.500 does not fit" in shown.err


def test_silence_is_never_assumed(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    assert folder.run("plan", corpus["h264_aac"], folder.ad, "--source-language", "de") == 1
    assert "hears en and not de: give --words or --captions" in capsys.readouterr().err
    assert folder.run("plan", corpus["no_audio"], folder.ad, "--source-language", "de") == 0


def test_lengths_are_estimated_by_the_voices_rate(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    asked = (corpus["no_audio"], folder.ad, "--language", "es", "--json")
    assert folder.run("plan", *asked, "--estimate") == 0
    estimated = Plan.model_validate_json(capsys.readouterr().out)
    assert folder.run("plan", *asked) == 0
    measured = Plan.model_validate_json(capsys.readouterr().out)
    assert estimated.estimated and not measured.estimated
    for guess, fact in zip(estimated.placements, measured.placements, strict=True):
        assert guess.clip_length == pytest.approx(fact.clip_length, rel=0.35)


def test_recordings_are_found_and_never_stretched(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    clips = folder.path / "clips"
    clips.mkdir()
    make_clip(clips / "d1.wav", 1.4)
    asked = ("plan", corpus["no_audio"], folder.ad, "--clips", clips, "--json")
    assert folder.run(*asked) == 1
    refusal = f"error: {folder.ad}, line 7, cue d2: {clips} has no recording d2 or 2."
    assert capsys.readouterr().err.splitlines()[-1] == refusal
    make_clip(clips / "2.wav", 1.5)
    choices = folder.write("choices.json", '{"d1": {"pinned": true}, "d2": {"pinned": true}}')
    speeds = {}
    for stretch in ((), ("--stretch",)):
        assert folder.run(*asked, "--choices", choices, *stretch) == 0
        plan = Plan.model_validate_json(capsys.readouterr().out)
        speeds[bool(stretch)] = max(one.speed_permille for one in plan.placements)
    assert speeds[False] == 1000 < speeds[True]
    (clips / "2.wav").write_text("no sound")
    assert folder.run(*asked) == 1
    assert f"error: {clips / '2.wav'}: The recording is not sound" in capsys.readouterr().err


def test_a_dub_is_heard_in_place_of_the_programme(folder: Folder, corpus: Corpus) -> None:
    dub, out = make_clip(folder.path / "dub.wav", 4.0), folder.path / "out.mp4"
    asked = (corpus["h264_aac"], folder.ad, "--captions", folder.captions, "--out", out, "--dub", dub)
    assert folder.run("render", *asked) == 0
    report = QualityReport.model_validate_json((folder.path / "out.report.en.json").read_bytes())
    assert any("dub" in reason for reason in report.render.reasons)


def test_probe_says_what_there_is(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    assert folder.run("probe", corpus["chapters"]) == 0
    shown = capsys.readouterr().out
    assert (
        "25 frames a second" in shown and "aac (LC), 48000 Hz, stereo" in shown and "0:01.5 The rest" in shown
    )
    assert folder.run("probe", corpus["chapters"], "--json") == 0
    assert MediaReport.model_validate_json(capsys.readouterr().out).video.codec == "h264"


BROKEN_AD = "WEBVTT\n\n00:01.000 --> 00:02.000\nOne.\n\n00:61.000 --> 00:62.000\nTwo.\n"


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (lambda f: f.write("ad.vtt", BROKEN_AD), "ad.vtt, line 6: minutes and seconds go to 59"),
        (lambda f: f.write("ad.vtt", "WEBVTT\n\nNOTE empty\n"), "ad.vtt: there is no cue in it."),
        (lambda f: f.ad.write_bytes(b"\x00\x01\xff\xfe"), "ad.vtt, line 1: "),
        (lambda f: f.ad.unlink(), "ad.vtt: there is no such file."),
        (
            lambda f: f.write("video.mp4", "hello " * 99),
            "video.mp4: This is not a video file that can be read.",
        ),
        (lambda f: f.write("video.mp4", ""), "video.mp4: The file is empty."),
        (lambda f: (f.path / "video.mp4").mkdir(), "video.mp4: this is a folder."),
        (lambda f: f.write("words.json", '{"language": "en"}'), "words.json, provider: Field required."),
        (lambda f: f.write("words.json", "{"), "words.json: Invalid JSON"),
        (lambda f: f.write("choices.json", '{"d9": {}}'), "choices.json, d9: "),
        (lambda f: f.write("choices.json", '{"d1": {"speed": 2}}'), "choices.json, d1.speed: Extra inputs"),
    ],
)
def test_refusals_name_file_line_and_cue(
    folder: Folder, capsys: Output, spoil: Callable[[Folder], object], says: str
) -> None:
    (folder.path / "words.json").write_text('{"language": "en", "provider": "x"}')
    (folder.path / "choices.json").write_text("{}")
    spoil(folder)
    video, out = folder.path / "video.mp4", folder.path / "out"
    if not video.exists() and "video" not in says:
        video.write_text("is looked at after the texts")
    texts = ("--words", folder.path / "words.json", "--choices", folder.path / "choices.json")
    assert folder.run("render", video, folder.ad, "--out", out, *texts) == 1
    err = capsys.readouterr().err
    assert f"error: {folder.path}/{says}" in err and "Traceback" not in err
    assert not out.exists()


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("paint", "v.mp4"),
        ("render", "v.mp4", "ad.vtt"),
        ("render", "v.mp4", "ad.vtt", "--out", "v.mp4"),
        ("render", "v.mp4", "ad.vtt", "--out", "v.mkv"),
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--duck", "17"),
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--language", "klingon"),
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--dub", "d.wav"),
        ("plan", "v.mp4", "ad.vtt", "--stretch"),
        ("report", "v.mp4", "ad.vtt"),
    ],
)
def test_bad_usage_ends_with_2(arguments: tuple[str, ...], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "error: " in capsys.readouterr().err


def test_a_stop_leaves_nothing_behind(folder: Folder, corpus: Corpus) -> None:
    out = folder.path / "out"
    arguments = ["render", corpus["h264_aac"], folder.ad, "--captions", folder.captions, "--out", out]
    process = subprocess.Popen(
        [sys.executable, "-m", "activities.media", *map(str, arguments), "--cache", str(folder.path / "new")],
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a terminal, which sends Ctrl-C to all of a group
    )
    assert process.stderr is not None
    assert process.stderr.readline() == "examining …\n"
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stderr.read()
    assert process.wait(10) == 130
    assert "Traceback" not in rest and not out.exists()


def test_choices_are_a_persons(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    choices = folder.write("choices.json", json.dumps({"d1": {"extend": "always", "gain_mb": -300}}))
    assert folder.run("plan", corpus["no_audio"], folder.ad, "--choices", choices, "--json") == 0
    first, second = Plan.model_validate_json(capsys.readouterr().out).placements
    assert (first.fit, first.gain_mb, second.gain_mb) == (Fit.HELD, -300, 0)


def test_scripts_come_in_other_formats(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    srt = folder.write("ad.srt", "1\n00:00:00,500 --> 00:00:01,500\nA bar moves.\n")
    assert folder.run("plan", corpus["no_audio"], srt, "--json") == 0
    assert (
        len(Plan.model_validate_json(capsys.readouterr().out).placements) == len(parse(AD).document.cues) - 1
    )
