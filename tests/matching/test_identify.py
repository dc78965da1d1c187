"""Golden ids over time: pictures of the ledger before and after a run, and the laws that hold for any sequence of runs."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from inspect import cleandoc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from stdnum import luhn

from domain.errors import OnefoldError
from matching.identify import EventKind, Identities, Ledger, Redirects, golden_id_text, golden_number, identify

# --- the ledger as a picture ---------------------------------------------------------------------------------------


@dataclass
class Book:
    """Keeps the ledger between runs the way a warehouse does, records named by letters."""

    members: dict[int, set[str]] = field(default_factory=dict)
    former: dict[int, set[str]] = field(default_factory=dict)
    redirects: dict[int, int] = field(default_factory=dict)
    next_number: int = 1

    def run(self, clusters: str | list[set[str]], erased: tuple[int, ...] = (), relabel: int = 0) -> Identities:
        """One run over the clusters, written `a b | c`; `relabel` gives them other labels."""
        sets = [set(part.split()) for part in clusters.split("|")] if isinstance(clusters, str) else clusters
        cluster_of = {record: (number * 7919 + relabel) % 104729 for number, cluster in enumerate(sets) for record in cluster}
        records = sorted(cluster_of)
        found = identify(np.array([cluster_of[r] for r in records], np.int64), self.ledger(records), np.array(erased, np.int64))
        self.write(records, found)
        return found

    def ledger(self, records: list[str]) -> Ledger:
        place = {record: index for index, record in enumerate(records)}
        owner = np.full(len(records), -1, np.int64)
        for number, held in self.members.items():
            owner[[place[r] for r in held if r in place]] = number
        memberships = [(place[r], number) for number, held in self.former.items() for r in sorted(held) if r in place]
        return Ledger(
            owner=owner,
            live=np.array(sorted(self.members), np.int64),
            retired_record=np.array([r for r, _ in memberships], np.int64),
            retired_number=np.array([n for _, n in memberships], np.int64),
            redirects=Redirects(np.array(list(self.redirects), np.int64), np.array(list(self.redirects.values()), np.int64)),
            next_number=self.next_number,
        )

    def write(self, records: list[str], found: Identities) -> None:
        for number in [*found.retired.tolist(), *found.redirects.number.tolist()]:
            if number in self.members:
                self.former[number] = self.members[number]
        for number in found.revived.tolist():
            self.redirects.pop(number, None)
            self.former.pop(number)
        self.redirects |= dict(zip(found.redirects.number.tolist(), found.redirects.target.tolist(), strict=True))
        self.members = {}
        for record, number in zip(records, found.golden.tolist(), strict=True):
            self.members.setdefault(number, set()).add(record)
        self.next_number = found.next_number

    def picture(self) -> str:
        lines = [f"{number}: {' '.join(sorted(held))}" for number, held in sorted(self.members.items())]
        lines += [f"{number} -> {target}" for number, target in sorted(self.redirects.items())]
        lines += [f"{number} retired" for number in sorted(self.former) if number not in self.redirects]
        return "\n".join(lines)


def after(*runs: str) -> Book:
    book = Book()
    for clusters in runs:
        book.run(clusters)
    return book


def shows(book: Book, picture: str) -> bool:
    assert book.picture() == cleandoc(picture)
    return True


def events(found: Identities) -> list[tuple[str, int, int]]:
    return [(kind.value, number, other) for kind in EventKind for number, other in found.events.of(kind)]


# --- stories -------------------------------------------------------------------------------------------------------


def test_a_first_run_mints_in_order_of_the_lowest_records() -> None:
    """Without a ledger every cluster gets a new id, the cluster of the lowest record first. (Invariant 2)"""
    book = Book()
    found = book.run("c d | b e | a")
    assert shows(
        book,
        """
        1: a
        2: b e
        3: c d
    """,
    )
    assert events(found) == [("minted", 1, -1), ("minted", 2, -1), ("minted", 3, -1)]


def test_a_run_on_unchanged_clusters_changes_nothing() -> None:
    """The same clusters again: the same ids, no event, nothing to write. (Invariant 8)"""
    book = after("a b | c d | e", "a b c | d | e", "a b c | d")
    before = book.picture()
    found = book.run("a b c | d", relabel=31)
    assert book.picture() == before
    assert (events(found), len(found.redirects)) == ([], 0)


def test_a_new_record_joins_its_customer() -> None:
    """A record that nobody held takes the id of the cluster it joins. (Invariant 1)"""
    book = after("b c | d")
    found = book.run("a b c | d")
    assert shows(
        book,
        """
        1: a b c
        2: d
    """,
    )
    assert events(found) == []


def test_a_merge_keeps_the_oldest_id_even_if_it_holds_less() -> None:
    """Two customers become one: the older id stays, the other points to it."""
    book = after("a | b c d")
    found = book.run("a b c d")
    assert shows(
        book,
        """
        1: a b c d
        2 -> 1
    """,
    )
    assert events(found) == [("merged", 2, 1)]


def test_a_chain_of_merges_resolves_in_one_hop() -> None:
    """3 was merged into 2; when 2 is merged into 1, both answer as 1."""
    book = after("a | b | c", "a | b c")
    assert shows(
        book,
        """
        1: a
        2: b c
        3 -> 2
    """,
    )
    found = book.run("a b c")
    assert shows(
        book,
        """
        1: a b c
        2 -> 1
        3 -> 1
    """,
    )
    assert events(found) == [("merged", 2, 1), ("redirected", 3, 1)]


def test_a_split_leaves_the_id_with_most_of_its_records() -> None:
    """One customer becomes two: most records keep the id, the others get a new one, and an event says from which."""
    book = after("a b c")
    found = book.run("a | b c")
    assert shows(
        book,
        """
        1: b c
        2: a
    """,
    )
    assert events(found) == [("minted", 2, -1), ("split", 1, 2)]


def test_a_split_into_halves_leaves_the_id_with_the_lowest_record() -> None:
    """Of two halves the one with the lowest of the id's own records keeps it, whatever else has joined the other."""
    book = after("b c d e")
    book.run("a c e | b d")
    assert shows(
        book,
        """
        1: b d
        2: a c e
    """,
    )


