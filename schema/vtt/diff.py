"""What changed between two versions, cue by cue. Everything here is JSON as it stands."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Hashable
from difflib import SequenceMatcher
from itertools import pairwise
from typing import Literal

import regex
from pydantic import BaseModel, ConfigDict

from schema.vtt.cues import Cue, Document
from schema.vtt.phrases import words_apart

_PIECES = regex.compile(r"\s+|[\p{L}\p{M}\p{N}_’'\u00ad\u200c\u200d]+|\X")
_UNSPACED = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]")
_PAIRS_OF_ONE, _PAIRS_OF_ALL = 250 * 250, 5_000_000
"""How many pairs of words are compared of one cue, and of all: some seconds' work where words repeat most. Beyond
them a text is told as a whole."""
_ALIKE = 0.5


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class CueText(_Frozen):
    """One side of a change."""

    id: str
    """The cue's."""
    index: int
    """From 0, among the document's cues."""
    start_ms: int
    """When it begins."""
    end_ms: int
    """When it ends."""
    text: str
    """What it says, with its markup."""
    settings: str = ""
    """Where it stands, as WebVTT writes it."""


class WordChange(_Frozen):
    """A run of the text, in order: joined, `equal` and `delete` give the old text, `equal` and `insert` the new."""

    op: Literal["equal", "insert", "delete"]
    """What became of it."""
    text: str
    """The words themselves."""


class CueChange(_Frozen):
    """A cue that is in both versions and not the same. More than one of the flags may hold."""

    before: CueText
    """As the older version has it."""
    after: CueText
    """As the newer one has it."""
    retimed: bool
    """It begins or ends at another time."""
    reworded: bool
    """It says something else."""
    renamed: bool
    """Its id changed."""
    settings_changed: bool
    """It stands elsewhere."""
    words: tuple[WordChange, ...] = ()
    """Where reworded."""


class Diff(_Frozen):
    """In the order of the newer version; removed cues in that of the older."""

    added: tuple[CueText, ...] = ()
    """Only the newer version has them."""
    removed: tuple[CueText, ...] = ()
    """Only the older one has them."""
    changed: tuple[CueChange, ...] = ()
    """Both have them, and not alike."""
    unchanged: int = 0
    """How many are the same in both."""
    other_blocks_changed: bool = False
    """NOTE, STYLE, REGION or the header."""

    @property
    def changed_ids(self) -> frozenset[str]:
        """Ids of cues whose text is not what it was: new, or reworded. Their translations are stale."""
        reworded = (change.after.id for change in self.changed if change.reworded)
        return frozenset((*(cue.id for cue in self.added), *reworded))


def diff(before: Document, after: Document) -> Diff:
    """Cues are paired by their text, for an outside tool may have numbered them anew; those without a partner by id,
    then by similar text in the same place."""
    old, new = before.cues, after.cues
    pairs = _pairs(old, new)
    partner = {new_index: old_index for old_index, new_index in pairs}
    paired_old = set(partner.values())
    words = _Words()
    changes = [
        _change(old, new, partner[index], index, words) for index in range(len(new)) if index in partner
    ]
    changed = tuple(change for change in changes if change is not None)
    others = [block for block in before.blocks if not isinstance(block, Cue)]
    new_others = [block for block in after.blocks if not isinstance(block, Cue)]
    return Diff(
        added=tuple(_side(cue, index) for index, cue in enumerate(new) if index not in partner),
        removed=tuple(_side(cue, index) for index, cue in enumerate(old) if index not in paired_old),
        changed=changed,
        unchanged=len(changes) - len(changed),
        other_blocks_changed=others != new_others or before.header != after.header,
    )


def diff_words(before: str, after: str) -> tuple[WordChange, ...]:
    """Two texts word by word. Very long ones are compared as wholes, to stay quick."""
    return _Words().diff(before, after)


class _Words:
    """Compares texts word by word, while there is time for it."""

    def __init__(self) -> None:
        self.left = _PAIRS_OF_ALL

    def diff(self, before: str, after: str) -> tuple[WordChange, ...]:
        if before == after:
            return (WordChange(op="equal", text=before),) if before else ()
        old, new = _pieces(before), _pieces(after)
        if len(old) * len(new) > min(self.left, _PAIRS_OF_ONE):
            old, new = [before], [after]
        self.left -= len(old) * len(new)
        changes: list[WordChange] = []
        for op, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
            if op == "equal":
                changes.append(WordChange(op="equal", text="".join(old[a:b])))
                continue
            if b > a:
                changes.append(WordChange(op="delete", text="".join(old[a:b])))
            if d > c:
                changes.append(WordChange(op="insert", text="".join(new[c:d])))
        return tuple(changes)


def _pieces(text: str) -> list[str]:
    """Words, spaces and signs; where no spaces are written, the words that ICU tells."""
    pieces: list[str] = []
    for piece in _PIECES.findall(text):
        pieces += words_apart(piece) if _UNSPACED.search(piece) else [piece]
    return pieces


