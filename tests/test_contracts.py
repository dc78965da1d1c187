"""What the house as a whole keeps to: imports point down, files can be read in a sitting, nothing is left for later."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

HOUSE = Path(__file__).parents[1]
PACKAGES = ("domain", "connectors", "matching", "quality", "warehouse", "pipelines", "stewardship")
CODE = sorted(path for package in PACKAGES for path in (HOUSE / package).rglob("*.py"))
TEXTS = sorted(
    path
    for folder in (*PACKAGES, "tests", "benchmarks", "docs", ".ci")
    for path in (HOUSE / folder).rglob("*")
    if path.suffix in (".py", ".md", ".sh", ".html", ".css", ".yaml", ".toml", "") and path.is_file()
) + [HOUSE / name for name in ("Makefile", "README.md", "pyproject.toml", "constraints.txt") if (HOUSE / name).exists()]
LONGEST = 300

LONGER = {
    "warehouse/migrations/versions/0001_first_tables.py": "a migration lists every table as it was then",
}
"""Files that are longer, and why."""


def test_imports_point_down() -> None:
    """The contracts of pyproject.toml hold: layers, and who may know Dagster, Great Expectations and our database."""
    found = subprocess.run([Path(sys.executable).with_name("lint-imports")], cwd=HOUSE, capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout


def test_a_file_can_be_read_in_a_sitting() -> None:
    """No file of ours is longer than 300 lines without a reason; a reason that is no longer needed is taken out."""
    long = {str(path.relative_to(HOUSE)) for path in CODE if len(path.read_text(encoding="utf-8").splitlines()) > LONGEST}
    assert long == LONGER.keys()


def test_nothing_is_left_for_later() -> None:
    """No mark of unfinished work stands in any file: what is missing is an issue, not a comment."""
    mark = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X\\b"]))
    marked = {str(path.relative_to(HOUSE)) for path in TEXTS if path != Path(__file__) and mark.search(path.read_text(encoding="utf-8"))}
    assert marked == set()


def test_pins_are_names_and_versions_and_nothing_else() -> None:
    """No index or mirror is named, so that the project installs wherever packages come from; each package once."""
    lines = [line for line in (HOUSE / "constraints.txt").read_text().splitlines() if line.strip() and not line.startswith("#")]
    pin = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*==[0-9][A-Za-z0-9.+!]*( *;.*)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []
    names = [re.sub(r"[-_.]+", "-", line.split("==")[0]).lower() for line in lines]
    assert len(names) == len(set(names))


def test_no_file_names_an_index_or_mirror() -> None:
    """Where packages come from is the machine's business."""
    index = re.compile(r"--(extra-)?index-url|--trusted-host|--find-links|/simple/?\s|PIP_INDEX" + "_URL")
    named = {str(path.relative_to(HOUSE)) for path in TEXTS if path != Path(__file__) and index.search(path.read_text(encoding="utf-8"))}
    assert named == set()


def test_a_file_says_what_it_is_for() -> None:
    """Every module has a docstring, so that a folder reads as a table of contents."""
    silent = [str(path.relative_to(HOUSE)) for path in CODE if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))]
    assert silent == []
