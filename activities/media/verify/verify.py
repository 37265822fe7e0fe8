"""Is the accessible video what was planned? Opened and demuxed whole by FFmpeg, and compared with the source as FFmpeg
reads that, and with the time map; its first picture is decoded, and where pictures are not the source's, bit for bit,
its last and those at every hold too. No code of the writer's is used, so that a fault of its has to be made twice to pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from activities.media.contract import RenderDiffers, RenderInput, RenderResult
from activities.media.verify.decoding import undecodable
from activities.media.verify.reading import Reading, read

_SLACK_S = 0.0025
"""Clocks of a millisecond round, and so does FFmpeg's reading of an edit list."""
_SOUND_SLACK_S = 0.06
"""A packet or two: sound ends in whole ones."""
_HIDDEN_S = 0.25
"""What an edit list hides at the end of a sound, FFmpeg counts in fragments."""
_UNTOLD = 2
_COPIED_TAGS = {
    "h264": {"avc1", "avc3"},
    "hevc": {"hvc1", "hev1", "dvh1", "dvhe"},
    "vp9": {"vp09"},
    "av1": {"av01"},
}

Times = NDArray[np.float64]
ReadSource = Callable[[Path, int, tuple[int, ...]], Reading]
"""What FFmpeg reads of a source: its picture, and the sounds that are described, by their indices."""


def verify(
    inp: RenderInput,
    result: RenderResult,
    on_progress: Callable[[float], None] = lambda share: None,
    read_source: ReadSource = read,
) -> None:
    """`read_source` is asked once, in a thread beside.

    Raises:
        RenderDiffers: what of the render is not as planned.
    """
    try:
        described = result.tracks.sounds[0] if result.tracks.sounds and inp.dub is None else ()
        with ThreadPoolExecutor(1) as beside:  # FFmpeg leaves Python's lock to the other while it reads
            was = beside.submit(read_source, inp.source, result.tracks.picture, described)
            made, source = read(result.path), was.result()
    except (av.FFmpegError, LookupError) as error:
        raise _differs(f"The accessible video cannot be read again: {error}.") from error
    on_progress(0.5)
    differences = [
        *_pictures(inp, result, source, made),
        *_looks(result, source, made),
        *_sounds(inp, result, source, made),
    ]
    if not differences:
        differences += _decoded(inp, result, source, made, lambda share: on_progress(0.5 + 0.5 * share))
    if differences:
        raise _differs(*differences)


def _differs(*differences: str) -> RenderDiffers:
    listed = " ".join(differences)
    error = RenderDiffers(f"The accessible video is not what was planned, and was not delivered. {listed}")
    error.differences = differences
    return error


def _held(inp: RenderInput, result: RenderResult) -> list[tuple[float, float, float]]:
    """(where in the source, how long, by how much earlier the picture is held), in seconds, of every pause."""
    rate, shifts = inp.plan.timebase.rate, dict(result.report.picture_shift_ms)
    pauses = sorted(inp.plan.pauses, key=lambda pause: pause.at)
    return [
        (pause.at / rate, pause.ticks / rate, shifts.get(number, 0) / 1000)
        for number, pause in enumerate(pauses)
    ]


def _moved(times: Times, holds: list[tuple[float, float, float]]) -> tuple[Times, NDArray[np.bool_]]:
    """Where each picture is shown by the plan, and which are so near a hold that rounding decides."""
    first = float(times[0])
    added, near = np.zeros_like(times), np.zeros(len(times), np.bool_)
    for at, length, earlier in holds:
        passed = times >= max(at - earlier, first + _SLACK_S / 10)
        passed[0] = False
        added += np.where(passed, length, 0.0)
        near |= np.abs(times - (at - earlier)) <= _SLACK_S / 2
    moved = times + added
    moved[0] = 0.0  # one that begins late is shown from 0 on
    return moved, near


