"""All tracks of the output, put together: pictures, sounds, the source's text and chapters, and texts to embed."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from activities.media.contract import RenderInput
from activities.media.convert.constant import ConstantPicture
from activities.media.files.languages import english_name, iso_639_2
from activities.media.mix.programme import SplicedSound
from activities.media.mix.source import Source
from activities.media.mp4.boxes import Box, Unreadable, box, full_box
from activities.media.mp4.movie import Movie, Track
from activities.media.mp4.projection import with_projection
from activities.media.mp4.trak import OutTrack
from activities.media.render.embed import chapter_list, text_track
from activities.media.render.picture import Retimed, lasting, retime_other, retime_picture
from activities.media.render.timecode import from_its_beginning
from activities.media.timeline import Timeline

_DROPPED = (b"hint",)
_SEEN_AND_HEARD = (b"vide", b"soun")


@dataclass(frozen=True, slots=True)
class Assembly:
    tracks: tuple[OutTrack, ...]
    inputs: tuple[Path, ...]
    udta: bytes
    picture_shifts: tuple[tuple[int, int], ...]

    @property
    def duration(self) -> Fraction:
        """Seconds, of what ends last that is seen or heard: subtitles that go on are not waited for."""
        return _end_of(track for track in self.tracks if track.handler in _SEEN_AND_HEARD)


def _end_of(tracks: Iterable[OutTrack]) -> Fraction:
    return max(track.lead + Fraction(track.length, track.timescale) for track in tracks)


def assemble(
    inp: RenderInput,
    source: Source,
    timeline: Timeline,
    sounds: Sequence[SplicedSound],
    constant: ConstantPicture | None = None,
) -> Assembly:
    """Every track with its samples' places in `inputs` (0 is the source). `constant` takes the picture's place."""
    movie, rate = source.movie, inp.plan.timebase.rate
    inputs = [movie.path, *(path for sound in sounds for path in sound.inputs)]
    heard = max((_seconds_of(sound) for sound in sounds[:1]), default=Fraction(0)) - Fraction(
        timeline.added, rate
    )
    own = lasting(source.picture, movie, heard)
    picture = retime_picture(movie, own, timeline, rate)
    tracks = [_from_source(own, picture)]
    if constant is not None:
        picture = retime_picture(constant.movie, constant.track, Timeline(()), rate)
        tracks = [_in_place(movie, tracks[0], constant.track, picture, len(inputs))]
        inputs.append(constant.movie.path)
    elif source.encoded is not None:
        made, track = source.encoded
        picture = retime_picture(made, track, timeline, rate)
        tracks = [_in_place(movie, tracks[0], track, picture, len(inputs))]
        inputs.append(made.path)
    tracks[0].enabled = True
    used = {track.id for track in movie.tracks}
    carried = set[int]()
    for place, sound in enumerate(sounds):
        wanted = sound.sound.track.id if sound.own else sound.of.id if sound.of else None
        number = wanted if wanted is not None and wanted not in carried else max(used) + 1
        used.add(number)
        carried.add(number)
        original = place == 1 and inp.options.both_tracks
        tracks.append(_sound_track(inp, sound, number, original=original))
        if len(sounds) > 1:
            tracks[-1].alternate_group = _free_group(movie)
    for other, path in _others(inp, source, timeline):
        if path is not None:
            other.files[0] = len(inputs)
            inputs.append(path)
        tracks.append(other)
    end_ms = int(_end_of(track for track in tracks if track.handler in _SEEN_AND_HEARD) * 1000)
    for text in inp.texts:
        number = max(used) + 1
        used.add(number)
        text_made, path = text_track(text, number, len(inputs), inp.cache, end_ms)
        tracks.append(text_made)
        inputs.append(path)
    kept = {track.id for track in tracks}
    for out, track in ((out, track) for out in tracks for track in movie.tracks if track.id == out.id):
        out.references = _references(track, kept)
    return Assembly(tuple(tracks), tuple(inputs), _udta(inp, source, timeline), picture.shifts_ms)


def _seconds_of(sound: SplicedSound) -> Fraction:
    return sound.lead + Fraction(sound.length, sound.sound.rate)


def _others(inp: RenderInput, source: Source, timeline: Timeline) -> Iterator[tuple[OutTrack, Path | None]]:
    """Texts, chapters, timecode and data of the source; with the file of a first sample that was made anew."""
    movie, rate = source.movie, inp.plan.timebase.rate
    chapter_ids = {number for track in movie.tracks for number in track.references(b"chap")}
    for track in movie.tracks:
        if track.handler in (b"vide", b"soun") or track.handler in _DROPPED or not len(track.table):
            continue
        if not track.single_edit():  # said in the report
            continue
        if inp.chapters is not None and track.id in chapter_ids:
            continue
        begun = from_its_beginning(track, movie.path, inp.cache)
        whole, path = begun or (track, None)
        retimed = retime_other(movie, whole, timeline, rate, at_pause_stays=track.id in chapter_ids)
        yield _from_source(whole, retimed), path


def _in_place(movie: Movie, old: OutTrack, track: Track, retimed: Retimed, file: int) -> OutTrack:
    """A picture that was made, its samples beside the sound of their time as the old ones were."""
    made = replace(_from_source(track, retimed), id=old.id)
    if old.header is not None:
        made.stsd, made.header = with_projection(track.stsd, track.trak, old.header)
    made.files = np.full(len(made.table), file, np.uint16)
    made.order = np.interp(
        made.table.dts / made.timescale, old.table.dts / old.timescale, old.table.offsets.astype(np.float64)
    )
    if movie.turned:  # the picture that was made is turned by both already
        made.matrix = old.header.need(b"tkhd").content[-44:-8] if old.header else None
    return made


def _from_source(track: Track, retimed: Retimed) -> OutTrack:
    count = len(retimed.table)
    return OutTrack(
        id=track.id,
        handler=track.handler,
        timescale=retimed.timescale or track.timescale,
        table=retimed.table,
        files=np.zeros(count, np.uint16),
        order=retimed.table.offsets.astype(np.float64),
        stsd=track.stsd.raw,
        header=track.trak,
        media_time=retimed.media_time,
        length=retimed.length,
        lead=retimed.lead,
    )


def _sound_track(inp: RenderInput, sound: SplicedSound, number: int, *, original: bool) -> OutTrack:
    track = sound.sound.track
    made = OutTrack(
        id=number,
        handler=b"soun",
        timescale=track.timescale,
        table=sound.table,
        files=sound.files,
        order=sound.order,
        stsd=track.stsd.raw,
        header=(sound.of or track).trak,
        media_time=sound.media_time,
        length=sound.length,
        lead=sound.lead,
        same_samples=False,
        enabled=sound.described,
        centred=sound.joined,
    )
    if sound.described:
        made.title = _title("Audio description", inp.language)
        made.language = iso_639_2(inp.language) if inp.language != "und" else None
    elif original:
        made.title = _title("Original", (sound.of or track).language)
    return made


def _free_group(movie: Movie) -> int:
    """Of the sounds, of which a player plays one: no other track's, for that would go when one of them comes."""
    heads = (track.trak.need(b"tkhd") for track in movie.tracks if track.handler != b"soun")
    taken = {int.from_bytes(head.content[-50:-48], "big") for head in heads}
    return next(group for group in range(1, len(taken) + 2) if group not in taken)


