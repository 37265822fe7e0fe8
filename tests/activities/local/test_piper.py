"""Voices of somebody's own in a folder. The one here is made: a graph that sounds each sign's number as a wave."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from activities.local.piper import PiperVoices
from activities.local.voices import LocalVoices, local_voices
from schema.errors import Misconfigured, ProviderFailed
from tests.activities.contract.support import sound_of

_FLOAT, _INT64 = 1, 7
_SAMPLES = 256
_SIGNS = "_^$ .,abdefhiklmnoprstuvwzæðŋɐɑɒɔəɚɛɜɡɪɹʃʊʌʒˈˌːθ"


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def _field(number: int, value: int | str | bytes) -> bytes:
    """A field of a message of Protocol Buffers."""
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _node(kind: str, inputs: tuple[str, ...], output: str, attribute: bytes = b"") -> bytes:
    named = b"".join(_field(1, name) for name in inputs)
    return _field(1, named + _field(2, output) + _field(4, kind) + attribute)


def _constant(name: str, values: Any) -> bytes:
    array = np.asarray(values)
    dims = b"".join(_field(1, size) for size in array.shape)
    kind = _FLOAT if array.dtype == np.float32 else _INT64
    return _field(5, dims + _field(2, kind) + _field(8, name) + _field(9, array.tobytes()))


def _value(number: int, name: str, kind: int, *dims: int | str) -> bytes:
    sizes = b"".join(
        _field(1, _field(1, size) if isinstance(size, int) else _field(2, size)) for size in dims
    )
    tensor = _field(1, kind) + _field(2, sizes)
    return _field(number, _field(1, name) + _field(2, _field(1, tensor)))


def graph() -> bytes:
    """ONNX with Piper's inputs and output, without a library that writes it."""
    wave = np.sin(np.arange(_SAMPLES) * 0.2).astype(np.float32)[None, None] / 60
    to_float = _field(5, _field(1, "to") + _field(3, _FLOAT) + _field(20, 2))
    nodes = (
        _node("Cast", ("input",), "numbers", to_float)
        + _node("Reshape", ("numbers", "column"), "signs")
        + _node("Mul", ("signs", "wave"), "waves")
        + _node("Reshape", ("waves", "row"), "output")
    )
    constants = (
        _constant("column", np.array([1, -1, 1], np.int64))
        + _constant("wave", wave)
        + _constant("row", np.array([1, 1, 1, -1], np.int64))
    )
    values = (
        _value(11, "input", _INT64, 1, "signs")
        + _value(11, "input_lengths", _INT64, 1)
        + _value(11, "scales", _FLOAT, 3)
        + _value(12, "output", _FLOAT, 1, 1, 1, "samples")
    )
    return _field(1, 8) + _field(7, nodes + _field(2, "made") + constants + values) + _field(8, _field(2, 13))


def voice(folder: Path, name: str, language: str, reader: str, **other: object) -> Path:
    folder.mkdir(exist_ok=True)
    model = folder / f"{name}.onnx"
    model.write_bytes(graph())
    told: Mapping[str, object] = {
        "audio": {"sample_rate": 16_000, "quality": "medium"},
        "espeak": {"voice": reader},
        "inference": {"noise_scale": 0.667, "length_scale": 1, "noise_w": 0.8},
        "phoneme_type": "espeak",
        "phoneme_id_map": {sign: [number] for number, sign in enumerate(_SIGNS)},
        "num_speakers": 1,
        "language": {"code": language},
        "dataset": name,
    }
    model.with_name(f"{name}.onnx.json").write_text(json.dumps({**told, **other}))
    return model


@pytest.fixture
async def folder(tmp_path: Path) -> Path:
    voices = tmp_path / "voices"
    voice(voices, "en_US-made-medium", "en_US", "en-us")
    voice(voices, "en_GB-made-low", "en_GB", "en-gb-x-rp", audio={"sample_rate": 22_050, "quality": "low"})
    return voices


@pytest.fixture
async def piper(folder: Path) -> AsyncIterator[PiperVoices]:
    voices = PiperVoices(folder, 1)
    yield voices
    voices.close()


async def test_they_speak_first_in_their_languages(folder: Path, tmp_path: Path) -> None:
    voices = local_voices(tmp_path / "none", 1, folder)
    assert isinstance(voices, LocalVoices)
    assert voices.speaker("en-GB", None).name == "piper"
    assert voices.speaker("en-GB", None).engine.endswith(", en_GB-made-low")
    assert voices.speaker("en-AU", None).name == "piper"
    assert voices.speaker("es", None).name == "espeak-ng"
    assert voices.speaker("en", "en").name == "espeak-ng", "who is named speaks"
    voices.close()


def test_each_is_listed_with_language_and_quality(piper: PiperVoices) -> None:
    british, american = piper.voices()
    assert (british.id, british.languages, british.quality) == ("en_GB-made-low", ("en-GB", "en"), "compact")
    assert (american.languages, american.quality) == (("en-US", "en"), "natural")


async def test_the_same_text_gives_the_same_bytes_at_the_voices_rate(piper: PiperVoices) -> None:
    first = await piper.say("The lamp is lit. A boat comes in.", "en-US", "en_US-made-medium")
    assert first == await piper.say("The lamp is lit. A boat comes in.", "en-US", "en_US-made-medium")
    sound = sound_of(first)
    assert sound.rate == 16_000
    assert sound.seconds > 0.4
    other = await piper.say("The lamp is lit.", "en-GB", "en_GB-made-low")
    assert sound_of(other).rate == 22_050


async def test_what_has_no_sound_is_refused(piper: PiperVoices) -> None:
    with pytest.raises(ProviderFailed, match="can say nothing of"):
        await piper.say("…", "en", "en_US-made-medium")


async def test_a_voice_that_vanished_is_said_so(folder: Path, piper: PiperVoices) -> None:
    await piper.say("lamp", "en", "en_US-made-medium")
    (folder / "en_US-made-medium.onnx").unlink()
    with pytest.raises(ProviderFailed, match="en_US-made-medium has vanished from VOICES") as failed:
        await piper.say("lamp", "en", "en_US-made-medium")
    assert not failed.value.retryable
    voices = LocalVoices(PiperVoices(folder, 1))
    with pytest.raises(ProviderFailed, match="There is no voice en_US-made-medium for en"):
        voices.speaker("en", "en_US-made-medium")


async def test_what_is_no_model_is_named(folder: Path, piper: PiperVoices) -> None:
    (folder / "en_US-made-medium.onnx").write_bytes(b"no model")
    with pytest.raises(ProviderFailed, match=r"en_US-made-medium\.onnx of VOICES cannot speak"):
        await piper.say("lamp", "en", "en_US-made-medium")


def test_a_folder_without_voices_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="holds no voice of Piper"):
        PiperVoices(tmp_path)
    voice(tmp_path, "one", "zh_CN", "cmn", phoneme_type="pinyin")
    with pytest.raises(Misconfigured, match=r"one\.onnx\.json of VOICES is not as Piper writes it.*pinyin"):
        PiperVoices(tmp_path)
    (tmp_path / "one.onnx.json").unlink()
    with pytest.raises(Misconfigured, match=r"has no one\.onnx\.json beside it"):
        PiperVoices(tmp_path)
