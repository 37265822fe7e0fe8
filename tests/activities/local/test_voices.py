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
        ("ja", "$5", "$5"),
        ("en", "A $1 coin, $1.50, $5-10 million", "A one dollar coin, 1.50 dollars, 5-10 million dollars"),
        (
            "en",
            "A $5 trillion plan, $5bn and £2m",
            "A 5 trillion dollars plan, 5 billion dollars and 2 million pounds",
        ),
        ("en", "US$5 in €20s", "US$5 in €20s"),
        ("de", "$5 Millionen oder 1 €", "5 Millionen Dollar oder ein Euro"),
        ("es", "Cuesta $5 millones o 20 mil €", "Cuesta 5 millones de dólares o 20 mil euros"),
        ("fr", "3,5 millions €", "3,5 millions d'euros"),
        ("it", "€3 milioni", "3 milioni di euro"),
        ("en", "cof\u200bfee for \u202ethe\u202c man", "coffee for the man"),
        ("fa", "می\u200cخواهم", "می\u200cخواهم"),
        ("en", "two\nlines\x00and a tab\t", "two lines and a tab"),
    ],
)
def test_what_a_voice_would_read_in_the_wrong_order_is_put_into_words(
    language: str, text: str, read: str
) -> None:
    assert readable(text, language) == read


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
    ("language", "text", "read"),
    [
        ("hi", "वह जाता है। वह आता है।", [("वह जाता है", "."), ("वह आता है", ".")]),
        ("ar", "هل جاء؟ نعم، جاء.", [("هل جاء", "?"), ("نعم", ","), ("جاء", ".")]),
        ("zh", "他来了。她走了，真的？", [("他来了", "."), ("她走了", ","), ("真的", "?")]),
    ],
)
def test_the_marks_of_other_scripts_close_too(language: str, text: str, read: list[tuple[str, str]]) -> None:
    assert list(clauses(text, language)) == read


async def test_pico_says_what_it_would_take_for_a_sign_of_its_own() -> None:
    pytest.importorskip("py_nanotts", reason="Pico is not installed: make weights")
    from activities.local.pico import PicoVoices

    voices = LocalVoices(PicoVoices())
    assert await voices.speak("Müller & Sohn", "de", None, None) == await voices.speak(
        "Müller und Sohn", "de", None, None
    )
    voices.close()
