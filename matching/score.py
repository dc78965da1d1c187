"""Score: from a pattern of levels to the probability that two records are the same customer.

Three latent classes over the counted distinct patterns of the candidate pairs (Fellegi and Sunter 1969, with a class of
its own for *related* records, and the *unrelated* class anchored in what chance alone brings about).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from domain.attributes import Role
from matching.chance import Chance
from matching.compare import AGREEMENT, RARITY, Comparison, LevelArray, Patterns
from matching.level_shares import (
    MOST_LEAK,
    by_level,
    divergence,
    falling,
    fit_leak,
    held_different,
    normalise,
    prior_levels,
    raised,
    without_matches,
)

Floats = npt.NDArray[np.float64]
Bits = npt.NDArray[np.int64]
AnyLevels = LevelArray | npt.NDArray[np.intp]

MICRO = 1_000_000
"""Weights are whole millionths of a bit, so that sums do not depend on their order."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What each level of one comparison is worth, in millionths of a bit; index 0 is `missing` and worth nothing."""

    same: Bits
    """*Same* against *unrelated*."""
    related: Bits
    """*Related* against *unrelated*."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What expectation–maximisation learned."""

    m: tuple[Floats, ...]
    """Of each comparison: level probabilities among *same* pairs."""
    u: tuple[Floats, ...]
    """Among *unrelated* pairs."""
    r: tuple[Floats, ...]
    """Among *related* pairs."""
    same_pairs: float
    """Expected *same* pairs among the candidates."""
    related_pairs: float
    admissible_pairs: float
    rounds: int
    converged: bool


PRIOR_STRENGTH = 20.0
"""Pseudo-pairs behind the prior of the *same* and *related* levels."""
DIFFERENT_STRENGTH = 400.0
"""More of them behind the share of *same* pairs that differ on what tells who somebody is; they fade where as many pairs tell it."""
MAX_ROUNDS = 300
TOLERANCE = 1e-5


class ExpectedSame(Protocol):
    """How many pairs of each pattern are expected to be the same, where that takes more than the pattern."""

    def same_pairs(self, post_same: Floats) -> Floats:
        """From the probability of each pattern by itself."""


def fit(
    comparisons: Sequence[Comparison],
    patterns: Patterns,
    chance: Sequence[Chance],
    admissible: float,
    records: int,
    expected: ExpectedSame | None = None,
) -> Fit:
    """Learn the three classes from counted patterns.

    `chance` tells how random admissible pairs compare; what *same* and *related* pairs contribute to it is taken out in
    every round. The weight of *unrelated* is the number of admissible pairs, never fitted. `expected` is asked in every
    round where candidates are rivals.
    """
    state = Start(comparisons, chance, records)
    rounds, converged = settle(state, patterns, admissible, expected)
    if state.same_are_relatives():
        state.take_for_relatives()
        rounds, converged = settle(state, patterns, admissible, expected)
        if state.same_are_relatives():
            state.give_up_same()
    return Fit(tuple(state.m), tuple(state.u), tuple(state.r), state.same, state.related, admissible, rounds, converged)


def settle(state: Start, patterns: Patterns, admissible: float, expected: ExpectedSame | None) -> tuple[int, bool]:
    """Rounds of expectation and maximisation until nothing changes; how many, and whether that was reached."""
    counts = patterns.counts.astype(np.float64)
    levels = np.asfortranarray(patterns.levels, np.intp)  # each comparison's levels together, as they are asked for
    rounds, converged = 0, False
    while rounds < MAX_ROUNDS and not converged:
        rounds += 1
        post_same, post_related = posterior(levels, state.m, state.u, state.r, state.same, state.related, admissible)
        before = state.same
        same = post_same * counts if expected is None else expected.same_pairs(post_same)
        related = (counts - same) * (post_related / np.maximum(1 - post_same, 1e-15))
        state.update(levels, same, related, admissible)
        converged = rounds > 5 and abs(state.same - before) < TOLERANCE * max(state.same, 1.0)
    return rounds, converged


