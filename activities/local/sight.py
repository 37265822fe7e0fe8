"""Sight on this machine: it reads the text on screen, and is honest that it cannot tell what else is seen.

1. The report's scene changes give the scenes; one to three pictures of each are read, in a process of its own.
2. Text that is read with confidence becomes a description that can be spoken as it stands.
3. Every other scene gets a note for the writer: what was made out, and that the rest is theirs.

Each scene is kept as a checkpoint, so that a step that died goes on where it was.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pydantic import TypeAdapter

from activities.local.on_screen_text import TextLine, read_text
from activities.local.resident import Resident, Residents
from activities.media.files.choice import tracks_of
from activities.media.probing.frames import is_black, pick_times, scenes_of
from activities.ports import Checkpoints, Progress, SceneSight, Sight
from schema import objects
from schema.contracts.media import MediaReport, Span
from schema.errors import ProviderFailed

_VERSION = "2"
"""Part of every checkpoint's key: raise it when the same pictures would be read differently."""
_SURE = 0.88
"""Less confident readings are for the writer to check, not to be spoken."""
_LONGEST = 160
"""Characters of on-screen text that are read out; credits and letters are for the writer to sum up."""
_SCENE_TIMEOUT_S = 180.0
_EVERYWHERE = 0.5
"""Text in more than this share of at least five scenes is a logo or a clock, not news."""

_Lines = TypeAdapter(tuple[TextLine, ...])


class LocalDescriber:
    """Reads on-screen text with RapidOCR."""

    name = "local"
    engine = "local"
    is_draft = True

    def __init__(self) -> None:
        self._residents = Residents()

    def languages(self) -> frozenset[str]:
        """English alone: the sentence around the text has to be in the video's language."""
        return frozenset({"en"})

    def sees(self, report: MediaReport) -> bool:
        """Every file: the pictures are read here."""
        return True

    async def watch(
        self,
        video: Path,
        uri: str,
        report: MediaReport,
        language: str,
        checkpoints: Checkpoints,
        progress: Progress,
        style: str = "",
    ) -> Sight:
        """Every scene of `report`, with the text that stands in it.

        Raises:
            ProviderFailed: the language is not English, or the reading process died.
            MediaRefused: the video cannot be read.
        """
        if language.split("-")[0].lower() != "en":
            raise ProviderFailed(
                f"The local describer writes English only, not {language}: set DESCRIBE_PROVIDER to google.",
                retryable=False,
            )
        scenes = scenes_of(report)
        read: list[tuple[TextLine, ...]] = []
        with self._residents.one() as resident:
            for number, scene in enumerate(scenes, 1):
                read.append(await _read_scene(resident, video, uri, report, scene, checkpoints))
                progress(number / len(scenes), f"{number} of {len(scenes)} scenes read")
        logos = _everywhere(read)
        sights = []
        before: frozenset[str] = frozenset()
        for scene, lines in zip(scenes, read, strict=True):
            news = [line for line in lines if line.plain not in logos]
            sights.append(_sight(scene, news, before, is_black(scene, report)))
            before = frozenset(line.plain for line in news)
        return Sight(language=language, provider=self.name, draft=True, scenes=tuple(sights))


async def _read_scene(
    resident: Resident, video: Path, uri: str, report: MediaReport, scene: Span, checkpoints: Checkpoints
) -> tuple[TextLine, ...]:
    if is_black(scene, report):
        return ()
    times = pick_times(scene, report)
    key = _key(uri, report, times)
    kept = await checkpoints.get(key)
    if kept is not None:
        return _Lines.validate_json(kept)
    lines = await resident.call(read_text, video, times, tracks_of(report), timeout_s=_SCENE_TIMEOUT_S)
    await checkpoints.put(key, _Lines.dump_json(lines))
    return lines


def _key(uri: str, report: MediaReport, times: Sequence[int]) -> str:
    seen = (uri, report.size_bytes, report.duration_ms, tracks_of(report).picture)
    return f"sight-local-{objects.hash_of(_VERSION, *seen, times)}"


def _everywhere(read: Sequence[Sequence[TextLine]]) -> frozenset[str]:
    """Texts that stand in most of the scenes."""
    counts = Counter(plain for lines in read for plain in {line.plain for line in lines})
    limit = max(4, _EVERYWHERE * len(read))
    return frozenset(plain for plain, count in counts.items() if count > limit)


def _sight(scene: Span, lines: Sequence[TextLine], before: frozenset[str], black: bool) -> SceneSight:
    """`before` are the texts of the scene before: what still stands there is not read out again."""
    new = [line for line in lines if line.plain not in before]
    sure = [line for line in new if line.confidence >= _SURE]
    passages = _passages(sure)
    spoken = _quoted(passages)
    fits = 0 < sum(map(len, passages)) <= _LONGEST
    made_out = _MadeOut(
        unsure=[line.text for line in new if line.confidence < _SURE],
        still=[line.text for line in lines if line.plain in before],
        long=passages[0][:80] if passages and not fits else None,
        spoken=fits,
    )
    return SceneSight(
        start_ms=scene.start_ms,
        end_ms=scene.end_ms,
        description=f"Text on screen: {spoken}." if fits else None,
        on_screen_text=tuple(line.text for line in lines),
        note="The picture is black." if black else _note(made_out),
        confidence=min((line.confidence for line in sure), default=0.0) if fits else 0.0,
    )


class _MadeOut(NamedTuple):
    """Of the text in a scene: what is uncertain, what stood there before, how a long one begins, is some spoken."""

    unsure: Sequence[str]
    still: Sequence[str]
    long: str | None
    spoken: bool


def _note(made_out: _MadeOut) -> str:
    said = []
    if made_out.long:
        said.append(f"There is more text than can be read out; it begins “{made_out.long}”.")
    if made_out.unsure:
        said.append(f"Text that could not be read for certain: {_quoted(made_out.unsure)}.")
    if made_out.still:
        said.append(f"Text that still stands there: {_quoted(made_out.still)}.")
    if not said and not made_out.spoken:
        said.append("No text was found.")
    said.append("What else is seen could not be told: describe it where it matters.")
    return " ".join(said)


def _quoted(texts: Sequence[str]) -> str:
    return ", ".join(f"“{text}”" for text in texts)


def _passages(lines: Sequence[TextLine]) -> list[str]:
    """Lines that stand under or beside each other in like letters belong together: a title in two lines is one."""
    passages: list[list[TextLine]] = []
    for line in lines:
        if passages and _continues(passages[-1][-1], line):
            passages[-1].append(line)
        else:
            passages.append([line])
    return [" ".join(line.text for line in passage).rstrip(".") for passage in passages]


def _continues(above: TextLine, line: TextLine) -> bool:
    gap = line.top - (above.top + above.height)
    like = 0.6 < line.height / above.height < 1.7
    near = line.left < above.right + 1.5 * line.height and above.left < line.right + 1.5 * line.height
    return like and near and -above.height < gap < 0.9 * above.height
