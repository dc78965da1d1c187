"""RESULTS.md: every table of the last measurement, with the command, the versions, the date and the machine."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import date
from importlib.metadata import version
from pathlib import Path

from benchmarks.engines import RIVAL_PYTHON
from benchmarks.tables import Report

RESULTS = Path(__file__).parent / "RESULTS.md"
OURS = ("numpy", "pyarrow", "rapidfuzz", "recordlinkage", "scipy")
THEIRS = ("splink", "duckdb", "recordlinkage")
ASK = "import sys; from importlib.metadata import version; print(', '.join(f'{name} {version(name)}' for name in sys.argv[1:]))"


def results(reports: Sequence[Report], arguments: Sequence[str], measured: str, remarks: Sequence[str] = ()) -> str:
    """The page; `measured` is the commit as it was when measuring began, since it can move on meanwhile."""
    command = " ".join(["python -m benchmarks", *arguments])
    made = [
        "# Results",
        f"Made by `{command}` (`make bench` gives no arguments), {date.today():%d %B %Y}, at commit {measured}.",
        f"Machine: {machine()}. It may have other work: times are a rank, not a promise.",
        f"Versions: Python {platform.python_version()}, {', '.join(f'{name} {version(name)}' for name in OURS)}; rivals: {rivals()}.",
        *(f"Note: {remark}." for remark in remarks),
        *(report.markdown() for report in reports),
    ]
    return "\n\n".join(made) + "\n"


def machine() -> str:
    """Processor, cores and memory."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory:.0f} GB"


def commit() -> str:
    """The commit that is measured."""
    told = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=RESULTS.parent, capture_output=True, text=True, check=False)
    return told.stdout.strip() or "unknown"


def rivals() -> str:
    """What is in the rivals' environment."""
    if not RIVAL_PYTHON.exists():
        return "none"
    told = subprocess.run([str(RIVAL_PYTHON), "-c", ASK, *THEIRS], capture_output=True, text=True, check=False)
    return told.stdout.strip() or "none"
