"""The `onefold` command, run in this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from pipelines.cli.app import app

Onefold = Callable[..., Result]


@pytest.fixture
def onefold() -> Onefold:
    """Run a command: `onefold("show", "C-00000001-8", "--project", folder)`."""

    def run(*arguments: object, **environment: str) -> Result:
        variables: dict[str, Any] = {"DAGSTER_HOME": None, "ONEFOLD_PROJECT": None, "COLUMNS": None, **environment}
        return CliRunner().invoke(app, [str(argument) for argument in arguments], env=variables, prog_name="onefold")

    return run
