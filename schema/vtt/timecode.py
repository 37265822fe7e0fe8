"""Frames and SMPTE timecode (ST 12-1), from and to integer milliseconds.

Timecode counts frames of the nominal rate. At 29.97 and 59.94 frames a second *drop-frame* (written with `;`)
skips the first 2 (or 4) frame numbers of every minute but each tenth, so that it keeps up with the clock.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_TIMECODE = re.compile(r"([0-9]{2}):([0-5][0-9]):([0-5][0-9])([:;])([0-9]{2,3})")
_DROP_RATES = {Fraction(30000, 1001): 2, Fraction(60000, 1001): 4}


def frames_to_ms(frames: int, rate: Fraction) -> int:
    """The length of so many frames, rounded up to milliseconds."""
    return -(-frames * 1000 * rate.denominator // rate.numerator)


def ms_to_frames(ms: int, rate: Fraction) -> Fraction:
    """A length in frames, exactly."""
    return Fraction(ms, 1000) * rate


@dataclass(frozen=True, slots=True)
class Timecode:
    """A source's timecode: `rate` frames a second, and the label of its first frame.

    Raises ValueError for a label that is no timecode at that rate, such as `;` where there is no drop-frame.
    """

    rate: Fraction
    start: str = "00:00:00:00"

    def __post_init__(self) -> None:
        if self.rate <= 0:
            raise ValueError("a frame rate is more than 0")
        self._number(self.start)

    @property
    def nominal(self) -> int:
        """Frame numbers a second: 30 for 29.97."""
        return -(-self.rate.numerator // self.rate.denominator)

    @property
    def drop(self) -> bool:
        return ";" in self.start

    def at(self, ms: int) -> str:
        """The label of the frame that is shown at `ms` from the first frame."""
        return self._label(self.number_at(ms))

    def number_at(self, ms: int) -> int:
        """The number of that frame, counted from the label 00:00:00:00."""
        return self._number(self.start) + ms * self.rate.numerator // (1000 * self.rate.denominator)

    def label(self, number: int) -> str:
        """The label of a frame by its number."""
        return self._label(number)

    def to_ms(self, label: str) -> int:
        """When the frame of that label begins, rounded up, so that `at` gives the label back."""
        return frames_to_ms(self._number(label) - self._number(self.start), self.rate)

    def _number(self, label: str) -> int:
        found = _TIMECODE.fullmatch(label)
        if found is None:
            raise ValueError(f"{label} is no timecode; write HH:MM:SS:FF")
        hours, minutes, seconds, frames = (int(found.group(group)) for group in (1, 2, 3, 5))
        if frames >= self.nominal:
            raise ValueError(f"{label} has frame {frames}, but there are {self.nominal} a second")
        total_minutes = hours * 60 + minutes
        number = (total_minutes * 60 + seconds) * self.nominal + frames
        if found.group(4) == ":":
            return number
        dropped = _DROP_RATES.get(self.rate)
        if dropped is None:
            raise ValueError(f"{label} is drop-frame, which only 29.97 and 59.94 frames a second have")
        if seconds == 0 and frames < dropped and minutes % 10:
            raise ValueError(f"{label} is a number that drop-frame skips")
        return number - dropped * (total_minutes - total_minutes // 10)

    def _label(self, number: int) -> str:
        if self.drop:
            dropped = _DROP_RATES[self.rate]
            a_minute = self.nominal * 60 - dropped
            tens, rest = divmod(number, a_minute * 10 + dropped)
            number += dropped * (9 * tens + max(0, (rest - dropped) // a_minute))
        seconds, frames = divmod(number, self.nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours % 24:02}:{minutes:02}:{seconds:02}{';' if self.drop else ':'}{frames:02}"
