"""UI: Dagster's web UI on a project, as `onefold ui` serves it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from domain.errors import OnefoldError
from pipelines.definitions.dead_runs import end_dead_runs_if_idle
from pipelines.definitions.instance import LOCATION, MODULE, instance_folder, open_instance
from pipelines.project import Project, load_project
from pipelines.project.find import VARIABLE

WORKSPACE = f"load_from:\n  - python_module: {{module_name: {MODULE}, location_name: {LOCATION}}}\n"
NO_ADVICE = "ignore:Function `dev_command` is superseded"
"""`dg dev`, which is advised instead, writes to the home folder whatever its settings say."""
PATIENCE = 20.0
"""Seconds that Dagster is given to end its processes."""


def serve_ui(project_folder: Path, host: str = "127.0.0.1", port: int = 3000) -> None:
    """Serve the web UI, with the daemon that starts what is scheduled, until Ctrl-C or SIGTERM; nothing of it outlives this call.

    Raises OnefoldError when the port is taken or Dagster ends by itself, ProjectError when the project file is wrong.
    """
    project = load_project(project_folder)
    require_free(host, port)
    folder = instance_folder(project.folder, os.environ)
    with open_instance(folder) as instance:
        end_dead_runs_if_idle(instance, project)
    workspace = folder / "workspace.yaml"
    workspace.write_text(WORKSPACE, encoding="utf-8")
    command = [sys.executable, "-m", "dagster", "dev", "--workspace", str(workspace), "--host", host, "--port", str(port)]
    with ended_with_us(command, cwd=project.folder, env=environment_of(project, folder, os.environ)) as process:
        code = process.wait()
        raise OnefoldError(f"the web UI ended by itself (exit code {code}); what it printed last says why.")


def require_free(host: str, port: int) -> None:
    """Nothing, if the port can be served; else OnefoldError."""
    try:
        with socket.create_server((host, port)):
            pass
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise OnefoldError(f"port {port} of {host} cannot be served: {reason}. Name another with --port.") from error


def environment_of(project: Project, instance: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes of Dagster are told: which project, and where they keep their own."""
    ours = {VARIABLE: str(project.folder.resolve()), "DAGSTER_HOME": str(instance)}
    quiet = {"DAGSTER_DISABLE_TELEMETRY": "1", "PYTHONWARNINGS": ",".join(filter(None, [environment.get("PYTHONWARNINGS"), NO_ADVICE]))}
    # Nothing that lies in the current folder is taken for a module.
    return {**environment, **ours, **quiet, "PYTHONSAFEPATH": "1"}


@contextmanager
def ended_with_us(command: list[str], **how: Any) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own; it and its children end with the block. Ctrl-C and SIGTERM end the block, and are no error."""
    with interrupted_by(signal.SIGTERM), subprocess.Popen(command, start_new_session=True, **how) as process:
        try:
            yield process
        except KeyboardInterrupt:
            pass
        finally:
            end_group(process)


@contextmanager
def interrupted_by(number: signal.Signals) -> Iterator[None]:
    """Take a signal for Ctrl-C while the block runs."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    try:
        yield
    finally:
        signal.signal(number, before)


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and what it has started: Dagster's own children outlive a signal to itself alone."""
    for number, patience in ((signal.SIGINT, PATIENCE), (signal.SIGKILL, None)):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
            process.wait(patience)
