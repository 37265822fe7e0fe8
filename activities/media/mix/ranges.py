"""Encoding a touched range, and finding where its packets join the source's without a trace.

Two packets of different encoders overlap cleanly where the slopes of their windows fit and both use the same shape,
for then the time aliasing of one cancels that of the other. So the encoder starts early, and up to 8 frames outward
are looked at for such a place; frames before the splice are dropped.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from activities.media.cache import RangeCache, digest
from activities.media.mix.mixer import Mixer
from activities.media.mix.touched import Range, Sound, render_packets, source_index
from activities.media.mix.voices import Voice
from activities.media.sound.aac import FRAME, PRE_ROLL, Encoder, PacketReader, window_of
from activities.media.sound.samples import Samples

OUTWARD = 8
_FORMAT = 8
_BLOCK = 32 * FRAME
_TAIL = struct.Struct("<IIII8s")
_MAGIC = b"avrange2"


class Encoded(NamedTuple):
    """Packets of a range, in a file of the cache: `earlier` and `later` are how far the splices lie outward, `lowered`
    by how many dB each of its descriptions went down for the true peak's ceiling."""

    path: Path
    earlier: int
    later: int
    sizes: NDArray[np.uint32]
    lowered: tuple[float, ...]
    reused: bool = True


def describe(spot: Range, sound: Sound, mixer: Mixer, source_id: str) -> str:
    """The key of a range: everything that its packets depend on, relative to its start, so that it may move."""
    start = spot.first * FRAME - sound.origin - (2 * OUTWARD + PRE_ROLL) * FRAME
    end = spot.last * FRAME - sound.origin + (2 * OUTWARD) * FRAME
    pieces = [
        (s.render - start, s.length, s.source, s.pause is not None)
        for s in mixer.timeline.between(start, end)
    ]
    cuts = [
        pause.at
        for i, pause in enumerate(mixer.timeline.pauses)
        if start < mixer.timeline.pause_start(i) < end
    ]
    voices = [
        (v.start - start, v.length, v.clip_length, v.speed_permille, v.gain_db, v.sha256)
        for v in mixer.voices
        if v.end > start and v.start < end
    ]
    ducks = [[edge - start for edge in duck] for duck in mixer.ducks if duck.end > start and duck.start < end]
    total = render_packets(sound, mixer)
    edges = (
        spot.first == 0,
        total - spot.last if total - spot.last < OUTWARD else -1,
        min(spot.first, OUTWARD),
    )
    level = (
        mixer.gain_db,
        mixer.options.duck_db,
        mixer.options.true_peak_dbtp,
        mixer.options.ambience,
        mixer.options.coder,
        sound.bit_rate,
    )
    made_of = (source_id, sound.track.id, sound.config.hex(), sound.before, sound.after)
    return digest(_FORMAT, made_of, level, spot.last - spot.first, edges, pieces, cuts, voices, ducks)


def find(spot: Range, sound: Sound, mixer: Mixer, cache: RangeCache, source_id: str) -> Encoded | None:
    """The packets of a range where a whole entry is in the cache."""
    found = cache.find("ranges", describe(spot, sound, mixer, source_id))
    return None if found is None else _open(found)


def obtain(
    spot: Range,
    sound: Sound,
    mixer: Mixer,
    reader: PacketReader,
    cache: RangeCache,
    source_id: str,
) -> Encoded:
    """The packets of a range: from the cache, or made and put there."""
    known = find(spot, sound, mixer, cache, source_id)
    if known is not None:
        return known
    key = describe(spot, sound, mixer, source_id)
    with cache.writing("ranges", key) as path:
        _write(path, spot, sound, mixer, reader)
    made = _open(cache.path("ranges", key))
    assert made is not None
    return made


def _open(path: Path) -> Encoded | None:
    """None where the file is not whole: it is made again."""
    with path.open("rb") as file:
        length = file.seek(0, 2)
        if length < _TAIL.size:
            return None
        file.seek(-_TAIL.size, 2)
        earlier, later, count, voices, magic = _TAIL.unpack(file.read())
        rows = 4 * (count + voices)
        if magic != _MAGIC or length < _TAIL.size + rows:
            return None
        file.seek(length - _TAIL.size - rows)
        sizes = np.frombuffer(file.read(4 * count), "<u4").astype(np.uint32)
        lowered = np.frombuffer(file.read(4 * voices), "<u4") / 100
        whole = int(sizes.sum(dtype=np.int64)) + rows + _TAIL.size == length
    return Encoded(path, earlier, later, sizes, tuple(lowered.tolist())) if whole else None


