"""The arguments of the command line. Wrong usage ends the process with a message and exit code 2."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from os.path import realpath
from pathlib import Path
from typing import Literal

from activities.command.values import (
    cache_folder,
    decibels,
    language_code,
    legible,
    names,
    one_of,
    track_number,
    track_numbers,
)
from schema.contracts.outputs import Loudness, SoundPreferences, TrackChoice
from schema.plan.model import Extend
from schema.vtt import PROFILES

_OTHER_FILES = frozenset(
    (".avi", ".html", ".json", ".m4v", ".mkv", ".mov", ".mp3", ".mpg", ".ts", ".vtt", ".wav", ".webm")
)
"""What nobody calls a folder."""

_TEXTS = frozenset((".dapt", ".srt", ".ttml", ".vtt", ".xml"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parsed command line. Arguments that a command does not have are at their defaults."""

    command: Literal["render", "plan", "probe", "report"]
    video: Path
    """For `report` alone: the folder of an earlier render."""
    script: Path | None = None
    out: Path | None = None
    words: Path | None = None
    captions: Path | None = None
    picture: int | None = None
    sound_tracks: tuple[int, ...] = ()
    dub: Path | None = None
    source_language: str | None = None
    language: str = "en"
    voice: str | None = None
    clips: Path | None = None
    stretch: bool = False
    estimate: bool = False
    extend: Extend = Extend.ALLOW
    choices: Path | None = None
    duck: float = 8.0
    ambience: Literal["silence", "held"] = "silence"
    loudness: Loudness = Loudness.PROGRAMME
    both_tracks: bool = False
    fragmented: bool = False
    mp3: bool = False
    profile: str = "netflix"
    title: str | None = None
    json: bool = False
    quiet: bool = False
    cache: Path

    @property
    def heard_language(self) -> str:
        """The language of the described sound. A dub is in the language of the descriptions."""
        return self.language if self.dub else self.source_language or self.language

    @property
    def name(self) -> str:
        """The base name of the report and the MP3."""
        return self.title or legible(self.video.stem)

    @property
    def tracks(self) -> TrackChoice:
        return TrackChoice(picture=self.picture, sound=self.sound_tracks)

    @property
    def sound(self) -> SoundPreferences:
        return SoundPreferences(
            duck_db=self.duck,
            ambience=self.ambience,
            loudness=self.loudness,
            both_tracks=self.both_tracks,
            fragmented=self.fragmented,
        )


def read(arguments: Sequence[str]) -> Asked:
    """Parses the command line. Wrong usage ends the process with exit code 2."""
    parser = _parser()
    asked = Asked(**vars(parser.parse_args(arguments)))
    if asked.script and _is_text(asked.video) and not _is_text(asked.script):
        parser.error(f"VIDEO comes first, and then AD: {asked.video} is a text")
    if asked.dub and not (asked.words or asked.captions):
        parser.error("--dub needs the dub's own words: give --words or --captions of it")
    if asked.command == "report" and (asked.script is None) != (asked.out is None):
        parser.error("report takes the folder of an earlier render; or VIDEO, AD and --out")
    if asked.out is not None and asked.out.suffix.lower() in _OTHER_FILES:
        parser.error(f"--out is a folder or a name that ends in .mp4, not {asked.out}")
    if asked.out is not None and legible(str(asked.out)) != str(asked.out):
        parser.error("--out is not a name in UTF-8")
    if asked.out is not None and realpath(asked.out) == realpath(asked.video):
        parser.error("--out would overwrite the video; give another name")
    if asked.stretch and not asked.clips:
        parser.error("--stretch is about recordings: give --clips too")
    return asked


