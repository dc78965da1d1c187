"""Stewards' acts on the command line: each is kept first, then takes effect, and both are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from pipelines.cli.console import complain, plain, print_json, say, say_whole, shown
from pipelines.cli.options import login_name, project_at

if TYPE_CHECKING:
    from pipelines.project import Project
    from pipelines.steps.decide import Act
    from pipelines.steps.effect import Effect
    from pipelines.steps.signing import Signature
    from warehouse.database import Warehouse

CODES = {"held": 3, "failed": 1}
"""Exit codes by what became of an act; 0 otherwise."""


def act(
    given: Path | None,
    by: str | None,
    reason: str,
    later: bool,
    as_json: bool,
    work: Callable[[Warehouse, Project, Signature], Act],
    what: Callable[[Act], str],
) -> None:
    """Do `work`, signed, let it take effect unless `later`, and say what came of it; `what` tells the act in a sentence."""
    from pipelines.steps.effect import LATER, take_effect
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.signing import signed

    signature, chosen = signed(by or login_name(), reason), project_at(given)
    with open_project_warehouse(chosen) as warehouse:
        done = work(warehouse, chosen, signature)
    effect = LATER if later else take_effect(chosen)
    if as_json:
        error = {"error": effect.told} if effect.status in CODES else {}
        print_json({**plain(done), "status": effect.status, "told": effect.told, "run": effect.run, **error})
    else:
        tell(done, effect, what(done))
    if code := CODES.get(effect.status, 0):
        raise typer.Exit(code)


def tell(done: Act, effect: Effect, sentence: str) -> None:
    """What was done, what came of it, and how to undo it."""
    for note in done.notes:
        say(note, style="yellow")
    say(sentence, style="bold")
    if effect.status in CODES:
        complain(effect.told)
    else:
        say(effect.told)
    if done.action != "undo":
        say_whole(f"To take it back: onefold undo {done.act} --reason ...")


def joined(golden_ids: tuple[str, ...]) -> str:
    """Golden ids as a list for people.

    >>> joined(("C-1", "C-2", "C-3")), joined(())
    ('C-1, C-2 and C-3', 'records of no golden customer yet')
    """
    if not golden_ids:
        return "records of no golden customer yet"
    return " and ".join([part for part in (", ".join(map(shown, golden_ids[:-1])), shown(golden_ids[-1])) if part])
