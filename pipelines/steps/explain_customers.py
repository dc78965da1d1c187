"""Explain customers: what holds two records in one golden customer, and what keeps two golden customers apart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from domain.decisions import Decision, Verdict
from domain.records import RecordKey
from matching.chain import strongest_chain
from matching.chance import Population
from matching.cluster import Advantage, pair_code
from matching.compare import LevelArray, level_matrix
from matching.explain import key_of
from matching.forms import Forms, forms_of
from matching.linkage import Linkage, Members, linkages
from matching.model import Model
from matching.records import Ints, Longs, Records
from matching.score import MICRO, sums
from matching.train import unique_sources
from matching.wording import called, listed, per_cent
from pipelines.project import Project

DECIDED = 1_000 * MICRO
"""How strong a steward's decision is as a link: stronger than any evidence."""
MOST_AGAINST = 3
"""Comparisons that are named when the records of two customers speak against one another."""


@dataclass(frozen=True, slots=True)
class Link:
    """One step of the chain that holds two records together."""

    left: RecordKey
    right: RecordKey
    match_weight: float
    """Bits."""
    match_probability: float
    decision: Decision | None = None
    """A steward's, that the two are the same."""


@dataclass(frozen=True, slots=True)
class Together:
    """What holds two records in one golden customer."""

    records: int
    """Of the golden customer."""
    chain: tuple[Link, ...]
    """From one record to the other over the links of which the weakest is as strong as can be; one link where they are linked directly."""


@dataclass(frozen=True, slots=True)
class MeanEvidence:
    """One comparison between all records of two customers."""

    comparison: str
    weight: float
    """Mean bits for *same* against *unrelated*, over the pairs of records that have something to compare."""
    related_weight: float
    pairs: int


RIVALS = "rivals"
"""What stands for rivals beside the comparisons."""


@dataclass(frozen=True, slots=True)
class Apart:
    """How two golden customers stand to one another: the linkage by which clusters are joined, and what forbids it."""

    match_probability: float
    related_probability: float
    match_weight: float
    evidence: tuple[MeanEvidence, ...]
    pairs: int
    """Pairs of records, one of each customer."""
    decisions: tuple[Decision, ...]
    """Stewards' decisions that a record of one and a record of the other are different."""
    unique: tuple[str, ...]
    """Sources that hold each customer once, and have records of both."""
    against: str
    """What speaks against their being one, in a sentence."""
    rivals: MeanEvidence | None = None
    """What rivals for places in sources without duplicates add or take, over the pairs of records that are candidates."""

    @property
    def is_barred(self) -> bool:
        """Whether they are kept apart whatever the evidence."""
        return bool(self.decisions or self.unique)


def together(
    records: Records,
    model: Model,
    left: int,
    right: int,
    members: Sequence[int],
    decisions: Sequence[Decision],
    advantage: Advantage | None = None,
) -> Together:
    """The chain between two records over the members of their customer, all given by their positions."""
    held = np.array(sorted({*members, left, right}), np.int32)
    weight = all_weights(forms_of(records), model, held, advantage)
    place = {str(key_of(records, int(at))): number for number, at in enumerate(held)}
    made = {
        (place[str(one.left)], place[str(one.right)]): one
        for one in decisions
        if one.verdict is Verdict.SAME and str(one.left) in place and str(one.right) in place
    }
    made |= {(b, a): one for (a, b), one in made.items()}
    bound = weight.copy()
    for a, b in made:
        bound[a, b] = DECIDED
    at = {int(position): number for number, position in enumerate(held)}
    steps = strongest_chain(bound, at[left], at[right])
    links = [
        Link(
            key_of(records, int(held[a])),
            key_of(records, int(held[b])),
            float(weight[a, b]) / MICRO,
            chance(weight[a, b]),
            made.get((a, b)),
        )
        for a, b in pairwise(steps)
    ]
    return Together(len(held), tuple(links))


def all_weights(forms: dict[str, Forms], model: Model, held: Ints, advantage: Advantage | None = None) -> Longs:
    """Match weights between all of some records, in millionths of a bit; `held` is in order."""
    forms, count = model.weighed(forms), next(iter(forms.values())).count
    a, b = (side.astype(np.int32) for side in np.triu_indices(len(held), 1))
    found = model.scoring.weight(
        *sums(level_matrix(model.comparisons, forms, model.classes(forms), held[a], held[b]), model.scoring.weights)
    )
    if advantage is not None:
        found = found + advantage.of(pair_code(held[a], held[b], count))[0]
    weight = np.zeros((len(held), len(held)), np.int64)
    weight[a, b] = weight[b, a] = found
    return weight


