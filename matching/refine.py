"""Refine: let labels correct what was fitted without them.

The fitted weights are the prior of a logistic regression over the labels: its offset, a factor for each comparison and a
shift for each level are Gaussian around "no change" (maximum a posteriori; Gelman and others 2008). How far they may move
is chosen by cross-validation, the stiffest choice within one standard error of the best (Breiman and others 1984), and
nothing moves where labels held back are not told better, or where the clusters that follow agree less with the labels.
The result is weights and a prior again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from matching.cluster import Scoring
from matching.compare import LevelArray, Patterns, level_matrix
from matching.forms import Forms
from matching.labels import Flags, Labels, Tickets
from matching.model import Model
from matching.records import Ints
from matching.score import MICRO, Bits, Floats, Weights, sums

LN2 = float(np.log(2.0))
ClusterBy = Callable[[Model], Ints]
OFFSET, FACTOR, SHIFT = 1.0, 0.2, 0.5
"""Standard deviations of the offset (nats), of a comparison's factor and of a level's shift (nats), before they are scaled."""
LOOSENESS = (0.25, 0.5, 1.0, 2.0)
"""What the standard deviations are multiplied by; cross-validation chooses."""
FOLDS = 10
FEWEST = 40
"""Labels below which nothing is refined."""
BEYOND = 1.5
"""Standard errors by which labels held back must be told better before anything moves."""
STRATA = np.array([-12, -8, -5, -3, -1.5, 0, 1.5, 3, 5, 8, 12]) * MICRO
"""Bounds of match weight between which pairs are drawn, and labels weighted, as one stratum."""
IMPORTANCE = 0.25
"""Labels weigh by the pairs they stand for to this power: in full, one label of a stratum of millions would drown all others."""


@dataclass(frozen=True, slots=True)
class Refined:
    """What labels made of a scoring."""

    scoring: Scoring
    labels: int
    accepted: bool
    gain: float
    """Bits a label by which labels held back are told better; 0 where nothing was accepted."""
    looseness: float


def refine(scoring: Scoring, levels: LevelArray, same: Flags, fold: npt.NDArray[np.int64], patterns: Patterns) -> Refined:
    """Correct `scoring` by labels: `levels` (labels × comparisons), whether each is the *same*, and the fold it is held back with.

    `patterns` are those of the candidate pairs, which tell how many pairs each label stands for.
    """
    unchanged = Refined(scoring, len(same), False, 0.0, 0.0)
    if len(same) < FEWEST or same.all() or not same.any() or len(np.unique(fold)) < 2:
        return unchanged
    task = Task.of(scoring, levels, same, patterns)
    before = task.losses(np.zeros(len(task.spread)))
    held = [task.held_back(fold, looseness) for looseness in LOOSENESS]
    chosen = stiffest_good([before - one for one in held])
    if chosen is None:
        return unchanged
    gain = float((before - held[chosen]).sum() / task.importance.sum() / LN2)
    return Refined(moved(scoring, task.fit(LOOSENESS[chosen])), len(same), True, gain, LOOSENESS[chosen])


def stiffest_good(gains: Sequence[Floats]) -> int | None:
    """The first choice whose gain is within a standard error of the best one's; none where the best is not beyond its own."""
    best = max(range(len(gains)), key=lambda at: float(gains[at].sum()))
    if gains[best].sum() <= BEYOND * standard_error(gains[best]):
        return None
    return next(at for at, one in enumerate(gains) if (gains[best] - one).sum() <= standard_error(gains[best] - one))


def standard_error(values: Floats) -> float:
    """Of the sum of independent values."""
    return float(values.std() * np.sqrt(len(values)))


