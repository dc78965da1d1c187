"""`onefold adopt` as it is typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.organisation import Organisation
from tests.stories.people import drawn


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project with one department, run once."""
    organisation = Organisation(tmp_path)
    organisation.department("crm", drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"}))
    organisation.run()
    return tmp_path


def test_ids_are_adopted_shown_exported_and_audited(onefold, folder: Path) -> None:
    """Who has the old id finds the customer; who did it and why is in the log."""
    file = folder / "ids.csv"
    file.write_text("source,key,id\ncrm,2,OLD-2\ncrm,9,OLD-9\n")
    told = onefold("adopt", "ids", file, "--reason", "the hub ends", "--by", "ruth", "--json", "--project", folder)
    assert json.loads(told.stdout) == {"ids": 2, "records": 2, "minted": 1, "given": 1, "known": 0, "split": [], "shared": []}
    shown = onefold("show", "OLD-2", "--project", folder)
    assert "It was adopted as C-" in shown.stdout
    assert "none of its records has been published yet" in onefold("show", "OLD-9", "--project", folder).stderr
    onefold("export", "adopted", "--out", folder / "old.csv", "--project", folder)
    lines = (folder / "old.csv").read_text().splitlines()
    assert lines[0].replace('"', "") == "external_id,golden_id,adopted_as,state"
    assert sorted(line.replace('"', "").rsplit(",", 1)[1] for line in lines[1:]) == ["live", "waiting"]
    log = json.loads(onefold("audit", "ids", "--json", "--project", folder).stdout)["entries"][0]
    assert (log["actor"], log["action"], log["payload"]["reason"]) == ("ruth", "adopt", "the hub ends")


def test_decisions_are_adopted(onefold, folder: Path) -> None:
    """They are counted; a reason is asked for."""
    file = folder / "said.csv"
    file.write_text("left,right,verdict,by,at,reason\ncrm:1,crm:2,same,otto,2019-05-01,married\n")
    assert onefold("adopt", "decisions", file, "--project", folder).exit_code == 2
    told = onefold("adopt", "decisions", file, "--reason", "the hub ends", "--project", folder)
    assert told.stdout.startswith("Adopted 1 decisions; 0 were known.")


def test_a_file_that_is_not_there_is_one_sentence(onefold, folder: Path) -> None:
    """It says which file, and what it should be."""
    told = onefold("adopt", "ids", folder / "none.csv", "--reason", "r", "--project", folder)
    assert told.exit_code == 1
    assert "cannot be read: name a Parquet file, or a CSV file in UTF-8 with the columns source, key, id" in " ".join(told.stderr.split())
