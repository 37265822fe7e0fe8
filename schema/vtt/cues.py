"""A WebVTT file as values: a header and blocks in file order. Nothing here reads or writes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from schema.vtt import markup, runs


@dataclass(frozen=True, slots=True)
class Cue:
    """One timed text. `text` is cue text as the file has it, with markup; lines are divided by a line feed.

    `line` is where its block began in the file that it was read from. It does not count when cues are compared.
    """

    id: str
    """Empty where the file gave none."""
    start_ms: int
    end_ms: int
    text: str
    settings: str = ""
    """As in the file, such as `line:0 align:start`; one space between them."""
    line: int | None = field(default=None, compare=False)

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms

    @property
    def plain(self) -> str:
        """What a reader sees: no tags, no readings of ruby, references decoded."""
        return markup.plain_text(self.text)

    @property
    def spoken(self) -> str:
        """What a voice says: as `plain`, with what ruby reads in the place of its base."""
        return runs.read_aloud(self.text)

    @property
    def voice(self) -> str | None:
        """The first speaker that a `<v Name>` span names."""
        named = markup.voices(self.text)
        return named[0] if named else None

    @property
    def place(self) -> Literal["top", "middle", "bottom"]:
        """The third of the picture that the cue's line is in."""
        line = self.setting.get("line", "").split(",")[0]
        if line.endswith("%"):
            share = float(line[:-1])
            return "top" if share < 34 else "middle" if share < 67 else "bottom"
        return "top" if line.isdigit() and int(line) < 5 else "bottom"

    @property
    def setting(self) -> dict[str, str]:
        """The settings by name."""
        return dict(pair.split(":", 1) for pair in self.settings.split() if ":" in pair)


@dataclass(frozen=True, slots=True)
class Note:
    """A NOTE block: a comment, never shown."""

    text: str
    line: int | None = field(default=None, compare=False)

    @classmethod
    def of(cls, text: str) -> Note:
        """A note of any text: blank lines are left out, and an arrow is written so that it ends no block."""
        kept = [line.rstrip() for line in text.replace("-->", "→").splitlines()]
        return cls("\n".join(line for line in kept if line))


@dataclass(frozen=True, slots=True)
class Style:
    """A STYLE block's CSS, as written."""

    text: str
    line: int | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Region:
    """A REGION block's settings, as written."""

    text: str
    line: int | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        settings = (pair.split(":", 1) for pair in self.text.split() if ":" in pair)
        return dict(settings).get("id", "")


Block = Cue | Note | Style | Region


@dataclass(frozen=True, slots=True)
class Document:
    """`header` is what stands after `WEBVTT` on its line. `blocks` are in file order."""

    header: str = ""
    blocks: tuple[Block, ...] = ()

    @classmethod
    def of(cls, cues: Iterable[Block], header: str = "") -> Document:
        return cls(header, tuple(cues))

    @property
    def cues(self) -> tuple[Cue, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Cue))

    @property
    def notes(self) -> tuple[Note, ...]:
        return tuple(block for block in self.blocks if isinstance(block, Note))

    def by_id(self) -> dict[str, Cue]:
        """Cues that have an id. Where one is used twice, the first."""
        found: dict[str, Cue] = {}
        for cue in self.cues:
            if cue.id:
                found.setdefault(cue.id, cue)
        return found

    def map_cues(self, change: Callable[[Cue], Cue | Iterable[Cue]]) -> Document:
        """The document with each cue changed, or replaced by none or several; other blocks stay."""
        blocks: list[Block] = []
        for block in self.blocks:
            if not isinstance(block, Cue):
                blocks.append(block)
                continue
            changed = change(block)
            blocks += [changed] if isinstance(changed, Cue) else changed
        return replace(self, blocks=tuple(blocks))

    def in_order(self) -> Document:
        """STYLE and REGION first, then cues by start. A NOTE keeps its place before the block it stood before."""
        front = [group for group in self._groups() if isinstance(group[-1], Style | Region)]
        timed = [group for group in self._groups() if isinstance(group[-1], Cue)]
        tail = [group for group in self._groups() if isinstance(group[-1], Note)]
        starts = [group[-1].start_ms for group in timed if isinstance(group[-1], Cue)]
        order = sorted(range(len(timed)), key=starts.__getitem__)
        groups = [*front, *(timed[i] for i in order), *tail]
        return replace(self, blocks=tuple(block for group in groups for block in group))

    def _groups(self) -> list[list[Block]]:
        """Each block with the notes right before it; notes at the end are a group of their own."""
        groups: list[list[Block]] = [[]]
        for block in self.blocks:
            groups[-1].append(block)
            if not isinstance(block, Note):
                groups.append([])
        return [group for group in groups if group]

    def with_ids(self, prefix: str = "c", taken: Collection[str] = ()) -> Document:
        """Every cue with a unique id. Present ids never change; a new one is derived from the cue's times and
        text, so the same file always gets the same ids, and a deleted cue's id is not given to another.

        `taken` are further ids not to use, such as those of earlier versions.
        """
        used = {cue.id for cue in self.cues if cue.id} | set(taken)
        copies: Counter[str] = Counter()

        def named(cue: Cue) -> Cue:
            if cue.id:
                return cue
            content = f"{cue.start_ms}\n{cue.end_ms}\n{cue.text}".encode(errors="surrogatepass")
            base = fresh = prefix + hashlib.sha256(content).hexdigest()[:10]
            while fresh in used:
                copies[base] += 1
                fresh = f"{base}-{copies[base] + 1}"
            used.add(fresh)
            return replace(cue, id=fresh)

        return self.map_cues(named)
