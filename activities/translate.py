"""Translate: both texts of the source into one language, cue by cue, with the client's glossary.

Times, ids, counts and markup are copied by code; a provider sees ids and text. A cue whose source has not changed
is never translated again, and one that a person wrote is never written over.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from dataclasses import dataclass

from temporalio import activity

from activities.ports import Checkpoints, Embedder, Line, Progress, TermHint, Translator
from activities.step import Kit
from activities.texts.hints import Words
from activities.texts.meaning import Meaning
from activities.texts.mended import mended
from activities.texts.provenance import Standing
from activities.texts.translated import cue_of, lines_of, rebuilt, without_notes, wrapped
from schema import objects
from schema.contracts.language import LanguageState
from schema.contracts.steps import TranslateInput, TranslateResult, Versions
from schema.enums import Kind, Origin, Step
from schema.errors import Invalid, ProviderFailed
from schema.queries import glossaries, languages, texts
from schema.queries.drafts import Draft, save_draft
from schema.tables import JobLanguage
from schema.vtt import Cue, Document, parse, write
from schema.vtt.markup import tokens, without_ruby
from schema.vtt.profiles import profile_of

_ATTEMPTS = 3
_EMPTY = Document.of(())


@dataclass(frozen=True, slots=True)
class _Merged:
    document: Document
    sources: dict[str, str]
    translated: int
    flagged: tuple[str, ...]

    @property
    def is_whole(self) -> bool:
        """Whether every cue was translated now."""
        return self.translated == len(self.document.cues)


class TranslateActivities:
    def __init__(self, kit: Kit, translator: Translator, embedder: Embedder) -> None:
        self._kit = kit
        self._translator = translator
        self._meaning = Meaning(kit.database, embedder)

    @activity.defn(name="translate_texts")
    async def translate_texts(self, inputs: TranslateInput) -> TranslateResult:
        kit, job = self._kit, inputs.job
        async with kit.database.begin() as session:
            version_id = await glossaries.pinned(session, job, anew=inputs.anew)
            terms = await glossaries.terms_for(session, version_id, inputs.language)
        words = await asyncio.to_thread(Words.of, version_id, terms, job.source_language, inputs.language)
        versions: dict[str, int] = {}
        translated = 0
        flagged: dict[Kind, tuple[str, ...]] = {}
        async with kit.beating(job, Step.TRANSLATE, inputs.language) as progress:
            for kind in Kind:
                if inputs.source_versions.of(kind) is None:
                    continue
                merged, version = await self._translate(inputs, kind, words, progress)
                versions[kind.value] = version
                translated += merged.translated
                flagged[kind] = merged.flagged
        return TranslateResult(
            versions=Versions(**versions),
            glossary_version_id=version_id,
            translated=translated,
            flagged_cues=tuple(itertools.chain.from_iterable(flagged.values())),
            flagged=flagged,
        )

    async def _translate(
        self, inputs: TranslateInput, kind: Kind, words: Words, progress: Progress
    ) -> tuple[_Merged, int]:
        """If somebody saves meanwhile, their text is merged too. No cue is requested again."""
        fresh: dict[str, str] = {}
        while True:
            source, standing, base = await self._read(inputs, kind)
            wanted = [cue for cue in source.cues if standing.wants(cue)]
            unasked = [cue for cue in wanted if cue.id not in fresh]
            fresh |= await self._ask(unasked, inputs, words, kind, progress)
            document, sources = standing.follow(
                without_notes(source), {cue.id: fresh[cue.id] for cue in wanted}
            )
            flagged = tuple(cue.id for cue in source.cues if standing.flags(cue))
            merged = _Merged(document, sources, len(wanted), flagged)
            version = await self._save(inputs, kind, merged, self._note(inputs, words), base)
            if version is not None:
                return merged, version

    async def _read(self, inputs: TranslateInput, kind: Kind) -> tuple[Document, Standing, int]:
        """The source, its current translation, and that version; 0 if there is none."""
        job, language = inputs.job, inputs.language
        number = inputs.source_versions.of(kind)
        assert number is not None
        async with self._kit.database.begin() as session:
            source = await texts.version(session, job.job_id, job.source_language, kind, number)
            current = await texts.latest(session, job.job_id, language, kind)
            machine = await texts.latest_by(session, job.job_id, language, kind, Origin.TRANSLATION)
            approved = _approved(await languages.one(session, job.job_id, language), kind)
        base = current.version if current else 0
        if source is None:
            raise Invalid(f"Version {number} of the {kind.value} is missing. Retry from source QC.")
        if not inputs.keep_human_edits:
            current = machine = None
        standing = Standing.of(
            current=parse(current.content).document if current else _EMPTY,
            machine=parse(machine.content).document if machine else _EMPTY,
            sources=machine.sources if machine else {},
            number=number,
            approved=machine is not None and approved >= machine.version,
            anew=inputs.anew,
        )
        document = parse(source.content).document.with_ids()
        return document, standing.renumbered(document), base

    def _note(self, inputs: TranslateInput, words: Words) -> str | None:
        """The note in the version's history: who drafted it, and which terms came from another locale."""
        language = inputs.language
        notes = []
        if self._translator.is_draft:
            notes.append(f"Draft by {self._translator.told(inputs.job.source_language, language)}")
        for locale in sorted({term.stands_in for term in words.terms if term.stands_in}):
            notes.append(f"the glossary's words in {locale} stand in for {language}")
        return "; ".join(notes) or None

    async def _save(
        self, inputs: TranslateInput, kind: Kind, merged: _Merged, note: str | None, base: int
    ) -> int | None:
        """The version that contains it; None if version `base` is no longer current."""
        job_id, language = inputs.job.job_id, inputs.language
        content = write(merged.document)
        draft = Draft(
            language=language,
            kind=kind,
            content=content,
            inputs_hash=objects.hash_of("translate", content, merged.sources),
            origin=Origin.TRANSLATION,
            note=note,
            sources=merged.sources,
            engine=self._translator.engine if inputs.anew or merged.is_whole else None,
        )
        async with self._kit.database.begin() as session:
            await languages.one(session, job_id, language, lock=True)
            current = await texts.latest(session, job_id, language, kind)
            if (current.version if current else 0) != base:
                return None
            # a person's text is already in the merged text
            saved = await save_draft(
                session, job_id, draft, is_source=False, keep_human_edits=False, profile=self._kit.profile
            )
        return saved.version

    async def _ask(
        self, cues: list[Cue], inputs: TranslateInput, words: Words, kind: Kind, progress: Progress
    ) -> dict[str, str]:
        """Cue text by id."""
        pieces = {cue.id: list(tokens(without_ruby(cue.text))) for cue in cues}
        lines = [line for cue_id, of_cue in pieces.items() for line in lines_of(cue_id, of_cue)]
        answers = await self._checked(lines, inputs, words, progress)
        built = {cue_id: rebuilt(cue_id, of_cue, answers) for cue_id, of_cue in pieces.items()}
        if kind is Kind.AUDIO_DESCRIPTION:
            return built
        limit = profile_of(await self._kit.profile_of(inputs.job)).line_limit(inputs.language)
        return {cue_id: wrapped(text, inputs.language, limit) for cue_id, text in built.items()}

    async def _checked(
        self, lines: list[Line], inputs: TranslateInput, words: Words, progress: Progress
    ) -> dict[str, str]:
        """Answers by id. Missing, extra, duplicate or empty answers are requested again, then one by one, and then are
        an error. Nothing is guessed."""
        missing = list(lines)
        answers: dict[str, str] = {}
        checkpoints = self._kit.checkpoints(inputs.job, Step.TRANSLATE)
        near = await self._near(lines, inputs, words, checkpoints)
        for attempt in range(_ATTEMPTS):
            groups = [missing] if attempt == 0 else [[line] for line in missing]
            for group in filter(None, groups):
                given = await self._translator.translate(
                    group,
                    inputs.job.source_language,
                    inputs.language,
                    _hints(group, words, near),
                    checkpoints,
                    progress if attempt == 0 else _quiet,
                )
                asked, seen = {line.id for line in group}, Counter(line.id for line in given)
                answers |= {
                    line.id: line.text
                    for line in given
                    if line.id in asked and seen[line.id] == 1 and line.text.strip()
                }
            missing = [line for line in missing if line.id not in answers]
        if missing:
            raise ProviderFailed(
                f"{self._translator.name} gave no translation of cue {cue_of(missing[0].id)}: "
                f"{missing[0].text!r}. Change the text, or translate it by hand after promote_to_qc.",
                retryable=False,
            )
        if self._translator.is_draft:  # as rough the second time
            return answers

        async def ask(unfit: list[Line]) -> list[Line]:
            source, target, hints = inputs.job.source_language, inputs.language, _hints(unfit, words, near)
            return await self._translator.translate(unfit, source, target, hints, checkpoints, _quiet)

        return answers | await mended(lines, answers, words, ask)

    async def _near(
        self, lines: list[Line], inputs: TranslateInput, words: Words, checkpoints: Checkpoints
    ) -> list[TermHint]:
        """Terms in a line come first, all of them; terms close to it in meaning second, up to a limit."""
        standing = {hint.source for hint in words.standing_in(lines)}
        return await self._meaning.hints(lines, words.version_id, inputs.language, standing, checkpoints)


def _hints(lines: list[Line], words: Words, near: list[TermHint]) -> list[TermHint]:
    asked = {line.id for line in lines}
    return words.standing_in(lines) + [hint for hint in near if not asked.isdisjoint(hint.near)]


def _approved(row: JobLanguage | None, kind: Kind) -> int:
    """The version that was last approved, before the current work; 0 if there is none."""
    state = LanguageState.kept(row.state) if row and row.state else None
    return (state and state.versions and state.versions.of(kind)) or 0


def _quiet(fraction: float, words: str = "") -> None:
    """A single line is too short for its own progress."""
