"""A source as it is found, and what must become of each of its tracks before a render: decided here, for the render and
for its rehearsal alike."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from activities.media.files.choice import LAYOUTS, choose
from activities.media.files.opening import ENCRYPTED, open_media
from activities.media.files.playable import track_refusal
from activities.media.mix.heard import sound_refusal
from activities.media.mix.identity import identify
from activities.media.mix.touched import unrounded
from activities.media.mp4.boxes import Encrypted, Truncated, Unreadable
from activities.media.mp4.movie import Movie, Track, read_movie
from schema.contracts.media import Tracks
from schema.errors import MediaRefused
from schema.plan.rates import delivered_rate

_ENCODED_RATES = (
    96_000,
    88_200,
    64_000,
    48_000,
    44_100,
    32_000,
    24_000,
    22_050,
    16_000,
    12_000,
    11_025,
    8_000,
)
"""Samples a second that AAC has."""
_CALLED = {
    b"sbtl": "subtitles",
    b"subt": "subtitles",
    b"text": "text",
    b"clcp": "captions",
    b"tmcd": "timecode",
}


@dataclass(frozen=True, slots=True)
class Film:
    """`movie` is None where its tables cannot be used, for `why`."""

    path: Path
    movie: Movie | None
    why: str
    id: str
    tracks: Tracks

    def track(self, index: int, handler: bytes) -> Track | None:
        """The track of a stream: FFmpeg counts all of a file's, in their order."""
        if self.movie is None or not 0 <= index < len(self.movie.tracks):
            return None
        found = self.movie.tracks[index]
        return found if found.handler == handler and len(found.table) else None


@dataclass(frozen=True, slots=True)
class SoundTreatment:
    """One of its sounds. `own` is its track, with packets that can be spliced; else they are copied into a file of
    their own first, or encoded, for `reason`."""

    indices: tuple[int, ...]
    rate: int
    own: Track | None = None
    copied: bool = False
    reason: str = ""

    @property
    def sentence(self) -> str:
        if len(self.indices) > 1:
            listed = ", ".join(map(str, self.indices[:-1])) + f" and {self.indices[-1]}"
            return f"Mono tracks {listed} were made into one sound and encoded to AAC."
        return f"Sound track {self.indices[0]} was encoded to AAC: {self.reason.rstrip('.')}."


@dataclass(frozen=True, slots=True)
class Treatment:
    """`picture` is its track where its own tables are used; else it is copied into an MP4, or encoded, for
    `picture_reason`."""

    picture: Track | None
    picture_reason: str
    sounds: tuple[SoundTreatment, ...]


def read_film(path: Path, known_id: str | None, tracks: Tracks | None) -> Film:
    """`known_id` is a hash of its content, where there is one; `tracks` those of its media report.

    Raises:
        MediaRefused: it is encrypted, truncated, or has no picture.
    """
    movie, why = None, ""
    try:
        movie = read_movie(path)
    except Truncated as cut:
        raise MediaRefused(
            f"{path.name} is truncated ({cut}): export it again, or use a whole copy."
        ) from cut
    except Encrypted as locked:
        raise MediaRefused(ENCRYPTED) from locked
    except Unreadable as reason:
        why = str(reason)
    identity = identify(path, known_id, movie)
    if tracks is None:
        with open_media(path) as media:
            tracks = choose(media).tracks
    film = Film(path, movie, why, identity, tracks)
    if movie is not None and film.track(tracks.picture, b"vide") is None:
        film = Film(path, None, "its tracks are not told as they must be", identity, tracks)
    return film


def treat(film: Film, rate: int, *, without_first: bool = False) -> Treatment:
    """`rate` is the plan's, of the first sound; `without_first` where nobody hears that one."""
    own, reason = None, film.why
    if film.movie is not None:
        own = film.track(film.tracks.picture, b"vide")
        assert own is not None
        reason = _picture_refusal(own) or ""
    groups = film.tracks.sounds[1:] if without_first else film.tracks.sounds
    first = None if without_first else next(iter(film.tracks.sounds), None)
    sounds = tuple(_treat_sound(film, group, rate if group is first else None) for group in groups)
    return Treatment(None if reason else own, reason, sounds)


def _treat_sound(film: Film, indices: tuple[int, ...], wanted: int | None) -> SoundTreatment:
    """`wanted` is the rate of the described sound; others keep their own."""
    if len(indices) > 1:
        if len(indices) not in LAYOUTS:
            raise MediaRefused(f"{len(indices)} mono tracks are no layout: choose 2, 3, 4, 5, 6 or 8.")
        return SoundTreatment(indices, wanted or _rate_of(film, indices[0]))
    (index,) = indices
    if film.movie is None:
        from activities.media.convert.packet_copy import copy_refusal  # seldom needed, and slow to load

        rate = wanted or _rate_of(film, index)
        refusal = copy_refusal(film.path, index, rate)
        return SoundTreatment(indices, rate, copied=refusal is None, reason=refusal or "")
    track = film.track(index, b"soun")
    if track is not None:
        even = unrounded(track)
        rate = wanted or _own_rate(film, index, even)
        refusal = sound_refusal(film.movie, even, rate)
        if refusal is None:
            return SoundTreatment(indices, rate, own=even)
        return SoundTreatment(indices, rate, reason=refusal)
    rate = wanted or _rate_of(film, index)
    return SoundTreatment(indices, rate, reason="it is no AAC-LC")


def _own_rate(film: Film, index: int, track: Track) -> int:
    return track.timescale if track.codec == b"mp4a" else _rate_of(film, index)


def _rate_of(film: Film, index: int) -> int:
    """At which a sound is encoded that is not described: its own, where AAC has it."""
    with open_media(film.path) as media:
        stream = next(stream for stream in media.streams.audio if stream.index == index)
        rate: int = stream.codec_context.sample_rate
    return rate if rate in _ENCODED_RATES else delivered_rate(rate)


def _picture_refusal(picture: Track) -> str | None:
    if not picture.single_edit():
        return "the picture is put together from several edits"
    entries = picture.entries_used()
    # Where their sizes differ too, players do not agree on what is seen: it plays as its source does.
    if len({entry.raw for entry in entries}) > 1 and len({entry.unpack("HH", 24) for entry in entries}) == 1:
        return "the picture goes on in another format on the way, which browsers do not follow"
    return track_refusal(picture)


def in_pieces(movie: Movie) -> Iterator[str]:
    """Texts and data whose samples are not shown one after another, which are left out."""
    for number, track in enumerate(movie.tracks):
        if track.handler not in (b"vide", b"soun") and len(track.table) and not track.single_edit():
            what = _CALLED.get(track.handler, "data")
            yield f"Track {number} ({what}) is put together from several edits: it was left out."
