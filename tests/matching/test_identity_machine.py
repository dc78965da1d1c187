"""Golden ids over long random lives: records come, change homes and go, customers are erased. The contract holds after every run."""

from __future__ import annotations

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from matching.identify import Identities, Ledger, Redirects, identify
from tests.matching.identity_contract import Records, Remembered, after, check_laws

NAMES = [f"{letter}{figure}" for letter in "abc" for figure in range(8)]
RECORD = st.sampled_from(NAMES)
HOME = st.integers(0, 9)


class Lives(RuleBasedStateMachine):
    """What the ledger keeps, written the way a warehouse does, beside what the contract says it must be."""

    def __init__(self) -> None:
        super().__init__()
        self.home: dict[str, int] = {}
        """By record that is there, the label of its cluster."""
        self.kept = Remembered()
        self.next_number = 1

    @initialize(homes=st.dictionaries(RECORD, HOME, min_size=1))
    def begin(self, homes: dict[str, int]) -> None:
        """The first run."""
        self.home = homes
        self.run()

    @rule(homes=st.dictionaries(RECORD, HOME, min_size=1, max_size=6))
    def come_or_move(self, homes: dict[str, int]) -> None:
        """Some records arrive or change homes."""
        self.home |= homes
        self.run()

    @rule(gone=st.sets(RECORD, min_size=1, max_size=8))
    def go(self, gone: set[str]) -> None:
        """Some records vanish from their sources."""
        self.home = {record: label for record, label in self.home.items() if record not in gone}
        self.run()

    @rule(one=HOME, other=HOME)
    def merge(self, one: int, other: int) -> None:
        """Two clusters become one."""
        self.home = {record: one if label == other else label for record, label in self.home.items()}
        self.run()

    @rule(label=HOME, to=HOME, data=st.data())
    def split(self, label: int, to: int, data: st.DataObject) -> None:
        """Some of a cluster leave for another, or for one of their own."""
        there = sorted(record for record, own in self.home.items() if own == label)
        leaving = data.draw(st.sets(st.sampled_from(there))) if there else set()
        self.home |= dict.fromkeys(leaving, to)
        self.run()

    @precondition(lambda self: self.kept.members)
    @rule(data=st.data(), returns=st.booleans())
    def erase(self, data: st.DataObject, returns: bool) -> None:
        """A customer is erased, with the records; `returns`: the same keys come again, to nobody's knowledge the same people."""
        number = data.draw(st.sampled_from(sorted(self.kept.members)))
        held = self.kept.members.pop(number)
        self.kept.erased |= {number}
        if not returns:
            self.home = {record: label for record, label in self.home.items() if record not in held}
        self.run()

    @rule(labels=st.permutations(range(10)))
    def nothing(self, labels: list[int]) -> None:
        """A run on the same clusters, called otherwise: nothing happens. (Invariant 8)"""
        self.home = {record: labels[label] for record, label in self.home.items()}
        found = self.run()
        assert (len(found.events), len(found.redirects), len(found.minted)) == (0, 0, 0)

    def run(self) -> Identities:
        """Identify, check, and keep."""
        records = sorted(self.home)
        labels = np.array([self.home[record] for record in records], np.int64)
        found = identify(labels, self.ledger(records), np.array(sorted(self.kept.erased), np.int64))
        clusters = [frozenset(r for r in records if self.home[r] == label) for label in set(self.home.values())]
        expected, now = after(clusters, self.kept), self.written(records, found)
        assert now == expected
        check_laws(self.kept, now)
        self.kept, self.next_number = now, found.next_number
        return found

    def ledger(self, records: list[str]) -> Ledger:
        """What was kept, seen from the records at hand."""
        place = {record: at for at, record in enumerate(records)}
        owner = np.full(len(records), -1, np.int64)
        for number, held in self.kept.members.items():
            owner[[place[record] for record in held if record in place]] = number
        retired = [(place[record], number) for number, held in self.kept.former.items() for record in sorted(held) if record in place]
        leads = sorted(self.kept.redirects.items())
        return Ledger(
            owner,
            np.array(sorted(self.kept.members), np.int64),
            np.array([record for record, _ in retired], np.int64),
            np.array([number for _, number in retired], np.int64),
            Redirects(np.array([number for number, _ in leads], np.int64), np.array([target for _, target in leads], np.int64)),
            self.next_number,
        )

    def written(self, records: list[str], found: Identities) -> Remembered:
        """What is kept then."""
        members: dict[int, Records] = {}
        for record, number in zip(records, found.golden.tolist(), strict=True):
            members[number] = members.get(number, frozenset()) | {record}
        revived, leads = (
            set(found.revived.tolist()),
            dict(zip(found.redirects.number.tolist(), found.redirects.target.tolist(), strict=True)),
        )
        ended = set(found.retired.tolist()) | {number for number in leads if number in self.kept.members}
        return Remembered(
            members,
            {n: held for n, held in self.kept.former.items() if n not in revived} | {n: self.kept.members[n] for n in ended},
            {n: target for n, target in self.kept.redirects.items() if n not in revived} | leads,
            self.kept.erased,
            found.next_number - 1,
        )


class TestLives(Lives.TestCase):
    """Every run keeps the contract, whatever came before. (Invariants 1, 2, 6)"""

    settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
