"""The draft of the audio description: what becomes a cue, and what a note for the writer."""

from __future__ import annotations

from uuid import uuid4

import pytest

from activities.describe import place
from activities.ports import SceneSight, Sight
from activities.texts.script.compose import Composition, Wishes
from activities.texts.script.model import Script, ScriptLine
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, JobRef, PlaceInput
from schema.vtt import Document, Transcript, Word, parse, write
from tests.factories import media_report


def placed(
    *scenes: SceneSight,
    words: tuple[Word, ...] = (),
    held: bool = False,
    draft: bool = True,
    script: tuple[ScriptLine, ...] = (),
) -> Document:
    """What is written, read again; of a script by rule, where none is given."""
    job = JobRef(
        job_id=uuid4(),
        org_id=uuid4(),
        client_id=uuid4(),
        project_id=uuid4(),
        source_language="en",
        source_object="x",
    )
    inputs = PlaceInput(
        job=job,
        artifacts=Artifacts(),
        outputs=RequestedOutputs(audio_description_mp3=True, accessible_video_mp4=held),
    )
    sight = Sight(language="en", provider="an eye", draft=draft, scenes=scenes)
    report = media_report(4, seconds=8)
    transcript = Transcript(language="en", provider="x", words=words)
    composed = Composition(sight, report, transcript, Wishes()).by_rule()
    if script:
        composed = Script(by="a model", lines=script)
    document = place(sight, composed, report, transcript, inputs)
    read = parse(write(document)).document
    assert read == document
    return read


def scene(start_s: int, description: str | None = None, **more: object) -> SceneSight:
    fields = {"start_ms": start_s * 1000, "end_ms": start_s * 1000 + 4000, "description": description}
    return SceneSight.model_validate(fields | more)


def test_what_is_told_is_a_cue_and_what_is_not_a_note() -> None:
    made = placed(scene(0, "A lighthouse."), scene(4, note="Too dark.", on_screen_text=("MARY ANN", "1897")))
    assert [(cue.id, cue.plain, cue.start_ms < 4000) for cue in made.cues] == [("d1", "A lighthouse.", True)]
    draft, untold = (note.text for note in made.notes)
    assert "Draft by an eye" in draft
    assert untold.splitlines() == [
        "Scene 00:00:04.000 to 00:00:08.000: write what is seen, or leave it.",
        "Too dark.",
        "On screen: MARY ANN / 1897",
    ]


def test_what_is_no_draft_is_not_called_one() -> None:
    assert placed(scene(0, "A lighthouse."), scene(4, "A storm."), draft=False).notes == ()


def test_words_are_not_spoken_over() -> None:
    words = (Word(text="Hello", start_ms=0, end_ms=800),)
    (cue,) = placed(scene(0, "A lighthouse."), scene(4), words=words).cues
    assert cue.start_ms >= 1000


def test_what_needs_a_pause_stays_at_its_scene_and_says_why() -> None:
    words = (Word(text="Hello", start_ms=0, end_ms=3900), Word(text="there.", start_ms=4000, end_ms=8000))
    told = scene(0, "A lighthouse stands high on a black rock over the sea.", note="Or a tower?")
    made = placed(told, scene(4), words=words, held=True)
    (cue,) = made.cues
    assert cue.start_ms == 0
    remark = made.notes[1].text
    assert remark.startswith("d1: Or a tower? ") and len(remark) > len("d1: Or a tower? ")


def test_a_name_that_the_plan_tells_before_it_is_said_is_told_to_the_writer() -> None:
    words = tuple(
        Word(text=text, start_ms=start, end_ms=end)
        for text, start, end in [
            ("Look,", 0, 500),
            ("Anna.", 3900, 4300),
            ("I", 6300, 6500),
            ("see.", 6500, 8000),
        ]
    )
    told = "Anna smiles at the old keeper there."
    line = ScriptLine(description=told, at_ms=4500, names=("Anna",))
    made = placed(scene(0), scene(4, told), words=words, script=(ScriptLine(at_ms=0), line))
    (cue,) = made.cues
    assert cue.start_ms < 3900
    assert made.notes[-1].text == "d2: “Anna” is heard or read not before 00:00:03.900."


@pytest.mark.parametrize("said", ["-->", "\x00", " \n ", "…"])
def test_nothing_that_no_voice_can_say_becomes_a_cue(said: str) -> None:
    assert placed(scene(0, said), scene(4)).cues == ()


@pytest.mark.parametrize(
    "said", ["<b>A & B</b> --> C", "one\r\n\r\nNOTE two", "one\x00two\x1b", "STYLE\n\n::cue { color: red }"]
)
def test_whatever_was_said_the_draft_conforms_and_holds_no_block_of_its_own(said: str) -> None:
    made = placed(scene(0, said, note=said), scene(4, note=said, on_screen_text=(said,)))
    (cue,) = made.cues
    assert cue.plain == " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
    assert len(made.blocks) == 4, "of the draft, of the first scene and its cue, of the second"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("او می\u200cخواهد برود.", "او می\u200cخواهد برود."),
        ("क्\u200dष लिखा है।", "क्\u200dष लिखा है।"),
        ("Ein Donau\u00addampfer\u200f.", "Ein Donau\u00addampfer\u200f."),
        ("Où est-il\u202f?", "Où est-il\u202f?"),
        ("A \u202eman\u2028walks\u0085in.", "A man walks in."),
    ],
)
def test_what_joins_the_signs_of_a_word_does_not_divide_it(said: str, told: str) -> None:
    (cue,) = placed(scene(0, said), scene(4)).cues
    assert cue.plain == told
