"""The speech audio is on presentation time to the sample, of the right channel, and the same every time."""

from __future__ import annotations

import errno
import hashlib
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from activities.media.probing.probe import Limits, probe, with_picture, with_sound
from activities.media.probing.scenes import find_scenes
from activities.media.probing.speech_audio import SPEECH_RATE, SoundFindings, extract_speech
from schema.contracts.media import Span
from schema.errors import MediaRefused
from tests.media_corpus import CORPUS, Corpus
from tests.media_factory import Audio, Spec, make_video
from tests.media_sounds import Sound, broadband, bursts

WITH_SOUND = [name for name, (_, spec) in CORPUS.items() if spec.audio and name != "silent"]


def extract(path: Path, folder: Path) -> tuple[SoundFindings, NDArray[np.float32]]:
    """The findings, and the FLAC's samples as float."""
    output = folder / "audio.flac"
    findings = extract_speech(path, probe(path, Limits()), output)
    with av.open(str(output)) as flac:
        stream = flac.streams.audio[0]
        assert (stream.codec_context.sample_rate, stream.codec_context.channels) == (SPEECH_RATE, 1)
        samples = np.concatenate([frame.to_ndarray()[0] for frame in flac.decode(stream)])
    assert findings.duration_ms == len(samples) * 1000 // SPEECH_RATE
    assert findings.sha256 == hashlib.sha256(output.read_bytes()).hexdigest()
    return findings, samples.astype(np.float32) / 32768


