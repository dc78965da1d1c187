"""Options: what commands have in common."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipelines.project import Project

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project's folder, or its onefold.yaml. Without it: ONEFOLD_PROJECT, else this folder, else its folder demo.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead, errors too.")]
DebugOption = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error; it may hold customers' data.")]

ByOption = Annotated[str | None, typer.Option("--by", metavar="NAME", help="Who decides; without it, your login name.", show_default=False)]
ReasonOption = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; it is kept with your name.", show_default=False)]


def login_name() -> str:
    """Who sits at the keyboard; `unknown` where the system does not say."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "unknown"


def project_folder(given: Path | None) -> Path:
    """The project's folder, by `--project` or else by the rules of `find_project`."""
    from pipelines.project import find_project

    return find_project(given, os.environ, Path.cwd())


def project_at(given: Path | None) -> Project:
    """The project, read and checked as a whole."""
    from pipelines.project import load_project

    return load_project(project_folder(given))
