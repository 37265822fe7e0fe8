"""Colours as WebVTT has them: eight classes that players know, and classes of our own with a STYLE block."""

from __future__ import annotations

import re
from collections.abc import Iterable

from schema.vtt.cues import Style

KNOWN = {
    "white": "ffffff",
    "lime": "00ff00",
    "cyan": "00ffff",
    "red": "ff0000",
    "yellow": "ffff00",
    "magenta": "ff00ff",
    "blue": "0000ff",
    "black": "000000",
}
"""The classes that WebVTT knows by itself (https://www.w3.org/TR/webvtt1/#default-text-color)."""
_BY_HEX = {value: name for name, value in KNOWN.items()}
_NAMES = {
    "aqua": "00ffff",
    "fuchsia": "ff00ff",
    "gray": "808080",
    "green": "008000",
    "maroon": "800000",
    "navy": "000080",
    "olive": "808000",
    "purple": "800080",
    "silver": "c0c0c0",
    "teal": "008080",
}
"""The other names that TTML2 and HTML 4 share."""
_PREFIX = "color-"
_HEX = re.compile(r"#([0-9a-f]{3}|[0-9a-f]{6})(?:ff)?")
_RGB = re.compile(
    r"rgba?\(\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*,\s*([0-9]{1,3})\s*(?:,\s*(?:1(?:\.0+)?|255)\s*)?\)"
)
_NAME = re.compile(r"[a-z]{3,24}")


def color_class(value: str) -> str | None:
    """The class for a colour as CSS, HTML or TTML write it (`green`, `#ff0`, `#00ff00`, `rgb(0, 255, 0)`); None where
    it is no colour, or one that can be seen through."""
    value = value.strip().lower()
    if value in KNOWN:
        return value
    if found := _HEX.fullmatch(value):
        digits = found.group(1)
        digits = digits if len(digits) == 6 else "".join(digit * 2 for digit in digits)
    elif found := _RGB.fullmatch(value):
        parts = [int(part) for part in found.groups()]
        if max(parts) > 255:
            return None
        digits = "".join(f"{part:02x}" for part in parts)
    else:
        digits = _NAMES.get(value, value)
        if not _NAME.fullmatch(value) or value == "transparent":
            return None
    return _BY_HEX.get(digits, _PREFIX + digits)


def color_of(css_class: str) -> str | None:
    """The colour that a class stands for: a name, or `#rrggbb`; None where it is no colour's."""
    if css_class in KNOWN:
        return css_class
    if not css_class.startswith(_PREFIX):
        return None
    value = css_class.removeprefix(_PREFIX)
    return f"#{value}" if re.fullmatch(r"[0-9a-f]{6}", value) else value


def color_styles(classes: Iterable[str]) -> list[Style]:
    """The STYLE block for those of the classes that players do not know by themselves."""
    own = sorted({name for name in classes if name.startswith(_PREFIX)})
    rules = "\n".join(f"::cue(.{name}) {{ color: {color_of(name)} }}" for name in own)
    return [Style(rules)] if own else []
