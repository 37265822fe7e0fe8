"""Opening a source for surgery: as it is where its tables allow it, else normalised once and kept in the cache. A dub
stays in a file of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from activities.media.cache import RangeCache, digest
from activities.media.contract import RenderInput
from activities.media.files.opening import ENCRYPTED
from activities.media.files.playable import track_refusal
from activities.media.mix.heard import Heard, open_dub, sound_refusal
from activities.media.mix.touched import unrounded
from activities.media.mix.voices import file_sha256
from activities.media.mp4.boxes import Encrypted, Truncated, Unreadable
from activities.media.mp4.movie import Movie, Track, read_movie
from schema.errors import MediaRefused

_EDGE = 1 << 16
_LOOKED_AT = 1000
"""Samples of a track whose sizes are compared, taken from all over it."""


@dataclass(frozen=True, slots=True)
class Source:
    """`sounds` are those that the render carries: the described one, the original where both are asked for, the
    others."""

    movie: Movie
    id: str
    picture: Track
    sounds: tuple[Heard, ...]
    picture_encoded: bool = False
    sound_encoded: bool = False
    reasons: tuple[str, ...] = ()


def open_source(inp: RenderInput, cache: RangeCache, on_progress: Callable[[float], None]) -> Source:
    """The source as a progressive MP4 whose sound can be spliced.

    Raises:
        MediaRefused: it is no video, is encrypted, or is damaged beyond reading.
    """
    opened = _open_film(inp, cache, on_progress)
    if inp.dub is None:
        return opened
    identity = fingerprint(inp.dub, inp.dub_id)
    dub = open_dub(inp.dub, identity, inp.plan.timebase.rate, cache, on_progress)
    return replace(
        opened,
        sounds=(dub.heard, *opened.sounds),
        sound_encoded=opened.sound_encoded or dub.encoded,
        reasons=(*opened.reasons, *dub.reasons),
    )


def _open_film(inp: RenderInput, cache: RangeCache, on_progress: Callable[[float], None]) -> Source:
    refused: Mapping[int, str] = {}
    movie = None
    try:
        movie = read_movie(inp.source)
        return _usable(movie, _identify(inp.source, inp.source_id, movie), inp)
    except Truncated as cut:
        raise MediaRefused(
            f"{inp.source.name} is truncated ({cut}): export it again, or use a whole copy."
        ) from cut
    except Encrypted as locked:
        raise MediaRefused(ENCRYPTED) from locked
    except _Refused as why:
        reason, refused = str(why), why.sounds
    except Unreadable as why:
        reason = str(why)
    identity = _identify(inp.source, inp.source_id, movie)
    return _normalised(inp, cache, identity, reason, refused, on_progress)


class _Refused(Unreadable):
    """`sounds` are the tracks whose packets cannot be reused, by id, and why."""

    def __init__(self, reason: str, sounds: Mapping[int, str]) -> None:
        super().__init__(reason)
        self.sounds = sounds


def _usable(movie: Movie, identity: str, inp: RenderInput) -> Source:
    pictures = [
        track for track in movie.of(b"vide") if len(track.table) and track.codec not in (b"jpeg", b"png ")
    ]
    if not pictures:
        raise Unreadable("it has no picture track")
    picture = pictures[0]
    sounds = _carried(tuple(map(unrounded, movie.of(b"soun"))), inp)
    refused = _refusals(movie, sounds, inp.plan.timebase.rate)
    reason = _picture_refusal(picture) or next(iter(refused.values()), None)
    if not sounds and (inp.dub is None or inp.options.both_tracks):
        reason = reason or "it has no sound track"
    if reason is not None:
        raise _Refused(reason, refused)
    return Source(movie, identity, picture, tuple(Heard(movie, track, identity) for track in sounds))


def _picture_refusal(picture: Track) -> str | None:
    if not picture.single_edit():
        return "the picture is put together from several edits"
    return track_refusal(picture)


def _refusals(movie: Movie, sounds: Sequence[Track], rate: int) -> dict[int, str]:
    """Why the packets of a sound track cannot be reused, by track id."""
    found = {track.id: sound_refusal(movie, track, rate) for track in sounds}
    return {number: why for number, why in found.items() if why}


def _carried(sounds: tuple[Track, ...], inp: RenderInput) -> tuple[Track, ...]:
    """The source's own: the one that is described or replaced, as often as it is heard, before the others."""
    chosen = min(inp.audio_index, len(sounds) - 1)
    times = (inp.dub is None) + inp.options.both_tracks
    return sounds[chosen : chosen + 1] * times + tuple(
        track for number, track in enumerate(sounds) if number != chosen
    )


