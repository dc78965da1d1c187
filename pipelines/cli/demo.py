"""`onefold demo`: make an organisation to try Onefold on."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import console, interactive, print_json, say, say_whole
from pipelines.cli.options import DebugOption, JsonOption

FEWEST, MOST = 500, 100_000_000
"""Of `pipelines.demo`, which takes its time to import."""


def demo(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Folder to make it in; an earlier demo there is replaced.")] = Path(
        "demo"
    ),
    records: Annotated[int, typer.Option(min=FEWEST, max=MOST, help="Rows in all departments together.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="Another number makes other people; the same number makes the same rows.")] = 1,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Make the demo organisation: the databases of 18 departments.

    Beside them stand a project file and the truth, so that a run can tell its accuracy.
    """
    from pipelines.demo import make_demo

    with console(stderr=True).status(f"making {records:,} records ...") if interactive() else console(stderr=True):
        made = make_demo(folder, records, seed)
    if as_json:
        print_json({"records": made.records, "customers": made.customers, "folder": str(made.folder), "seconds": round(made.seconds, 2)})
        return
    say(f"Made eighteen departments with {made.records:,} records of {made.customers:,} customers in {made.folder} ({made.seconds:.1f} s).")
    at = shlex.quote(str(folder))
    say_whole(f"  onefold check --project {at}   tries its databases")
    say_whole(f"  onefold run --project {at}     makes them one golden customer table")
