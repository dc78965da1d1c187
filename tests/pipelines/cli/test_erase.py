"""`onefold erase` and `onefold subject`: what is asked, what is told, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.organisation import Organisation
from tests.stories.people import drawn

KEY = {"ERASURE_KEY": "a key that nobody can guess"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Ann, Bob and Cleo, published."""
    organisation = Organisation(tmp_path, settings={"erase": {"key": "${ERASURE_KEY}"}})
    organisation.department("crm", drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"}))
    organisation.run()
    return tmp_path


def test_an_erasure_says_what_it_did_and_a_lift_too(onefold, folder):
    """For scripts and for people; then the id is gone, and the log still verifies."""
    told = json.loads(onefold("erase", "C-00000001-8", "--reason", "art. 17", "--yes", "--json", "--project", folder, **KEY).stdout)
    assert (told["run"], told["holding"]["records"], told["finished"], told["holding"]["identities"]) == (2, {"crm": 1}, True, 1)
    gone = onefold("show", "C-00000001-8", "--project", folder)
    assert (gone.exit_code, gone.stderr) == (1, "Error: C-00000001-8 is gone: the customer was erased, and nothing of them is kept.\n")
    assert onefold("audit", "verify", "--project", folder).exit_code == 0
    assert onefold("status", "--project", folder).exit_code == 0
    assert onefold("report", "--project", folder).exit_code == 0
    run = json.loads(onefold("run", "--json", "--project", folder, **KEY).stdout)
    assert (run["status"], run["suppressed"], run["accepted"]) == ("unchanged", 1, 2)
    lifted = onefold("erase", "C-00000001-8", "--lift", "--reason", "she asked", "--project", folder)
    assert "let in again from the next run on, under a new golden id" in " ".join(lifted.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "environment", "told", "code"),
    [
        (["C-00000001-8", "--reason", "x"], KEY, "an erasure cannot be undone, and nobody can be asked here: add --yes", 2),
        (["C-00000001-8", "--reason", " ", "--yes"], KEY, "it says nothing", 2),
        (["C-00000001-8", "--yes"], KEY, "Missing option '--reason'", 2),
        (["C-00000001-8", "--reason", "x", "--yes"], {}, "erase.key: ERASURE_KEY is not set in the environment", 1),
        (["C-00000009-1", "--reason", "x", "--yes"], KEY, "no golden customer has or had the id 'C-00000009-1'", 1),
        (["C-00000001-8", "--reason", "x", "--lift"], KEY, "C-00000001-8 is not erased: there is nothing to lift.", 1),
    ],
)
def test_what_cannot_be_erased_is_one_sentence_and_changes_nothing(onefold, folder, arguments, environment, told, code):
    """The customer is still there."""
    result = onefold("erase", *arguments, "--project", folder, **environment)
    assert (result.exit_code, told in " ".join(result.stderr.split())) == (code, True), result.stderr
    assert onefold("show", "C-00000001-8", "--project", folder).exit_code == 0


def test_a_project_without_a_key_is_told_to_name_one(onefold, folder):
    """The words to write."""
    file = folder / "onefold.yaml"
    file.write_text(file.read_text().replace("erase:\n  key: ${ERASURE_KEY}\n", ""))
    told = onefold("erase", "C-00000001-8", "--reason", "x", "--yes", "--project", folder)
    assert "write erase: {key: ${ONEFOLD_ERASURE_KEY}} and set that variable" in told.stderr


def test_a_key_in_the_file_is_refused_and_not_repeated(onefold, folder):
    """It would stand there for everybody to read."""
    file = folder / "onefold.yaml"
    file.write_text(file.read_text().replace("${ERASURE_KEY}", "hunter2hunter2hunter2"))
    told = onefold("check", "--project", folder)
    assert "erase.key: it stands in the file for everybody to read" in told.stdout + told.stderr
    assert "hunter2" not in told.stdout + told.stderr


def test_an_export_says_where_it_is(onefold, folder, tmp_path):
    """Two files, for their owner alone."""
    told = json.loads(onefold("subject", "C-00000001-8", "--out", tmp_path / "out", "--json", "--project", folder).stdout)
    assert (told["golden_id"], told["counts"]["source_records"]) == ("C-00000001-8", 1)
    assert json.loads(Path(told["json"]).read_text())["golden"]["email"] == "ann@lee.example"
    assert "ann@lee.example" in Path(told["html"]).read_text()
