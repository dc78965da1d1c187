"""`onefold ui`: Dagster's web UI on the project."""

from __future__ import annotations

from typing import Annotated

import typer

from pipelines.cli.console import complain
from pipelines.cli.options import DebugOption, ProjectOption, project_at


def ui(
    project: ProjectOption = None,
    host: Annotated[str, typer.Option(help="Address to serve on; only this machine can reach 127.0.0.1.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Port to serve on.")] = 3000,
    debug: DebugOption = False,
) -> None:
    """Serve Dagster's web UI on the project.

    It shows the project's assets, runs, checks and schedule. Ctrl-C ends it.
    """
    folder = project_at(project).folder
    from pipelines.definitions.launch import serve_ui

    complain(f"Starting the web UI at http://{host}:{port}; Ctrl-C ends it.", style="")
    serve_ui(folder, host, port)
