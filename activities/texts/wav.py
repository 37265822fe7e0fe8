"""Speech that came back, as the mono 16-bit WAV that a clip is measured from."""

from __future__ import annotations

import io
import wave

from schema.errors import ProviderFailed


def checked_wav(data: bytes, service: str) -> bytes:
    """`data`, which must be mono 16-bit WAV with sound in it.

    Raises:
        ProviderFailed: it is not; another attempt may do better.
    """
    try:
        with wave.open(io.BytesIO(data)) as reader:
            shape = (reader.getnchannels(), reader.getsampwidth())
            samples = reader.readframes(reader.getnframes())
            rate = reader.getframerate()
    except (wave.Error, EOFError) as error:
        raise ProviderFailed(
            f"{service} answered with something that is not WAV: {error}.", retryable=True
        ) from error
    if shape != (1, 2) or not samples:
        raise ProviderFailed(f"{service} answered without mono 16-bit sound.", retryable=True)
    return wav_of(samples, rate)  # written anew: a streamed header may not know its own length


def wav_of(samples: bytes, rate: int) -> bytes:
    """Mono 16-bit samples with a header."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1)
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples)
    return file.getvalue()
