"""Stewards' acts at the keyboard: each says what it did, what came of it and how to undo it."""

from __future__ import annotations

import json
import re

from pipelines.project import load_project
from pipelines.steps.lookup import example, written
from pipelines.steps.session import open_project_warehouse
from warehouse.audit import PROGRAM, broken, entries
from warehouse.ledger import members


def test_acts_from_the_command_line(onefold, published_copy):
    """A pin and a merge that wait, a pin that is published, the list of acts, undoing; all of it in the audit log. (Invariants 3, 4)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        golden_id, keys = example(warehouse)
        with warehouse.connect() as connection:
            other = next(number for number in range(1, 30) if members(connection, number) and written(number) != golden_id)

    def told(*arguments, code=0):
        found = onefold(*arguments, "--project", published_copy)
        assert found.exit_code == code, found.stderr or found.stdout
        return found.stdout

    why = ("--reason", "she asked them", "--by", "ruth")
    merged = json.loads(told("merge", golden_id, written(other), *why, "--later", "--json"))
    assert (merged["status"], merged["golden_ids"]) == ("later", [golden_id, written(other)])
    separate = onefold("decide", str(keys[0]), str(keys[1]), "different", *why, "--later", "--project", published_copy)
    assert separate.exit_code == 1
    assert f"(act {merged['act']})" in separate.stderr
    assert "is taken back" in told("undo", merged["act"][:6], *why, "--later")
    pinned = told("pin", keys[0], "given_name", "Zacharias", *why, "--expires", "2999-01-01")
    assert "Published, run 2." in pinned
    act = re.search(r"onefold undo (\w+)", pinned)[1]
    assert "pinned by ruth" in told("show", golden_id)
    assert json.loads(told("status", "--json"))["publication"]["run"] == 2
    assert [one["act"] for one in json.loads(told("undo", "--list", "--json"))["acts"]] == [act]
    assert "she asked them" in told("undo", "--list")
    apart = told("split", golden_id, "--apart", keys[0], *why, "--later")
    assert f"{golden_id} is several customers." in apart
    assert "--reason" in onefold("undo", act, "--project", published_copy).stderr
    assert onefold("split", golden_id, *why, "--project", published_copy).exit_code == 2
    assert onefold("pin", golden_id, "given_name", *why, "--project", published_copy).exit_code == 2
    with open_project_warehouse(project) as warehouse, warehouse.connect() as connection:
        assert [one.action for one in entries(connection) if one.actor != PROGRAM] == ["split", "pin", "undo", "merge"]
        assert broken(connection) == []
