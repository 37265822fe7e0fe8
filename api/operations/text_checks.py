"""Checks a text without saving it: findings, terms, and placements."""

from __future__ import annotations

from api.bodies.accessible_video import EditState
from api.bodies.texts import TermAccuracyOut, TextCheck, TextChecked
from api.context import Context
from api.guards.languages import LanguageOfJob
from api.guards.texts import TextOfJob
from api.operations import accessible_video, findings
from api.operations.texts import kept_form
from schema.enums import Kind, Origin
from schema.errors import NotFound
from schema.tables import TextVersion
from schema.vtt import parse, parse_strict


async def check(ctx: Context, text: TextOfJob, body: TextCheck) -> TextChecked:
    """
    Raises:
        TextRefused: with the lines that do not parse.
    """
    await ctx.session.commit()
    content = await ctx.thread(lambda: kept_form(parse_strict(body.content), text.kind))
    unsaved = TextVersion(
        job_id=text.job.id,
        language=text.row.language,
        kind=text.kind,
        version=1,
        content=content,
        origin=Origin.EDIT,
        sources={},
    )
    judged = await findings.ahead(ctx, text.job, text.row, unsaved)
    return TextChecked(
        findings=judged.findings,
        terms=judged.terms,
        term_accuracy=TermAccuracyOut.of(judged.terms),
        edit_state=await _edit_state(ctx, text, content),
    )


async def _edit_state(ctx: Context, text: TextOfJob, content: str) -> EditState | None:
    if text.kind is not Kind.AUDIO_DESCRIPTION:
        return None
    script = parse(content).document
    try:
        return await accessible_video.edit_state(ctx, LanguageOfJob(text.job, text.row), script)
    except NotFound:
        return None  # there are no drafts yet, or the dub has not been examined
