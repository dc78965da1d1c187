"""`onefold show --as-of`, `show --versions`, `export --as-of`, `diff`, `preview` and `publish`, as they are typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.stories.organisation import Organisation
from tests.stories.people import drawn

CRM = drawn("id", {"1": "Ann", "2": "Bob"})
LATER = drawn("id", {"1": "Ann", "3": "Cleo"}, city=["Wells", "Hull"])


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a project with two publications: Ann moves, Bob leaves, Cleo comes."""
    organisation = Organisation(tmp_path_factory.mktemp("twice"))
    organisation.department("crm", CRM)
    organisation.run()
    organisation.department("crm", LATER)
    organisation.run()
    return organisation.folder


def test_the_past_is_shown(onefold, twice):
    """One customer as of the first run, and the sentence that says of when."""
    told = onefold("show", "crm:1", "--as-of", "1", "--project", twice)
    assert told.exit_code == 0
    assert "as published by run 1 of 20" in told.stdout
    assert "Leeds" in told.stdout
    assert "Wells" not in told.stdout
    found = json.loads(onefold("show", "crm:2", "--as-of", "1", "--json", "--project", twice).stdout)
    assert (found["as_of"]["run"], found["golden_id"]) == (1, "C-00000002-6")
    later = onefold("show", "C-00000003-4", "--as-of", "1", "--project", twice)
    assert (later.exit_code, "C-00000003-4 had not been given yet as of run 1" in later.stderr) == (1, True)


def test_every_version_is_shown(onefold, twice):
    """Of a record that changed, of one that went, and of a golden id."""
    assert 'city: "Leeds" → "Wells"' in onefold("show", "crm:1", "--versions", "--project", twice).stdout
    assert "gone from its source" in onefold("show", "crm:2", "--versions", "--project", twice).stdout
    golden = onefold("show", "C-00000002-6", "--versions", "--project", twice).stdout
    assert "with crm:2" in golden
    assert golden.rstrip().splitlines()[-1].strip() == "without crm:2"
    found = json.loads(onefold("show", "crm:1", "--versions", "--json", "--project", twice).stdout)
    assert [one["version"]["from_run"] for one in found["versions"]] == [1, 2]
    assert found["versions"][1]["changes"] == [{"name": "city", "before": "Leeds", "after": "Wells"}]
    assert onefold("show", "crm:1", "--versions", "--as-of", "1", "--project", twice).exit_code == 2


def test_the_past_is_exported(onefold, twice, tmp_path):
    """The crosswalk of the first run has Bob and not Cleo."""
    out = tmp_path / "then.csv"
    assert onefold("export", "crosswalk", "--as-of", "1", "--out", out, "--project", twice).exit_code == 0
    assert sorted(line.split(",")[1].strip(chr(34)) for line in out.read_text().splitlines()[1:]) == ["1", "2"]
    assert onefold("export", "golden", "--as-of", "2020-01-01", "--out", out, "--project", twice).exit_code == 1


def test_two_publications_are_compared(onefold, twice):
    """Without arguments the last two; what is listed is limited, counts are not."""
    told = onefold("diff", "--project", twice).stdout
    assert "golden ids     1 minted, 1 retired" in told
    assert "Leeds" in told
    found = json.loads(onefold("diff", "2", "1", "--limit", "0", "--json", "--project", twice).stdout)
    assert (found["before"]["run"], found["after"]["run"]) == (1, 2)
    assert (found["records_arrived"], found["records_left"], found["values_changed"]["city"]) == (1, 1, 1)
    assert found["values"] == found["minted"] == []
    assert "Nothing changed." in onefold("diff", "2", "2", "--project", twice).stdout


def test_publishing_by_hand_needs_a_reason_and_one_of_two(onefold, twice):
    """Wrong usage is told before anything is opened."""
    assert onefold("publish", "--restore", "1", "--project", twice).exit_code == 2
    assert onefold("publish", "--reason", "x", "--project", twice).exit_code == 2
    assert onefold("publish", "--restore", "1", "--resume", "--reason", "x", "--project", twice).exit_code == 2
    refused = onefold("publish", "--restore", "2", "--reason", "x", "--project", twice)
    assert (refused.exit_code, "run 2 is what is published" in refused.stderr) == (1, True)


def test_a_publication_is_looked_ahead_from_restored_and_resumed(onefold, twice):
    """A preview of nothing says so; restoring says what came of it, status that it is kept, and resuming ends that."""
    ahead = onefold("preview", "--project", twice)
    assert "Nothing changed." in ahead.stdout
    assert "Nothing was published or changed." in ahead.stdout
    done = onefold("publish", "--restore", "1", "--by", "ruth", "--reason", "wrong file", "--project", twice)
    assert "Published again what run 1 had published, as run 3, for ruth." in done.stdout
    assert "It is kept, run 1 restored by ruth on" in onefold("status", "--project", twice).stdout
    kept = json.loads(onefold("preview", "--json", "--project", twice).stdout)
    assert "not_restored" in kept["gate"]
    assert (kept["records_arrived"], kept["records_left"]) == (1, 1)
    resumed = json.loads(onefold("publish", "--resume", "--by", "ruth", "--reason", "mended", "--json", "--project", twice).stdout)
    assert resumed == {"run": 3, "resumed_by": "ruth"}
