"""Runs that are killed, and runs that come at the same time."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from types import FrameType

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
COMMAND = "from pipelines.cli import main; main()"
View = dict[str, list[str]]


MOMENTS = {
    "a source is staged": "warehouse.staging:stage_standard",
    "pairs are staged": "warehouse.pairs:stage_pairs",
    "clusters are staged": "warehouse.clusters:stage_clusters",
    "ids are minted": "warehouse.ledger:stage_identities",
    "the crosswalk is staged": "warehouse.ledger:stage_crosswalk",
    "golden records are staged": "warehouse.golden:stage_golden",
    "contacts are staged": "warehouse.contacts:stage_contacts",
    "the gate has answered": "pipelines.steps.publish:ask_gate",
    "events are staged": "warehouse.outbox:stage_events",
    "the pointer is moved, not committed": "warehouse.runs:publish",
    "it is published, not noted": "pipelines.steps.publish:publish_staged",
}
"""Functions after which a run is killed."""
IN_EVERY_TEST_RUN = (
    "pairs are staged",
    "ids are minted",
    "golden records are staged",
    "events are staged",
    "the pointer is moved, not committed",
)
TOLD = "SELECT event_id, kind, golden_number, other FROM outbox WHERE run IN (SELECT run FROM publication)"


def die_after(place: str) -> None:
    """Kill this process as soon as a function returns."""
    module, name = place.split(":")

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_name == name and frame.f_globals.get("__name__") == module:
            os.kill(os.getpid(), signal.SIGKILL)

    sys.setprofile(look)


def run_all(folder: Path, started: Connection, place: str | None = None) -> None:
    """A whole run, in a process of its own, which says when it begins and when it has ended; killed after a function, if one is named."""
    if place is not None:
        die_after(place)
    with open_session(load_project(folder)) as session:
        started.send("begun")
        consolidate(session)
    started.send("ended")


def seen(folder: Path) -> View:
    """All that consumers see and are told, golden ids included; no invariant is broken in it, so events have no gap."""
    project = load_project(folder)
    with open_project_warehouse(project) as warehouse, warehouse.connect() as connection:
        assert violations(connection, project.attributes) == []
        views = {name: sorted(map(str, told(connection, f"SELECT * FROM {name}"))) for name in VIEWS}
        return views | {"events": sorted(map(str, told(connection, TOLD)))}


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

    def run(self, folder: Path, kill_after: float | None = None, place: str | None = None) -> tuple[int | None, float]:
        """Run, killed that many seconds after it began or after a function; how the process ended, and after how long."""
        here, there = self.context.Pipe()
        process = self.context.Process(target=run_all, args=(folder, there, place))
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


@pytest.mark.parametrize("moment", [0.5], ids="first run at {:.0%}".format)
def test_a_first_run_that_is_killed_publishes_nothing_and_the_next_finishes(
    runner: Runner, references: tuple[Reference, Reference], moment: float, tmp_path: Path
) -> None:
    """Nothing is seen, or all; the run that follows comes to what an undisturbed one does, golden ids included. (Invariant 9)"""
    check_killed(runner, references[0], moment, tmp_path)


@pytest.mark.parametrize("moment", [0.3, 0.8], ids="second run at {:.0%}".format)
def test_a_run_that_is_killed_leaves_the_last_publication_and_the_next_finishes(
    runner: Runner, references: tuple[Reference, Reference], moment: float, tmp_path: Path
) -> None:
    """Consumers see the last publication, whole, and then what an undisturbed run would have made of it. (Invariant 9)"""
    check_killed(runner, references[1], moment, tmp_path)


@pytest.mark.parametrize("moment", IN_EVERY_TEST_RUN)
def test_a_run_that_is_killed_when_something_is_staged_leaves_the_last_publication(
    runner: Runner, references: tuple[Reference, Reference], moment: str, tmp_path: Path
) -> None:
    """Whatever is half done then is not seen, and the next run comes to what an undisturbed one does. (Invariants 5, 9)"""
    check_killed_at(runner, references[1], MOMENTS[moment], tmp_path)


def check_killed_at(runner: Runner, reference: Reference, place: str, tmp_path: Path) -> None:
    folder = tmp_path / "killed"
    shutil.copytree(reference.before, folder)
    assert runner.run(folder, place=place)[0] == -signal.SIGKILL
    published = status_of_last(folder) is RunStatus.PUBLISHED
    assert published == (place == MOMENTS["it is published, not noted"])
    assert seen(folder) == (reference.seen_after if published else reference.seen_before)
    check_next(runner, reference, folder)


def check_next(runner: Runner, reference: Reference, folder: Path) -> None:
    """The next run finishes, and comes to what an undisturbed one does."""
    assert runner.run(folder)[0] == 0
    assert code_of_files() == reference.code, "the code was edited while this was told"
    assert seen(folder) == reference.seen_after
    assert status_of_last(folder) in (RunStatus.PUBLISHED, RunStatus.UNCHANGED)


@pytest.fixture(scope="module")
def large_references(tmp_path_factory: pytest.TempPathFactory, runner: Runner) -> tuple[Reference, Reference]:
    """The same with all eighteen departments and 2,000 records."""
    folder = tmp_path_factory.mktemp("large") / "first"
    make_demo(folder, 2_000, 1)
    first = undisturbed(runner, folder)
    shutil.copytree(folder.with_name("first-undisturbed"), folder.with_name("second"))
    delete_every_tenth_row(folder.with_name("second"))
    return first, undisturbed(runner, folder.with_name("second"))


@pytest.mark.long
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("which", [0, 1], ids=["first run", "second run"])
def test_it_can_be_killed_at_every_step(
    runner: Runner, large_references: tuple[Reference, Reference], which: int, moment: str, tmp_path: Path
) -> None:
    """Each step of a first run and of one after changes, at 2,000 records. (Invariants 5, 9)"""
    check_killed_at(runner, large_references[which], MOMENTS[moment], tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("number", range(30))
def test_it_can_be_killed_at_any_moment(runner: Runner, large_references: tuple[Reference, Reference], number: int, tmp_path: Path) -> None:
    """Thirty random moments of a run at 2,000 records, three of them through Dagster. (Invariants 5, 9)"""
    chance = random.Random(number)
    reference, moment = large_references[chance.randrange(2)], chance.uniform(0.02, 1.0)
    if number % 10 == 0:
        check_killed_through_dagster(runner, reference, moment, tmp_path)
    else:
        check_killed(runner, reference, moment, tmp_path)


def check_killed_through_dagster(runner: Runner, reference: Reference, moment: float, tmp_path: Path) -> None:
    """`onefold run`, killed at a moment between the beginning of the run and its end."""
    folder = tmp_path / "killed"
    shutil.copytree(reference.before, folder)
    before = last_number(folder)
    process = subprocess.Popen([sys.executable, "-c", COMMAND, "run", "--json", "--project", folder], stdout=subprocess.DEVNULL)
    while last_number(folder) == before and process.poll() is None:
        time.sleep(0.1)
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment * reference.seconds)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    published = status_of_last(folder) in (RunStatus.PUBLISHED, RunStatus.UNCHANGED)
    assert seen(folder) == (reference.seen_after if published else reference.seen_before)
    assert (
        subprocess.run(
            [sys.executable, "-c", COMMAND, "run", "--json", "--project", folder], check=False, stdout=subprocess.DEVNULL
        ).returncode
        == 0
    )
    assert seen(folder) == reference.seen_after


def last_number(folder: Path) -> int:
    """The number of the last run; 0 before the first."""
    if not (folder / "warehouse.db").exists():
        return 0
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        return next((row.number for row in last_reports(connection, 1)), 0)


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
    check_next(runner, reference, folder)


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
