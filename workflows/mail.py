"""Sends one mail until the server accepts it."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.mails import MailInput, MailResult
    from workflows import names, other_steps


@workflow.defn(name=names.MAIL_WORKFLOW)
class MailWorkflow:
    """Sends one mail of the outbox. While the mail server is unavailable, it keeps trying. A permanent refusal
    ends it."""

    @workflow.run
    async def run(self, start: MailInput) -> MailResult:
        result = await other_steps.SEND_MAIL(start)
        workflow.set_current_details(f"**{result.outcome.value}** {result.reason}".strip())
        return result
