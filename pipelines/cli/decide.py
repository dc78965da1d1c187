"""`onefold decide`: whether two source records are one customer."""

from __future__ import annotations

from typing import Annotated

import typer

from domain.decisions import Verdict
from pipelines.cli.acts import act
from pipelines.cli.console import shown
from pipelines.cli.options import ByOption, DebugOption, JsonOption, LaterOption, ProjectOption, ReasonOption

KeyArgument = Annotated[
    str, typer.Argument(metavar="KEY", help="A source record, as source:key, for example billing:1042.", show_default=False)
]


def decide(
    left: KeyArgument,
    right: KeyArgument,
    verdict: Annotated[
        Verdict, typer.Argument(metavar="VERDICT", help="same, different or unsure; the last binds nothing.", show_default=False)
    ],
    reason: ReasonOption,
    by: ByOption = None,
    later: LaterOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Decide whether two source records are one customer.

    The decision outranks every score, and holds for whoever is the same as either, until it is undone.
    """
    from domain.records import RecordKey
    from pipelines.steps import decide as steps

    words = {Verdict.SAME: "are one customer", Verdict.DIFFERENT: "are two customers", Verdict.UNSURE: "cannot be told apart"}
    keys = RecordKey.parse(left), RecordKey.parse(right)
    act(
        project,
        by,
        reason,
        later,
        as_json,
        lambda warehouse, chosen, signature: steps.decide(warehouse, chosen, *keys, verdict, signature),
        lambda done: f"Act {done.act}: {shown(keys[0])} and {shown(keys[1])} {words[verdict]}.",
    )
