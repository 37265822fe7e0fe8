"""Numbers of any count of bits, the highest first, as the headers of MPEG-4 audio hold them (ISO/IEC 14496-3)."""

from __future__ import annotations


class Bits:
    """Reads `data` from its first bit on."""

    def __init__(self, data: bytes) -> None:
        self._value, self.left, self.ran_out = int.from_bytes(data, "big"), len(data) * 8, False

    def take(self, count: int) -> int:
        """The next bits; 0 where there are not so many left, and from then on."""
        if count > self.left:
            self.left, self.ran_out = 0, True
            return 0
        self.left -= count
        return self._value >> self.left & ((1 << count) - 1)
