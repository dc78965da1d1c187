"""Relationships: who belongs together is published with the golden customers, and follows them."""

from __future__ import annotations

import csv
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest
import sqlalchemy as sa

from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from pipelines.demo.holdings import holdings
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.population import population
from pipelines.project import load_project
from pipelines.steps.consolidate import consolidate
from pipelines.steps.export import published_rows
from pipelines.steps.formats import What
from pipelines.steps.relationships import households_of
from pipelines.steps.session import open_project_warehouse, open_session
from pipelines.steps.show import show
from tests.pipelines.conftest import RECORDS
from tests.stories.organisation import in_full, told, without_ids
from warehouse.decisions import append_decisions
from warehouse.doctor import violations
from warehouse.ledger import members, published_crosswalk
from warehouse.models import adopt_model, adopted_model, save_model
from warehouse.relationships import relationship_counts, relatives
from warehouse.runs import last_result


def related(warehouse, project) -> list[dict]:
    """The published relationships, as consumers see them."""
    found = pa.concat_tables(published_rows(warehouse, project.attributes, What.RELATIONSHIPS)).to_pylist()
    return sorted(found, key=lambda row: (row["left_id"], row["right_id"]))


def versions(warehouse) -> list[tuple]:
    """All versions of all relationships."""
    with warehouse.connect() as connection:
        return sorted(map(tuple, connection.execute(sa.text("SELECT * FROM relationship"))))


def number_of(golden_id: str) -> int:
    """The golden number of an id."""
    return int(golden_id.split("-")[1])


def test_the_households_of_the_demo_are_those_that_were_made(published_warehouse, published_project, published_folder):
    """Of the pairs of customers held to be one household, at least nine in ten were made to live together."""
    held = holdings(RECORDS, DEPARTMENTS, 1)
    home = population(held.customers, held.businesses, 1).kin.household
    with (published_folder / "truth.csv").open(encoding="utf-8") as file:
        truth = {(row["source"], row["record_id"]): int(row["entity_id"][1:]) for row in csv.DictReader(file)}
    people: dict[str, list[int]] = {}
    for row in published_crosswalk(published_warehouse).to_pylist():
        people.setdefault(row["golden_id"], []).append(truth.get((row["source"], row["record_key"]), -1))
    who = {golden_id: max(set(held), key=held.count) for golden_id, held in people.items()}
    pairs = [
        (who[row["left_id"]], who[row["right_id"]]) for row in related(published_warehouse, published_project) if row["kind"] == "household"
    ]
    right = [0 <= max(pair) < len(home) and home[pair[0]] == home[pair[1]] >= 0 for pair in pairs if pair[0] != pair[1]]
    assert len(right) >= 15
    assert sum(right) / len(right) >= 0.9


def test_the_run_counts_what_it_has_related(published_warehouse, published_project):
    """Relationships by kind, households and the people in them, in its report and in the duplication report."""
    rows = related(published_warehouse, published_project)
    with published_warehouse.connect() as connection:
        report = last_result(connection).report
        counts = relationship_counts(connection)
    assert (
        report["relationships"]
        == counts
        == {kind: sum(row["kind"] == kind for row in rows) for kind in sorted({row["kind"] for row in rows})}
    )
    home = [row for row in rows if row["kind"] == "household"]
    ends = {side: [number_of(row[side.replace("number", "id")]) for row in home] for side in ("left_number", "right_number")}
    households, people = households_of(pa.table(ends))
    counted = report["merge"]["relationships"]
    assert (counted["households"], counted["people"]) == (households, people)
    assert (report["duplication"]["households"], report["duplication"]["people_in_households"]) == (households, people)


def test_both_ends_are_live_and_in_order(published_warehouse, published_project):
    """The doctor finds nothing wrong, and says so when there is. (Invariant 2)"""
    assert all(row["left_id"] < row["right_id"] for row in related(published_warehouse, published_project))
    with published_warehouse.connect() as connection:
        assert violations(connection, published_project.attributes) == []


def test_a_relationship_to_nobody_is_found(published_copy):
    """An end that is not live, or the two ends the wrong way round."""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        with warehouse.begin() as connection:
            first = connection.scalar(sa.text("SELECT min(relationship_id) FROM relationship"))
            turn = "UPDATE relationship SET left_number = right_number, right_number = left_number WHERE relationship_id = :row"
            connection.execute(sa.text(turn), {"row": first})
        with warehouse.connect() as connection:
            assert violations(connection, project.attributes) == ["1 relationships do not lead from one live golden id to a later one"]


