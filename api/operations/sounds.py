"""Sound that people bring beside a video: a language's own programme sound, and recordings of descriptions.

What a file sounds like, and how long, the steps find out that use it: this process opens no media.
"""

from __future__ import annotations

from api.context import Context
from schema.contracts.outputs import RequestedOutputs
from schema.errors import FieldError, Invalid
from schema.plan.model import Choice
from schema.queries import uploads

MOST_RECORDING_BYTES = 100 * 2**20
"""Five minutes of the finest stereo: more is no recording of one description."""


async def check_dubs(ctx: Context, asked: RequestedOutputs, before: RequestedOutputs | None = None) -> None:
    """Those that were there `before` are not looked at again: somebody else may have brought them.

    Raises:
        Invalid: naming every language whose dub is not a finished upload of the caller's.
    """
    known = before.dubs if before else {}
    wrong = []
    for language, uri in asked.dubs.items():
        refusal = None if known.get(language) == uri else await _refusal(ctx, uri)
        if refusal:
            wrong.append(FieldError(f"requested_outputs.dubs.{language}", refusal))
    if wrong:
        raise Invalid(wrong[0].message, errors=wrong)


async def check_recording(ctx: Context, choice: Choice, before: Choice) -> None:
    """
    Raises:
        Invalid: the recording is not a finished upload of the caller's, is too large, or would be played faster
            although nobody allowed it.
    """
    if choice.recording is None:
        return
    if choice.recording != before.recording:
        refusal = await _refusal(ctx, choice.recording, MOST_RECORDING_BYTES)
        if refusal:
            raise Invalid(refusal, errors=[FieldError("recording", refusal)])
    if choice.speed_permille not in (None, 1000) and not choice.may_stretch:
        refusal = "A person's recording is played as it was spoken: leave speed out, or say may_stretch."
        raise Invalid(refusal, errors=[FieldError("speed", refusal)])


async def _refusal(ctx: Context, uri: str, most_bytes: int | None = None) -> str | None:
    """Why the file at `uri` cannot be used; None where it can."""
    await ctx.session.commit()
    store = ctx.store
    try:
        name = store.name_of(uri)
    except Invalid as error:
        return error.message
    found = await store.stat(name)
    upload = await uploads.of_user(ctx.session, ctx.principal.user_id, name)
    if upload is None:
        return f"You have announced no upload to {uri}. Announce it with POST /jobs/upload/init, and send it."
    if found is None or found.size != upload.size_bytes:
        return f"The upload to {uri} is not finished: send the rest of the file first."
    if most_bytes is not None and found.size > most_bytes:
        return f"The recording has {found.size / 2**20:.0f} MiB, and {most_bytes / 2**20:.0f} are the most."
    return None
