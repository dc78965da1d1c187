"""`onefold explain`: why two source records are, or are not, one customer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from pipelines.cli.console import draw, new_table, print_json, readable, say, say_whole, shown
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from domain.evidence import Evidence, Rivalry, ScoredPair
    from matching.meet import Meeting
    from pipelines.steps.explain import Explanation
    from pipelines.steps.explain_customers import Link

MISSING = "missing"
"""The level of a comparison for which one of the two records has no value, or both."""
MOST_KEYS = 6
"""Blocking keys that are named; --json has them all."""
KeyArgument = Annotated[str, typer.Argument(metavar="KEY", help="A source record, as source:key, for example billing:1042.")]
SvgOption = Annotated[
    Path | None, typer.Option("--svg", metavar="FILE", help="Write a picture of the weights as well: an SVG file.", show_default=False)
]


def explain(
    left: KeyArgument,
    right: KeyArgument,
    svg: SvgOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Say why two source records are, or are not, one customer.

    Every comparison is told with its level and what it is worth in bits, for the same customer and for a related one; then which
    keys bring the two together, and what holds them in one customer or keeps them apart.
    """
    from domain.records import RecordKey
    from pipelines.steps.explain import explain_pair
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    keys = RecordKey.parse(left), RecordKey.parse(right)
    with open_project_warehouse(chosen) as warehouse:
        found = explain_pair(warehouse, chosen, *keys)
    if svg:
        write_picture(found, svg)
    if as_json:
        print_json(as_object(found) | ({"svg": str(svg)} if svg else {}))
        return
    tell(found)
    if svg:
        say_whole(f"Wrote {svg}")


def write_picture(found: Explanation, path: Path) -> None:
    """Write the waterfall; an OnefoldError where it cannot be written."""
    from pipelines.reports.waterfall import waterfall
    from pipelines.steps.export import replacing

    with replacing(path) as file:
        file.write(waterfall(found.pair, found.sentence, found.words).encode())


def tell(found: Explanation) -> None:
    """All of it, for people."""
    say(conclusion(found), style="bold")
    say(found.outcome)
    if found.decision:
        decided = found.decision
        told = f"{decided.steward} decided on {decided.decided_at:%d %B %Y} that they are {decided.verdict}, whatever their score"
        say(f"{told}: {decided.reason}")
    draw(evidence_table(found))
    if missing := [readable(found.words.get(one.comparison, one.comparison)) for one in found.pair.evidence if one.level == MISSING]:
        say(f"nothing to compare, worth nothing: {', '.join(missing)}", style="dim")
    say(probabilities(found.pair))
    if found.unknown:
        say(found.unknown)
    if found.meeting:
        say(how_they_meet(found.meeting))
    for line in what_holds(found):
        say(line)


def conclusion(found: Explanation) -> str:
    """What the score says, as a sentence."""
    return f"{found.sentence[:1].upper()}{found.sentence[1:]}."


def probabilities(pair: ScoredPair) -> str:
    """The three classes' shares, which class won, and against which."""
    from matching.wording import per_cent

    unrelated = 1 - pair.match_probability - pair.related_probability
    return (
        f"Probability: {per_cent(pair.match_probability)} the same customer, {per_cent(pair.related_probability)} related "
        f"(one household or firm), {per_cent(unrelated)} strangers. {pair.winner.capitalize()} wins, {pair.lead:.2f} bits before "
        f"{pair.rival}. Match weight {pair.match_weight:+.2f} bits."
    )


def how_they_meet(meeting: Meeting) -> str:
    """Which blocking keys bring the two together."""
    if not meeting.admissible:
        return "No key: their source holds each customer once, so the batch never compares its records with one another."
    if not meeting.keys:
        common = f" What they share is too common to be a key alone: {some(meeting.too_common)}." if meeting.too_common else ""
        return f"No key: the batch never compared them directly.{common}"
    if meeting.keys == ("every pair",):
        return "The batch compared every pair of records, these two among them."
    return f"The batch compares them, for they share {len(meeting.keys):,} blocking keys: {some(meeting.keys)}."


