"""Sounds that a render takes its packets from: tracks of the source, or the dub that is heard in their place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import av

from activities.media.cache import RangeCache, digest
from activities.media.convert.encoded_sound import EncodedSound
from activities.media.files.choice import choose_sound
from activities.media.files.opening import open_media, presentation_origin
from activities.media.mix.touched import check_splice, unrounded
from activities.media.mp4.boxes import Truncated, Unreadable
from activities.media.mp4.movie import Movie, Track, read_movie
from activities.media.sound.aac import FRAME, decoded_rate
from schema.errors import MediaRefused


@dataclass(frozen=True, slots=True)
class Heard:
    """A sound track whose packets may be reused, in the file that holds them. `id` identifies the file's content."""

    movie: Movie
    track: Track
    id: str
    of: Track | None = None
    """The source's track that it was made of: its name, language and place are kept."""
    joined: bool = False
    """Whether it was made of mono tracks, of which `of` is the first."""


@dataclass(frozen=True, slots=True)
class Dub:
    """The programme's sound in another language, ready for surgery."""

    heard: Heard
    encoded: bool
    reasons: tuple[str, ...]


def open_dub(
    path: Path, identity: str, rate: int, cache: RangeCache, on_progress: Callable[[float], None]
) -> Dub:
    """The first sound track of `path`: its own packets where they are AAC-LC at `rate`, else made so once and kept in
    the cache.

    Raises:
        MediaRefused: it holds no sound, or is damaged beyond reading.
    """
    says = "The programme's sound is the dub's"
    try:
        return Dub(_spliceable(read_movie(path), rate, identity), False, (f"{says}.",))
    except Truncated as cut:
        raise MediaRefused(
            f"The dub {path.name} is truncated ({cut}): export it again, or use a whole copy."
        ) from cut
    except Unreadable as refused:
        reason = str(refused)
    key = digest("dub", 5, identity, rate)
    if cache.find("sources", key) is None:
        with cache.writing("sources", key) as target:
            _encode(path, target, rate, on_progress)
    try:
        movie = read_movie(cache.path("sources", key))
        heard = Heard(movie, movie.of(b"soun")[0], key)
    except (Unreadable, IndexError, OSError) as error:
        raise MediaRefused(f"The dub {path.name} cannot be made into AAC: {error}.") from error
    return Dub(heard, True, (f"{says}, which was encoded to AAC: {reason}.",))


def _encode(path: Path, target: Path, rate: int, on_progress: Callable[[float], None]) -> None:
    with (
        open_media(path) as media,
        av.open(str(target), "w", format="mp4", options={"fflags": "+bitexact"}) as output,
    ):
        sound = choose_sound(media)
        if not sound:
            raise MediaRefused(f"The dub {path.name} holds no sound that can be read.")
        origin = presentation_origin(media)
        writer, duration = EncodedSound(output, sound, origin, rate), (media.duration or 0) / av.time_base
        for packet in media.demux(sound):
            output.mux(writer.take(packet))
            if packet.pts is not None and packet.time_base and duration:
                on_progress(min(1.0, float(packet.pts * packet.time_base - origin) / duration))
        output.mux(writer.end())


def _spliceable(movie: Movie, rate: int, identity: str) -> Heard:
    sounds = movie.of(b"soun")
    if not sounds:
        raise Unreadable("it has no sound track")
    sound = unrounded(sounds[0])
    if refusal := sound_refusal(movie, sound, rate):
        raise Unreadable(refusal)
    return Heard(movie, sound, identity)


def sound_refusal(movie: Movie, track: Track, wanted: int) -> str | None:
    """Why the packets of a sound track cannot be reused in a plan of `wanted` ticks a second; None if they can."""
    try:
        config, rate, _ = check_splice(movie, track)
    except Unreadable as refused:
        return str(refused)
    if rate != wanted:
        return f"it has {rate} samples a second, and the plan {wanted}"
    if decoded_rate(movie.path, track.table, config) not in (None, (FRAME, rate)):
        return "the sound decodes to more than AAC-LC at its rate, as high-efficiency AAC does"
    return None
