"""What departments do not know: missing values and stand-ins, at the rates that the demo promises."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.demo.gaps import ADDRESS, MISSING, PLACEHOLDER_DAYS, PLACEHOLDERS
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.tables import present


def missing(organisation, attributes):
    """Share of the values that a department has a column for and does not have."""
    gone = values = 0
    for department in DEPARTMENTS:
        stages = organisation.sheets[department.name]
        for attribute in set(attributes) & set(department.captures):
            known = present(stages.slipped[attribute])
            gone += (known & ~present(stages.gapped[attribute])).sum()
            values += known.sum()
    return gone / values


def test_a_quarter_of_all_values_is_missing(organisation):
    """From 2 % of the surnames to 35 % of the birth dates."""
    assert missing(organisation, MISSING) == pytest.approx(0.25, abs=0.01)
    assert missing(organisation, ["family_name"]) == pytest.approx(0.02, abs=0.003)
    assert missing(organisation, ["birth_date"]) == pytest.approx(0.35, abs=0.01)


@pytest.mark.parametrize("attribute", MISSING)
def test_each_attribute_is_missing_at_its_own_rate(organisation, attribute):
    """The rates of departments differ, their mean does not; no attribute is known less often than birth dates."""
    assert missing(organisation, [attribute]) == pytest.approx(MISSING[attribute], abs=0.012)
    assert 0.02 <= MISSING[attribute] <= 0.35


def test_departments_know_what_they_need(organisation):
    """The web shop has an e-mail address of nearly everybody, sales has not."""
    rate = {}
    for name in ("web_shop", "sales"):
        stages = organisation.sheets[name]
        rate[name] = 1 - present(stages.gapped["email"]).sum() / present(stages.slipped["email"]).sum()
    assert rate["web_shop"] < 0.12 < 0.3 < rate["sales"]


def test_of_an_address_often_nothing_is_known(organisation):
    """Its parts are missing together much more often than by chance."""
    sheet = organisation.sheets["sales"].gapped
    gone = np.array([~present(sheet[part]) for part in ADDRESS])
    assert gone.all(axis=0).mean() > 5 * gone.mean(axis=1).prod()


def test_a_second_telephone_is_not_known_where_the_first_is_not(organisation):
    """Nor a second e-mail address."""
    sheet = organisation.sheets["sales"].gapped
    assert not (present(sheet["second_phone"]) & ~present(sheet["phone"])).any()
    assert not (present(sheet["second_email"]) & ~present(sheet["email"])).any()


@pytest.mark.parametrize("attribute", [*PLACEHOLDERS, *PLACEHOLDER_DAYS])
def test_some_values_only_stand_for_one(organisation, attribute):
    """One or two in a hundred: `n/a`, 999-999-9999, none@none.com, 1 January 1900."""
    listed = (
        pa.array(PLACEHOLDERS[attribute]) if attribute in PLACEHOLDERS else pa.array(np.array(PLACEHOLDER_DAYS[attribute], "datetime64[D]"))
    )
    stand_ins = values = 0
    for department in DEPARTMENTS:
        if attribute in department.captures:
            column = organisation.sheets[department.name].kept[attribute]
            stand_ins += np.asarray(pc.is_in(column, listed)).sum()
            values += present(column).sum()
    assert 0.01 < stand_ins / values < 0.02