def _pictures(inp: RenderInput, result: RenderResult, source: Reading, made: Reading) -> Iterator[str]:
    shown, holds = made.picture.shown, _held(inp, result)
    if not len(shown) or not len(source.picture.shown):
        yield "It has no picture."
        return
    if abs(float(shown[0])) > _SLACK_S:
        yield f"Its first picture is shown at {shown[0]:.3f} s."
    if result.report.picture == "copied":
        yield from _copied(source, made, holds)
    else:
        yield from _encoded(inp, source, made, holds)


def _copied(source: Reading, made: Reading, holds: list[tuple[float, float, float]]) -> Iterator[str]:
    was, now = source.picture.shown, made.picture.shown
    # Where an edit list begins before the first picture, what is left out at its end is not.
    if not len(was) <= len(now) <= len(was) + source.picture.hidden:
        yield f"It has {len(now)} pictures, and the source {len(was)}."
        return
    now = now[: len(was)]
    # A transport stream whose clock began anew in it starts before 0.
    begins = float(source.start) if float(source.start) > 0 or not source.in_mp4 else 0.0
    worst = [_worst(was - begin, now, holds) for begin in dict.fromkeys((0.0, begins))]
    off, number, wanted = min(worst)
    if off > _SLACK_S:
        yield f"Picture {number} is shown at {now[number]:.3f} s, and is planned at {wanted:.3f} s."


def _worst(was: Times, now: Times, holds: list[tuple[float, float, float]]) -> tuple[float, int, float]:
    """(by how much the furthest is off; which is the first that is off, and where it should be)"""
    moved, near = _moved(was, holds)
    off = np.where(near, 0.0, np.abs(now - moved))
    number = int((off > _SLACK_S).argmax())
    return float(off.max()), number, float(moved[number])


def _encoded(
    inp: RenderInput, source: Reading, made: Reading, holds: list[tuple[float, float, float]]
) -> Iterator[str]:
    now = made.picture.shown
    usual = float(np.median(np.diff(now))) if len(now) > 1 else 0.04
    if not inp.options.constant_frame_rate:
        starts = 0.0
        for at, length, _ in holds:
            begins = at + starts
            inside = now[(now > begins + usual + _SLACK_S) & (now < begins + length - usual - _SLACK_S)]
            if len(inside) and begins < float(now[-1]):
                yield f"A picture comes at {inside[0]:.3f} s, where one is held."
            starts += length
    begins = float(source.start) if not source.in_mp4 else 0.0
    last = float(_moved(source.picture.shown - begins, holds)[0][-1])
    if float(now[-1]) < last - 3 * usual - _SLACK_S:
        yield f"Its last picture is shown at {now[-1]:.3f} s, and is planned at {last:.3f} s."


def _looks(result: RenderResult, source: Reading, made: Reading) -> Iterator[str]:
    was, now = source.picture, made.picture
    if result.report.picture == "copied":
        if was.codec != now.codec:
            yield f"Its picture is {now.codec}, and the source's {was.codec}."
        # An MP4's own mark stays; one that had to be made again has what all players take.
        made_again = {"hvc1"} if now.codec == "hevc" else set()
        tags = {was.tag} | made_again if source.in_mp4 else _COPIED_TAGS.get(now.codec, {now.tag})
        if now.tag not in tags:
            yield f"Its picture is marked as {now.tag}, and the source's is {was.tag}."
    if was.aspect != now.aspect and not _alike(was.aspect, now.aspect):
        yield f"Its pixels are {now.aspect} wide, and the source's {was.aspect}."
    if was.rotation != now.rotation:
        yield f"It is turned by {now.rotation} degrees, and the source by {was.rotation}."
    if was.mirrored != now.mirrored:
        yield (
            "It is mirrored, and the source is not."
            if now.mirrored
            else "It is not mirrored as the source is."
        )
    names = ("primaries", "transfer", "matrix")
    for name, told, kept in zip(names, was.colour, now.colour, strict=True):
        if told != kept and told not in (0, _UNTOLD):
            yield f"Its colour {name} are {kept}, and the source's {told}."


def _alike(one: Fraction, other: Fraction) -> bool:
    return abs(one - other) < Fraction(1, 1000)


