"""The script without a model: nothing twice, cut to its room, and a name that comes too early is told to the writer."""

from __future__ import annotations

import pytest

from activities.ports import SceneSight, Sight
from activities.texts.script.compose import Composition, Wishes
from activities.texts.script.model import Script
from activities.texts.script.names import Names
from activities.texts.script.repeats import Told
from schema.plan.model import Extend
from schema.vtt import Transcript, Word
from tests.activities.script.kit import REPORT, descriptions, sight, spoken, word


def by_rule(seen: Sight, *words: Word) -> Script:
    return Composition(seen, REPORT, spoken(*words), Wishes()).by_rule()


def test_scenes_stay_as_they_were_seen() -> None:
    script = by_rule(sight("A lighthouse.", None, "A storm."))
    assert [(line.description, line.at_ms, line.remarks) for line in script.lines[:3]] == [
        ("A lighthouse.", 0, ()),
        (None, 10_000, ()),
        ("A storm.", 20_000, ()),
    ]


def test_a_scene_that_is_seen_again_is_not_told_again() -> None:
    script = by_rule(sight("Text on screen: “MARY ANN”.", "A storm.", "Text on screen:  “Mary Ann”."))
    assert descriptions(script)[:3] == ["Text on screen: “MARY ANN”.", "A storm.", None]
    assert (script.lines[2].seen, script.lines[2].remarks) == (
        "Text on screen: “Mary Ann”.",
        ("It was told before.",),
    )


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("A man runs.", "a man  runs", True),
        ("Text on screen: “1897”.", "Text on screen: “1898”.", False),
        ("The man opens the door.", "The man closes the door.", False),
        ("He nods.", "She nods.", False),
        ("Anna gives Ben the key.", "Ben gives Anna the key.", False),
        ("A woman waters the roses in a garden.", "In a garden, a woman waters the roses.", True),
        ("…", "…", False),
    ],
)
def test_what_tells_the_same(one: str, other: str, alike: bool) -> None:
    told = Told()
    told.add(one)
    assert told.has(other) is alike


def test_what_does_not_fit_its_gap_is_cut_at_a_sentence_and_told_to_the_writer() -> None:
    gap = (word("Speech", 0, 1), word("again.", 4, 60))
    script = by_rule(
        sight("A ship sails. Its crew stands at the rail and looks back at the harbour for long."), *gap
    )
    line = script.lines[0]
    assert line.description == "A ship sails."
    assert line.remarks == (
        "Left out, for want of room: Its crew stands at the rail and looks back at the harbour for long.",
    )


def test_where_the_picture_always_waits_nothing_is_cut() -> None:
    told = sight("A ship sails. Its crew stands at the rail and looks back at the harbour for long.")
    gap = spoken(word("Speech", 0, 1), word("again.", 4, 60))
    script = Composition(told, REPORT, gap, Wishes(extend=Extend.ALWAYS)).by_rule()
    assert descriptions(script)[0] == told.scenes[0].description


def test_what_fits_nowhere_is_left_to_the_plan() -> None:
    told = "A ship sails out of the harbour at dawn. Its crew stands at the rail."
    script = by_rule(sight(told), word("Speech", 0, 60))
    assert (script.lines[0].description, script.lines[0].remarks) == (told, ())


def test_a_name_before_it_is_said_is_told_to_the_writer() -> None:
    anna = (word("That", 39.5), word("is", 40), word("Anna.", 40.4))
    script = by_rule(sight("Anna runs along the pier.", None, None, None, "Anna waves."), *anna)
    assert script.lines[0].remarks == ("“Anna” is heard or read not before 00:00:40.400.",)
    assert script.lines[4].remarks == ("“Anna” is heard or read not before 00:00:40.400.",)
    script = by_rule(sight("A woman.", None, None, None, None, "Anna waves."), *anna)
    assert script.lines[5].remarks == ()


