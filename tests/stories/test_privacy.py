"""What is logged, printed, reported or raised holds nobody's data."""

from __future__ import annotations

import json
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.stories.organisation import Organisation, Rows
from warehouse.runs import last_reports
from warehouse.sources import batch_history, source_states

PERSON = {
    "given_name": "Zebedee",
    "family_name": "Quixworth",
    "email": "zq.private@quix.example",
    "birth_date": "1931-05-17",
    "city": "Ottery St Catchpole",
}
SECRETS = ("zebedee", "quixworth", "zq.private", "1931-05-17", "17.05.1931", "ottery", "xq-4711-w", "hunter2")
KEY = "XQ-4711-W"


def rows(count: int = 6) -> Rows:
    """Him, and neighbours who are a little like him."""
    return [{"id": KEY if number == 0 else f"{KEY}{number}", **PERSON, "given_name": f"Zebedee{'x' * number}"} for number in range(count)]


def troubled(organisation: Organisation) -> None:
    """Departments with a trouble of every kind, all of which know him."""
    organisation.attributes["birth_date"]["protected"] = True
    organisation.department("crm", rows())
    organisation.department("billing", [{**rows()[0], "birth_date": "17.05.1931x"}, *rows()[1:]], kind="sql")
    organisation.department("twice", [*rows(), rows()[0]])
    organisation.department("asked", rows(), expect={"ExpectColumnValuesToBeInSet": {"column": "city", "value_set": ["York"]}})
    organisation.department("short", rows())
    write(
        organisation.folder / "short.csv",
        "id,given_name,family_name,email,birth_date,city",
        f"{KEY},Zebedee,Quixworth,zq.private@quix.example",
    )
    organisation.department("open_quote", rows())
    write(organisation.folder / "open_quote.csv", "id,given_name,family_name,email,birth_date,city", f'{KEY},"Zebedee,Quixworth,,,\n')
    organisation.department("headless", rows())
    write(organisation.folder / "headless.csv", f"{KEY},Zebedee,Quixworth,zq.private@quix.example,1931-05-17,Ottery St Catchpole")
    organisation.department("headless_twice", rows())
    write(organisation.folder / "headless_twice.csv", f"{KEY},Quixworth,Quixworth,zq.private@quix.example,1931-05-17,Ottery St Catchpole")
    organisation.department("xml", rows(), connect={"kind": "xml", "path": "people.xml", "record": "p"})
    write(organisation.folder / "people.xml", f"<people><p><id>{KEY}</id><given_name>Zebedee</p>")
    organisation.department("json", rows(), connect={"kind": "json", "path": "people.json"})
    write(organisation.folder / "people.json", f'[{{"id": "{KEY}", "given_name": "Zebedee" "family_name": "Quixworth"}}]')
    organisation.department("query", rows(), connect={"kind": "sql", "url": "sqlite:///crm.db", "query": "SELECT nobody FROM people"})
    organisation.department(
        "server", rows(), connect={"kind": "sql", "url": "postgresql+psycopg://z:hunter2@127.0.0.1:1/x", "table": "t", "wait": 0.2}
    )
    with closing(sqlite3.connect(organisation.folder / "crm.db")) as database:
        database.execute("CREATE TABLE people (id)")


def write(path: Path, *lines: str) -> None:
    """A file of these lines."""
    path.write_text("\n".join(lines))


def personal(text: str) -> list[str]:
    """Which of the secrets stand in a text."""
    return [secret for secret in SECRETS if secret in text.lower()]


def test_nothing_that_is_told_of_runs_holds_personal_data(
    organisation: Organisation, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Runs that publish, are held and fail, with every logger at its loudest: logs, output, errors, reports, checks. (Invariant 11)"""
    caplog.set_level(logging.DEBUG)
    troubled(organisation)
    assert organisation.run()["status"] == "published"
    organisation.settings["publish"] = {"ExpectColumnValuesToBeInSet": {"column": "city", "value_set": ["York"]}, "max_cluster": 1}
    organisation.department("crm", rows(5))
    assert organisation.run()["status"] == "held"
    organisation.sources["headless"]["required"] = True
    told = {"error": organisation.failing_run(), **kept(organisation), "log": caplog.text, "output": "".join(capfd.readouterr())}
    assert {name: found for name, part in told.items() if (found := personal(json.dumps(part, default=str)))} == {}
    assert (len(told["reports"]), len(set(told["reasons"]))) == (3, 9)  # eight sources are held, each for its own reason
    assert len(told["checks"]) > 30


def kept(organisation: Organisation) -> dict[str, Any]:
    """What the warehouse keeps of runs for people who operate them."""
    with organisation.reading() as connection:
        return {
            "reports": [run.report for run in last_reports(connection)],
            "reasons": [state.held_reason for state in source_states(connection)],
            "batches": [batch.reason for name in organisation.sources for batch in batch_history(connection, name)],
            "checks": [dict(row) for row in connection.execute(sa.text("SELECT * FROM quality_result")).mappings()],
        }


def test_the_masked_view_holds_no_personal_data(organisation_on_each: Organisation) -> None:
    """Consumers who may not know who customers are see that there is one, and where. (Invariant 11)"""
    organisation_on_each.department("crm", rows(2))
    organisation_on_each.run()
    with organisation_on_each.reading() as connection:
        seen = connection.execute(sa.text("SELECT * FROM golden_customer_masked")).all()
    assert personal(str(seen)) == ["ottery"]
