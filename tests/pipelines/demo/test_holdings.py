"""Who is held where: the sizes of the departments and how far they repeat each other."""

import numpy as np
import pandas as pd
import pytest

from pipelines.demo.holdings import holdings
from pipelines.demo.organisation import DEPARTMENTS


@pytest.fixture(scope="module")
def held(organisation):
    """A row for every customer of every department, with the rows they have there and the departments that hold them."""
    table = pd.DataFrame({"department": organisation.held.department, "customer": organisation.held.customer})
    pairs = table[table["customer"] >= 0].groupby(["department", "customer"]).size().rename("rows").reset_index()
    return pairs.assign(departments=pairs.groupby("customer")["department"].transform("size"))


def test_four_fifths_of_what_departments_hold_is_held_by_another(held):
    """In each between 65 and 92 %, over all of them about 80 %."""
    shared = held["departments"] > 1
    of_each = shared.groupby(held["department"]).mean()
    assert len(of_each) == 18
    assert of_each.between(0.65, 0.92).all()
    assert shared.mean() == pytest.approx(0.80, abs=0.02)
    assert of_each.mean() == pytest.approx(0.80, abs=0.02)


def test_two_departments_hold_each_customer_once_and_the_others_repeat_some(organisation, held):
    """A unique source has no second row of anybody; in the others 3 to 8 % of the rows are of somebody held already."""
    rows = pd.Series(organisation.held.department).value_counts().sort_index()
    again = 1 - held.groupby("department").size() / rows
    unique = [number for number, department in enumerate(DEPARTMENTS) if department.unique]
    garbage = (organisation.held.customer < 0).mean()
    assert len(unique) == 2
    assert again[unique].max() <= garbage * 3
    assert again.drop(unique).between(0.025, 0.09).all()


def test_a_few_customers_are_known_everywhere_and_half_in_one_place(held):
    """
    half of the customers    one department
    the others               about 5 rows each, on average
    one in a hundred         twelve departments or more
    """
    customers = held.groupby("customer").agg(departments=("departments", "first"), rows=("rows", "sum"))
    several = customers[customers["departments"] > 1]
    assert (customers["departments"] == 1).mean() == pytest.approx(0.53, abs=0.03)
    assert several["rows"].mean() == pytest.approx(4.8, abs=0.3)
    assert (customers["departments"] >= 12).mean() == pytest.approx(0.016, abs=0.008)
    assert customers["rows"].mean() == pytest.approx(2.8, abs=0.2)


def test_one_row_in_a_thousand_is_garbage(organisation):
    """It is nobody's record."""
    assert (organisation.held.customer < 0).mean() == pytest.approx(0.001, abs=0.0001)


def test_departments_differ_in_size_as_they_do_in_life(organisation):
    """The largest is an order of magnitude larger than the smallest."""
    rows = np.bincount(organisation.held.department)
    assert list(rows) == sorted(rows, reverse=True)
    assert 8 < rows[0] / rows[-1] < 30


@pytest.mark.parametrize("records", [500, 777, 12_345])
def test_the_rows_add_up_whatever_their_number(records):
    """Every department has rows, every customer has one."""
    held = holdings(records, DEPARTMENTS, seed=1)
    assert len(held.customer) == len(held.time) == records
    assert set(held.department) == set(range(18))
    assert set(held.customer) - {-1} == set(range(held.customers))


def test_a_workbook_stays_small_however_many_records_there_are():
    """Excel is for at most 20,000 rows; the others take the rest."""
    held = holdings(1_500_000, DEPARTMENTS, seed=1)
    excel = next(number for number, department in enumerate(DEPARTMENTS) if department.name == "events")
    assert len(held.customer) == 1_500_000
    assert (held.department == excel).sum() == 20_000


def test_organisations_are_held_where_business_is_done(organisation):
    """Many of the partners are organisations, hardly anybody of the mobile app is."""
    business = organisation.held.customer >= organisation.held.customers - organisation.held.businesses
    share = pd.Series(business).groupby(organisation.held.department).mean()
    names = [department.name for department in DEPARTMENTS]
    assert share[names.index("partners")] > 0.25
    assert share[names.index("mobile_app")] < 0.05
