"""Survive: a cluster becomes a golden record, each value with the record it came from and the rule that chose it.

A rule gives every candidate a number, and the largest wins; candidates that are equal under one rule are told apart by
the next, in the end by trust, modification time, completeness of the record, source name and record key.
To add a rule, write a function here and name it in `RULES`; its docstring is what a steward reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from domain.attributes import Attribute
from domain.errors import OnefoldError
from matching.records import Column, Ints, Longs, Records
from matching.survivorship.abbreviations import spoken_for
from matching.survivorship.candidates import Alike, Candidates, Floats, candidates_for, standing_of
from matching.survivorship.clusters import Clusters, runs

Rule: TypeAlias = Callable[[Candidates], npt.NDArray[np.signedinteger]]
Reasons: TypeAlias = npt.NDArray[np.int8]


def most_trusted(candidates: Candidates) -> Longs:
    """The value of the most trusted source. Where the attribute has a half-life, trust fades as the record gets older."""
    return candidates.trust


def most_recent(candidates: Candidates) -> Longs:
    """The value of the record that was changed last. A record without a modification time counts as the oldest."""
    return candidates.modified


def most_agreed(candidates: Candidates) -> Longs:
    """The value that most sources agree on, each counted once, by its trust (aged by the half-life); `R` counts for `Ronald` too."""
    short, whole = spoken_for(candidates)
    trust, source, cluster = (
        np.concatenate((of, of[short]))
        for of in (candidates.trust, candidates.source.astype(np.int64), candidates.cluster.astype(np.int64))
    )
    said = np.concatenate((candidates.said, whole))
    order = np.lexsort((-trust, source, said, cluster))
    new_value = (np.diff(cluster[order], prepend=-1) != 0) | (np.diff(said[order], prepend=-1) != 0)
    new_value[:1] = True
    new_source = new_value | (np.diff(source[order], prepend=-1) != 0)
    starts = np.flatnonzero(new_value)
    votes = np.add.reduceat(np.where(new_source, trust[order], 0), starts) if len(starts) else trust
    if len(short):
        votes += np.maximum.reduceat(order, starts) >= len(candidates)  # the whole name wins where the same sources say both
    agreed = np.empty(len(order), np.int64)
    agreed[order] = np.repeat(votes, np.diff(starts, append=len(order)))
    return agreed[: len(candidates)]


def most_complete(candidates: Candidates) -> Ints:
    """The value of the record that has the most attributes filled; for a group such as an address, the most of its parts."""
    return candidates.filled


def longest(candidates: Candidates) -> Longs:
    """The longest value, counted in characters; for a group, all its parts together."""
    return candidates.measure(lambda values: np.asarray(pc.utf8_length(pc.cast(values, pa.string())).fill_null(0), np.int64))


def most_restrictive(candidates: Candidates) -> Longs:
    """No beats yes: a customer who has withdrawn a consent anywhere has withdrawn it. Of values that are not yes or no, all are equal."""
    return candidates.measure(_restriction)


def _restriction(values: pa.Array) -> Longs:
    return (
        np.asarray(pc.equal(values, False).fill_null(False), np.int64)
        if pa.types.is_boolean(values.type)
        else np.zeros(len(values), np.int64)
    )


RULES: Mapping[str, Rule] = {
    rule.__name__: rule for rule in (most_trusted, most_recent, most_agreed, most_complete, longest, most_restrictive)
}

REASONS = (*RULES, "tie-break", "only value", "all agree", "pin")
"""Why a value is the golden one: the rule that told it from the best other value, or what made a rule unnecessary."""
TIE_BREAK, ONLY_VALUE, ALL_AGREE, PIN = range(len(RULES), len(REASONS))
TIE_BREAKS: tuple[Rule, ...] = (
    most_trusted,
    lambda candidates: candidates.standing.aged_trust(candidates.record, None),
    most_recent,
    lambda candidates: candidates.standing.filled[candidates.record],
)
"""Asked after an attribute's own rules; what they leave is settled by the order of record keys."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A steward's fixed value: it outranks every rule until it is lifted or expires."""

    golden: int
    attribute: str
    value: str | date | float | bool | None
    """In the attribute's storage; none: this customer has no such value."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One attribute of all customers: arrays run along `Survivors.golden`."""

    attribute: Attribute
    value: pa.Array
    """The golden values, in the attribute's storage."""
    winner: Ints
    """The record each value is of; -1 where there is none, or a pin."""
    entry: Ints
    """Its entry in the attribute's column; -1 likewise."""
    rule: Reasons
    """Why it won: an index into `REASONS`; -1 where there is no value."""


@dataclass(frozen=True, slots=True)
class Survivors:
    """The golden records: golden numbers in ascending order, and for each attribute what was chosen."""

    golden: Longs
    choices: dict[str, Choice]


def survive(
    records: Records, golden: Longs, attributes: Sequence[Attribute], trust: Floats, pins: Sequence[Pin] = (), *, alike: Alike | None = None
) -> Survivors:
    """Choose the golden value of every attribute of every customer.

    `golden` is the golden number of each record, `trust` runs along `records.sources`. Of two pins of one value the
    later in `pins` holds; pins of customers that are not here are passed over. With `alike` (see `survivorship.alike`) values
    of one form agree with each other; without it, only equal values do.
    """
    clusters, standing = Clusters.of(golden), standing_of(records, trust)
    choices: dict[str, Choice] = {}
    for members in together(attributes):
        columns = [records.columns[attribute.name] for attribute in members]
        candidates = candidates_for(columns, clusters.order, clusters.of_record, standing, alike or {})
        chosen, reason = decide(candidates, rules_of(members), len(clusters))
        for column, entries in zip(columns, candidates.entries, strict=True):
            choice = _choice(column, candidates.record, entries, chosen, reason)
            choices[column.attribute.name] = _pinned(choice, clusters.golden, pins)
    return Survivors(clusters.golden, {attribute.name: choices[attribute.name] for attribute in attributes})


