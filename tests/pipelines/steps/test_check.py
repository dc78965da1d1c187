"""Check: every source is tried, nothing is changed, and all that is wrong is told together."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

import pytest

from domain.sources import ColumnMap, Source
from pipelines.project import load_project
from pipelines.steps.check import AttributeSample, ProjectCheck, SourceCheck, about_values, check, check_source

PROJECT = """\
name: shop
attributes:
  name: {type: full_name}
  email: {type: email, many: true}
  birth_date: {type: date_of_birth}
sources:
  crm:
    connect: {kind: csv, path: crm.csv}
    key: id
    modified: changed
    map: {name: name, email: mail, birth_date: {column: born, format: "%d/%m/%Y"}}
"""
HEADER = "id,name,mail,born,changed\n"


@pytest.fixture
def remarks_on(tmp_path: Path):
    """What is said of a CSV source with these rows."""

    def tell(rows: str) -> tuple[str, ...]:
        (tmp_path / "onefold.yaml").write_text(PROJECT)
        (tmp_path / "crm.csv").write_text(HEADER + rows)
        project = load_project(tmp_path)
        found = check(project, {}, project.sources, 1000)
        assert not found.problems
        return found.sources[0].remarks

    return tell


def good(number: int, **changes: str) -> str:
    """One good row, changed as a test says."""
    row = {"id": str(number), "name": "Ann Lee", "mail": f"a{number}@b.org", "born": "03/04/1980", "changed": "2026-03-01T10:00:00"}
    return ",".join((row | changes).values()) + "\n"


def test_a_good_source_needs_no_remark(remarks_on):
    """Ten good rows."""
    assert remarks_on("".join(map(good, range(10)))) == ()


def test_a_date_format_that_does_not_fit_is_noticed(remarks_on):
    """Most birth dates cannot be read by it: the map is probably wrong."""
    (told,) = remarks_on("".join(good(n, born="spring of 1980") for n in range(10)))
    assert told == "map.birth_date (born): 10 of 10 values cannot be read as such; is it the right column and format?"


def test_a_few_bad_values_are_no_mistake_of_the_map(remarks_on):
    """Two of ten."""
    assert remarks_on("".join(good(n, born="soon" if n < 2 else "03/04/1980") for n in range(10))) == ()


def test_a_column_that_is_always_empty_is_noticed(remarks_on):
    """Perhaps it is another column that holds the e-mails."""
    (told,) = remarks_on("".join(good(n, mail="") for n in range(10)))
    assert told == "map.email (mail): there is no value in the first 10 rows"


def test_a_column_of_stand_ins_is_noticed(remarks_on):
    """Somebody fills in 99/99/99 where a date is not known: that is no wrong date, but no date either."""
    (told,) = remarks_on("".join(good(n, born="99/99/99" if n < 8 else "03/04/1980") for n in range(10)))
    assert told == "map.birth_date (born): 8 of 10 values stand for nothing (n/a, 99/99/9999); is it the right column?"


def test_keys_that_are_missing_or_repeated_are_noticed(remarks_on):
    """Such rows would be refused."""
    told = remarks_on(good(1) + good(1) + good(2, id="") + "".join(map(good, range(10, 20))))
    assert told == ("1 of 13 rows have no key (id)", "1 of 13 rows repeat an earlier key (id); is it the right column?")


def test_times_of_change_that_cannot_be_read_are_noticed(remarks_on):
    """They decide what is pulled and which value is the newest."""
    (told,) = remarks_on("".join(good(n, changed="yesterday") for n in range(10)))
    assert told.startswith("10 times of change in 'changed' cannot be read")


def test_rows_that_cannot_be_read_are_noticed(remarks_on):
    """With the first of them and why."""
    (told,) = remarks_on("".join(map(good, range(9))) + good(9, name="A,B,C"))
    assert told.startswith("1 of the first 10 rows cannot be read; row 10: ")


def test_an_empty_source_is_noticed(remarks_on):
    """It has its columns and no rows."""
    assert remarks_on("") == ("it has no rows",)


def test_a_demo_that_was_never_run_is_fine_and_stays_as_it_is(demo_folder):
    """Every source is read; no file comes, goes or changes."""
    before = {path.name: path.stat().st_mtime_ns for path in demo_folder.iterdir()}
    project = load_project(demo_folder)
    found = check(project, os.environ, project.sources, 200)
    assert found.problems == ()
    assert [source.source for source in found.sources] == [source.name for source in project.sources]
    assert all(0 < source.rows <= 200 for source in found.sources)
    assert {path.name: path.stat().st_mtime_ns for path in demo_folder.iterdir()} == before


def test_the_problems_of_all_sources_are_told_together(unrun_copy):
    """
    newsletter.csv.gz   gone
    billing.db          no longer a database
    leasing.db          a column renamed
    events              an environment variable that is not set
    the others          fine
    """
    (unrun_copy / "newsletter.csv.gz").unlink()
    (unrun_copy / "billing.db").write_bytes(b"this is no database" * 100)
    with sqlite3.connect(unrun_copy / "leasing.db") as database:
        (table,) = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchone()
        database.execute(f"ALTER TABLE {table} RENAME COLUMN surname TO family")
    file = unrun_copy / "onefold.yaml"
    file.write_text(file.read_text().replace("path: events.xlsx", 'path: "${EVENTS_FOLDER}/events.xlsx"'))
    project = load_project(unrun_copy)
    found = check(project, {}, project.sources, 100)
    wrong = {source.source: source.problem for source in found.sources if source.problem}
    assert set(wrong) == {"newsletter", "billing", "leasing", "events"}
    assert "column 'surname' is not in" in wrong["leasing"]
    assert "EVENTS_FOLDER is not set" in wrong["events"]
    assert all(problem.startswith(f"source '{name}': ") for name, problem in wrong.items())
    assert len(found.problems) == 4


def test_a_warehouse_without_its_password_is_a_problem(tmp_path):
    """The variable is named; nothing is opened."""
    (tmp_path / "onefold.yaml").write_text(PROJECT.replace("attributes:", 'warehouse: "postgresql://me:${PW}@db/x"\nattributes:'))
    (tmp_path / "crm.csv").write_text(HEADER + good(1))
    project = load_project(tmp_path)
    assert check(project, {}, project.sources, 10).problems == ("warehouse: PW is not set in the environment; set it and try again",)


def test_a_truth_file_that_is_not_there_is_a_remark(unrun_copy):
    """The run goes on without telling its accuracy."""
    (unrun_copy / "truth.csv").unlink()
    project = load_project(unrun_copy)
    found = check(project, os.environ, project.sources[-1:], 10)
    assert found.problems == ()
    assert "truth.csv is not there" in found.remarks[-1]


def test_the_samples_of_all_sources_are_added_up():
    """Attribute by attribute."""
    samples = [AttributeSample("email", 5, 1, 0, 4), AttributeSample("email", 3, 0, 2, 0)]
    sources = (SourceCheck("s", "S", "csv", 1, 1, (sample,), "", ()) for sample in samples)
    assert ProjectCheck("x", tuple(sources), (), ()).attributes == (AttributeSample("email", 8, 1, 2, 4),)


def test_parts_of_whole_names_may_be_absent():
    """No organisation among the first rows is no mistake of the map."""
    source = Source("crm", "Sales", {}, ("id",), (ColumnMap("whole", (("name",),), read_as="full_name"),))
    assert list(about_values(source, [AttributeSample("organisation", 0, 0, 0, 100)])) == []


def test_only_as_many_rows_are_read_as_were_asked_for(unrun_copy):
    """A source of any size is tried quickly."""
    project = load_project(unrun_copy)
    assert check_source(project, os.environ, project.sources[0], 7).rows == 7