@dataclass(frozen=True, slots=True)
class Task:
    """A logistic regression around fitted weights: an offset, a factor for each comparison, a shift for each level."""

    design: Floats
    """labels × parameters."""
    base: Floats
    """Log-odds of *same* (nats) before any change."""
    same: Flags
    importance: Floats
    spread: Floats
    """Prior standard deviation of each parameter."""

    @classmethod
    def of(cls, scoring: Scoring, levels: LevelArray, same: Flags, patterns: Patterns) -> Task:
        """The task for some labels."""
        weight = scoring.weight(*sums(levels, scoring.weights))
        of_pairs = scoring.weight(*sums(patterns.levels, scoring.weights))
        columns: list[Floats] = [np.ones((len(levels), 1))]
        spread = [OFFSET]
        for k, own in enumerate(scoring.weights):
            columns.append(np.asarray(own.same[levels[:, k]] * (LN2 / MICRO), np.float64)[:, None])
            spread.append(FACTOR)
        for k, own in enumerate(scoring.weights):
            columns.append((levels[:, k, None] == np.arange(1, len(own.same))).astype(np.float64))
            spread += [SHIFT] * (len(own.same) - 1)
        importance = stands_for(weight, of_pairs, patterns.counts) ** IMPORTANCE
        importance /= importance.mean()
        base = np.asarray(weight * (LN2 / MICRO), np.float64)
        return cls(np.concatenate(columns, axis=1), base, same, importance, np.array(spread))

    def losses(self, change: Floats) -> Floats:
        """Weighted log loss of each label (nats) after a change of the parameters."""
        odds = self.base + self.design @ change
        return np.asarray(self.importance * np.logaddexp(0.0, np.where(self.same, -odds, odds)))

    def fit(self, looseness: float, among: Flags | None = None) -> Floats:
        """The most probable change, given the labels `among` which to look."""
        rows = slice(None) if among is None else among
        design, base, same, importance = (
            self.design[rows] * (self.spread * looseness),
            self.base[rows],
            self.same[rows],
            self.importance[rows],
        )

        def objective(scaled: Floats) -> tuple[float, Floats]:
            odds = base + design @ scaled
            loss = float((importance * np.logaddexp(0.0, np.where(same, -odds, odds))).sum())
            slope = importance * (0.5 * (1.0 + np.tanh(odds / 2)) - same)
            return loss + 0.5 * float(scaled @ scaled), design.T @ slope + scaled

        found = minimize(objective, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B").x
        return np.asarray(found * self.spread * looseness)

    def held_back(self, fold: npt.NDArray[np.int64], looseness: float) -> Floats:
        """Loss of each label after a change that was fitted without its fold."""
        result = np.zeros(len(self.same))
        for part in np.unique(fold):
            out = fold == part
            result[out] = self.losses(self.fit(looseness, ~out))[out]
        return result


def stands_for(weight: Bits, of_pairs: Bits, counts: npt.NDArray[np.int64]) -> Floats:
    """How many candidate pairs each label stands for: those of its stratum, shared by the stratum's labels."""
    stratum = np.searchsorted(STRATA, weight)
    pairs = np.bincount(np.searchsorted(STRATA, of_pairs), weights=counts, minlength=len(STRATA) + 1)
    return np.asarray(np.maximum(pairs[stratum], 1.0) / np.bincount(stratum)[stratum])


def moved(scoring: Scoring, change: Floats) -> Scoring:
    """A scoring after a change of its parameters, in whole millionths of a bit again; `missing` stays worth nothing."""
    weights, at = [], 1 + len(scoring.weights)
    for k, own in enumerate(scoring.weights):
        shift = np.concatenate(([0.0], change[at : at + len(own.same) - 1])) * (MICRO / LN2)
        at += len(own.same) - 1
        weights.append(Weights(own.same + np.round(change[1 + k] * own.same + shift).astype(np.int64), own.related))
    return Scoring(tuple(weights), scoring.prior_same + round(float(change[0]) * MICRO / LN2), scoring.prior_related)


def refined_by(
    model: Model, labels: Labels, forms: Mapping[str, Forms], patterns: Patterns, tickets: Tickets, cluster_by: ClusterBy
) -> tuple[Model, Refined]:
    """The model as labels correct it, and what came of it; the model as it is unless its clusters, too, agree better with the labels.

    Pairs are not clusters: where sources are free of duplicates, say, a link that is wrong by itself is outdone by the right
    one, and a prior that is right for pairs taken singly costs links. `patterns` are those of the candidate pairs, `tickets`
    those of the records; `cluster_by` gives the cluster of each record by a model, without any decision.
    """
    used = model.weighed(forms)
    levels = level_matrix(model.comparisons, used, model.classes(used), labels.left, labels.right)
    found = refine(model.scoring, levels, labels.same, labels.folds(len(tickets), tickets, FOLDS), patterns)
    if not found.accepted:
        return model, found
    weight, of_pairs = (model.scoring.weight(*sums(one, model.scoring.weights)) for one in (levels, patterns.levels))
    pairs = stands_for(weight, of_pairs, patterns.counts)
    corrected = replace(model, scoring=found.scoring)
    before, after = (cluster_by(one) for one in (model, corrected))
    scores = [estimated_f1(label[labels.left] == label[labels.right], labels.same, pairs) for label in (before, after)]
    if scores[1] > scores[0]:
        return corrected, found
    return model, replace(found, scoring=model.scoring, accepted=False, gain=0.0, looseness=0.0)


def estimated_f1(joined: Flags, same: Flags, pairs: Floats) -> float:
    """Pairwise F1 of clusters, from labels and the number of candidate pairs that each stands for."""
    right, found, true = (float(pairs[which].sum()) for which in (joined & same, joined, same))
    return 2 * right / (found + true) if found + true else 1.0
