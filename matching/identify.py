"""Identify: clusters and the identity ledger become golden ids that are kept, minted, merged, split, revived and retired.

A golden id is a positive number with a check digit; the smaller number is the older id. The contract is
`docs/decisions/0002-identity.md`, and 0028 for acts of stewards that were taken back. Everything here is a function of its
arguments: labels of clusters carry no meaning, and where anything has to be ordered, it goes by the clusters' lowest records.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import numpy.typing as npt

from matching.golden_ids import golden_id_text, golden_number
from matching.records import Longs

__all__ = ["EventKind", "Events", "Identities", "Ledger", "Redirects", "golden_id_text", "golden_number", "identify"]

NOBODY = -1
"""Stands for a golden number where there is none."""
NONE: Longs = np.empty(0, np.int64)
NONE.setflags(write=False)


@dataclass(frozen=True, slots=True)
class Redirects:
    """Golden numbers that point to another: `number[i]` answers as `target[i]`, and no target is a redirect itself."""

    number: Longs = field(default_factory=lambda: NONE)
    target: Longs = field(default_factory=lambda: NONE)

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, slots=True)
class Ledger:
    """What earlier runs have given out, seen from the records that are live now."""

    owner: Longs
    """For each record, the live golden number that held it at the last publication; -1: none did."""
    live: Longs = field(default_factory=lambda: NONE)
    """Every live golden number, also one that has no record left."""
    retired_record: Longs = field(default_factory=lambda: NONE)
    retired_number: Longs = field(default_factory=lambda: NONE)
    """Memberships at retirement: `retired_number[i]`, now redirected or retired, last held record `retired_record[i]`."""
    redirects: Redirects = field(default_factory=Redirects)
    next_number: int = 1
    """The number that is minted next; larger than any ever given."""
    claimant: Longs | None = None
    """For each record, the number for which it counts when clusters are claimed: of records that an act of a steward had moved
    which was taken back since, the number that held them before it, live or not; else the owner. None: the owner of each."""

    @classmethod
    def empty(cls, records: int) -> Ledger:
        """The ledger before the first publication."""
        return cls(np.full(records, NOBODY, np.int64))


class EventKind(StrEnum):
    """What happened to a golden id."""

    MINTED = "minted"
    """`number` is new."""
    REVIVED = "revived"
    """`number` lives again; `other` is the id it was redirected to, or -1."""
    SPLIT = "split"
    """Some of the records of `number` are now `other`."""
    MERGED = "merged"
    """`number` now answers as `other`."""
    REDIRECTED = "redirected"
    """`number`, a redirect already, now answers as `other`."""
    RETIRED = "retired"
    """`number` has no live record left."""


@dataclass(frozen=True, slots=True)
class Events:
    """What happened, one entry an event, by kind, number and other."""

    kind: npt.NDArray[np.uint8]
    """Index into `KINDS`."""
    number: Longs
    other: Longs
    """The second golden number of the event, -1 where it has none."""

    def __len__(self) -> int:
        return len(self.kind)

    def of(self, kind: EventKind) -> list[tuple[int, int]]:
        """Number and other of the events of one kind."""
        mask = self.kind == KINDS.index(kind)
        return list(zip(self.number[mask].tolist(), self.other[mask].tolist(), strict=True))


KINDS = tuple(EventKind)


@dataclass(frozen=True, slots=True)
class Identities:
    """Golden numbers of all records, and what has to be written to the ledger for it."""

    golden: Longs
    """The golden number of each record."""
    labels: Longs
    numbers: Longs
    """The golden number of each cluster: cluster `labels[c]` is customer `numbers[c]`, in order of the lowest records."""
    redirects: Redirects
    """Redirects that are new or lead elsewhere than before, by number. Those of revived numbers end."""
    minted: Longs
    revived: Longs
    retired: Longs
    events: Events
    next_number: int


def identify(labels: Longs, ledger: Ledger, erased: Longs = NONE) -> Identities:
    """Give every cluster its golden number: kept, revived or minted, in this order.

    `labels` names the cluster of each record, records in key order. Numbers in `erased` are never given or pointed again.

    >>> ledger = Ledger(owner=np.array([1, 1, 2, -1]), live=np.array([1, 2]), next_number=3)
    >>> found = identify(np.array([7, 7, 7, 5]), ledger)
    >>> found.golden.tolist(), found.events.of(EventKind.MERGED), found.events.of(EventKind.MINTED)
    ([1, 1, 1, 3], [(2, 1)], [(3, -1)])
    """
    distinct, cluster = _by_lowest_record(labels)
    before = _shares_of(ledger.owner, cluster, len(distinct))
    claims, kept, returned = _kept(ledger, before, cluster, len(distinct))
    retired_before = _shares(ledger.retired_number, ledger.retired_record, cluster, len(distinct))
    former = _mostly_held(retired_before, np.concatenate([ledger.live, erased, returned]))

    stayed = np.where(np.isin(kept, returned), NOBODY, kept)
    revived = np.where(kept == NOBODY, _oldest(former, len(distinct)), np.where(stayed == NOBODY, kept, NOBODY))
    numbers = np.where(kept == NOBODY, revived, kept)
    homeless = np.flatnonzero(numbers == NOBODY)
    minted = ledger.next_number + np.arange(len(homeless), dtype=np.int64)
    numbers[homeless] = minted

    revived = np.sort(revived[revived != NOBODY])
    retired = np.sort(ledger.live[~np.isin(ledger.live, claims.number)])
    merged, redirected = _redirections(claims, former, numbers, ledger.redirects, np.concatenate([revived, erased]))
    events = _events(
        {
            EventKind.MINTED: (minted, np.full(len(minted), NOBODY)),
            EventKind.REVIVED: (revived, _targets(revived, ledger.redirects)),
            EventKind.SPLIT: _splits(before, stayed, numbers),
            EventKind.MERGED: (merged.number, merged.target),
            EventKind.REDIRECTED: (redirected.number, redirected.target),
            EventKind.RETIRED: (retired, np.full(len(retired), NOBODY)),
        }
    )
    changed = _joined(merged, redirected)
    return Identities(numbers[cluster], distinct, numbers, changed, minted, revived, retired, events, ledger.next_number + len(minted))


@dataclass(frozen=True, slots=True)
class _Shares:
    """Numbers and the clusters their records lie in: one entry for each number and cluster that have records in common."""

    number: Longs
    cluster: Longs
    count: Longs
    lowest: Longs
    """The lowest of the records in common."""

    def pick(self, chosen: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> _Shares:
        return _Shares(self.number[chosen], self.cluster[chosen], self.count[chosen], self.lowest[chosen])


def _by_lowest_record(labels: Longs) -> tuple[Longs, Longs]:
    """The distinct labels in order of their lowest records, and each record's place among them."""
    distinct, first, place = np.unique(labels, return_index=True, return_inverse=True)
    order = np.argsort(first)
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return distinct[order], rank[place]


