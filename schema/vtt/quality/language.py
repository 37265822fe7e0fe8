"""Whether a text is in another language than it should be: only where that is beyond doubt."""

from __future__ import annotations

from functools import lru_cache

import regex

from schema.vtt.linguistics import break_rules
from schema.vtt.text import primary, words_of

_WRITTEN_IN = {"Kore": "Hangul", "Jpan": "Japanese", "Hans": "Han", "Hant": "Han"}
"""Scripts of Unicode for those of ISO 15924 that are a mixture or a variant."""
_ALSO_IN = {
    "az": "Cyrillic", "bs": "Cyrillic", "ha": "Arabic", "kk": "Latin", "kok": "Latin", "ks": "Devanagari",
    "ku": "Arabic", "mn": "Mongolian", "ms": "Arabic", "pa": "Arabic", "sd": "Devanagari", "sh": "Cyrillic",
    "sr": "Latin", "tk": "Cyrillic", "tt": "Latin", "uz": "Cyrillic", "zgh": "Latin",
}  # fmt: skip
"""The other script of languages that are written in two; their tag may name one."""
_JAPANESE = regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]")
_KANA = regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]")
_LETTER = regex.compile(r"\p{L}")
_LEAST_LETTERS, _LEAST_WORDS = 40, 30
_SHARE, _TELLING, _BEYOND_DOUBT = 0.3, 0.15, 0.25


def other_language(text: str, source_language: str, target_language: str) -> str | None:
    """Why the text cannot be in the target language, or None where it may be.

    Two signs are taken: hardly a letter is of the script that the language is written in; or the source's function
    words are frequent, and the target's next to absent. Short texts, and languages without lists, pass.
    """
    source, target = primary(source_language), primary(target_language)
    letters = len(_LETTER.findall(text))
    if letters < _LEAST_LETTERS or source == target:
        return None
    if (script := script_of(target_language)) is not None:
        share = len(script.findall(text)) / letters
        if share < _SHARE and not _in_its_other_script(text, letters, source, target_language):
            return f"only {share:.0%} of its letters are of the script that {target_language} is written in"
        if target == "zh" and len(_KANA.findall(text)) / letters > _SHARE:
            return "it is written in Japanese syllables"
        if target == "ja" and not _KANA.search(text):
            return "it has no Japanese syllables at all"
    return _by_function_words(text, source, target)


def _in_its_other_script(text: str, letters: int, source: str, language: str) -> bool:
    """Whether the language may also be written so, and the text is not left in that of the source."""
    script = _ALSO_IN.get(language.lower())
    if script is None or len(regex.findall(rf"\p{{Script={script}}}", text)) < _SHARE * letters:
        return False
    words, theirs = words_of(text), break_rules(source).holds
    return sum(word.lower() in theirs for word in words) < _BEYOND_DOUBT * len(words)


@lru_cache(maxsize=256)
def script_of(language: str) -> regex.Pattern[str] | None:
    """Letters of the script that CLDR has for the language, or that its tag names."""
    from langcodes import Language  # loaded where it is needed

    try:
        code = Language.get(language).maximize().script or ""
    except ValueError:
        return None
    script = _WRITTEN_IN.get(code, code)
    if script == "Japanese":
        return _JAPANESE
    try:
        return regex.compile(rf"\p{{Script={script}}}") if script else None
    except regex.error:
        return None


def _by_function_words(text: str, source: str, target: str) -> str | None:
    theirs, ours = break_rules(source).holds, break_rules(target).holds
    if not theirs or not ours:
        return None
    words = [word.lower() for word in words_of(text)]
    if len(words) < _LEAST_WORDS:
        return None
    of_source = sum(word in theirs and word not in ours for word in words)
    of_target = sum(word in ours and word not in theirs for word in words)
    if of_source / len(words) >= _TELLING and of_source > 3 * of_target:
        return f"{of_source} of its {len(words)} words are common words of {source}, {of_target} of {target}"
    return None
