"""The languages that Whisper was taught, by its codes and by ours."""

from __future__ import annotations

from schema.vtt.text import primary

CODES = frozenset(
    [
        "af",
        "am",
        "ar",
        "as",
        "az",
        "ba",
        "be",
        "bg",
        "bn",
        "bo",
        "br",
        "bs",
        "ca",
        "cs",
        "cy",
        "da",
        "de",
        "el",
        "en",
        "es",
        "et",
        "eu",
        "fa",
        "fi",
        "fo",
        "fr",
        "gl",
        "gu",
        "ha",
        "haw",
        "he",
        "hi",
        "hr",
        "ht",
        "hu",
        "hy",
        "id",
        "is",
        "it",
        "ja",
        "jw",
        "ka",
        "kk",
        "km",
        "kn",
        "ko",
        "la",
        "lb",
        "ln",
        "lo",
        "lt",
        "lv",
        "mg",
        "mi",
        "mk",
        "ml",
        "mn",
        "mr",
        "ms",
        "mt",
        "my",
        "ne",
        "nl",
        "nn",
        "no",
        "oc",
        "pa",
        "pl",
        "ps",
        "pt",
        "ro",
        "ru",
        "sa",
        "sd",
        "si",
        "sk",
        "sl",
        "sn",
        "so",
        "sq",
        "sr",
        "su",
        "sv",
        "sw",
        "ta",
        "te",
        "tg",
        "th",
        "tk",
        "tl",
        "tr",
        "tt",
        "uk",
        "ur",
        "uz",
        "vi",
        "yi",
        "yo",
        "zh",
    ]
)
_OTHERWISE = {"jv": "jw", "nb": "no", "fil": "tl", "cmn": "zh"}
"""BCP 47 codes that it knows by another."""
UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "km", "bo"})
"""Languages that put no space between words."""
LANGUAGES = frozenset((CODES - {"jw"}) | set(_OTHERWISE))


def whisper_code(language: str) -> str | None:
    """What Whisper calls it, or None where it does not know it."""
    code = primary(language)
    code = _OTHERWISE.get(code, code)
    return code if code in CODES else None


def language_of(code: str) -> str:
    """What BCP 47 calls a language of Whisper's."""
    return "jv" if code == "jw" else code
