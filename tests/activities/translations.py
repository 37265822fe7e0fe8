"""What translations are tested with: a job with texts in two languages, and a provider that is easily told apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from temporalio.testing import ActivityEnvironment

from activities.local.ngrams import NgramEmbedder
from activities.ports import Checkpoints, Line, Progress, TermHint, Translator
from activities.step import Kit
from activities.translate import TranslateActivities
from schema.contracts.language import LanguageSnapshot, LanguageState
from schema.contracts.outputs import RequestedOutputs
from schema.contracts.steps import Artifacts, JobRef, TranslateInput, TranslateResult, Versions
from schema.enums import Kind, Origin
from schema.queries import languages, texts
from schema.queries.drafts import Draft, save_draft
from schema.queries.projection import write_language
from schema.tables import now
from schema.vtt import Cue, Document, parse, write

OUTPUTS = RequestedOutputs(captions_vtt=True, languages=("es",))


@dataclass
class Shouter:
    """Translates by capitals; `spoil` changes its answers."""

    asked: list[list[Line]] = field(default_factory=list)
    hints: list[TermHint] = field(default_factory=list)
    spoil: Callable[[list[Line]], list[Line]] = field(default=lambda lines: lines)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """What happens while it works, once."""
    name: str = "test-tongue"
    is_draft: bool = True
    engine: str = "test-translator 1"

    def pairs(self) -> frozenset[tuple[str, str]]:
        return frozenset({("en", "es")})

    def told(self, source: str, target: str) -> str:
        return self.name

    async def translate(
        self,
        lines: Sequence[Line],
        source: str,
        target: str,
        terms: Sequence[TermHint],
        checkpoints: Checkpoints,
        progress: Progress,
    ) -> list[Line]:
        self.asked.append(list(lines))
        self.hints += terms
        if meanwhile := self.meanwhile:
            self.meanwhile = None
            await meanwhile()
        return self.spoil([Line(id=line.id, text=line.text.upper()) for line in lines])


def text_of(*cues: str) -> Document:
    return Document.of(
        Cue(f"c{n}", n * 4000, n * 4000 + 2000, text.replace("&", "&amp;")) for n, text in enumerate(cues, 1)
    )


@dataclass
class Case:
    """A job with an English text, and its Spanish one."""

    kit: Kit
    job: JobRef
    kind: Kind = Kind.CAPTIONS

    async def save(self, language: str, document: Document, origin: Origin = Origin.EDIT) -> int:
        content = write(document)
        draft = Draft(language, self.kind, content, uuid4().hex, origin)
        async with self.kit.database.begin() as session:
            saved = await save_draft(
                session, self.job.job_id, draft, is_source=language == "en", keep_human_edits=False
            )
        return saved.version

    async def spanish(self) -> Document:
        async with self.kit.database.begin() as session:
            found = await texts.latest(session, self.job.job_id, "es", self.kind)
        assert found is not None
        return parse(found.content).document

    async def engines(self) -> dict[str, str]:
        """What drafted the Spanish texts."""
        async with self.kit.database.begin() as session:
            row = await languages.one(session, self.job.job_id, "es")
        assert row is not None
        return row.engines

    async def edit(self, **changes: str | tuple[int, int] | None) -> None:
        """A linguist rewords cues, retimes them, or with None deletes them."""

        def change(cue: Cue) -> Cue | tuple[()]:
            new = changes.get(cue.id, cue.text)
            if new is None:
                return ()
            if isinstance(new, str):
                return replace(cue, text=new)
            return replace(cue, start_ms=new[0], end_ms=new[1])

        await self.save("es", (await self.spanish()).map_cues(change))

    async def approve(self, version: int) -> None:
        """As a language's workflow tells its row."""
        state = LanguageState(language="es", versions=Versions(**{self.kind.value: version}))
        snapshot = LanguageSnapshot(job=self.job, state=state, sequence=0, run_id="run", event="approve")
        async with self.kit.database.begin() as session:
            assert await write_language(session, snapshot, now())

    async def translate(self, translator: Translator, version: int, **more: object) -> TranslateResult:
        inputs = TranslateInput(
            job=self.job,
            language="es",
            source_versions=Versions(**{self.kind.value: version}),
            artifacts=Artifacts(),
        ).model_copy(update=more)
        return await ActivityEnvironment().run(
            TranslateActivities(self.kit, translator, NgramEmbedder()).translate_texts, inputs
        )


def told(document: Document) -> dict[str, str]:
    return {cue.id: cue.text for cue in document.cues}
