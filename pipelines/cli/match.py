"""`onefold match`: match by the adopted model without publishing, or look at what blocking does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.belief import beliefs, learned_placeholders
from pipelines.cli.console import draw, new_table, print_json, say, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from matching.analyse import Analysis, Estimate
    from pipelines.steps.match import MatchReport

MOST_KEYS = 15
"""Keys that are shown; the others are counted."""


def match(
    project: ProjectOption = None,
    analyse: Annotated[bool, typer.Option("--analyse", help="Say what each blocking key brings, and what all of them miss.")] = False,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Match without publishing, and say what comes of it.

    The live records are matched by the adopted model; nothing is kept.

    With --analyse it says what blocking does: pairs of each key, largest blocks, and the estimated recall.
    """
    from pipelines.steps.analyse import analyse_blocking, try_match
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = analyse_blocking(warehouse, chosen) if analyse else try_match(warehouse, chosen)
    if as_json:
        print_json(found)
    elif analyse:
        tell_analysis(found)  # type: ignore[arg-type]  # it is what was asked for
    else:
        tell_match(found)  # type: ignore[arg-type]  # likewise


def tell_match(found: MatchReport) -> None:
    """What matching comes to."""
    say(f"{found.records:,} records are {found.clusters:,} customers by model {found.model}", style="bold")
    say(
        f"{found.candidate_pairs:,} candidate pairs: {found.linked_pairs:,} above the cut, {found.asked_pairs:,} to ask a steward about. "
        f"The largest cluster has {found.largest_cluster:,} records."
    )
    if found.cut_components:
        say(f"{found.cut_components:,} components were too large and were cut at their weakest links.", "yellow")
    for sentence in beliefs(found.believed, found.converged):
        say(sentence)
    say("Nothing was kept: `onefold run` matches and publishes.")


def tell_analysis(found: Analysis) -> None:
    """What blocking does."""
    table = new_table()
    table.add_column("key", ratio=1, overflow="fold")
    for heading in ("pairs", "largest block", "refined blocks", "only this key", "same, only this"):
        table.add_column(heading, justify="right")
    for key in found.keys[:MOST_KEYS]:
        figures = (f"{key.pairs:,}", f"{key.largest_block:,}", f"{key.refined_blocks:,}", f"{key.only_share:.1%}", f"{key.only_same:,.0f}")
        table.add_row(shown(key.name), *figures)
    draw(table)
    if len(found.keys) > MOST_KEYS:
        rest = found.keys[MOST_KEYS:]
        say(f"and {len(rest):,} more keys with {sum(key.pairs for key in rest):,} pairs; --json has them all")
    say(
        f"{found.candidate_pairs:,} candidate pairs, {found.candidate_pairs / max(found.budget, 1):.0%} of the budget of {found.budget:,}; "
        f"the keys made {found.counted_pairs:,} with repeats."
    )
    say(recall_sentence(found))
    for sentence in learned_placeholders(found.placeholders):
        say(sentence)


def recall_sentence(found: Analysis) -> str:
    """How many pairs no key catches, and how sure that is."""
    if found.recall.low == 1.0:
        return f"Some {found.expected_same:,.0f} candidates are the same customer, and no sign of any that the keys miss."
    return (
        f"Some {found.expected_same:,.0f} candidates are the same customer; no key catches another {interval(found.missed, '{:,.0f}')}: "
        f"a recall of {interval(found.recall, '{:.1%}')}. The true number missed may be larger: what is hard to catch is seldom seen."
    )


def interval(estimate: Estimate, form: str) -> str:
    """An estimate and its interval.

    >>> from matching.analyse import Estimate
    >>> interval(Estimate(0.98, 0.97, 0.99), "{:.1%}")
    '98.0% (97.0% to 99.0%)'
    """
    value, low, high = (form.format(one) for one in estimate)
    return f"{value} ({low} to {high})"
