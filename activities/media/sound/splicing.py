"""May the render reuse the source's AAC packets, and encode only what it touches?

It may where every packet is an AAC-LC access unit of 1,024 samples on a clock of one tick a sample, so that a packet
can be dropped, inserted or replaced without moving the others (ISO/IEC 14496-3, 1.6.2.1 AudioSpecificConfig).
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from av.audio.stream import AudioStream
from av.container import InputContainer

from activities.media.files.bits import Bits
from activities.media.mp4.layout import Edit
from activities.media.sound.aac import FRAME

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_AAC_LC, _SBR, _PS, _ESCAPE = 2, 5, 29, 31
_SBR_SYNC = 0x2B7


def rounding(rate: int) -> int:
    """Samples by which a clock of a millisecond, as Matroska's, may move a packet."""
    return rate // 900


def splice_refusal(
    container: InputContainer,
    stream: AudioStream,
    durations: Mapping[int, int],
    edits: tuple[Edit, ...] = (),
) -> str | None:
    """Why the sound of `stream` must be encoded again as a whole, in words for the report; None if it need not.

    `durations` are those of its packets but the last, with how often each occurs; `edits` its edit list. Only what
    the tables say is judged here; `decoded_refusal` looks at decoded packets.
    """
    codec = stream.codec_context.codec.canonical_name
    if codec != "aac":
        return f"The sound is {codec.upper()}, and only AAC-LC can be spliced."
    in_mp4 = "mp4" in container.format.name
    extradata = stream.codec_context.extradata
    if extradata is None:
        return None if stream.profile == "LC" else f"The sound is AAC {stream.profile}, not AAC-LC."
    refusal = config_refusal(extradata, stream.codec_context.sample_rate)
    if refusal or not in_mp4:
        return refusal  # other containers are made into MP4 first, with a clock of one tick a sample
    if stream.time_base != Fraction(1, stream.codec_context.sample_rate):
        return "The sound track's clock is not its sample rate."
    if edits and [edit.media_time < 0 for edit in edits] not in ([False], [True, False]):
        return "The sound track is put together from several edits."
    slack = rounding(stream.codec_context.sample_rate)
    odd = {length for length in durations if abs(length - FRAME) > slack}
    if odd:
        return f"The sound has packets of {min(odd)} samples among those of {FRAME}: there is a gap in it."
    drift = sum((length - FRAME) * count for length, count in durations.items())
    if abs(drift) > slack:
        return f"The sound's times drift from its samples, by {abs(drift)} in the end."
    return None


def decoded_refusal(samples: int, sample_rate: int, stream: AudioStream) -> str | None:
    """The same, from one decoded packet: high-efficiency AAC that its tables hide decodes to more samples or a
    higher rate."""
    if samples == FRAME and sample_rate == stream.codec_context.sample_rate:
        return None
    return f"A packet of the sound decodes to {samples} samples at {sample_rate} Hz: it is not plain AAC-LC."


def _object_type(bits: Bits) -> int:
    kind = bits.take(5)
    return 32 + bits.take(6) if kind == _ESCAPE else kind


def _rate(bits: Bits) -> int:
    index = bits.take(4)
    if index == 15:
        return bits.take(24)
    return _RATES[index] if index < len(_RATES) else 0


def config_refusal(config: bytes, sample_rate: int) -> str | None:
    """Judge an AudioSpecificConfig."""
    bits = Bits(config)
    kind, rate, channels = _object_type(bits), _rate(bits), bits.take(4)
    if kind in (_SBR, _PS):
        return "The sound is high-efficiency AAC, and only AAC-LC can be spliced."
    if kind != _AAC_LC:
        return f"The sound is AAC of object type {kind}, and only AAC-LC can be spliced."
    if channels == 0:
        return "The sound's channels are laid out in a way of their own (channel configuration 0)."
    if bits.take(1):
        return "The sound has frames of 960 samples, and only frames of 1024 can be spliced."
    if rate != sample_rate:
        return f"The sound says {rate} Hz in one place and {sample_rate} Hz in another."
    if bits.take(1):
        bits.take(14)  # coreCoderDelay
    bits.take(1)  # extensionFlag
    if bits.left >= 16 and bits.take(11) == _SBR_SYNC and bits.take(5) == _SBR and bits.take(1):
        return "The sound is high-efficiency AAC, and only AAC-LC can be spliced."
    return None
