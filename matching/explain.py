"""Explain: why two records are, or are not, one customer. The same numbers as the batch, bit for bit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from domain.evidence import Evidence, PairClass, Rivalry, ScoredPair
from domain.records import RecordKey
from matching.compare import RARITY, Comparison, level_matrix
from matching.forms import Forms, shown_attributes
from matching.linkage import Members
from matching.match import shifted
from matching.model import Model
from matching.records import Records
from matching.relate import KINDS, Kind, kinds, organisations
from matching.score import MICRO, probabilities
from matching.wording import listed, rarity

MISSING = "missing"
"""The level of a comparison for which one of the two records has no value, or both."""
DIFFERENT = "different"
LEAST_TOLD = 1.0
"""Bits below which it is not told that a comparison differs: a consent or a date of joining says nothing of who somebody is."""
SURE = 0.9
"""Probability from which on a sentence does without *probably*."""


def explain(records: Records, forms: Mapping[str, Forms], model: Model, left: int, right: int) -> ScoredPair:
    """Everything that was compared of two records, given by their positions, with weights in bits."""
    used = model.weighed(forms)
    classes = model.classes(used)
    a, b = np.array([left], np.int32), np.array([right], np.int32)
    evidence = []
    same, related = model.scoring.prior_same, model.scoring.prior_related
    weight_same = weight_related = 0
    levels = level_matrix(model.comparisons, used, classes, a, b)
    for comparison, weights, level in zip(model.comparisons, model.scoring.weights, levels[0].tolist(), strict=True):
        weight_same += int(weights.same[level])
        weight_related += int(weights.related[level])
        shown = [values_of(records, forms, comparison, position) for position in (left, right)]
        label = comparison.labels[level]
        bits = weights.same[level] / MICRO, weights.related[level] / MICRO
        evidence.append(Evidence(comparison.name, label, *bits, shown[0], shown[1], rarity(label)))
    of_same, of_related = probabilities(np.array([same + weight_same]), np.array([related + weight_related]))
    match_weight = model.scoring.weight(np.array([weight_same]), np.array([weight_related]))[0]
    firm = organisations(forms, Members.of(np.arange(len(records), dtype=np.int32)))
    return ScoredPair(
        key_of(records, left),
        key_of(records, right),
        tuple(evidence),
        same / MICRO,
        related / MICRO,
        float(of_same[0]),
        float(match_weight) / MICRO,
        float(of_related[0]),
        str(KINDS[kinds(levels, model.comparisons, firm, a, b)[0]]),
        (bool(firm[left]), bool(firm[right])),
    )


def among_rivals(pair: ScoredPair, rivalry: Rivalry) -> ScoredPair:
    """A pair that was explained by itself, held against its rivals as in the batch."""
    weight, advantage = (np.array([round(bits * MICRO)], np.int64) for bits in (pair.match_weight, rivalry.weight))
    same, related = shifted(np.array([pair.match_probability]), np.array([pair.related_probability]), weight, advantage)
    total = float((weight + advantage)[0]) / MICRO
    return replace(pair, match_probability=float(same[0]), related_probability=float(related[0]), match_weight=total, rivalry=rivalry)


def key_of(records: Records, position: int) -> RecordKey:
    """The record key at a position."""
    return RecordKey(records.sources[records.source[position]], records.keys[position].as_py())


def values_of(records: Records, forms: Mapping[str, Forms], comparison: Comparison, position: int) -> str | None:
    """A record's values in one comparison, for people; null where it has none. What is drawn from other attributes shows its forms."""
    texts = []
    for name in shown_attributes(comparison.attributes, records):
        column, own = records.columns.get(name), forms.get(name)
        if column is not None:
            texts += [str(column.values[int(code)].as_py()) for code in column.code[column.row == position]]
        elif own is not None:
            texts += [str(own.distinct[int(code)].as_py()) for code in own.code[own.row == position]]
    return (", " if comparison.is_place else " · ").join(texts) or None


def sentence(pair: ScoredPair, names: Mapping[str, str] | None = None) -> str:
    """One plain sentence: what agrees, what does not, and what follows.

    `names` says how a comparison is called for people, where its own name will not do.
    """
    words = {e.comparison: (names or {}).get(e.comparison, e.comparison.replace("_", " ")) for e in pair.evidence}
    same = [words[e.comparison] for e in pair.evidence if is_equal(e)]
    other = [words[e.comparison] for e in pair.evidence if e.level == DIFFERENT and e.weight < -LEAST_TOLD]
    near = [nearly(words[e.comparison], e.level) for e in pair.evidence if not is_equal(e) and e.level not in (MISSING, DIFFERENT)]
    parts = [f"same {listed(same)}"] if same else []
    parts += [listed(near)] if near else []
    told = ", ".join(parts)
    if other:
        told = f"{told}, but another {listed(other)}" if told else f"another {listed(other)}"
    rivals = f"; {pair.rivalry.told}" if pair.rivalry else ""
    return f"{told or 'nothing to compare'}{rivals}: {conclusion(pair)}"


def nearly(word: str, level: str) -> str:
    """A comparison that is neither equal nor different.

    >>> nearly("birth date", "same month and year"), nearly("given name", "close")
    ('birth date of the same month and year', 'given name close')
    >>> nearly("address", "same address, spelled otherwise or another unit")
    'same address, spelled otherwise or another unit'
    """
    if word in level:
        return level
    return f"{word} of the {level}" if level.startswith("same ") else f"{word} {level}"


def is_equal(evidence: Evidence) -> bool:
    """Whether the level is one of the equal ones."""
    return any(evidence.level.endswith(f"({rarity})") for rarity in RARITY)


def conclusion(pair: ScoredPair) -> str:
    """What follows from the classes' probabilities."""
    if pair.match_probability >= 0.5:
        return "one customer" if pair.match_probability >= SURE else "probably one customer"
    if pair.winner is PairClass.RELATED:
        return relation(pair) if pair.related_probability >= SURE else f"probably {relation(pair)}"
    return "two customers" if pair.match_probability <= 1 - SURE else "probably two customers"


def relation(pair: ScoredPair) -> str:
    """What two related records are: an organisation is nobody's household."""
    if pair.related_as == Kind.HOUSEHOLD:
        return "one household, two people"
    if pair.related_as == Kind.BRANCH:
        return "branches of one firm, two customers"
    both = {(True, True): "organisations", (False, False): "people"}.get(pair.organisations, "customers")
    return f"related, two {both}"
