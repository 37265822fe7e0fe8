"""Sound that people bring in addition to a video: dubs, and recordings of descriptions.

The steps that use a file examine its content and length; this process opens no media.
"""

from __future__ import annotations

from api.context import Context
from api.operations.files import sent
from schema.contracts.outputs import RequestedOutputs
from schema.enums import FilePurpose
from schema.errors import FieldError, Invalid
from schema.plan.model import Choice
from schema.queries import uploads


async def check_dubs(ctx: Context, asked: RequestedOutputs, before: RequestedOutputs | None = None) -> None:
    """Checks dubs. Those from `before` are not checked again, since somebody else may have brought them. The others are
    kept from the caller's next commit on.

    Raises:
        Invalid: naming every language whose dub is not a completed upload of the caller.
    """
    known = before.dubs if before else {}
    wrong, found = [], []
    for language, uri in asked.dubs.items():
        if known.get(language) == uri:
            continue
        try:
            found.append((await sent(ctx, uri, FilePurpose.DUB)).object_name)
        except Invalid as error:
            wrong.append(FieldError(f"requested_outputs.dubs.{language}", error.message))
    if wrong:
        raise Invalid(wrong[0].message, errors=wrong)
    if found:
        await uploads.use(ctx.session, ctx.principal.user_id, found)


async def check_recording(ctx: Context, choice: Choice, before: Choice) -> None:
    """Checks a recording, which is kept from the caller's next commit on.

    Raises:
        Invalid: the recording is not a completed upload of the caller, or would be sped up without permission.
    """
    if choice.recording is None:
        return
    if choice.speed_permille not in (None, 1000) and not choice.may_stretch:
        refusal = "A person's recording is played as it was spoken: leave speed out, or say may_stretch."
        raise Invalid(refusal, errors=[FieldError("speed", refusal)])
    if choice.recording != before.recording:
        try:
            upload = await sent(ctx, choice.recording, FilePurpose.RECORDING)
        except Invalid as error:
            raise Invalid(error.message, errors=[FieldError("recording", error.message)]) from None
        await uploads.use(ctx.session, ctx.principal.user_id, [upload.object_name])
