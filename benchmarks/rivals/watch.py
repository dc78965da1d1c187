"""A stopwatch that every engine carries, ours and the rivals'; it needs nothing but Python."""

from __future__ import annotations

import os
import re
import resource
import time
from pathlib import Path

BEGAN = "ONEFOLD_BENCH_BEGAN"
"""Environment variable with the moment the process was started, in seconds since 1970."""


class Stopwatch:
    """Seconds by stage, and what the process took since it was started."""

    def __init__(self) -> None:
        began = time.time()
        self.started = float(os.environ.get(BEGAN, began))
        self.stages = {"start": began - self.started}

    def lap(self, stage: str) -> None:
        """A stage has ended."""
        self.stages[stage] = time.time() - self.started - sum(self.stages.values())

    def process(self) -> dict[str, float]:
        """Seconds, processor seconds and peak memory in MB of the process until now."""
        usage = resource.getrusage(resource.RUSAGE_SELF)
        return {"seconds": time.time() - self.started, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": peak_mb("self")}


def peak_mb(process: int | str) -> float:
    """The most memory a process has held, in MB; 0 where it cannot be told.

    Not from `getrusage`: a child is charged there with what its parent held when it was started.
    """
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    except OSError:
        found = None
    return int(found[1]) / 1024 if found else 0.0
