"""Opening a source: its kind, its settings, its secrets."""

from __future__ import annotations

import sqlite3

import pytest
import yaml

from connectors import KINDS, settings_problems
from domain.errors import SourceError

GOOD = """
- {kind: sql, url: "${BILLING_DB_URL}", table: clients}
- {kind: sql, url: "postgresql://ann:${PASSWORD}@db/crm", query: SELECT 1 AS id, wait: 2}
- {kind: sql, url: "sqlite:///crm.db", table: clients, schema: main}
- {kind: csv, path: a.csv.gz, encoding: "${ENCODING}", delimiter: ";", header: [id, name]}
- {kind: csv, path: a.csv, header: false}
- {kind: excel, path: a.xlsx, sheet: People, header_row: 3}
- {kind: json, path: a.json, records: data.customers}
- {kind: xml, path: a.xml, record: customer}
- {kind: parquet, path: a.parquet}
"""
BAD = """
- [{}, kind, "is missing; the kinds are 'csv', 'excel', 'json', 'parquet', 'sql', 'xml'."]
- [{kind: exel}, kind, "'exel' is not a kind of source; did you mean 'excel'?"]
- [{kind: 7}, kind, "'7' is not a kind of source."]
- [{kind: csv}, path, "is missing"]
- [{kind: csv, path: a.csv, delimeter: ";"}, delimeter, "'delimeter' is not a setting of csv; did you mean 'delimiter'?"]
- [{kind: csv, path: a.csv, colour: red}, colour, "is not a setting of csv; the settings are 'delimiter', 'encoding', 'header', 'path'"]
- [{kind: csv, path: a.csv, delimiter: ";;"}, delimiter, "string should have at most 1 character"]
- [{kind: csv, path: a.csv, encoding: latin99}, encoding, "'latin99' is not an encoding; for example utf-8, cp1252, utf-16"]
- [{kind: csv, path: a.csv, encoding: base64}, encoding, "'base64' is not an encoding"]
- [{kind: excel, path: a.xlsx, header_row: 0}, header_row, "input should be greater than or equal to 1"]
- [{kind: sql, url: "sqlite:///a.db"}, "", "give either a table or a query"]
- [{kind: sql, url: "sqlite:///a.db", table: a, query: b}, "", "give either a table or a query"]
- [{kind: sql, url: "billing.db", table: a}, url, "this is not the address of a database; write it like sqlite:///clients.db"]
- [{kind: sql, url: "sqlite:///a.db", table: a, schema_name: b}, schema_name, "did you mean 'schema'?"]
"""


@pytest.mark.parametrize("connect", yaml.safe_load(GOOD), ids=str)
def test_good_settings_have_no_problems(connect):
    """Nothing is opened to tell, and no variable is looked up."""
    assert settings_problems(connect) == []


@pytest.mark.parametrize(("connect", "place", "said"), yaml.safe_load(BAD), ids=str)
def test_problems_name_the_setting_and_the_right_word(connect, place, said):
    """As far as one is near."""
    ((found_place, message),) = settings_problems(connect)
    assert found_place == place
    assert said in message


def test_all_problems_are_listed():
    """Not the first alone."""
    assert [place for place, _ in settings_problems({"kind": "xml", "pth": "a", "recrd": "b"})] == ["path", "record", "pth", "recrd"]


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_every_kind_explains_itself(kind):
    """An operator reads what it does, and what each setting means."""
    assert kind.__doc__
    assert kind.settings_model.__doc__
    assert all(field.description for field in kind.settings_model.model_fields.values())


def test_variables_are_resolved_when_a_source_is_opened(tmp_path, connect):
    """A value may hold any sign, the variable itself, or a part of a setting."""
    sqlite3.connect(tmp_path / "c.db").executescript("CREATE TABLE clients (id)").close()
    for url, environment in {"${URL}": {"URL": "sqlite:///c.db"}, "sqlite:///${FILE}.db": {"FILE": "c"}}.items():
        assert connect(environment, kind="sql", url=url, table="clients").columns() == {"id": "text"}
    source = connect({"PW": "a@b/c:d#%"}, kind="sql", url="postgresql://ann:${PW}@db:5432/crm", table="clients")
    assert source._url.password == "a@b/c:d#%"
    assert (source._url.host, source._url.database) == ("db", "crm")
    assert connect({"NAME": "id"}, kind="csv", path="a.csv", header=["${NAME}", "x"]).settings.header == ("id", "x")


def test_a_variable_that_is_not_set_is_named_and_no_value_ever_is(connect):
    """One missing password holds back one source."""
    with pytest.raises(SourceError) as error:
        connect({"OTHER": "hunter2"}, kind="sql", url="${BILLING_DB_URL}", table="clients")
    said = "connect.url: the environment variable BILLING_DB_URL is not set. Set it, or change connect.url."
    assert str(error.value) == f"source 'billing': {said}"
    with pytest.raises(SourceError, match=r"connect.url: this is not the address of a database") as error:
        connect({"BILLING_DB_URL": "hunter2"}, kind="sql", url="${BILLING_DB_URL}", table="clients")
    assert "hunter2" not in str(error.value)


def test_a_source_of_an_unknown_kind_is_an_error(connect):
    """Though the project file should have said so."""
    with pytest.raises(SourceError, match=r"source 'billing': connect.kind: 'exel' is not a kind of source; did you mean 'excel'?"):
        connect(kind="exel")