def names(*words: str, language: str = "en", shown: str = "") -> Names:
    """Of words that are said from 0:40 on."""
    said = tuple(word(text, 40 + n) for n, text in enumerate(words))
    scene = SceneSight(start_ms=20_000, end_ms=30_000, on_screen_text=(shown,) if shown else ())
    return Names(Transcript(language=language, provider="x", words=said, punctuated=True), [scene], language)


@pytest.mark.parametrize(
    ("said", "description", "early"),
    [
        ("I saw Anna there.", "Anna runs.", "Anna"),
        ("Anna, come here.", "Anna's hat.", "Anna"),
        ("Anna came late.", "The woman, Anna, runs.", "Anna"),
        ("I met McKenzie there.", "McKenzie runs.", "McKenzie"),
        ("I met Jean-Luc there.", "Jean-Luc's boat.", "Jean-Luc"),
        ("I met Mrs. O'Brien there.", "O’Brien's boat.", "Brien"),
        ("We work for NASA there.", "A sign of NASA.", None),
        ("Waves are high.", "Waves break on a rock.", None),
        ("The waves. Waves, waves!", "Waves break.", None),
        ("I am late.", "A door opens. I is painted on it.", None),
        ("Paris is far.", "The Eiffel Tower.", None),
        ("i saw anna there", "The woman, Anna, runs.", "Anna"),
    ],
)
def test_a_name_that_nobody_declares_is_found_where_it_is_said_later(
    said: str, description: str, early: str | None
) -> None:
    assert names(*said.split()).too_early(description, 10_000) == early
    assert names(*said.split()).too_early(description, 60_000) is None


@pytest.mark.parametrize(
    ("language", "said", "description", "declared", "early"),
    [
        ("en", "Nobody.", "Robert runs.", "Robert", "Robert"),
        ("en", "Anna Bell is here.", "Anna Bell runs.", "Anna Bell", "Anna"),
        ("en", "Mister Bell is here.", "Mr Bell runs.", "Mr Bell", "Bell"),
        ("fr", "Je vois Anna là.", "Le bateau d'Anna.", "", "Anna"),
        ("it", "La barca dell'Anna parte.", "L'uomo chiama Anna.", "", "Anna"),
        ("de", "Das Haus ist alt.", "Ein altes Haus.", "", None),
        ("de", "Das ist Anna.", "Anna läuft.", "Anna", "Anna"),
        ("de", "Das ist Herr Bell.", "Bell läuft.", "", "Bell"),
        ("de", "Ich heiße Anna.", "Eine Frau, Anna, läuft.", "", "Anna"),
        ("de", "Anna, komm! Anna, wo bist du?", "Anna läuft.", "", "Anna"),
        ("de", "Feuer, Feuer, Feuer! Das Feuer!", "Feuer brennt.", "", None),
        ("de", "Frau Bell, wo ist das Wasser?", "Wasser fließt.", "", None),
        ("zh", "这是安娜。", "安娜在跑。", "安娜", "安娜"),
        ("zh", "这是安娜。", "一个女人在跑。", "安娜", None),
    ],
)
def test_a_declared_name_has_to_be_known(
    language: str, said: str, description: str, declared: str, early: str | None
) -> None:
    found = names(*said.split(), language=language)
    assert found.too_early(description, 10_000, [declared] if declared else []) == early
    if declared != "Robert":
        assert found.too_early(description, 60_000, [declared] if declared else []) is None


def test_a_name_is_known_in_another_case_of_it() -> None:
    assert names("To", "jest", "Anna.", language="pl").too_early("Widzi Annę.", 60_000, ["Annę"]) is None


def test_a_name_is_known_from_the_screen() -> None:
    found = names("That", "is", "Anna.", shown="ANNA BELL, 1897")
    assert found.too_early("Anna Bell runs.", 20_000, ["Anna Bell"]) is None
    assert found.too_early("Anna Bell runs.", 10_000, ["Anna Bell"]) == "Anna"
