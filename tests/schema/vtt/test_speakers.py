"""Who speaks, in formats that have no voices, and where the name is not known."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from schema.vtt import Cue, Document, voices
from schema.vtt.formats import read_dapt, write_dapt, write_srt, write_ttml

UNNAMED = [
    ("<v ->Hello.", "- Hello."),
    ("<v ->Hello.</v>\n<v ->Hi.</v>", "- Hello.\n- Hi."),
    ("<v ->Hello.</v> <v ->Hi.</v>", "- Hello.\n- Hi."),
    ("<v –>– Hello.</v>", "– Hello."),
    ("Hello. <v ->Hi <i>you</i>.</v>", "Hello.\n- Hi <i>you</i>."),
]


@pytest.mark.parametrize(("text", "shown"), UNNAMED)
def test_a_voice_without_a_name_is_a_dash(text: str, shown: str) -> None:
    document = Document.of([Cue("a", 1000, 2000, text)])
    assert voices(text) == ()
    assert write_srt(document).text == f"1\n00:00:01,000 --> 00:00:02,000\n{shown}\n"
    (paragraph,) = ET.fromstring(write_ttml(document, "en").text).iter("{http://www.w3.org/ns/ttml}p")
    assert "".join(paragraph.itertext()) == re.sub("<.*?>|\n", "", shown)
    assert read_dapt(write_dapt(document, "en", kind="captions").text).document.cues[0].text == shown


def srt_of(*texts: str) -> list[str]:
    cues = [Cue("", 1000 * at, 1000 * at + 900, text) for at, text in enumerate(texts)]
    return [block.split("\n", 2)[2].rstrip("\n") for block in write_srt(Document.of(cues)).text.split("\n\n")]


def test_srt_names_a_speaker_again_after_somebody_unknown() -> None:
    assert srt_of("<v Ann>Hello.", "<v Ann>It's me.", "[a door]", "<v Ann>Who is it?", "<v Tom>Me.") == [
        "Ann: Hello.",
        "It's me.",
        "[a door]",
        "Ann: Who is it?",
        "Tom: Me.",
    ]


def test_srt_has_the_dash_before_the_name() -> None:
    assert srt_of("<v Ann>- Hello.</v>\n<v Tom>- Hi.</v>") == ["- Ann: Hello.\n- Tom: Hi."]


def test_srt_keeps_a_minus_after_the_name() -> None:
    assert srt_of("<v Ann>-5 degrees.", "<v Tom>--Really?") == ["Ann: -5 degrees.", "- Tom: Really?"]


def test_srt_names_nobody_who_says_nothing() -> None:
    assert srt_of("<v Ann> </v>Hello.", "<v Tom><i>Hi.</i></v>") == [" Hello.", "Tom: <i>Hi.</i>"]
