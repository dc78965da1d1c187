"""Databases: what is read, what is left out of an incremental pull, and every way in which they refuse."""

from __future__ import annotations

import socket
import sqlite3
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from connectors import Since
from domain.errors import SourceError

SQLITE = {"kind": "sql", "url": "sqlite:///c.db"}


@pytest.fixture
def database(tmp_path):
    """An SQLite database `c.db` in the test's folder."""
    connection = sqlite3.connect(tmp_path / "c.db")
    yield connection
    connection.close()


def fill(database, script, rows=()):
    database.executescript(script)
    for row in rows:
        database.execute(f"INSERT INTO clients VALUES ({', '.join('?' * len(row))})", row)
    database.commit()


def test_typed_columns_become_text(database, pulled, connect):
    """SQLite lets every cell have a type of its own; a number that is whole has no point."""
    fill(
        database,
        'CREATE TABLE clients (id INTEGER, name TEXT, "tel no" NUMERIC, born DATE, seen TIMESTAMP, vip BOOLEAN, photo BLOB)',
        [
            (1, "Ann", 2065550100.0, "1980-04-03", "2026-03-01 12:00:00", True, "é".encode()),
            (2, "Zoë\x00", "none", None, None, None, None),
            (3, "", 0.5, 19800403, b"x", 0, b"\xff"),
        ],
    )
    assert connect(**SQLITE, table="clients").columns() == {
        "id": "integer", "name": "text", "tel no": "number", "born": "date", "seen": "timestamp", "vip": "boolean", "photo": "binary",
    }  # fmt: skip
    found = pulled(**SQLITE, table="clients")
    assert [list(row.values()) for row in found.rows] == [
        ["1", "Ann", "2065550100", "1980-04-03", "2026-03-01 12:00:00", "1", "é"],
        ["2", "Zoë\x00", "none", None, None, None, None],
    ]
    assert found.numbers == [1, 2]
    assert found.reasons == {3: "column 'photo' holds bytes that are not text in the source's encoding"}


def test_texts_that_are_not_utf8_and_giant_cells_are_refused(database, pulled):
    """One row each, not the table."""
    fill(
        database,
        "CREATE TABLE clients (id, name TEXT); INSERT INTO clients VALUES (1, CAST(x'636166e9' AS TEXT)), (2, 'Bo')",
        [(3, "x" * (10 << 20))],
    )
    found = pulled(**SQLITE, table="clients")
    assert (found.rows, sorted(found.reasons)) == ([{"id": "2", "name": "Bo"}], [1, 3])


def test_tables_views_and_queries_are_read(database, pulled):
    """Whatever their names, and whatever a query holds that SQLAlchemy could take for its own."""
    fill(database, """CREATE TABLE "o'dd ""x%:y" ("select" TEXT); INSERT INTO "o'dd ""x%:y" VALUES ('a');
        CREATE VIEW v AS SELECT "select" || '!' AS s FROM "o'dd ""x%:y";""")  # fmt: skip
    assert pulled(**SQLITE, table="o'dd \"x%:y").rows == [{"select": "a"}]
    assert pulled(**SQLITE, table="v").rows == [{"s": "a!"}]
    query = """SELECT 'x:y' AS a, '12:30' AS b, '100%' AS c, '\\:z' AS d, "select" AS e FROM "o'dd ""x%:y" ORDER BY 1;  """
    assert pulled(**SQLITE, query=query).rows == [{"a": "x:y", "b": "12:30", "c": "100%", "d": "\\:z", "e": "a"}]
    assert pulled(**SQLITE, query="WITH t AS (SELECT 1 AS n UNION ALL SELECT 2) SELECT n FROM t -- all", size=1).numbers == [1, 2]


MOMENTS = {
    "before": "2026-02-27 12:00:00", "after": "2026-03-01 12:00:00", "day before": "2026-02-20", "day after": "2026-03-02",
    "zoned": "2026-03-01T12:00:00+02:00", "null": None, "number": 1_700_000_000, "other": "1/2/2026", "empty": "",
    "odd": "2026-01-01 or so",
}  # fmt: skip


def test_since_leaves_out_only_rows_that_certainly_did_not_change(database, pulled, connect):
    """ISO times before it; what has no time, or none that can be told, is read."""
    fill(database, "CREATE TABLE clients (id, changed)", list(MOMENTS.items()))
    for after in (datetime(2026, 3, 1, 11), datetime(2026, 3, 1, 11, tzinfo=UTC)):
        found = pulled(**SQLITE, table="clients", since=Since("changed", after), columns=["id"])
        assert {row["id"] for row in found.rows} == set(MOMENTS) - {"before", "day before"}
    source = connect(**SQLITE, table="clients")
    assert source.incremental
    assert [batch.to_pydict() for batch in source.keys(["id"])] == [{"id": list(MOMENTS)}]