def _pairs(old: tuple[Cue, ...], new: tuple[Cue, ...]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    free_old, free_new = set(range(len(old))), set(range(len(new)))

    def pair(a: int, b: int) -> None:
        pairs.append((a, b))
        free_old.discard(a)
        free_new.discard(b)

    def by(key: Callable[[Cue], Hashable], *, once: bool = False, most: bool = False) -> None:
        """Pairs those with the same key in order. `once`: where no other has it on either side. `most`: where more
        than half of what is left would be paired."""
        waiting: dict[Hashable, deque[int]] = defaultdict(deque)
        for index in sorted(free_old):
            waiting[key(old[index])].append(index)
        wanted = Counter(key(new[index]) for index in free_new)
        found: list[tuple[int, int]] = []
        for index in sorted(free_new):
            name = key(new[index])
            there = waiting.get(name)
            if there and name and not (once and (len(there) > 1 or wanted[name] > 1)):
                found.append((there.popleft(), index))
        if not most or 2 * len(found) > len(free_new):
            for a, b in found:
                pair(a, b)

    for a, b in _numbered_anew(old, new):
        pair(a, b)
    by(lambda cue: (cue.id, cue.text) if cue.id else None)
    by(lambda cue: (cue.text, cue.start_ms))
    by(lambda cue: cue.text, once=True, most=True)
    by(lambda cue: cue.id)
    by(lambda cue: cue.text)
    for a, b in _in_place(old, new, sorted(free_old), sorted(free_new)):
        pair(a, b)
    return pairs


def _numbered_anew(old: tuple[Cue, ...], new: tuple[Cue, ...]) -> list[tuple[int, int]]:
    """The pairs in order of text, where more cues say the same by their order than keep text or times by their ids:
    there ids are mere counting. Between two pairs, those whose text is alike are one too."""
    texts, wanted = Counter(cue.text for cue in old), Counter(cue.text for cue in new)
    if sum(count * wanted[text] for text, count in texts.items()) > _PAIRS_OF_ALL:
        return []
    by_id = {cue.id: cue for cue in old if cue.id}
    kept = ((by_id[cue.id], cue) for cue in new if cue.id in by_id)
    same = sum(a.text == b.text or (a.start_ms, a.end_ms) == (b.start_ms, b.end_ms) for a, b in kept)
    matcher = SequenceMatcher(None, [cue.text for cue in old], [cue.text for cue in new], autojunk=False)
    opcodes = matcher.get_opcodes()
    if sum(b - a for op, a, b, _, _ in opcodes if op == "equal") <= same:
        return []
    pairs: list[tuple[int, int]] = []
    for op, a, b, c, d in opcodes:
        if op == "equal":
            pairs += zip(range(a, b), range(c, d), strict=True)
        elif op == "replace" and (b - a) * (d - c) <= _PAIRS_OF_ONE:
            for index in range(c, d):
                found = next((at for at in range(a, b) if _alike(old[at].plain, new[index].plain)), None)
                if found is not None:
                    pairs.append((found, index))
                    a = found + 1
    return pairs


def _in_place(
    old: tuple[Cue, ...], new: tuple[Cue, ...], free_old: list[int], free_new: list[int]
) -> list[tuple[int, int]]:
    """Cues that lie at the same time and whose text is alike, or whose times are the same."""
    pairs: list[tuple[int, int]] = []
    position = 0
    for b in free_new:
        while position < len(free_old) and old[free_old[position]].end_ms <= new[b].start_ms:
            position += 1
        for ahead in range(position, min(position + 3, len(free_old))):
            a = free_old[ahead]
            if old[a].start_ms >= new[b].end_ms:
                break
            same_times = (old[a].start_ms, old[a].end_ms) == (new[b].start_ms, new[b].end_ms)
            if same_times or _alike(old[a].plain, new[b].plain):
                pairs.append((a, b))
                position = ahead + 1
                break
    return pairs


def _alike(before: str, after: str) -> bool:
    """By their pairs of neighbouring characters, half of which must be in both (Sørensen and Dice's coefficient)."""
    old, new = Counter(pairwise(before)), Counter(pairwise(after))
    return 2 * (old & new).total() >= _ALIKE * (old.total() + new.total()) > 0


def _change(old: tuple[Cue, ...], new: tuple[Cue, ...], a: int, b: int, words: _Words) -> CueChange | None:
    before, after = old[a], new[b]
    if before == after:
        return None
    reworded = before.text != after.text
    return CueChange(
        before=_side(before, a),
        after=_side(after, b),
        retimed=(before.start_ms, before.end_ms) != (after.start_ms, after.end_ms),
        reworded=reworded,
        renamed=before.id != after.id,
        settings_changed=before.settings != after.settings,
        words=words.diff(before.text, after.text) if reworded else (),
    )


def _side(cue: Cue, index: int) -> CueText:
    return CueText(
        id=cue.id,
        index=index,
        start_ms=cue.start_ms,
        end_ms=cue.end_ms,
        text=cue.text,
        settings=cue.settings,
    )
