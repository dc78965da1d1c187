"""`onefold merge`: golden customers are one."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.acts import act, joined
from pipelines.cli.options import ByOption, DebugOption, JsonOption, LaterOption, ProjectOption, ReasonOption


def merge(
    asked: Annotated[
        list[str],
        typer.Argument(
            metavar="ID ID...", help="Golden ids, or source records as source:key, of two customers or more.", show_default=False
        ),
    ],
    reason: ReasonOption,
    by: ByOption = None,
    later: LaterOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Decide that golden customers are one.

    All their records are held together from then on. The oldest id stays; the others lead to it. What an earlier decision keeps
    apart is not merged, and the decision is named.
    """
    from pipelines.steps import decide as steps

    act(
        project,
        by,
        reason,
        later,
        as_json,
        lambda warehouse, chosen, signature: steps.merge(warehouse, chosen, asked, signature),
        lambda done: f"Act {done.act}: {joined(done.golden_ids)} are one customer.",
    )
