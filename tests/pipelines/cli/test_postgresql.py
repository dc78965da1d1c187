"""PostgreSQL: what is asked of a warehouse on a server is answered as on a file."""

from __future__ import annotations

import json

import pyarrow.parquet as pq
import pytest

from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.session import open_session


@pytest.fixture
def on_a_server(unrun_copy, postgres_url, monkeypatch):
    """The demo organisation, run once, with its warehouse on a server."""
    monkeypatch.setenv("WAREHOUSE_URL", postgres_url)
    file = unrun_copy / "onefold.yaml"
    file.write_text(file.read_text().replace("warehouse: sqlite:///warehouse.db", 'warehouse: "${WAREHOUSE_URL}"'))
    with open_session(load_project(unrun_copy)) as session:
        consolidate(session)
    return unrun_copy


def test_every_question_has_its_answer(onefold, on_a_server, published_folder, tmp_path):
    """Status, show, explain and both exports: the same as of the same data in a file. (Invariant 6)"""
    questions = (["show", "C-00000001-8"], ["show", "C-00000002-6"], ["explain", *keys(onefold, published_folder)])
    for question in questions:
        there, here = (json.loads(onefold(*question, "--json", "--project", folder).stdout) for folder in (on_a_server, published_folder))
        assert there == here
    status = json.loads(onefold("status", "--json", "--project", on_a_server).stdout)
    assert status["publication"]["run"] == 1
    for table in ("golden", "crosswalk"):
        tables = []
        for name, folder in (("there", on_a_server), ("here", published_folder)):
            out = tmp_path / f"{table}_{name}.parquet"
            assert onefold("export", table, "--out", out, "--project", folder).exit_code == 0
            tables.append(pq.read_table(out))
        there, here = tables
        assert there.schema == here.schema
        order = [("source", "ascending"), ("record_key", "ascending")] if table == "crosswalk" else [("golden_id", "ascending")]
        assert there.sort_by(order).to_pylist() == here.sort_by(order).to_pylist()


def keys(onefold, folder) -> list[str]:
    """Two records to compare."""
    found = [json.loads(onefold("show", golden_id, "--json", "--project", folder).stdout) for golden_id in ("C-00000001-8", "C-00000002-6")]
    return [one["members"][0]["record"] for one in found]
