"""Who belongs to whom: households, fathers and sons with one name, twins."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from pipelines.demo.tables import Flags, Ints, chosen, draw

IN_HOUSEHOLDS = 0.25
"""Share of customers who live with another customer."""
NAMESAKES = 0.01
"""Share of customers who are a father or a son of the same name."""
NAMESAKES_AT_HOME = 0.6
"""Share of those pairs who live in one household."""
TWINS = 0.004
"""Share of customers who are twins."""
COUPLES = 0.88
"""Share of households whose second member is a partner, not a child."""
SIZES = np.array([2, 3, 4, 5])
SIZE_WEIGHTS = np.array([62.0, 22.0, 12.0, 4.0])

THIS_YEAR = 2025


class Role(IntEnum):
    """What a person is to the head of the household."""

    HEAD = 0
    PARTNER = 1
    CHILD = 2
    NAMESAKE = 3
    """A son with his father's name."""
    TWIN = 4
    PARENT = 5


@dataclass(frozen=True, slots=True)
class Kinship:
    """Every person's place among the others; people of one household stand side by side, the head first."""

    household: Ints
    """Number of the household; -1 for people who live without another customer."""
    head: Ints
    """The person whose family name they bear: the head of the household, the father, or themselves."""
    role: Ints
    partner: Ints
    """The person they are a couple with; -1 where there is none among the customers."""
    female: Flags
    birth: Ints
    """Days since 1970."""

    @property
    def birth_year(self) -> Ints:
        """Years of birth."""
        return self.birth.astype("datetime64[D]").astype("datetime64[Y]").astype(np.int64) + 1970


def kinship(rng: np.random.Generator, customers: int, people: int) -> Kinship:
    """The families of `people` persons among `customers` customers; the rates are shares of all customers."""
    role, size = _households(rng, customers)
    household = np.full(people, -1, np.int64)
    household[: len(role)] = np.repeat(np.arange(len(size)), size)
    head = np.arange(people)
    head[: len(role)] = np.repeat(np.cumsum(size) - size, size)
    roles = np.full(people, Role.HEAD, np.int64)
    roles[: len(role)] = role
    _sons_elsewhere(customers, len(role), head, roles)
    female = _genders(rng, head, roles)
    return Kinship(household, head, roles, _partners(head, roles), female, _births(rng, head, roles))


def _households(rng: np.random.Generator, customers: int) -> tuple[Ints, Ints]:
    """The role of every person in a household and the size of each household."""
    room = round(IN_HOUSEHOLDS * customers)
    sons = round(NAMESAKES * customers / 2 * NAMESAKES_AT_HOME)
    twins = round(TWINS * customers / 2)
    special = sons + twins
    drawn = SIZES[draw(rng, SIZE_WEIGHTS, room // 2 + 1)]
    drawn[:special] = 2 + chosen(rng, special, 0.4)
    size = drawn[: int(np.searchsorted(np.cumsum(drawn), room, side="right"))]
    kind = np.full(len(size), Role.PARTNER)
    kind[chosen(rng, len(size), 1 - COUPLES)] = Role.CHILD
    kind[:sons], kind[sons:special] = Role.NAMESAKE, Role.TWIN
    place = np.arange(int(size.sum())) - np.repeat(np.cumsum(size) - size, size)
    third = np.where(kind == Role.NAMESAKE, Role.PARTNER, np.where(kind == Role.TWIN, Role.PARENT, Role.CHILD))
    role = np.where(place == 0, Role.HEAD, np.where(place == 1, np.repeat(kind, size), np.repeat(third, size)))
    return role.astype(np.int64), size.astype(np.int64)


def _sons_elsewhere(customers: int, settled: int, head: Ints, role: Ints) -> None:
    """Fathers and sons of one name who live apart: every second of the next people is the son of the one before."""
    pairs = min(round(NAMESAKES * customers / 2 * (1 - NAMESAKES_AT_HOME)), (len(head) - settled) // 2)
    sons = settled + 1 + 2 * np.arange(pairs)
    head[sons], role[sons] = sons - 1, Role.NAMESAKE


def _partners(head: Ints, role: Ints) -> Ints:
    partner = np.full(len(head), -1, np.int64)
    second = np.flatnonzero(role == Role.PARTNER)
    partner[second], partner[head[second]] = head[second], second
    return partner


def _genders(rng: np.random.Generator, head: Ints, role: Ints) -> Flags:
    female = chosen(rng, len(head), 0.51)
    sons = np.flatnonzero(role == Role.NAMESAKE)
    female[sons] = female[head[sons]] = False
    second = np.flatnonzero(role == Role.PARTNER)
    female[second] = ~female[head[second]] ^ chosen(rng, len(second), 0.03)
    twins = np.flatnonzero(role == Role.TWIN)
    female[twins] = female[head[twins]] ^ chosen(rng, len(twins), 0.35)
    return female


def _births(rng: np.random.Generator, head: Ints, role: Ints) -> Ints:
    """Days of birth that fit the role: partners of an age, children 20 to 38 years younger, twins on one day."""
    size = len(head)
    age = np.clip(rng.normal(48, 17, size), 18, 96)
    with_child = np.zeros(size, bool)
    with_child[head[(role == Role.CHILD) | (role == Role.NAMESAKE)]] = True
    age[with_child] = np.clip(rng.normal(60, 11, int(with_child.sum())), 42, 92)
    heads_age = age[head]
    age = np.where(role == Role.PARTNER, np.clip(heads_age + rng.normal(-0.5, 4, size), 19, 97), age)
    young = (role == Role.CHILD) | (role == Role.NAMESAKE)
    age = np.where(young, np.clip(heads_age - rng.uniform(20, 38, size), 16, None), age)
    age = np.where(role == Role.PARENT, heads_age + rng.uniform(20, 36, size), age)
    today = np.datetime64(f"{THIS_YEAR}-12-31").astype("datetime64[D]").astype(np.int64)
    birth: Ints = today - np.floor(age * 365.2425).astype(np.int64)
    return np.where(role == Role.TWIN, birth[head], birth)
