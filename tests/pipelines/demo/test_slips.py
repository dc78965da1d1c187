"""What goes wrong in names, numbers and dates, at the rates that the demo promises."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from pipelines.demo.organisation import DEPARTMENTS
from pipelines.demo.slips import nicknames, short_forms, swapped, with_typos
from pipelines.demo.tables import present, stream, texts


def differing(one, other):
    """Which rows hold two different values."""
    return np.asarray(pc.fill_null(pc.not_equal(one, other), False), dtype=bool)


def over_departments(organisation, before, after, column):
    """Share of a column's values that are another after a stage, over the departments that have the column."""
    changed = values = 0
    for department in DEPARTMENTS:
        if column in department.captures:
            stages = organisation.sheets[department.name]
            changed += differing(getattr(stages, before)[column], getattr(stages, after)[column]).sum()
            values += present(getattr(stages, before)[column]).sum()
    return changed / values


@pytest.mark.parametrize("column", ["family_name", "email", "phone", "birth_date", "street", "city", "postcode"])
def test_six_values_in_a_hundred_are_mistyped(organisation, column):
    """Typos befall 6 % of the values of every column that is typed; surnames are also swapped, in 1 % of the rows."""
    promised = 0.069 if column == "family_name" else 0.06
    assert over_departments(organisation, "faithful", "slipped", column) == pytest.approx(promised, abs=0.008)


@pytest.mark.parametrize("column", ["region", "gender", "marketing_consent", "customer_since"])
def test_what_is_chosen_from_a_list_is_not_mistyped(organisation, column):
    """A state or a gender has no typos."""
    assert over_departments(organisation, "faithful", "slipped", column) == 0


def test_twelve_given_names_in_a_hundred_are_short_forms(organisation):
    """8 % are nicknames, 4 % initials."""
    given = short = initial = 0
    for stages in organisation.sheets.values():
        before = stages.faithful["given_name"]
        after = short_forms(stages.faithful, stream(1))["given_name"]
        changed = differing(before, after)
        given += present(before).sum()
        short += changed.sum()
        initial += np.asarray(pc.match_substring_regex(after.filter(pa.array(changed)), r"^.\.?$")).sum()
    assert short / given == pytest.approx(0.12, abs=0.006)
    assert initial / given == pytest.approx(0.04, abs=0.006)


def test_a_nickname_belongs_to_the_name():
    """Robert is Bob or Rob, Margaret is Peggy or Meg; a name without nicknames has none."""
    names = pa.array(["Robert", "Margaret", "Xavier", None] * 50)
    found = set(zip(names.to_pylist(), nicknames(names, np.arange(200), stream(1)).to_pylist(), strict=True))
    assert {("Robert", "Bob"), ("Robert", "Rob"), ("Margaret", "Peggy"), ("Margaret", "Meg"), ("Xavier", None), (None, None)} <= found
    known = set(zip(texts("nicknames", "name").to_pylist(), texts("nicknames", "nickname").to_pylist(), strict=True))
    assert {pair for pair in found if pair[1]} <= known


def test_a_customer_is_mostly_called_by_one_nickname():
    """The same person is Bob in most departments, and Robbie in few."""
    names = pa.array(["Robert"] * 2_000)
    first, second = (nicknames(names, np.arange(2_000), stream(seed)) for seed in (1, 2))
    assert np.mean(np.asarray(pc.equal(first, second))) > 0.6


def test_one_row_in_a_hundred_has_its_names_swapped(organisation):
    """
    Ann | Lee    becomes    Lee | Ann
    """
    sheet = organisation.sheets["web_shop"].faithful
    after = swapped(sheet, 0.01, stream(1))
    moved = differing(sheet["given_name"], after["given_name"])
    assert moved.mean() == pytest.approx(0.01, abs=0.004)
    assert sheet["family_name"].filter(pa.array(moved)).equals(after["given_name"].filter(pa.array(moved)))
    assert sheet["given_name"].filter(pa.array(moved)).equals(after["family_name"].filter(pa.array(moved)))


def test_three_rows_in_a_thousand_hold_a_couple(organisation):
    """John & Mary Smith: the record is the first person's, and Mary is his wife."""
    rows = joint = 0
    for department in DEPARTMENTS:
        sheet = organisation.sheets[department.name].slipped
        together = np.asarray(pc.fill_null(pc.match_substring_regex(sheet["given_name"], r"\S(?: & | and |/)\S"), False), dtype=bool)
        customers = sheet.customer[together]
        assert (organisation.people.kin.partner[customers[customers >= 0]] >= 0).all()
        rows, joint = rows + len(sheet), joint + together.sum()
    assert joint / rows == pytest.approx(0.003, abs=0.0007)


def test_a_few_street_lines_look_like_attacks(organisation):
    """Fewer than one in a thousand, but some."""
    streets = pa.concat_arrays([stages.slipped["street"] for stages in organisation.sheets.values()])
    hostile = pc.fill_null(pc.match_substring_regex(streets, r"DROP TABLE|HYPERLINK|<script>|etc/passwd|onerror"), False)
    assert 0 < np.mean(np.asarray(hostile)) < 0.001


def test_a_careless_department_makes_more_typos(organisation):
    """The call centre mistypes three times as many towns as a partner manager."""
    towns = {name: organisation.sheets[name] for name in ("call_centre", "leasing")}
    rate = {name: differing(stages.faithful["city"], stages.slipped["city"]).mean() for name, stages in towns.items()}
    assert rate["call_centre"] > 2 * rate["leasing"]


def test_no_typos_at_a_rate_of_nothing(organisation):
    """And every value is mistyped at a rate of 1."""
    sheet = organisation.sheets["leasing"].faithful
    assert with_typos(sheet, 0.0, stream(1))["city"].equals(sheet["city"])
    assert differing(with_typos(sheet, 1.0, stream(1))["city"], sheet["city"])[present(sheet["city"])].all()
