"""`onefold erase`: remove a person from all that is kept, for good."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.console import print_json, say, shown
from pipelines.cli.options import ByOption, DebugOption, JsonOption, ProjectOption, ReasonOption, login_name, project_at

if TYPE_CHECKING:
    from pipelines.project import Project
    from pipelines.steps.erase import Erased, Holding

YesOption = Annotated[bool, typer.Option("--yes", help="Do it without asking.")]
LiftOption = Annotated[
    bool, typer.Option("--lift", help="The erased person comes back of their own will: let their rows in again. Nothing is restored.")
]


def erase(
    asked: Annotated[str, typer.Argument(metavar="GOLDEN_ID", help="A golden id such as C-00001234-4.", show_default=False)],
    reason: ReasonOption,
    by: ByOption = None,
    yes: YesOption = False,
    lift: LiftOption = False,
    project: ProjectOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Remove a person from all that is kept, for good.

    Every version of the golden customer and of its source records goes, with all that was merged into it. Left are the golden id,
    which answers that the customer is gone, who erased it when and why (so write nothing personal into --reason), and keyed
    hashes by which the person is known and turned away when they come with the next load. Nothing brings the data back.
    """
    from pipelines.steps import erase as step
    from pipelines.steps.session import open_project_warehouse, open_session

    chosen = project_at(project)
    check_reason(reason)
    if lift:
        lift_now(chosen, asked, by or login_name(), reason, as_json)
        return
    with open_project_warehouse(chosen) as warehouse:
        holding = step.held_on(warehouse, chosen, asked)
    if not wanted(holding, yes, as_json):
        say("Nobody was erased.")
        raise typer.Exit
    with open_session(chosen) as session:
        found = step.erase(session, asked, by or login_name(), reason)
    if as_json:
        print_json(found)
        return
    tell(found)


def check_reason(reason: str) -> None:
    """A reason that says nothing is wrong usage."""
    if not reason.strip():
        raise typer.BadParameter("it says nothing", param_hint="--reason")


def wanted(holding: Holding, yes: bool, as_json: bool) -> bool:
    """Whether to erase: as --yes says, else as the person at the terminal says. Where nobody can be asked, it is wrong usage."""
    if yes:
        return True
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise typer.BadParameter("an erasure cannot be undone, and nobody can be asked here: add --yes", param_hint="--yes")
    tell_holding(holding)
    return typer.confirm("Erase this customer for good?", default=False)


def tell_holding(holding: Holding) -> None:
    """What would go, in counts."""
    from pipelines.reports.duplication import plural

    say(f"{holding.golden_id}", style="bold")
    if len(holding.golden_ids) > 1:
        say(f"with {', '.join(holding.golden_ids[1:])}, merged into it")
    listed = ", ".join(f"{count} of {shown(name)}" for name, count in holding.records.items()) or "none"
    say(f"source records: {listed}, in {plural(holding.versions, 'version')}; {plural(holding.quarantined, 'row')} in quarantine")
    tell_limits(holding)


def tell_limits(holding: Holding) -> None:
    """What an erasure of this customer cannot do."""
    if not holding.identities:
        say("Without a name, a birth date and a contact they are known again by their record keys alone.", style="yellow")
    if holding.look_alikes:
        listed = ", ".join(map(shown, holding.look_alikes))
        say(f"The same name, birth date and a contact have also: {listed}. They are not erased with this one.", style="yellow")


def tell(found: Erased) -> None:
    """What was done."""
    from pipelines.reports.duplication import plural

    holding = found.holding
    removed = f"{plural(sum(holding.records.values()), 'source record')} in {plural(holding.versions, 'version')}"
    say(f"Erased {holding.golden_id} in run {found.run}: {removed}.", style="bold")
    say(f"{found.hashes:,} keyed hashes are kept, by which the person is known when they come again.")
    tell_limits(holding)
    if not found.finished:
        say("The database's file still holds traces, for somebody is reading it or the disk is full: the next run removes them.", "yellow")
    say("Backups and files that were exported before still hold the person: see docs/erasure.md.")


def lift_now(project: Project, asked: str, by: str, reason: str, as_json: bool) -> None:
    """Let an erased person come back."""
    from pipelines.steps.erase import lift_suppression
    from pipelines.steps.session import open_project_warehouse

    with open_project_warehouse(project) as warehouse:
        count = lift_suppression(warehouse, asked, by, reason)
    if as_json:
        print_json({"status": "lifted", "hashes": count})
        return
    say(f"Forgot {count:,} hashes. Rows of this person are let in again from the next run on, under a new golden id.")