def _shares(number: Longs, record: Longs, cluster: Longs, clusters: int) -> _Shares:
    """How the records of each number are spread over the clusters, by number."""
    order = np.argsort(record, kind="stable")
    number, record = number[order], record[order]
    _, first, count = np.unique(number * max(clusters, 1) + cluster[record], return_index=True, return_counts=True)
    return _Shares(number[first], cluster[record[first]], count.astype(np.int64), record[first])


def _shares_of(holder: Longs, cluster: Longs, clusters: int) -> _Shares:
    """How the records that each number holds are spread; `holder` is the number of each record, -1 where it has none."""
    held = np.flatnonzero(holder != NOBODY)
    return _shares(holder[held], held, cluster, clusters)


def _kept(ledger: Ledger, before: _Shares, cluster: Longs, clusters: int) -> tuple[_Shares, Longs, Longs]:
    """The claims of live numbers and of those that return, the number that keeps each cluster, and the numbers that return.

    Where an act was taken back, a number claims with the records that it held before the act and holds now; without such, with
    those it held before; without these, with those it holds now, where nobody else claims.
    """
    if ledger.claimant is None:
        claims = _claims(before)
        return claims, _oldest(claims, clusters), NONE
    stayed = np.where(ledger.claimant == ledger.owner, ledger.owner, NOBODY)
    claims = _more_claims(_claims(_shares_of(stayed, cluster, clusters)), _shares_of(ledger.claimant, cluster, clusters))
    free = _oldest(claims, clusters)[before.cluster] == NOBODY
    claims = _more_claims(_more_claims(claims, before.pick(free)), before)
    kept = _oldest(claims, clusters)
    returned = np.sort(kept[(kept != NOBODY) & ~np.isin(kept, ledger.live)])
    return claims.pick(np.isin(claims.number, np.concatenate([ledger.live, returned]))), kept, returned


