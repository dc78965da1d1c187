"""A run of Dagster's is a run of ours: what each way of ending leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from domain.errors import GateClosed, WarehouseBusy
from pipelines.steps.session import open_session

LATER = ["standard_records", "matches", "golden_ids", "golden_customers", "publication"]


def stop(name: str, rows: int) -> None:
    """A progress callback that is interrupted."""
    raise KeyboardInterrupt


def break_down(name: str, rows: int) -> None:
    """A progress callback with a bug, whose error quotes a customer."""
    raise ValueError("ada.abelmann@example.org is no number")


def test_a_first_run_publishes(published):
    """Two departments, 45 people: pulled, matched, published; Dagster and the warehouse tell of one and the same run."""
    assert published.published() == (1, 45)
    run, told = published.runs()[0], published.told()
    assert (run.number, str(run.status), run.report["golden_customers"]) == (1, "published", 45)
    assert [r.run_id for r in published.dagster_runs()] == [run.id]
    assert published.dagster_runs()[0].tags["onefold/run"] == "1"
    assert [told["sources/crm"]["read"], told["sources/shop"]["read"], told["golden_customers"]["dagster/row_count"]] == [30, 35, 45]
    assert list(told) == ["sources/crm", "sources/shop", *LATER]


def test_the_session_is_opened_once_for_all_assets(published):
    """The in-process executor opens the run with the first asset and closes it with the last, so that one lock spans them all."""
    kinds = [event.dagster_event.event_type_value for event in published.events() if event.dagster_event]
    assert kinds.count("RESOURCE_INIT_SUCCESS") == 1
    assert kinds.count("STEP_SUCCESS") == 8
    assert len(published.runs()) == 1


def test_progress_reaches_the_steps(organisation):
    """Who runs the job is told the rows read of each source."""
    seen = []
    organisation.run(progress=lambda name, rows: seen.append((name, rows)))
    assert seen == [("crm", 30), ("shop", 35)]


def test_nothing_fills_the_terminal(organisation, capfd):
    """Dagster's log lines are in its event log, and nowhere else."""
    organisation.run()
    assert capfd.readouterr() == ("", "")


def test_a_run_on_unchanged_input_changes_nothing(published):
    """Each later asset says `unchanged` and since which run; no step was done. (Invariant 8)"""
    report = published.run()
    told = published.told()
    assert (report["status"], published.published()) == ("unchanged", (1, 45))
    assert {name: (told[name]["state"], told[name]["published by run"]) for name in LATER} == dict.fromkeys(LATER, ("unchanged", 1))
    assert set(report["seconds_by_step"]) == {"source crm", "source shop"}
    assert published.checks()["golden_customers"].passed


def test_a_held_source_holds_nobody_else(published):
    """
    before   crm 30, shop 35 live since run 1
    when     shop's file is gone, and crm has one person more
    then     shop is held with its data of run 1, its check fails; crm goes live and is published
    """
    first = published.runs()[0]
    (published.folder / "shop.csv").unlink()
    published.newcomer()
    report = published.run()
    told, checks = published.told(), published.checks()
    assert (report["status"], report["sources_held"], published.published()) == ("published", ["shop"], (2, 46))
    assert published.dagster_status() == "SUCCESS"
    assert told["sources/shop"]["state"] == "held"
    assert told["sources/shop"]["using data of"] == pytest.approx(first.started_at.timestamp())
    assert "shop.csv" in told["sources/shop"]["held because"]
    assert (checks["sources/shop"].passed, checks["sources/shop"].severity.value, checks["sources/crm"].passed) == (False, "ERROR", True)


def test_a_required_source_stops_the_run(published):
    """Its check blocks what follows; the other department is pulled, nothing is published, and the last publication stays."""
    published.edit("    owner: Web shop\n", "    owner: Web shop\n    required: true\n")
    (published.folder / "shop.csv").unlink()
    published.newcomer()
    with pytest.raises(GateClosed, match=r"source 'shop': .*shop\.csv.* It is required"):
        published.run()
    run = published.runs()[0]
    assert (str(run.status), published.dagster_status(), published.published()) == ("held", "FAILURE", (1, 45))
    assert list(published.told()) == ["sources/crm", "sources/shop"]
    assert (run.report["sources"]["shop"]["state"], "required" in run.report["error"]) == ("held", True)


