"""One demo organisation for all tests of this folder, seen at every stage of its making."""

from dataclasses import dataclass

import pytest

from pipelines.demo.gaps import average, gaps, stood_in, with_gaps
from pipelines.demo.holdings import Holdings, holdings
from pipelines.demo.make import of_department
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.population import Population, population
from pipelines.demo.records import faithful_sheet
from pipelines.demo.sheet import Sheet
from pipelines.demo.slips import slipped
from pipelines.demo.tables import stream

RECORDS = 60_000


@dataclass(frozen=True)
class Stages:
    """One department's rows: without a slip, with slips, with gaps, with stand-ins."""

    faithful: Sheet
    slipped: Sheet
    gapped: Sheet
    kept: Sheet


@dataclass(frozen=True)
class Organisation:
    held: Holdings
    people: Population
    sheets: dict[str, Stages]


def stages(department, people, rows, rng):
    faithful = faithful_sheet(department, people, rows.customer, rows.time, rng)
    with_slips = slipped(faithful, people, department.slips / average(DEPARTMENTS, lambda d: d.slips), rng)
    gapped = with_gaps(with_slips, gaps(department, DEPARTMENTS), rng)
    return Stages(faithful, with_slips, gapped, stood_in(gapped, rng))


@pytest.fixture(scope="session")
def organisation():
    held = holdings(RECORDS, DEPARTMENTS, seed=3)
    people = population(held.customers, held.businesses, seed=3)
    sheets = {}
    for number, department in enumerate(DEPARTMENTS):
        rng = stream(3, "department", department.name)
        sheets[department.name] = stages(department, people, of_department(held, number, rng), rng)
    return Organisation(held, people, sheets)