def voices_of(spot: Range, sound: Sound, mixer: Mixer) -> list[Voice]:
    """The descriptions of a range: none lies in two."""
    start, end = (packet * FRAME - sound.origin for packet in (spot.first, spot.last))
    return [voice for voice in mixer.voices if voice.start < end and voice.end > start]


def pauses_of(spot: Range, sound: Sound, mixer: Mixer) -> list[int]:
    """The pauses that begin in a range, by their index."""
    start, end = (packet * FRAME - sound.origin for packet in (spot.first, spot.last))
    timeline = mixer.timeline
    return [i for i in range(len(timeline.pauses)) if start <= timeline.pause_start(i) < end]


def _write(path: Path, spot: Range, sound: Sound, mixer: Mixer, reader: PacketReader) -> None:
    """Payload, sizes, lowerings in hundredths of a dB, then the tail: streamed, so that an hour of sound needs no more memory than a second."""
    head: list[tuple[int, bytes]] = []
    rest: list[tuple[int, bytes]] = []
    earlier: int | None = None
    sizes: list[int] = []
    splice = _Splice(sound, mixer, reader)
    with path.open("wb") as file:

        def keep(packet: bytes) -> None:
            file.write(packet)
            sizes.append(len(packet))

        for index, packet in encode(spot, sound, mixer, reader):
            if index < spot.first:
                head.append((index, packet))
                continue
            if earlier is None:
                earlier = splice.earlier(spot.first, dict(head))
                for _, kept in head[len(head) - earlier :]:
                    keep(kept)
            if index < spot.last:
                keep(packet)
            if index >= spot.last - 1:
                rest.append((index, packet))
        later = splice.later(spot.last, dict(rest))
        for _, kept in rest[1 : 1 + later]:
            keep(kept)
        lowered = [mixer.lowered(voice, reader) for voice in voices_of(spot, sound, mixer)]
        file.write(np.array(sizes, "<u4").tobytes())
        file.write(np.rint(np.array(lowered) * 100).astype("<u4").tobytes())
        file.write(_TAIL.pack(earlier or 0, later, len(sizes), len(lowered), _MAGIC))


def encode(spot: Range, sound: Sound, mixer: Mixer, reader: PacketReader) -> Iterator[tuple[int, bytes]]:
    """(index in the render, packet) from `OUTWARD` + 1 packets before the range to `OUTWARD` after it."""
    total = render_packets(sound, mixer)
    first, last = max(0, spot.first - OUTWARD - 1), min(total, spot.last + OUTWARD)
    start = max(0, first - PRE_ROLL)
    encoder = Encoder(sound.rate, sound.channels, sound.bit_rate, mixer.options.coder)

    def blocks() -> Iterator[Samples]:
        end = (last + 1) * FRAME
        for at in range(start * FRAME, end, _BLOCK):
            yield mixer.mix(at - sound.origin, min(at + _BLOCK, end) - sound.origin, reader)

    for offset, packet in encoder.encode(blocks()):
        index = start + offset // FRAME
        if first <= index < last:
            yield index, packet


class _Splice:
    def __init__(self, sound: Sound, mixer: Mixer, reader: PacketReader) -> None:
        self._sound, self._mixer, self._reader = sound, mixer, reader
        self._total = render_packets(sound, mixer)

    def _sources(self, first: int, count: int) -> list[int]:
        """Of the source's packets, those that stand at the render's from `first` on."""
        found: list[int] = source_index(self._sound, self._mixer, np.arange(first, first + count)).tolist()
        return found

    def _score(self, ours: bytes | None, source: int) -> int:
        """2 where slope and shape of our packet are those of the source's, 1 where the slope is, else 0."""
        if ours is None or not 0 <= source < len(self._sound.track.table):
            return 0
        mine, theirs = window_of(ours), window_of(self._reader.packet(source))
        if mine is None or theirs is None:
            return 0
        return 2 if mine == theirs else int(mine.short_slope == theirs.short_slope)

    def earlier(self, first: int, ours: dict[int, bytes]) -> int:
        """How many packets before `first` ours begin: the packet before them is the source's, ours is dropped."""
        most = min(OUTWARD, first)
        sources = self._sources(first - most - 1, most + 1)[::-1]
        scores = [self._score(ours.get(first - e - 1), source) for e, source in enumerate(sources)]
        return scores.index(max(scores))

    def later(self, last: int, ours: dict[int, bytes]) -> int:
        """How many packets from `last` on are ours: the one after them is the source's."""
        if last >= self._total:
            return 0
        most = min(OUTWARD, self._total - last)
        sources = self._sources(last, most + 1)
        scores = [self._score(ours.get(last + e - 1), source - 1) for e, source in enumerate(sources)]
        return scores.index(max(scores))
