"""Whose a translated cue is: the machine's, which makes it again when its source changes, or a person's, which is kept.

What is stored of each is `schema.provenance`.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Self

from schema import objects
from schema.provenance import NONE, Provenance
from schema.vtt import Block, Cue, Document, Note


@dataclass(frozen=True, slots=True)
class Standing:
    """A translation as it stands, with the provenance of each cue, before it follows version `number` of its source.
    Its `notes` are people's, by the id of the cue that they stand before; "" is the end."""

    cues: Mapping[str, Cue]
    provenance: Mapping[str, Provenance]
    notes: Mapping[str, Sequence[Note]]
    number: int
    anew: bool = False
    """Whether what a machine wrote is translated again, though its source is as it was."""

    @classmethod
    def of(
        cls,
        current: Document,
        machine: Document,
        sources: Mapping[str, str],
        number: int,
        *,
        approved: bool,
        anew: bool = False,
    ) -> Self:
        """`machine` is the newest version that a machine wrote, and `sources` what is stored with it: what differs
        from it was changed by people since. `approved` says that they approved it, or what they made of it."""
        drafts, cues = machine.by_id(), current.by_id()
        gone = {id_: stored for id_, stored in sources.items() if id_ not in cues}
        return cls(
            cues,
            {id_: _now(cue, drafts.get(id_), sources.get(id_, NONE), approved) for id_, cue in cues.items()}
            | {id_: _deleted(stored, approved) for id_, stored in gone.items()},
            _notes_of(current),
            number,
            anew,
        )

    def renumbered(self, source: Document) -> Self:
        """The translation under the ids that the cues of `source` have now, which an outside tool may have given them
        anew: what does not fit the text of its id goes to the id whose text it was made from."""
        texts = {cue.id: objects.hash_of(cue.text) for cue in source.cues}
        loose: defaultdict[str, deque[str]] = defaultdict(deque)
        for id_, now in self.provenance.items():
            if texts.get(id_) != now.source != NONE:
                loose[now.source].append(id_)
        to = {
            loose[text].popleft(): id_
            for id_, text in texts.items()
            if loose.get(text) and (id_ not in self.provenance or self.provenance[id_].source != text)
        }
        if not to:
            return self
        kept = [id_ for id_ in self.provenance if id_ not in to and id_ not in to.values()]
        ids = dict(zip(kept, kept, strict=True)) | to
        return replace(
            self,
            cues={new: replace(self.cues[old], id=new) for old, new in ids.items() if old in self.cues},
            provenance={new: self.provenance[old] for old, new in ids.items()},
            notes={ids.get(id_, id_): notes for id_, notes in self.notes.items()},
        )

    def wants(self, cue: Cue) -> bool:
        """Whether a machine has to translate this cue of the source."""
        return (self.anew or self._is_stale(cue)) and not self._by_person(cue.id)

    def flags(self, cue: Cue) -> bool:
        """Whether a person has to see to this cue of the source: what they wrote is of an older text. It is said again
        until they have: an attempt that is made again, and one for a later source, may be the first that is heard."""
        return self._flagged_at(cue) is not None

    def follow(self, source: Document, fresh: Mapping[str, str]) -> tuple[Document, dict[str, str]]:
        """The translation of `source`, given the text of the cues that it wants by id; and what to store with it.

        Times are the source's where nobody has retimed, and settings where nobody has written others. What a person
        added stays, notes as well; what they deleted stays away.
        """
        known = source.by_id()
        added = [
            cue for id_, cue in self.cues.items() if self.provenance[id_].source == NONE and id_ not in known
        ]
        kept = [
            block for block in source.blocks if not (isinstance(block, Cue) and self._is_deleted(block.id))
        ]
        followed = Document(source.header, tuple(kept)).map_cues(lambda cue: self._follow(cue, fresh))
        if added:
            followed = Document(followed.header, (*followed.blocks, *added)).in_order()
        stored = {cue.id: str(self._next(cue)) for cue in source.cues}
        return self._with_notes(followed), stored | {cue.id: str(self.provenance[cue.id]) for cue in added}

    def _follow(self, cue: Cue, fresh: Mapping[str, str]) -> Cue:
        stands = self.cues.get(cue.id)
        if stands is None:
            return replace(cue, text=fresh[cue.id])
        now = self.provenance[cue.id]
        timed = stands if now.retimed else cue
        return replace(
            cue,
            start_ms=timed.start_ms,
            end_ms=timed.end_ms,
            text=fresh.get(cue.id, stands.text),
            settings=stands.settings if now.placed else cue.settings,
        )

    def _with_notes(self, document: Document) -> Document:
        """Each before its cue; those of a cue that is gone at the end."""
        left = dict(self.notes)
        blocks: list[Block] = []
        for block in document.blocks:
            if isinstance(block, Cue):
                blocks += left.pop(block.id, ())
            blocks.append(block)
        return Document(document.header, (*blocks, *chain.from_iterable(left.values())))

    def _next(self, cue: Cue) -> Provenance:
        now = self.provenance.get(cue.id, Provenance(NONE))
        return replace(now, source=objects.hash_of(cue.text), flagged_at=self._flagged_at(cue))

    def _flagged_at(self, cue: Cue) -> int | None:
        if self._is_stale(cue):
            return self.number if self._by_person(cue.id) else None
        return self.provenance[cue.id].flagged_at

    def _is_stale(self, cue: Cue) -> bool:
        now = self.provenance.get(cue.id)
        return now is None or now.source != objects.hash_of(cue.text)

    def _is_deleted(self, cue_id: str) -> bool:
        return cue_id in self.provenance and self.provenance[cue_id].deleted

    def _by_person(self, cue_id: str) -> bool:
        return cue_id in self.provenance and self.provenance[cue_id].by_person


def _deleted(stored: str, approved: bool) -> Provenance:
    """A machine wrote it, and a person took it out."""
    before = Provenance.read(stored)
    flagged_at = None if approved else before.flagged_at
    return Provenance(before.source, by_person=True, deleted=True, flagged_at=flagged_at)


def _now(cue: Cue, draft: Cue | None, stored: str, approved: bool) -> Provenance:
    before = Provenance.read(stored)
    if draft is None:  # a person added it, or put back what they had deleted
        return Provenance(before.source, by_person=True, retimed=True, placed=True)
    reworded = cue.text != draft.text
    return Provenance(
        before.source,
        by_person=before.by_person or reworded,
        retimed=before.retimed or (cue.start_ms, cue.end_ms) != (draft.start_ms, draft.end_ms),
        placed=before.placed or cue.settings != draft.settings,
        flagged_at=None if reworded or approved else before.flagged_at,
    )


def _notes_of(document: Document) -> dict[str, list[Note]]:
    notes: defaultdict[str, list[Note]] = defaultdict(list)
    waiting: list[Note] = []
    for block in document.blocks:
        if isinstance(block, Note):
            waiting.append(block)
        elif isinstance(block, Cue) and waiting:
            notes[block.id] += waiting
            waiting = []
    return {**notes, "": waiting}
