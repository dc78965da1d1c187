"""An erasure that is killed: nobody is erased, or the customer is and the next run finishes it. (Invariant 9)"""

from __future__ import annotations

import os
import shutil
import signal
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from pipelines.project import load_project
from pipelines.steps import erase as step
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_project_warehouse, open_session
from tests.stories.organisation import Organisation, check_sound
from tests.stories.test_erasure import DISTINCTIVE, KEY, peopled
from tests.stories.whole import holding, in_files

MOMENTS = (0.1, 0.3, 0.45, 0.6, 0.7, 0.8, 0.9, 0.97)


def erase_all(folder: Path, golden_id: str, there: Connection) -> None:
    """An erasure, as a process of its own."""
    os.environ["ERASURE_KEY"] = KEY
    project = load_project(folder)
    there.send("loaded")
    with open_session(project) as session:
        step.erase(session, golden_id, "ruth", "art. 17")


def erased(folder: Path, golden_id: str, kill_after: float | None) -> tuple[int | None, float]:
    """Erase in a child; how it ended, and after how long."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["tests.stories.test_erasure_kills"])
    here, there = context.Pipe()
    process = context.Process(target=erase_all, args=(folder, golden_id, there))
    process.start()
    assert here.poll(60)
    start = time.perf_counter()
    if kill_after is not None:
        process.join(kill_after)
        if process.exitcode is None:
            os.kill(process.pid or 0, signal.SIGKILL)
    process.join(60)
    return process.exitcode, time.perf_counter() - start


def test_an_erasure_that_is_killed_has_erased_nobody_or_all_of_a_customer(
    organisation: Organisation, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At eight moments: never half; the next run ends it, down to the bytes of the file, or it can be asked for again. (Invariants 7, 9)"""
    monkeypatch.setenv("ERASURE_KEY", KEY)
    golden_id = peopled(organisation).golden("billing:77").golden_id
    for name in ("undisturbed", *map(str, MOMENTS)):
        shutil.copytree(organisation.folder, tmp_path.with_name("erasing") / name)
    code, seconds = erased(tmp_path.with_name("erasing") / "undisturbed", golden_id, None)
    assert code == 0
    ended = [check_killed(tmp_path.with_name("erasing") / str(moment), golden_id, moment * seconds) for moment in MOMENTS]
    assert {code for code, _ in ended} <= {0, -signal.SIGKILL}
    assert not ended[0][1]
    assert (-signal.SIGKILL, False) in ended


def check_killed(folder: Path, golden_id: str, kill_after: float) -> tuple[int | None, bool]:
    """Kill an erasure, and look: how it ended, and whether the customer is erased."""
    code, _ = erased(folder, golden_id, kill_after)
    project = load_project(folder)
    with open_project_warehouse(project) as warehouse:
        check_sound(warehouse, project)
        with warehouse.connect() as connection:
            found = holding(connection, *DISTINCTIVE)
            state = step.resolve(connection, golden_id).state
    assert state in ("live", "erased")
    assert [bool(columns) for columns in found.values()] == [state == "live"] * len(found)
    with open_session(project) as session:
        if state == "erased":
            consolidate(session)
        else:
            step.erase(session, golden_id, "ruth", "art. 17")
    assert in_files(folder / "warehouse.db", "zoe", "zoe@quill.net", "zquill@old.example") == []
    return code, state == "erased"
