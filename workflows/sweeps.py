"""One sweep, which a schedule starts (`workflows.schedules`)."""

from __future__ import annotations

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from schema.contracts.sweeps import Cursor, SweepInput, Swept
    from workflows import names, options


@workflow.defn(name=names.SWEEP_WORKFLOW)
class SweepWorkflow:
    """Continues where the last sweep of its schedule ended. If a sweep fails, the next one begins at the same place."""

    @workflow.run
    async def run(self, start: SweepInput) -> Swept:
        last = workflow.get_last_completion_result(Swept) or Swept()
        swept: Swept = await workflow.execute_activity(
            start.sweep.value,
            last.cursor,
            result_type=Swept,
            start_to_close_timeout=options.SWEEP.limit,
            heartbeat_timeout=options.SWEEP.heartbeat,
            retry_policy=options.SWEEP.retries,
            summary=_since(last.cursor),
        )
        workflow.set_current_details(_said(swept))
        return swept


def _since(cursor: Cursor) -> str:
    if cursor.since is not None:
        return f"What changed since {cursor.since:%H:%M:%S} UTC"
    return (
        "From the beginning"
        if cursor.after is None
        else f"Jobs silent since {cursor.after.at:%d %b %H:%M:%S} UTC"
    )


def _said(swept: Swept) -> str:
    lines = [f"Looked at {swept.looked_at}, saw to {swept.seen_to}."]
    if swept.failed:
        lines += [f"Could not see to {swept.failed}:", *(f"- {each}" for each in swept.failures)]
    return "\n\n".join(lines)
