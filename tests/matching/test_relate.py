"""Relate: linkage of whole clusters, who is related, and what a household is."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.block import Pairs
from matching.chance import Population
from matching.cluster import Advantage, Clusters, Constraints, Scoring, record_edges, relabel
from matching.compare import comparisons_for, level_matrix
from matching.comparisons import RARITY
from matching.forms import forms_of
from matching.linkage import Members, linkages
from matching.match import Scored, score_pairs
from matching.model import Model
from matching.records import Records
from matching.relate import KINDS, LARGEST_HOUSEHOLD, Kind, Related, kinds, organisations, relate, with_households
from matching.score import MICRO, Weights
from tests.matching.picture import attribute, records

PEOPLE = [
    attribute("given_name"),
    attribute("family_name"),
    attribute("organisation"),
    attribute("phone", region="US"),
    attribute("street"),
    attribute("city"),
]
NONE = Constraints.none()


# --- linkage -------------------------------------------------------------------------------------------------------

EQUAL = len(RARITY) + 1
"""The first level that is not an equal one."""


def scoring_of(sizes: list[int], seed: int) -> Scoring:
    """Weights drawn at random; those of `missing` are 0."""
    rng = np.random.default_rng(seed)
    drawn = [[rng.integers(-9 * MICRO, 9 * MICRO, size) * (np.arange(size) > 0) for _ in range(2)] for size in sizes]
    return Scoring(tuple(Weights(*pair) for pair in drawn), -3 * MICRO, -4 * MICRO)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=3, max_size=12), st.integers(0, 10_000))
def test_linkage_is_the_mean_over_the_pairs_that_have_something_to_compare(label: list[int], seed: int) -> None:
    """Against sums by hand, one pair of clusters and one comparison at a time."""
    count, sizes = len(label), [4, 7, 3]
    rng = np.random.default_rng(seed)
    table = np.stack([rng.integers(0, size, (count, count)) for size in sizes], axis=2).astype(np.uint8)
    table = np.maximum(table, table.transpose(1, 0, 2))
    scoring, members = scoring_of(sizes, seed), Members.of(np.array(label, np.int32))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(members.size), 1))
    population = Population(np.array(label, np.int32) % 2, np.array([True, False]))
    found = linkages(members, left, right, lambda a, b: table[a, b], scoring, population)
    held = [np.flatnonzero(np.array(label) == one) for one in sorted(set(label))]
    for row, (a, b) in enumerate(zip(left, right, strict=True)):
        pairs = [(min(x, y), max(x, y)) for x in held[a] for y in held[b]]
        for k, weights in enumerate(scoring.weights):
            levels = [int(table[pair][k]) for pair in pairs if table[pair][k]]
            assert found.known[row, k] == len(levels)
            assert found.same[row, k] == (sum(int(weights.same[level]) for level in levels) // len(levels) if levels else 0)
            assert found.related[row, k] == (sum(int(weights.related[level]) for level in levels) // len(levels) if levels else 0)
            assert found.best[row, k] == min(levels, default=0)
        assert found.admissible[row] == all(population.admissible(np.array([x]), np.array([y]))[0] for x, y in pairs)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=3, max_size=10), st.integers(0, 10_000))
def test_linkage_among_rivals_is_that_by_which_clusters_are_joined(label: list[int], seed: int) -> None:
    """Some pairs are candidates, and have an advantage or none: to the last bit what agglomeration would ask of the same clusters."""
    first = np.array([label.index(one) for one in label], np.int64)
    count, rng = len(label), np.random.default_rng(seed)
    table = rng.integers(0, 5, (count, count, 2)).astype(np.uint8)
    scoring, population = scoring_of([5, 5], seed), Population(np.zeros(count, np.int32), np.array([False]))
    a, b = np.triu_indices(count, 1)
    candidate = rng.random(len(a)) < 0.6
    bits = rng.integers(-9 * MICRO, 2 * MICRO, candidate.sum()) * (rng.random(candidate.sum()) < 0.7)
    rivals = Advantage.among(b[candidate], a[candidate], bits, count)
    edges = relabel(record_edges(a, b, lambda x, y: table[x, y], scoring, population, Constraints.none(), rivals), first)
    members = Members.of(first.astype(np.int32))
    left, right = (members.of_record[side] for side in (edges.left, edges.right))
    found = linkages(members, left, right, lambda x, y: table[x, y], scoring, population, rivals)
    assert found.weight(scoring).tolist() == edges.linkage(scoring).tolist()
    for row in range(len(left)):
        added = [rivals.between(int(x), int(y), count) for x in members_of(members, left[row]) for y in members_of(members, right[row])]
        held = [one for one, is_candidate in added if is_candidate]
        assert (found.candidates[row], found.advantage[row]) == (len(held), sum(held) // max(len(held), 1))


def members_of(members: Members, cluster: int) -> np.ndarray:
    """The records of a cluster."""
    return members.order[members.start[cluster] : members.start[cluster] + members.size[cluster]]


def test_portions_do_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many pairs of clusters are compared a portion at a time, to the same end."""
    table = np.random.default_rng(3).integers(0, 5, (30, 30, 2)).astype(np.uint8)
    members, scoring = Members.of(np.arange(30, dtype=np.int32) // 3), scoring_of([5, 5], 1)
    left, right = (side.astype(np.int32) for side in np.triu_indices(10, 1))
    population = Population(np.zeros(30, np.int32), np.array([False]))
    whole = linkages(members, left, right, lambda a, b: table[a, b], scoring, population)
    monkeypatch.setattr("matching.linkage.PAIRS_AT_A_TIME", 20)
    parts = linkages(members, left, right, lambda a, b: table[a, b], scoring, population)
    assert all((getattr(whole, name) == getattr(parts, name)).all() for name in ("same", "related", "known", "best", "admissible"))


def test_no_pairs_at_all_have_no_linkage() -> None:
    """Where nothing is proposed nothing is compared."""
    nobody = np.empty(0, np.int32)
    found = linkages(
        Members.of(np.arange(3, dtype=np.int32)),
        nobody,
        nobody,
        lambda a, _: np.zeros((len(a), 1), np.uint8),
        scoring_of([4], 0),
        Population(np.zeros(3, np.int32), np.array([False])),
    )
    assert found.same.shape == (0, 1)
    assert found.advantage.shape == (0,)
    assert found.probabilities(scoring_of([4], 0))[0].tolist() == []


# --- what they are -------------------------------------------------------------------------------------------------

HOME = """
    crm:1 | Mary  | Smith | -          | 212 555 0101 | 12 Elm Street | Salem
    crm:2 | John  | Smith | -          | 212 555 0101 | 12 Elm Street | Salem
    crm:3 | Paula | Jones | -          | -            | 9 Oak Avenue  | Salem
    crm:4 | -     | -     | Acme Ltd   | 212 555 0199 | 1 Main Street | Boston
    crm:5 | -     | -     | Acme Ltd   | 212 555 0188 | 7 Dock Road   | Dover
    crm:6 | -     | -     | Zenith Inc | 212 555 0199 | 1 Main Street | Boston
    crm:7 | Peter | Brown | Acme Ltd   | 212 555 0188 | 7 Dock Road   | Dover
    crm:8 | Ann   | Smith | -          | 212 555 7777 | 80 Far Lane   | Salem
"""
SAID = [
    ("1 2", Kind.HOUSEHOLD, "people at one address with one telephone"),
    ("1 8", Kind.RELATED, "people who share a surname alone do not live together"),
    ("4 5", Kind.BRANCH, "two places of one firm"),
    ("4 6", Kind.RELATED, "two firms in one house are not branches of one"),
    ("5 7", Kind.RELATED, "a firm and somebody who works there are no household"),
]


@pytest.mark.parametrize(("pair", "kind", "why"), SAID)
def test_how_two_belong_together(pair: str, kind: Kind, why: str) -> None:
    """People who share an address or a telephone are a household, firms of one name are branches, all else is related."""
    found = records(PEOPLE, HOME)
    forms, comparisons = forms_of(found), comparisons_for(PEOPLE)
    left, right = (np.array([found.keys.to_pylist().index(key)], np.int32) for key in pair.split())
    classes = {name: np.zeros(len(own.distinct), np.uint8) for name, own in forms.items()}
    levels = level_matrix(comparisons, forms, classes, left, right)
    firm = organisations(forms, Members.of(np.arange(len(found), dtype=np.int32)))
    assert KINDS[kinds(levels, comparisons, firm, left, right)[0]] == kind, why


def test_an_organisation_is_named_more_often_than_a_person() -> None:
    """A contact on one of three records leaves it an organisation; an employer leaves somebody a person."""
    found = records(
        PEOPLE,
        """
        crm:1 | Tom | Reed | Acme Ltd | - | - | -
        crm:2 | -   | -    | Acme Ltd | - | - | -
        crm:3 | -   | -    | Acme Inc | - | - | -
        crm:4 | Ida | Holt | Acme Ltd | - | - | -
        crm:5 | Ida | Holt | -        | - | - | -
        """,
    )
    assert organisations(forms_of(found), Members.of(np.array([0, 0, 0, 3, 3], np.int32))).tolist() == [True, False]


# --- households ----------------------------------------------------------------------------------------------------


def links(*pairs: tuple[int, int, float], kind: Kind = Kind.HOUSEHOLD) -> Related:
    """Relationships of one kind: left, right, strength in bits."""
    left, right, bits = zip(*pairs, strict=True)
    probability = 1 / (1 + 2.0 ** -np.array(bits))
    kind_of = np.full(len(pairs), KINDS.index(kind), np.int8)
    strength = np.round(np.array(bits) * MICRO).astype(np.int64)
    return Related(np.array(left, np.int32), np.array(right, np.int32), kind_of, probability, strength, pa.array([""] * len(pairs)))


def test_a_household_is_all_whom_links_hold_together() -> None:
    """1 - 2 - 3 are one household of three, 7 - 9 another; a branch makes none."""
    found = with_households(links((1, 2, 3.0), (2, 3, 1.0), (7, 9, 5.0)), 10)
    assert (found.households, found.people, found.cut) == (2, 5, 0)
    assert with_households(links((1, 2, 3.0), kind=Kind.BRANCH), 10).households == 0


def test_a_hall_of_residence_is_no_household() -> None:
    """One telephone for many: the weakest links go first, those of one flat stay, and it is counted that a group was cut."""
    hall = [(0, other, 2.5) for other in range(1, LARGEST_HOUSEHOLD + 4)]
    flat = [(1, 2, 9.0), (2, 3, 9.0)]
    found = with_households(links(*hall, *flat), 40)
    assert found.cut == 1
    assert sorted(zip(found.left.tolist(), found.right.tolist(), strict=True)) == [(1, 2), (2, 3)]
    assert (found.households, found.people) == (1, 3)


def test_a_household_as_large_as_they_come_is_whole() -> None:
    """At the limit nothing is cut."""
    chain = [(at, at + 1, 2.0) for at in range(LARGEST_HOUSEHOLD - 1)]
    found = with_households(links(*chain), 40)
    assert (len(found), found.people, found.cut) == (LARGEST_HOUSEHOLD - 1, LARGEST_HOUSEHOLD, 0)


# --- the whole -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def family() -> tuple[Records, Model]:
    """Five records of four people, and a model by hand: names tell people apart, place and telephone tell households."""
    found = records(
        PEOPLE,
        """
        crm:1 | Mary | Smith | - | 212 555 0101 | 12 Elm Street | Salem
        crm:2 | Mary | Smith | - | -            | 12 Elm Street | Salem
        crm:3 | John | Smith | - | 212 555 0101 | 12 Elm Street | Salem
        crm:4 | Gus  | Wade  | - | 212 555 9999 | 4 Hill Road   | Dover
        shop:1| Mary | Smith | - | 212 555 0101 | 12 Elm Street | Salem
        """,
    )
    return found, by_hand(found)


def by_hand(found: Records) -> Model:
    """Equal: +10 bits for both, but a given name +6 and -1; different: -6 for both, but a given name 0 for related."""
    from matching.block import Plan
    from matching.score import Fit

    comparisons = comparisons_for(PEOPLE)
    weights = []
    for comparison in comparisons:
        same, related = (np.zeros(len(comparison.labels), np.int64) for _ in range(2))
        personal = comparison.name == "given_name"
        same[1:EQUAL], related[1:EQUAL] = (6, -1) if personal else (10, 10)
        same[-1], related[-1] = -6, 0 if personal else -6
        weights.append(Weights(same * MICRO, related * MICRO))
    fit = Fit((), (), (), 1.0, 1.0, 10.0, 1, True)
    return Model(comparisons, Scoring(tuple(weights), -8 * MICRO, -8 * MICRO), fit, {}, {}, Plan(everything=True), {}, len(found))


def related_in(
    found: Records, model: Model, label: list[int], decided: Constraints = NONE, unique: bool = False
) -> list[tuple[str, str, str]]:
    """Who is related, by record keys: left, right, kind."""
    forms = forms_of(found)
    population = Population(found.source, np.array([unique] * len(found.sources)))
    left, right = (side.astype(np.int32) for side in np.triu_indices(len(found), 1))
    scored = scored_pairs(found, model, left, right, population)
    clusters = Clusters(np.array(label, np.int32), np.ones(len(found)), 0, 0, np.array(label, np.int32))
    got = relate(forms, population, model, scored, clusters, decided)
    name = [f"{found.sources[s]}:{k}" for s, k in zip(found.source, found.keys.to_pylist(), strict=True)]
    return [(name[a], name[b], str(KINDS[k])) for a, b, k in zip(got.left, got.right, got.kind, strict=True)]


def scored_pairs(found: Records, model: Model, left: np.ndarray, right: np.ndarray, population: Population) -> Scored:
    """All pairs, scored."""
    from matching.compare import patterns_of

    forms = forms_of(found)
    patterns = patterns_of(model.comparisons, forms, model.classes(forms), left, right)
    return score_pairs(Pairs(left, right), patterns, model, population)


def test_a_couple_is_one_household(family: tuple[Records, Model]) -> None:
    """Mary's three records and John's are one household; Gus, who lives elsewhere, is nobody's."""
    assert related_in(*family, label=[0, 0, 2, 3, 0]) == [("crm:1", "crm:3", "household")]


def test_records_that_are_likely_the_same_are_no_household(family: tuple[Records, Model]) -> None:
    """Where Mary's own records were not joined they are more likely one person than two relatives."""
    assert ("crm:1", "crm:2", "household") not in related_in(*family, label=[0, 1, 2, 3, 1])


def test_whom_a_steward_has_separated_may_well_live_together(family: tuple[Records, Model]) -> None:
    """Mary and her daughter Mary: not the same, as somebody knows, so what they share speaks for a household. (Invariant 3)"""
    apart = Constraints(NONE.same, (np.array([0], np.int32), np.array([1], np.int32)))
    assert ("crm:1", "crm:2", "household") in related_in(*family, label=[0, 1, 2, 3, 0], decided=apart)


def test_two_records_of_a_source_that_holds_nobody_twice_may_live_together(family: tuple[Records, Model]) -> None:
    """The same, known from the source."""
    assert ("crm:1", "crm:2", "household") in related_in(*family, label=[0, 1, 2, 3, 4], unique=True)


@settings(max_examples=15, deadline=None)
@given(st.permutations(range(5)))
def test_the_order_of_records_does_not_matter(family: tuple[Records, Model], order: list[int]) -> None:
    """Shuffled records have the same relationships. (Invariant 6)"""
    found, model = family
    label = [0, 0, 2, 3, 0]
    lines = np.array(["crm:1", "crm:2", "crm:3", "crm:4", "shop:1"])
    shuffled = take(found, order)
    place = {number: at for at, number in enumerate(order)}
    relabelled = [min(place[other] for other in range(5) if label[other] == label[number]) for number in order]
    assert {frozenset(pair[:2]) & set(lines) for pair in related_in(shuffled, model, relabelled)} <= {
        frozenset({a, "crm:3"}) for a in lines
    }
    assert len(related_in(shuffled, model, relabelled)) == 1


def take(found: Records, order: list[int]) -> Records:
    """The same records in another order."""
    from dataclasses import replace

    place = np.argsort(order).astype(np.int32)
    columns = {}
    for name, column in found.columns.items():
        row = place[column.row]
        by_row = np.argsort(row, kind="stable")
        columns[name] = replace(column, row=row[by_row].astype(np.int32), code=column.code[by_row], position=column.position[by_row])
    chosen = np.array(order)
    return replace(found, ids=found.ids[chosen], source=found.source[chosen], keys=found.keys.take(pa.array(chosen)), columns=columns)


def test_a_surname_alone_makes_no_relatives() -> None:
    """Who bears the same one is a stranger still; the same town beside it makes two related."""
    found = records(
        PEOPLE,
        """
        crm:1 | Mary  | Smith | - | - | 12 Elm Street | Salem
        crm:2 | John  | Smith | - | - | -             | -
        crm:3 | Peter | Wade  | - | - | 80 Far Lane   | Salem
        crm:4 | Paula | Wade  | - | - | 9 Oak Avenue  | Salem
        """,
    )
    assert related_in(found, by_hand(found), label=[0, 1, 2, 3]) == [("crm:3", "crm:4", "related")]
