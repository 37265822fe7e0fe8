"""The speech audio: 16 kHz mono FLAC on presentation time; and, in the same pass, silence and loudness.

Sample n of the FLAC is heard at n / 16,000 s: a track that starts late begins with silence, what lies before time 0 is
left out, and a hole in the track stays a hole. The same source gives the same bytes.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from activities.media.files.bounds import bounded_memory
from activities.media.probing.placed_sound import JoinedSound, PlacedSound, opened_sound
from activities.media.sound.loudness import Measured, Meter
from activities.media.sound.samples import Samples
from activities.media.sound.silence import SilenceMeter
from activities.ports import Progress
from schema.contracts.media import Loudness, MediaReport, Span
from schema.errors import MediaRefused

SPEECH_RATE = 16_000
_MOST_SILENT = 0.98
"""A centre channel of which more is silent, while the programme is not, carries no speech."""


@dataclass(frozen=True, slots=True)
class SoundFindings:
    """What listening to the whole first track showed. Spans are of the programme, all channels."""

    duration_ms: int
    """Of the FLAC."""
    sha256: str
    """Of the FLAC's bytes."""
    silence: tuple[Span, ...]
    loudness: Loudness
    warnings: tuple[str, ...] = ()


def extract_speech(
    path: Path, report: MediaReport, output: Path, progress: Progress | None = None
) -> SoundFindings:
    """Write the speech audio of the sound that is described to `output`, of 3 or more channels the centre.

    Raises:
        MediaRefused: there is no sound, or most of it cannot be decoded.
    """
    if not report.audio:
        raise MediaRefused("The file has no sound.")
    findings, silent_centre = _extract(path, report, output, progress, centre=True)
    if silent_centre:
        findings, _ = _extract(path, report, output, progress, centre=False)
    return findings


def extract_all_channels(path: Path, report: MediaReport, output: Path) -> str:
    """As `extract_speech`, of every channel, for in films music and effects stand beside the centre; the SHA-256 of what was
    written.

    Raises:
        MediaRefused: most of the sound cannot be decoded.
    """
    findings, _ = _extract(path, report, output, None, centre=False)
    return findings.sha256


def _extract(
    path: Path, report: MediaReport, output: Path, progress: Progress | None, *, centre: bool
) -> tuple[SoundFindings, bool]:
    """The findings, and whether the centre turned out to be without speech."""
    with bounded_memory(), opened_sound(path, report) as sound:
        speaker = _centre(sound.layout) if centre else None
        meter = Meter(sound.rate, sound.layout.name)
        silence, quiet_speech = SilenceMeter(sound.rate), SilenceMeter(sound.rate)
        heard = 0
        with _FlacWriter(output, sound.rate) as flac:
            for samples in sound:
                mono = (
                    samples[speaker : speaker + 1] if speaker is not None else samples.mean(0, keepdims=True)
                )
                flac.add(mono)
                meter.add(samples)
                silence.add(samples)
                quiet_speech.add(mono)
                heard += samples.shape[1]
                if progress and heard % (sound.rate * 10) < samples.shape[1]:
                    progress(min(1.0, heard * 1000 / sound.rate / report.duration_ms), "reading the sound")
        _refuse_if_damaged(sound, heard)
        spans = silence.finish(report.duration_ms)
        silent_centre = speaker is not None and _mostly_silent(quiet_speech, heard * 1000 // sound.rate)
        warnings = _warnings(sound, report, centre)
        with output.open("rb") as written:
            sha256 = hashlib.file_digest(written, "sha256").hexdigest()
        found = SoundFindings(
            flac.samples * 1000 // SPEECH_RATE, sha256, spans, _loudness(meter.result()), warnings
        )
        programme_silent = _mostly_silent(silence, report.duration_ms)
        return found, silent_centre and not programme_silent


def _loudness(measured: Measured) -> Loudness:
    lufs, peak = measured
    return Loudness(
        integrated_lufs=None if lufs is None else round(lufs, 2),
        true_peak_dbtp=None if peak is None else round(peak, 2),
    )


def _mostly_silent(meter: SilenceMeter, duration_ms: int) -> bool:
    spans = meter.finish(duration_ms)
    return sum(span.end_ms - span.start_ms for span in spans) > _MOST_SILENT * duration_ms


def _warnings(sound: PlacedSound | JoinedSound, report: MediaReport, centre: bool) -> tuple[str, ...]:
    found = []
    if sound.damaged:
        found.append(f"{sound.damaged} packets of the sound cannot be decoded.")
    if sound.changes:
        found.append("The channels or the rate of the sound change on the way: it is delivered as it begins.")
    if not centre:
        found.append("The centre channel is silent: speech is looked for in all channels.")
    if len(report.audio) > 1:
        listened = " and ".join(map(str, report.audio[0].joined or (report.audio[0].index,)))
        found.append(f"There are {len(report.audio)} sounds; that of track {listened} is listened to.")
    return tuple(found)


def _refuse_if_damaged(sound: PlacedSound | JoinedSound, heard: int) -> None:
    if heard == 0 or sound.damaged > sound.packets // 2:
        raise MediaRefused(
            f"{sound.damaged} of {sound.packets} packets of the sound cannot be decoded. Export the file again."
        )


def _centre(layout: av.AudioLayout) -> int | None:
    """Index of the front centre, where dialogue is mixed to; None for stereo and mono."""
    names = [channel.name for channel in layout.channels]
    return names.index("FC") if len(names) > 2 and "FC" in names else None


class _FlacWriter:
    """Mono float samples at any rate in, 16 kHz 16-bit FLAC out, without a library version in it."""

    def __init__(self, path: Path, rate: int) -> None:
        self._output = av.open(str(path), "w", format="flac", options={"fflags": "+bitexact"})
        stream = self._output.add_stream("flac", rate=SPEECH_RATE, layout="mono", format="s16")
        assert isinstance(stream, AudioStream)
        self._stream, self._rate, self._position, self.samples = stream, rate, 0, 0
        stream.codec_context.open(strict=False)
        self._resampler = AudioResampler(
            format="s16", layout="mono", rate=SPEECH_RATE, frame_size=stream.codec_context.frame_size
        )

    def __enter__(self) -> _FlacWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self._encode(None)
            self._output.mux(list(self._stream.encode(None)))
        self._output.close()

    def add(self, mono: Samples) -> None:
        frame = AudioFrame.from_ndarray(np.ascontiguousarray(mono), format="fltp", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = self._rate, Fraction(1, self._rate), self._position
        self._position += mono.shape[1]
        self._encode(frame)

    def _encode(self, frame: AudioFrame | None) -> None:
        for shaped in self._resampler.resample(frame):
            shaped.pts, shaped.time_base = self.samples, Fraction(1, SPEECH_RATE)
            self.samples += shaped.samples
            self._output.mux(list(self._stream.encode(shaped)))
