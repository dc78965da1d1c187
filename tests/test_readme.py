"""The README says what is so."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from pipelines.demo import make_demo

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path):
    """Links to files of the repository name files that are there."""
    links = re.findall(r"\]\((?!https?:|#)([^)#\s]+)", page.read_text())
    missing = [link for link in links if not (page.parent / link).exists()]
    assert not missing


def test_the_record_that_is_walked_through_is_in_the_demo(tmp_path):
    """Billing's row C-000043, as `make demo` makes it, is the one the README quotes."""
    make_demo(tmp_path / "demo", records=20_000, seed=1)
    with sqlite3.connect(tmp_path / "demo" / "billing.db") as billing:
        tables = [name for (name,) in billing.execute("select name from sqlite_master where type = 'table'")]
        rows = [row for table in tables for row in billing.execute(f'select * from "{table}"') if "C-000043" in row]
    said = re.search(r'`cust_nm: "([^"]+)"`', README)
    assert said
    assert any(said[1] in row for row in rows)


def test_the_two_commands_stand_on_the_first_screen():
    """Whoever opens the README sees them at once."""
    first = README.splitlines()[:16]
    assert any(line.startswith("make demo") for line in first)
    assert any(line.startswith("make test") for line in first)
