"""Which column of a glossary is for a language, and which stand in for it."""

from __future__ import annotations

from functools import lru_cache


@lru_cache(maxsize=512)
def columns_for(language: str) -> tuple[str, ...]:
    """The language's own and those that stand in for it, the nearest first (RFC 4647, section 3.4): `zh-Hant` and then
    `zh` for `zh-Hant-TW`. A region that writes otherwise than the language does is of its script first: `zh-TW` is of
    `zh-Hant`."""
    parts = language.split("-")
    found = ["-".join(parts[:count]) for count in range(len(parts), 0, -1)]
    if not any(len(part) == 4 and part.isalpha() for part in parts[1:]):
        script, usual = _script_of(language), _script_of(found[-1])
        if script != usual:
            found.insert(-1, f"{found[-1]}-{script}")
    return tuple(found)


def _script_of(language: str) -> str | None:
    from langcodes import Language  # loaded where it is needed

    try:
        return Language.get(language).maximize().script
    except ValueError:
        return None
