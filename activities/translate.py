"""Translate: both texts of the source into one language, cue by cue, with the client's glossary.

Times, ids, counts and markup are copied by code; a provider sees ids and text. A cue whose source has not changed
is never translated again, and one that a person wrote is never written over.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from temporalio import activity

from activities.ports import Line, Progress, TermHint, Translator
from activities.step import Kit
from schema import objects
from schema.contracts.steps import TranslateInput, TranslateResult, Versions
from schema.enums import Kind, Origin, Step
from schema.errors import Invalid, ProviderFailed
from schema.queries import glossaries, texts
from schema.queries.drafts import Draft, save_draft
from schema.vtt import Cue, Document, Note, parse, write
from schema.vtt.glossary import Term, find_terms
from schema.vtt.linebreak import wrap
from schema.vtt.markup import Token, escape, tokens, unescape
from schema.vtt.profiles import profile_of

_ATTEMPTS = 3
_BATCH = 50


@dataclass(frozen=True, slots=True)
class _Before:
    """The translation as it stands: `machine` is what a provider wrote, `hashes` of which source text."""

    current: Document
    machine: Document
    hashes: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Merged:
    document: Document
    hashes: dict[str, str]
    translated: int
    flagged: tuple[str, ...]


class TranslateActivities:
    def __init__(self, kit: Kit, translator: Translator) -> None:
        self._kit = kit
        self._translator = translator

    @activity.defn(name="translate_texts")
    async def translate_texts(self, inputs: TranslateInput) -> TranslateResult:
        kit, job = self._kit, inputs.job
        async with kit.database.begin() as session:
            version_id = inputs.glossary_version_id or await glossaries.active_version(
                session, job.client_id, job.source_language
            )
            terms = await glossaries.terms_for(session, version_id, inputs.language)
        versions: dict[str, int] = {}
        translated = 0
        flagged: list[str] = []
        async with kit.beating(job, Step.TRANSLATE, inputs.language) as progress:
            for kind in Kind:
                if inputs.source_versions.of(kind) is None:
                    continue
                merged, version = await self._translate(inputs, kind, terms, version_id, progress)
                versions[kind.value] = version
                translated += merged.translated
                flagged += merged.flagged
        return TranslateResult(
            versions=Versions(**versions),
            glossary_version_id=version_id,
            translated=translated,
            flagged_cues=tuple(flagged),
        )

    async def _translate(
        self,
        inputs: TranslateInput,
        kind: Kind,
        terms: list[Term],
        version_id: UUID | None,
        progress: Progress,
    ) -> tuple[_Merged, int]:
        job, language = inputs.job, inputs.language
        number = inputs.source_versions.of(kind)
        assert number is not None
        async with self._kit.database.begin() as session:
            source = await texts.version(session, job.job_id, job.source_language, kind, number)
            current = await texts.latest(session, job.job_id, language, kind)
            machine = await texts.latest_by(session, job.job_id, language, kind, Origin.TRANSLATION)
        if source is None:
            raise Invalid(f"Version {number} of the {kind.value} is missing. Retry from source QC.")
        before = _Before(
            current=parse(current.content).document if current else Document.of(()),
            machine=parse(machine.content).document if machine else Document.of(()),
            hashes=machine.sources if machine else {},
        )
        document = parse(source.content).document.with_ids()
        merged = await self._merge(document, before, inputs, terms, kind, progress)
        content = write(merged.document)
        draft = Draft(
            language=language,
            kind=kind,
            content=content,
            inputs_hash=objects.hash_of("translate", content, merged.hashes),
            origin=Origin.TRANSLATION,
            note=f"Draft by {self._translator.name}" if self._translator.is_draft else None,
            sources=merged.hashes,
        )
        async with self._kit.database.begin() as session:
            # What a person wrote is in the merged text already.
            saved = await save_draft(session, job.job_id, draft, is_source=False, keep_human_edits=False)
        return merged, saved.version

    async def _merge(
        self,
        source: Document,
        before: _Before,
        inputs: TranslateInput,
        terms: list[Term],
        kind: Kind,
        progress: Progress,
    ) -> _Merged:
        current, machine = before.current.by_id(), before.machine.by_id()
        hashes = {cue.id: objects.hash_of(cue.text) for cue in source.cues}
        stale = [
            cue for cue in source.cues if before.hashes.get(cue.id) != hashes[cue.id] or cue.id not in current
        ]
        ours = [cue for cue in stale if cue.id not in current or _same(current[cue.id], machine.get(cue.id))]
        flagged = tuple(cue.id for cue in stale if cue not in ours)
        fresh = await self._ask(ours, inputs, terms, kind, progress)

        def merged(cue: Cue) -> Cue:
            if cue.id in fresh:
                return replace(cue, text=fresh[cue.id])
            kept, drafted = current[cue.id], machine.get(cue.id)
            retimed = drafted is not None and (kept.start_ms, kept.end_ms) != (
                drafted.start_ms,
                drafted.end_ms,
            )
            return kept if retimed else replace(cue, text=kept.text)

        return _Merged(_without_notes(source).map_cues(merged), hashes, len(ours), flagged)

    async def _ask(
        self, cues: list[Cue], inputs: TranslateInput, terms: list[Term], kind: Kind, progress: Progress
    ) -> dict[str, str]:
        """Cue text by id. Every run of text between tags is a line of its own, so that markup stays where it was."""
        pieces = {cue.id: list(tokens(cue.text)) for cue in cues}
        lines = [
            Line(id=f"{cue_id}#{n}", text=" ".join(unescape(piece.raw).split()))
            for cue_id, parts in pieces.items()
            for n, piece in enumerate(parts)
            if piece.kind == "text" and any(sign.isalpha() for sign in piece.raw)
        ]
        answers: dict[str, str] = {}
        for start in range(0, len(lines), _BATCH):
            batch = lines[start : start + _BATCH]
            answers |= await self._checked(batch, inputs, terms)
            progress((start + len(batch)) / max(len(lines), 1), f"{start + len(batch)} of {len(lines)} lines")
        built = {cue_id: _rebuilt(cue_id, parts, answers) for cue_id, parts in pieces.items()}
        if kind is Kind.AUDIO_DESCRIPTION:
            return built
        limit = profile_of(self._kit.profile).line_limit(inputs.language)
        return {cue_id: _wrapped(text, inputs.language, limit) for cue_id, text in built.items()}

    async def _checked(self, lines: list[Line], inputs: TranslateInput, terms: list[Term]) -> dict[str, str]:
        """Answers by id. A missing, extra, doubled or empty id is asked again, then alone, then an error: never
        guessed."""
        missing = list(lines)
        answers: dict[str, str] = {}
        for attempt in range(_ATTEMPTS):
            if not missing:
                break
            groups = [missing] if attempt == 0 else [[line] for line in missing]
            for group in groups:
                given = await self._translator.translate(
                    group, inputs.job.source_language, inputs.language, _hints(group, terms, inputs), _quiet
                )
                asked, seen = {line.id for line in group}, [line.id for line in given]
                answers |= {
                    line.id: line.text
                    for line in given
                    if line.id in asked and seen.count(line.id) == 1 and line.text.strip()
                }
            missing = [line for line in missing if line.id not in answers]
        if missing:
            raise ProviderFailed(
                f"{self._translator.name} gave no translation of cue {missing[0].id.split('#')[0]}: "
                f"{missing[0].text!r}. Change the text, or translate it by hand after promote_to_qc.",
                retryable=False,
            )
        return answers


def _quiet(fraction: float, words: str = "") -> None:
    """A batch is too short for progress of its own."""


def _same(cue: Cue, drafted: Cue | None) -> bool:
    return drafted is not None and cue.text == drafted.text


def _hints(lines: list[Line], terms: list[Term], inputs: TranslateInput) -> list[TermHint]:
    found = {
        match.term
        for line in lines
        for match in find_terms(line.text, terms, inputs.job.source_language)
        if match.term.wanted
    }
    return [
        TermHint(term.source, term.wanted, term.do_not_translate, term.case_sensitive)
        for term in sorted(found, key=lambda term: (-len(term.source), term.source))
    ]


def _rebuilt(cue_id: str, parts: list[Token], answers: dict[str, str]) -> str:
    """The cue's own markup around the translated text, with the spaces that stood there."""
    built = []
    for n, part in enumerate(parts):
        answer = answers.get(f"{cue_id}#{n}") if part.kind == "text" else None
        if answer is None:
            built.append(part.raw)
            continue
        lead = part.raw[: len(part.raw) - len(part.raw.lstrip())]
        trail = part.raw[len(part.raw.rstrip()) :]
        built.append(f"{lead}{escape(answer.strip())}{trail}")
    return "".join(built)


def _without_notes(document: Document) -> Document:
    """Notes are for the source's writer."""
    return Document(document.header, tuple(block for block in document.blocks if not isinstance(block, Note)))


def _wrapped(text: str, language: str, limit: int) -> str:
    """Plain captions get their lines again in the target language; text with markup inside keeps its own. What is
    too long for two lines is divided all the same, as evenly as it goes: the finding tells by how much."""
    if "<" in text:
        return text
    plain = unescape(text)
    for allowed in range(limit, len(plain) + limit, 2):
        if lines := wrap(plain, language, allowed, 2):
            return escape("\n".join(lines))
    return text