def test_a_closed_publication_gate_keeps_the_last_publication(published):
    """
    before   45 golden customers, published by run 1
    when     one person more comes, and the project allows the number to change by 1 %
    then     the gate is closed: its report is kept, the asset `publication` is not made, run 1 stays published  (Invariant 5)
    """
    published.edit("schedule:", "publish: {max_count_change: 0.01}\nschedule:")
    published.newcomer()
    report = published.run()
    assert (report["status"], published.published(), published.dagster_status()) == ("held", (1, 45), "FAILURE")
    assert "publication" not in published.told()
    check = published.checks()["golden_customers"]
    assert (check.passed, check.severity.value, check.description.startswith("Closed.")) == (False, "ERROR", True)
    assert [gate.closed for gate in published.gates(run=2) if gate.gate == "publication"] == [True]


def test_a_publication_alone_asks_the_gate_too(published):
    """Whoever selects `publication` and nothing else does not get past the gate. (Invariant 5)"""
    published.edit("schedule:", "publish: {max_count_change: 0.01}\nschedule:")
    published.newcomer()
    assert published.materialise("sources/crm")
    assert not published.materialise("publication")
    assert (str(published.runs()[0].status), published.published()) == ("held", (1, 45))


def test_a_source_alone_is_pulled_and_no_more(published):
    """
    before   45 golden customers, published by run 1
    when     crm has a new person and is materialised alone, then everything runs
    then     the first ends unchanged, its input not taken for published; the second publishes the new person
    """
    published.newcomer()
    assert published.materialise("sources/crm")
    run = published.runs()[0]
    assert (str(run.status), run.fingerprints["input"], published.published()) == ("unchanged", None, (1, 45))
    assert list(published.told()) == ["sources/crm"]
    assert (published.run()["status"], published.published()) == ("published", (3, 46))


def test_a_source_alone_that_has_nothing_new_leaves_all_settled(published):
    """After it, a whole run still has nothing to do. (Invariant 8)"""
    assert published.materialise("sources/crm")
    published.run()
    assert published.told()["matches"]["state"] == "unchanged"


def test_a_later_asset_alone_makes_up_for_those_before_it(published):
    """`publication` selected alone publishes what an earlier run has pulled: the steps between are done first."""
    published.newcomer()
    assert published.materialise("sources/crm")
    assert published.materialise("publication")
    assert published.published() == (3, 46)
    assert published.run()["status"] == "unchanged"
    assert published.told()["matches"]["state"] == "unchanged"


def test_a_busy_warehouse_is_named(published):
    """A run that finds the warehouse locked fails with the sentence that says who holds it."""
    with open_session(published.project), pytest.raises(WarehouseBusy, match="another run holds the warehouse"):
        published.run()
    errors = [str(event.dagster_event.event_specific_data) for event in published.events() if "FAIL" in str(event.dagster_event)]
    assert published.dagster_status() == "FAILURE"
    assert any("another run holds the warehouse" in error for error in errors)


def test_an_interrupted_run_has_failed_and_lets_go(published):
    """Ctrl-C ends the run in both books, and the next one runs."""
    with pytest.raises(KeyboardInterrupt):
        published.run(progress=stop)
    assert (str(published.runs()[0].status), published.dagster_status()) == ("failed", "FAILURE")
    assert published.run()["status"] == "unchanged"


def test_a_bug_is_told_without_what_it_quotes(published):
    """Dagster is told where a bug is, and not what the library said; who runs the job gets the error itself. (Invariant 11)"""
    with pytest.raises(ValueError, match="is no number"):
        published.run(progress=break_down)
    told = "".join(str(event.dagster_event) for event in published.events())
    assert "a ValueError at pipelines/steps/" in told
    assert "abelmann" not in told
    assert (str(published.runs()[0].status), published.dagster_status()) == ("failed", "FAILURE")


def test_a_killed_run_does_not_run_for_ever(published):
    """
    before   published by run 1
    when     run 2 is killed while it pulls, and run 3 follows
    then     run 2 has failed, for Dagster too, whose queue would wait for it; run 3 finishes the work  (Invariant 9)
    """
    published.newcomer()
    die = f"os.kill(os.getpid(), {int(signal.SIGKILL)})"
    code = f"import os, pathlib; from pipelines.definitions.launch import run_job; run_job(pathlib.Path('.'), lambda *_: {die})"
    killed = subprocess.run([sys.executable, "-c", code], cwd=published.folder, env={**os.environ, "PYTHONPATH": os.getcwd()}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (published.dagster_status(), published.published()) == ("STARTED", (1, 45))
    assert (published.run()["status"], published.published()) == ("published", (3, 46))
    assert [run.status.value for run in published.dagster_runs()] == ["SUCCESS", "FAILURE", "SUCCESS"]