def test_a_customer_who_was_merged_by_mistake_gets_the_old_id_back() -> None:
    """Merge, then split the same way: the redirect ends and the id lives again; nothing is minted. (Invariant 2)"""
    book = after("a b | c d", "a b c d")
    found = book.run("a b | c d")
    assert shows(
        book,
        """
        1: a b
        2: c d
    """,
    )
    assert events(found) == [("revived", 2, 1), ("split", 1, 2)]


def test_an_id_stays_with_most_of_its_records_even_if_they_came_by_a_merge() -> None:
    """1 was one record, and took in 2 with three; when the one leaves, 1 stays with the three, as everybody has known them."""
    book = after("a | b c d", "a b c d")
    found = book.run("a | b c d")
    assert shows(
        book,
        """
        1: b c d
        3: a
        2 -> 1
    """,
    )
    assert events(found) == [("minted", 3, -1), ("split", 1, 3)]


def test_a_split_then_a_merge_ends_with_the_oldest_id() -> None:
    """What was split and joined again has the id it began with; the other points to it."""
    book = after("a b c", "a | b c", "a b c")
    assert shows(
        book,
        """
        1: a b c
        2 -> 1
    """,
    )


def test_a_minority_of_a_merged_customer_does_not_get_its_id() -> None:
    """Half of the records of 2 are not more than half of them: a new id is minted. (Invariant 2)"""
    book = after("a b c | d e", "a b c d e")
    book.run("a b c d | e")
    assert shows(
        book,
        """
        1: a b c d
        3: e
        2 -> 1
    """,
    )


def test_of_several_ids_that_could_return_the_oldest_does_and_the_others_lead_there() -> None:
    """2 and 3 were merged into 1; when their records leave together, 2 returns and 3 follows its records to it."""
    book = after("a b c | d | e", "a b c d e")
    found = book.run("a b c | d e")
    assert shows(
        book,
        """
        1: a b c
        2: d e
        3 -> 2
    """,
    )
    assert events(found) == [("revived", 2, 1), ("split", 1, 2), ("redirected", 3, 2)]


def test_a_redirect_follows_its_records_to_another_customer() -> None:
    """3 was merged into 1, but its record turns out to be customer 2: asking for 3 must not answer with 1. (Invariant 2)"""
    book = after("a b | c | d", "a b d | c")
    found = book.run("a b | c d")
    assert shows(
        book,
        """
        1: a b
        2: c d
        3 -> 2
    """,
    )
    assert events(found) == [("redirected", 3, 2)]


def test_an_id_whose_records_are_gone_is_retired_and_returns_with_them() -> None:
    """Records vanish from their source: the id is retired, and is nobody else's; they come back, and so does the id."""
    book = after("a | b | c", "a b | c")
    assert events(book.run("a b | d"))[-1] == ("retired", 3, -1)
    assert shows(
        book,
        """
        1: a b
        4: d
        2 -> 1
        3 retired
    """,
    )
    assert events(book.run("a b | d | c")) == [("revived", 3, -1)]