def some(keys: tuple[str, ...]) -> str:
    """Some keys by name."""
    named = ", ".join(map(readable, keys[:MOST_KEYS]))
    return named if len(keys) <= MOST_KEYS else f"{named} and {len(keys) - MOST_KEYS:,} more"


def what_holds(found: Explanation) -> Iterator[str]:
    """What holds the two together where they are not alike, and what keeps them apart where they are."""
    if found.held_by and not found.is_likely and not found.decision:
        yield f"What holds them together among its {found.held_by.records:,} records, by the strongest way from one to the other:"
        yield from (f"  {link_line(link)}" for link in found.held_by.chain)
    if found.between and (found.is_likely or found.barred):
        yield f"What speaks against it: {found.between.against}"


def link_line(link: Link) -> str:
    """One step of a chain."""
    from matching.wording import per_cent

    decided = f", decided by {link.decision.steward}" if link.decision else ""
    return f"{link.left} - {link.right}: {link.match_weight:+.2f} bits, {per_cent(link.match_probability)}{decided}"


def evidence_table(found: Explanation) -> Table:
    """Prior, each comparison that has something to compare, and total."""
    pair = found.pair
    table = new_table()
    table.show_footer = True
    table.add_column("compared", footer="total", max_width=16)
    table.add_column("level", max_width=24)
    for key in (pair.left, pair.right):
        table.add_column(Text(shown(key, 60), overflow="fold"), ratio=1, overflow="fold")
    table.add_column("same", footer=f"{pair.same_weight:+.2f}", justify="right", no_wrap=True, min_width=6)
    table.add_column("related", footer=f"{pair.related_weight:+.2f}", justify="right", no_wrap=True, min_width=7)
    table.add_row("prior", "", "", "", *bits(pair.prior_weight, pair.related_prior_weight))
    for evidence in pair.evidence:
        if evidence.level != MISSING:
            table.add_row(*evidence_row(evidence, found.words.get(evidence.comparison, evidence.comparison)))
    if pair.rivalry:
        table.add_row(*rivals_row(pair.rivalry, pair.left.source))
    return table


def rivals_row(rivalry: Rivalry, left: str) -> list[str | Text]:
    """What rivals add or take; the strongest stands below the record whose place it would take."""
    name = Text(shown(rivalry.strongest, 60) if rivalry.strongest else "")
    sides = (name, Text("")) if rivalry.strongest and rivalry.strongest.source == left else (Text(""), name)
    return ["rivals", Text(shown(rivalry.told, 200)), *sides, *bits(rivalry.weight, 0.0)]


def evidence_row(evidence: Evidence, word: str) -> list[str | Text]:
    """One comparison."""
    from matching.wording import plain_level

    level = ", ".join(part for part in (plain_level(evidence.level), evidence.rarity) if part)
    weights = bits(evidence.weight, evidence.related_weight)
    return [readable(word), level, Text(shown(evidence.left or "")), Text(shown(evidence.right or "")), *weights]


def bits(same: float, related: float) -> tuple[str, str]:
    """Two weights with their signs."""
    return f"{same:+.2f}", f"{related:+.2f}"


def as_object(found: Explanation) -> dict[str, Any]:
    """The explanation for scripts; docs/commands.md says what its keys mean."""
    pair = found.pair
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
        "winner": pair.winner,
        "rival": pair.rival,
        "lead": pair.lead,
        "related_as": pair.related_as,
        "organisations": pair.organisations,
        "join": found.join,
        "prior": {"same": pair.prior_weight, "related": pair.related_prior_weight},
        "evidence": pair.evidence,
        "rivals": pair.rivalry,
        "rivals_unknown": found.unknown is not None,
        "total": {"same": pair.same_weight, "related": pair.related_weight},
        "blocking": found.meeting,
        "decision": found.decision,
        "held_by": found.held_by,
        "between": found.between,
    }
