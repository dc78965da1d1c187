"""The identity contract (docs/identity.md), spelled out with sets: what every run must do to golden ids. Slow, and plain to see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Records = frozenset[str]


@dataclass
class Remembered:
    """All that is kept of golden ids between runs."""

    members: dict[int, Records] = field(default_factory=dict)
    """The records of each live id."""
    former: dict[int, Records] = field(default_factory=dict)
    """The records that each id held when it ceased to live."""
    redirects: dict[int, int] = field(default_factory=dict)
    erased: frozenset[int] = frozenset()
    given: int = 0
    """Ids given so far."""


def after(clusters: Iterable[Records], was: Remembered) -> Remembered:
    """What is kept after a run that found these clusters."""
    found = sorted(clusters, key=min)
    live: Records = frozenset[str]().union(*found)
    claims = {number: claimed(held, found) for number, held in was.members.items() if held & live}
    names = {cluster: min(number for number, its in claims.items() if its == cluster) for cluster in set(claims.values())}
    leanings = {n: home for n, held in was.former.items() if n not in was.erased and (home := mostly_in(held, found)) is not None}
    revived = {
        min(number for number, its in leanings.items() if its == cluster): cluster
        for cluster in set(leanings.values())
        if cluster not in names
    }
    names |= {cluster: number for number, cluster in revived.items()}
    given = was.given
    for cluster in found:
        if cluster not in names:
            given += 1
            names[cluster] = given
    return Remembered(
        members={number: cluster for cluster, number in names.items()},
        former={n: r for n, r in was.former.items() if n not in revived}
        | {number: held for number, held in was.members.items() if number not in names.values()},
        redirects=redirected(was, claims, leanings, names, revived),
        erased=was.erased,
        given=given,
    )


def claimed(held: Records, clusters: Iterable[Records]) -> Records:
    """The cluster with most of an id's records; of equal ones that with the lowest of them."""
    return min((cluster for cluster in clusters if cluster & held), key=lambda cluster: (-len(cluster & held), min(cluster & held)))


def mostly_in(held: Records, clusters: Iterable[Records]) -> Records | None:
    """The cluster with more than half of those of some records that are there."""
    there = sum(len(cluster & held) for cluster in clusters)
    return next((cluster for cluster in clusters if 2 * len(cluster & held) > there), None)


def redirected(
    was: Remembered,
    claims: Mapping[int, Records],
    leanings: Mapping[int, Records],
    names: Mapping[Records, int],
    revived: Mapping[int, Records],
) -> dict[int, int]:
    """Merged ids lead to the one that stays; ids that live no more follow most of their records, else the id they lead to."""
    began = {number: names[cluster] for number, cluster in claims.items() if names[cluster] != number}
    began |= {number: names[cluster] for number, cluster in leanings.items() if number not in revived and number not in was.redirects}
    leads = dict(began)
    for number, target in was.redirects.items():
        if number in was.erased:
            leads[number] = target
        elif number not in revived:
            leads[number] = names[leanings[number]] if number in leanings else began.get(target, target)
    return leads


def check_laws(was: Remembered, now: Remembered) -> None:
    """What consumers may rely on, whatever happened between two runs. (Invariants 1, 2)"""
    ever = set(range(1, now.given + 1))
    assert now.given >= was.given, "what was given once is remembered for ever"
    assert set(now.members) | set(now.former) | set(now.redirects) | now.erased == ever, "every id ever given stands in some way"
    assert sum(map(len, now.members.values())) == len(frozenset[str]().union(*now.members.values())), "every record has one home"
    for number, target in now.redirects.items():
        assert number not in now.members, "a redirect does not live"
        assert target not in now.redirects, "a redirect leads there in one hop"
        assert target in now.members or target in now.former or target in now.erased
    everybody = frozenset[str]().union(*now.members.values())
    for number, held in now.members.items():
        assert number not in was.erased, "an erased id is never given again"
        of_old = was.members.get(number, was.former.get(number))
        if of_old is None:
            assert number > was.given, "an id that is new was never given before"
        elif number in was.members:
            most = max(len(of_old & other) for other in now.members.values())
            assert len(of_old & held) == most > 0, "an id stays with most of its customer's records"
        else:
            assert 2 * len(of_old & held) > len(of_old & everybody), "an id returns only with more than half of its customer's records"