def test_a_run_that_does_all_again_changes_no_relationship(published_copy):
    """Matched, scored and related anew from the same input: not one row of history. (Invariants 6, 8)"""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        before = versions(warehouse)
    with open_session(project) as session:
        report = in_full(session)
    assert report["status"] == "unchanged"
    assert report["merge"]["relationships"]["changed_links"] == 0
    with open_project_warehouse(project) as warehouse:
        assert versions(warehouse) == before


@pytest.fixture
def couple(published_copy) -> tuple:
    """A project, and the golden ids and records of two who live together."""
    project = load_project(published_copy)
    with open_project_warehouse(project) as warehouse:
        home = max((row for row in related(warehouse, project) if row["kind"] == "household"), key=lambda row: row["probability"])
        with warehouse.connect() as connection:
            keys = [list(members(connection, number_of(home[side])).values()) for side in ("left_id", "right_id")]
    return project, home["left_id"], home["right_id"], keys


def join(project, keys: list[RecordKey]) -> None:
    """A steward merges some records, along a tree over all of them; then a run."""
    signed = ("ruth", datetime(2026, 3, 1, tzinfo=UTC), "she asked them", "g1")
    with open_project_warehouse(project) as warehouse, warehouse.begin() as connection:
        append_decisions(connection, [Decision(keys[0], key, Verdict.SAME, *signed) for key in keys[1:]])
    with open_session(project) as session:
        assert consolidate(session)["status"] == "published"


def test_show_names_who_lives_with_a_customer(couple):
    """By name, with what they have in common, from both sides."""
    project, left, right, _ = couple
    with open_project_warehouse(project) as warehouse:
        for one, other in ((left, right), (right, left)):
            found = next(relative for relative in show(warehouse, project, one).relatives if relative.golden_id == other)
            assert found.kind == "household"
            assert found.name
            assert {"address", "telephone", "surname"} & set(found.shared)


def test_a_couple_that_turns_out_to_be_one_person_is_no_household_any_more(couple):
    """A steward joins them: one id leads to the other, the household ends, and is readable as of then. (Invariants 3, 10)"""
    project, left, right, keys = couple
    join(project, keys[0] + keys[1])
    with open_project_warehouse(project) as warehouse:
        found = show(warehouse, project, right)
        assert found.golden_id == left
        assert right not in [relative.golden_id for relative in found.relatives]
        with warehouse.connect() as connection:
            assert violations(connection, project.attributes) == []
            now, then = (relatives(connection, number_of(left), run) for run in (None, 1))
    assert right in [one.golden_id for one in then]
    assert right not in [one.golden_id for one in now]


def test_a_change_ends_where_a_first_run_on_the_changed_data_would(published_copy, demo_folder, tmp_path):
    """A department loses rows: pulled on top of what was there, or from the beginning, the same belong together. (Invariant 6)"""
    fresh = Path(shutil.copytree(demo_folder, tmp_path / "fresh"))
    for folder in (published_copy, fresh):
        lines = (folder / "call_centre.csv").read_bytes().splitlines(keepends=True)
        (folder / "call_centre.csv").write_bytes(b"".join(lines[:-2]))
    with open_session(load_project(published_copy)) as session:
        assert consolidate(session)["status"] == "published"
        with session.warehouse.connect() as connection:
            model = adopted_model(connection)
    with open_session(load_project(fresh)) as session:
        with session.warehouse.begin() as connection:
            save_model(connection, session.run, model.fingerprint, model.artefact, "that of the other")
            adopt_model(connection, session.run, model.fingerprint)
        assert consolidate(session)["match"]["trained"] is False
    assert by_members(published_copy) == by_members(fresh) != set()


def by_members(folder: Path) -> set[tuple[str, ...]]:
    """The published relationships, the first member of each end standing for its golden id."""
    with open_project_warehouse(load_project(folder)) as warehouse, warehouse.connect() as connection:
        names = ("golden_crosswalk", "golden_relationship")
        return without_ids({name: told(connection, f"SELECT * FROM {name}") for name in names})["golden_relationship"]
