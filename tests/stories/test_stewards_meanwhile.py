"""A steward decides while a run is under way."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import count
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import yaml

from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from pipelines.demo import make_demo
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_project_warehouse, open_session
from warehouse.decisions import active_decisions, append_decisions

PATIENCE = 2.0
"""Seconds that a steward waits at most for a decision to be kept."""
EVERY = 0.1


def run_all(folder: Path, there: Connection) -> None:
    """A whole run, in a process of its own."""
    with open_session(load_project(folder)) as session:
        there.send("begun")
        there.send(consolidate(session)["status"])


@pytest.mark.parametrize("records", [2_000, pytest.param(20_000, marks=pytest.mark.long)])
def test_a_steward_is_neither_blocked_nor_forgotten(records: int, tmp_path: Path, warehouse_url: str) -> None:
    """Ten decisions a second while a first run is under way: none waits long, and all are there afterwards, in their order.

    the run      |-- sources --|-- match --|-- identify --|-- merge --|-- publish --|
    the steward    1 2 3 4 ...
    """
    folder = tmp_path / "demo"
    make_demo(folder, records, 1)
    file = folder / "onefold.yaml"
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "warehouse": warehouse_url}, sort_keys=False))
    waits, status = decide_meanwhile(folder)
    assert status == "published"
    assert len(waits) > 10
    assert max(waits) < PATIENCE
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        assert [one.reason for one in active_decisions(connection)] == [f"number {at}" for at in range(len(waits))]


def decide_meanwhile(folder: Path) -> tuple[list[float], str]:
    """How long each decision took that was made while a run was under way, and how the run ended."""
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=run_all, args=(folder, there))
    process.start()
    assert here.poll(120)
    here.recv()
    waits: list[float] = []
    with open_project_warehouse(load_project(folder)) as warehouse:
        for number in count():
            start = time.perf_counter()
            with warehouse.begin() as connection:
                append_decisions(connection, [decision(number)])
            waits.append(time.perf_counter() - start)
            if here.poll(EVERY):
                break
    status = here.recv()
    process.join(60)
    return waits, status


def decision(number: int) -> Decision:
    """A decision on two records that no department knows: what it is about is of no matter here."""
    sides = (RecordKey("billing", f"unknown {number} {side}") for side in "ab")
    return Decision(*sides, Verdict.UNSURE, "ruth", datetime.now(UTC), f"number {number}", f"group {number}")
