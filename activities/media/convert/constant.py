"""Pictures at a constant rate, for a deployment that asks for it: a held picture is then said again and again.

A hold by the tables alone is one long picture, which is a variable rate. So here the picture is encoded on the
render's own timeline; sound and everything else are treated as ever.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate

import av

from activities.media.cache import RangeCache, digest
from activities.media.contract import RenderInput
from activities.media.convert.times import CLOCK
from activities.media.convert.transcode import EncodedPicture, first_picture, untold_order
from activities.media.files.choice import choose
from activities.media.files.opening import open_media, presentation_origin
from activities.media.mp4.boxes import Unreadable
from activities.media.mp4.movie import Movie, Track, read_movie
from activities.media.timeline import Timeline
from schema.errors import MediaRefused


@dataclass(frozen=True, slots=True)
class ConstantPicture:
    """The picture of the whole render, in a file of its own."""

    movie: Movie
    track: Track
    notes: tuple[str, ...]
    """What became of its pictures beside."""

    @property
    def reasons(self) -> tuple[str, ...]:
        table = self.track.table
        rate = Fraction(len(table) * self.track.timescale, table.end - int(table.dts[0]))
        return (
            "A constant frame rate was asked for: the picture was encoded to H.264 at "
            f"{float(rate):.5g} pictures a second, and a held one is repeated.",
            *self.notes,
        )


def constant_picture(
    inp: RenderInput,
    identity: str,
    timeline: Timeline,
    cache: RangeCache,
    on_progress: Callable[[float], None],
) -> ConstantPicture:
    """From the cache, or encoded. `identity` is the source's.

    Raises:
        MediaRefused: the picture cannot be decoded.
    """
    rate = inp.plan.timebase.rate
    key = digest(
        "constant", 6, identity, inp.tracks, rate, [(pause.at, pause.ticks) for pause in timeline.pauses]
    )
    notes: Sequence[str] = ()
    if cache.find("pictures", key) is None:
        with cache.writing("pictures", key) as target:
            options = {"movie_timescale": str(CLOCK), "fflags": "+bitexact"}
            with av.open(str(target), "w", format="mp4", options=options) as output:
                notes = _encode(inp, timeline, output, on_progress)
        cache.path("picture-notes", key).unlink(missing_ok=True)
    told = cache.value("picture-notes", key, lambda: [*notes])
    try:
        movie = read_movie(cache.path("pictures", key))
        return ConstantPicture(movie, movie.of(b"vide")[0], tuple(told))
    except (Unreadable, IndexError) as error:
        raise MediaRefused(f"No picture of {inp.source.name} can be decoded. Export it again.") from error


def _encode(
    inp: RenderInput,
    timeline: Timeline,
    output: av.container.OutputContainer,
    on_progress: Callable[[float], None],
) -> Sequence[str]:
    rate = inp.plan.timebase.rate
    with open_media(inp.source) as media:
        stream, _, tracks = choose(media, inp.tracks)
        first, origin = first_picture(inp.source, tracks), presentation_origin(media)
        begins = Fraction(0)
        if first is not None and first.pts is not None and first.time_base is not None:
            begins = first.pts * first.time_base - origin
        moved = _moved_by(timeline, rate, begins)
        writer = EncodedPicture(
            output, stream, origin, first, moved, from_zero=True, in_order=untold_order(media, stream)
        )
        duration = Fraction(media.duration or 0, av.time_base)
        for packet in media.demux(stream):
            output.mux(writer.take(packet))
            if packet.pts is not None and packet.time_base and duration:
                on_progress(min(1.0, float((packet.pts * packet.time_base - origin) / duration)))
        output.mux(writer.end())
        return [*writer.notes()]


def _moved_by(timeline: Timeline, rate: int, first: Fraction) -> Callable[[Fraction], Fraction]:
    """Seconds of the source to seconds of the render, by the rule of `picture.retime_picture`: a picture at or after
    a pause comes after it, and the first picture before all."""
    points = [max(Fraction(pause.at, rate), first + Fraction(1, rate)) for pause in timeline.pauses]
    added = [0, *accumulate(pause.ticks for pause in timeline.pauses)]
    return lambda seconds: seconds + Fraction(added[bisect_right(points, seconds)], rate)
