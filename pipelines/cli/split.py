"""`onefold split`: a golden customer is several."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.acts import act, joined
from pipelines.cli.options import ByOption, DebugOption, JsonOption, LaterOption, ProjectOption, ReasonOption

ApartOption = Annotated[
    list[str] | None,
    typer.Option("--apart", metavar="KEY,KEY", help="Records that are one part; can be given several times.", show_default=False),
]


def split(
    asked: Annotated[
        str, typer.Argument(metavar="ID", help="A golden id, or one of its source records as source:key.", show_default=False)
    ],
    reason: ReasonOption,
    apart: ApartOption = None,
    explode: Annotated[bool, typer.Option("--explode", help="Every record is a part of its own.")] = False,
    by: ByOption = None,
    later: LaterOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Decide that a golden customer is several.

    Every --apart names the records of one part, and the others are one more part. The parts stay apart from then on, and the
    records of each together. The part with most records keeps the id.
    """
    from pipelines.steps import decide as steps

    if explode == bool(apart):
        raise typer.BadParameter("name the records of a part with --apart, or give --explode; one of the two", param_hint="--apart")
    act(
        project,
        by,
        reason,
        later,
        as_json,
        lambda warehouse, chosen, signature: steps.split(warehouse, chosen, asked, apart or [], explode, signature),
        lambda done: f"Act {done.act}: {joined(done.golden_ids)} is several customers.",
    )
