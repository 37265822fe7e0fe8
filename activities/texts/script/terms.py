"""The client's terms for a script: those that occur in what is said, shown or observed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from activities.ports import Sight
from schema.glossary.row import TermRow
from schema.vtt import Transcript
from schema.vtt.glossary import Term, Terms
from schema.vtt.text import joint

_MOST = 100


def terms_in(rows: Sequence[TermRow], sight: Sight, transcript: Transcript) -> tuple[dict[str, str], ...]:
    """As a model is shown them, in the order of the glossary. CPU-bound: some tenths of a second for 50,000 rows."""
    wanted = {row.source: row for row in rows if not row.forbidden}
    terms = Terms(
        ((source, Term(source, case_sensitive=row.case_sensitive)) for source, row in wanted.items()),
        sight.language,
    )
    standing = {match.term.source for text in _texts(sight, transcript) for match in terms.find(text)}
    found = [row for source, row in wanted.items() if source in standing]
    return tuple({"term": row.source, **({"notes": row.notes} if row.notes else {})} for row in found[:_MOST])


def _texts(sight: Sight, transcript: Transcript) -> Iterable[str]:
    words = [word.text for word in transcript.words]
    joints = (joint(left, right, transcript.language) for left, right in pairwise(words))
    yield "".join(part for pair in zip(words, [*joints, ""], strict=False) for part in pair)
    for scene in sight.scenes:
        yield from (scene.description or "", *scene.on_screen_text)