def test_a_redirect_to_a_retired_id_stays_and_works_again_when_it_returns() -> None:
    """2 points to 1; 1 is retired and comes back: 2 still points to it, in one hop."""
    book = after("a | b | z", "a b | z", "z", "a b | z")
    assert shows(
        book,
        """
        1: a b
        3: z
        2 -> 1
    """,
    )


def test_a_retired_id_whose_record_comes_back_in_another_customer_leads_there() -> None:
    """The record of 2 vanished and returns as one of customer 1: 2 answers as 1 from then on."""
    book = after("a | b", "a")
    assert events(book.run("a b")) == [("merged", 2, 1)]
    assert shows(
        book,
        """
        1: a b
        2 -> 1
    """,
    )


def test_a_redirect_to_an_id_that_becomes_a_redirect_itself_still_takes_one_hop() -> None:
    """3 points to 2, whose records vanish; they return within customer 1, and both lead to 1."""
    book = after("a | b | c", "a | b c", "a", "a b")
    assert shows(
        book,
        """
        1: a b
        2 -> 1
        3 -> 1
    """,
    )


def test_an_erased_id_is_never_given_again() -> None:
    """The records of an erased id return: they are a new customer to us. (Invariant 2)"""
    book = after("a | b", "a")
    found = book.run("a | b", erased=(2,))
    assert book.members == {1: {"a"}, 3: {"b"}}
    assert events(found) == [("minted", 3, -1)]


def test_an_erased_redirect_is_not_moved_after_its_records() -> None:
    """The records of an erased id, merged into 1 before, turn up in customer 3: nothing is written about it any more."""
    book = after("a b | c | d", "a b c | d")
    found = book.run("a b | c d", erased=(2,))
    assert (len(found.redirects), len(found.events)) == (0, 0)
    assert shows(
        book,
        """
        1: a b
        3: c d
        2 -> 1
    """,
    )


def test_several_customers_may_exchange_records_at_once() -> None:
    """Each id claims where most of its records went; the crosswalk says the rest. (Invariant 1)"""
    book = after("a b c | d e f | g")
    book.run("a b d | c e f | g")
    assert shows(
        book,
        """
        1: a b d
        2: c e f
        3: g
    """,
    )


def test_no_records_at_all_retires_everybody() -> None:
    """An empty run is a run: every id is retired, none is lost."""
    book = after("a b | c")
    found = identify(np.empty(0, np.int64), book.ledger([]))
    assert (found.retired.tolist(), len(found.golden), found.next_number) == ([1, 2], 0, 3)


# --- laws ----------------------------------------------------------------------------------------------------------

LETTERS = "abcdefgh"
CLUSTERING = st.lists(st.integers(0, 8), min_size=len(LETTERS), max_size=len(LETTERS))
"""For each letter its cluster; 0: the record is not live."""


def as_sets(clustering: list[int]) -> list[set[str]]:
    sets = [{letter for letter, label in zip(LETTERS, clustering, strict=True) if label == wanted} for wanted in range(1, 9)]
    return [s for s in sets if s] or [{"a"}]


@settings(max_examples=150, deadline=None)
@given(st.lists(CLUSTERING, min_size=1, max_size=8))
def test_whatever_happens_every_record_has_one_id_and_no_id_changes_hands(history: list[list[int]]) -> None:
    """Over any sequence of clusterings the contract holds. (Invariants 1, 2 and 8)"""
    book, given_out = Book(), set[int]()
    for clustering in history:
        clusters, was, former = as_sets(clustering), dict(book.members), dict(book.former)
        live = set.union(*clusters)
        found = book.run(clusters)

        assert sorted(map(sorted, book.members.values())) == sorted(map(sorted, clusters))
        minted = set(found.minted.tolist())
        assert not minted & given_out
        given_out |= minted
        assert set(book.members) | set(book.redirects) | set(book.former) == given_out
        for number, held in book.members.items():
            if number in was:
                share = {len(was[number] & cluster) for cluster in clusters}
                assert len(was[number] & held) == max(share) > 0
            elif number not in minted:
                assert 2 * len(former[number] & held) > len(former[number] & live)
        for number, target in book.redirects.items():
            assert number not in book.members
            assert target not in book.redirects
            assert target in book.members or target in book.former

        before = book.picture()
        again = book.run(clusters, relabel=len(before))
        assert (book.picture(), len(again.events), len(again.redirects)) == (before, 0, 0)


