"""Explain: why two records are, or are not, one customer. The same numbers as the batch, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from domain.evidence import Evidence, ScoredPair
from domain.records import RecordKey
from matching.compare import RARITY, Comparison, level_matrix
from matching.forms import Forms
from matching.model import Model
from matching.records import Records
from matching.score import MICRO, probabilities


def explain(records: Records, forms: Mapping[str, Forms], model: Model, left: int, right: int) -> ScoredPair:
    """Everything that was compared of two records, given by their positions, with weights in bits."""
    forms = model.weighed(forms)
    classes = model.classes(forms)
    a, b = np.array([left], np.int32), np.array([right], np.int32)
    evidence = []
    same, related = model.scoring.prior_same, model.scoring.prior_related
    weight_same = weight_related = 0
    levels = level_matrix(model.comparisons, forms, classes, a, b)[0].tolist()
    for comparison, weights, level in zip(model.comparisons, model.scoring.weights, levels, strict=True):
        weight_same += int(weights.same[level])
        weight_related += int(weights.related[level])
        shown = [values_of(records, comparison, position) for position in (left, right)]
        evidence.append(
            Evidence(
                comparison.name, comparison.labels[level], weights.same[level] / MICRO, weights.related[level] / MICRO, shown[0], shown[1]
            )
        )
    of_same, of_related = probabilities(np.array([same + weight_same]), np.array([related + weight_related]))
    match_weight = model.scoring.weight(np.array([weight_same]), np.array([weight_related]))[0]
    return ScoredPair(
        key_of(records, left),
        key_of(records, right),
        tuple(evidence),
        same / MICRO,
        related / MICRO,
        float(of_same[0]),
        float(match_weight) / MICRO,
        float(of_related[0]),
    )


def key_of(records: Records, position: int) -> RecordKey:
    """The record key at a position."""
    return RecordKey(records.sources[records.source[position]], records.keys[position].as_py())


def values_of(records: Records, comparison: Comparison, position: int) -> str | None:
    """A record's values in one comparison, for people; null where it has none."""
    texts = []
    for attribute in comparison.attributes:
        column = records.columns[attribute.name]
        texts += [str(column.values[int(code)].as_py()) for code in column.code[column.row == position]]
    return (", " if comparison.is_place else " · ").join(texts) or None


def sentence(pair: ScoredPair, names: Mapping[str, str] | None = None) -> str:
    """One plain sentence: what agrees, what does not, and what follows.

    `names` says how a comparison is called for people, where its own name will not do.
    """
    called = {e.comparison: (names or {}).get(e.comparison, e.comparison.replace("_", " ")) for e in pair.evidence}
    same = [called[e.comparison] for e in pair.evidence if is_equal(e)]
    other = [called[e.comparison] for e in pair.evidence if e.level == "different"]
    near = [f"{called[e.comparison]} {e.level}" for e in pair.evidence if not is_equal(e) and e.level not in ("missing", "different")]
    parts = [f"same {listed(same)}"] if same else []
    parts += [listed(near)] if near else []
    told = ", ".join(parts)
    if other:
        told = f"{told}, but another {listed(other)}" if told else f"another {listed(other)}"
    return f"{told or 'nothing to compare'}: {conclusion(pair)}"


def is_equal(evidence: Evidence) -> bool:
    """Whether the level is one of the equal ones."""
    return any(evidence.level.endswith(f"({rarity})") for rarity in RARITY)


def listed(words: Sequence[str]) -> str:
    """
    >>> listed(["surname", "address", "telephone"])
    'surname, address and telephone'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def conclusion(pair: ScoredPair) -> str:
    """What follows from the classes' probabilities."""
    unrelated = 1 - pair.match_probability - pair.related_probability
    if pair.match_probability >= 0.5:
        return "one customer" if pair.match_probability >= 0.9 else "probably one customer"
    if pair.related_probability >= unrelated:
        return "one household, two people"
    return "two customers" if pair.match_probability <= 0.1 else "probably two customers"
