"""The commands together, and what becomes of errors: one line, an exit code, and never a customer's data."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.exceptions import TyperException

from domain.errors import GateClosed, OnefoldError, ProjectError
from pipelines.cli.adopt import adopt
from pipelines.cli.audit import audit
from pipelines.cli.check import check
from pipelines.cli.console import complain, print_json
from pipelines.cli.decide import decide
from pipelines.cli.dedupe import dedupe
from pipelines.cli.demo import demo
from pipelines.cli.diff import diff
from pipelines.cli.doctor import doctor
from pipelines.cli.erase import erase
from pipelines.cli.events import events
from pipelines.cli.explain import explain
from pipelines.cli.export import export
from pipelines.cli.match import match
from pipelines.cli.merge import merge
from pipelines.cli.pin import pin
from pipelines.cli.preview import preview
from pipelines.cli.publish import publish
from pipelines.cli.report import report
from pipelines.cli.run import HELD, run
from pipelines.cli.schema import schema
from pipelines.cli.show import show
from pipelines.cli.split import split
from pipelines.cli.status import status
from pipelines.cli.subject import subject
from pipelines.cli.train import train
from pipelines.cli.ui import ui
from pipelines.cli.undo import undo

FAILED, FAULT, STOPPED = 1, 70, 130
UNTOUCHED = "Stopped. The last publication is in place; running again finishes the work."
STOPPED_SAYS = {
    "dedupe": "Stopped. No file is half written; running again begins anew.",
    "demo": "Stopped. The demo may not be whole; making it again replaces what is there.",
}
"""What is said after Ctrl-C by commands that have no publication."""
HOUSE = Path(__file__).parents[2]
EXIT_CODES = """\b
Exit codes:
  0    fine; a run has published, or found nothing to change
  1    an error, which says what happened and what to do
  2    wrong usage
  3    held: the publication gate is closed, or a required source was held
  4    a run has finished, but at least one source was held
  70   a fault of Onefold itself
  130  stopped with Ctrl-C"""


class Commands(TyperGroup):
    """The group of all commands; every error of theirs passes here."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Remember the arguments, for errors that come before a command has read its own."""
        ctx.meta["onefold.arguments"] = args[: args.index("--")] if "--" in args else list(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error ends it with its line and its exit code."""
        arguments = ctx.meta["onefold.arguments"]
        as_json, debug = "--json" in arguments, "--debug" in arguments
        for stream in (sys.stdout, sys.stderr):
            # A terminal that cannot show a letter shows another one, and does not break off.
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]  # both are text files
        try:
            return super().invoke(ctx)
        except (typer.Exit, typer.Abort, BrokenPipeError):
            raise
        except TyperException as error:
            if not as_json:
                raise
            raise ended(error.format_message(), error.exit_code, as_json) from None
        except KeyboardInterrupt:
            raise ended(STOPPED_SAYS.get(ctx.invoked_subcommand, UNTOUCHED), STOPPED, as_json) from None
        except Exception as error:
            if debug:
                traceback.print_exc()
            raise explained(error, as_json) from None


def explained(error: Exception, as_json: bool) -> typer.Exit:
    """Tell an error in a line, and the exit that it means."""
    if isinstance(error, ProjectError):
        problems = [{"line": one.line, "where": one.where, "message": one.message} for one in error.problems]
        return ended(str(error), FAILED, as_json, problems=problems)
    if isinstance(error, OnefoldError):
        return ended(str(error), HELD if isinstance(error, GateClosed) else FAILED, as_json)
    return ended(unexpected(error), FAULT, as_json)


def ended(message: str, code: int, as_json: bool, **more: Any) -> typer.Exit:
    """Print what went wrong, as JSON on stdout where that was asked for; the exit to raise."""
    if as_json:
        print_json({"status": "failed", "error": message, **more})
    else:
        complain(f"Error: {message}")
    return typer.Exit(code)


def unexpected(error: Exception) -> str:
    """What to report of a fault: its kind and where in Onefold it came up, not its text, which may hold customers' data."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(HOUSE) and ".venv" not in frame.filename]
    at = f" in {Path(ours[-1].filename).relative_to(HOUSE)}:{ours[-1].lineno}" if ours else ""
    return (
        f"a fault of Onefold {version('onefold')}: {type(error).__name__}{at}. "
        "Please report this line and what you did; --debug shows more, which may hold customers' data."
    )


def print_version(wanted: bool) -> None:
    """Print the version and end."""
    if wanted:
        print(f"onefold {version('onefold')}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(epilog=EXIT_CODES)
def onefold(
    _version: Annotated[bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and end.")] = False,
) -> None:
    """Many departments, one customer: pull customer databases together, match, merge, and publish one golden table."""


LOOKING: list[Callable[..., None]] = [demo, dedupe, check, schema, run, match, train, status, show, explain, diff, preview]
ACTING: list[Callable[..., None]] = [merge, split, pin, decide, undo]
TELLING: list[Callable[..., None]] = [publish, export, report, audit, doctor, subject, erase, ui]
for command in (*LOOKING, *ACTING, *TELLING):
    app.command()(command)
app.add_typer(events, name="events")
app.add_typer(adopt, name="adopt")
