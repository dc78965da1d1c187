"""`onefold events`: what publications have changed, told in order; and its delivery to subscribers."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.console import draw, new_table, print_json, print_json_line, readable, say, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from pathlib import Path

    from domain.events import CustomerState, Event
    from pipelines.project import Project
    from pipelines.steps.events import Delivered
    from warehouse.database import Warehouse

POLL_SECONDS = 1.0
MOST_CHANGES = 12
events = typer.Typer(invoke_without_command=True)
AfterOption = Annotated[int, typer.Option("--after", metavar="N", min=0, help="Only events after this one.")]
LimitOption = Annotated[int | None, typer.Option("--limit", metavar="N", min=1, help="So many at most; without it, all there are.")]
JsonLines = Annotated[bool, typer.Option("--json", help="Print one JSON object a line, an event each; an error too.")]


@events.callback()
def show_events(
    context: typer.Context,
    after: AfterOption = 0,
    limit: LimitOption = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more; Ctrl-C ends.")] = False,
    project: ProjectOption = None,
    as_json: JsonLines = False,
    debug: DebugOption = False,
) -> None:
    """Tell what publications have changed, event by event.

    Each event says what became of one golden id, with the customer before and after. Events are numbered from 1 without gaps,
    in the order of the publications: who has had event N asks for those after N.
    """
    if context.invoked_subcommand is not None:
        return
    from pipelines.steps.events import pages

    with opened(project) as (chosen, warehouse), suppress(KeyboardInterrupt):
        while True:
            for page in pages(warehouse, chosen.attributes, after, limit):
                tell_events(page, as_json)
                after, limit = page[-1].event_id, None if limit is None else limit - len(page)
            if not follow or limit == 0:
                return
            time.sleep(POLL_SECONDS)


@contextmanager
def opened(project: Path | None) -> Iterator[tuple[Project, Warehouse]]:
    """The project and its warehouse."""
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        yield chosen, warehouse


def tell_events(page: Iterable[Event], as_json: bool) -> None:
    """Print some events, so that who reads them through a pipe has them at once."""
    import sys

    for event in page:
        if as_json:
            print_json_line(event.as_object())
        else:
            tell_event(event)
    sys.stdout.flush()


def tell_event(event: Event) -> None:
    """An event for people: what happened, and what of the customer is other than before."""
    into = f" {OTHER[event.kind]} {event.other_id}" if event.other_id and event.kind in OTHER else ""
    say(f"{event.event_id}  {event.kind} {event.golden_id}{into}  (run {event.run}, {event.published_at:%Y-%m-%d %H:%M} UTC)", style="bold")
    lines = list(changes(event.before, event.after))
    for line in lines[:MOST_CHANGES]:
        say(f"    {line}")
    if len(lines) > MOST_CHANGES:
        say(f"    and {len(lines) - MOST_CHANGES:,} more: --json has them all", style="dim")


OTHER = {"merged": "into", "split": "off"}


def changes(before: CustomerState | None, after: CustomerState | None) -> Iterator[str]:
    """What differs between two states of a customer, a line each."""
    old, new = lines_of(before), lines_of(after)
    for name in dict.fromkeys((*old, *new)):
        if old.get(name) != new.get(name):
            was, now = shown(old.get(name) or "-"), shown(new.get(name) or "-")
            yield f"{name}: {now if before is None else was if after is None else f'{was} → {now}'}"


def lines_of(state: CustomerState | None) -> dict[str, str]:
    """What is told of a customer, by what it is called for people."""
    if state is None:
        return {}
    values = {readable(name): shown(value) for name, value in state.values.items() if value is not None}
    others = {f"also {readable(name)}": ", ".join(also) for name, also in state.other_values.items()}
    return values | others | {"records": ", ".join(state.records)}


@events.command()
def deliver(
    once: Annotated[bool, typer.Option("--once", help="Deliver what is due, and end; without it, wait for more until Ctrl-C.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Deliver events to the subscribers of the project file.

    Each gets every event in order, at least once. What fails is tried again after a pause that doubles, and given up after
    so many attempts as the project file says: `onefold events dead` lists it.
    """
    from pipelines.steps.events import deliver as deliver_now
    from pipelines.steps.events import deliver_for_ever

    with opened(project) as (chosen, warehouse):
        require_subscribers(chosen)
        if once:
            tell_deliveries(deliver_now(warehouse, chosen, os.environ), as_json)
        else:
            deliver_for_ever(warehouse, chosen, os.environ, lambda found: tell_deliveries(found, as_json), POLL_SECONDS)


def require_subscribers(project: Project) -> None:
    """An error where nobody is to be told."""
    from domain.errors import OnefoldError

    if not project.subscribers:
        raise OnefoldError("the project file names no subscriber: declare one under events: in onefold.yaml.")


def tell_deliveries(found: list[Delivered], as_json: bool) -> None:
    """What came of delivering, a line for each subscriber."""
    if as_json:
        print_json({"deliveries": found})
        return
    for one in found:
        parts = [f"{one.delivered:,} delivered", f"{one.waiting:,} waiting"]
        parts += [f"{one.dead:,} given up"] if one.dead else []
        parts += [one.problem] if one.problem else []
        parts += [f"next attempt at {one.next_attempt:%H:%M:%S} UTC"] if one.next_attempt else []
        say(f"{shown(one.subscriber)}: {', '.join(parts)}", style="yellow" if one.problem else "")


@events.command()
def dead(project: ProjectOption = None, as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """List the events that subscribers would not take."""
    from warehouse.subscribers import dead_letters

    with opened(project) as (_, warehouse), warehouse.connect() as connection:
        found = dead_letters(connection)
    if as_json:
        print_json({"dead": found})
    elif found:
        tell_dead([{**{name: getattr(one, name) for name in COLUMNS}} for one in found])
    else:
        say("No event was given up.")


COLUMNS = ("event_id", "subscriber", "attempts", "reason", "given_up_at")


def tell_dead(found: list[Mapping[str, Any]]) -> None:
    """A dead letter a row."""
    table = new_table()
    for name in COLUMNS:
        table.add_column(readable(name))
    for one in found:
        table.add_row(*(shown(one[name]) for name in COLUMNS[:-1]), f"{one['given_up_at']:%Y-%m-%d %H:%M}")
    draw(table)


@events.command()
def redeliver(
    event: Annotated[int | None, typer.Argument(metavar="[EVENT]", help="The number of a dead letter.", show_default=False)] = None,
    every: Annotated[bool, typer.Option("--all", help="All dead letters, in order.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Send dead letters again."""
    from pipelines.steps.events import redeliver as redeliver_now

    if (event is None) is not every:
        raise typer.BadParameter("name one event, or --all", param_hint="EVENT")
    with opened(project) as (chosen, warehouse):
        refused = redeliver_now(warehouse, chosen, os.environ, event)
    if as_json:
        print_json({"status": "failed" if refused else "fine", "refused": refused})
    elif refused:
        tell_dead([{**{name: getattr(one, name) for name in COLUMNS}} for one in refused])
    else:
        say("Taken.")
    if refused:
        raise typer.Exit(1)
