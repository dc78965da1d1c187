"""A small demo organisation, made and run once for all tests that ask what came of a run."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.demo import make_demo
from pipelines.project import Project, load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_project_warehouse, open_session
from warehouse.database import Warehouse

RECORDS = 600


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo organisation, never run. Tests leave it as it is."""
    folder = tmp_path_factory.mktemp("made") / "demo"
    make_demo(folder, RECORDS, seed=1)
    return folder


@pytest.fixture(scope="session")
def published_folder(demo_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo organisation after one run. Tests leave it as it is."""
    folder = tmp_path_factory.mktemp("published") / "demo"
    shutil.copytree(demo_folder, folder)
    with open_session(load_project(folder)) as session:
        consolidate(session)
    return folder


@pytest.fixture
def unrun_copy(demo_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo organisation, never run, for a test to change."""
    return Path(shutil.copytree(demo_folder, tmp_path / "demo"))


@pytest.fixture
def published_copy(published_folder: Path, tmp_path: Path) -> Path:
    """A copy of the demo organisation after one run, for a test to change."""
    return Path(shutil.copytree(published_folder, tmp_path / "demo"))


@pytest.fixture
def published_project(published_folder: Path) -> Project:
    """The project of the demo organisation after one run."""
    return load_project(published_folder)


@pytest.fixture
def published_warehouse(published_project: Project) -> Iterator[Warehouse]:
    """The warehouse of the demo organisation after one run."""
    with open_project_warehouse(published_project) as warehouse:
        yield warehouse