def _more_claims(claims: _Shares, shares: _Shares) -> _Shares:
    """The claims, with those of numbers that have none yet, by number."""
    more = _claims(shares.pick(~np.isin(shares.number, claims.number)))
    both = _Shares(*(np.concatenate(pair) for pair in zip(_columns(claims), _columns(more), strict=True)))
    return both.pick(np.argsort(both.number, kind="stable"))


def _columns(shares: _Shares) -> tuple[Longs, ...]:
    return shares.number, shares.cluster, shares.count, shares.lowest


def _claims(before: _Shares) -> _Shares:
    """The cluster that each number claims: it holds most of its records, among equals the lowest of them."""
    order = np.lexsort((before.lowest, -before.count, before.number))
    number = before.number[order]
    return before.pick(order[np.flatnonzero(np.diff(number, prepend=NOBODY))])


def _mostly_held(shares: _Shares, without: Longs) -> _Shares:
    """The numbers of which one cluster holds more than half of the live records, and that cluster."""
    starts = np.flatnonzero(np.diff(shares.number, prepend=NOBODY))
    total = np.add.reduceat(shares.count, starts) if len(starts) else NONE
    total = np.repeat(total, np.diff(starts, append=len(shares.number)))
    return shares.pick((2 * shares.count > total) & ~np.isin(shares.number, without))


def _oldest(claims: _Shares, clusters: int) -> Longs:
    """The smallest number that claims each cluster, -1 where none does."""
    oldest = np.full(clusters, NOBODY, np.int64)
    oldest[claims.cluster[::-1]] = claims.number[::-1]  # by number, so the smallest is written last
    return oldest


def _redirections(claims: _Shares, former: _Shares, numbers: Longs, existing: Redirects, ended: Longs) -> tuple[Redirects, Redirects]:
    """Redirects that begin now, and existing ones that now lead elsewhere.

    A redirect follows the records its number held at its retirement, wherever most of them are; where no cluster
    holds most of them, it follows the id it leads to. A retired id whose records came back in another customer leads there.
    """
    lost = numbers[claims.cluster] != claims.number
    losers = Redirects(claims.number[lost], numbers[claims.cluster[lost]])
    still = ~np.isin(existing.number, ended)
    existing = Redirects(existing.number[still], existing.target[still])
    followed = Redirects(former.number, numbers[former.cluster])
    back = ~np.isin(followed.number, np.concatenate([existing.number, ended]))
    merged = _joined(losers, Redirects(followed.number[back], followed.target[back]))
    target = _follow(existing.number, followed, _follow(existing.target, merged, existing.target))
    moved = target != existing.target
    return merged, Redirects(existing.number[moved], target[moved])


def _follow(number: Longs, redirects: Redirects, otherwise: Longs) -> Longs:
    """Where each number is redirected to; `otherwise` where it is not. Redirects are sorted by number."""
    if not len(redirects):
        return otherwise
    at = np.minimum(np.searchsorted(redirects.number, number), len(redirects) - 1)
    return np.where(redirects.number[at] == number, redirects.target[at], otherwise)


def _targets(number: Longs, redirects: Redirects) -> Longs:
    """Where each number was redirected to, -1 where it was not."""
    return _follow(number, _joined(redirects, Redirects()), np.full(len(number), NOBODY, np.int64))


def _joined(left: Redirects, right: Redirects) -> Redirects:
    """Both together, by number."""
    number, target = np.concatenate([left.number, right.number]), np.concatenate([left.target, right.target])
    order = np.argsort(number, kind="stable")
    return Redirects(number[order], target[order])


def _splits(before: _Shares, kept: Longs, numbers: Longs) -> tuple[Longs, Longs]:
    """Each number that lost records to a cluster that no number kept, and that cluster's number."""
    lost = kept[before.cluster] == NOBODY
    return before.number[lost], numbers[before.cluster[lost]]


def _events(found: dict[EventKind, tuple[Longs, Longs]]) -> Events:
    kind = np.repeat(np.arange(len(KINDS), dtype=np.uint8), [len(found[kind][0]) for kind in KINDS])
    number = np.concatenate([found[kind][0] for kind in KINDS]).astype(np.int64)
    other = np.concatenate([found[kind][1] for kind in KINDS]).astype(np.int64)
    order = np.lexsort((other, number, kind))
    return Events(kind[order], number[order], other[order])
