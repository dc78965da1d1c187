"""`onefold run`: the whole way once, on the project's Dagster instance."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.console import print_json
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at
from pipelines.cli.outcome import tell_next, tell_outcome
from pipelines.cli.progress import watching
from pipelines.cli.remarks import as_object

if TYPE_CHECKING:
    from pipelines.project import Project
    from pipelines.steps.status import Standing

HELD, SOURCE_HELD = 3, 4


WaitOption = Annotated[
    float,
    typer.Option(
        "--wait", metavar="SECONDS", min=0, help="Wait so long for another run that holds the warehouse; without it, say who does."
    ),
]


def run(project: ProjectOption = None, wait: WaitOption = 0, as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """Pull every source, match, merge and publish.

    It is the same job as in the web UI, and is seen there.

    A source that cannot be read or whose checks fail is held: its last good data stay in use, and the exit code is 4.
    Where the publication gate is closed or a required source is held, nothing is published, and the exit code is 3.
    """
    from pipelines.cli.duplication import write_page_if_possible

    chosen = project_at(project)
    report = ran(chosen, wait)
    after = how_it_stands(chosen)
    published = after.publication
    page = write_page_if_possible(chosen, published) if published else None
    if as_json:
        print_json({**report, **as_object(after), "duplication_page": page})
    else:
        tell_outcome(report, after)
        tell_next(chosen, published, page, given=project)
    if code := exit_code(report):
        raise typer.Exit(code)


def ran(project: Project, wait: float = 0) -> Mapping[str, Any]:
    """Run the job, showing how far it is; its report."""
    with printing_elsewhere(), watching(project) as told:
        from pipelines.definitions.launch import run_job

        report: Mapping[str, Any] = run_job(project.folder, told, wait)
    return report


@contextmanager
def printing_elsewhere() -> Iterator[None]:
    """Let nothing of what a library prints mix with what the command prints."""
    with redirect_stdout(sys.stderr):
        yield


def how_it_stands(project: Project) -> Standing:
    """How the project stands after the run."""
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.status import standing

    with open_project_warehouse(project) as warehouse:
        return standing(warehouse, project)


def exit_code(report: Mapping[str, Any]) -> int:
    """What the run's outcome means to a script; a run that failed has raised its error."""
    if report["status"] == "held":
        return HELD
    return SOURCE_HELD if report["sources_held"] else 0
