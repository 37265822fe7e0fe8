"""Suggested terms and their outcome."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from api.asked import Asked
from api.bodies.glossaries import TermOut
from api.bodies.suggestions import DecideBody, Decisions, SuggestionBody, SuggestionOut
from api.context import Context
from api.guards.glossaries import VersionOfGlossary
from api.operations import glossaries as operations
from api.operations import glossary_versions
from api.operations.clients import only_client
from api.pagination import Page, Slice
from schema.enums import SuggestionState
from schema.errors import Conflict, Invalid
from schema.glossary import Sheet, TermRow
from schema.glossary.reading import MOST_ROWS
from schema.queries import clients, glossaries, named, suggestions, terms, users
from schema.tables import Glossary, GlossaryVersion, TermSuggestion, now


async def listing(
    ctx: Context, glossary: Glossary, state: SuggestionState | None, paging: Slice
) -> Page[SuggestionOut]:
    """Oldest first."""
    found, total = await suggestions.of_glossary(
        ctx.session, glossary.id, state, offset=paging.offset, limit=paging.size
    )
    return paging.of(await _shown(ctx, glossary, found), total)


async def _shown(ctx: Context, glossary: Glossary, found: Iterable[TermSuggestion]) -> list[SuggestionOut]:
    """The suggestions as the caller may see them. Of others' suggestions, clients see neither the author nor the reason,
    which is written for staff."""
    rows = list(found)
    hidden = only_client(ctx, (await clients.whose(ctx.session, glossary.client_id)).org_id)
    mine = ctx.principal.user_id
    people = await users.names(
        ctx.session, [each.author_id for each in rows if not hidden or each.author_id == mine]
    )
    return [
        SuggestionOut(
            **each.model_dump(include={"id", "state", "created_at", "decided_at", "version_id"}),
            why=each.why if not hidden or each.author_id == mine else None,
            term=TermOut.model_validate(each.term),
            author_id=each.author_id if each.author_id in people else None,
            author=people.get(each.author_id),
        )
        for each in rows
    ]


async def suggest(ctx: Context, glossary: Glossary, body: SuggestionBody, once: Asked) -> SuggestionOut:
    """
    Raises:
        Conflict: the glossary is archived.
    """
    made = await named.made(ctx.session, TermSuggestion, once.uuid("suggestion"))
    if made is None:
        fresh = await glossary_versions.open_glossary(ctx, glossary)
        made = TermSuggestion(
            id=once.uuid("suggestion"),
            glossary_id=fresh.id,
            author_id=ctx.principal.user_id,
            term=body.model_dump(mode="json", exclude={"why"}),
            why=body.why or None,
        )
        ctx.session.add(made)
        await ctx.session.flush()
    told = {"suggestion_id": str(made.id), "source": body.source}
    await ctx.record(once, "glossary.suggest", "glossary", glossary.id, after=told)
    await ctx.session.commit()
    return (await _shown(ctx, glossary, [made]))[0]


async def decide(ctx: Context, glossary: Glossary, body: DecideBody, once: Asked) -> Decisions:
    """Decides suggestions. All accepted ones make one version, together with the newest version's terms. It takes
    effect once activated.

    Raises:
        Invalid: naming suggestions that are not of the glossary, or two that exclude each other.
        Conflict: somebody else has decided one of them, or the glossary is archived.
    """
    version_id = once.uuid("version")
    made = await named.made(ctx.session, GlossaryVersion, version_id)
    if await ctx.done(once, "glossary.decide", glossary.id) is None:
        fresh = await glossary_versions.open_glossary(ctx, glossary)
        found = await _open(ctx, fresh, [*body.accept, *body.reject])
        if body.accept:
            accepted = [_row(found[each]) for each in dict.fromkeys(body.accept)]
            _refuse_contradictions(accepted)
            made = await _merged(ctx, fresh, accepted, version_id)
        for each in found.values():
            taken = each.id in body.accept
            each.state = SuggestionState.ACCEPTED if taken else SuggestionState.REJECTED
            each.decided_by, each.decided_at = ctx.principal.user_id, now()
            each.version_id = version_id if taken else None
    told = {"accepted": [str(each) for each in body.accept], "rejected": [str(each) for each in body.reject]}
    await ctx.record(once, "glossary.decide", "glossary", glossary.id, after=told)
    await ctx.session.commit()
    version = None
    if made is not None:
        await glossary_versions.begin(ctx, made.id, 0, glossary)
        version = await operations.shown(ctx, VersionOfGlossary(glossary, made))
    return Decisions(accepted=body.accept, rejected=body.reject, version=version)


async def _open(ctx: Context, glossary: Glossary, ids: list[UUID]) -> dict[UUID, TermSuggestion]:
    found = await suggestions.locked(ctx.session, glossary.id, ids)
    if missing := [str(each) for each in ids if each not in found]:
        raise Invalid(f"The glossary has no suggestion {missing[0]}.")
    if closed := [each for each in found.values() if each.state is not SuggestionState.OPEN]:
        raise Conflict(
            f"Somebody has decided about “{closed[0].term['source'][:60]}” already: it is {closed[0].state}.",
            state=closed[0].state.value,
            id=str(closed[0].id),
        )
    return found


def _refuse_contradictions(accepted: list[TermRow]) -> None:
    """Refuses contradicting suggestions. The later one would replace the other, which would be accepted but appear in
    no version."""
    said: dict[tuple[str, str], str] = {}
    for row in accepted:
        kept = {"": ""} if row.do_not_translate else {}
        for code, word in {**row.targets, **kept}.items():
            first = said.setdefault((row.key, code), word)
            if first != word:
                raise Invalid(
                    f"Two of these translate “{row.source[:60]}” to {code}, as “{first[:60]}” and as “{word[:60]}”: accept one of them."
                )
        others = [other for key, other in said if key == row.key and (other == "") != row.do_not_translate]
        if others:
            raise Invalid(
                f"One of these translates “{row.source[:60]}”, and one says that it is not to be translated: accept one of them."
            )


def _row(suggestion: TermSuggestion) -> TermRow:
    told = {name: value for name, value in suggestion.term.items() if name != "forms"}
    forms = {code: tuple(each) for code, each in suggestion.term["forms"].items()}
    return TermRow(**told, forms=forms)


async def _merged(
    ctx: Context, glossary: Glossary, accepted: list[TermRow], version_id: UUID
) -> GlossaryVersion:
    """The newest version with the accepted terms: each replaces the same term, or is appended. Other languages of a
    term are kept."""
    newest, count = await glossaries.versions(ctx.session, glossary.id, limit=1)
    rows = {row.key: row for row in await terms.rows(ctx.session, newest[0].id)} if count else {}
    for row in accepted:
        rows[row.key] = _over(rows.get(row.key), row)
    if len(rows) > MOST_ROWS:
        raise Conflict(f"The glossary would have more than {MOST_ROWS} terms.")
    whole = list(rows.values())
    sheet = Sheet(whole, sorted({code for row in whole for code in row.targets}))
    return await glossary_versions.add(
        ctx, glossary, sheet, terms.records(version_id, whole), version_id, None
    )


def _over(before: TermRow | None, row: TermRow) -> TermRow:
    if before is None or row.do_not_translate:
        return row
    return TermRow(
        row.source,
        {**before.targets, **row.targets},
        row.notes or before.notes,
        row.case_sensitive,
        row.do_not_translate,
        row.forbidden,
        row.part_of_speech or before.part_of_speech,
        {**_forms_that_stay(before, row), **row.forms},
    )


def _forms_that_stay(before: TermRow, row: TermRow) -> dict[str, tuple[str, ...]]:
    """The forms to keep. Other forms of a replaced word no longer count as its translation."""
    replaced = {code for code, word in row.targets.items() if before.targets.get(code, word) != word}
    return {code: forms for code, forms in before.forms.items() if code not in replaced}
