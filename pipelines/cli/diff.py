"""`onefold diff`: what changed between two publications."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.console import draw, new_table, print_json, readable, say, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from pipelines.steps.difference import Counts, Difference, IdChange, Turnover

LimitOption = Annotated[
    int, typer.Option("--limit", metavar="N", min=0, help="List at most so many changes of each kind; counts are always complete.")
]
POINT = "A run, a date or a moment; the publication in use then."
LONGEST = 60


def diff(
    first: Annotated[str | None, typer.Argument(metavar="RUN", help=f"{POINT} Without it, the last publication but one.")] = None,
    second: Annotated[str | None, typer.Argument(metavar="RUN", help=f"{POINT} Without it, the last one.")] = None,
    limit: LimitOption = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Say what changed between two publications.

    Records that moved to another golden id, ids that were minted, merged, split, revived and retired, and golden values before
    and after. Without arguments it compares the last two.
    """
    from pipelines.cli.status import moment
    from pipelines.steps import diff as step
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = step.diff(warehouse, chosen, first, second, limit)
    if as_json:
        print_json({"before": found.before, "after": found.after, **as_object(found.difference)})
        return
    names = [f"run {one.run} of {moment(one.published_at)}" for one in (found.before, found.after)]
    say(f"From {names[0]} to {names[1]}:", style="bold")
    tell_difference(found.difference)


def as_object(found: Difference) -> dict[str, Any]:
    """A difference for scripts: the counts, then what is listed."""
    lists = {name: getattr(found, name) for name in ("moved", "minted", "merged", "split", "revived", "retired")}
    counts = {"values_changed" if name == "values" else name: value for name, value in asdict(found.counts).items()}
    return {**counts, "limit": found.limit, **lists, "values": found.values}


def tell_difference(found: Difference) -> None:
    """A difference for people."""
    if not found.counts.any:
        say("Nothing changed.")
        return
    for line in count_lines(found.counts):
        say(line)
    tell_list("records moved", [(str(one.record), one.before, one.after) for one in found.moved], found.counts.records_moved)
    for kind in ("merged", "split"):
        tell_ids(kind, getattr(found, kind), getattr(found.counts, f"ids_{kind}"))
    for kind in ("minted", "revived", "retired"):
        tell_names(kind, getattr(found, kind), getattr(found.counts, f"ids_{kind}"))
    tell_values(found)


def count_lines(counts: Counts) -> Iterator[str]:
    """The counts, a line each; what there is none of is left out."""
    customers = f"{counts.customers_before:,} before, {counts.customers_after:,} after"
    yield f"  customers      {customers}, {counts.customers_changed:,} with other values"
    records = [("moved", counts.records_moved), ("arrived", counts.records_arrived), ("left", counts.records_left)]
    ids = [(kind, getattr(counts, f"ids_{kind}")) for kind in ("minted", "merged", "split", "revived", "retired", "erased")]
    values = [(readable(name), count) for name, count in counts.values.items()]
    told = (("records", records), ("golden ids", ids), ("values", values), ("contacts", parts(counts.contacts)))
    for name, figures in (*told, ("relationships", parts(counts.relationships))):
        line = ", ".join(f"{count:,} {what}" for what, count in figures if count)
        if line:
            yield f"  {name:<14} {line}"


def parts(of: Turnover) -> list[tuple[str, int]]:
    """Rows that came, changed and went, by name."""
    return [("new", of.new), ("changed", of.changed), ("gone", of.gone)]


def tell_list(title: str, rows: Sequence[tuple[str, str, str]], count: int) -> None:
    """Some changes, each from what to what."""
    if not rows:
        return
    say(f"{title}:", style="bold")
    for what, before, after in rows:
        say(f"  {shown(what)}: {shown(before, LONGEST)} → {shown(after, LONGEST)}")
    tell_rest(len(rows), count)


def tell_ids(kind: str, changes: Sequence[IdChange], count: int) -> None:
    """Some pairs of golden ids."""
    if changes:
        say(f"golden ids {kind}:", style="bold")
        for one in changes:
            say(f"  {one.golden_id} → {one.other}")
        tell_rest(len(changes), count)


def tell_names(kind: str, changes: Sequence[IdChange], count: int) -> None:
    """Some golden ids."""
    if changes:
        rest = f" and {count - len(changes):,} more" if count > len(changes) else ""
        say(f"{kind}: {', '.join(one.golden_id for one in changes)}{rest}")


def tell_values(found: Difference) -> None:
    """Some values, before and after."""
    if not found.values:
        return
    table = new_table("golden values changed")
    for name in ("golden id", "attribute", "before", "after"):
        table.add_column(name, overflow="fold")
    for one in found.values:
        before, after = ("-" if value is None else shown(value, LONGEST) for value in (one.before, one.after))
        table.add_row(one.golden_id, readable(one.attribute), before, after)
    draw(table)
    tell_rest(len(found.values), sum(found.counts.values.values()))


def tell_rest(listed: int, count: int) -> None:
    """How many more there are."""
    if count > listed:
        say(f"  and {count - listed:,} more: --limit lists them", style="dim")
