"""Numbers in request bodies: JSON numbers, not booleans or text. Ratios are bounded before they are built, because
`1e8000000` is short to write and slow to build."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from pydantic import AfterValidator, Field, Strict, StringConstraints

from schema.contracts.bounds import Count

Integer = Annotated[int, Strict()]
Number = Annotated[float, Strict()]
Counted = Annotated[Count, Strict()]

_LOWEST, _HIGHEST = Fraction(1, 10), 10


def _in_range(sent: str | float) -> str:
    try:
        value = Fraction(str(sent))
    except ZeroDivisionError:
        raise ValueError("a ratio's denominator is not 0") from None
    if not _LOWEST <= value <= _HIGHEST:
        raise ValueError("a scale is from 0.1 to 10")
    return str(sent)


_Written = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,6}(\.[0-9]{1,12}|/[0-9]{1,6})?$")]
_Given = Annotated[Number, Field(ge=float(_LOWEST), le=_HIGHEST)]
Ratio = Annotated[_Written | _Given, AfterValidator(_in_range)]
"""From 0.1 to 10, as a number or as text such as `1.001` or `25/24`; `Fraction` reads it."""
