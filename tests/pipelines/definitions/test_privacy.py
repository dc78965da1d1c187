"""No customer is in what Dagster keeps. (Invariant 11)"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pyarrow as pa
import pytest

from pipelines.definitions.instance import open_instance
from pipelines.steps.session import open_project_warehouse
from warehouse.attribute_tables import SEPARATOR
from warehouse.records import live_records, raw_records

ROOT = Path(__file__).parents[3]
NAMES = ("given_name", "family_name", "organisation")
WRITTEN = ("email", "phone", "street")
CODE = ("domain", "connectors", "matching", "quality", "warehouse", "pipelines")


def kept_by_dagster(folder: Path) -> str:
    """All that the instance holds: runs with their tags, events with their metadata, log lines; and every byte of its files."""
    with open_instance(folder) as instance:
        held = [repr((run, instance.all_logs(run.run_id))) for run in instance.get_runs()]
    files = (path.read_bytes().decode("utf-8", "ignore") for path in sorted(folder.rglob("*")) if path.is_file())
    return "\n".join([*held, *files]).lower()


def values(table: pa.Table, attributes: Iterable[str]) -> set[str]:
    """The distinct values of attributes, those of `many` ones one by one."""
    columns = (table.column(name).drop_null().cast(pa.string()).to_pylist() for name in attributes)
    return {value.lower() for column in columns for joined in column for value in joined.split(SEPARATOR) if value}


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]{4,}", text.lower()))


def our_words(project_file: Path) -> set[str]:
    """The words of our code, of Dagster's events and of the project file: somebody may be called Page, Field or Price."""
    code = (path.read_text() for package in CODE for path in (ROOT / package).rglob("*.py"))
    dagster = Path(pytest.importorskip("dagster").__file__).parent
    events = ((dagster / name).read_text() for name in ("_core/events/__init__.py", "_core/execution/plan/execute_plan.py"))
    return set().union(*map(words, [project_file.read_text(), *code, *events]))


def test_no_value_of_a_customer_is_kept(demo):
    """Addresses, telephones, streets, whole names and single ones are in no event, metadata value, tag or log line of a run."""
    kept = kept_by_dagster(demo.folder / ".dagster")
    assert "sources__billing" in kept  # we are looking in the right place
    with open_project_warehouse(demo.project) as warehouse:
        records = live_records(warehouse, demo.project.attributes)
        raw = pa.concat_tables(raw_records(warehouse, "newsletter")).column("raw").to_pylist()
    written = values(records, WRITTEN)
    assert len(written) > 500
    assert {value for value in written if value in kept} == set()
    single = set().union(*map(words, values(records, NAMES))) - our_words(demo.folder / "onefold.yaml")
    assert len(single) > 200
    assert single & words(kept) == set()
    assert not any(row.lower() in kept for row in raw)
