"""The page's tables: every description, every pause, the sound, what was encoded again, findings, and origins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from activities.report.html import Html, html, joined
from activities.report.words import clock, count, decibels, fitting, lufs, peak, seconds, speed, untouched
from schema.contracts.report import ProfileFindings, QualityReport, ReportCue, ReportPause
from schema.findings import Finding


def sections(report: QualityReport) -> Html:
    return joined(
        (
            _section("descriptions", "Every description", _cues(report)),
            _section("pauses", "Pauses", _pauses(report)),
            _section("sound", "Sound", _sound(report)),
            _section("encoded", "What was encoded again, and why", _encoded(report)),
            _section("findings", "Findings", _findings(report)),
            _section("provenance", "Where it comes from", _provenance(report)),
        )
    )


def _section(name: str, title: str, content: Html) -> Html:
    return html(
        '<section aria-labelledby="{name}-title" id="{name}"><h2 id="{name}-title">{title}</h2>{content}</section>',
        name=name,
        title=title,
        content=content,
    )


def _table(caption: str, heads: Iterable[str], rows: Iterable[Html]) -> Html:
    """A table that scrolls sideways on its own where the window is narrow, by keyboard too."""
    return html(
        '<div class="table" role="region" aria-label="{caption}" tabindex="0"><table><caption>{caption}</caption>'
        "<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>",
        caption=caption,
        heads=joined(html('<th scope="col">{head}</th>', head=head) for head in heads),
        rows=joined(rows),
    )


def _cues(report: QualityReport) -> Html:
    if not report.cues:
        return html("<p>The script has no descriptions.</p>")
    heads = ("Description", "Heard at", "In the source", "Fit", "Why", "Words a minute", "Speed", "Level")
    return _table(
        "Every description of the script, in its order",
        heads,
        (_cue(cue, report.language) for cue in report.cues),
    )


def _cue(cue: ReportCue, language: str) -> Html:
    moved = f"wanted {cue.wanted_timecode}" if cue.wanted_timecode != cue.source_timecode else ""
    when = html(
        '<button type="button" data-cue="{number}" aria-label="Play description {number} at {when}">{when}</button>',
        number=cue.number,
        when=clock(cue.start_ms),
    )
    notes = [cue.explanation]
    if cue.speech_overlap_ms:
        notes.append(f"It covers {cue.speech_overlap_ms} ms of speech.")
    return html(
        '<tr id="cue-{number}"><th scope="row"><span class="number">{number}</span> '
        '<span lang="{language}" dir="auto">{text}</span></th><td>{when} <small>{length}</small></td>'
        '<td>{source} <small>{moved}</small></td><td><span class="fit {fit}">{fits}</span> <small>{pause}</small></td>'
        "<td>{why}</td><td>{rate}</td><td>{speed}</td><td>{level} <small>{short}</small></td></tr>",
        number=cue.number,
        language=language,
        text=cue.text or "(says nothing)",
        when=when if cue.heard else "not heard",
        length=seconds(cue.end_ms - cue.start_ms) if cue.heard else "",
        source=cue.source_timecode,
        moved=moved,
        fit=cue.fit.value,
        fits=fitting(cue.fit, heard=cue.heard),
        pause=f"pause {cue.pause}, {seconds(cue.pause_ms)}" if cue.pause else "",
        why=" ".join(notes),
        rate="–" if cue.words_per_minute is None else cue.words_per_minute,
        speed=speed(cue) if cue.heard else "–",
        level="–" if cue.gain_db is None else decibels(cue.gain_db),
        short=f"{cue.shortfall_db:.1f} dB short, kept by true peak" if cue.shortfall_db else "",
    )


def _pauses(report: QualityReport) -> Html:
    if not report.pauses:
        return html("<p>The picture is never held: every description is heard in a gap.</p>")
    heads = ("Pause", "Begins", "Lasts", "Picture of the source", "Why there", "For", "Fade")
    numbers = {cue.cue_id: cue.number for cue in report.cues}
    return _table("Every pause, in time order", heads, (_pause(pause, numbers) for pause in report.pauses))


def _pause(pause: ReportPause, numbers: dict[str, int]) -> Html:
    notes = [pause.reason]
    if pause.forced:
        notes.append("It was forced.")
    if pause.picture_shift_ms:
        notes.append(f"The picture is held {pause.picture_shift_ms} ms earlier, where its coding allows it.")
    return html(
        '<tr><th scope="row">{number}</th><td>{begins}</td><td>{lasts}</td><td>{source}</td><td>{why}</td>'
        "<td>{cues}</td><td>{fade}</td></tr>",
        number=pause.number,
        begins=clock(pause.start_ms),
        lasts=seconds(pause.end_ms - pause.start_ms),
        source=pause.source_timecode,
        why=" ".join(notes),
        cues=("description " if len(pause.cue_ids) == 1 else "descriptions ")
        + ", ".join(str(numbers.get(cue_id, cue_id)) for cue_id in pause.cue_ids),
        fade=f"{pause.fade_ms} ms" if pause.fade_ms else "none",
    )


def _sound(report: QualityReport) -> Html:
    rows = [("Before", report.loudness_before), ("After", report.render.loudness)]
    if report.render.original_loudness is not None:
        rows.append(("After, the original track", report.render.original_loudness))
    table = _table(
        "Loudness (EBU R128) and true peak of the whole",
        ("Sound", "Integrated loudness", "True peak"),
        (
            html(
                '<tr><th scope="row">{when}</th><td>{lufs}</td><td>{peak}</td></tr>',
                when=when,
                lufs=lufs(loud),
                peak=peak(loud),
            )
            for when, loud in rows
        ),
    )
    level, ducks = report.render.programme_lufs, report.render.ducks
    matched = (
        "" if level is None else f"Descriptions are matched to the programme's speech, {level:.1f} LUFS. "
    )
    ducked = (
        f"The programme goes down by {ducks[0].duck_db:g} dB in {count(len(ducks), 'place')} while a description speaks."
        if ducks
        else "The programme goes down nowhere."
    )
    return joined((table, html("<p>{words}</p>", words=(matched + ducked).replace("-", "−"))))


def _encoded(report: QualityReport) -> Html:
    render = report.render
    picture = "copied bit for bit" if render.picture == "copied" else "encoded again"
    kept = (
        f"{render.packets - render.packets_encoded:,} of {render.packets:,} packets are {untouched(report)}"
    )
    reasons = joined(html("<li>{reason}</li>", reason=reason) for reason in render.reasons)
    rows = (
        html(
            '<tr><th scope="row">{start} to {end}</th><td>{why}</td><td>{reused}</td></tr>',
            start=clock(one.start_ms),
            end=clock(one.end_ms),
            why=", ".join(one.why),
            reused="yes" if one.reused else "no",
        )
        for one in render.encoded
    )
    table = _table("Stretches of sound", ("Stretch", "Why", "From an earlier render"), rows)
    details = html(
        "<details><summary>{title}</summary>{table}</details>",
        title=count(len(render.encoded), "stretch", "stretches").capitalize() + " of sound",
        table=table,
    )
    return html(
        "<p>The picture is {picture}. Of the sound, {kept}. {verified}</p><ul>{reasons}</ul>{details}",
        picture=picture,
        kept=kept,
        verified=render.verification,
        reasons=reasons,
        details=details if render.encoded else Html(""),
    )


def _findings(report: QualityReport) -> Html:
    return joined(
        (
            html("<h3>On the placement</h3>"),
            _list(report.plan_findings, "description"),
            *_words(report),
            *(_profile(profile) for profile in report.findings),
        )
    )


def _words(report: QualityReport) -> Iterator[Html]:
    """Of a translation. No term in the text is not the same as every term kept."""
    if not report.words:
        return
    yield html("<h3>Terms of the glossary</h3>")
    for held in report.words:
        told = (
            f"{held.correct} of {held.n} ({held.correct / held.n:.0%})"
            if held.n
            else "not applicable: its source has none"
        )
        yield html("<p>{what}: {told}</p>", what=held.what.replace("_", " ").capitalize(), told=told)


def _profile(found: ProfileFindings) -> Html:
    content = html(
        "<h4>Captions</h4>{captions}<h4>Audio description</h4>{script}",
        captions=_list(found.captions, "caption"),
        script=_list(found.audio_description, "description"),
    )
    number = count(len(found.captions) + len(found.audio_description), "finding")
    title = f"Profile {found.profile}: {number}"
    if found.applied:
        return html("<h3>{title}</h3>{content}", title=title, content=content)
    return html(
        "<details><summary>{title}, if it were delivered by that one</summary>{content}</details>",
        title=title,
        content=content,
    )


def _list(findings: Iterable[Finding], what: str) -> Html:
    items = joined(_items(findings, what))
    return html('<ul class="findings">{items}</ul>', items=items) if items else html("<p>None.</p>")


def _items(findings: Iterable[Finding], what: str) -> Iterator[Html]:
    for finding in sorted(findings, key=lambda one: one.severity != "blocking"):
        where = _place(what, finding.cue_index)
        yield html(
            '<li class="{severity}"><strong>{severity}</strong> {where}{message} <code>{rule}</code></li>',
            severity=finding.severity,
            where=where,
            message=finding.message,
            rule=finding.rule,
        )


def _place(what: str, index: int | None) -> Html:
    if index is None:
        return Html("")
    if what != "description":
        return html("{what} {number}: ", what=what, number=index + 1)
    return html('<a href="#cue-{number}">{what} {number}</a>: ', what=what, number=index + 1)


def _provenance(report: QualityReport) -> Html:
    rows = joined(
        html(
            "<dt>{what}{draft}</dt><dd>{sentence}</dd>",
            what=one.what.replace("_", " ").capitalize(),
            draft=html(' <span class="draft">draft</span>') if one.draft else Html(""),
            sentence=one.sentence,
        )
        for one in report.provenance
    )
    lengths = report.lengths
    return html(
        "<dl>{rows}<dt>Source</dt><dd>In {language}, {length}, timecode {start} to {end}.</dd></dl>",
        rows=rows,
        language=report.source_language,
        length=seconds(lengths.source_ms),
        start=lengths.source_start,
        end=lengths.source_end,
    )