def _normalised(
    inp: RenderInput,
    cache: RangeCache,
    identity: str,
    reason: str,
    refused: Mapping[int, str],
    on_progress: Callable[[float], None],
    sound_reason: str | None = None,
    mute: bool = False,
) -> Source:
    """`refused` are tracks to encode, by id, and why; `sound_reason` is why none may be copied, if so."""
    rate = inp.plan.timebase.rate
    key = digest("normalised", 6, identity, rate, sorted(refused.items()), sound_reason, mute)
    found = cache.find("sources", key)

    def make() -> dict[str, object]:
        from activities.media.convert.normalise import normalise

        with cache.writing("sources", key) as target:
            done = normalise(
                inp.source,
                target,
                rate,
                refused=refused,
                sound_reason=sound_reason,
                mute=mute,
                on_progress=on_progress,
            )
        return {"picture": done.picture_encoded, "sound": done.sound_encoded, "reasons": done.reasons}

    if found is None:
        cache.path("source-notes", key).unlink(missing_ok=True)
    notes = cache.value("source-notes", key, make)
    path = cache.path("sources", key)
    try:
        movie = read_movie(path)
        picture = next(track for track in movie.of(b"vide") if len(track.table))
    except (Unreadable, StopIteration, OSError) as error:
        raise MediaRefused(
            f"{inp.source.name} cannot be made into an MP4: {error or 'it has no picture'}."
        ) from error
    refusals = [sound_refusal(movie, track, rate) for track in movie.of(b"soun")]
    if not mute and (None not in refusals or (any(refusals) and sound_reason is None)):
        # What was copied cannot be spliced after all: encode it. What was encoded holds nothing: silence.
        why = next(filter(None, refusals), "none of its sound can be decoded")
        encoded = sound_reason is not None
        return _normalised(inp, cache, identity, reason, refused, on_progress, why, mute=encoded)
    usable = tuple(
        track for track, refusal in zip(movie.of(b"soun"), refusals, strict=True) if refusal is None
    )
    if not usable:
        raise MediaRefused(f"{inp.source.name} is damaged: its pictures have no time. Export it again.")
    reasons = [f"The source was made into a progressive MP4 first: {reason.rstrip('.')}.", *notes["reasons"]]
    if mute:
        reasons.append("None of its sound can be decoded: there is silence in its place.")
    elif len(usable) < len(refusals):
        reasons.append("A sound track that cannot be decoded was left out.")
    sounds = tuple(Heard(movie, track, key) for track in _carried(usable, inp))
    return Source(movie, key, picture, sounds, notes["picture"], notes["sound"], tuple(reasons))


def fingerprint(path: Path, known: str | None = None) -> str:
    """Identifies a file by its size, its head and tail, and where it is an MP4 the sizes of all its samples; where
    these tell nothing, or there are none, by the hash that is known of it, or all of it."""
    try:
        movie = read_movie(path)
    except Unreadable:
        movie = None
    return _identify(path, known, movie)


def _identify(path: Path, known: str | None, movie: Movie | None) -> str:
    """The same where the file has been read: `movie` is None where it has no tables of an MP4."""
    size = path.stat().st_size
    hasher = hashlib.sha256(f"{size} {known}".encode())
    with path.open("rb") as file:
        hasher.update(file.read(_EDGE))
        file.seek(max(0, size - _EDGE))
        hasher.update(file.read())
    if movie is not None:
        hasher.update(movie.sha256.encode())
    if known is None and (movie is None or not _told_by_sizes(movie)):
        hasher.update(file_sha256(path).encode())
    return hasher.hexdigest()


def _told_by_sizes(movie: Movie) -> bool:
    """Whether other pictures or another sound would give samples of other sizes: not where the rate is constant, but
    for a byte of padding and a shorter last one."""
    tables = [track.table for track in movie.tracks if track.handler in (b"vide", b"soun")]
    return all(len(set(table.sizes[:: len(table) // _LOOKED_AT + 1].tolist())) > 3 for table in tables)
