"""Where the project is."""

from __future__ import annotations

from collections.abc import Mapping
from os.path import isfile
from pathlib import Path

from domain.errors import Problem, ProjectError

PROJECT_FILE = "onefold.yaml"
VARIABLE = "ONEFOLD_PROJECT"
ADVICE = "name its folder with --project or ONEFOLD_PROJECT, or make the demo with 'make demo' or 'onefold demo'"


def find_project(given: Path | None, environment: Mapping[str, str], cwd: Path) -> Path:
    """The project's folder: the one given (`--project`), else ONEFOLD_PROJECT, else `cwd`, else `demo` in it.

    What is named must be there: nothing else is tried in its place. The project file itself can be named too.
    """
    if given is not None:
        return named("--project", cwd / given)
    if environment.get(VARIABLE):
        return named(VARIABLE, cwd / environment[VARIABLE])
    for folder in (cwd, cwd / "demo"):
        if isfile(folder / PROJECT_FILE):
            return folder
    message = f"there is none in this folder and none in its folder demo; {ADVICE}"
    raise ProjectError(str(cwd), (Problem(PROJECT_FILE, message),))


def named(where: str, path: Path) -> Path:
    """The folder that was named, if it holds a project."""
    folder = path.parent if path.name == PROJECT_FILE else path
    if isfile(folder / PROJECT_FILE):
        return folder
    lacks = f"it holds no {PROJECT_FILE}" if folder.is_dir() else "it is a file" if folder.exists() else "there is no such folder"
    raise ProjectError(str(folder), (Problem(where, f"{lacks}; {ADVICE}"),))
