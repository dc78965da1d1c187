"""The web UI as it is started for real: plain `dagster dev` in the repository's root, and `onefold ui`."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from domain.errors import OnefoldError
from pipelines.definitions.launch import serve_ui

ROOT = Path(__file__).parents[3]
PATIENCE = 60
ASKED = """{
  assetNodes { assetKey { path } }
  workspaceOrError { ... on Workspace { locationEntries { name locationOrLoadError {
    __typename ... on PythonError { errorChain { error { message } } } } } } }
  runsOrError { ... on Runs { results { runId status jobName repositoryOrigin { repositoryLocationName } } } }
}"""
SERVE = "import sys, pathlib; from pipelines.definitions.launch import serve_ui; serve_ui(pathlib.Path(sys.argv[1]), port=int(sys.argv[2]))"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def processes() -> Iterator[tuple[int, int, int]]:
    """Process, parent and group of each process that is not yet gone; not every Debian has `ps`, and not every Unix has /proc."""
    if Path("/proc/self/stat").exists():
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                state, parent, group = stat.read_text().rpartition(")")[2].split()[:3]
                if state != "Z":
                    yield int(stat.parent.name), int(parent), int(group)
        return
    listed = subprocess.run(["ps", "-eo", "pid=,ppid=,pgid=,stat="], capture_output=True, text=True, check=True).stdout
    yield from (tuple(map(int, line.split()[:3])) for line in listed.splitlines() if not line.split()[3].startswith("Z"))


def members(group: int) -> list[int]:
    """The processes of a group."""
    return [pid for pid, _, its_group in processes() if its_group == group]


@contextmanager
def started(command: list[str], folder: Path, environment: Mapping[str, str], output: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A command in a process group of its own, which is ended whatever happens."""
    with output.open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        for number, patience in ((signal.SIGINT, 20), (signal.SIGKILL, 5)):
            if members(process.pid):
                os.killpg(process.pid, number)
            deadline = time.monotonic() + patience
            while members(process.pid) and time.monotonic() < deadline:
                process.poll()
                time.sleep(0.1)
        process.wait()


def asked(port: int, output: Path) -> dict[str, Any]:
    """What the UI's GraphQL says once its code location is loaded."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/graphql", json.dumps({"query": ASKED}).encode(), {"Content-Type": "application/json"}
    )
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                found: dict[str, Any] = json.load(answer)["data"]
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            found = {}
        if found and all(entry["locationOrLoadError"] for entry in found["workspaceOrError"]["locationEntries"]):
            return found
        time.sleep(0.2)
    raise AssertionError(f"the web UI did not answer: {output.read_text()[-3000:]}")


def environment(home: Path) -> dict[str, str]:
    """An empty home, and nothing that says where the project or the instance is."""
    home.mkdir()
    return {**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)}


@pytest.mark.slow
def test_plain_dagster_dev_shows_the_demo_and_its_runs(published, tmp_path):
    """
    given    the root's pyproject.toml, dagster.yaml and .env beside a folder `demo` that `onefold run` has run once
    when     `dagster dev` is started there without any environment
    then     it shows the project's assets and that run, under its job; nothing is written to the home folder
    """
    for name in ("pyproject.toml", "dagster.yaml", ".env"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(published.folder, tmp_path / "demo")
    port, output, home = free_port(), tmp_path / "output", tmp_path / "home"
    with started([sys.executable, "-m", "dagster", "dev", "-p", str(port)], tmp_path, environment(home), output):
        found = asked(port, output)
    assert ["sources", "crm"] in [node["assetKey"]["path"] for node in found["assetNodes"]]
    assert len(found["assetNodes"]) == 7
    (run,) = found["runsOrError"]["results"]
    assert (run["runId"], run["status"], run["jobName"]) == (published.runs()[0].id, "SUCCESS", "consolidate")
    assert run["repositoryOrigin"]["repositoryLocationName"] == "onefold"
    assert list(home.rglob("*")) == []


@pytest.mark.slow
def test_the_ui_ends_with_all_it_has_started(published, tmp_path):
    """`onefold ui` serves the same runs, says of a project file that breaks meanwhile what is wrong, and on SIGTERM leaves no process."""
    port, output, home = free_port(), tmp_path / "output", tmp_path / "home"
    command = [sys.executable, "-c", SERVE, str(published.folder), str(port)]
    with started(command, tmp_path, environment(home), output) as process:
        found = asked(port, output)
        assert [run["runId"] for run in found["runsOrError"]["results"]] == [published.runs()[0].id]
        (group,) = {its_group for _, parent, its_group in processes() if parent == process.pid}
        assert len(members(group)) >= 3
        process.terminate()
        assert process.wait(30) == 0
        assert members(group) == []
    assert list(home.rglob("*")) == []


@pytest.mark.slow
def test_a_broken_project_file_is_what_the_ui_shows(published, tmp_path):
    """Each problem in the file is in the error of the code location."""
    published.edit("type: email", "type: e-mail")
    port, output = free_port(), tmp_path / "output"
    shutil.copy(ROOT / "pyproject.toml", published.folder)
    with started([sys.executable, "-m", "dagster", "dev", "-p", str(port)], published.folder, environment(tmp_path / "home"), output):
        found = asked(port, output)
    (location,) = found["workspaceOrError"]["locationEntries"]
    told = str(location["locationOrLoadError"])
    assert "attributes.email.type: 'e-mail' is not" in told


def test_a_port_that_is_taken_is_named(published):
    """Instead of Dagster's own words on it."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OnefoldError, match=r"port \d+ of 127\.0\.0\.1 cannot be served"):
        serve_ui(published.folder, port=taken.getsockname()[1])