class Start:
    """The classes while they are being fitted, from their priors on."""

    def __init__(self, comparisons: Sequence[Comparison], chance: Sequence[Chance], records: int) -> None:
        self.chance = chance
        self.roles = [c.role for c in comparisons]
        self.shared = [role is Role.SHARED for role in self.roles]
        self.leak = [MOST_LEAK] * len(comparisons)
        # Where agreement is the more certain, so is the prior: as many of its pairs differ.
        self.strength = [PRIOR_STRENGTH * (1 - AGREEMENT) / (1 - c.agreement) for c in comparisons]
        self.firm = [0.0 if role is Role.NEUTRAL else DIFFERENT_STRENGTH for role in self.roles]
        in_parts = any(own.beside for own in chance)
        self.is_scale = [(own.crossed or in_parts) and c.attributes[0].type == "text" for c, own in zip(comparisons, chance, strict=True)]
        self.u = [c.levels.copy() for c in chance]
        self.prior_m = [prior_levels(c, own.levels, c.agreement) for c, own in zip(comparisons, chance, strict=True)]
        self.m = [prior.copy() for prior in self.prior_m]
        self.prior_r = [prior_levels(c, own.levels, 0.6) for c, own in zip(comparisons, chance, strict=True)]
        self.r = [self.prior_r[k].copy() if is_shared else self.leaked(k) for k, is_shared in enumerate(self.shared)]
        self.same = max(records / 4, 1.0)
        # What relatives share must be told from what is one's own.
        self.has_related = any(self.shared) and Role.PERSONAL in self.roles
        self.related = self.same if self.has_related else 0.0

    def same_are_relatives(self) -> bool:
        """Whether the *same* pairs agree on nothing personal: then they are relatives, whatever else they share."""
        personal = [k for k, role in enumerate(self.roles) if role is Role.PERSONAL]
        told = sum(divergence(self.m[k], self.u[k]) for k in personal)
        could = sum(-float(np.log2(max(self.u[k][1 : len(RARITY) + 1].sum(), 1e-12))) for k in personal)
        return self.has_related and self.same >= 1 and told < MOST_LEAK * could

    def take_for_relatives(self) -> None:
        """Begin again, with what was found as the *related* pairs and few *same* ones."""
        self.related, self.same = self.same, self.same / 10
        self.r = [self.m[k].copy() if shared else self.leaked(k) for k, shared in enumerate(self.shared)]
        self.m = [prior.copy() for prior in self.prior_m]

    def give_up_same(self) -> None:
        """There is no class of pairs that are one customer: a table without duplicates."""
        self.same = 1e-9
        self.m = [prior.copy() for prior in self.prior_m]

    def falling_off(self, k: int, same: Floats) -> Floats:
        """*Same* pairs by level, on a scale without what rises again at its lower end: those pairs are families, and no chance either."""
        return falling(same, self.u[k], len(RARITY)) if self.is_scale[k] else same

    def leaked(self, k: int) -> Floats:
        """Levels of *related* pairs on a personal comparison: near chance."""
        return (1 - self.leak[k]) * self.u[k] + self.leak[k] * self.m[k]

    def update(self, levels: AnyLevels, in_same: Floats, in_related: Floats, admissible: float) -> None:
        """One M step, from the expected number of pairs of each pattern in each class."""
        self.same = float(in_same.sum())
        self.related = float(in_related.sum()) if self.has_related else 0.0
        few = DIFFERENT_STRENGTH / (DIFFERENT_STRENGTH + self.same)
        for k, size in enumerate(len(m) for m in self.m):
            same = by_level(levels[:, k], in_same, size)
            related = by_level(levels[:, k], in_related, size)
            same = self.falling_off(k, same)
            self.m[k] = held_different(same + self.strength[k] * self.prior_m[k], self.prior_m[k][-1], self.firm[k] * few)
            if self.shared[k]:
                self.r[k] = normalise(related + PRIOR_STRENGTH * self.prior_r[k])
            else:
                self.leak[k] = fit_leak(related, self.u[k], self.m[k], self.leak[k])
                self.r[k] = self.leaked(k)
            known = admissible * self.chance[k].known
            if not self.chance[k].crossed:
                self.u[k] = without_matches(self.chance[k].levels, self.m[k], self.r[k], same.sum(), related.sum(), known)
            if (seen := self.chance[k].beside) is not None:
                self.u[k] = raised(self.u[k], seen, self.m[k] * self.m[0][seen.level] * self.same * seen.sampled / admissible)


def posterior(
    levels: AnyLevels, m: Sequence[Floats], u: Sequence[Floats], r: Sequence[Floats], same: float, related: float, admissible: float
) -> tuple[Floats, Floats]:
    """Probability of *same* and of *related* for each pattern."""
    log_same = np.full(len(levels), np.log(max(same, 1e-9)))
    log_related = np.full(len(levels), np.log(max(related, 1e-9)))
    for k in range(levels.shape[1]):
        log_same += log_ratio(m[k], u[k])[levels[:, k]]
        log_related += log_ratio(r[k], u[k])[levels[:, k]]
    log_unrelated = np.log(max(admissible - same - related, 1.0))
    top = np.maximum(np.maximum(log_same, log_related), log_unrelated)
    e_same, e_related, e_unrelated = np.exp(log_same - top), np.exp(log_related - top), np.exp(log_unrelated - top)
    total = e_same + e_related + e_unrelated
    return e_same / total, e_related / total


def log_ratio(numerator: Floats, denominator: Floats) -> Floats:
    """Natural log of the ratio of level probabilities; 0 for `missing`."""
    tiny = 1e-12
    result = np.log(np.maximum(numerator, tiny)) - np.log(np.maximum(denominator, tiny))
    result[0] = 0.0
    return np.asarray(result)


def weights_of(fitted: Fit) -> tuple[tuple[Weights, ...], int, int]:
    """The fitted classes as whole millionths of a bit: weights of each comparison, and the two prior weights."""

    def bits(values: Floats | float) -> Bits:
        return np.asarray(np.round(np.asarray(values) / np.log(2) * MICRO), np.int64)

    weights = tuple(Weights(bits(log_ratio(m, u)), bits(log_ratio(r, u))) for m, u, r in zip(fitted.m, fitted.u, fitted.r, strict=True))
    unrelated = max(fitted.admissible_pairs - fitted.same_pairs - fitted.related_pairs, 1.0)
    prior_same = int(bits(np.log(max(fitted.same_pairs, 1e-9) / unrelated)))
    prior_related = int(bits(np.log(max(fitted.related_pairs, 1e-9) / unrelated)))
    return weights, prior_same, prior_related


def sums(levels: LevelArray, weights: Sequence[Weights]) -> tuple[Bits, Bits]:
    """Summed weights of each pattern for *same* and *related*, without the priors."""
    same, related = np.zeros(len(levels), np.int64), np.zeros(len(levels), np.int64)
    for k, weight in enumerate(weights):
        same += weight.same[levels[:, k]]
        related += weight.related[levels[:, k]]
    return same, related


def probabilities(same: Bits, related: Bits) -> tuple[Floats, Floats]:
    """Probability of *same* and of *related* from their weights against *unrelated*, priors included."""
    s, r = np.clip(same / MICRO, -1000, 1000), np.clip(related / MICRO, -1000, 1000)
    top = np.maximum(np.maximum(s, r), 0.0)
    es, er, eu = np.exp2(s - top), np.exp2(r - top), np.exp2(-top)
    total = es + er + eu
    return es / total, er / total
