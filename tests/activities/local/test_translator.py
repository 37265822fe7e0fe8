"""What is Apertium's own: the stream, its failures, and the codes of its modes."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from activities.local.apertium_codes import bcp47, modes_by_pair
from activities.local.apertium_text import Unit, decode, encode, protect, restore
from activities.local.translator import ApertiumTranslator
from activities.ports import Line, TermHint
from activities.texts.dialogue import split_speakers
from schema.errors import ProviderFailed
from schema.vtt.glossary import Term, Terms
from tests.activities.contract.support import Kept, Told
from tests.effort import end_by_cancel


@pytest.mark.parametrize(
    ("code", "primary"),
    [("eng", "en"), ("spa", "es"), ("eng_US", "en"), ("oci@aran", "oc"), ("ast", "ast"), ("mk", "mk")],
)
def test_codes_are_bcp47(code: str, primary: str) -> None:
    assert bcp47(code) == primary


def test_of_a_pairs_variants_the_plain_one_is_taken() -> None:
    listing = "  spa-eng_US\n  eng-spa\n  spa-eng\n  cat-oci@aran\n"
    assert modes_by_pair(listing) == {
        ("en", "es"): "eng-spa",
        ("es", "en"): "spa-eng",
        ("ca", "oc"): "cat-oci@aran",
    }


@given(st.lists(st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1)))
def test_what_goes_through_an_empty_pipeline_comes_out_as_it_was(texts: list[str]) -> None:
    units = [Unit(" ".join(text.split())) for text in texts]
    assert decode(encode(units), len(units)) == [unit.text for unit in units]


def test_a_text_that_is_missing_or_there_twice_is_not_guessed() -> None:
    one, two, three = (f"{text}\0".encode() for text in ("[u0]a.[]", "[u1]b.[]", "[u2]c.[]"))
    assert decode(one + three, 3) == ["a", None, "c"]
    assert decode(one + two + two, 2) == ["a", None]
    assert decode(b"[u0]a [u1]b.[]\0", 2) == [None, None]
    assert decode(b"[u0]a\0", 1) == [None]


def test_a_lost_or_doubled_term_is_not_guessed() -> None:
    unit = protect("the base", Terms([("base", Term("base", "peana"))], "en"))
    (placeholder,) = unit.placeholders
    assert restore(f"la {placeholder.upper()}", unit, "es") == "la peana"
    assert restore("la", unit, "es") is None
    assert restore(f"{placeholder} {placeholder}", unit, "es") is None
    assert restore(f"{placeholder}s", unit, "es") is None


def test_lines_are_joined_but_for_another_speakers() -> None:
    assert split_speakers("one\ntwo") == ["one two"]
    assert split_speakers("- one\ntwo\n- three") == ["- one two", "- three"]
    assert split_speakers("") == [""]
    assert split_speakers("Où est-il\u202f?\nIci. ") == ["Où est-il\u202f? Ici."]


def install(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> ApertiumTranslator:
    """A program of ours as `apertium`, for what the real one does seldom."""
    program = folder / "apertium"
    program.write_text(f'#!/bin/sh\nif [ "$1" = -l ]; then echo eng-spa; exit; fi\n{script}\n')
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")
    return ApertiumTranslator()


LINES = [Line(id="1", text="one"), Line(id="2", text="two"), Line(id="3", text="three")]


async def test_a_line_that_got_lost_among_others_is_asked_again_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    translator = install(tmp_path, monkeypatch, r"sed 's/\[u1\]/[u7]/'")
    assert [line.text for line in await translator.translate(LINES, "en", "es", [], Kept(), Told())] == [
        "one",
        "two",
        "three",
    ]


async def test_a_line_that_stays_lost_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translator = install(tmp_path, monkeypatch, "sed 's/two.../lost/'")
    with pytest.raises(ProviderFailed, match="line 2 whole: 'two'") as failed:
        await translator.translate(LINES, "en", "es", [], Kept(), Told())
    assert not failed.value.retryable


async def test_a_term_that_gets_lost_costs_the_sentence_its_grammar_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    translator = install(tmp_path, monkeypatch, "sed 's/xqz[a-z]*//g'")
    (line,) = await translator.translate(
        [Line(id="1", text="see the base here")], "en", "es", [TermHint("base", "peana")], Kept(), Told()
    )
    assert line.text == "see the peana here"


async def test_what_apertium_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    translator = install(tmp_path, monkeypatch, "cat >/dev/null; echo 'Error: no such file' >&2; exit 3")
    with pytest.raises(ProviderFailed, match=r"eng-spa.*no such file"):
        await translator.translate(LINES, "en", "es", [], Kept(), Told())


async def nobody_lives_in(group: int) -> None:
    """Who is killed dies a little later on a busy machine."""
    async with asyncio.timeout(60):
        while living_in_group(group):
            await asyncio.sleep(0.05)


def living_in_group(group: int) -> list[str]:
    """Commands of the processes of a group; those that are dead and not yet buried do not count."""
    living: list[str] = []
    for stat_file in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            name, rest = stat_file.read_text().rsplit(")", 1)
            state, _, of_group, *_ = rest.split()
            if int(of_group) == group and state not in "ZX":
                living.append(name)
    return living


async def test_a_cancel_ends_the_whole_pipeline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pid_file = tmp_path / "pid"
    translator = install(tmp_path, monkeypatch, f"sleep 600 | (echo $$ > {pid_file}; sleep 600)")
    work = asyncio.create_task(translator.translate(LINES, "en", "es", [], Kept(), Told()))
    while not (pid_file.exists() and pid_file.read_text()):
        await asyncio.sleep(0.02)
    assert living_in_group(int(pid_file.read_text()))
    await end_by_cancel(work)
    await nobody_lives_in(int(pid_file.read_text()))


@pytest.mark.parametrize("turns", range(1, 9))
async def test_a_cancel_while_the_pipeline_starts_ends_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, turns: int
) -> None:
    pid_file = tmp_path / "pid"
    translator = install(tmp_path, monkeypatch, f"echo $$ > {pid_file}; sleep 600 | sleep 600")
    assert translator.pairs()
    work = asyncio.create_task(translator.translate(LINES, "en", "es", [], Kept(), Told()))
    for _ in range(turns):
        await asyncio.sleep(0)
    time.sleep(0.2)  # the shell goes on, the loop that starts it does not
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(work, 60)
    pid = pid_file.read_text() if pid_file.exists() else ""
    if pid:
        await nobody_lives_in(int(pid))


async def test_a_cancel_leaves_no_file_of_the_pipeline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, monkeypatch, f'mktemp "$TMPDIR/apertium.XXXXXXXX" > {tmp_path}/made; sleep 600')
    work_dir = tmp_path / "work"
    translator = ApertiumTranslator(work_dir)
    work = asyncio.create_task(translator.translate(LINES, "en", "es", [], Kept(), Told()))
    made = tmp_path / "made"
    while not (made.exists() and made.read_text().endswith("\n")):
        await asyncio.sleep(0.02)
    temporary = Path(made.read_text().strip())
    assert temporary.is_relative_to(work_dir) and temporary.exists()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [path for path in work_dir.rglob("*") if path.is_file() and path.name != ".lock"] == []


async def test_without_apertium_there_are_no_pairs_and_the_pair_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    translator = ApertiumTranslator()
    assert translator.pairs() == frozenset()
    with pytest.raises(ProviderFailed, match="no pair en-es on this machine, only none"):
        await translator.translate(LINES, "en", "es", [], Kept(), Told())
