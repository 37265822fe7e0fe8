"""Opening a source for surgery: every track as it is where its tables allow it, else made once into a file of the cache
that does. A dub stays in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction

from activities.media.cache import RangeCache, digest
from activities.media.contract import RenderInput
from activities.media.mix.film import Film, SoundTreatment, Treatment, in_pieces, read_film, treat
from activities.media.mix.heard import Heard, open_dub, sound_refusal
from activities.media.mix.identity import fingerprint
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.movie import Movie, Track, read_movie
from schema.contracts.media import Tracks
from schema.errors import MediaRefused
from schema.plan.model import Plan

_VERSION = 5
"""Of the files that are made of a source: raised when they would come out otherwise."""


@dataclass(frozen=True, slots=True)
class Source:
    """`movie` holds `picture` and everything that is neither picture nor sound. `sounds` are those that the render
    carries: the described one, the original where both are asked for, the others."""

    movie: Movie
    id: str
    picture: Track
    sounds: tuple[Heard, ...]
    tracks: Tracks
    """Of the source, which were used."""
    encoded: tuple[Movie, Track] | None = None
    """The picture in a file of its own, which takes the place of `picture`."""
    picture_encoded: bool = False
    sound_encoded: bool = False
    reasons: tuple[str, ...] = ()


def open_source(
    inp: RenderInput,
    cache: RangeCache,
    on_progress: Callable[[float], None],
    *,
    most_packets: int | None = None,
) -> Source:
    """The source with a picture whose tables can be re-timed, and sounds that can be spliced. With `most_packets` no
    more than the beginning is made of what must be made: for a rehearsal.

    Raises:
        MediaRefused: it is no video, is encrypted, or is damaged beyond reading.
    """
    film, rate = read_film(inp.source, inp.source_id, inp.tracks), inp.plan.timebase.rate
    unheard = inp.dub is not None and not inp.options.both_tracks
    made = _Made(film, treat(film, rate, without_first=unheard), cache, on_progress, most_packets)
    opened = made.open(inp.plan, needs_sound=not unheard)
    if inp.dub is None:
        times = 1 + inp.options.both_tracks
        return replace(opened, sounds=opened.sounds[:1] * times + opened.sounds[1:])
    identity = fingerprint(inp.dub, inp.dub_id)
    dub = open_dub(inp.dub, identity, rate, cache, on_progress)
    return replace(
        opened,
        sounds=(dub.heard, *opened.sounds),
        sound_encoded=opened.sound_encoded or dub.encoded,
        reasons=(*opened.reasons, *dub.reasons),
    )


class _Made:
    """A film with everything that had to be made of it."""

    def __init__(
        self,
        film: Film,
        treatment: Treatment,
        cache: RangeCache,
        on_progress: Callable[[float], None],
        most_packets: int | None,
    ) -> None:
        self.most_packets = most_packets
        self.film, self.treatment, self.cache, self.on_progress = film, treatment, cache, on_progress
        self.reasons: list[str] = []

    def open(self, plan: Plan, *, needs_sound: bool) -> Source:
        self._make(self.treatment.sounds, picture=self.treatment.picture is None)
        source = self._picture()
        found = [self._sound(sound) for sound in self.treatment.sounds]
        heard = tuple(one for one, _ in found if one is not None)
        encoded = any(was for _, was in found)
        if (not found or found[0][0] is None) and needs_sound:
            heard, encoded = (self._silence(source, plan), *heard), True
        reasons = (*source.reasons, *self.reasons, *self.film.tracks.left, *in_pieces(source.movie))
        return replace(source, sounds=heard, sound_encoded=encoded, reasons=reasons)

    def _picture(self) -> Source:
        film, picture = self.film, self.treatment.picture
        if picture is not None:
            assert film.movie is not None
            return Source(film.movie, film.id, picture, (), film.tracks)
        key = self._picture_key
        notes = self.cache.value("source-notes", key, dict)
        try:
            movie, track = self._made(key, b"vide")
        except Unreadable:
            track = None
        if track is None:
            raise MediaRefused(f"No picture of {film.path.name} can be decoded. Export it again.")
        anchor = film.track(film.tracks.picture, b"vide")
        if film.movie is not None and anchor is not None:
            return Source(
                film.movie,
                key,
                anchor,
                (),
                film.tracks,
                encoded=(movie, track),
                picture_encoded=True,
                reasons=tuple(notes["reasons"]),
            )
        because = f"The source was made into a progressive MP4 first: {film.why.rstrip('.')}."
        reasons = (because, *notes["reasons"])
        return Source(movie, key, track, (), film.tracks, picture_encoded=notes["encoded"], reasons=reasons)

    @property
    def _picture_key(self) -> str:
        return digest("picture", _VERSION, self.film.id, self.film.tracks.picture)

    def _sound_key(self, sound: SoundTreatment) -> str:
        return digest("sound", _VERSION, self.film.id, sound.indices, sound.rate, sound.copied)

    def _make(self, sounds: Sequence[SoundTreatment], *, picture: bool) -> None:
        """All that the cache lacks, in one reading of the source."""
        from activities.media.convert.normalise import (  # seldom needed, and slow to load
            SoundWanted,
            normalise,
        )

        film, cache, key = self.film, self.cache, self._picture_key
        lacking = [s for s in sounds if s.own is None and cache.find("sources", self._sound_key(s)) is None]
        if picture:
            kept = cache.find("sources", key) and cache.find("source-notes", key)
            picture = not kept
        if not lacking and not picture:
            return
        with ExitStack() as stack:
            target = stack.enter_context(cache.writing("sources", key)) if picture else None
            wanted = [
                SoundWanted(
                    sound.indices,
                    stack.enter_context(cache.writing("sources", self._sound_key(sound))),
                    sound.rate,
                    sound.copied,
                )
                for sound in lacking
            ]
            reason = self.treatment.picture_reason if film.movie is not None else None
            because = reason[:1].upper() + reason[1:] if reason else None
            done = normalise(
                film.path,
                film.tracks,
                target,
                wanted,
                self.on_progress,
                because=because,
                alone=film.movie is None,
                most_packets=self.most_packets,
            )
        if picture:
            cache.path("source-notes", key).unlink(missing_ok=True)
            cache.value(
                "source-notes", key, lambda: {"encoded": done.picture_encoded, "reasons": done.reasons}
            )

    def _sound(self, sound: SoundTreatment) -> tuple[Heard | None, bool]:
        """With whether it was encoded."""
        film = self.film
        if sound.own is not None:
            assert film.movie is not None
            return Heard(film.movie, sound.own, film.id), False
        key = self._sound_key(sound)
        refusal = "nothing of it can be decoded"
        try:
            movie, track = self._made(key, b"soun")
        except Unreadable:  # as an MP4 is in which nothing was written
            track = None
        if track is not None:
            refusal = sound_refusal(movie, track, sound.rate) or ""
        if not refusal and track is not None:
            if not sound.copied:
                self.reasons.append(sound.sentence)
            of = film.track(sound.indices[0], b"soun")
            return Heard(movie, track, key, of, len(sound.indices) > 1), not sound.copied
        if sound.copied:  # what was copied cannot be spliced after all
            encoded = replace(sound, copied=False, reason=refusal)
            self._make((encoded,), picture=False)
            return self._sound(encoded)
        self.reasons.append(f"Sound track {sound.indices[0]} was left out: {refusal}.")
        return None, False

    def _made(self, key: str, handler: bytes) -> tuple[Movie, Track | None]:
        movie = read_movie(self.cache.path("sources", key))
        return movie, next((track for track in movie.of(handler) if len(track.table)), None)

    def _silence(self, source: Source, plan: Plan) -> Heard:
        """A silent track as long as the picture; a damaged one may say that it lasts for days."""
        from activities.media.convert.normalise import write_silence

        movie, track = source.encoded or (source.movie, source.picture)
        rate = plan.timebase.rate
        seconds = min(_shown(movie, track), Fraction(plan.duration, rate) + 1)
        key = digest("silence", _VERSION, rate, seconds)
        if self.cache.find("sources", key) is None:
            with self.cache.writing("sources", key) as target:
                write_silence(target, rate, seconds)
        made, silent = self._made(key, b"soun")
        assert silent is not None
        if self.film.tracks.sounds:
            self.reasons.append("None of its sound can be decoded: there is silence in its place.")
        else:
            self.reasons.append("It has no sound: there is silence in its place.")
        return Heard(made, silent, key)


def _shown(movie: Movie, track: Track) -> Fraction:
    """Seconds from the beginning to the last picture's end."""
    table = track.table
    start = max(0, int(table.cts.min()) - track.media_time)
    length = table.end - int(table.dts[0]) + start
    told = next((edit.length for edit in track.edits if edit.media_time >= 0 and edit.length), None)
    seconds = Fraction(length, track.timescale)
    if told is not None:
        seconds = min(seconds, Fraction(told, movie.timescale))
    return track.lead(movie.timescale) + seconds
