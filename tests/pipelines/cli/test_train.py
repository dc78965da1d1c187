"""Training at the keyboard and from a pipe; matching without publishing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from domain.decisions import Decision, Verdict
from pipelines.cli.app import app
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.population import ASKED_FOR_CLUSTERS, ASKED_FOR_PATTERN
from pipelines.steps.session import open_project_warehouse, open_session
from pipelines.steps.train import BY_A_PERSON
from warehouse.decisions import active_decisions
from warehouse.models import StoredModel, adopted_model


def typed(keys: str, folder: Path, *arguments: str) -> Result:
    """`onefold train`, with keys piped in."""
    return CliRunner().invoke(app, ["train", "--project", str(folder), *arguments], input=keys, prog_name="onefold")


def decisions(folder: Path) -> list[Decision]:
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        return active_decisions(connection)


def in_use(folder: Path) -> StoredModel:
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        kept = adopted_model(connection)
    assert kept is not None
    return kept


def run(folder: Path) -> dict[str, Any]:
    with open_session(load_project(folder)) as session:
        return consolidate(session)


def test_training_says_what_the_model_is_and_adopts_nothing_unasked(published_copy):
    """Without a terminal nobody can be asked: the model is kept, and the next run finds nothing changed. (Invariant 8)"""
    before = in_use(published_copy)
    told = typed("", published_copy)
    assert told.exit_code == 0
    assert "converged" in told.stdout
    assert "family name" in told.stdout
    assert "no record moves" in told.stdout
    assert "not adopted" in told.stdout
    assert in_use(published_copy) == before
    assert run(published_copy)["status"] == "unchanged"


def test_answers_are_kept_as_signed_decisions_and_not_asked_again(published_copy):
    """Same, different and unsure from a pipe; what was asked once, even with unsure, is not asked again. (Invariant 3)"""
    told = typed("sdu d", published_copy, "--ask", "4", "--by", "ruth")
    assert told.exit_code == 0
    assert "4 answers kept: 1 same, 2 different, 1 unsure." in told.stdout
    kept = decisions(published_copy)
    assert [one.verdict for one in kept] == [Verdict.SAME, Verdict.DIFFERENT, Verdict.UNSURE, Verdict.DIFFERENT]
    assert {one.steward for one in kept} == {"ruth"}
    assert {one.reason for one in kept} == {ASKED_FOR_PATTERN, ASKED_FOR_CLUSTERS}
    typed("uuuu", published_copy, "--ask", "4")
    pairs = [{one.left, one.right} for one in decisions(published_copy)]
    assert len({frozenset(pair) for pair in pairs}) == 8


def test_an_answer_can_be_taken_back_and_the_input_may_end_early(published_copy):
    """s, back, d: one decision, different. Then the pipe ends, and what was answered is kept."""
    told = typed("zszd", published_copy, "--ask", "5")
    assert told.exit_code == 0
    assert "nothing to take back" in told.stdout
    assert [one.verdict for one in decisions(published_copy)] == [Verdict.DIFFERENT]


def test_q_ends_the_questions_and_other_keys_are_passed_over(published_copy):
    """x means nothing; after q nothing more is taken."""
    typed("xuqs", published_copy, "--ask", "5")
    assert [one.verdict for one in decisions(published_copy)] == [Verdict.UNSURE]


def test_an_adopted_model_is_a_persons(published_copy):
    """With --adopt the model is used from now on, and no run replaces it by itself."""
    told = typed("", published_copy, "--adopt")
    assert "Adopted model" in told.stdout
    assert in_use(published_copy).note == BY_A_PERSON
    report = run(published_copy)
    assert report["status"] in ("unchanged", "published")
    assert not report.get("match", {}).get("trained", False)


def test_scripts_get_one_object(published_copy):
    """The questions go to stderr; stdout is the report with the answers' counts."""
    told = typed("su", published_copy, "--ask", "2", "--json", "--no-adopt")
    found = json.loads(told.stdout)
    assert found["answers"] == {"same": 1, "different": 0, "unsure": 1}
    assert found["adopted"] is False
    assert found["preview"]["records_moved"] >= 0
    assert {one["name"] for one in found["comparisons"]} >= {"given_name", "family_name", "email"}
    assert "s same" in told.stderr


def test_two_records_are_shown_side_by_side_without_a_verdict(published_copy):
    """Both keys, what differs, a sentence; what the model concludes of it is not shown, for that is the question."""
    told = typed("q", published_copy, "--ask", "1").stdout
    shown = told.partition("s same")[0]
    assert shown.count(":") >= 2
    assert "customer." not in shown
    assert "%" not in shown


@pytest.mark.parametrize("arguments", [(), ("--analyse",)])
def test_matching_without_publishing_changes_nothing(onefold, published_copy, arguments):
    """The report is printed; the warehouse file is as before."""
    before = (published_copy / "warehouse.db").read_bytes()
    told = onefold("match", "--project", published_copy, *arguments)
    assert told.exit_code == 0
    assert "candidate pairs" in told.stdout
    assert (published_copy / "warehouse.db").read_bytes() == before


def test_the_analysis_is_complete_in_json(onefold, published_folder):
    """Every key, the budget, and the recall with its interval."""
    found = json.loads(onefold("match", "--analyse", "--json", "--project", published_folder).stdout)
    assert found["candidate_pairs"] <= found["budget"]
    assert found["keys"]
    assert 0 <= found["recall"]["low"] <= found["recall"]["estimate"] <= found["recall"]["high"] <= 1
    report = json.loads(onefold("match", "--json", "--project", published_folder).stdout)
    assert report["candidate_pairs"] == found["candidate_pairs"]


@pytest.mark.parametrize("command", ["train", "match"])
def test_before_anything_was_pulled_it_is_said_what_to_do(onefold, unrun_copy, command):
    """Nothing is live yet."""
    told = onefold(command, "--project", unrun_copy)
    assert told.exit_code == 1
    assert "onefold run" in told.stderr
