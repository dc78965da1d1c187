"""Level shares: how the pairs of a class are spread over the levels of one comparison, from counts, priors and chance."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.chance import Beside
from matching.compare import RARITY, SWAPPED, Comparison, LevelArray

Floats = npt.NDArray[np.float64]
AnyLevels = LevelArray | npt.NDArray[np.intp]

LEAK = (2.0, 8.0)
"""Beta prior of the share by which *related* pairs behave like *same* ones on a personal comparison."""
MOST_LEAK = 0.1
"""Relatives share a given name or a birth date seldom; without this bound *related* would swallow true matches that disagree a little."""
CHANCE_FLOOR = 0.02
"""Share of the agreement seen that is always held to be chance, however many true matches explain it."""
FALLS = 0.8
"""Where texts are all that is compared: *same* pairs of each level, as a share of the next stronger one, below their commonest level."""


def raised(chance: Floats, seen: Beside, same: Floats) -> Floats:
    """Chance of numbers, raised as far as they agree more often where words are weakly alike; `same` are the *same* pairs there.

    >>> raised(np.array([0.0, 0.001, 0.999]), Beside(np.array([0.0, 30.0, 970.0]), 9, 1e5), np.array([0.0, 10.0, 0.0])).round(4).tolist()
    [0.0, 0.0104, 0.9896]
    """
    by_chance, expected = np.maximum(seen.counts - same, 0.0), chance * seen.counts.sum()
    return normalise(chance * np.maximum((by_chance + 1) / (expected + 1), 1.0))


def falling(same: Floats, chance: Floats, equal: int) -> Floats:
    """*Same* pairs by level, on a scale of even steps below `equal` levels of equality: from the level that tells the most
    of them on, each step down holds no more than `FALLS` of the one before.

    >>> falling(np.array([0.0, 5.0, 100.0, 20.0, 120.0, 7.0]), np.array([0, 1e-9, 1e-9, 1e-5, 1e-3, 1.0]), 1).round().tolist()
    [0.0, 5.0, 100.0, 20.0, 16.0, 7.0]
    """
    steps = np.concatenate(([same[1 : equal + 1].sum()], same[equal + 1 : -1]))
    rarest = np.concatenate(([chance[1 : equal + 1].sum()], chance[equal + 1 : -1]))
    top = int(np.argmax(-steps * np.log(np.maximum(rarest, 1e-12))))
    fall = FALLS ** np.arange(len(steps) - top)
    steps[top:] = np.minimum.accumulate(steps[top:] / fall) * fall
    return np.concatenate((same[: equal + 1], steps[1:], same[-1:]))


def divergence(m: Floats, u: Floats) -> float:
    """How much a comparison tells of a class on average, in bits (Kullback and Leibler 1951)."""
    some = m > 0
    return float((m[some] * np.log2(m[some] / np.maximum(u[some], 1e-12))).sum())


def by_level(levels: AnyLevels, weight: Floats, size: int) -> Floats:
    """The weight of the patterns at each level of one comparison, `missing` left out."""
    totals = np.bincount(levels, weights=weight, minlength=size).astype(np.float64)
    totals[0] = 0.0
    return totals


def without_matches(chance: Floats, m: Floats, r: Floats, same: float, related: float, pairs: float) -> Floats:
    """Level shares by chance alone: what *same* and *related* pairs contribute to `chance` is taken out, down to a floor."""
    left = chance * pairs - same * m - related * r
    return normalise(np.maximum(left, CHANCE_FLOOR * chance * pairs))


def normalise(levels: Floats) -> Floats:
    """Scaled to sum to one, `missing` excluded."""
    levels = levels.copy()
    levels[0] = 0.0
    total = levels.sum()
    return levels / total if total > 0 else levels


def held_different(levels: Floats, expected: float, pairs: float) -> Floats:
    """Level shares from numbers of pairs, where so many more pairs say which share of them differs.

    >>> held_different(np.array([0.0, 60.0, 20.0, 20.0]), 0.05, 200.0).round(3).tolist()
    [0.0, 0.675, 0.225, 0.1]
    """
    shares = normalise(levels)
    different = (levels[-1] + pairs * expected) / max(float(levels[1:].sum()) + pairs, 1e-12)
    shares[:-1] *= (1 - different) / max(1 - shares[-1], 1e-12)
    shares[-1] = different
    return shares


def prior_levels(comparison: Comparison, chance: Floats, agreement: float) -> Floats:
    """What is expected of *same* pairs before any is seen: mostly equal, seldom different, the rest falling off in order."""
    size, first = len(comparison.labels), len(RARITY) + 1
    prior = np.zeros(size)
    prior[1:first] = agreement * (np.sqrt(chance[1:first]) + 1e-6) / (np.sqrt(chance[1:first]) + 1e-6).sum()
    middle = np.arange(first, size - 1)
    weight = np.array([0.2 if comparison.labels[i] == SWAPPED else 1.0 for i in middle]) * 0.75 ** np.arange(len(middle))
    different = 0.35 * (1 - agreement)
    if len(middle):
        prior[middle] = (1 - agreement - different) * weight / weight.sum()
    prior[-1] = 1 - prior[:-1].sum()
    return prior


def fit_leak(levels: Floats, u: Floats, m: Floats, leak: float) -> float:
    """One EM round for the share p of r = (1-p)·u + p·m, under its Beta prior."""
    own = leak * m[1:]
    both = own + (1 - leak) * u[1:]
    part = float((levels[1:] * np.divide(own, both, out=np.zeros_like(own), where=both > 0)).sum())
    return min((part + LEAK[0]) / (float(levels[1:].sum()) + sum(LEAK)), MOST_LEAK)