@settings(max_examples=100, deadline=None)
@given(st.lists(CLUSTERING, min_size=1, max_size=5), st.permutations(range(1, 9)))
def test_labels_of_clusters_carry_no_meaning(history: list[list[int]], names: list[int]) -> None:
    """Other labels for the same clusters come to the same ledger and the same events. (Invariant 6)"""
    one, other = Book(), Book()
    for clustering in history:
        renamed = [names[label - 1] if label else 0 for label in clustering]
        left, right = one.run(as_sets(clustering)), other.run(as_sets(renamed), relabel=13)
        assert one.picture() == other.picture()
        assert events(left) == events(right)
        assert left.numbers.tolist() == right.numbers.tolist()


@settings(max_examples=100, deadline=None)
@given(CLUSTERING)
def test_undoing_a_merge_of_everything_gives_every_id_back_where_it_was(clustering: list[int]) -> None:
    """All become one customer and then what they were: every id returns to its records. (Invariant 2)

    The oldest id stays with most of the records; where those were not its own before, its own get the only new id.
    """
    book, clusters = Book(), as_sets(clustering)
    book.run(clusters)
    before, mark = dict(book.members), book.next_number
    keeper = max(before, key=lambda number: (len(before[number]), -ord(min(before[number]))))
    book.run([set.union(*clusters)])
    book.run(clusters)
    expected = before if keeper == 1 else {**before, 1: before[keeper], mark: before[1]}
    if keeper != 1:
        del expected[keeper]
    assert book.members == expected


def test_a_million_records_take_about_a_second() -> None:
    """400,000 customers, a tenth of the records in other clusters than before, 50,000 redirects."""
    rng = np.random.default_rng(1)
    owner = rng.integers(1, 400_001, 1_000_000)
    labels = np.where(rng.random(1_000_000) < 0.1, rng.integers(0, 400_000, 1_000_000), owner)
    retired = np.arange(400_001, 450_001)
    redirects = Redirects(retired, rng.integers(1, 400_001, 50_000))
    ledger = Ledger(
        owner, np.arange(1, 400_001), rng.integers(0, 1_000_000, 120_000), rng.integers(400_001, 450_001, 120_000), redirects, 450_001
    )
    start = time.perf_counter()
    found = identify(labels, ledger)
    assert time.perf_counter() - start < 10  # about 0.7 s on a quiet core; the margin is for busy ones
    assert len(np.unique(found.numbers)) == len(found.numbers)


# --- golden ids as people read them --------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 10**18 - 1))
def test_a_golden_id_reads_back_and_has_luhns_check_digit(number: int) -> None:
    """Writing and reading an id returns its number; the check digit is the one python-stdnum computes."""
    text = golden_id_text(np.array([number])).to_pylist()[0]
    assert golden_number(text) == number
    assert luhn.is_valid(text.removeprefix("C").replace("-", ""))


@settings(deadline=None)
@given(st.integers(1, 10**10), st.data())
def test_one_mistyped_figure_is_noticed(number: int, data: st.DataObject) -> None:
    """Any single wrong figure of an id is refused."""
    text = golden_id_text(np.array([number])).to_pylist()[0]
    place = data.draw(st.sampled_from([i for i, c in enumerate(text) if c.isdigit()]))
    wrong = data.draw(st.sampled_from([c for c in "0123456789" if c != text[place]]))
    with pytest.raises(OnefoldError):
        golden_number(text[:place] + wrong + text[place + 1 :])


@settings(deadline=None)
@given(st.integers(1, 10**10))
def test_two_swapped_figures_are_noticed_but_for_nought_and_nine(number: int) -> None:
    """Neighbours swapped are refused; 09 and 90 are the one pair that Luhn cannot tell apart."""
    text = golden_id_text(np.array([number])).to_pylist()[0]
    for place in range(2, len(text) - 3):
        pair = text[place : place + 2]
        if pair[0] != pair[1] and set(pair) != {"0", "9"}:
            with pytest.raises(OnefoldError):
                golden_number(text[:place] + pair[::-1] + text[place + 2 :])


@pytest.mark.parametrize(
    "text",
    ["", "1234", "C-1234-4", "C-00000000-0", "C-٠٠٠٠١٢٣٤-4", "X-00001234-4", "C-00001234-4\x00", "'; DROP", "C-" + "9" * 10**6 + "-1"],
)
def test_what_is_no_golden_id_is_refused_without_repeating_it(text: str) -> None:
    """Anything else than an id is refused, and not echoed: it may be somebody's name. (Invariant 11)"""
    with pytest.raises(OnefoldError, match=r"not a golden id; one looks like C-00001234-4") as refused:
        golden_number(text)
    assert len(str(refused.value)) < 100