def lag_ms(heard: NDArray[np.float32], sound: Sound, rate: int) -> float:
    """How much later than in `sound` (mono, at `rate`) everything is heard."""
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound), format="fltp", layout="mono")
    frame.sample_rate = rate
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=SPEECH_RATE)
    frames = [*resampler.resample(frame), *resampler.resample(None)]
    wanted = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    size = 1 << 18
    spectrum = np.fft.rfft(np.diff(heard), size) * np.conj(np.fft.rfft(np.diff(wanted), size))
    lag = int(np.argmax(np.fft.irfft(spectrum)))
    return (lag - size if lag > size // 2 else lag) * 1000 / SPEECH_RATE


@pytest.mark.parametrize("name", WITH_SOUND)
def test_sound_is_where_it_is_heard(corpus: Corpus, tmp_path: Path, name: str) -> None:
    spec, report = CORPUS[name][1], probe(corpus[name], Limits())
    audio = spec.audio[0]
    channels = av.AudioLayout(audio.layout).nb_channels
    sound = broadband(0, round(spec.seconds * audio.rate), audio.rate, channels)
    sound = sound[2:3] if audio.layout == "5.1" else sound.mean(axis=0, keepdims=True)
    _, heard = extract(corpus[name], tmp_path)
    # Where the container delays both alike, the sound stays with its picture.
    delayed = {"ts": report.video.start_ms, "fragmented": report.video.start_ms}.get(name, audio.start_ms)
    assert lag_ms(heard, sound, audio.rate) == pytest.approx(delayed, abs=1)


def test_the_same_source_gives_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    first, _ = extract(corpus["surround"], tmp_path)
    again, _ = extract(corpus["surround"], tmp_path)
    assert first == again
    assert b"Lavf" not in (tmp_path / "audio.flac").read_bytes()


def test_sound_that_starts_late_begins_with_silence(corpus: Corpus, tmp_path: Path) -> None:
    findings, heard = extract(corpus["late_sound"], tmp_path)
    assert np.abs(heard[: SPEECH_RATE * 470 // 1000]).max() == 0
    assert np.abs(heard[SPEECH_RATE * 510 // 1000 :]).max() > 0.1
    assert findings.silence[0] == Span(start_ms=0, end_ms=480)


def test_silence_is_found_to_ten_milliseconds(tmp_path: Path) -> None:
    path = make_video(
        tmp_path / "bursts.mp4", Spec(seconds=3, audio=(Audio(sound=bursts, bit_rate=256_000),))
    )
    findings, _ = extract(path, tmp_path)
    starts = [span.start_ms for span in findings.silence]
    ends = [span.end_ms for span in findings.silence]
    assert starts == pytest.approx([500, 1500, 2500], abs=30)  # the coder smears a little
    assert ends == pytest.approx([1000, 2000, 3000], abs=30)


def test_sound_that_ends_early_is_silence_to_the_end(corpus: Corpus, tmp_path: Path) -> None:
    findings, _ = extract(corpus["short_sound"], tmp_path)
    (span,) = findings.silence
    assert (span.start_ms, span.end_ms) == (pytest.approx(3000, abs=30), 4000)


def test_loudness_of_a_tone_is_what_the_standard_says(tmp_path: Path) -> None:
    def tone(first: int, count: int, rate: int, channels: int) -> Sound:
        wave = 10 ** (-23 / 20) * np.sin(2 * np.pi * 1000 * np.arange(first, first + count) / rate)
        return np.repeat(wave[None].astype(np.float32), channels, axis=0)

    # EBU Tech 3341, case 1: a stereo sine of 1 kHz at -23 dBFS measures -23.0 +-0.1 LUFS.
    # Lossless: what a coder makes of a steady tone is not the tone.
    path = make_video(tmp_path / "tone.mkv", Spec(seconds=10, audio=(Audio("flac", sound=tone),)))
    findings, _ = extract(path, tmp_path)
    assert findings.loudness.integrated_lufs == pytest.approx(-23.0, abs=0.1)
    assert findings.loudness.true_peak_dbtp == pytest.approx(-23.0, abs=0.1)


def test_digital_silence(corpus: Corpus, tmp_path: Path) -> None:
    findings, heard = extract(corpus["silent"], tmp_path)
    assert np.abs(heard).max() == 0
    assert findings.loudness.integrated_lufs is None
    assert findings.loudness.true_peak_dbtp is None


def test_a_silent_centre_channel_is_not_taken_for_speech(tmp_path: Path) -> None:
    def empty_centre(first: int, count: int, rate: int, channels: int) -> Sound:
        sound = broadband(first, count, rate, channels)
        sound[2] = 0
        return sound

    spec = Spec(seconds=2, audio=(Audio(layout="5.1", bit_rate=384_000, sound=empty_centre),))
    findings, heard = extract(make_video(tmp_path / "wide.mp4", spec), tmp_path)
    assert np.abs(heard).max() > 0.03
    assert any("centre channel is silent" in warning for warning in findings.warnings)


def test_a_hole_in_the_track_stays_a_hole(corpus: Corpus, tmp_path: Path) -> None:
    holed = tmp_path / "hole.mkv"
    with av.open(str(corpus["mkv"])) as source, av.open(str(holed), "w") as output:
        tracks = {stream.index: output.add_stream_from_template(stream) for stream in source.streams}
        for packet in source.demux():
            second = float((packet.pts or 0) * packet.time_base) if packet.size else -1.0
            if packet.size and not (packet.stream.type == "audio" and 1 <= second < 2):
                packet.stream = tracks[packet.stream_index]
                output.mux(packet)
    findings, heard = extract(holed, tmp_path)
    assert any(span.start_ms < 1060 and span.end_ms > 1960 for span in findings.silence)
    _, whole = extract(corpus["mkv"], tmp_path)
    behind = SPEECH_RATE * 5 // 2
    assert lag_ms(heard[behind:], whole[None, behind:], SPEECH_RATE) == pytest.approx(0, abs=1)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_not_the_files_fault(corpus: Corpus) -> None:
    """A refusal would be for good."""
    with pytest.raises(OSError, match="No space left") as failed:
        extract_speech(corpus["mono"], probe(corpus["mono"], Limits()), Path("/dev/full"))
    assert failed.value.errno == errno.ENOSPC


def test_no_sound(corpus: Corpus, tmp_path: Path) -> None:
    report = probe(corpus["no_audio"], Limits())
    with pytest.raises(MediaRefused, match="no sound"):
        extract_speech(corpus["no_audio"], report, tmp_path / "audio.flac")


def test_the_complete_report(corpus: Corpus, tmp_path: Path) -> None:
    path = corpus["two_tracks"]
    report = probe(path, Limits())
    sound, _ = extract(path, tmp_path)
    complete = with_picture(with_sound(report, sound), find_scenes(path, report))
    assert (complete.loudness, complete.silence) == (sound.loudness, ())
    assert [change.at_ms for change in complete.scene_changes] == [2000]  # the colour of the picture changes
    assert complete.warnings == ("There are 2 sounds; that of track 1 is listened to.",)
    assert (complete.video, complete.audio) == (report.video, report.audio)
