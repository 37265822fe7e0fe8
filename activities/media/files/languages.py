"""Languages as a media file names them."""

from __future__ import annotations

from contextlib import suppress

from babel import Locale

_UNKNOWN = "und"


def iso_639_2(tag: str) -> str:
    """The three letters that `mdhd` and ID3 hold, of a BCP 47 tag; `und` where its primary subtag has none."""
    from langcodes import Language  # its tables take as long to load as NumPy

    try:
        code = Language.get(tag, normalize=False).to_alpha3()
    except (LookupError, ValueError):  # no language of three letters, no tag
        return _UNKNOWN
    return code if len(code) == 3 and code.isascii() and code.isalpha() else _UNKNOWN


def english_name(tag: str) -> str | None:
    """What English calls the language of a BCP 47 tag, or of the three letters of `mdhd`; None where that is unknown."""
    names = Locale("en").languages
    primary = tag.split("-")[0].lower()
    if primary == _UNKNOWN:
        return None
    name: str | None = names.get(primary)
    if name is None:
        from langcodes import Language

        with suppress(ValueError):
            name = names.get(Language.get(primary).language)
    return name
