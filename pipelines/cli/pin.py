"""`onefold pin`: a golden value that no rule changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from pipelines.cli.acts import act, joined
from pipelines.cli.console import readable
from pipelines.cli.options import ByOption, DebugOption, JsonOption, LaterOption, ProjectOption, ReasonOption

ValueArgument = Annotated[
    str | None, typer.Argument(metavar="[VALUE]", help="The value, written as a source would; else give --none.", show_default=False)
]
ExpiresOption = Annotated[
    datetime | None,
    typer.Option(
        "--expires", metavar="DATE", formats=["%Y-%m-%d"], help="The first day (UTC) it does not hold any more.", show_default=False
    ),
]


def pin(
    asked: Annotated[
        str, typer.Argument(metavar="ID", help="A golden id, or one of its source records as source:key.", show_default=False)
    ],
    attribute: Annotated[
        str, typer.Argument(metavar="ATTRIBUTE", help="An attribute of the project; one of a group by itself.", show_default=False)
    ],
    reason: ReasonOption,
    value: ValueArgument = None,
    none: Annotated[bool, typer.Option("--none", help="The customer has no such value.")] = False,
    expires: ExpiresOption = None,
    by: ByOption = None,
    later: LaterOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Fix a golden value, whatever the sources say.

    The value is read as one from a source is, and refused where it is not valid. The latest pin of a value holds, until it is
    undone or expires. It goes with the customer when that one is merged into another.
    """
    from pipelines.steps import pin as steps

    if none == (value is not None):
        raise typer.BadParameter("give a value, or --none; one of the two", param_hint="VALUE")
    last = expires.date() if expires else None
    act(
        project,
        by,
        reason,
        later,
        as_json,
        lambda warehouse, chosen, signature: steps.pin(warehouse, chosen, asked, attribute, value, last, signature),
        lambda done: f"Act {done.act}: {readable(attribute)} of {joined(done.golden_ids)} is pinned.",
    )
