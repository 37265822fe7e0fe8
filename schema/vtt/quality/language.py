"""Whether a text is in another language than it should be: only where that is beyond doubt."""

from __future__ import annotations

import regex

from schema.vtt.linguistics import break_rules
from schema.vtt.text import primary, words_of

_SCRIPTS = {
    "ar": "Arabic",
    "fa": "Arabic",
    "ur": "Arabic",
    "bg": "Cyrillic",
    "ru": "Cyrillic",
    "uk": "Cyrillic",
    "el": "Greek",
    "he": "Hebrew",
    "hi": "Devanagari",
    "ne": "Devanagari",
    "mr": "Devanagari",
    "bn": "Bengali",
    "ta": "Tamil",
    "te": "Telugu",
    "th": "Thai",
    "ko": "Hangul",
    "zh": "Han",
    "cmn": "Han",
    "yue": "Han",
    **dict.fromkeys(
        (
            "en",
            "es",
            "fr",
            "de",
            "pt",
            "it",
            "nl",
            "sv",
            "da",
            "nb",
            "no",
            "fi",
            "pl",
            "cs",
            "ro",
            "hu",
            "tr",
            "vi",
            "id",
        ),
        "Latin",
    ),
}
_PATTERNS = {script: regex.compile(rf"\p{{Script={script}}}") for script in set(_SCRIPTS.values())}
_PATTERNS["Japanese"] = regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]")
_KANA = regex.compile(r"[\p{Script=Hiragana}\p{Script=Katakana}]")
_LETTER = regex.compile(r"\p{L}")
_LEAST_LETTERS, _LEAST_WORDS = 40, 30
_SHARE, _TELLING = 0.3, 0.15


def other_language(text: str, source_language: str, target_language: str) -> str | None:
    """Why the text cannot be in the target language, or None where it may be.

    Two signs are taken: hardly a letter is of the script that the language is written in; or the source's function
    words are frequent, and the target's next to absent. Short texts, and languages without lists, pass.
    """
    source, target = primary(source_language), primary(target_language)
    letters = len(_LETTER.findall(text))
    if letters < _LEAST_LETTERS or source == target:
        return None
    script = "Japanese" if target == "ja" else _SCRIPTS.get(target)
    if script is not None:
        share = len(_PATTERNS[script].findall(text)) / letters
        if share < _SHARE:
            return f"only {share:.0%} of its letters are {script}"
        if target == "zh" and len(_KANA.findall(text)) / letters > _SHARE:
            return "it is written in Japanese syllables"
        if target == "ja" and not _KANA.search(text):
            return "it has no Japanese syllables at all"
    return _by_function_words(text, source, target)


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
