"""The command line of the engine alone: what it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import av
import pytest

from activities.command.arguments import Asked, read
from activities.command.main import main
from activities.command.outputs import Outputs
from activities.report.facts import measure_sound
from schema.contracts.media import MediaReport
from schema.contracts.report import QualityReport
from schema.plan.model import Fit, Plan
from schema.plan.overlap import speech_overlap
from schema.plan.speech import find_speech
from schema.plan.timemap import TimeMap
from schema.vtt import Transcript, Word, parse, parse_strict
from tests.activities.command.kit import AD, Folder, Output
from tests.activities.media.render_kit import end_of, make_clip, packet_hashes
from tests.media_corpus import Corpus


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
    asked_for = Asked(command="render", video=source, out=out, cache=folder.cache)
    assert set(out.iterdir()) < set(Outputs.of(asked_for).all())
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
        assert mp3.metadata["title"] == "A bar: audio description (en)"

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
    assert report.remarks[0].startswith("The dialogue is in en: the programme's sound is the dub")
    original = measure_sound(corpus["h264_aac"]).integrated_lufs
    assert report.loudness_before is not None and original is not None
    assert report.loudness_before.integrated_lufs != pytest.approx(original, abs=0.5)
    assert max(report.render.peaks) > 200, "the waveform is the dub's"


def test_captions_are_in_the_language_that_is_heard(folder: Folder, corpus: Corpus) -> None:
    out = folder.path / "out"
    texts = (folder.ad, "--captions", folder.captions, "--language", "es", "--source-language", "en")
    assert folder.run("render", corpus["h264_aac"], *texts, "--both-tracks", "--out", out) == 0
    assert {"captions.en.vtt", "audio_description.es.vtt"} < {path.name for path in out.iterdir()}
    report = QualityReport.model_validate_json((out / "report.es.json").read_bytes())
    assert any("Captions are in en, descriptions in es." in remark for remark in report.remarks)
    with av.open(str(out / "accessible_video.es.mp4")) as media:
        assert [each.metadata["language"] for each in media.streams.subtitles[:2]] == ["eng", "spa"]
    page, report_file = out / "report.es.html", out / "report.es.json"
    before, stat = page.read_text(), report_file.stat()
    assert '"captions_language":"en"' in before
    page.unlink()
    assert folder.run("report", out) == 0
    assert page.read_text() == before
    assert (report_file.stat().st_ino, report_file.stat().st_mtime_ns) == (stat.st_ino, stat.st_mtime_ns)


def test_what_an_earlier_render_left_is_none_of_this_ones(
    folder: Folder, corpus: Corpus, capsys: Output
) -> None:
    asked, out = (corpus["h264_aac"], folder.ad), folder.path / "out"
    assert folder.run("render", *asked, "--captions", folder.captions, "--mp3", "--out", out) == 0
    assert "was there before" not in capsys.readouterr().err
    words = folder.write("words.json", Transcript(language="en", provider="a person").model_dump_json())
    assert folder.run("render", *asked, "--words", words, "--out", out) == 0
    notes = [line for line in capsys.readouterr().err.splitlines() if "was there before" in line]
    assert notes == [
        f"note: {out / name}: it was there before, and does not belong to this render."
        for name in ("captions.en.vtt", "audio_description.en.mp3")
    ]
    page = out / "report.en.html"
    before = page.read_text()
    assert folder.run("report", out) == 0
    assert page.read_text() == before


def test_probe_says_what_there_is(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    assert folder.run("probe", corpus["chapters"]) == 0
    shown = capsys.readouterr().out
    assert (
        "25 frames a second" in shown
        and "aac (LC), track 1, 48000 Hz, stereo" in shown
        and "0:01.5 The rest" in shown
    )
    assert folder.run("probe", corpus["chapters"], "--json") == 0
    assert MediaReport.model_validate_json(capsys.readouterr().out).video.codec == "h264"


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


def test_names_that_are_no_text_and_terminals_that_know_few_letters(folder: Folder, corpus: Corpus) -> None:
    video, out = folder.path / os.fsdecode(b"caf\xe9.mp4"), folder.path / "out"
    video.write_bytes(corpus["no_audio"].read_bytes())
    arguments = ["render", video, folder.ad, "--out", out, "--cache", folder.cache, "--mp3"]
    done = subprocess.run(
        [sys.executable, "-m", "activities.command", *map(str, arguments)],
        capture_output=True,
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    report = QualityReport.model_validate_json((out / "report.en.json").read_bytes())
    assert report.title == "caf\ufffd"
    assert read([*map(str, arguments), "--title", os.fsdecode(b"th\xe9")]).name == "th\ufffd"


def test_what_an_earlier_version_kept_is_made_again(folder: Folder, corpus: Corpus) -> None:
    cache = folder.path / "cache"
    asked = ("plan", corpus["no_audio"], folder.ad)
    assert main([*map(str, asked), "--cache", str(cache)]) == 0
    kept = [*cache.glob("examined/*/*"), *cache.glob("clip-records/*/*")]
    for path in kept:
        path.write_text('{"of": "another version"}')
    assert main([*map(str, asked), "--cache", str(cache)]) == 0
    assert len(kept) == 3 and not any("another version" in path.read_text() for path in kept)
