"""Ctrl-C in the middle of `onefold dedupe`: one sentence, an exit code, and no file that is not whole."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
import os, signal, sys
from pipelines.cli.app import app
from pipelines.steps.dedupe import run

signal.signal(signal.SIGINT, signal.default_int_handler)  # a process started in the background ignores it

class Stopped(run.Watch):
    def stage(self, name):
        super().stage(name)
        if name == sys.argv[1]:
            os.kill(os.getpid(), signal.SIGINT)

run.Watch = Stopped
app(sys.argv[2:], prog_name="onefold")
"""


@pytest.mark.parametrize("stage", ["reading", "standardising", "matching", "writing"])
def test_what_is_stopped_half_way_leaves_everything_as_it_was(tmp_path: Path, stage: str):
    """What was there before stays, nothing else comes into being, and it is said. (Invariant 9)"""
    (tmp_path / "in.csv").write_text("id,last_name,email\n1,Lee,a@x.org\n2,Lee,a@x.org\n3,Ray,b@x.org\n")
    (tmp_path / "out.csv").write_text("what was there")
    asked = ["dedupe", "in.csv", "--out", "out.csv", "--pairs", "pairs.csv", "--save-map", "map.yaml"]
    command = [sys.executable, "-c", RUN, stage, *asked]
    told = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), check=False)
    assert told.returncode == 128 + signal.SIGINT, told.stderr
    assert told.stderr == "Error: Stopped. No file is half written; running again begins anew.\n"
    assert (tmp_path / "out.csv").read_text() == "what was there"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv", "out.csv"]
