"""Here: the project that Dagster is started on."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import dagster as dg

from domain.errors import ProjectError
from pipelines.definitions.build import definitions
from pipelines.project import find_project, load_project
from pipelines.project.find import VARIABLE


def definitions_here(environment: Mapping[str, str] = os.environ, cwd: Path | None = None) -> dg.Definitions:
    """The definitions of ONEFOLD_PROJECT, else of the project in `cwd` or its folder `demo`; none where there is no project yet.

    A project that is named and is not there, or whose file is wrong, is a ProjectError, which Dagster shows for the code location.
    """
    try:
        folder = find_project(None, environment, cwd or Path.cwd())
    except ProjectError as error:
        if environment.get(VARIABLE):
            raise
        dg.get_dagster_logger("onefold").warning("No project yet: %s", error.problems[0])
        return dg.Definitions()
    return definitions(load_project(folder))