def together(attributes: Sequence[Attribute]) -> Iterator[tuple[Attribute, ...]]:
    """What is chosen in one go: the attributes of a group from one record, any other by itself.

    >>> from domain.attributes import Role, Storage
    >>> city, email, street = (Attribute(n, n, Role.SHARED, Storage.TEXT, group=g) for n, g in
    ...     [("city", "address"), ("email", None), ("street", "address")])
    >>> [[a.name for a in members] for members in together([city, email, street])]
    [['city', 'street'], ['email']]
    """
    groups: dict[str, list[Attribute]] = {}
    for attribute in attributes:
        groups.setdefault(f"group {attribute.group}" if attribute.group else f"attribute {attribute.name}", []).append(attribute)
    yield from map(tuple, groups.values())


def rules_of(members: Sequence[Attribute]) -> list[tuple[int, Rule]]:
    """The rules of an attribute, of a group those of its first, each with its place in `REASONS`; then the tie-breaks."""
    attribute = members[0]
    for name in attribute.survive:
        if name not in RULES:
            known = ", ".join(sorted(RULES))
            raise OnefoldError(f"attribute '{attribute.name}': '{name}' is not a survivorship rule; the rules are {known}.")
    named = [(REASONS.index(name), RULES[name]) for name in attribute.survive]
    return named + [(TIE_BREAK, rule) for rule in TIE_BREAKS]


def decide(candidates: Candidates, rules: Sequence[tuple[int, Rule]], clusters: int) -> tuple[Ints, Reasons]:
    """The winning candidate of each cluster and why it won; -1 and -1 where a cluster has no candidate.

    Rule by rule the candidates that are not the best of their cluster drop out. The rule that decided is the one after
    which all that are left say the same.
    """
    chosen, reason = np.full(clusters, -1, np.int32), np.full(clusters, -1, np.int8)
    starts, sizes = runs(candidates.cluster)
    chosen[candidates.cluster[starts]] = starts
    agree = _unanimous(candidates.said, starts)
    reason[candidates.cluster[starts]] = np.select([sizes == 1, agree], [ONLY_VALUE, ALL_AGREE], TIE_BREAK)
    place = np.flatnonzero(np.repeat(sizes > 1, sizes))
    contest, left = candidates.pick(place), np.arange(len(place))
    for code, rule in rules:
        if not len(left):
            break
        left = _best(rule(contest)[left], left, contest.cluster)
        starts, sizes = runs(contest.cluster[left])
        cluster = contest.cluster[left[starts]]
        chosen[cluster] = place[left[starts]]
        told_apart = _unanimous(contest.said[left], starts) & (reason[cluster] == TIE_BREAK)
        reason[cluster[told_apart]] = code
        left = left[np.repeat(sizes > 1, sizes)]
    return chosen, reason


def _best(key: npt.NDArray[np.signedinteger], left: npt.NDArray[np.intp], cluster: Ints) -> npt.NDArray[np.intp]:
    """Those of the candidates left that have the largest key of their cluster."""
    starts, sizes = runs(cluster[left])
    best: npt.NDArray[np.intp] = left[key == np.repeat(np.maximum.reduceat(key, starts), sizes)]
    return best


def _unanimous(said: Longs, starts: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Whether each run says but one thing."""
    if not len(starts):
        return np.empty(0, bool)
    return np.equal(np.minimum.reduceat(said, starts), np.maximum.reduceat(said, starts))


def _choice(column: Column, record: Ints, entries: Ints, chosen: Ints, reason: Reasons) -> Choice:
    """One column's part in what was chosen: the chosen record's entry, if it has one."""
    entry = np.full(len(chosen), -1, np.int32)
    won = chosen >= 0
    entry[won] = entries[chosen[won]]
    some = entry >= 0
    winner = np.full(len(chosen), -1, np.int32)
    winner[some] = record[chosen[some]]
    code = np.zeros(len(chosen), np.int32)
    code[some] = column.code[entry[some]]
    value = column.values.take(pa.array(code, mask=~some))
    return Choice(column.attribute, value, winner, entry, np.where(some, reason, -1).astype(np.int8))


def _pinned(choice: Choice, golden: Longs, pins: Sequence[Pin]) -> Choice:
    """The choice with the attribute's pins in place of what the rules found."""
    held = {pin.golden: pin.value for pin in pins if pin.attribute == choice.attribute.name}
    numbers = np.array(sorted(held), np.int64)
    present = numbers[np.isin(numbers, golden)]
    if not len(present):
        return choice
    at = np.searchsorted(golden, present)
    index = np.arange(len(golden))
    index[at] = len(golden) + np.arange(len(present))
    values = _typed([held[number] for number in present.tolist()], choice)
    rule, winner, entry = choice.rule.copy(), choice.winner.copy(), choice.entry.copy()
    rule[at], winner[at], entry[at] = PIN, -1, -1
    return Choice(choice.attribute, pa.concat_arrays([choice.value, values]).take(pa.array(index)), winner, entry, rule)


def _typed(values: list[str | date | float | bool | None], choice: Choice) -> pa.Array:
    try:
        return pa.array(values, choice.value.type)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        storage = choice.attribute.storage.value
        raise OnefoldError(
            f"attribute '{choice.attribute.name}': a pin holds no {storage}; undo it and pin a {storage}."
        ) from None  # the cause would hold the value
