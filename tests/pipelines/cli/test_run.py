"""Run: the whole way through the command, and what each outcome says and returns."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.project import load_project
from pipelines.steps.session import open_project_warehouse, open_session
from pipelines.steps.status import standing

PROMISED = {
    "run_id": str,
    "status": str,
    "read": int,
    "accepted": int,
    "quarantined": int,
    "records": int,
    "golden_customers": int,
    "ids_minted": int,
    "ids_merged": int,
    "ids_split": int,
    "ids_retired": int,
    "values_changed": int,
    "open_tasks": int,
    "sources_held": list,
    "seconds": float,
    "peak_mb": float,
    "duplication_page": str,
    "quarantined_rows": list,
    "warnings": list,
    "invalid_values": list,
}
"""What `run --json` holds at least, and of which kind."""


def how_it_stands(folder):
    project = load_project(folder)
    with open_project_warehouse(project) as warehouse:
        return standing(warehouse, project)


def require(folder, source: str) -> None:
    """Without this source a run shall not go on."""
    file = folder / "onefold.yaml"
    file.write_text(file.read_text().replace(f"  {source}:\n", f"  {source}:\n    required: true\n"))


def test_the_first_run_publishes_and_the_second_changes_nothing(onefold, unrun_copy):
    """First one JSON object and nothing else on stdout; then the same again in words. (Invariant 8)"""
    first = onefold("run", "--project", unrun_copy, "--json")
    assert first.exit_code == 0, first.stderr
    report = json.loads(first.stdout)
    assert {name: type(report[name]) for name in PROMISED} == PROMISED
    assert report["status"] == "published"
    assert report["read"] == report["accepted"] + report["quarantined"] + report["suppressed"] == 600
    assert report["golden_customers"] == report["ids_minted"] > 100
    assert set(report["accuracy"]) == {"precision", "recall", "f1"}
    assert report["accuracy"]["f1"] > 0.8
    page = unrun_copy / "reports" / "duplication.html"
    assert report["duplication_page"] == str(page)
    assert page.read_text().startswith("<!")

    second = onefold("run", "--project", unrun_copy)
    assert second.exit_code == 0, second.stderr
    assert second.stdout.startswith(
        f"Nothing has changed: the publication of run 1 stands, {report['golden_customers']:,} golden customers"
    )
    assert second.stderr == ""
    for promised in (
        "accuracy",
        "What each department keeps",
        "Where to look next",
        "onefold show C-",
        "onefold explain ",
        "onefold ui",
        str(page),
    ):
        assert promised in second.stdout
    assert how_it_stands(unrun_copy).publication.run == 1


def test_a_source_that_is_held_does_not_stop_the_others(onefold, published_copy):
    """Exit code 4; the source and the reason are named."""
    (published_copy / "leasing.db").unlink()
    told = onefold("run", "--project", published_copy)
    assert told.exit_code == 4
    assert "leasing was held: source 'leasing': " in told.stderr
    assert told.stdout.startswith(("Published", "Nothing has changed"))


def test_a_required_source_that_is_held_stops_the_run(onefold, published_copy):
    """Exit code 3; the last publication stays in place. (Invariant 5)"""
    require(published_copy, "leasing")
    (published_copy / "leasing.db").unlink()
    told = onefold("run", "--project", published_copy, "--json")
    assert told.exit_code == 3
    error = json.loads(told.stdout)
    assert error["status"] == "failed"
    assert "It is required, so the run stops" in error["error"]
    assert how_it_stands(published_copy).publication.run == 1


def test_a_closed_gate_holds_the_publication(onefold, published_copy):
    """No customer may have more than one record: exit code 3, with the check; the last publication stays in place. (Invariant 5)"""
    file = published_copy / "onefold.yaml"
    file.write_text(file.read_text().replace("max_cluster: 60", "max_cluster: 1"))
    told = onefold("run", "--project", published_copy)
    assert told.exit_code == 3
    assert told.stderr.startswith("Held: ")
    assert "max_cluster" in told.stderr
    assert "The last publication stays in place." in told.stderr
    after = how_it_stands(published_copy)
    assert (after.publication.run, after.last_run.status) == (1, "held")
    status = onefold("status", "--project", published_copy).stdout
    assert "Last run: 2 of" in status
    assert "max_cluster" in status
    assert "1  publications that a gate has held back" in status


def test_two_runs_at_once_are_refused(onefold, published_copy):
    """The second says who holds the warehouse."""
    with open_session(load_project(published_copy)):
        told = onefold("run", "--project", published_copy)
    assert told.exit_code == 1
    assert "another run holds the warehouse" in told.stderr
    assert "Traceback" not in told.stderr


def test_a_run_that_finds_no_data_at_all_says_so(onefold, unrun_copy):
    """Every database is gone: exit code 1, and where to look."""
    for path in unrun_copy.iterdir():
        if path.name not in ("onefold.yaml", "truth.csv"):
            path.unlink()
    told = onefold("run", "--project", unrun_copy)
    assert told.exit_code == 1
    assert "no source has any live record" in told.stderr
    status = onefold("status", "--project", unrun_copy)
    assert status.exit_code == 0
    assert "Nothing has been published yet" in status.stdout
    assert status.stdout.count(" is held, using data of never: ") == 18


@pytest.mark.parametrize("columns", [60, 80, 100, 140])
def test_every_line_fits_its_width(onefold, published_copy, columns):
    """Whatever the width: no column of the tables is lost, only commands and paths run over, for they are to be copied."""
    told = onefold("status", "--project", published_copy, COLUMNS=str(columns)).stdout
    whole = [line for line in told.splitlines() if not line.startswith("Project ")]
    assert all(len(line) <= columns for line in whole)
    if columns >= 80:
        for name in ("web_shop", "family name", "marketing consent", "field_service"):
            assert name in told
        assert "…" not in told


def test_on_a_terminal_bars_tell_how_far_it_is(published_copy, tmp_path):
    """They are drawn on stderr and gone at the end; stdout is the object alone."""
    terminal, its_end = pty.openpty()
    command = [Path(sys.executable).with_name("onefold"), "run", "--project", published_copy, "--json"]
    with (tmp_path / "printed.json").open("w+") as printed, subprocess.Popen(command, stdout=printed, stderr=its_end):
        os.close(its_end)
        drawn = b"".join(iter(lambda: read_some(terminal), b"")).decode()
    os.close(terminal)
    assert json.loads((tmp_path / "printed.json").read_text())["status"] == "unchanged"
    assert "of 23 steps" in drawn
    assert "reading " in drawn
    assert drawn.rstrip().endswith("\x1b[2K"), "the bars are wiped away"


def read_some(terminal: int) -> bytes:
    """What a terminal has been sent; nothing once nobody writes to it any more."""
    try:
        return os.read(terminal, 65_536)
    except OSError:
        return b""
