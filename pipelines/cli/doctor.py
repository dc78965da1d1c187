"""`onefold doctor`: is everything in the warehouse as it must be?"""

from __future__ import annotations

import typer

from pipelines.cli.console import complain, print_json, say
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at

BROKEN = 1


def doctor(project: ProjectOption = None, as_json: JsonOption = False, debug: DebugOption = False) -> None:
    """Ask the warehouse whether all is in it as it must be.

    Whether all invariants hold, and every row reads back as it was written.

    It reads everything and changes nothing; a run may be under way. Each problem is a sentence with a count, and the exit code is 1
    where there is one.
    """
    from pipelines.steps.doctor import examine
    from pipelines.steps.session import open_project_warehouse

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        found = examine(warehouse, chosen.attributes)
    if as_json:
        print_json(
            {
                "status": "broken" if found.problems else "fine",
                **{name: getattr(found, name) for name in ("publication", "tables", "problems")},
            }
        )
    elif found.problems:
        complain(f"The warehouse is not as it must be: {len(found.problems):,} {'problem' if len(found.problems) == 1 else 'problems'}.")
        for problem in found.problems:
            say(f"  {problem}")
    else:
        of = f"run {found.publication} is published" if found.publication else "nothing is published yet"
        say(f"All is well: {of}, the invariants hold, and {found.tables} tables read back as they were written.")
    if found.problems:
        raise typer.Exit(BROKEN)
