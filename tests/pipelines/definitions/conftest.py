"""A small organisation of two departments, which a test may change as it likes, and the demo as it is after one run."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from domain.checks import GateReport
from pipelines.definitions.build import definitions
from pipelines.definitions.instance import instance_folder, open_instance
from pipelines.definitions.launch import run_job
from pipelines.definitions.watch import Watch
from pipelines.project import Project, load_project
from pipelines.steps.session import open_project_warehouse
from warehouse.golden import golden_count
from warehouse.quality import reports
from warehouse.runs import RunRow, last_reports, published_run

PROJECT = """\
name: tiny
attributes:
  given_name: {type: given_name}
  family_name: {type: family_name}
  email: {type: email}
sources:
  crm:
    owner: Sales
    connect: {kind: csv, path: crm.csv}
    key: no
    map: {given_name: first, family_name: last, email: mail}
  shop:
    owner: Web shop
    connect: {kind: csv, path: shop.csv}
    key: no
    map: {given_name: first, family_name: last, email: mail}
schedule: "30 2 * * 1-5"
timezone: Europe/Berlin
"""
GIVEN = ("Adalbert", "Benedikta", "Cleophea", "Dorothea", "Emmerich", "Friedebert", "Gwendolin", "Hugobert", "Iphigenie", "Jodokus")
FAMILY = ("Abelmann", "Brandauer", "Conradi", "Dietzel", "Engelhardt")
PEOPLE = [(given, family, f"{given}.{family}@example.org".lower()) for given in GIVEN for family in FAMILY]


@dataclass
class Organisation:
    """A project in a folder: its departments' files, its runs, and what Dagster knows of them."""

    folder: Path

    @property
    def project(self) -> Project:
        return load_project(self.folder)

    def edit(self, old: str, new: str) -> None:
        """Change the project file."""
        path = self.folder / "onefold.yaml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    def department(self, name: str, people: list[tuple[str, str, str]]) -> None:
        """What a department keeps."""
        rows = (f"{number},{given},{family},{mail}\n" for number, (given, family, mail) in enumerate(people, 1))
        (self.folder / f"{name}.csv").write_text("no,first,last,mail\n" + "".join(rows))

    def newcomer(self) -> None:
        """One person more comes to sales, whom nobody knows yet."""
        self.department("crm", [*PEOPLE[:30], PEOPLE[49]])

    def run(self, **how: Any) -> dict[str, Any]:
        return run_job(self.folder, **how)

    def materialise(self, *assets: str) -> bool:
        """What the web UI does when only some assets are selected; whether Dagster calls it a success."""
        with self.instance() as instance:
            job = definitions(self.project, Watch()).resolve_implicit_global_asset_job_def()
            selection = [dg.AssetKey(asset.split("/")) for asset in assets]
            quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
            return job.execute_in_process(quiet, instance, asset_selection=selection, raise_on_error=False).success

    def instance(self) -> dg.DagsterInstance:
        return open_instance(instance_folder(self.folder, {}))

    def dagster_runs(self) -> list[dg.DagsterRun]:
        """Newest first."""
        with self.instance() as instance:
            return list(instance.get_runs())

    def dagster_status(self) -> str:
        """Of the latest run."""
        return self.dagster_runs()[0].status.value

    def events(self) -> list[dg.EventLogEntry]:
        """Of the latest run."""
        with self.instance() as instance:
            return list(instance.all_logs(instance.get_runs(limit=1)[0].run_id))

    def told(self) -> dict[str, dict[str, Any]]:
        """The metadata of each asset that the latest run made."""
        made = [event.dagster_event.step_materialization_data.materialization for event in self.events() if is_made(event)]
        return {asset.asset_key.to_user_string(): {name: value.value for name, value in asset.metadata.items()} for asset in made}

    def checks(self) -> dict[str, dg.AssetCheckEvaluation]:
        """The checks that the latest run evaluated, by the assets they are on."""
        found = [event.dagster_event.asset_check_evaluation_data for event in self.events() if is_check(event)]
        return {check.asset_key.to_user_string(): check for check in found}

    def runs(self) -> list[RunRow]:
        """The warehouse's runs, newest first."""
        with open_project_warehouse(self.project) as warehouse, warehouse.connect() as connection:
            return last_reports(connection)

    def published(self) -> tuple[int, int]:
        """The run that published, and how many golden customers there are."""
        with open_project_warehouse(self.project) as warehouse, warehouse.connect() as connection:
            return published_run(connection), golden_count(connection)

    def gates(self, run: int) -> list[GateReport]:
        """The gates' reports that a run has left."""
        with open_project_warehouse(self.project) as warehouse, warehouse.connect() as connection:
            return reports(connection, run)


def is_made(event: dg.EventLogEntry) -> bool:
    return event.dagster_event is not None and event.dagster_event.is_step_materialization


def is_check(event: dg.EventLogEntry) -> bool:
    return event.dagster_event is not None and event.dagster_event.event_type == dg.DagsterEventType.ASSET_CHECK_EVALUATION


@pytest.fixture(autouse=True)
def _no_other_place(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a project nor an instance of the machine's is used."""
    for name in ("DAGSTER_HOME", "ONEFOLD_PROJECT"):
        monkeypatch.delenv(name, raising=False)


def new_organisation(folder: Path) -> Organisation:
    """30 people are known to sales, 35 to the web shop, 20 to both."""
    folder.mkdir()
    (folder / "onefold.yaml").write_text(PROJECT)
    made = Organisation(folder)
    made.department("crm", PEOPLE[:30])
    made.department("shop", PEOPLE[10:45])
    return made


@pytest.fixture
def organisation(tmp_path: Path) -> Organisation:
    """Two departments, nothing run yet."""
    return new_organisation(tmp_path / "tiny")


@pytest.fixture(scope="session")
def _published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = new_organisation(tmp_path_factory.mktemp("published") / "tiny")
    assert made.run()["status"] == "published"
    return made.folder


@pytest.fixture
def published(_published_once: Path, tmp_path: Path) -> Organisation:
    """Two departments after their first run: 45 golden customers."""
    return Organisation(Path(shutil.copytree(_published_once, tmp_path / "tiny")))


@pytest.fixture(scope="session")
def demo(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """The demo's eighteen departments after a run; not to be changed."""
    made = Organisation(Path(shutil.copytree(demo_folder, tmp_path_factory.mktemp("demo") / "demo")))
    assert made.run()["status"] == "published"
    return made
