"""Runs that are killed, and runs that come at the same time."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import yaml

from domain.errors import WarehouseBusy
from domain.runs import RunStatus
from pipelines.demo import make_demo
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import code_fingerprint, open_project_warehouse, open_session
from tests.stories.organisation import VIEWS, Organisation, told
from warehouse.doctor import violations
from warehouse.runs import last_reports, published_run

DEPARTMENTS = ("web_shop", "billing", "newsletter", "support", "mobile_app", "call_centre", "warranty", "events")
"""One of each kind of source."""
ALIKE = ("golden_crosswalk", "golden_provenance")
"""Views that read the same on both databases; the others hold times, which only a server has as such."""
View = dict[str, list[str]]


def run_all(folder: Path, started: Connection) -> None:
    """A whole run, in a process of its own, which says when it begins and when it has ended."""
    with open_session(load_project(folder)) as session:
        started.send("begun")
        consolidate(session)
    started.send("ended")


def seen(folder: Path) -> View:
    """All that consumers see, golden ids included; no invariant is broken in it."""
    project = load_project(folder)
    with open_project_warehouse(project) as warehouse, warehouse.connect() as connection:
        assert violations(connection, project.attributes) == []
        return {name: sorted(map(str, told(connection, f"SELECT * FROM {name}"))) for name in VIEWS}


@dataclass(frozen=True)
class Reference:
    """A project before a run, and what the undisturbed run makes of it."""

    before: Path
    seen_before: View
    seen_after: View
    seconds: float
    code: str
    """What the files of the code came to."""


class Runner:
    """Starts runs in processes that have everything loaded already."""

    def __init__(self) -> None:
        self.context = get_context("forkserver")
        self.context.set_forkserver_preload(["tests.stories.test_kills", "quality.engine", "great_expectations"])

    def run(self, folder: Path, kill_after: float | None = None) -> tuple[int | None, float]:
        """Run, killed that many seconds after it began; how the process ended, and after how long."""
        here, there = self.context.Pipe()
        process = self.context.Process(target=run_all, args=(folder, there))
        process.start()
        assert here.poll(60)
        here.recv()
        start = time.perf_counter()
        if kill_after is not None and not here.poll(kill_after):
            os.kill(process.pid or 0, signal.SIGKILL)
        process.join(120)
        return process.exitcode, time.perf_counter() - start


@pytest.fixture(scope="module")
def runner() -> Runner:
    """Loaded once."""
    return Runner()


@pytest.fixture(scope="module")
def references(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> tuple[Reference, Reference]:
    """A first run of eight departments, and a second after a tenth of the rows of every database was deleted."""
    folder = tmp_path_factory.mktemp("demo") / "first"
    make_demo(folder, 500, 1)
    file = folder / "onefold.yaml"
    project = yaml.safe_load(file.read_text())
    project["sources"] = {name: project["sources"][name] for name in DEPARTMENTS}
    file.write_text(yaml.safe_dump(project, sort_keys=False))
    first = undisturbed(runner, folder)
    shutil.copytree(folder.with_name("first-undisturbed"), folder.with_name("second"))
    delete_every_tenth_row(folder.with_name("second"))
    return first, undisturbed(runner, folder.with_name("second"))


def undisturbed(runner: Runner, before: Path) -> Reference:
    """Run on a copy."""
    after = before.with_name(f"{before.name}-undisturbed")
    shutil.copytree(before, after)
    code, seconds = runner.run(after)
    assert code == 0
    return Reference(before, seen(before), seen(after), seconds, code_of_files())


def code_of_files() -> str:
    """The code's fingerprint, read anew: two runs can only be compared if nobody has edited it between them."""
    return code_fingerprint.__wrapped__()


def delete_every_tenth_row(folder: Path) -> None:
    """In each table of the departments' databases."""
    for path in folder.glob("*.db"):
        if path.name != "warehouse.db":
            with closing(sqlite3.connect(path)) as database, database:
                for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                    database.execute(f"DELETE FROM {name} WHERE rowid % 10 = 0")


