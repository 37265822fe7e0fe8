"""The voices that Chirp 3: HD and Gemini speech share (https://cloud.google.com/text-to-speech/docs/chirp3-hd)."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from activities.google.locales import SPOKEN, languages_of, nearest
from activities.ports import VoiceInfo
from schema.errors import ProviderFailed
from schema.vtt.text import has_letters, one_line, visible

_WOMEN = (
    "Achernar Aoede Autonoe Callirrhoe Despina Erinome Gacrux Kore Laomedeia Leda Pulcherrima Sulafat "
    "Vindemiatrix Zephyr"
)
_MEN = (
    "Achird Algenib Algieba Alnilam Charon Enceladus Fenrir Iapetus Orus Puck Rasalgethi Sadachbia Sadaltager "
    "Schedar Umbriel Zubenelgenubi"
)
STANDARD = "Charon"
"""Informative and even: the one that speaks where nobody chose."""


@cache
def voices() -> tuple[VoiceInfo, ...]:
    """Each speaks every language."""
    languages = tuple(sorted(languages_of(SPOKEN)))
    by_name = dict.fromkeys(_WOMEN.split(), "female") | dict.fromkeys(_MEN.split(), "male")
    return tuple(VoiceInfo(name, name, languages, gender) for name, gender in sorted(by_name.items()))


def chosen(voice: str | None, service: str) -> str:
    """The voice that speaks.

    Raises:
        ProviderFailed: there is no such voice.
    """
    known = [each.id for each in voices()]
    if voice is not None and voice not in known:
        raise ProviderFailed(f"{service} has no voice {voice}; there is {', '.join(known)}.", retryable=False)
    return voice or STANDARD


def chosen_model(model: str | None, models: Iterable[str], service: str) -> str:
    """The model that speaks: the first where nobody chose.

    Raises:
        ProviderFailed: there is no such model.
    """
    known = list(models)
    if model is not None and model not in known:
        raise ProviderFailed(f"{service} has no model {model}; there is {', '.join(known)}.", retryable=False)
    return model or known[0]


def locale_of(language: str, service: str) -> str:
    """The locale that speaks a language.

    Raises:
        ProviderFailed: none does.
    """
    locale = nearest(language, SPOKEN)
    if locale is None:
        raise ProviderFailed(f"{service} does not speak {language}.", retryable=False)
    return locale


def sayable(text: str) -> str:
    """The text on one line.

    Raises:
        ProviderFailed: there is nothing to say in it.
    """
    spoken = " ".join(one_line(visible(text)).split())
    if not has_letters(spoken):
        raise ProviderFailed(f"There is nothing to say in {text!r}.", retryable=False)
    return spoken
