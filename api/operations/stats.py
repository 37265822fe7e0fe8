"""Statistics of the platform, for admins, also as CSV with one figure per row."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any
from uuid import UUID

from fastapi.responses import StreamingResponse

from api import sheets
from api.bodies.stats import Day, Figures, GateRate, Pipeline, PipelineStats, Stats, StatusCount, StepTime
from api.context import Context
from schema.enums import Gate, JobStatus, Step
from schema.queries import stats
from schema.queries.stats import By, Wanted

Key = tuple[UUID | None, UUID | None]
_HEADER = ("organisation", "client", "figure", "of", "value")
_ALL: Key = (None, None)


async def platform(ctx: Context, wanted: Wanted) -> Stats:
    """The figures of a period, in a constant number of statements."""
    session = ctx.session
    statuses = _by_key(await stats.by_status(session, wanted))
    days = _by_key(await stats.by_day(session, wanted))
    texts = _by_key(await stats.of_texts(session, wanted))
    keys = _keys(wanted, statuses, days, texts)
    whose = await _whose(ctx, keys)
    items = [
        Figures(
            **whose[key],
            statuses=[
                StatusCount(status=status, jobs=jobs) for status, jobs in _sorted(statuses[key], JobStatus)
            ],
            **_throughput(days[key]),
            **_texts(texts[key]),
        )
        for key in keys
    ]
    return Stats(since=wanted.since, until=wanted.until, by=wanted.by, items=items)


async def pipeline(ctx: Context, wanted: Wanted) -> PipelineStats:
    """The figures of the pipeline."""
    steps = _by_key(await stats.of_steps(ctx.session, wanted))
    gates = _by_key(await stats.of_gates(ctx.session, wanted))
    keys = _keys(wanted, steps, gates)
    whose = await _whose(ctx, keys)
    items = [
        Pipeline(
            **whose[key],
            steps=[_step(*each) for each in _sorted(steps[key], Step)],
            gates=[_gate(*each) for each in _sorted(gates[key], Gate)],
        )
        for key in keys
    ]
    return PipelineStats(since=wanted.since, until=wanted.until, by=wanted.by, items=items)


async def sheet(ctx: Context, name: str, found: Stats | PipelineStats) -> StreamingResponse:
    """The same figures, one per row."""
    await ctx.session.commit()

    async def pieces() -> AsyncIterator[list[Sequence[object]]]:
        for item in found.items:
            yield [(item.organisation, item.client, *row) for row in _rows(item)]

    return sheets.streamed(f"{name}.csv", _HEADER, pieces())


def _rows(item: Figures | Pipeline) -> Iterable[tuple[str, object, object]]:
    for name, value in item:
        if isinstance(value, list):
            for part in value:
                of, *figures = part
                yield from ((f"{name}.{figure}", of[1], number) for figure, number in figures)
        elif name not in ("org_id", "organisation", "client_id", "client"):
            yield name, "", value


def _by_key(rows: Sequence[Any]) -> defaultdict[Key, list[tuple[Any, ...]]]:
    found: defaultdict[Key, list[tuple[Any, ...]]] = defaultdict(list)
    for org_id, client_id, *rest in rows:
        found[(org_id, client_id)].append(tuple(rest))
    return found


def _keys(wanted: Wanted, *found: Iterable[Key]) -> list[Key]:
    every = {key for keys in found for key in keys}
    return sorted(every, key=str) if wanted.by is not By.NOTHING else [_ALL]


async def _whose(ctx: Context, keys: Iterable[Key]) -> dict[Key, dict[str, Any]]:
    orgs, clients = await stats.names(ctx.session)
    return {
        (org_id, client_id): {
            "org_id": org_id,
            "organisation": orgs.get(org_id) if org_id else None,
            "client_id": client_id,
            "client": clients.get(client_id) if client_id else None,
        }
        for org_id, client_id in keys
    }


def _sorted(rows: list[tuple[Any, ...]], order: Any) -> list[tuple[Any, ...]]:
    words = list(order)
    return sorted(rows, key=lambda row: words.index(order(row[0])))


def _throughput(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    days = [
        Day(day=day, created=created, completed=completed, minutes=round(float(minutes), 2))
        for day, created, completed, minutes in rows
    ]
    return {
        "created": sum(each.created for each in days),
        "completed": sum(each.completed for each in days),
        "minutes": round(sum(each.minutes for each in days), 2),
        "days": days,
    }


def _texts(rows: list[tuple[Any, ...]]) -> dict[str, int]:
    names = ("texts", "cues", "words", "draft_cues", "cues_changed")
    return {name: int(value or 0) for name, value in zip(names, rows[0] if rows else (0,) * 5, strict=True)}


def _step(step: Step, runs: int, *figures: Any) -> StepTime:
    names = (
        "median_ms",
        "p90_ms",
        "median_ms_per_minute",
        "p90_ms_per_minute",
        "median_wait_ms",
        "p90_wait_ms",
    )
    told = {
        name: None if value is None else round(float(value), 1)
        for name, value in zip(names, figures, strict=True)
    }
    return StepTime.model_validate({"step": step, "runs": runs, **told})


def _gate(gate: str, decided: int, passed: int) -> GateRate:
    return GateRate(gate=Gate(gate), decided=decided, passed=passed, rate=round(passed / decided, 4))
