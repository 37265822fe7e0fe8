"""The voices of this machine as one: who speaks where nobody is named, and how a text is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from activities.local.read_aloud import clauses, readable
from activities.local.voice import EspeakVoice
from activities.local.voices import LocalVoices, local_voices
from schema.errors import ProviderFailed
from tests.activities.contract.support import sound_of


def test_without_weights_and_packages_espeak_speaks_every_language(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("activities.local.voices.importlib.util.find_spec", lambda name: None)
    voices = local_voices(tmp_path)
    assert "Kokoro is not installed, so espeak-ng speaks: run `make weights`." in caplog.text
    assert {voices.speaker(language, None).name for language in ("en", "es", "de")} == {"espeak-ng"}
    assert voices.languages() == EspeakVoice().languages()


async def test_german_is_picos_and_others_may_ask_for_it() -> None:
    pytest.importorskip("py_nanotts", reason="Pico is not installed: make weights")
    from activities.local.pico import PicoVoices

    voices = LocalVoices(PicoVoices(), EspeakVoice())
    assert voices.speaker("de-AT", None).name == "pico"
    assert voices.speaker("fr", None).name == "espeak-ng"
    assert voices.speaker("fr", "pico-fr-FR").name == "pico"
    text = "Die Frau zündet im Leuchtturm hundert Kerzen an."
    first = await voices.speak(text, "de", None, None)
    assert first == await voices.speak(text, "de", "pico-de-DE", None)
    assert 2 < sound_of(first).seconds < 6
    voices.close()


def test_what_a_clip_depends_on_names_engine_version_and_voice() -> None:
    voices = LocalVoices(EspeakVoice())
    speaker = voices.speaker("es-MX", None)
    assert speaker.name == "espeak-ng"
    assert speaker.engine.startswith("espeak-ng 0.") and speaker.engine.endswith(", es-419")
    with pytest.raises(ProviderFailed, match="There is no voice nobody for en; there is en, "):
        voices.speaker("en", "nobody")
    with pytest.raises(ProviderFailed, match="No voice here speaks xx"):
        voices.speaker("xx", None)


def test_every_voice_says_how_it_sounds_and_whose_it_is() -> None:
    for voice in local_voices().voices():
        assert voice.quality in ("natural", "compact", "formant")
        assert voice.gender in ("female", "male")
        assert voice.languages and voice.draft


@pytest.mark.parametrize(
    ("language", "text", "read"),
    [
        ("en", "It costs $1,250.50 or £5.", "It costs 1,250.50 dollars or 5 pounds."),
        ("en", "A $3 million house", "A 3 million dollars house"),
        ("es", "Cuesta 20 € o $5", "Cuesta 20 euros o 5 dólares"),
        (
            "en",
            "£5m, $1, €2bn and US$3k",
            "5 million pounds, 1 dollar, 2 billion euros and 3 thousand dollars",
        ),
        ("en", "A$3.50 or $5pm", "A$3.50 or $5pm"),
        ("pt-BR", "Custa R$ 50, ou R$ 3 milhões", "Custa 50 reais, ou 3 milhões de reais"),
        ("es-MX", "Cuesta $100 o US$5", "Cuesta 100 pesos o 5 dólares"),
        ("en", "$5-10 million or $1.5 – 2", "5-10 million dollars or 1.5 – 2 dollars"),
        ("es", "$5 millones", "5 millones de dólares"),
        ("fr", "5 millions € ou 1 €", "5 millions d'euros ou 1 euro"),
        ("de", "5 Mio. €", "5 Mio. Euro"),
        ("ja", "$5", "$5"),
        ("de", "Donau\u00addampf\u200b \u200e24", "Donaudampf 24"),
        ("si", "ශ්\u200dරී ලංකා", "ශ්\u200dරී ලංකා"),
        ("en", "two\nlines\x00and a tab\t", "two lines and a tab"),
    ],
)
def test_what_a_voice_would_read_in_the_wrong_order_is_put_into_words(
    language: str, text: str, read: str
) -> None:
    assert readable(text, language) == read


async def test_pico_says_what_it_would_take_for_a_sign_of_its_own() -> None:
    pytest.importorskip("py_nanotts", reason="Pico is not installed: make weights")
    from activities.local.pico import PicoVoices

    voices = LocalVoices(PicoVoices())
    assert await voices.speak("Müller & Sohn", "de", None, None) == await voices.speak(
        "Müller und Sohn", "de", None, None
    )
    voices.close()


def test_a_stop_that_closes_nothing_is_read_on() -> None:
    text = 'Dr. Smith leaves at 3.5 km, i.e. late — "Really?" (She waits.) The end'
    assert list(clauses(text, "en")) == [
        ("Dr. Smith leaves at 3.5 km", ","),
        ("i.e. late", "—"),
        ('"Really', "?"),
        ("She waits", "."),
        ("The end", ""),
    ]
    assert list(clauses("… ♪ —", "en")) == []


@pytest.mark.parametrize(
    ("language", "text", "marks"),
    [
        ("hi", "वह चलता है। वह बैठता है।", [".", "."]),
        ("zh", "他来了。真的吗？是，好！", [".", "?", ",", "!"]),
        ("ar", "هل تسمع؟ نعم، أسمع.", ["?", ",", "."]),
        ("ur", "وہ آیا۔ وہ گیا۔", [".", "."]),
    ],
)
def test_a_breath_is_taken_at_the_signs_of_every_script(language: str, text: str, marks: list[str]) -> None:
    assert [mark for _, mark in clauses(text, language)] == marks