def _sounds(inp: RenderInput, result: RenderResult, source: Reading, made: Reading) -> Iterator[str]:
    if not made.sounds:
        yield "It has no sound."
        return
    described, rate = made.sounds[0], inp.plan.timebase.rate
    told = Fraction(result.duration, rate)
    if not -max(_SOUND_SLACK_S, _last_length(source)) <= float(made.lasts - told) <= _HIDDEN_S:
        yield f"It lasts {float(made.lasts):.3f} s, and {float(told):.3f} s were planned."
    planned = Fraction(inp.plan.duration + inp.plan.added, rate)
    spoken = max((p.start + p.length for p in inp.plan.placements if p.length), default=0)
    if float(described.end) + _SOUND_SLACK_S < spoken / rate:
        yield f"Its sound ends at {float(described.end):.3f} s, before its last description does."
    longest = max(float(planned), spoken / rate)
    if float(described.end) > longest + 1 and float(described.end) > made.picture.end + 1:
        yield f"Its sound ends at {float(described.end):.3f} s, long after {longest:.3f} s."
    yield from _ends(inp, result, source, made)
    if inp.language != "und" and described.language == "und" and len(inp.language.split("-")[0]) == 2:
        yield "The language of its described sound is not told."
    others = [
        source.languages[group[0]] for group in result.tracks.sounds[1:] if group[0] in source.languages
    ]
    kept = [sound.language for sound in made.sounds[1:]]
    if lost := [language for language in others if language not in kept]:
        left_out = len(made.sounds) - 1 < len(result.tracks.sounds) - 1
        if not left_out:
            yield f"The language {lost[0]} of a sound of the source is not told."


def _last_length(source: Reading) -> float:
    """How long the last picture is shown, where nothing tells: as long as the one before it, in seconds."""
    shown = source.picture.shown
    return float(shown[-1] - shown[-2]) if len(shown) > 1 else 0.0


def _ends(inp: RenderInput, result: RenderResult, source: Reading, made: Reading) -> Iterator[str]:
    """Sound and picture part no more than they do in the source."""
    if not source.sounds:
        return
    begins = float(source.start)
    if source.in_mp4:  # what an edit list leaves out is not heard; FFmpeg counts it of fragments alone
        begins = min(0.0, begins) if source.starts_at_0 else max(0.0, begins)
    told = max(float(sound.end) for sound in source.sounds) - begins
    ends = told + sum(length for at, length, _ in _held(inp, result) if at <= told)
    slack = _SOUND_SLACK_S if result.report.sound == "spliced" else 4 * _SOUND_SLACK_S
    if float(made.sounds[0].end) < ends - slack:
        yield f"Its sound ends at {float(made.sounds[0].end):.3f} s, and is planned to end at {ends:.3f} s."


def _decoded(
    inp: RenderInput,
    result: RenderResult,
    source: Reading,
    made: Reading,
    on_progress: Callable[[float], None],
) -> Iterator[str]:
    """The first and the last picture, and the two at each hold, where a decoder could show anything else than it does of
    the source. One that is damaged in the source may be so here."""
    if _same_pictures(source, made):  # of the same packets a decoder makes the same pictures
        if source.picture.decodes and not made.picture.decodes:
            yield "No picture of it can be decoded."
        return
    shown, was = made.picture.shown, source.picture.shown
    wanted = {0, len(shown) - 1}
    for _, render, _ in result.time_map[1:]:
        after = int(np.searchsorted(shown, render / result.rate - _SLACK_S))
        wanted |= {max(0, after - 1), min(after, len(shown) - 1)}
    for at in undecodable(result.path, [float(shown[number]) for number in sorted(wanted)], on_progress):
        number = int(np.abs(shown - at).argmin())
        copied = result.report.picture == "copied" and number < len(was)
        if not (copied and undecodable(inp.source, [float(was[number])], picture=result.tracks.picture)):
            yield f"Its picture at {at:.3f} s cannot be decoded."


def _same_pictures(source: Reading, made: Reading) -> bool:
    """Whether every packet is the source's, in its order, for a decoder that is set up alike."""
    was, now = source.picture, made.picture
    return was.setup == now.setup and np.array_equal(was.sums, now.sums)
