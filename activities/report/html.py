"""HTML by construction: whatever is not markup of ours is escaped."""

from __future__ import annotations

import json
from collections.abc import Iterable
from html import escape
from typing import Any


class Html(str):
    """Markup that is safe as it stands."""

    __slots__ = ()


def html(template: str, /, **values: object) -> Html:
    """`template` with its `{names}` filled in: texts escaped, `Html` as it is, several `Html` one after another."""
    return Html(template.format_map({name: _safe(value) for name, value in values.items()}))


def joined(parts: Iterable[Html]) -> Html:
    return Html("".join(parts))


def script_json(value: Any) -> Html:
    """JSON that stands in a script element: no `<`, `>` or `&`, so that nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(text)


def _safe(value: object) -> str:
    return value if isinstance(value, Html) else escape(str(value), quote=True)