def test_missing_tables_and_columns_are_named_with_the_nearest(database, connect):
    """And with the setting to change."""
    fill(database, "CREATE TABLE clients (d_o_b, name); CREATE TABLE orders (id); CREATE VIEW client_view AS SELECT 1 AS id")
    with pytest.raises(SourceError) as error:
        connect(**SQLITE, table="client").columns()
    said = "database 'c.db' has no table 'client'; it has 'clients', 'client_view', 'orders'. Set connect.table."
    assert str(error.value) == f"source 'billing': {said}"
    with pytest.raises(SourceError) as error:
        next(connect(**SQLITE, table="clients").batches(["name", "dob"]))
    assert str(error.value) == "source 'billing': column 'dob' is not in table 'clients'; it has 'd_o_b', 'name'. Set map.birth_date."
    with pytest.raises(SourceError, match=r"column 'changed' is not in table 'clients'.* Set modified."):
        next(connect(**SQLITE, table="clients").batches(["name"], Since("changed", datetime(2026, 1, 1))))


def test_a_query_that_is_wrong_says_what_the_database_says(database, connect):
    """It has not looked at a row yet, so nobody's data stand in that."""
    fill(database, "CREATE TABLE clients (id)")
    for query, said in {
        "SELECT x FROM clients": "no such column: x",
        "SELEC 1": "syntax error",
        "SELECT 1 FROM t": "no such table: t",
    }.items():
        with pytest.raises(SourceError, match=rf"database 'c.db' does not accept the query \(.*{said}.*\). Correct connect.query."):
            connect(**SQLITE, query=query).columns()
    with pytest.raises(SourceError, match="the query names 'id' more than once"):
        connect(**SQLITE, query="SELECT id, id FROM clients").columns()


def test_a_locked_database_is_not_waited_for_long(database, connect):
    """It says so, and the other sources go on."""
    fill(database, "CREATE TABLE clients (id)")
    database.execute("BEGIN EXCLUSIVE")
    with pytest.raises(
        SourceError, match=r"database 'c.db' is locked by another program. Run again when that is done, or set connect.wait"
    ):
        connect(**SQLITE, table="clients", wait=0.1).columns()


def test_a_source_is_only_read(database, connect):
    """Whatever the query says."""
    fill(database, "CREATE TABLE clients (id); INSERT INTO clients VALUES (1)")
    with pytest.raises(SourceError):
        list(connect(**SQLITE, query="DELETE FROM clients RETURNING id").batches(["id"]))
    assert database.execute("SELECT count(*) FROM clients").fetchone() == (1,)


def test_a_damaged_database_is_one_error(database, connect, tmp_path):
    """Though its first page is whole."""
    fill(database, "CREATE TABLE clients (id, name)", [(n, "x" * 100) for n in range(5_000)])
    content = bytearray((tmp_path / "c.db").read_bytes())
    content[8_192:200_000] = b"\xff" * (200_000 - 8_192)
    (tmp_path / "c.db").write_bytes(content)
    with pytest.raises(SourceError, match=r"database 'c.db' is damaged, or is not a database"):
        list(connect(**SQLITE, table="clients").batches(["id", "name"]))


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg", "postgres"])
def test_a_server_that_does_not_answer_is_one_error_without_the_password(connect, driver):
    """A bare postgresql:// means psycopg."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(SourceError) as error:
        connect(kind="sql", url=f"{driver}://ann:hunter2@127.0.0.1:{port}/crm", table="clients").columns()
    assert str(error.value) == (
        f"source 'billing': database 'crm' at 127.0.0.1:{port} cannot be reached. Check connect.url and that the server is up."
    )


def test_a_server_that_says_nothing_is_not_waited_for_long(connect):
    """It accepts the connection, and that is all."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(SourceError, match="cannot be reached"):
            connect(kind="sql", url=f"postgresql://ann@127.0.0.1:{silent.getsockname()[1]}/crm", table="t", wait=1).columns()


def test_a_driver_that_is_not_installed_is_named(connect):
    """Not as a bug."""
    with pytest.raises(SourceError, match=r"no driver for 'oracle' is installed. Install it, or name another in connect.url."):
        connect(kind="sql", url="oracle://ann:hunter2@db/crm", table="clients").columns()


