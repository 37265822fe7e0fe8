"""What must hold of every job when it is calm again. Each check answers what is wrong, in words."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from temporalio.client import WorkflowExecutionStatus

from schema.contracts.outputs import RequestedOutputs
from schema.enums import AssetKind, JobAction, JobStatus, LanguageAction
from schema.transitions import CLOSED
from tests.resilience.chaos.client import Write
from tests.resilience.chaos.evidence import Evidence, Row, Workflow
from tests.resilience.chaos.workload import Run
from workflows import names

_DECISIONS = frozenset([*JobAction, *LanguageAction, "created", "deleted", "text_saved"])
_MADE = (".mp4", ".mp3", "words.json", "sight.json", "speech.flac")
"""What is dear to make, by the end of its object's name."""
_TOLD = {"created": "job.create", "deleted": "job.delete", "text_saved": "text.edit"}
_OF_DECISIONS = ("job.", "language.", "text.")
Key = tuple[str, str | None]


def all_of(run: Run, found: Evidence) -> list[str]:
    checks = (_ended, _answers, _decisions, _audited, _texts, _assets, _objects, _workflows, _agreement)
    return [*run.wrong, *(said for check in checks for said in check(run, found))]


def _ended(run: Run, found: Evidence) -> Iterator[str]:
    job = found.job
    if job["status"] != run.script.ends:
        yield f"it is {job['status']} and should be {run.script.ends}; failure {job['failure']}"
    if job["failure"]:
        yield f"its row still tells of a failure: {job['failure']}"
    if (job["completed_at"] is not None) != (job["status"] == JobStatus.COMPLETED):
        yield f"it is {job['status']}, completed at {job['completed_at']}"
    deleted = any(write.event == "deleted" and write.accepted for write in run.writes)
    if (job["deleted_at"] is not None) != deleted:
        yield f"deleted at {job['deleted_at']}, and its deletion was {'' if deleted else 'not '}accepted"


def _answers(run: Run, _: Evidence) -> Iterator[str]:
    """A request that was accepted is accepted whenever it is sent again; and nothing answers 500."""
    for write in run.writes:
        said = [said for _, said in write.answers if said.isdecimal() and said != "401"]
        if "500" in said:
            yield f"the API answered 500: {write}"
        if write.accepted and any(each.startswith("4") for each in said):
            yield f"accepted and refused under one key: {write} {write.body}"


def _decisions(run: Run, found: Evidence) -> Iterator[str]:
    """Each that was accepted is in the job's log, once; and none that was not."""
    logged = Counter[Key]((row["type"], row["language"]) for row in found.events if row["type"] in _DECISIONS)
    yield from _compare("decided", _accepted(run), logged)


def _accepted(run: Run) -> Counter[Key]:
    accepted = Counter[Key]((write.event, write.language) for write in run.writes if write.accepted)
    accepted["cancel", None] += accepted["deleted", None]  # of an open job, as all are that are deleted here
    return +accepted


def _audited(run: Run, found: Evidence) -> Iterator[str]:
    wanted = Counter[Key]()
    for (event, language), count in _accepted(run).items():
        of = "language" if language else "job"
        wanted[_TOLD.get(event, f"{of}.{event}"), language] += count
    written = Counter[Key]((row["action"], _language_of(row)) for row in found.audit)
    other = Counter({key: count for key, count in written.items() if not key[0].startswith(_OF_DECISIONS)})
    yield from _compare("audited", wanted, written - other)
    yield from (f"{action} is audited {count} times" for (action, _), count in other.items() if count > 1)


def _language_of(row: Row) -> str | None:
    parts = row["thing_id"].split("/")
    return parts[1] if len(parts) > 1 else None


def _compare(what: str, wanted: Counter[Key], there: Counter[Key]) -> Iterator[str]:
    for key in sorted(wanted.keys() | there.keys(), key=str):
        if wanted[key] != there[key]:
            event, language = key
            yield f"{event}{f' of {language}' if language else ''}: accepted {wanted[key]}, {what} {there[key]}"


