"""`onefold report`: the duplication report as an HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipelines.cli.console import print_json, say_whole
from pipelines.cli.duplication import write_page
from pipelines.cli.options import DebugOption, JsonOption, ProjectOption, project_at


def report(
    project: ProjectOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="File to write; without it reports/duplication.html of the project.")
    ] = None,
    as_json: JsonOption = False,
    debug: DebugOption = False,
) -> None:
    """Write the duplication report as an HTML page.

    It is about the last publication and needs no other file. `onefold run` writes it too.
    """
    from domain.errors import OnefoldError
    from pipelines.steps.session import open_project_warehouse
    from pipelines.steps.status import standing

    chosen = project_at(project)
    with open_project_warehouse(chosen) as warehouse:
        published = standing(warehouse, chosen).publication
    if published is None or published.duplication is None:
        raise OnefoldError("nothing has been published yet: run `onefold run` first.")
    path = write_page(chosen, published.duplication, published.published_at, out)
    if as_json:
        print_json({"file": str(path), "run": published.run})
        return
    say_whole(f"Wrote {path}")
