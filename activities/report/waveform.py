"""The programme's speech as a row of peaks on the accessible video's timeline."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from activities.media.probing.pcm import SAMPLES_PER_MS, stream_pcm
from schema.plan.timemap import TimeMap

MOST_PEAKS = 2_000
_FINEST_MS = 5
_HOPS_A_PEAK = 4
"""The source is looked at in finer steps than are drawn, for a pause shifts what is drawn by any amount."""
_FULL_SCALE = 32_768

Peaks = NDArray[np.int32]


def peaks_in_render(path: Path, time_map: TimeMap) -> tuple[int, ...]:
    """At most `MOST_PEAKS` peaks in equal steps of the accessible video, thousandths of full scale; 0 in a hold.

    `path` is the speech audio. It is streamed: memory does not grow with its length.

    Raises:
        MediaRefused: the speech audio is damaged.
    """
    timebase = time_map.timebase
    source_ms, rendered_ms = timebase.to_ms(time_map.duration), timebase.to_ms(time_map.rendered_duration)
    if not rendered_ms:
        return ()
    hop_ms = max(_FINEST_MS, -(-source_ms // (MOST_PEAKS * _HOPS_A_PEAK)))
    hops = _hop_peaks(path, hop_ms, -(-source_ms // hop_ms))
    count = min(MOST_PEAKS, -(-rendered_ms // (hop_ms * _HOPS_A_PEAK)))
    edges = [
        time_map.to_source(time_map.rendered_duration * number // count) * 1000 / timebase.rate / hop_ms
        for number in range(count + 1)
    ]
    return tuple(
        int(hops[int(start) : max(int(start) + 1, round(end))].max(initial=0)) if end > start else 0
        for start, end in pairwise(edges)
    )


def _hop_peaks(path: Path, hop_ms: int, count: int) -> Peaks:
    """The greatest magnitude of every hop, thousandths of full scale."""
    step = hop_ms * SAMPLES_PER_MS
    peaks: Peaks = np.zeros(count, np.int32)
    for position, samples in stream_pcm(path):
        first, lead = divmod(position, step)
        padded = np.zeros(-(-(lead + len(samples)) // step) * step, np.int32)
        padded[lead : lead + len(samples)] = np.abs(samples.astype(np.int32))
        found = padded.reshape(-1, step).max(axis=1)[: max(0, count - first)]
        np.maximum(peaks[first : first + len(found)], found, out=peaks[first : first + len(found)])
    return peaks * 1000 // _FULL_SCALE
