"""`onefold train`: learn a model, from people's answers too, and adopt it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipelines.cli.belief import beliefs, learned_placeholders
from pipelines.cli.console import print_json
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

if TYPE_CHECKING:
    from pipelines.cli.asking import Answers
    from pipelines.project import Project
    from pipelines.steps.train import Preview, TrainingReport

AskOption = Annotated[int, typer.Option("--ask", metavar="N", min=0, help="First show up to N pairs that would teach the model most.")]
AdoptOption = Annotated[
    bool | None, typer.Option("--adopt/--no-adopt", help="Adopt the model, or only keep it. Without either, you are asked at a terminal.")
]
ByOption = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who signs the answers and the adoption; without it, your login name.")
]


def train(
    project: ProjectOption = None,
    ask: AskOption = 0,
    adopt: AdoptOption = None,
    yes: Annotated[bool, typer.Option("--yes", help="Adopt the model without asking, as --adopt does.")] = False,
    by: ByOption = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Train a model, from people's answers too, and adopt it.

    It learns from the live records and from what stewards have decided.

    With --ask it first shows pairs of records and takes an answer to each: s same, d different, u unsure, z takes the
    last answer back, q ends. Answers are decisions, kept at once. They can be piped in: printf 'sdsu' | onefold train --ask 4

    Before a model is adopted it says what would change. The next run uses the adopted model.
    """
    from pipelines.cli.asking import ask_at_keyboard
    from pipelines.cli.options import login_name
    from pipelines.steps.session import open_session
    from pipelines.steps.train import adopt as adopt_now
    from pipelines.steps.train import end_training, fit_live, save_training, taught

    chosen = project_at(project)
    answers = ask_at_keyboard(chosen, ask, by, quiet=as_json) if ask else None
    with open_session(chosen) as session:
        report = save_training(session, taught(session.warehouse, chosen, fit_live(session.warehouse, chosen)))
        if not as_json:
            tell(report, answers)
        wanted = wants_adoption(adopt if adopt is not None else yes or None, report, as_json)
        if wanted:
            adopt_now(session, report.model, by or login_name())
        end_training(session, report, wanted)
    if as_json:
        print_json(as_object(report, answers, wanted))
        return
    tell_adoption(report, wanted, chosen)


def wants_adoption(asked: bool | None, report: TrainingReport, as_json: bool) -> bool:
    """Whether to adopt: as the options say, else as the person at the terminal says, else not."""
    if asked is not None:
        return asked
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return typer.confirm("Adopt this model?", default=report.converged)


def as_object(report: TrainingReport, answers: Answers | None, adopted: bool) -> dict[str, Any]:
    """The training for scripts."""
    from dataclasses import asdict

    told = asdict(report) | {"adopted": adopted}
    return told | ({"answers": answers.counts()} if answers else {})


def tell(report: TrainingReport, answers: Answers | None) -> None:
    """What was learned, and what would change."""
    from pipelines.cli.console import draw, say

    if answers:
        say(answers.sentence())
    say(f"Model {report.model}, trained on {report.records:,} records", style="bold")
    draw(fitted_table(report))
    if report.converged:
        say(f"It converged in {report.rounds} rounds.")
    else:
        say(f"It has not converged in {report.rounds} rounds.", style="yellow")
    say(f"It compared {report.candidate_pairs:,} candidate pairs.")
    for sentence in beliefs(report.believed, report.converged):
        say(sentence)
    for sentence in learned_placeholders(report.placeholders):
        say(sentence)
    say(labels_sentence(report))
    say(preview_sentence(report.preview))


def fitted_table(report: TrainingReport) -> Any:
    """Each comparison: how often it is equal and different in each class, and what its levels are worth."""
    from pipelines.cli.console import new_table, readable

    table = new_table()
    table.add_column("compared", no_wrap=True)
    for what in ("equal: same", "related", "strangers", "different: same", "related", "strangers", "bits"):
        table.add_column(what, justify="right")
    for one in report.comparisons:
        shares = [per_cent(share) for share in (*one.equal, *one.different)]
        table.add_row(readable(one.name), *shares, f"{one.weakest:+.1f} to {one.strongest:+.1f}")
    return table


def per_cent(share: float) -> str:
    """A share, to three places behind the point where it is small.

    >>> per_cent(0.8123), per_cent(0.00004)
    ('81 %', '0.004 %')
    """
    return f"{share:.0%}".replace("%", " %") if share >= 0.1 else f"{share * 100:.3g} %"


def labels_sentence(report: TrainingReport) -> str:
    """What the stewards' decisions did to the weights."""
    if not report.decisions:
        return "Nobody has decided on any pair yet: `onefold train --ask 50` shows those that would teach it most."
    begin = f"{report.decisions:,} decisions about live records stand, {report.labels:,} of them labels"
    if report.labels_changed_weights:
        return f"{begin}; they changed the weights, which tell labels held back better by {report.label_gain:.2f} bits each."
    return f"{begin}; they bind, and left the weights as they are: labels held back are told no better by others."


def preview_sentence(preview: Preview | None) -> str:
    """What adopting would change."""
    if preview is None:
        return "No model is adopted that fits the project."
    if not (preview.records_moved or preview.pairs_joined or preview.pairs_parted):
        return f"Against the adopted model {preview.adopted} no record moves and no pair changes its verdict."
    return (
        f"Against the adopted model {preview.adopted}, {preview.records_moved:,} records would be with other records than now "
        f"({preview.clusters_before:,} customers, then {preview.clusters_after:,}); {preview.pairs_joined:,} pairs would become the same, "
        f"{preview.pairs_parted:,} no longer be."
    )


def tell_adoption(report: TrainingReport, adopted: bool, project: Project) -> None:
    """What became of the model, and what to do next."""
    from pipelines.cli.console import say, say_whole

    if adopted:
        say(f"Adopted model {report.model}. No run replaces it by itself; the next one uses it:")
        say_whole(f"  onefold run --project {shown_folder(project.folder)}")
    else:
        say(f"Kept model {report.model}; it is not adopted. `onefold train --adopt` trains and adopts.")


def shown_folder(folder: Path) -> str:
    """A folder as it can be typed."""
    import shlex

    return shlex.quote(str(folder))
