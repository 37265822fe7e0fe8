"""What the command line refuses: with the file, its line and its cue, before any work is done, and without a trace."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from activities.command.main import main
from activities.command.texts import read_text
from tests.activities.command.kit import AD, Folder, Output
from tests.activities.media.render_kit import make_clip
from tests.media_corpus import Corpus

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
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--loudness", "loud"),
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--language", "klingon"),
        ("render", "v.mp4", "ad.vtt", "--out", "o", "--dub", "d.wav"),
        ("render", "ad.vtt", "v.mp4", "--out", "o"),
        ("plan", "v.mp4", "ad.vtt", "--stretch"),
        ("report", "v.mp4", "ad.vtt"),
    ],
)
def test_bad_usage_ends_with_2(arguments: tuple[str, ...], capsys: Output) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2 and "error: " in capsys.readouterr().err


def test_what_a_render_is_made_of_is_never_written_over(
    folder: Folder, corpus: Corpus, capsys: Output
) -> None:
    captions = folder.write("captions.en.vtt", folder.captions.read_text())
    asked = (corpus["h264_aac"], folder.ad, "--captions", captions)
    assert folder.run("render", *asked, "--out", folder.path) == 1
    said = f"error: {captions}: the render would be written over it. Choose another place with --out.\n"
    assert capsys.readouterr().err == said
    (folder.path / "out.mp4").mkdir()
    assert folder.run("render", *asked, "--out", folder.path / "out.mp4") == 1
    assert f"{folder.path / 'out.mp4'}: this is a folder. Choose" in capsys.readouterr().err


def test_where_nothing_can_be_written_is_said_first_and_stays_as_it_was(
    folder: Folder, corpus: Corpus, capsys: Output
) -> None:
    file = folder.write("file", "")
    for out in (file, file / "deep" / "talk.mp4"):
        assert folder.run("render", corpus["h264_aac"], folder.ad, "--out", out) == 1
        err = capsys.readouterr().err
        assert "no folder to write to" in err and "Choose another place with --out." in err
    assert main(["probe", str(corpus["h264_aac"]), "--cache", str(file)]) == 1
    assert "Choose another with --cache." in capsys.readouterr().err
    loop = folder.path / "loop"
    loop.symlink_to(loop)
    assert folder.run("render", corpus["h264_aac"], folder.ad, "--out", loop) == 1
    assert f"error: {loop}: no folder to write to" in capsys.readouterr().err
    empty = folder.path / "empty"
    empty.mkdir()
    for out in (empty, folder.path / "new" / "deep"):
        assert folder.run("render", corpus["h264_aac"], folder.path / "none.vtt", "--out", out) == 1
    assert empty.is_dir() and not (folder.path / "new").exists()


def test_what_is_wrong_with_a_file_is_said_to_somebody_who_uploads_nothing(
    folder: Folder, corpus: Corpus, capsys: Output
) -> None:
    whole = corpus["h264_aac"].read_bytes()
    files = {"empty.mp4": b"", "cut.mp4": whole[: len(whole) // 2], "text.mp4": b"hello " * 99}
    for name, content in files.items():
        (folder.path / name).write_bytes(content)
    for path in (*(folder.path / name for name in files), make_clip(folder.path / "sound.wav", 1.0)):
        assert folder.run("probe", path) == 1
        error = capsys.readouterr().err.splitlines()[-1]
        assert error.startswith(f"error: {path}: ") and " use " in error.lower() and "pload" not in error


def test_a_voice_that_is_not_there_is_no_fault_of_a_cue(
    folder: Folder, corpus: Corpus, capsys: Output
) -> None:
    assert folder.run("plan", corpus["no_audio"], folder.ad, "--voice", "nobody") == 1
    assert "error: There is no voice nobody for en; there is " in capsys.readouterr().err


def test_a_dub_is_as_long_as_the_video(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    dub = make_clip(folder.path / "dub.wav", 2.0)
    asked = (corpus["h264_aac"], folder.ad, "--captions", folder.captions, "--out", folder.path / "out.mp4")
    assert folder.run("render", *asked, "--dub", dub) == 1
    assert f"error: {dub}: It lasts 2.00 s, and the programme 4.00 s: export" in capsys.readouterr().err
    assert folder.run("render", *asked, "--dub", folder.path / "none.wav") == 1
    assert "none.wav: there is no such file." in capsys.readouterr().err


def test_a_text_is_not_read_whole_where_it_is_a_video(folder: Folder, corpus: Corpus, capsys: Output) -> None:
    large = folder.write("large.vtt", AD)
    with large.open("r+b") as file:
        file.truncate(6 << 20)
    assert folder.run("plan", corpus["no_audio"], large) == 1
    assert f"error: {large}: it is larger than 5 MiB" in capsys.readouterr().err


def test_a_wrong_choice_names_the_right_ones(capsys: Output) -> None:
    with pytest.raises(SystemExit):
        main(["plan", "v.mp4", "ad.vtt", "--extend", "sometimes"])
    assert "--extend: sometimes is none of never, allow, always" in capsys.readouterr().err


def test_what_a_text_has_beside_its_words_is_said_by_line(folder: Folder, capsys: Output) -> None:
    srt = "1\n00:00:00,300 --> 00:00:01,800\n{\\an7}Are you there?\n"
    document = read_text(folder.write("captions.srt", srt), "en")
    assert [cue.plain for cue in document.cues] == ["Are you there?"]
    said = f"note: {folder.path}/captions.srt, line 2: {{\\an7}} but for its row was left out\n"
    assert capsys.readouterr().err == said
