"""Tables that follow the project, and what consumers see."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
import sqlalchemy as sa

from domain.attributes import Attribute, Role, Storage
from domain.errors import WarehouseError
from warehouse.attribute_tables import golden_version, standard_record
from warehouse.generated import ensure_tables, preview
from warehouse.golden import published_golden
from warehouse.records import live_records

CITY = Attribute("city", "city", Role.SHARED, Storage.TEXT)


def first_run(story):
    return story.whole_run({"crm": "1 Ann ann@a.org 1980-04-03\n2 Bob - -"}, "1 crm:1\n2 crm:2")


def told(changes) -> list[str]:
    return [" ".join(filter(None, (change.kind, change.table, change.column))) for change in changes]


def rows(story, view: str, *columns: str) -> list[tuple]:
    statement = sa.select(*map(sa.column, columns)).select_from(sa.table(view)).order_by(sa.column(columns[0]))
    with story.warehouse.connect() as connection:
        return [tuple(row) for row in connection.execute(statement)]


def test_tables_are_made_and_then_left_alone(warehouse, story):
    """The first time the tables are made; the second time there is nothing to do."""
    assert told(preview(warehouse, story.attributes)) == ["created standard_record", "created golden_version"]
    assert told(ensure_tables(warehouse, story.attributes)) == ["created standard_record", "created golden_version"]
    assert preview(warehouse, story.attributes) == ensure_tables(warehouse, story.attributes) == []


def test_columns_have_the_types_of_the_attributes(story):
    """A date is a DATE; the values of a `many` attribute are one text in a standard record, typed in a golden one."""
    days = Attribute("days_out", "date", Role.NEUTRAL, Storage.DATE, many=True)
    ensure_tables(story.warehouse, (*story.attributes, days))
    with story.warehouse.connect() as connection:
        inspector = sa.inspect(connection)
        standard = {column["name"]: str(column["type"]) for column in inspector.get_columns("standard_record")}
        golden = {column["name"]: str(column["type"]) for column in inspector.get_columns("golden_version")}
    assert (standard["birth_date"], standard["birth_date_status"], standard["days_out"]) == ("DATE", "SMALLINT", "TEXT")
    assert (golden["days_out"], golden["days_out_from"], golden["days_out_position"]) == ("DATE", "BIGINT", "SMALLINT")


def test_a_new_attribute_is_an_empty_column(story):
    """Rows that were there before have no value for it, and nothing else changes."""
    first_run(story)
    wider = (*story.attributes, CITY)
    assert told(ensure_tables(story.warehouse, wider)) == [
        "added standard_record city",
        "added standard_record city_status",
        "added golden_version city",
        "added golden_version city_from",
        "added golden_version city_rule",
    ]
    assert sorted(live_records(story.warehouse, wider).column("city").to_pylist(), key=str) == [None, None]
    assert rows(story, "golden_customer", "golden_id", "given_name", "city") == [("G1", "Ann", None), ("G2", "Bob", None)]


def test_a_removed_attribute_is_left_and_not_read(story):
    """Its columns stay with their history; views and tables of the project no longer show it. (Invariant 10)"""
    first_run(story)
    fewer = story.attributes[:2]
    assert ensure_tables(story.warehouse, fewer) == []
    assert "birth_date" not in published_golden(story.warehouse, fewer).column_names
    with story.warehouse.connect() as connection:
        assert "birth_date" not in [column["name"] for column in sa.inspect(connection).get_columns("golden_customer")]
    assert ensure_tables(story.warehouse, story.attributes) == []
    assert rows(story, "golden_customer", "golden_id", "birth_date") == [("G1", born(story)), ("G2", None)]


def born(story) -> object:
    return "1980-04-03" if story.warehouse.dialect == "sqlite" else date(1980, 4, 3)


def test_a_retyped_attribute_begins_empty_and_keeps_what_it_was(story):
    """The column is new; the values of the old type are kept beside it. (Invariant 10)"""
    first_run(story)
    retyped = (*story.attributes[:2], replace(story.attributes[2], storage=Storage.TEXT))
    assert told(ensure_tables(story.warehouse, retyped)) == ["retyped standard_record birth_date", "retyped golden_version birth_date"]
    assert rows(story, "golden_customer", "golden_id", "birth_date") == [("G1", None), ("G2", None)]
    assert rows(story, "golden_version", "golden_number", "birth_date__1") == [(1, born(story)), (2, None)]
    assert told(ensure_tables(story.warehouse, story.attributes)) == [
        "retyped standard_record birth_date",
        "retyped golden_version birth_date",
    ]
    assert rows(story, "golden_version", "golden_number", "birth_date__1", "birth_date__2") == [(1, born(story), None), (2, None, None)]


@pytest.mark.parametrize("names", [("source",), ("email", "Email"), ("email", "email_status"), ("x" * 60,), ("member_count",)])
def test_attribute_names_that_collide_are_refused(names):
    """A name that is taken beside the attributes, or too long for PostgreSQL, is an error that says which."""
    attributes = [Attribute(name, "text", Role.NEUTRAL, Storage.TEXT) for name in names]
    with pytest.raises(WarehouseError, match="cannot have one more column named"):
        _ = standard_record(attributes), golden_version(attributes)


def test_hostile_names_are_only_names(story):
    """An attribute may be called like a word of SQL or hold a quote."""
    attributes = tuple(
        Attribute(name, "text", Role.NEUTRAL, Storage.TEXT, description="100% of 'it' */ --") for name in ("select", "it's", 'a "b"')
    )
    ensure_tables(story.warehouse, attributes)
    assert rows(story, "golden_customer", "golden_id", "select", "it's", 'a "b"') == []
    assert rows(story, "golden_provenance", "attribute") == []


def test_consumers_see_the_publication_only(story):
    """Views show what is published, not what a run has staged. (Invariant 5)"""
    first_run(story)
    columns = ("golden_id", "given_name", "member_count", "sources")
    seen = [("G1", "Ann", 1, "crm"), ("G2", "Bob", 1, "crm")]
    assert rows(story, "golden_customer", *columns) == rows(story, "golden_customer_v1", *columns) == seen
    run = story.begin("crm")
    story.pull(run, "crm", "1 Anna - -")
    story.merge(run, "1 crm:1")
    assert rows(story, "golden_customer", *columns) == seen
    story.publish(run)
    assert rows(story, "golden_customer", *columns) == [("G1", "Anna", 1, "crm")]
    assert rows(story, "golden_redirect", "golden_id", "state", "leads_to") == [("G2", "retired", None)]


def test_provenance_and_crosswalk_are_in_words(story):
    """Each golden value with its source, record key and rule; each record with its golden id. (Invariant 4)"""
    first_run(story)
    assert sorted(rows(story, "golden_provenance", "golden_id", "attribute", "source", "record_key", "position", "rule")) == [
        ("G1", "birth_date", "crm", "1", 0, "most_trusted"),
        ("G1", "email", "crm", "1", 0, "most_recent"),
        ("G1", "given_name", "crm", "1", 0, "most_trusted"),
        ("G2", "given_name", "crm", "2", 0, "most_trusted"),
    ]
    assert rows(story, "golden_crosswalk", "record_key", "source", "golden_id") == [("1", "crm", "G1"), ("2", "crm", "G2")]
    assert rows(story, "golden_contact_current", "golden_id", "attribute", "value") == [("G1", "email", "ann@a.org")]


def test_the_masked_view_tells_nobody_who_it_is(story):
    """Names, addresses and numbers are masked; a year and a city stay. (Invariant 11)"""
    first_run(story)
    assert rows(story, "golden_customer_masked", "golden_id", "given_name", "email", "birth_date") == [
        ("G1", "A***", "a***@***", 1980),
        ("G2", "B***", None, None),
    ]


def test_what_is_not_known_to_be_harmless_is_hidden(story):
    """A type that nobody has thought of is hidden altogether, a number shows its end, a city is shown."""
    texts = {"phone": "+12065550100", "identifier": "123456", "iban": "DE00", "city": "Leeds", "notes": "met at the clinic"}
    types = {**{name: name for name in texts}, "notes": "text"}
    attributes = tuple(Attribute(name, types[name], Role.PERSONAL, Storage.TEXT) for name in texts)
    attributes += (Attribute("height", "text", Role.PERSONAL, Storage.NUMBER),)
    ensure_tables(story.warehouse, attributes)
    golden = golden_version(attributes)
    counters = {"member_count": 1, "source_count": 1, "sources": "crm", "from_run": 1, "to_run": 9}
    with story.warehouse.begin() as connection:
        connection.execute(sa.text("INSERT INTO golden_identity VALUES (1, 'G1', 1)"))
        connection.execute(golden.insert().values(golden_number=1, height=1.8, **texts, **counters))
        connection.execute(sa.text("INSERT INTO run (number, id, status, started_at) VALUES (1, 'a', 'running', '2026-01-01 00:00:00')"))
        connection.execute(sa.text("INSERT INTO publication (run, published_at, note) VALUES (1, '2026-01-01 00:00:00', '')"))
    shown = rows(story, "golden_customer_masked", *texts, "height")
    assert shown == [("***00", "***", "***", "Leeds", "***", "***")]


def test_views_are_explained_where_they_are(story):
    """The comment is in the database, with the meaning of the columns where it has room for that."""
    ensure_tables(story.warehouse, story.attributes)
    with story.warehouse.connect() as connection:
        if story.warehouse.dialect == "sqlite":
            sql = connection.scalar(sa.text("SELECT sql FROM sqlite_master WHERE name = 'golden_customer'"))
            assert "/* The published golden customers, one row each. Shows golden_customer_v1. */" in sql
        else:
            comment = sa.text("SELECT obj_description('golden_customer'::regclass), col_description('golden_customer'::regclass, 2)")
            assert tuple(connection.execute(comment).one()) == (
                "The published golden customers, one row each. Shows golden_customer_v1.",
                "What friends call 100% of them",
            )
            assert connection.scalar(sa.text("SELECT obj_description('standard_record'::regclass)")).startswith("Source records")


def test_readers_keep_their_right_to_a_view_that_is_made_anew(postgres_url, tmp_path):
    """On PostgreSQL a view that follows the project is a new one; who could read it still can."""
    from warehouse.database import open_warehouse

    warehouse = open_warehouse(postgres_url, tmp_path)
    ensure_tables(warehouse, [CITY])
    role = 'reader "of" ' + postgres_url.rpartition("/onefold_")[2].partition("?")[0]
    quoted = '"' + role.replace('"', '""') + '"'
    with warehouse.begin() as connection:
        connection.exec_driver_sql(f"CREATE ROLE {quoted}")
        connection.exec_driver_sql(f"GRANT SELECT ON golden_customer TO {quoted}")
        connection.exec_driver_sql("GRANT SELECT ON golden_crosswalk TO PUBLIC")
    ensure_tables(warehouse, [CITY, replace(CITY, name="town")])
    with warehouse.begin() as connection:
        may = "SELECT has_table_privilege(%(role)s, %(view)s, 'SELECT')"
        allowed = {view: connection.exec_driver_sql(may, {"role": role, "view": view}).scalar() for view in VIEWS}
        connection.exec_driver_sql(f"DROP OWNED BY {quoted}")
        connection.exec_driver_sql(f"DROP ROLE {quoted}")
    assert allowed == {"golden_customer": True, "golden_crosswalk": True, "golden_customer_masked": False}
    warehouse.close()


VIEWS = ("golden_customer", "golden_crosswalk", "golden_customer_masked")
