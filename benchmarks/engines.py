"""The engines that are measured, each as a command that turns a set's folder into clusters."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.cleaned import Cleaned
from benchmarks.zero import can_dedupe, zero_command

RIVALS = Path(__file__).parent / "rivals"
RIVAL_PYTHON = Path(__file__).parents[1] / ".venv-rivals" / "bin" / "python"
ECM_RECORDS = 10_000
"""Records up to which recordlinkage is measured: it compares some 0.2 million pairs a second."""


@dataclass(frozen=True, slots=True)
class MatchSet:
    """One set, ready for every engine."""

    name: str
    cleaned: Cleaned
    raw: Path | None = None
    """The same rows as they come, one CSV file a source; none where only cleaned columns are measured."""


@dataclass(frozen=True, slots=True)
class Engine:
    """Something that finds who is who."""

    name: str
    command: Callable[[MatchSet, Path], list[str]]
    """The command that writes into a folder."""
    takes: Callable[[MatchSet], bool] = lambda _: True
    """Whether it is measured on a set."""
    thresholds: bool = False
    """Whether its clusters are what is connected at a threshold, so that it has a best one."""


def rival(script: str) -> Callable[[MatchSet, Path], list[str]]:
    """A script of the rivals' own environment."""
    return lambda one, out: [str(RIVAL_PYTHON), str(RIVALS / script), str(one.cleaned.folder), str(out)]


ONEFOLD = Engine("Onefold", lambda one, out: [sys.executable, "-m", "benchmarks.ours", str(one.cleaned.folder), str(out)])
ZERO = Engine(
    "Onefold, no map", lambda one, out: zero_command(one.raw or one.cleaned.folder, out), lambda one: can_dedupe() and one.raw is not None
)
SPLINK = Engine("Splink", rival("splink_rival.py"), thresholds=True)
ECM = Engine("recordlinkage ECM", rival("recordlinkage_rival.py"), lambda one: len(one.cleaned) <= ECM_RECORDS, thresholds=True)


@cache
def rivals_missing(python: Path = RIVAL_PYTHON) -> str:
    """Why the rivals cannot be measured; empty where they can."""
    if not python.exists():
        return f"the rivals are left out: their environment {python.parents[1].name} is not there. `make bench` makes it, where it can"
    tried = subprocess.run([str(python), "-c", "import splink, recordlinkage"], capture_output=True, text=True, check=False)
    words = tried.stderr.strip().splitlines() or ["no message"]
    return f"the rivals are left out: their environment does not work ({words[-1]})" if tried.returncode else ""
