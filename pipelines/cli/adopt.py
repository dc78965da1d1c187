"""`onefold adopt`: what is known from before this project: ids that customers have elsewhere, and decisions that were taken."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import print_json, say, shown
from pipelines.cli.options import ByOption, DebugOption, JsonOption, ProjectOption, ReasonOption, project_at

MOST_SHOWN = 10
adopt = typer.Typer(no_args_is_help=True, help="Bring in what is known from before: customers' ids, and decisions.")
FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="CSV (UTF-8) or Parquet.", show_default=False)]


@adopt.command("ids")
def adopt_ids(
    file: FileArgument,
    reason: ReasonOption,
    by: ByOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Bring in ids that customers have in another system.

    The file has the columns source, key and id: the id that the customer of each source record has elsewhere. Records that
    share an id claim one golden id when they come. All rows are adopted, or none.
    """
    from pipelines.cli.options import login_name
    from pipelines.steps import adopt as step
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = step.adopt_ids(warehouse, chosen, file, by or login_name(), reason)
    if as_json:
        print_json(found)
        return
    say(f"Adopted {found.ids:,} ids of {found.records:,} records: {found.minted:,} wait for their records, {found.given:,} lead to")
    say(f"customers who are published, {found.known:,} were adopted before.")
    tell_some("Their records belong to several customers now; each leads to the one with most of them", found.split)
    tell_some("They lead to the same customer as another id", found.shared)


def tell_some(what: str, ids: Sequence[str]) -> None:
    """Some ids that something is to be said of."""
    if ids:
        more = " ..." if len(ids) > MOST_SHOWN else ""
        say(f"{what}: {', '.join(map(shown, ids[:MOST_SHOWN]))}{more}", style="yellow")


@adopt.command("decisions")
def adopt_decisions(
    file: FileArgument,
    reason: ReasonOption,
    by: ByOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Bring in decisions that people have taken before.

    The file has the columns left, right (record keys such as billing:1042), verdict (same, different or unsure), by, at and
    reason. Each is kept under the name and date it has in the file. All rows are adopted, or none.
    """
    from pipelines.cli.options import login_name
    from pipelines.steps import adopt_decisions as step
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = step.adopt_decisions(warehouse, chosen, file, by or login_name(), reason)
    if as_json:
        print_json(found)
        return
    say(f"Adopted {found.adopted:,} decisions; {found.known:,} were known. The next run keeps them.")
