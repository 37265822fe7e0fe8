"""What a model composes: names when they are known, nothing twice, within its room; else the scenes as they were seen."""

from __future__ import annotations

from typing import Any

import pytest

from activities.ports import SceneSight
from activities.texts.script.compose import Wishes
from schema.errors import ProviderFailed
from schema.plan.model import Extend
from tests.activities.contract.support import Kept
from tests.activities.script.kit import Json, Scripted, answers, composed, descriptions, sight, word

pytestmark = pytest.mark.parametrize("by", ["gemini", "chat"])
SEEN = sight(
    "A woman runs along the pier.", "Waves break on a rock.", None, None, "The woman waves from a boat."
)
ANNA = (word("Look,", 39), word("there", 39.5), word("is", 40), word("Anna.", 40.4))


async def test_a_script_takes_the_place_of_the_scenes(by: str) -> None:
    model = Scripted(lambda asked: answers(asked, s1="A runner hurries along a pier.", s2=None))
    script = await composed(model, by, SEEN)
    assert descriptions(script)[:2] == ["A runner hurries along a pier.", None]
    left = script.lines[1]
    assert (left.seen, left.remarks) == ("Waves break on a rock.", ("The script leaves it out.",))
    assert (script.notes, script.final) == ((), True)


async def test_it_is_given_scenes_words_gaps_style_and_glossary(by: str) -> None:
    words = (word("Good", 11, 11.4, "1"), word("day.", 11.5, 12, "1"), word("Hello!", 12.2, 12.6, "2"))
    wishes = Wishes("Name colours.", ({"term": "Mary Ann", "notes": "a ship"},))
    model = Scripted(answers)
    await composed(model, by, SEEN, words, wishes)
    (asked,), (instruction,) = model.asked, model.instructions
    assert "in en (BCP 47)" in instruction and instruction.endswith("Name colours.")
    assert asked["glossary"] == [{"term": "Mary Ann", "notes": "a ship"}]
    assert asked["scenes"][1] == {
        "id": "s2",
        "start": 10.0,
        "end": 20.0,
        "seen": "Waves break on a rock.",
        "gaps": ["g1", "g2"],
    }
    assert asked["gaps"] == [
        {"id": "g1", "start": 0.0, "end": 10.8, "words": 28},
        {"id": "g2", "start": 12.8, "end": 60.0, "words": 125},
    ]
    assert asked["speech"] == [
        {"at": 11.0, "speaker": "1", "text": "Good day."},
        {"at": 12.2, "speaker": "2", "text": "Hello!"},
    ]
    assert asked["pauses"] is True


@pytest.mark.parametrize("names", [["Anna"], []])
async def test_a_name_is_used_once_it_is_said(by: str, names: list[str]) -> None:
    told = {"description": "Anna runs along the pier.", "names": names}
    early = Scripted(lambda asked: answers(asked, s1=told))
    script = await composed(early, by, SEEN, ANNA)
    assert descriptions(script)[0] == "A woman runs along the pier."
    (note,) = script.notes
    assert note.startswith("The script of scene 1 by ")
    assert "could not be used (scene s1 names Anna, who has no name yet)" in note
    assert early.asked[1]["wrong"] == "scene s1 names Anna, who has no name yet"
    late = Scripted(
        lambda asked: answers(
            asked, s5={"description": "Anna waves.", "names": names, "gap": asked["scenes"][4]["gaps"][-1]}
        )
    )
    script = await composed(late, by, SEEN, ANNA)
    assert (descriptions(script)[4], script.notes) == ("Anna waves.", ())
    assert script.lines[4].at_ms > 40_400


@pytest.mark.parametrize(("until", "named"), [(42.2, False), (60, True)], ids=["narrow", "ample"])
async def test_a_clip_that_is_longer_than_thought_does_not_come_before_a_name(
    by: str, until: float, named: bool
) -> None:
    """After the name there is just room for the description as it is estimated; another gap ends shortly before."""
    words = (word("Here", 30, 38), word("Anna.", 40, 40.4), *([word("Go.", until, 60)] if until < 60 else []))
    told = {"description": "Anna waves from a boat.", "names": ["Anna"]}
    model = Scripted(lambda asked: answers(asked, s5={**told, "gap": after(asked, 40.4)}))
    script = await composed(model, by, SEEN, words)
    assert (descriptions(script)[4] == "Anna waves from a boat.") is named
    if not named:
        assert "names Anna, who may have no name yet where it is heard" in model.asked[1]["wrong"]


