"""Which words are written short, so that the full stop after them ends no sentence.

sentencex has lists of abbreviations by language. They name some of the commonest words too (Italian `so`, Hungarian
`nem`, English `me`), and the languages without a list of their own get the English one; both are taken out here.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import regex

from schema.vtt.linguistics import break_rules

TITLES = frozenset(
    [
        "mr",
        "mrs",
        "ms",
        "mx",
        "dr",
        "dra",
        "prof",
        "profa",
        "rev",
        "sr",
        "sra",
        "srta",
        "sig",
        "dott",
        "hr",
        "hrn",
        "frk",
        "mme",
        "mlle",
        "mgr",
        "dña",
        "mevr",
        "dhr",
        "doç",
        "im",
        "inż",
        "डॉ",
        "प्रो",
        "श्री",
        "ড",
        "ডা",
        "মো",
        "திரு",
        "డా",
        "د",
    ]
)
"""A name always follows them."""
_ALWAYS = frozenset(["etc", "prof", "approx", "напр"])
_OFTEN = frozenset(
    ["co", "inc", "corp", "gen", "vol", "ca", "tel", "feb", "aug", "sept", "nov", "dec", "ing", "av", "oz"]
)
"""Short in more languages than English, where the language's list has them."""
_BEFORE_NUMBERS = frozenset(
    [
        "no",
        "nos",
        "nr",
        "art",
        "fig",
        "op",
        "vol",
        "cap",
        "pag",
        "pág",
        "pp",
        "str",
        "bd",
        "kl",
        "lk",
        "min",
        "max",
        "est",
        "sec",
        "séc",
        "sect",
        "ch",
        "abs",
        "ziff",
        "nro",
        "núm",
        "num",
        "godz",
    ]
)
"""Short before a number, and mostly words of their own elsewhere."""
_WORDS = {
    "": "ok",
    "en": "me no may art re miss al la ill ma id fed pa op arc ken mar ba fig ore se con va ne",
    "de": "mich art mag nem bart ass di del sa eg",
    "fr": "art ex vol al",
    "es": "de en un no con para sobre nos bien entre contra da ante tras mar ex in auto di post pro super des sub art "
    "anti extra an pre ultra mini mono micro mega pos",
    "it": "di la in le si con ma al ha se mi lo ci su ad ed sia ai ne fa me mai no vi te via li po va so ore col sa "
    "fra ce fai san post re usa sai all fin to nato bar coi it ama app ve top is file mica sin ali gia ue en fi set "
    "mar rom an na tim mo val bei go or pop com fasi dia grano sam dir inter spot as fiat mac ri are pa uni pe dea "
    "uk eu am card sol giu ip targa cat pan pi bo id par spa cam car nodo ago api ta long",
    "pt": "vi art ex",
    "nl": "dat al me pas best hand vol top ver no app it bel ex max red tom get ed not or pan sir os pers art",
    "pl": "port dniem pol",
    "cs": "co tu no pod slov kol viď",
    "da": "med var da to din del ned par form vær el on sort ti nat jan if nord tab mia sø do off fru regn port lig "
    "sen mat al red",
    "hu": "nem mi ne ma se no la ba me",
    "ro": "la se ca al va ne mi loc ore ia ma alta ba sens no me art colo cal",
    "ru": "муж",
    "uk": "вид наук под див нар буд",
    "ca": "de en un no com cap sobre entre des dir contra vol nos mar in dic para post da fil di super anti extra an "
    "pre mini auto art",
    "sk": "tu no pod slov os co stred",
    "bg": "ха полк",
    "sl": "se pa ne med ga mi me no nov maj res",
}
"""Words of their own, which sentencex also has as short for others; wordfreq has them as common."""
_OWN = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_LONGEST = 12
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_A_NUMBER = regex.compile(r"\p{Nd}|[IVXLC]+\b")
_CASED = regex.compile(r"[\p{Latin}\p{Cyrillic}\p{Greek}\p{Armenian}]+")
"""Scripts that begin a sentence with a capital."""
_VOWELS = frozenset("aeiouyæøœıаеёиоуыэюяіїєъαεηιουω")
_SYLLABIC = frozenset(["cs", "sk", "hr", "sr", "bs", "sh", "sl", "mk"])
"""Languages whose words may have `r` or `l` for a vowel, between two consonants."""
_LIQUIDS = frozenset("rlрл")
_INTERJECTIONS = regex.compile(
    "m*h+m+|m{2,}|ps+t*|s+h+t*|t+s+k?|b+r+|g+r+|p+f+t*|z{2,}|nth|х+м+|м{2,}|т+с+|т?ш+|пс+т*|бр+"
)
_UNITS = frozenset(["km", "kg", "cm", "mm", "ml", "dl", "км", "кг", "см", "мм", "мл"])


def is_abbreviation(word: str, language: str, following: str = "") -> bool:
    """Whether a word, without its last stop, is written short in that language (a primary subtag). `following` is what
    comes next, where it is known."""
    if "." in word:
        return word.rpartition(".")[2].isalpha() and len(word) <= _LONGEST
    if _LETTERS.fullmatch(word) is None or _INTERJECTIONS.fullmatch(word.lower()):
        return False
    if len(word) == 1 and (following[:1].islower() or _A_NUMBER.match(following)):
        return True
    if word.lower() in _BEFORE_NUMBERS and _A_NUMBER.match(following):
        return True
    return _is_short(word, language)


@lru_cache(maxsize=8192)
def _is_short(word: str, language: str) -> bool:
    lower, rules = word.lower(), break_rules(language or "en")
    if lower in rules.holds | rules.opens or lower in _OWN[""] or lower in _OWN.get(language or "en", ()):
        return False
    if lower in _ALWAYS or _has_no_vowel(word, language):
        return True
    english = language in ("", "en") or len(word) == 1 or lower in _OFTEN
    if not english and _listed(word, "en"):
        return False
    return _listed(word, language or "en")


def _listed(word: str, language: str) -> bool:
    from sentencex import segment  # loaded where it is needed: most that import this read no sentence

    return len(segment(language, f"{word}. Xx")) == 1


def _has_no_vowel(word: str, language: str) -> bool:
    """Whether nobody can say it as it is written: `Hrn`, `tzv`, `др`. Capitals alone are an acronym, such as `TV`."""
    if len(word) < 2 or word.isupper() or not _CASED.fullmatch(word):
        return False
    lower = word.lower()
    if lower in _UNITS:
        return False
    letters = [unicodedata.normalize("NFD", sign)[0] for sign in lower]
    if language in _SYLLABIC and not _LIQUIDS.isdisjoint(letters[1:-1]):
        return False
    return _VOWELS.isdisjoint(letters) and not (language == "cy" and "w" in letters)
