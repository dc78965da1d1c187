"""`onefold explain`: why two source records are, or are not, one customer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pipelines.cli.console import draw, new_table, print_json, readable, say, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from domain.evidence import Evidence, ScoredPair
    from pipelines.steps.explain import Explanation

MISSING = "missing"
"""The level of a comparison for which one of the two records has no value, or both."""
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A source record, as source:key, for example billing:1042.")]


def explain(
    left: KeyArgument, right: KeyArgument, project: ProjectOption = None, as_json: JsonOption = False, debug: DebugOption = False
) -> None:
    """Say why two source records are, or are not, one customer.

    Every comparison is told with its level and what it is worth in bits, for the same customer and for a related one.
    """
    from domain.records import RecordKey
    from pipelines.steps.explain import explain_pair
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    keys = RecordKey.parse(left), RecordKey.parse(right)
    with open_project_warehouse(chosen) as warehouse:
        found = explain_pair(warehouse, chosen, *keys)
    if as_json:
        print_json(as_object(found))
        return
    say(conclusion(found), style="bold")
    say(found.outcome)
    if found.decision:
        decided = found.decision
        told = f"{decided.steward} decided on {decided.decided_at:%d %B %Y} that they are {decided.verdict}, whatever their score"
        say(f"{told}: {decided.reason}")
    draw(evidence_table(found.pair))
    if missing := [readable(one.comparison) for one in found.pair.evidence if one.level == MISSING]:
        say(f"nothing to compare, worth nothing: {', '.join(missing)}", style="dim")
    say(probabilities(found.pair))


def conclusion(found: Explanation) -> str:
    """What the score says, as a sentence."""
    return f"{found.sentence[:1].upper()}{found.sentence[1:]}."


def probabilities(pair: ScoredPair) -> str:
    """The three classes' shares."""
    unrelated = 1 - pair.match_probability - pair.related_probability
    return (
        f"Probability: {per_cent(pair.match_probability)} the same customer, {per_cent(pair.related_probability)} related "
        f"(one household or firm), {per_cent(unrelated)} strangers. Match weight {pair.match_weight:+.2f} bits."
    )


def per_cent(share: float) -> str:
    """A probability to two figures behind the point, never rounded to certainty.

    >>> per_cent(0.98984), per_cent(0.9999999), per_cent(1e-9)
    ('98.98 %', '>99.99 %', '<0.01 %')
    """
    if share > 0.9999:
        return ">99.99 %"
    return "<0.01 %" if share < 0.0001 else f"{share:.2%}".replace("%", " %")


def evidence_table(pair: ScoredPair) -> Table:
    """Prior, each comparison that has something to compare, and total."""
    table = new_table()
    table.show_footer = True
    same, related = totals(pair)
    table.add_column("compared", footer="total", max_width=16)
    table.add_column("level", max_width=20)
    for key in (pair.left, pair.right):
        table.add_column(Text(shown(key, 60), overflow="fold"), ratio=1, overflow="fold")
    table.add_column("same", footer=f"{same:+.2f}", justify="right", no_wrap=True, min_width=6)
    table.add_column("related", footer=f"{related:+.2f}", justify="right", no_wrap=True, min_width=7)
    table.add_row("prior", "", "", "", *bits(pair.prior_weight, pair.related_prior_weight))
    for evidence in pair.evidence:
        if evidence.level != MISSING:
            table.add_row(*evidence_row(evidence))
    return table


def evidence_row(evidence: Evidence) -> list[str | Text]:
    """One comparison."""
    weights = bits(evidence.weight, evidence.related_weight)
    return [readable(evidence.comparison), evidence.level, Text(shown(evidence.left or "")), Text(shown(evidence.right or "")), *weights]


def bits(same: float, related: float) -> tuple[str, str]:
    """Two weights with their signs."""
    return f"{same:+.2f}", f"{related:+.2f}"


def totals(pair: ScoredPair) -> tuple[float, float]:
    """Bits for *same* and for *related* against *unrelated*, priors included."""
    same = pair.prior_weight + sum(one.weight for one in pair.evidence)
    related = pair.related_prior_weight + sum(one.related_weight for one in pair.evidence)
    return same, related


def as_object(found: Explanation) -> dict[str, Any]:
    """The explanation for scripts."""
    pair = found.pair
    same, related = totals(pair)
    return {
        "left": pair.left,
        "right": pair.right,
        "sentence": conclusion(found),
        "outcome": found.outcome,
        "together": found.together,
        "golden_ids": found.golden_ids,
        "match_probability": pair.match_probability,
        "related_probability": pair.related_probability,
        "match_weight": pair.match_weight,
        "join": found.join,
        "prior": {"same": pair.prior_weight, "related": pair.related_prior_weight},
        "evidence": pair.evidence,
        "total": {"same": same, "related": related},
        "decision": found.decision,
    }
