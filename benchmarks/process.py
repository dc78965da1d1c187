"""Run an engine in a process of its own, so that its time and its peak memory are its own."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.rivals.watch import BEGAN, peak_mb


class EngineFailed(Exception):
    """An engine ended with an error; its last words are the message."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What one process took."""

    seconds: float
    """From its start, interpreter and imports with it, to the written clusters."""
    cpu: float
    """Processor seconds of all its threads: what counts on a machine that has other work."""
    peak_mb: float
    report: dict[str, Any]
    """What it says of itself; empty where it says nothing."""


def run(command: Sequence[str], out: Path, seconds: float = 7200.0) -> Ran:
    """Run a command that writes into `out`; EngineFailed where it ends with an error or takes longer than `seconds`.

    An engine that goes on after its clusters, to write what only the benchmark needs, notes its own figures in `report.json` before.
    """
    began = time.time()
    with (out / "stderr.txt").open("w+") as words:
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=words, env=os.environ | {BEGAN: str(began)})
        usage = wait(process, began + seconds)
        took = time.time() - began
        if process.returncode:
            words.seek(0)
            raise EngineFailed((words.read().strip().splitlines() or ["no message"])[-1])
    report = json.loads(path.read_text()) if (path := out / "report.json").exists() else {}
    told = report.pop("process", {})
    return Ran(told.get("seconds", took), told.get("cpu", usage[0]), told.get("peak_mb", usage[1]), report)


def wait(process: subprocess.Popen[bytes], until: float) -> tuple[float, float]:
    """Wait for a process to end, or end it; its processor seconds and peak memory in MB."""
    peak = 0.0
    while True:
        peak = max(peak, peak_mb(process.pid))
        found, status, usage = os.wait4(process.pid, os.WNOHANG)
        if found:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage.ru_utime + usage.ru_stime, peak
        if time.time() > until:
            process.kill()
            until = float("inf")
        time.sleep(0.02)
