"""`onefold show`: one golden record, down to the cells it came from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from pipelines.cli.console import draw, new_table, print_json, readable, say, shown
from pipelines.cli.options import AsOfOption, DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from domain.records import RecordKey
    from pipelines.project import Project
    from pipelines.steps.relatives import ShownRelative
    from pipelines.steps.show import Member, Shown, ShownValue
    from warehouse.database import Warehouse
    from warehouse.pins import StoredPin

MOST_OTHERS, MOST_KEYS, MOST_MEMBERS, MOST_RELATIVES = 5, 3, 50, 12
"""Other values of an attribute, records of a value, members and relatives that are shown; --json has them all."""
LONGEST_RAW = 80
Line = tuple[str, Text | Padding, str]


def show(
    asked: Annotated[
        str,
        typer.Argument(metavar="GOLDEN_ID", help="A golden id such as C-00001234-4, or a source record as source:key.", show_default=False),
    ],
    as_of: AsOfOption = None,
    versions: Annotated[bool, typer.Option("--versions", help="Every version, oldest first, with what changed in it.")] = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Show a golden record and where its values came from.

    Each value comes with its source record, column and raw text, why it won and what lost; then the source records. A golden
    id that was merged into another is followed. With --as-of, all of it is as it was published then.

    With --versions it shows the golden id or the source record itself over time.
    """
    from pipelines.steps import show as step
    from pipelines.steps.session import open_project_warehouse

    if versions and as_of:
        raise typer.BadParameter("--versions shows all of the past; leave one of the two out", param_hint="--as-of")
    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        if versions:
            show_versions(warehouse, chosen, asked, as_json)
            return
        found = step.show(warehouse, chosen, asked, as_of)
    if as_json:
        print_json(found)
    else:
        tell(chosen, found)


def show_versions(warehouse: Warehouse, project: Project, asked: str, as_json: bool) -> None:
    """Every version of what is asked for."""
    from pipelines.cli.versions import tell_versions
    from pipelines.steps.versions import versions

    told = versions(warehouse, project, asked)
    if as_json:
        print_json(told)
    else:
        tell_versions(told)


def tell(chosen: Project, found: Shown) -> None:
    """A golden record for people."""
    from domain.attributes import Role
    from pipelines.cli.status import moment

    say(found.golden_id, style="bold")
    if found.as_of:
        say(f"as published by run {found.as_of.run} of {moment(found.as_of.published_at)}", style="yellow")
    if found.note:
        say(found.note, style="yellow")
    say(summary(found))
    draw(values_table(found))
    if found.without:
        say(f"no value: {', '.join(map(readable, found.without))}", style="dim")
    for line in pin_lines(found):
        say(line)
    for line in relative_lines(found.relatives):
        say(line)
    draw(members_table(found.members, [a.name for a in chosen.attributes if a.role is not Role.NEUTRAL]))
    if len(found.members) > MOST_MEMBERS:
        say(f"and {len(found.members) - MOST_MEMBERS:,} more records: --json has them all", style="dim")


def summary(found: Shown) -> str:
    """How much is known of the customer, in a line."""
    from pipelines.reports.duplication import percent, plural

    parts = [f"{plural(len(found.members), 'record')} in {plural(found.source_count, 'department')}"]
    if found.last_seen:
        parts.append(f"last changed {found.last_seen:%Y-%m-%d}")
    if found.completeness is not None:
        parts.append(f"{percent(found.completeness)} complete")
    if found.cohesion is not None and len(found.members) > 1:
        parts.append(f"its least certain record belongs to it with {percent(found.cohesion)}")
    return " · ".join(parts)


def pin_lines(found: Shown) -> Iterator[str]:
    """The pins that stand, a line each: who, why, until when, and how to undo it."""
    for pin in found.pins:
        until = f", until {pin.expires_at:%Y-%m-%d}" if pin.expires_at else ""
        value = "no value" if pin.value is None else shown(pin.value)
        yield f"pin {pin.group}: {readable(pin.attribute)} is {value}, by {shown(pin.steward)}{until}: {shown(pin.reason)}"


