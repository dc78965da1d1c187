"""`onefold preview`: what a run would change, without publishing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import print_json, say, shown
from pipelines.cli.diff import LimitOption, as_object, tell_difference
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from pipelines.steps.preview import Preview


def preview(
    model: Annotated[
        str | None,
        typer.Option(metavar="FINGERPRINT|new", help="By this kept model, or a new one, which is then kept and not adopted."),
    ] = None,
    pull: Annotated[bool, typer.Option("--pull", help="Pull every source first; without it only those that never were.")] = False,
    limit: LimitOption = 20,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Say what a run would change, without publishing anything.

    It goes by the project file as it is now: another rule, threshold or attribute, a new source. The steps of a run are done
    on a copy of the warehouse, which is then thrown away: nothing is published, asked, quarantined or adopted.
    """
    from pipelines.cli.run import printing_elsewhere
    from pipelines.steps.preview import preview as look_ahead

    chosen = project_at(project)
    with printing_elsewhere():
        found = look_ahead(chosen, model, pull, limit)
    if as_json:
        told = {"published": found.published, "model": found.match.model, "match": found.match, "gate": found.gate}
        print_json({**told, **asdict(found.arrivals), **as_object(found.difference)})
    else:
        tell(found)


def tell(found: Preview) -> None:
    """A preview for people."""
    from pipelines.cli.status import moment

    sources = found.arrivals
    for word, names in (("pulled", sources.pulled), ("standardised anew", sources.standardised)):
        if names:
            say(f"{word}: {', '.join(map(shown, names))}")
    for name, reason in sources.held.items():
        say(f"{name} would be held: {reason}", style="yellow")
    for name, columns in sources.missing.items():
        say(f"{name}: never pulled, so without values here: {', '.join(map(shown, columns))}; --pull brings them", style="yellow")
    say(
        f"Against what run {found.published.run} of {moment(found.published.published_at)} published, by model {found.match.model}:",
        style="bold",
    )
    tell_difference(found.difference)
    if found.gate:
        say(f"The publication gate would be closed: {found.gate}", style="yellow")
    say("Nothing was published or changed.", style="dim")
