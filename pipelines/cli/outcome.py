"""What came of a run, for people: the figures, the duplication report, and where to look next."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.cli.belief import kept_beliefs
from pipelines.cli.console import complain, say, say_whole, shown
from pipelines.cli.duplication import draw_duplication
from pipelines.cli.remarks import tell_remarks

if TYPE_CHECKING:
    from pipelines.project import Project
    from pipelines.steps.status import Publication, Standing

IDS = ("minted", "merged", "split", "revived", "retired")


def tell_outcome(report: Mapping[str, Any], after: Standing) -> None:
    """How the run ended, its figures, and the sources it had to do without."""
    if report["status"] == "held":
        complain(f"Held: {report['publication']['reason']}")
        complain("The last publication stays in place." if after.publication else "Nothing has been published yet.", "")
    else:
        say(headline(report, after), style="bold")
    for name, told in figures(report):
        say(f"  {name:<11} {told}")
    for source in after.sources:
        if source.state == "held":
            complain(f"{source.name} was held: {source.reason}", "yellow")
    tell_remarks(after)


def headline(report: Mapping[str, Any], after: Standing) -> str:
    """What was published, or that nothing was to be changed."""
    took = f"({report['seconds']:,.1f} s, {report['peak_mb']:,.0f} MB at most)"
    if report["status"] == "unchanged":
        since = f" of run {after.publication.run}" if after.publication else ""
        return f"Nothing has changed: the publication{since} stands, {report['golden_customers']:,} golden customers {took}."
    live = sum(source.data_as_of is not None for source in after.sources)
    sources = "1 source" if live == 1 else f"{live:,} sources"
    return f"Published {report['golden_customers']:,} golden customers from {report['records']:,} records of {sources} {took}."


def figures(report: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The run's figures, line by line; what there is none of is left out."""
    counts = [
        f"{report.get(name, 0):,} {name}"
        for name in ("read", "accepted", "quarantined", "suppressed")
        if report.get(name) or name != "suppressed"
    ]
    yield "rows", ", ".join(counts)
    if match := report.get("match"):
        again = match.get("matched_again")
        whole = "" if again is None else f"; {again:,} of {match['records']:,} records matched again"
        yield "pairs", f"{match['candidate_pairs']:,} compared, {match['linked_pairs']:,} linked{whole}"
        for sentence in kept_beliefs(match, report.get("accuracy")):
            yield "", sentence
    ids = [f"{report[f'ids_{name}']:,} {name}" for name in IDS if report.get(f"ids_{name}")]
    changed = [f"{report['values_changed']:,} golden values changed"] if report.get("values_changed") else []
    if ids or changed:
        yield "golden ids", "; ".join([part for part in (", ".join(ids), *changed) if part])
    if pins := pins_told(report.get("merge", {})):
        yield "pins", pins
    if found := (report.get("identity") or {}).get("adopted"):
        yield (
            "adopted ids",
            f"{found['given']:,} live now, {found['joined']:,} lead to another, records of {found['split']:,} are several customers",
        )
    if truth := report.get("accuracy"):
        told = f"precision {truth['precision']:.1%}, recall {truth['recall']:.1%}, F1 {truth['f1']:.1%} against the known truth"
        yield "accuracy", told.replace("%", " %")
    if report.get("open_tasks"):
        yield "tasks", f"{report['open_tasks']:,} wait for a steward"


def pins_told(merge: Mapping[str, Any]) -> str:
    """How many pins of stewards hold, and which were passed over; nothing where there are none.

    >>> pins_told({"pins": 2, "pins_passed_over": [{"act": "1a2b", "attribute": "city", "why": "its value is no valid city"}]})
    '2 hold; passed over: city, its value is no valid city (act 1a2b)'
    """
    over = [f"{shown(one['attribute'])}, {one['why']} (act {one['act']})" for one in merge.get("pins_passed_over", ())]
    told = [f"{merge['pins']:,} hold"] if merge.get("pins") else []
    return "; ".join([*told, *([f"passed over: {'; '.join(over)}"] if over else [])])


def tell_next(project: Project, published: Publication | None, page: Path | None, given: Path | None) -> None:
    """The duplication report of what is published, and where to look next; `given` is the --project of this command."""
    if published is None:
        return
    if published.duplication:
        say()
        draw_duplication(published.duplication, page)
    say("Where to look next:", style="bold")
    for command, what in suggestions(project, given):
        say_whole(f"  {command}")
        say(f"      {what}", "dim")
    if page:
        say_whole(f"  {page}")
        say("      the duplication report with its charts, for a browser", "dim")


def suggestions(project: Project, given: Path | None) -> Iterator[tuple[str, str]]:
    """Commands to go on with, on an example that is there."""
    from pipelines.steps.lookup import example
    from pipelines.steps.session import open_project_warehouse

    option = f" --project {shlex.quote(str(given))}" if given else ""
    yield f"onefold status{option}", "how the project stands: sources, tasks, duplication"
    with open_project_warehouse(project) as warehouse:
        found = example(warehouse)
    if found:
        golden_id, keys = found
        yield f"onefold show {golden_id}{option}", "one golden customer: where each value came from, and why it won"
        if len(keys) > 1:
            pair = " ".join(shlex.quote(shown(key)) for key in (keys[0], keys[-1]))
            yield f"onefold explain {pair}{option}", "why two of its records are one customer"
    yield f"onefold ui{option}", "runs, assets, checks and the schedule, in a browser"