def relative_lines(relatives: Sequence[ShownRelative]) -> Iterator[str]:
    """Who belongs to the customer, a line each."""
    for one in relatives[:MOST_RELATIVES]:
        yield f"{one.kind}: {one.golden_id} {shown(one.name)}{how_related(one)}"
    if len(relatives) > MOST_RELATIVES:
        yield f"and {len(relatives) - MOST_RELATIVES:,} more who belong together with this one: --json has them all"


def how_related(one: ShownRelative) -> str:
    """What the two have in common, or who links them."""
    from matching.wording import listed

    if one.through:
        return f", through {one.through}"
    return f", same {listed(one.shared)}" if one.shared else ""


def values_table(found: Shown) -> Table:
    """Each golden value, where it came from, and the values that were not chosen."""
    table = new_table()
    table.add_column("attribute", no_wrap=True)
    table.add_column("golden value, and where it came from", ratio=1, overflow="fold")
    table.add_column("why")
    for value in found.values:
        for line in value_lines(value):
            table.add_row(*line)
    return table


def value_lines(value: ShownValue) -> Iterator[Line]:
    """The lines of one attribute: the golden value, where it came from, and the values that were not chosen."""
    yield readable(value.attribute), Text(shown(value.value), style="bold"), readable(value.rule)
    yield "", detail(Text(came_from(value), style="dim")), ""
    for other in value.others[:MOST_OTHERS]:
        told = Text.assemble(("also " if value.many else "not ", "dim"), shown(other.value), (f" ({named(other.records)})", "dim"))
        yield "", detail(told), readable(other.reason or "the rules have changed since")
    if len(value.others) > MOST_OTHERS:
        yield "", detail(Text(f"and {len(value.others) - MOST_OTHERS:,} other values", style="dim")), ""


def detail(text: Text) -> Padding:
    """A line below a golden value."""
    return Padding(text, (0, 0, 0, 2))


def came_from(value: ShownValue) -> str:
    """The cell that a value was read from, and how many records agree."""
    origin = value.origin
    if origin is None:
        told = "pinned by a steward" if value.pin is None else signed(value.pin)
    elif origin.column is None:
        told = f"from {shown(origin.record)}; the project's map leads no longer to its column"
    else:
        told = f"from {shown(origin.record)}, {shown(origin.column)}: {quoted(origin.raw)}"
    count = len(value.agreeing)
    return told if not count else f"{told}; {count:,} more {'record agrees' if count == 1 else 'records agree'}"


def signed(pin: StoredPin) -> str:
    """Who pinned a value, when, why, and until when."""
    until = f"; until {pin.expires_at:%Y-%m-%d}" if pin.expires_at else ""
    return f"pinned by {shown(pin.steward)} on {pin.decided_at:%Y-%m-%d}: {shown(pin.reason)}{until}"


def named(records: Sequence[RecordKey]) -> str:
    """Some record keys, the first by name."""
    names = ", ".join(shown(key) for key in records[:MOST_KEYS])
    return names if len(records) <= MOST_KEYS else f"{names} and {len(records) - MOST_KEYS:,} more"


def quoted(raw: str | None) -> str:
    """The raw text of a cell."""
    return "nothing" if raw is None else f'"{shown(raw, LONGEST_RAW)}"'


def members_table(members: Sequence[Member], telling: Sequence[str]) -> Table:
    """The source records, with what each says of the attributes that tell who somebody is."""
    table = new_table()
    table.add_column("source record", overflow="fold", max_width=30)
    table.add_column("changed", no_wrap=True)
    table.add_column("says", ratio=1, overflow="fold")
    for member in members[:MOST_MEMBERS]:
        changed = f"{member.modified:%Y-%m-%d}" if member.modified else "-"
        said = ", ".join(shown(member.values[name], LONGEST_RAW) for name in telling if name in member.values)
        table.add_row(Text(shown(member.record)), changed, Text(said))
    return table