POSTGRES = """
    CREATE SCHEMA crm;
    CREATE TABLE crm.clients (id bigint, name text, born date, seen timestamp, changed timestamptz, price numeric(10, 2), vip boolean,
        photo bytea, tags text[], extra jsonb, ref uuid);
    INSERT INTO crm.clients VALUES
        (1, 'Ann', '1980-04-03', '2026-03-01 12:00:00', '2026-03-01 12:00:00+02', 12.50, true, 'é', '{a,b}', '{"x": 1}',
         '00000000-0000-0000-0000-000000000001'),
        (2, 'Bo', 'infinity', '-infinity', '2026-01-01 00:00:00Z', 7, NULL, '\\xff', NULL, NULL, NULL),
        (3, 'Cy', '0044-03-15 BC', NULL, NULL, NULL, false, NULL, '{}', NULL, NULL)"""
ANN = ["1", "Ann", "1980-04-03", "2026-03-01T12:00:00", "2026-03-01T10:00:00+00:00", "12.5", "true", "é", "a; b", '{"x": 1}']


def test_postgresql_is_read_with_its_types(postgres_url, pulled, connect):
    """Dates that Python has none for are text, and one row that is no text is refused."""
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        connection.exec_driver_sql(POSTGRES)
    table = {"kind": "sql", "url": postgres_url, "table": "clients", "schema": "crm"}
    types = ["integer", "text", "date", "timestamp", "timestamp", "number", "boolean", "binary", "text", "text", "text"]
    assert list(connect(**table).columns().values()) == types
    found = pulled(**table)
    assert list(found.rows[0].values())[:10] == ANN
    assert (found.rows[1]["born"], found.rows[1]["tags"]) == ("0044-03-15 BC", None)
    assert list(found.reasons) == [2]
    query = {
        "kind": "sql",
        "url": postgres_url,
        "query": "SELECT id, born::text AS born, '10%' AS p FROM crm.clients WHERE id < 3 ORDER BY id;",
    }
    assert [list(row.values()) for row in pulled(**query).rows] == [["1", "1980-04-03", "10%"], ["2", "infinity", "10%"]]
    for since in (datetime(2026, 2, 1), datetime(2026, 3, 1, 10, tzinfo=UTC)):
        assert [row["id"] for row in pulled(**table, columns=["id"], since=Since("changed", since)).rows] == ["1", "3"]
    assert [row["id"] for row in pulled(**table, columns=["id"], since=Since("born", datetime(1980, 4, 3, 9))).rows] == ["1", "2"]
    assert len(pulled(**table, columns=["id"], since=Since("name", datetime(2026, 1, 1))).rows) == 3


def test_what_postgresql_refuses_is_one_sentence_each(postgres_url, connect):
    """A wrong password, no such database, no such table, a lock, a query that would write; never with the password."""
    engine, url = sa.create_engine(postgres_url), sa.make_url(postgres_url)
    text = lambda changed: changed.render_as_string(hide_password=False)  # noqa: E731
    said = {
        text(url.set(password="hunter2")): "refuses the user name or the password. Correct connect.url.",
        text(url.set(database="nowhere")): "is not there, or has no such user. Correct connect.url.",
        postgres_url: "has no table 'clients'; it has no tables. Set connect.table.",
    }
    for wrong, sentence in said.items():
        with pytest.raises(SourceError) as error:
            connect(kind="sql", url=wrong, table="clients").columns()
        assert sentence in str(error.value)
        assert "hunter2" not in str(error.value)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id int)")
    with pytest.raises(SourceError, match=r"does not accept the query \(column \"x\" does not exist\)"):
        connect(kind="sql", url=postgres_url, query="SELECT x FROM t").columns()
    with pytest.raises(SourceError):
        connect(kind="sql", url=postgres_url, query="DELETE FROM t RETURNING id").columns()
    with engine.begin() as connection:
        connection.exec_driver_sql("LOCK TABLE t")
        with pytest.raises(SourceError, match="is locked by another program"):
            list(connect(kind="sql", url=postgres_url, table="t", wait=0.2).batches(["id"]))


def test_a_connection_that_is_lost_half_way_is_an_error(postgres_url, connect):
    """After some batches, which are then not the whole."""
    batches = connect(kind="sql", url=postgres_url, query="SELECT n AS id FROM generate_series(1, 500000) AS n").batches(["id"], size=2_000)
    assert next(batches).rows.num_rows == 2_000
    with sa.create_engine(postgres_url).begin() as connection:
        connection.exec_driver_sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    with pytest.raises(SourceError, match=r"ended the connection while it was read. Run again"):
        list(batches)
