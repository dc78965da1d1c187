"""`onefold status`: how the project stands."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from pipelines.cli.belief import beliefs
from pipelines.cli.console import draw, new_table, print_json, say, shown
from pipelines.cli.duplication import PAGE, draw_duplication
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at
from pipelines.cli.remarks import tell_remarks

if TYPE_CHECKING:
    from pipelines.steps.status import LastRun, Publication, SourceStanding, Standing

TASKS = {
    "possible_match": "pairs of records that may be one customer",
    "contradictory_values": "customers whose records disagree on a protected attribute",
    "rekeyed_source": "new keys of a source that may be known customers",
    "closed_gate": "publications that a gate has held back",
}
"""What a steward is asked, by kind of task."""


def status(project: ProjectOption = None, as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """Say how the project stands.

    That is the last publication, each source with its last data, the duplication report, and the open tasks.
    """
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.status import standing

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = standing(warehouse, chosen)
    if as_json:
        print_json(found)
        return
    say(f"Project {found.project} in {chosen.folder}", style="bold")
    tell_publication(found.publication, found.last_run)
    draw(source_table(found))
    for source in found.sources:
        if source.state == "held":
            say(f"{source.name} is held, using data of {moment(source.data_as_of)}: {source.reason}", style="yellow")
    tell_remarks(found)
    if found.publication and found.publication.duplication:
        page = chosen.folder / PAGE
        draw_duplication(found.publication.duplication, page if page.exists() else None)
    tell_tasks(found.open_tasks)


def tell_publication(published: Publication | None, last: LastRun | None) -> None:
    """What consumers see, and what came of the latest run if that was not it."""
    if published is None:
        say("Nothing has been published yet: run `onefold run`.", style="yellow")
    else:
        say(f"Published: {published.golden_customers:,} golden customers, by run {published.run} of {moment(published.published_at)}")
        if published.kept:
            say(f"It is kept, {published.kept}: no run publishes until `onefold publish --resume`.", style="yellow")
        if found := published.match:
            for sentence in beliefs(found.believed, found.converged, found.accuracy):
                say(sentence)
    if last and (published is None or last.run != published.run):
        reason = f": {last.reason}" if last.reason else ""
        say(f"Last run: {last.run} of {moment(last.started_at)}, {last.status}{reason}", style="" if not reason else "yellow")


def source_table(found: Standing) -> Table:
    """Each source, how it is, and what its latest pull brought."""
    table = new_table("Sources")
    table.add_column("source", overflow="fold", min_width=12)
    table.add_column("state", no_wrap=True)
    table.add_column("data of (UTC)", no_wrap=True)
    for name in ("read", "quarantined", "new", "changed", "gone"):
        table.add_column(name, justify="right", no_wrap=True)
    for source in found.sources:
        table.add_row(*source_row(source))
    return table


def source_row(source: SourceStanding) -> list[str | Text]:
    """One source."""
    counts = source.counts
    figures = (counts.read, counts.quarantined, counts.new, counts.changed, counts.vanished) if counts else ()
    told = [f"{figure:,}" if figure else Text("-", style="dim") for figure in figures] or [Text("-", style="dim")] * 5
    style = {"live": "green", "held": "bold yellow"}.get(source.state, "dim")
    return [Text(shown(source.name)), Text(source.state, style=style), moment(source.data_as_of).removesuffix(" UTC"), *told]


def tell_tasks(tasks: Mapping[str, int]) -> None:
    """What waits for a steward."""
    if not tasks:
        say("No task waits for a steward.")
        return
    say(f"{sum(tasks.values()):,} tasks wait for a steward:", style="bold")
    for kind, count in tasks.items():
        say(f"  {count:>7,}  {TASKS.get(kind, kind.replace('_', ' '))}")


def moment(time: datetime | None) -> str:
    """A time for people.

    >>> from datetime import UTC
    >>> moment(datetime(2026, 3, 1, 2, tzinfo=UTC)), moment(None)
    ('2026-03-01 02:00 UTC', 'never')
    """
    return f"{time:%Y-%m-%d %H:%M} UTC" if time else "never"