def _is_text(path: Path) -> bool:
    return path.suffix.lower() in _TEXTS


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="accessible-video",
        description="Describes a video aloud, and holds the picture where a description does not fit.",
        epilog="Ends with 0, with 1 where something is refused, and with 2 for a command that is written wrongly.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    common = _common()
    render = commands.add_parser(
        "render", parents=[common], help="write the accessible video, and all that goes with it"
    )
    _video_and_script(render)
    render.add_argument("--out", type=Path, required=True, help="a folder, or the MP4's name")
    _planning(render)
    _rendering(render)
    plan = commands.add_parser("plan", parents=[common], help="show where each description would be heard")
    _video_and_script(plan)
    _planning(plan)
    plan.add_argument(
        "--estimate",
        action="store_true",
        help="speak the three longest descriptions alone, and estimate the others by their rate",
    )
    plan.add_argument("--json", action="store_true", help="the plan as JSON")
    probe = commands.add_parser("probe", parents=[common], help="show what is in a video")
    probe.add_argument("video", type=Path, metavar="VIDEO")
    _tracks(probe)
    probe.add_argument("--json", action="store_true", help="the media report as JSON")
    report = commands.add_parser(
        "report", parents=[common], help="write the page of an earlier render again, or of VIDEO and AD"
    )
    report.add_argument(
        "video", type=Path, metavar="FOLDER|VIDEO", help="what an earlier render wrote, or a video"
    )
    report.add_argument(
        "script", type=Path, nargs="?", metavar="AD", help="as for render, which is done then"
    )
    report.add_argument(
        "--out", type=Path, help="a folder, or the MP4's name, where there is no earlier render"
    )
    report.add_argument("--json", action="store_true", help="print the report as JSON too")
    _planning(report)
    _rendering(report)
    return parser


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--quiet", action="store_true", help="no progress")
    common.add_argument(
        "--cache",
        type=Path,
        default=cache_folder(),
        metavar="FOLDER",
        help="what a later call need not make again: clips, words, encoded sound (%(default)s)",
    )
    return common


def _video_and_script(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("video", type=Path, metavar="VIDEO")
    parser.add_argument("script", type=Path, metavar="AD", help="the descriptions: WebVTT, SRT or DAPT")


def _tracks(parser: argparse.ArgumentParser) -> None:
    tracks = parser.add_argument_group("the video's tracks (without these as the file marks them)")
    tracks.add_argument("--picture", type=track_number, metavar="N", help="the picture, as probe numbers it")
    tracks.add_argument(
        "--sound",
        type=track_numbers,
        default=(),
        dest="sound_tracks",
        metavar="N[,N]",
        help="the sound that is described; several mono tracks are heard as one, left first",
    )


def _planning(parser: argparse.ArgumentParser) -> None:
    _tracks(parser)
    heard = parser.add_argument_group("what is said in the video (without these it is listened to)")
    heard.add_argument("--words", type=Path, metavar="FILE", help="words with their times, JSON")
    heard.add_argument(
        "--captions", type=Path, metavar="FILE", help="WebVTT, SRT, DAPT, SCC, EBU STL or ASS; re-timed too"
    )
    heard.add_argument(
        "--source-language", type=language_code, metavar="CODE", help="of what is said (the descriptions')"
    )
    voice = parser.add_argument_group("who speaks the descriptions")
    voice.add_argument("--language", type=language_code, default="en", metavar="CODE", help="theirs (en)")
    voice.add_argument(
        "--voice", metavar="NAME", help="one of the local voices; a wrong one names those there are"
    )
    voice.add_argument(
        "--clips", type=Path, metavar="FOLDER", help="recordings, each called by its cue's id or number"
    )
    voice.add_argument("--stretch", action="store_true", help="recordings may be played faster, to 1.2")
    plan = parser.add_argument_group("the plan")
    plan.add_argument(
        "--extend",
        type=partial(one_of, Extend),
        default=Extend.ALLOW,
        metavar=names(Extend),
        help="may the picture be held? (%(default)s)",
    )
    plan.add_argument(
        "--choices", type=Path, metavar="FILE", help='decisions by cue id, JSON: {"c3": {"extend": "never"}}'
    )


def _rendering(parser: argparse.ArgumentParser) -> None:
    sound = parser.add_argument_group("the sound")
    sound.add_argument("--duck", type=decibels, default=8.0, metavar="DB", help="under a description (8)")
    sound.add_argument(
        "--ambience",
        choices=["silence", "held"],
        default="silence",
        help="while the picture waits (%(default)s)",
    )
    sound.add_argument(
        "--loudness",
        type=partial(one_of, Loudness),
        default=Loudness.PROGRAMME,
        metavar=names(Loudness),
        help="a delivery loudness; %(default)s leaves the level alone",
    )
    sound.add_argument(
        "--dub",
        type=Path,
        metavar="SOUND",
        help="the programme's sound in this language, as long as the video",
    )
    packed = parser.add_argument_group("the outputs")
    packed.add_argument("--both-tracks", action="store_true", help="carry the original sound and texts too")
    packed.add_argument("--fragmented", action="store_true", help="for streaming")
    packed.add_argument("--mp3", action="store_true", help="the descriptions alone too")
    packed.add_argument("--title", type=legible, help="for report and MP3 (the video's name)")
    packed.add_argument(
        "--profile", choices=list(PROFILES), default="netflix", help="of the quality rules (%(default)s)"
    )
