"""What departments hold of a customer before anybody makes a slip: the customer as they were at the time."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.demo.holdings import SECONDS_A_DAY
from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.places import digits
from pipelines.demo.population import NEVER
from pipelines.demo.tables import present


def known(organisation, column):
    """A column over the rows of all departments, as they keep it, with the customer of each; garbage left out."""
    sheets = [organisation.sheets[d.name].kept for d in DEPARTMENTS if column in d.captures]
    customer = np.concatenate([sheet.customer for sheet in sheets])
    return pd.Series(pa.concat_arrays([sheet[column] for sheet in sheets]).to_pandas().to_numpy(), index=customer)[customer >= 0].dropna()


@pytest.mark.parametrize(("of_whom", "column"), [("email", "email"), ("phone", "phone")])
def test_a_row_is_as_old_as_its_last_change(organisation, of_whom, column):
    """
    changed e-mail on 1 May 2020:    row of 2018  the former      row of 2023  the present one
    """
    versions = getattr(organisation.people, of_whom)
    now, before = (digits(v) if of_whom == "phone" else v for v in (versions.now, versions.before))
    for stages in organisation.sheets.values():
        sheet = stages.faithful
        mine = sheet.customer >= 0
        who, day = sheet.customer[mine], sheet.time[mine] // SECONDS_A_DAY
        changed = versions.changed[who]
        old = (changed != NEVER) & (day < changed)
        held = sheet[column].filter(pa.array(mine))
        assert held.filter(pa.array(old)).equals(before.take(who[old]))
        assert held.filter(pa.array(~old)).equals(now.take(who[~old]))


def test_departments_hold_different_versions_of_those_who_moved(organisation):
    """Of those who moved and are held by several departments, most are held at both addresses."""
    held, home = organisation.held, organisation.people.home
    mine = held.customer >= 0
    rows = pd.DataFrame({"customer": held.customer[mine], "day": held.day[mine]})
    rows = rows[home.changed[rows["customer"]] != NEVER]
    old = (rows["day"] < home.changed[rows["customer"]]).groupby(rows["customer"])
    several = old.size() >= 4
    assert ((old.sum() > 0) & (old.sum() < old.size()))[several].mean() > 0.6


def test_consents_disagree(organisation):
    """Departments asked at different times: a third or more of the customers whom several asked said both yes and no."""
    consent = known(organisation, "marketing_consent").astype(bool)
    said = consent.groupby(level=0)
    several = said.size() >= 3
    both = (said.sum() > 0) & (said.sum() < said.size())
    assert 0.3 < both[several].mean() < 0.8


def test_customers_have_several_addresses_and_telephones(organisation):
    """In some rows two, over all rows of one customer often more."""
    sheet = organisation.sheets["sales"].kept
    assert (present(sheet["email"]) & present(sheet["second_email"])).mean() > 0.1
    assert (present(sheet["phone"]) & present(sheet["second_phone"])).mean() > 0.15
    assert not np.asarray(pc.fill_null(pc.equal(sheet["email"], sheet["second_email"]), False)).any()
    email = known(organisation, "email").groupby(level=0)
    assert (email.nunique() > 1)[email.size() > 1].mean() > 0.2


def test_nobody_is_a_customer_before_the_row_was_written(organisation):
    """The day somebody became a customer is not after the last change of the row."""
    for stages in organisation.sheets.values():
        since = stages.faithful["customer_since"].cast(pa.int32()).to_numpy()
        assert (since <= stages.faithful.time // SECONDS_A_DAY).all()


def test_where_there_is_no_column_for_a_firm_its_name_stands_for_a_surname(organisation):
    """
    sales      contact Ann Lee, company Acme Inc.      web shop   last name Acme Inc.
    """
    firms = {name: organisation.sheets[name].faithful for name in ("sales", "web_shop")}
    rows = {name: (sheet.customer >= organisation.people.people) for name, sheet in firms.items()}
    assert firms["sales"]["organisation"].filter(pa.array(rows["sales"])).null_count == 0
    assert firms["web_shop"]["family_name"].filter(pa.array(rows["web_shop"])).null_count == 0
    assert not present(firms["web_shop"]["given_name"])[rows["web_shop"]].any()
    assert 0.1 < present(firms["sales"]["given_name"])[rows["sales"]].mean() < 0.5
