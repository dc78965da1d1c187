"""Looking ahead: what a run would change, without anybody noticing."""

from __future__ import annotations

from contextlib import closing
from dataclasses import asdict
from typing import Any

import pytest
import sqlalchemy as sa

from domain.errors import OnefoldError
from pipelines.steps.diff import diff
from pipelines.steps.preview import preview
from tests.stories.organisation import Organisation
from tests.stories.people import drawn
from warehouse.database import open_warehouse
from warehouse.models import adopted_model, stored_models
from warehouse.scratch import SCHEMA, _files, scratch_copy

CRM = drawn("id", {"1": "Ann", "2": "Bob", "3": "Cleo"}, phone=["0161 4960123", "0161 4960124", "-"])
BILLING = drawn("no", {"7": "Ann", "8": "Dora"}, city=["York", "Bath"])
SHOP = drawn("nr", {"a": "Bob", "b": "Egon"})


def begun(organisation: Organisation) -> Organisation:
    """Two departments; the crm outranks billing, so Ann lives in Leeds."""
    organisation.department("crm", CRM, trust=0.9)
    organisation.department("billing", BILLING, kind="sql", trust=0.2)
    organisation.attributes["city"] |= {"survive": "most_trusted"}
    organisation.run()
    assert organisation.values("crm:1")["city"] == "Leeds"
    return organisation


def everything(organisation: Organisation) -> dict[str, Any]:
    """Every row of every table, every column and every view of the warehouse, whatever the project file says by now."""
    with closing(open_warehouse(organisation.warehouse_url, organisation.folder)) as warehouse:  # which follows no project file
        engine = sa.create_engine(warehouse.url)
    with engine.connect() as connection:
        inspector = sa.inspect(connection)
        tables = {
            name: sorted(map(str, connection.execute(sa.select(sa.text("*")).select_from(sa.table(name)))))
            for name in inspector.get_table_names()
        }
        columns = {name: [str(column["name"]) for column in inspector.get_columns(name)] for name in [*tables, *inspector.get_view_names()]}
        schemas = inspector.get_schema_names()
    engine.dispose()
    return {"tables": tables, "columns": columns, "schemas": schemas, "files": sorted(path.name for path in organisation.folder.iterdir())}


def test_a_preview_says_what_the_run_then_does_and_leaves_no_trace(organisation_on_each: Organisation) -> None:
    """Another trust, a new attribute, a new department: the whole warehouse is as before, and the run changes just that. (Invariant 5)"""
    organisation = begun(organisation_on_each)
    organisation.sources["crm"]["trust"], organisation.sources["billing"]["trust"] = 0.2, 0.9
    organisation.department("shop", SHOP)
    organisation.attributes["nickname"] = {"type": "text"}
    project = organisation.project()
    before = everything(organisation)
    ahead = preview(project)
    assert everything(organisation) == before
    assert ahead.arrivals.pulled == ["shop"]
    assert (ahead.difference.counts.records_arrived, ahead.difference.counts.values["city"]) == (2, 1)
    [change] = [one for one in ahead.difference.values if one.attribute == "city"]
    assert (change.before, change.after) == ("Leeds", "York")
    assert organisation.run()["status"] == "published"
    with organisation.opened() as warehouse:
        assert asdict(diff(warehouse, project).difference) == asdict(ahead.difference)


def test_kept_rows_are_read_anew_by_another_map(organisation: Organisation) -> None:
    """A map that reads a kept column otherwise needs no pull; a column that was never pulled needs one, and it is said."""
    begun(organisation)
    organisation.attributes["phone"] = {"type": "phone", "region": "GB"}
    organisation.attributes["town"] = {"type": "text"}
    organisation.sources["crm"]["map"] = {**organisation.sources["crm"]["map"], "phone": "phone", "town": "city"}
    (organisation.folder / "billing.db").rename(organisation.folder / "away.db")
    found = preview(organisation.project())
    assert (found.arrivals.pulled, found.arrivals.standardised) == ([], ["crm", "billing"])
    assert found.arrivals.missing == {"crm": ("phone",)}
    assert (found.difference.counts.values["town"], found.difference.counts.values["phone"]) == (3, 0)
    pulled = preview(organisation.project(), pull=True)
    assert (pulled.difference.counts.values["phone"], list(pulled.arrivals.held)) == (2, ["billing"])


def test_a_new_model_is_kept_and_not_adopted(organisation: Organisation) -> None:
    """The run after it goes by the adopted one; a fingerprint that there is none of names those that there are."""
    begun(organisation)
    with organisation.reading() as connection:
        adopted = adopted_model(connection)
    found = preview(organisation.project(), model="new")
    with organisation.reading() as connection:
        assert adopted_model(connection) == adopted
        assert found.match.model in {one.fingerprint for one in stored_models(connection)}
    assert adopted is not None
    with pytest.raises(OnefoldError, match=f"there is no model 'abc': kept are .*{adopted.fingerprint}"):
        preview(organisation.project(), model="abc")


def test_a_preview_that_was_killed_is_cleaned_up_by_the_next_run(organisation_on_each: Organisation) -> None:
    """Its copy of the warehouse is a file or a schema, and is gone when a run has begun. (Invariant 9)"""
    organisation = begun(organisation_on_each)
    with organisation.opened() as warehouse:
        left = scratch_copy(warehouse)
        left.__enter__().close()
        assert copy_is_there(organisation)
        organisation.run()
        assert not copy_is_there(organisation)


def copy_is_there(organisation: Organisation) -> bool:
    """Whether a copy is left over."""
    with organisation.opened() as warehouse:
        if warehouse.path is not None:
            return _files(warehouse.path)[0].exists()
        with warehouse.connect() as connection:
            return bool(sa.inspect(connection).has_schema(SCHEMA))


def test_there_is_nothing_to_look_ahead_from_before_the_first_publication(organisation: Organisation) -> None:
    """One sentence, and nothing is made."""
    organisation.department("crm", CRM)
    with pytest.raises(OnefoldError, match="nothing has been published yet that could change: run `onefold run` first"):
        preview(organisation.project())
