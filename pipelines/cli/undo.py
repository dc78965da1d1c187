"""`onefold undo`: take back what was decided in one act."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.acts import act
from pipelines.cli.console import draw, new_table, print_json, say, shown
from pipelines.cli.options import ByOption, DebugOption, JsonOption, LaterOption, ProjectOption, project_at

if TYPE_CHECKING:
    from pipelines.steps.decide import ListedAct

MOST = 20


def undo(
    asked: Annotated[
        str | None, typer.Argument(metavar="[ACT]", help="The id of an act, or its first letters; every act prints its own.")
    ] = None,
    reason: Annotated[
        str | None, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with your name.", show_default=False)
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Only list the latest acts that stand.")] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="How many acts --list shows.")] = MOST,
    by: ByOption = None,
    later: LaterOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Take back what was decided in one act.

    A merge, a split, a pin, a decision, also an answer given in training. What was before returns where nothing else has
    changed since: ids that were merged away live again. The act stays readable, with who took it back and why.
    """
    from pipelines.steps import decide as steps

    if show_list == (asked is not None):
        raise typer.BadParameter("name an act, or give --list; one of the two", param_hint="ACT")
    if asked is None:
        list_acts(project, limit, as_json)
        return
    if reason is None:
        raise typer.BadParameter("say why", param_hint="--reason")
    act(
        project,
        by,
        reason,
        later,
        as_json,
        lambda warehouse, chosen, signature: steps.undo(warehouse, chosen, asked, signature),
        lambda done: f"Act {done.act} is taken back.",
    )


def list_acts(given: Path | None, limit: int, as_json: bool) -> None:
    """The latest acts that stand."""
    from pipelines.steps import decide as steps
    from pipelines.steps.session import open_project_warehouse

    with open_project_warehouse(project_at(given)) as warehouse:
        acts = steps.latest_acts(warehouse, limit)
    if as_json:
        print_json({"acts": acts})
    elif acts:
        tell(acts)
    else:
        say("Nobody has decided anything that stands.")


def tell(acts: list[ListedAct]) -> None:
    """Each act on a line."""
    table = new_table()
    for heading in ("act", "what", "about", "by", "on", "why"):
        table.add_column(heading, overflow="fold", no_wrap=heading in ("act", "what", "on"))
    for one in acts:
        what = f"{one.kind}, suspended" if one.suspended else one.kind
        about = ", ".join(map(shown, one.golden_ids or one.records))
        table.add_row(one.act, what, about, shown(one.steward), f"{one.decided_at:%Y-%m-%d %H:%M}", shown(one.reason))
    draw(table)