def _texts(run: Run, found: Evidence) -> Iterator[str]:
    versions: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in found.texts:
        versions[row["language"], row["kind"]].append(row)
    for (language, kind), rows in versions.items():
        numbers = [row["version"] for row in rows]
        if numbers != list(range(1, len(rows) + 1)):
            yield f"versions of {language} {kind}: {numbers}"
        machine = [row["content"] for row in rows if row["origin"] in ("draft", "translation", "upload")]
        if len(set(machine)) != len(machine):
            yield f"the same {language} {kind} was saved twice: {[(row['version'], row['origin']) for row in rows]}"
    saves = sum(write.event == "text_saved" and write.accepted for write in run.writes)
    edits = sum(row["origin"] == "edit" for row in found.texts)
    if edits != saves:
        yield f"{saves} saves were accepted, and there are {edits} edits"


def _assets(_: Run, found: Evidence) -> Iterator[str]:
    for row in found.assets:
        stored = found.objects.get(row["object_name"])
        if stored != row["size_bytes"]:
            yield f"{row['language']} {row['kind']} has {row['size_bytes']} bytes, in the bucket {stored}"
    if found.job["status"] != JobStatus.COMPLETED:
        return
    outputs = RequestedOutputs.model_validate(found.job["requested_outputs"])
    languages = (found.job["source_language"], *outputs.targets(found.job["source_language"]))
    wanted = {(language, kind) for language in languages for kind in outputs.wanted_assets()}
    there = {(row["language"], AssetKind(row["kind"])) for row in found.assets}
    if missing := wanted - there:
        yield f"completed without {sorted(missing)}"


def _objects(run: Run, found: Evidence) -> Iterator[str]:
    """What is dear is made once of the same inputs: only an edit makes others."""
    edits = sum(write.event == "text_saved" and write.accepted for write in run.writes)
    made = Counter(name.rsplit("/", 1)[-1] for name in found.objects if name.endswith(_MADE))
    for name, count in made.items():
        if count > 1 + edits:
            yield f"{name} was made {count} times, under other hashes"


def _workflows(run: Run, found: Evidence) -> Iterator[str]:
    """All are closed, and ended well, where the job is; and none has a task that failed."""
    again = sum(write.event == "reopen_language" and write.accepted for write in run.writes)
    closed = found.job["status"] in CLOSED
    well = {WorkflowExecutionStatus.COMPLETED}
    if found.job["status"] == JobStatus.CANCELLED:
        well.add(WorkflowExecutionStatus.CANCELED)
    for each in found.workflows.values():
        if closed and each.status not in well:
            yield f"the job is {found.job['status']}, and {each.id} {each.status.name}"
        if not closed and each.status is not WorkflowExecutionStatus.RUNNING:
            yield f"the job is {found.job['status']}, and {each.id} has ended: {each.status.name}"
        if each.runs > 1 + again:
            yield f"{each.id} has run {each.runs} times"
        if each.broken:
            yield f"{each.id} had tasks that failed: {each.broken}"
    if names.job_workflow_id(found.job["id"]) not in found.workflows:
        yield "it has no workflow"


def _agreement(_: Run, found: Evidence) -> Iterator[str]:
    """The rows tell what the workflows know."""
    job_id = found.job["id"]
    if workflow := found.workflows.get(names.job_workflow_id(job_id)):
        yield from _same("the job", workflow, found.job, without=("languages",))
        told = (workflow.state or {}).get("languages", {})
        for row in found.languages:
            if row["language"] in told and told[row["language"]]["stage"] != row["stage"]:
                yield f"{row['language']} is {row['stage']}, and to its job {told[row['language']]['stage']}"
    for row in found.languages:
        if workflow := found.workflows.get(names.language_workflow_id(job_id, row["language"])):
            yield from _same(row["language"], workflow, row)


def _same(what: str, workflow: Workflow, row: Row, without: Iterable[str] = ()) -> Iterator[str]:
    if workflow.state is None:
        return
    known = {name: value for name, value in workflow.state.items() if name not in without}
    written = row["state"] or {}
    for name in sorted(known.keys() | written.keys()):
        if known.get(name) != written.get(name):
            yield f"{name} of {what} is {written.get(name)} in its row, and {known.get(name)} in its workflow"


def lost_writes(writes: Iterable[Write]) -> int:
    """How many were answered 503, or not at all, before they were accepted."""
    return sum(
        write.accepted and any(not said.startswith("2") for _, said in write.answers) for write in writes
    )