@pytest.mark.parametrize("moment", [0.2, 0.5, 0.8], ids="first run at {:.0%}".format)
def test_a_first_run_that_is_killed_publishes_nothing_and_the_next_finishes(
    runner: Runner, references: tuple[Reference, Reference], moment: float, tmp_path: Path
) -> None:
    """Nothing is seen, or all; the run that follows comes to what an undisturbed one does, golden ids included. (Invariant 9)"""
    check_killed(runner, references[0], moment, tmp_path)


@pytest.mark.parametrize("moment", [0.1, 0.3, 0.5, 0.7, 0.9], ids="second run at {:.0%}".format)
def test_a_run_that_is_killed_leaves_the_last_publication_and_the_next_finishes(
    runner: Runner, references: tuple[Reference, Reference], moment: float, tmp_path: Path
) -> None:
    """Consumers see the last publication, whole, and then what an undisturbed run would have made of it. (Invariant 9)"""
    check_killed(runner, references[1], moment, tmp_path)


def test_the_same_on_a_server(runner: Runner, references: tuple[Reference, Reference], postgres_url: str, tmp_path: Path) -> None:
    """Killed half way on PostgreSQL: the last publication is whole, the lock is free, and the next run finishes. (Invariant 9)"""
    folder = tmp_path / "served"
    shutil.copytree(references[0].before, folder)
    file = folder / "onefold.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "warehouse": postgres_url}, sort_keys=False))
    _, seconds = runner.run(folder)
    before = seen(folder)
    delete_every_tenth_row(folder)
    assert runner.run(folder, kill_after=seconds / 3)[0] == -signal.SIGKILL
    assert seen(folder) == before
    assert runner.run(folder)[0] == 0
    after = seen(folder)
    assert code_of_files() == references[1].code, "the code was edited while this was told"
    assert [after[name] for name in ALIKE] == [references[1].seen_after[name] for name in ALIKE]


def check_killed(runner: Runner, reference: Reference, moment: float, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    code = run_killed(runner, reference, moment, folder)
    assert code == -signal.SIGKILL or (code == 0 and moment > 0.5)  # so late, it may just have ended
    published = status_of_last(folder) is RunStatus.PUBLISHED or code == 0
    assert seen(folder) == (reference.seen_after if published else reference.seen_before)
    assert runner.run(folder)[0] == 0
    assert code_of_files() == reference.code, "the code was edited while this was told"
    assert seen(folder) == reference.seen_after
    assert status_of_last(folder) in (RunStatus.PUBLISHED, RunStatus.UNCHANGED)


def run_killed(runner: Runner, reference: Reference, moment: float, folder: Path) -> int | None:
    """Run a copy in `folder`, killed at that moment; how it ended. The reference may have run while the machine had more to do."""
    seconds = reference.seconds
    for _ in range(4):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(reference.before, folder)
        code, took = runner.run(folder, kill_after=moment * seconds)
        if code != 0 or moment > 0.5:
            break
        seconds = min(took, seconds)
    return code


def status_of_last(folder: Path) -> RunStatus:
    """How the last run stands; one that was killed just after publishing still calls itself running."""
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        last = last_reports(connection, 1)[0]
        return RunStatus.PUBLISHED if published_run(connection) == last.number else last.status


def test_a_second_run_is_told_who_holds_the_warehouse(organisation_on_each: Organisation) -> None:
    """It changes nothing, and says which run and which process has the lock, and since when. (Invariant 9)"""
    organisation_on_each.department("crm", "id | given_name | email\n1 | Ann | ann@lee.example\n2 | Bob | bob@ray.example")
    project = organisation_on_each.project()
    with open_session(project) as session:
        with pytest.raises(WarehouseBusy) as error, open_session(project):
            raise AssertionError("two runs at once")
        said = str(error.value)
        assert said.startswith(f"another run holds the warehouse (run 1, process {os.getpid()} on ")
        assert ", since 20" in said
        assert said.endswith(" UTC): wait until it ends, or end it.")
        assert consolidate(session)["status"] == "published"
    assert organisation_on_each.run()["run"] == 2