def after(asked: Json, seconds: float) -> str:
    """The first gap from there on."""
    return next(str(gap["id"]) for gap in asked["gaps"] if gap["start"] >= seconds)


async def test_a_word_in_capitals_that_was_seen_is_for_the_writer_to_judge(by: str) -> None:
    later = (word("We", 39), word("love", 39.5), word("Paris.", 40))
    model = Scripted(answers)
    script = await composed(model, by, sight("The Eiffel Tower in Paris."), later)
    assert (descriptions(script)[0], script.notes, len(model.asked)) == ("The Eiffel Tower in Paris.", (), 1)
    assert script.lines[0].remarks == ("“Paris” is heard or read not before 00:00:40.000.",)


async def test_a_name_on_the_screen_is_known(by: str) -> None:
    shown = sight("A woman runs.", "A boat.")
    scenes = [scene.model_copy(update={"on_screen_text": ("ANNA BELL",)}) for scene in shown.scenes]
    told = {"description": "Anna Bell runs.", "names": ["Anna Bell"]}
    script = await composed(
        Scripted(lambda asked: answers(asked, s1=told)),
        by,
        shown.model_copy(update={"scenes": tuple(scenes)}),
        ANNA,
    )
    assert (descriptions(script)[0], script.notes) == ("Anna Bell runs.", ())


async def test_what_is_right_of_an_answer_is_used(by: str) -> None:
    def say(asked: Json) -> Any:
        return answers(asked, s1="Anna runs.", s2="A breaker on a rock.", s5=LONG)

    model = Scripted(say)
    script = await composed(model, by, SEEN, ANNA)
    assert descriptions(script)[:2] == ["A woman runs along the pier.", "A breaker on a rock."]
    assert descriptions(script)[4] == "The woman waves from a boat."
    wrong = "scene s1 names Anna, who has no name yet; scene s5 is too long for gap g1"
    assert script.notes[0].startswith("The script of scenes 1, 5 by ") and f"({wrong})" in script.notes[0]
    assert model.asked[1]["wrong"] == wrong


async def test_a_second_answer_may_be_right(by: str) -> None:
    model = Scripted(lambda asked: answers(asked, s1="A runner.") if "wrong" in asked else [])
    script = await composed(model, by, SEEN)
    assert (descriptions(script)[0], script.notes, len(model.asked)) == ("A runner.", (), 2)


LONG = "A captain counts slowly through every barrel that stands on deck, " * 10
WRONG: dict[str, tuple[Any, str]] = {
    "an unknown scene": (
        lambda asked: [*answers(asked), answers(asked, s1="x")[0] | {"id": "s99"}],
        "id s99 was extra",
    ),
    "a missing scene": (lambda asked: answers(asked)[1:], "id s1 was missing"),
    "an unknown gap": (lambda asked: answers(asked, s1={"gap": "g9"}), "gap g9 is none of scene s1"),
    "no JSON": (lambda asked: "I think not.", "it is not the JSON that was asked for"),
    "too long": (lambda asked: answers(asked, s5=LONG), "scene s5 is too long for gap g1"),
    "too long for a pause": (
        lambda asked: answers(asked, s5={"description": LONG, "pause": True}),
        "scene s5 is too long for a pause",
    ),
    "told twice": (
        lambda asked: answers(asked, s5="A woman runs along the pier."),
        "scene s5 tells what was told before",
    ),
    "unseen": (lambda asked: answers(asked, s3="A storm."), "scene s3 is told, and nobody saw what is in it"),
}


@pytest.mark.parametrize("case", WRONG)
async def test_an_answer_that_cannot_be_used_gives_way_to_the_scenes(by: str, case: str) -> None:
    say, why = WRONG[case]
    script = await composed(Scripted(say), by, SEEN)
    assert descriptions(script) == [scene.description for scene in SEEN.scenes]
    (note,) = script.notes
    assert note.startswith("The script of scene") and f"could not be used ({why}" in note


