"""`onefold publish`: bring a past publication back, and let runs publish again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import print_json, say, say_whole
from pipelines.cli.options import ByOption, DebugOption, JsonOption, ProjectOption, ReasonOption, project_at, signer

if TYPE_CHECKING:
    from pipelines.project import Project
    from pipelines.steps.restore import RestoreReport

NEXT = "Until `onefold publish --resume`, runs pull and match but publish nothing: their gate is closed."


def publish(
    reason: ReasonOption,
    restore: Annotated[
        str | None, typer.Option(metavar="RUN|DATE|MOMENT", help="Publish again what was published then.", show_default=False)
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="After a restored publication, let runs publish again.")] = False,
    by: ByOption = None,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Bring a past publication back, or let runs publish again.

    A restored publication is a new one with the golden customers, ids, contacts and relationships of the old; it is kept until
    --resume. Source records, decisions and history stay as they are. It is refused where it would break what stewards decided.
    """
    if (restore is None) == (not resume):
        raise typer.BadParameter("say either --restore RUN or --resume; runs publish by themselves", param_hint="--restore")
    chosen = project_at(project)
    if restore is not None:
        restore_now(chosen, restore, signer(by), reason, as_json)
    else:
        resume_now(chosen, signer(by), reason, as_json)


def restore_now(project: Project, asked: str, by: str, reason: str, as_json: bool) -> None:
    """Restore a publication."""
    from pipelines.cli.run import printing_elsewhere
    from pipelines.steps.restore import restore_publication

    with printing_elsewhere():
        report = restore_publication(project, asked, by, reason)
    if as_json:
        print_json(report)
    else:
        tell(report, by)


def tell(report: RestoreReport, by: str) -> None:
    """What came of it, for people."""
    say(f"Published again what run {report.restored_run} had published, as run {report.run}, for {by}.", style="bold")
    say(f"  {report.customers:,} golden customers of {report.records:,} records; {report.records_moved:,} records moved")
    ids = (("revived", report.ids_revived), ("redirected", report.ids_redirected), ("retired", report.ids_retired))
    say(f"  golden ids: {', '.join(f'{count:,} {what}' for what, count in ids)}; {report.values_changed:,} golden values changed")
    say(NEXT)
    say_whole("  onefold diff")
    say("      what it changed", "dim")


def resume_now(project: Project, by: str, reason: str, as_json: bool) -> None:
    """Let runs publish again."""
    from pipelines.steps.restore import resume
    from pipelines.steps.session import open_project_warehouse

    with open_project_warehouse(project) as warehouse:
        run = resume(warehouse, by, reason)
    if as_json:
        print_json({"run": run, "resumed_by": by})
    else:
        say(f"The publication of run {run} is no longer kept: the next run publishes what it finds.")
