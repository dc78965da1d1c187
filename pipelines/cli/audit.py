"""`onefold audit`: who did what when, and whether the log of it is as it was sealed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import draw, new_table, print_json, say, say_whole, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from rich.table import Table

    from warehouse.audit import Entry, Verified

VERIFY = "verify"
LONGEST_PAYLOAD = 200
SubjectArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="[SUBJECT | verify]",
        help="Only what was done to it: a golden id, 'run 12', 'source billing'. The word verify checks the log instead.",
        show_default=False,
    ),
]
ExpectOption = Annotated[
    str | None, typer.Option("--expect", metavar="HASH", help="With verify: a hash noted earlier, which the log must still hold.")
]


def audit(
    subject: SubjectArgument = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Entries to show, the latest first.")] = 50,
    expect: ExpectOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """List who did what when, or verify that the log is whole.

    Entries are appended and chained: each seals all before it. `onefold audit verify` checks every one of them and prints the
    last hash. Note it elsewhere: with --expect it shows later that nothing up to there was changed, and that no end was cut off.
    """
    from pipelines.steps import audit as step
    from pipelines.steps.session import open_project_warehouse

    if expect is not None and subject != VERIFY:
        raise typer.BadParameter("it goes with verify: onefold audit verify --expect HASH", param_hint="--expect")
    with open_project_warehouse(project_at(project)) as warehouse:
        if subject == VERIFY:
            tell_verified(step.verify_audit(warehouse, expect), as_json)
        else:
            tell_entries(step.audit_entries(warehouse, subject, limit), as_json)


def tell_verified(found: Verified, as_json: bool) -> None:
    """The log is as it was sealed."""
    if as_json:
        told = {"entries": found.entries, "erased": found.erased, "last_hash": found.last_hash}
        print_json({"status": "fine", **told})
        return
    gone = f"; of {found.erased:,} it was erased what exactly was done" if found.erased else ""
    say(f"The audit log is as it was sealed: {found.entries:,} entries{gone}.")
    say_whole(f"last hash: {found.last_hash}")


def tell_entries(found: list[Entry], as_json: bool) -> None:
    """Who did what when, the latest first."""
    if as_json:
        print_json({"entries": found})
    elif found:
        draw(entries_table(found))
    else:
        say("Nothing is in the log.")


def entries_table(found: list[Entry]) -> Table:
    """An entry a row."""
    table = new_table()
    table.add_column("", justify="right")
    for name in ("when (UTC)", "who", "did"):
        table.add_column(name, no_wrap=name.startswith("when"), overflow="fold")
    table.add_column("to", overflow="fold")
    table.add_column("what exactly", ratio=1, overflow="fold")
    for one in found:
        exactly = "erased" if one.payload is None else json.dumps(one.payload, ensure_ascii=False)
        row = (f"{one.at:%Y-%m-%d %H:%M:%S}", one.actor, one.action, one.subject)
        table.add_row(str(one.sequence), *map(shown, row), shown(exactly, LONGEST_PAYLOAD))
    return table