async def test_a_scene_that_is_seen_twice_is_told_once(by: str) -> None:
    twice = sight("A lighthouse stands on a rock.", "A boat.", "A lighthouse stands on a rock.")
    for model in (Scripted(answers), Scripted(lambda asked: answers(asked, s3=None))):
        script = await composed(model, by, twice)
        assert descriptions(script)[:3] == ["A lighthouse stands on a rock.", "A boat.", None]
        assert script.lines[2].seen == "A lighthouse stands on a rock."


async def test_a_pause_is_proposed_where_there_may_be_one(by: str) -> None:
    busy = tuple(word("word", n / 2, n / 2 + 0.5) for n in range(120))
    told = {"description": "A woman runs.", "pause": True, "gap": None, "note": "The boat is left out."}
    model = Scripted(lambda asked: answers(asked, s1=told, s2=None, s5=None))
    script = await composed(model, by, SEEN, busy)
    assert script.lines[0].remarks == ("Worth a pause, as the script has it.", "The boat is left out.")
    assert script.lines[0].at_ms == 0
    script = await composed(model, by, SEEN, busy, Wishes(extend=Extend.NEVER))
    assert "wants a pause, and there is none to be had" in script.notes[0]


async def test_what_is_told_keeps_the_order_of_the_scenes(by: str) -> None:
    words = (word("Speech", 0, 14), word("again.", 22, 60))
    told = {
        "s1": {"gap": None, "pause": True},
        "s2": {"description": "A storm.", "gap": "g1"},
        "s3": None,
        "s5": {"gap": None, "pause": True},
    }
    script = await composed(Scripted(lambda asked: answers(asked, **told)), by, SEEN, words)
    assert script.notes == ()
    begins = [line.at_ms for line in script.lines if line.description]
    assert begins == sorted(begins) == [0, 14_200, 40_000]


async def test_what_is_put_into_one_gap_has_to_fit_together(by: str) -> None:
    words = (word("Speech", 0, 1), word("again.", 9.8, 60))
    busy = "A woman in a red coat runs along the pier to a boat that three men are loading with crates, nets and rope."
    told = {"s1": busy, "s2": "Waves break on a black rock near the shore."}
    alone = await composed(
        Scripted(lambda asked: answers(asked, **{**told, "s1": None, "s5": None})), by, SEEN, words
    )
    assert alone.notes == ()
    both = await composed(Scripted(lambda asked: answers(asked, **{**told, "s5": None})), by, SEEN, words)
    assert "scene s2 is too long for gap g1" in both.notes[0]


async def test_each_part_is_asked_for_once_also_after_a_crash(by: str) -> None:
    many = sight().model_copy(
        update={
            "scenes": tuple(
                SceneSight(start_ms=n * 600, end_ms=(n + 1) * 600, description=f"Boat {n}.")
                for n in range(100)
            )
        }
    )
    kept = Kept()

    class Down(Exception):
        pass

    def crash(asked: Json) -> Any:
        if len(model.asked) == 3:
            raise Down
        return [answer | {"gap": None, "pause": True} for answer in answers(asked)]

    model = Scripted(crash)
    with pytest.raises(ProviderFailed) as failed:
        await composed(model, by, many, kept=kept)
    assert failed.value.retryable
    again = Scripted(lambda asked: [answer | {"gap": None, "pause": True} for answer in answers(asked)])
    script = await composed(again, by, many, kept=kept)
    assert [len(asked["scenes"]) for asked in (*model.asked, *again.asked)] == [40, 40, 20, 20]
    assert again.asked[0]["before"][-1]["description"] == "Boat 79."
    assert descriptions(script) == [f"Boat {n}." for n in range(100)]
    assert await composed(again, by, many, kept=kept) == script
    assert len(again.asked) == 1


async def test_nothing_seen_is_nothing_asked(by: str) -> None:
    model = Scripted(answers)
    script = await composed(model, by, sight())
    assert (model.asked, descriptions(script)) == ([], [None] * 6)


async def test_an_unusable_answer_is_paid_for_once_too(by: str) -> None:
    model, kept = Scripted(lambda asked: "No."), Kept()
    first = await composed(model, by, SEEN, kept=kept)
    assert await composed(model, by, SEEN, kept=kept) == first
    assert len(model.asked) == 2, "once, and once more with what was wrong"
