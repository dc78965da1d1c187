"""The customers: families, names and what changed in their lives, at the rates that the demo promises."""

import numpy as np
import pandas as pd
import pyarrow.compute as pc
import pytest

from pipelines.demo.households import Role
from pipelines.demo.population import NEVER, population
from pipelines.demo.tables import present


def by_household(people, values):
    """How many different values the members of each household have."""
    household = people.kin.household
    inside = household >= 0
    return pd.Series(np.asarray(values)[: len(household)][inside]).groupby(household[inside]).nunique()


@pytest.mark.parametrize(
    ("of_whom", "promised", "tolerance"),
    [("home", 0.12, 0.007), ("family", 0.03, 0.0005), ("email", 0.10, 0.007), ("phone", 0.10, 0.007)],
)
def test_lives_change_at_the_promised_rates(organisation, of_whom, promised, tolerance):
    """12 % of customers moved, 3 % changed their surname, 10 % their e-mail address, 10 % their telephone."""
    assert getattr(organisation.people, of_whom).rate == pytest.approx(promised, abs=tolerance)


@pytest.mark.parametrize("of_whom", ["home", "family", "email", "phone"])
def test_a_change_really_changes_something(organisation, of_whom):
    """
    changed        before and after differ
    not changed    what is now has always been
    """
    people = organisation.people
    versions = getattr(people, of_whom)
    changed = versions.changed != NEVER
    everyone = np.arange(len(people))
    long_ago, now = (pd.Series(versions.at(everyone, np.full(len(people), day)).tolist()).fillna("") for day in (0, 40_000))
    assert (long_ago != now)[changed].mean() > 0.95  # a bride can bear her bridegroom's name by chance; a contact can be nameless
    assert (long_ago == now)[~changed].all()


def test_a_quarter_of_the_customers_live_with_another(organisation):
    """Households have two to five members who share an address and, but for marriages since, a surname."""
    people = organisation.people
    household = people.kin.household
    assert (household >= 0).sum() / len(people) == pytest.approx(0.25, abs=0.001)
    assert pd.Series(household[household >= 0]).value_counts().between(2, 6).all()
    assert (by_household(people, people.home.now) == 1).all()
    assert (by_household(people, people.family.now.to_pandas()) == 1).mean() > 0.99


def test_three_in_ten_households_have_one_telephone(organisation):
    """30 % of households share a telephone; the others have none in common."""
    people = organisation.people
    different = by_household(people, people.phone.now)
    size = pd.Series(people.kin.household[people.kin.household >= 0]).value_counts()
    assert (different == 1).mean() == pytest.approx(0.30, abs=0.03)
    assert (different[different > 1] == size.reindex(different.index)[different > 1]).mean() > 0.99


def test_one_customer_in_a_hundred_is_a_father_or_son_of_one_name(organisation):
    """
    Ann Lee, 1950    John Lee, 1948  ==  John Lee Jr, 1974    half of them at one address
    """
    people = organisation.people
    son = np.flatnonzero(people.kin.role == Role.NAMESAKE)
    father = people.kin.head[son]
    assert 2 * len(son) / len(people) == pytest.approx(0.01, abs=0.0005)
    assert people.given.take(son).equals(people.given.take(father))
    assert people.family.now.take(son).equals(people.family.now.take(father))
    apart = people.kin.birth_year[son] - people.kin.birth_year[father]
    assert apart.min() >= 16
    assert apart.max() <= 40
    marked = present(people.suffix)
    assert marked[son].mean() == pytest.approx(0.5, abs=0.15)
    assert set(np.flatnonzero(marked)) <= set(son) | set(father)


def test_twins_share_birthday_surname_and_address_but_not_the_given_name(organisation):
    """Twins are what a matching engine is most likely to take for one person."""
    people = organisation.people
    twin = np.flatnonzero(people.kin.role == Role.TWIN)
    other = people.kin.head[twin]
    assert 2 * len(twin) / len(people) == pytest.approx(0.004, abs=0.0005)
    assert (people.kin.birth[twin] == people.kin.birth[other]).all()
    assert (people.home.now[twin] == people.home.now[other]).all()
    assert np.mean(np.asarray(pc.not_equal(people.given.take(twin), people.given.take(other)))) > 0.9


def test_family_names_are_as_frequent_as_in_life(organisation):
    """The commonest name has about one bearer in 120; frequency falls like rank; many names have one bearer."""
    people = organisation.people
    head = (people.kin.head == np.arange(people.people)) & (people.family.changed[: people.people] == NEVER)
    counts = people.family.now.slice(0, people.people).to_pandas()[head].value_counts()
    share = counts / counts.sum()
    assert share.index[0] == "Smith"
    assert share.iloc[0] == pytest.approx(0.0085, abs=0.002)
    rank = np.arange(1, 301)
    slope = np.polyfit(np.log(rank), np.log(share.iloc[:300]), 1)[0]
    assert -1.1 < slope < -0.5
    assert share[counts == 1].sum() > 0.1


def test_given_names_go_with_the_time(organisation):
    """Jennifers are a generation younger than Barbaras, and no man is called Mary."""
    people = organisation.people
    names, year = people.given.slice(0, people.people).to_pandas(), people.kin.birth_year
    assert year[names == "Barbara"].mean() + 15 < year[names == "Jennifer"].mean()
    assert set(names[~people.kin.female]) & {"Mary", "Jennifer"} == set()


def test_some_couples_share_a_mailbox_and_nobody_else_does(organisation):
    """15 % of couples have one e-mail address; every other address belongs to one customer."""
    people = organisation.people
    address = people.email.now.to_pandas()
    couple = np.flatnonzero(people.kin.partner >= 0)
    shared = address[couple].to_numpy() == address[people.kin.partner[couple]].to_numpy()
    assert shared.mean() == pytest.approx(0.15, abs=0.03)
    assert address.duplicated(keep=False).sum() == shared.sum()


def test_organisations_are_among_the_customers(organisation):
    """4 % of customers are organisations; some of their names look like attacks."""
    people = organisation.people
    names = people.organisation.slice(people.people)
    assert len(names) / len(people) == pytest.approx(0.04, abs=0.001)
    assert names.null_count == 0
    text = "\n".join(names.to_pylist())
    assert all(attack in text for attack in ("DROP TABLE", "=HYPERLINK", "<script>", '" OR ""="'))


def test_the_same_seed_makes_the_same_customers():
    """Another seed makes others. (Invariant 6)"""
    one, again, other = (population(2_000, 80, seed) for seed in (5, 5, 6))
    assert one.email.now.equals(again.email.now)
    assert (one.kin.birth == again.kin.birth).all()
    assert not one.email.now.equals(other.email.now)
