"""The tests' own promises: what is left out is said aloud, and on CI nothing is."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NO_SERVER = """
import conftest

conftest.postgres_programs = lambda: None

def test_on_postgresql(postgres_url):
    '''Needs a server.'''

def test_elsewhere():
    '''Needs nothing.'''
"""


def run_without_server(folder: Path, ci: str) -> str:
    (folder / "conftest.py").write_text((HERE / "conftest.py").read_text())
    (folder / "test_it.py").write_text(NO_SERVER)
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(HERE.parent)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("ci", ["", "false"])
def test_a_test_without_its_server_is_left_out_aloud(tmp_path, ci):
    """Its name and the reason stand in the summary."""
    told = run_without_server(tmp_path, ci)
    assert "left out: test_it.py::test_on_postgresql: no PostgreSQL server is installed" in told
    assert re.search(r"1 passed, 1 skipped", told)


def test_on_ci_leaving_a_test_out_is_a_failure(tmp_path):
    """Where everything must be there, a missing server is an error."""
    told = run_without_server(tmp_path, "true")
    assert "CI leaves nothing out: no PostgreSQL server is installed" in told
    assert re.search(r"1 passed, 1 error", told)


def test_a_fresh_database_is_empty_and_its_own(postgres_url, postgres_server):
    """Two tests never share a database."""
    import psycopg

    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    assert postgres_url != postgres_server.url("postgres")
