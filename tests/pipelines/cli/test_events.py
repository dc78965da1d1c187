"""`onefold events` and `onefold audit`: what consumers and auditors read, and what they are told when it cannot be."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipelines.project import load_project
from pipelines.steps.session import open_project_warehouse
from pipelines.steps.webhook import signature
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.tables import audit_entry, audit_payload

ROOT = Path(__file__).parents[3]
PEOPLE = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"})


@pytest.fixture(scope="module")
def two_publications(tmp_path_factory: pytest.TempPathFactory) -> Organisation:
    """Three customers, and then Bob has another e-mail: four events, two publications in the audit log. Tests leave it as it is."""
    organisation = Organisation(tmp_path_factory.mktemp("told"))
    organisation.department("crm", PEOPLE)
    organisation.run()
    organisation.department("crm", PEOPLE.replace("bob@ray", "bobby@ray"))
    organisation.run()
    return organisation


@pytest.fixture
def folder(two_publications: Organisation, tmp_path: Path) -> Path:
    """A copy for a test to change."""
    return Path(shutil.copytree(two_publications.folder, tmp_path / "copy"))


def test_events_are_json_one_a_line(onefold, two_publications):
    """As `docs/events.md` says; those after one, and so many at most."""
    told = onefold("events", "--project", two_publications.folder, "--json")
    lines = [json.loads(line) for line in told.stdout.splitlines()]
    assert [line["event_id"] for line in lines] == [1, 2, 3, 4]
    assert list(lines[0]) == ["event_id", "kind", "golden_id", "other_id", "run", "published_at", "before", "after"]
    assert (lines[3]["kind"], lines[3]["before"]["values"]["email"]) == ("changed", "bob@ray.example")
    part = onefold("events", "--project", two_publications.folder, "--json", "--after", "1", "--limit", "2")
    assert [json.loads(line)["event_id"] for line in part.stdout.splitlines()] == [2, 3]


def test_the_documented_event_has_the_keys_of_a_real_one(onefold, two_publications):
    """An example that is not executed is a rumour."""
    example = json.loads(re.search(r"```json\n(.*?)```", (ROOT / "docs" / "events.md").read_text(), re.S)[1])
    told = json.loads(onefold("events", "--project", two_publications.folder, "--json", "--after", "3").stdout)
    assert list(example) == list(told)
    assert list(example["after"]) == list(told["after"])


def test_events_for_people_tell_what_changed(onefold, two_publications):
    """A line for what happened, and one for each value that is other than before."""
    told = onefold("events", "--project", two_publications.folder, "--after", "3").stdout.splitlines()
    assert re.fullmatch(r"4  changed C-0*\d+-\d  \(run 2, \d{4}-\d\d-\d\d \d\d:\d\d UTC\)", told[0])
    assert told[1:] == ["    email: bob@ray.example → bobby@ray.example"]


def test_following_waits_for_more_and_ends_cleanly(folder, two_publications):
    """What is published meanwhile comes too; Ctrl-C ends it with 0."""
    heeding = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # in the background it is ignored
    command = [sys.executable, "-c", f"{heeding}; from pipelines.cli import main; main()", "events", "--follow", "--json", "--after", "3"]
    reader = subprocess.Popen(
        [*command, "--project", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert reader.stdout
    assert json.loads(reader.stdout.readline())["event_id"] == 4
    organisation = Organisation(folder, sources=two_publications.sources)
    organisation.department("crm", PEOPLE)
    organisation.run()
    assert json.loads(reader.stdout.readline())["event_id"] == 5
    reader.send_signal(signal.SIGINT)
    out, errors = reader.communicate(timeout=60)
    assert (reader.returncode, out, errors) == (0, "", "")


def test_delivering_without_a_subscriber_says_what_to_do(onefold, two_publications):
    """Nobody is declared."""
    told = onefold("events", "deliver", "--once", "--project", two_publications.folder)
    assert told.exit_code == 1
    assert "the project file names no subscriber: declare one under events:" in told.stderr


def test_deliveries_that_fail_are_listed_and_sent_again(onefold, folder, two_publications):
    """The subscriber is not there: every event is given up at once, and stays in the list."""
    Organisation(folder, sources=two_publications.sources, settings={"events": {"crm_system": {"url": "${HOOK}", "attempts": 1}}}).project()
    gone = {"HOOK": "http://127.0.0.1:1/hook?token=s3cr3t"}
    told = onefold("events", "deliver", "--once", "--project", folder, **gone)
    assert told.stdout == "crm_system: 0 delivered, 0 waiting, 4 given up, it cannot be reached\n"
    dead = json.loads(onefold("events", "dead", "--json", "--project", folder).stdout)["dead"]
    assert [(one["event_id"], one["attempts"], one["reason"]) for one in dead] == [(n, 1, "it cannot be reached") for n in (1, 2, 3, 4)]
    assert "it cannot be reached" in onefold("events", "dead", "--project", folder).stdout
    again = onefold("events", "redeliver", "--all", "--json", "--project", folder, **gone)
    assert (again.exit_code, len(json.loads(again.stdout)["refused"])) == (1, 4)
    assert onefold("events", "redeliver", "--project", folder).exit_code == 2
    assert "s3cr3t" not in told.stdout + told.stderr + again.stdout + again.stderr


def test_the_signature_check_on_the_page_is_right():
    """The lines that a consumer copies take what is ours, and nothing else."""
    names: dict[str, object] = {}
    exec(re.search(r"```python\n(.*?)```", (ROOT / "docs" / "events.md").read_text(), re.S)[1], names)
    is_genuine = names["is_genuine"]
    now = int(names["time"].time())
    headers = {"Onefold-Timestamp": str(now), "Onefold-Signature": signature("secret", now, b"{}")}
    assert is_genuine("secret", headers, b"{}")
    assert not is_genuine("secret", headers, b"{ }")
    assert not is_genuine("another", headers, b"{}")
    assert not is_genuine("secret", {**headers, "Onefold-Timestamp": str(now + 1)}, b"{}")
    old = {"Onefold-Timestamp": str(now - 9999), "Onefold-Signature": signature("secret", now - 9999, b"{}")}
    assert not is_genuine("secret", old, b"{}")


def test_the_audit_log_tells_who_did_what_when(onefold, two_publications):
    """The first run adopted a model and published, the second published."""
    told = json.loads(onefold("audit", "--json", "--project", two_publications.folder).stdout)["entries"]
    assert [(one["actor"], one["action"]) for one in told] == [("onefold run", act) for act in ("publish", "publish", "adopt")]
    assert (told[0]["subject"], told[0]["payload"]) == ("run 2", {"events": {"changed": 1}})
    one = onefold("audit", "run 1", "--project", two_publications.folder).stdout
    assert one.count("publish") == 1
    assert '{"events": {"created": 3}}' in one
    assert onefold("audit", "run 9", "--project", two_publications.folder).stdout == "Nothing is in the log.\n"


def test_a_whole_log_verifies_and_its_last_hash_can_be_noted(onefold, two_publications):
    """And is found again."""
    told = onefold("audit", "verify", "--json", "--project", two_publications.folder)
    found = json.loads(told.stdout)
    assert (told.exit_code, found["status"], found["entries"]) == (0, "fine", 3)
    noted = onefold("audit", "verify", "--expect", found["last_hash"], "--project", two_publications.folder)
    assert noted.exit_code == 0
    assert f"last hash: {found['last_hash']}" in noted.stdout


def test_a_log_whose_end_was_cut_off_is_an_error_for_who_has_noted_its_hash(onefold, folder):
    """Exit code 1 and a sentence."""
    noted = json.loads(onefold("audit", "verify", "--json", "--project", folder).stdout)["last_hash"]
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.begin() as connection:
        connection.execute(audit_payload.delete().where(audit_payload.c.sequence == 3))
        connection.execute(audit_entry.delete().where(audit_entry.c.sequence == 3))
    told = onefold("audit", "verify", "--expect", noted, "--project", folder)
    assert told.exit_code == 1
    assert "the audit log is not as it was sealed: no entry has the hash that was noted" in told.stderr
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.begin() as connection:
        connection.execute(sa.update(audit_entry).where(audit_entry.c.sequence == 1).values(actor="nobody"))
    told = onefold("audit", "verify", "--json", "--project", folder)
    assert (told.exit_code, json.loads(told.stdout)["status"]) == (1, "failed")
    assert "entry 1 is not as it was sealed" in json.loads(told.stdout)["error"]


@pytest.mark.parametrize("arguments", [("audit", "--expect", "00"), ("audit", "run 1", "--expect", "00")])
def test_a_hash_without_verify_is_wrong_usage(onefold, two_publications, arguments):
    """It would be ignored otherwise."""
    assert onefold(*arguments, "--project", two_publications.folder).exit_code == 2


def test_what_is_no_hash_is_told(onefold, two_publications):
    """Half a hash is not taken for one that is not in the log."""
    told = onefold("audit", "verify", "--expect", "5f0c", "--project", two_publications.folder)
    assert told.exit_code == 1
    assert "64 hexadecimal digits" in told.stderr
