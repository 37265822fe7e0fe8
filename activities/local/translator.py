"""Rule-based translation on this machine, by Apertium and the pairs that are installed: a rough draft."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from itertools import accumulate, pairwise
from pathlib import Path

from activities.local.apertium_places import Leg, Pair, ways
from activities.local.apertium_text import Unit, decode, encode, protect, restore
from activities.media.files.languages import english_name
from activities.ports import Checkpoints, Line, Progress, TermHint
from activities.running.leftovers import OwnFolder
from activities.texts.dialogue import split_speakers
from schema.errors import ProviderFailed
from schema.vtt.glossary import Term, Terms
from schema.vtt.text import primary

_BATCH = 200
_TIMEOUT_S = 120.0
"""A batch takes a second: only a pipeline that hangs takes so long."""


class ApertiumTranslator:
    """One pipeline a batch of texts; what does not come back whole is asked again alone, and then in parts."""

    name = "apertium"
    engine = "apertium"
    is_draft = True

    def __init__(self, folder: Path | None = None, unpacked: Path | None = None) -> None:
        """`folder` is where the pipeline's temporary files lie, those of a killed process until the next one works
        there; None for the system's. `unpacked` is what set-up has made of Debian's packages without root."""
        self._folder = folder
        self._unpacked = unpacked

    @cached_property
    def _own(self) -> OwnFolder | None:
        return OwnFolder(self._folder) if self._folder else None

    def pairs(self) -> frozenset[Pair]:
        """What was installed when this was first asked, and what can be had of it by way of a third language."""
        return frozenset(self._ways)

    def told(self, source: str, target: str) -> str:
        between = [english_name(leg.target) or leg.target for leg in self._way(source, target)[:-1]]
        return f"{self.name} by way of {between[0]}" if between else self.name

    @cached_property
    def _ways(self) -> dict[Pair, tuple[Leg, ...]]:
        return ways(self._unpacked)

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        """Translate every line for itself. Line breaks are not kept, but where a dash opens another speaker's part.
        Nothing is kept: it takes seconds, and costs nothing.

        A term stands in the translation as the glossary has it, uninflected. What it forbids Apertium cannot heed.

        Raises:
            ProviderFailed: the pair is not installed, or Apertium did not give a line back whole.
        """
        way = self._way(source, target)
        glossary = Terms(
            ((hint.source, _term(hint)) for hint in terms if _term(hint).wanted and not hint.near), source
        )
        parts = [[protect(part, glossary) for part in split_speakers(line.text)] for line in lines]
        units = [unit for of_line in parts for unit in of_line]
        texts = await self._along(way, units, progress)
        ends = [0, *accumulate(len(of_line) for of_line in parts)]
        answers: list[Line] = []
        for line, (first, end) in zip(lines, pairwise(ends), strict=True):
            answer = texts[first:end]
            if any(text is None for text in answer):
                raise ProviderFailed(
                    f"Apertium ({', '.join(leg.mode for leg in way)}) did not give back line {line.id} whole: "
                    f"{line.text!r}.",
                    retryable=False,
                )
            answers.append(Line(id=line.id, text="\n".join(text for text in answer if text)))
        return answers

    def _way(self, source: str, target: str) -> tuple[Leg, ...]:
        way = self._ways.get((primary(source), primary(target)))
        if way is None:
            have = ", ".join(sorted({leg.mode for legs in self._ways.values() for leg in legs})) or "none"
            raise ProviderFailed(
                f"Apertium has no pair {source}-{target} on this machine, only {have}: run `make weights`, "
                f"install its package (apt-cache search '^apertium-'), or set TRANSLATE_PROVIDER to google.",
                retryable=False,
            )
        return way

    async def _along(self, way: Sequence[Leg], units: Sequence[Unit], progress: Progress) -> list[str | None]:
        """The translation of each unit, None for one that could not be had. A term goes through all legs but the last
        as its placeholder."""
        texts: list[str | None] = []
        for number, leg in enumerate(way):
            last = number == len(way) - 1
            here = units if last else [unit.kept() for unit in units]
            texts = await self._units(leg, here, _share(progress, number, len(way)))
            units = [unit.as_read(text or "") for unit, text in zip(units, texts, strict=True)]
            if not last and any(text is None for text in texts):
                return texts
        return texts

    async def _units(self, leg: Leg, units: Sequence[Unit], progress: Progress) -> list[str | None]:
        texts: list[str | None] = []
        for first in range(0, len(units), _BATCH):
            progress(first / len(units), f"{first} of {len(units)} texts translated")
            batch = units[first : first + _BATCH]
            for unit, answer in zip(batch, await self._ask(leg, batch), strict=True):
                text = restore(answer, unit, leg.target)
                texts.append(await self._again(leg, unit) if text is None else text)
        progress(1.0, f"{len(units)} texts translated")
        return texts

    async def _again(self, leg: Leg, unit: Unit) -> str | None:
        """Alone; then the parts between its terms alone, which costs the sentence its grammar but no term."""
        (answer,) = await self._ask(leg, [unit])
        text = restore(answer, unit, leg.target)
        if text is not None or not unit.placeholders:
            return text
        pieces: list[str] = []
        rest = unit.text
        for placeholder, wanted in zip(unit.placeholders, unit.wanted, strict=True):
            between, rest = rest.split(placeholder, 1)
            pieces += [between, wanted]
        pieces.append(rest)
        between_units = [Unit(piece, source=piece) for piece in pieces[::2]]
        restored = [
            restore(answer, each, leg.target)
            for each, answer in zip(between_units, await self._ask(leg, between_units), strict=True)
        ]
        if any(text is None for text in restored):
            return None
        pieces[::2] = [text or "" for text in restored]
        return " ".join(piece for piece in pieces if piece)

    async def _ask(self, leg: Leg, units: Sequence[Unit]) -> list[str | None]:
        """One answer a unit, in order; None for one that has no words and is not sent, or that did not come back."""
        sent = [unit for unit in units if unit.has_words]
        answers = iter(decode(await self._run(leg, encode(sent)), len(sent)) if sent else [])
        return [next(answers) if unit.has_words else None for unit in units]

    async def _run(self, leg: Leg, stream: bytes) -> bytes:
        """One run of the pipeline. Its own temporary files go with it, however it ends."""
        parent = self._own.path if self._own else None
        with tempfile.TemporaryDirectory(dir=parent, ignore_cleanup_errors=True) as folder:
            return await _pipe(leg, stream, folder)


def _share(progress: Progress, number: int, of: int) -> Progress:
    """The progress of one leg as a part of all."""
    return lambda fraction, words: progress((number + fraction) / of, words)


def _term(hint: TermHint) -> Term:
    return Term(hint.source, hint.target, hint.case_sensitive, hint.do_not_translate, hint.forbidden)


async def _pipe(leg: Leg, stream: bytes, folder: str) -> bytes:
    """In a session of its own, so that all of it can be ended. `folder` is for its temporary files."""
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *(leg.place.program, *leg.place.options, "-u", "-z", "-f", "none", leg.mode),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, **leg.place.environment, "LC_ALL": "C.UTF-8", "TMPDIR": folder},
            start_new_session=True,
        )
    )
    try:
        async with asyncio.timeout(_TIMEOUT_S):
            # A start that is cancelled half-way waits for ever, and leaves what the shell has started.
            process = await asyncio.shield(starting)
            out, err = await process.communicate(stream)
    except TimeoutError as error:
        raise ProviderFailed(
            f"Apertium ({leg.mode}) did not answer in {_TIMEOUT_S:.0f} s.", retryable=True
        ) from error
    finally:
        process = await starting
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if process.returncode:
        said = err.decode(errors="replace").strip().splitlines()
        raise ProviderFailed(
            f"Apertium ({leg.mode}) failed: {said[-1] if said else f'exit code {process.returncode}'}.",
            retryable=process.returncode < 0,
        )
    return out
