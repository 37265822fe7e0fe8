"""Music is told from wind, rain, hum, applause, traffic, signals and voices, and named where nobody speaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from activities.local.music import find_music
from activities.local.sounds import MusicNamer
from activities.media.probing.pcm import SAMPLE_RATE
from schema.contracts.media import Span
from tests.activities.contract.support import Kept, Told, audio_of, write_flac
from tests.made_sounds import (
    Samples,
    applause,
    bells,
    engine,
    horns,
    hum,
    laughter,
    piano,
    pink,
    singing,
    siren,
    strings,
    traffic,
    white,
)

Made = Callable[[int], Samples]
LENGTH_S = 14


def pcm(sound: Samples) -> np.ndarray[tuple[int], np.dtype[np.int16]]:
    return (np.clip(sound / 5, -1, 1) * 20_000).astype(np.int16)


@pytest.mark.parametrize(
    "sound", [np.zeros, pink, white, hum, applause, traffic, siren, horns, bells, engine, laughter]
)
@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_other_sounds_are_no_music(sound: Made, noise: float) -> None:
    count = LENGTH_S * SAMPLE_RATE
    assert find_music(pcm(sound(count) + noise * pink(count))) == []


@pytest.mark.parametrize("sound", [strings, piano, singing])
def test_music_is_found_between_other_sounds(sound: Made) -> None:
    other = pink(6 * SAMPLE_RATE)
    whole = np.concatenate([other, sound(LENGTH_S * SAMPLE_RATE), applause(6 * SAMPLE_RATE)])
    (found,) = find_music(pcm(whole))
    assert found.start_ms == pytest.approx(6_000, abs=2_500)
    assert found.end_ms == pytest.approx(20_000, abs=2_500)


@pytest.mark.parametrize("sound", [strings, singing])
def test_music_is_found_in_noise(sound: Made) -> None:
    count = LENGTH_S * SAMPLE_RATE
    found = find_music(pcm(sound(count) + 0.3 * pink(count)))
    assert sum(span.end_ms - span.start_ms for span in found) > 500 * LENGTH_S, "most of it"


async def test_it_is_named_in_the_programmes_language_and_only_where_it_is_asked(tmp_path: Path) -> None:
    sound = np.concatenate([pink(SAMPLE_RATE), strings(10 * SAMPLE_RATE), pink(9 * SAMPLE_RATE)])
    audio = audio_of(write_flac(tmp_path / "sound.flac", pcm(sound)))
    asked = [Span(start_ms=1_000, end_ms=10_500), Span(start_ms=11_500, end_ms=20_000)]
    (named,) = await MusicNamer().name_sounds(audio, asked, "es-MX", Kept(), Told())
    assert (named.text, named.lasting) == ("música", True)
    assert 1_000 <= named.start_ms < 3_500 and 8_000 < named.end_ms <= 10_500
    assert await MusicNamer().name_sounds(audio, asked, "xx", Kept(), Told()) == ()


async def test_a_long_stretch_is_searched_in_parts(tmp_path: Path) -> None:
    sound = np.concatenate([pink(112 * SAMPLE_RATE), strings(20 * SAMPLE_RATE), pink(10 * SAMPLE_RATE)])
    audio = audio_of(write_flac(tmp_path / "sound.flac", pcm(sound)))
    (named,) = await MusicNamer().name_sounds(audio, [Span(start_ms=0, end_ms=142_000)], "en", Kept(), Told())
    assert named.start_ms == pytest.approx(112_000, abs=2_500)
    assert named.end_ms == pytest.approx(132_000, abs=2_500)
