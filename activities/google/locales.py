"""Which locales Google's speech services know, and which of them stands for a language or another region."""

from __future__ import annotations

from collections.abc import Iterable

from schema.vtt.text import primary

_HEARD = """
af-ZA am-ET ar-EG ar-XA az-AZ bg-BG bn-BD bn-IN bs-BA ca-ES cmn-Hans-CN cmn-Hant-TW cs-CZ cy-GB da-DK de-DE el-GR
en-US en-AU en-GB en-IN es-ES es-US et-EE eu-ES fa-IR fi-FI fil-PH fr-FR fr-CA gl-ES gu-IN ha-NG he-IL hi-IN hr-HR
hu-HU hy-AM id-ID is-IS it-IT ja-JP jv-ID ka-GE kk-KZ km-KH kn-IN ko-KR lo-LA lt-LT lv-LV mk-MK ml-IN mn-MN mr-IN
ms-MY my-MM nb-NO ne-NP nl-NL pa-Guru-IN pl-PL pt-BR pt-PT ro-RO ru-RU si-LK sk-SK sl-SI sq-AL sr-RS sv-SE sw ta-IN
te-IN th-TH tr-TR uk-UA ur-PK uz-UZ vi-VN yo-NG yue-Hant-HK zu-ZA
"""
HEARD = tuple(_HEARD.split())
"""Speech-to-Text v2, model chirp_2, BatchRecognize
(https://cloud.google.com/speech-to-text/v2/docs/speech-to-text-supported-languages). The first of a language stands
for it."""

_SPOKEN = """
ar-XA bg-BG bn-IN cmn-CN cs-CZ da-DK de-DE el-GR en-US en-AU en-GB en-IN es-ES es-US et-EE fi-FI fr-FR fr-CA gu-IN
he-IL hi-IN hr-HR hu-HU id-ID it-IT ja-JP kn-IN ko-KR lt-LT lv-LV ml-IN mr-IN nb-NO nl-NL nl-BE pl-PL pt-BR ro-RO
ru-RU sk-SK sl-SI sr-RS sv-SE sw-KE ta-IN te-IN th-TH tr-TR uk-UA ur-IN vi-VN
"""
SPOKEN = tuple(_SPOKEN.split())
"""Chirp 3: HD voices (https://cloud.google.com/text-to-speech/docs/chirp3-hd)."""

_SAME = {"zh": "cmn", "no": "nb", "iw": "he", "tl": "fil"}
"""What others call a language that Google has under another code."""
_AMERICAS = "419 AR BO CL CO CR CU DO EC GT HN MX NI PA PE PR PY SV UY VE"
_LATIN_AMERICA = frozenset(_AMERICAS.split())


def nearest(language: str, locales: Iterable[str]) -> str | None:
    """The locale for a BCP 47 code: itself, else the first of its language; None where there is none.

    Latin American Spanish is es-US, and traditional Chinese keeps its script.
    """
    known = list(locales)
    exact = next((locale for locale in known if locale.lower() == language.lower()), None)
    if exact:
        return exact
    spoken = _SAME.get(primary(language), primary(language))
    subtags = {subtag.upper() for subtag in language.split("-")[1:]}
    ours = [locale for locale in known if primary(locale) == spoken]
    if spoken == "es" and subtags & _LATIN_AMERICA and "es-US" in ours:
        return "es-US"
    if spoken == "cmn" and subtags & {"HANT", "TW"} and "cmn-Hant-TW" in ours:
        return "cmn-Hant-TW"
    return next(iter(ours), None)


def languages_of(locales: Iterable[str]) -> frozenset[str]:
    """The codes that may be asked for: the locales, and each language, which stands for all of its regions."""
    known = list(locales)
    spoken = {primary(locale) for locale in known}
    return frozenset(known) | spoken | {alias for alias, code in _SAME.items() if code in spoken}