def _title(what: str, language: str) -> str:
    name = english_name(language)
    return f"{what}, {name}" if name else what


def _references(track: Track, kept: set[int]) -> tuple[tuple[bytes, tuple[int, ...]], ...]:
    tref = track.trak.find(b"tref")
    found = []
    for reference in tref.children() if tref else ():
        ids = tuple(number for number in track.references(reference.kind) if number in kept)
        if ids:
            found.append((reference.kind, ids))
    return tuple(found)


def _udta(inp: RenderInput, source: Source, timeline: Timeline) -> bytes:
    """The source's user data with its chapter list re-timed, or the given chapters in its place."""
    old = source.movie.moov.find(b"udta")
    try:
        parts = [child.raw for child in old.children() if child.kind != b"chpl"] if old else []
    except Unreadable:  # a title is not worth a refusal
        old, parts = None, []
    if inp.chapters is not None:
        parts.append(chapter_list(inp.chapters))
    elif old and (chpl := old.find(b"chpl")):
        parts.append(_retimed_list(chpl, timeline, inp.plan.timebase.rate))
    return box(b"udta", *parts) if parts else b""


def _retimed_list(chpl: Box, timeline: Timeline, rate: int) -> bytes:
    """Nero's chapter list: starts in units of 100 ns. A chapter that starts at a pause stays before it."""
    head = 9 if chpl.version else 5
    at, rows = head, []
    for _ in range(chpl.unpack("B", head - 1)[0]):
        start, length = chpl.unpack("QB", at)
        ticks = (start * rate + 5_000_000) // 10_000_000
        moved = timeline.to_render(ticks, held=True) - ticks
        rows.append(
            struct.pack(">Q", start + moved * 10_000_000 // rate) + chpl.content[at + 8 : at + 9 + length]
        )
        at += 9 + length
    return full_box(b"chpl", chpl.version, 0, chpl.content[4:head], *rows)
