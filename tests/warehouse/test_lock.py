"""One run at a time."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import WarehouseBusy
from warehouse.lock import run_lock
from warehouse.runs import start_run

HOLDER = """
import sys, time
from pathlib import Path
from warehouse.database import open_warehouse
from warehouse.lock import run_lock
with run_lock(open_warehouse(sys.argv[1], Path(sys.argv[2]))):
    print("held", flush=True)
    time.sleep(60)
"""


def test_a_second_run_is_told_who_holds_the_warehouse(warehouse):
    """The lock names the run, the process and since when."""
    with run_lock(warehouse):
        run = start_run(warehouse, datetime.now(UTC))
        told = rf"another run holds the warehouse \(run {run.number}, process {os.getpid()} on .*, since 20..-..-.. ..:..:.. UTC\): wait"
        with pytest.raises(WarehouseBusy, match=told), run_lock(warehouse):
            pass
    with run_lock(warehouse):
        pass


def test_an_error_frees_the_lock(warehouse):
    """A run that fails does not keep the next one out."""
    with pytest.raises(ZeroDivisionError), run_lock(warehouse):
        raise ZeroDivisionError
    with run_lock(warehouse):
        pass


def test_the_death_of_its_holder_frees_the_lock(warehouse, warehouse_url, tmp_path):
    """A process that is killed leaves no lock behind. (Invariant 9)"""
    root = Path(__file__).parents[2]
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, warehouse_url, str(tmp_path)], stdout=subprocess.PIPE, cwd=root)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    with pytest.raises(WarehouseBusy, match=f"process {holder.pid} on"), run_lock(warehouse):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.communicate()
    for _ in range(100):  # a server takes a moment to see that its client is gone
        try:
            with run_lock(warehouse):
                return
        except WarehouseBusy:
            continue
    pytest.fail("the lock outlived its holder")


def test_whoever_waits_gets_the_lock_when_its_holder_ends(warehouse, warehouse_url, tmp_path):
    """With a patience the second run begins when the first has ended, however that was; without enough of it, the holder is named."""
    root = Path(__file__).parents[2]
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, warehouse_url, str(tmp_path)], stdout=subprocess.PIPE, cwd=root)
    assert holder.stdout is not None
    assert holder.stdout.readline() == b"held\n"
    start = time.monotonic()
    with pytest.raises(WarehouseBusy, match=f"process {holder.pid} on"), run_lock(warehouse, wait=0.7):
        pass
    assert time.monotonic() - start >= 0.7
    threading.Timer(0.5, lambda: holder.send_signal(signal.SIGKILL)).start()
    with run_lock(warehouse, wait=60):
        assert holder.poll() is not None or holder.wait(10) == -signal.SIGKILL
