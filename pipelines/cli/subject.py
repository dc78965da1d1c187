"""`onefold subject`: everything that is held on one person, for the person."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import print_json, say, say_whole
from pipelines.cli.options import ByOption, DebugOption, JsonOption, ProjectOption, login_name, project_at


def subject(
    asked: Annotated[str, typer.Argument(metavar="GOLDEN_ID", help="A golden id such as C-00001234-4.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Folder to write to; it is made if need be.", show_default=False)],
    by: ByOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Export everything that is held on one person.

    As JSON and as a page: golden record with provenance, contacts, source records in all versions, memberships over time,
    relationships (only that there are some), decisions, pins, tasks, events and audit entries. Data of other customers are left
    out. The files can be read by you alone; that they were made goes into the audit log.
    """
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.subject import export_subject

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = export_subject(warehouse, chosen, asked, out, by or login_name())
    if as_json:
        print_json(found)
        return
    say(f"Everything held on {found.golden_id}: {sum(found.counts.values()):,} rows.", style="bold")
    for path in (found.json, found.html):
        say_whole(f"  {path}")