def chance(weight: int) -> float:
    """The probability that log-odds in millionths of a bit stand for.

    >>> chance(0), chance(1_000_000)
    (0.5, 0.6666666666666666)
    """
    return float(1 / (1 + np.exp2(-np.clip(weight / MICRO, -500, 500))))


def apart(
    records: Records,
    model: Model,
    project: Project,
    left: Sequence[int],
    right: Sequence[int],
    decisions: Sequence[Decision],
    advantage: Advantage | None = None,
) -> Apart:
    """How two customers stand to one another, each given by the positions of its records."""
    unique = frozenset(source.name for source in project.sources if source.unique)
    linkage = linkage_between(records, model, unique, left, right, advantage)
    same, related = (float(side[0]) for side in linkage.probabilities(model.scoring))
    keys = [{key_of(records, at) for at in side} for side in (left, right)]
    separated = tuple(one for one in decisions if one.verdict is Verdict.DIFFERENT and lies_across(one, keys))
    shared = [{records.sources[records.source[at]] for at in side} for side in (left, right)]
    twice = tuple(sorted(shared[0] & shared[1] & unique))
    evidence = tuple(
        MeanEvidence(c.name, float(linkage.same[0, k]) / MICRO, float(linkage.related[0, k]) / MICRO, int(linkage.known[0, k]))
        for k, c in enumerate(model.comparisons)
    )
    weight, pairs = float(linkage.weight(model.scoring)[0]) / MICRO, len(left) * len(right)
    added = MeanEvidence(RIVALS, float(linkage.advantage[0]) / MICRO, 0.0, int(linkage.candidates[0]))
    rivals = added if added.weight else None
    words = {**called(model.comparisons), RIVALS: "rivals who fit better"}
    told = list(against(separated, twice, same, (*evidence, rivals) if rivals else evidence, words, project, pairs))
    return Apart(same, related, weight, evidence, pairs, separated, twice, " ".join(told), rivals)


def linkage_between(
    records: Records,
    model: Model,
    unique: frozenset[str],
    left: Sequence[int],
    right: Sequence[int],
    advantage: Advantage | None = None,
) -> Linkage:
    """The linkage of two customers."""
    forms = model.weighed(forms_of(records))
    classes = model.classes(forms)
    label = np.full(len(records), 2, np.int32)
    label[list(left)], label[list(right)] = 0, 1

    def levels_of(a: Ints, b: Ints) -> LevelArray:
        return level_matrix(model.comparisons, forms, classes, a, b)

    population = Population(records.source, unique_sources(records.sources, unique), records.sources)
    first, second = np.array([0], np.int32), np.array([1], np.int32)
    return linkages(Members.of(label), first, second, levels_of, model.scoring, population, advantage)


def lies_across(one: Decision, keys: Sequence[set[RecordKey]]) -> bool:
    """Whether a decision is about a record of each side."""
    return (one.left in keys[0] and one.right in keys[1]) or (one.left in keys[1] and one.right in keys[0])


def against(
    separated: Sequence[Decision],
    twice: Sequence[str],
    same: float,
    evidence: Sequence[MeanEvidence],
    words: dict[str, str],
    project: Project,
    pairs: int,
) -> Iterator[str]:
    """What speaks against two customers being one, a sentence for each reason."""
    for one in separated:
        yield f"{one.steward} decided on {one.decided_at:%d %B %Y} that {one.left} and {one.right} are different: {one.reason.rstrip('.')}."
    for name in twice:
        yield f"Both have a record in {name}, which holds each customer once."
    if same <= project.match.join:
        among = "their two records" if pairs == 1 else f"all {pairs:,} pairs of their records"
        worst = sorted((one for one in evidence if one.weight < 0), key=lambda one: one.weight)[:MOST_AGAINST]
        most = f"; most against it: {listed(f'{words[one.comparison]} ({one.weight:+.2f} bits)' for one in worst)}" if worst else ""
        yield f"Over {among} the probability that they are the same is {per_cent(same)}{most}."
    elif not separated and not twice and project.match.hold and same <= project.match.ask[1]:
        yield f"Over all their records it is {per_cent(same)}; match.hold keeps them apart until a steward has decided."
    elif not separated and not twice:
        yield f"Nothing: over all their records it is {per_cent(same)}; no key brought them together, or they have changed."
