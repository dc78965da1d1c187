"""The doctor on the command line."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import yaml

PROJECT = {
    "name": "small",
    "warehouse": "sqlite:///warehouse.db",
    "attributes": {"given_name": {"type": "given_name"}, "email": {"type": "email"}},
    "sources": {"crm": {"connect": {"kind": "csv", "path": "crm.csv"}, "key": "id", "map": {"given_name": "name", "email": "mail"}}},
}


def test_the_doctor_says_what_is_wrong(onefold, tmp_path: Path) -> None:
    """All is well with exit code 0; a broken row is a sentence with a count, and exit code 1; nobody's data are in it. (Invariant 11)"""
    (tmp_path / "onefold.yaml").write_text(yaml.safe_dump(PROJECT))
    (tmp_path / "crm.csv").write_text("id,name,mail\n1,Ann,ann@lee.example\n2,Bob,bob@ray.example\n")
    assert onefold("doctor", "--project", tmp_path).stdout.startswith("All is well: nothing is published yet")
    assert onefold("run", "--project", tmp_path).exit_code == 0
    well = onefold("doctor", "--json", "--project", tmp_path)
    assert (well.exit_code, json.loads(well.stdout)["status"], json.loads(well.stdout)["problems"]) == (0, "fine", [])
    with closing(sqlite3.connect(tmp_path / "warehouse.db")) as database, database:
        database.execute("UPDATE golden_version SET email = 'eve@evil.example' WHERE golden_number = 1")
    ill = onefold("doctor", "--project", tmp_path)
    assert ill.exit_code == 1
    assert "1 golden values of 'email' are not what their record holds" in ill.stdout
    assert "evil" not in ill.stdout + ill.stderr
    told = json.loads(onefold("doctor", "--json", "--project", tmp_path).stdout)
    assert told["status"] == "broken"
    assert told["problems"] == ["1 golden values of 'email' are not what their record holds"]
