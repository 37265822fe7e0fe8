"""Which AudioSpecificConfig allows splicing (ISO/IEC 14496-3, 1.6.2.1)."""

from __future__ import annotations

import pytest

from activities.media.sound.splicing import config_refusal


def config(*fields: tuple[int, int]) -> bytes:
    """(value, bits) one after the other, padded with zeros to whole bytes."""
    text = "".join(f"{value:0{bits}b}" for value, bits in fields)
    text += "0" * (-len(text) % 8)
    return int(text, 2).to_bytes(len(text) // 8, "big")


PLAIN = ((2, 5), (3, 4), (2, 4), (0, 1), (0, 1), (0, 1))


def test_plain_low_complexity() -> None:
    assert config_refusal(config(*PLAIN), 48_000) is None
    assert (
        config_refusal(bytes.fromhex("119056e500"), 48_000) is None
    )  # as FFmpeg writes it: SBR said to be absent


@pytest.mark.parametrize(
    ("fields", "rate", "words"),
    [
        (((5, 5), (6, 4), (2, 4), (3, 4), (2, 5)), 48_000, "high-efficiency"),
        (((29, 5), (6, 4), (1, 4), (3, 4), (2, 5)), 48_000, "high-efficiency"),
        ((*PLAIN, (0x2B7, 11), (5, 5), (1, 1), (3, 4)), 48_000, "high-efficiency"),
        (((1, 5), (3, 4), (2, 4), (0, 3)), 48_000, "object type 1"),
        (((31, 5), (10, 6), (3, 4), (2, 4), (0, 3)), 48_000, "object type 42"),
        (((2, 5), (3, 4), (0, 4), (0, 3)), 48_000, "channel configuration 0"),
        (((2, 5), (3, 4), (2, 4), (1, 1), (0, 2)), 48_000, "960"),
        (PLAIN, 44_100, "48000 Hz"),
        (((2, 5), (15, 4), (48_000, 24), (2, 4), (0, 3)), 24_000, "48000 Hz"),
        ((), 48_000, "object type 0"),
    ],
)
def test_anything_else(fields: tuple[tuple[int, int], ...], rate: int, words: str) -> None:
    assert words in (config_refusal(config(*fields) if fields else b"", rate) or "")
