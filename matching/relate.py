"""Relate: which customers belong together without being the same: a household, the branches of a firm.

Clusters between which the *related* class wins. See docs/decisions/0012-households.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from domain.attributes import Role
from matching.chance import Population
from matching.cluster import Clusters, Constraints, connected
from matching.compare import RARITY, Comparison, LevelArray, level_matrix
from matching.forms import Forms
from matching.linkage import Linkage, Mask, Members, across_pairs, linkages
from matching.match import Scored
from matching.model import Model
from matching.place import PLACE_LEVELS, STREET_TYPES
from matching.records import Ints
from matching.score import MICRO, Bits, Floats

LEAST = 0.5
"""Probability of *related* from which on two clusters are."""
PROPOSED = 0.2
"""Probability of *related*, if they are not the same, from which on a candidate pair lets two clusters be compared as a whole."""
LEAST_SHARED = 2
"""Shared comparisons that must agree where two are neither a household nor a branch: a surname alone makes no relatives."""
LARGEST_HOUSEHOLD = 12
"""People in a household at most; what is larger is a hall, a care home or a telephone that stands for nobody's, and is cut."""


class Kind(StrEnum):
    """How two customers belong together."""

    HOUSEHOLD = "household"
    """People who share an address or a telephone."""
    BRANCH = "branch"
    """Organisations that share their name or website."""
    RELATED = "related"
    """What they share is more than chance, but neither of the two."""


KINDS = tuple(Kind)
SAME_PLACE = frozenset(PLACE_LEVELS[:2])
"""Levels of an address, beside the equal ones, at which people live together."""
SAME_TELEPHONE = frozenset({"same national number"})


@dataclass(frozen=True, slots=True)
class Related:
    """Pairs of clusters that belong together, in order."""

    left: Ints
    """Position of the first record of one, below that of the other."""
    right: Ints
    kind: npt.NDArray[np.int8]
    """Index into `KINDS`."""
    probability: Floats
    strength: Bits
    """Log-odds of *related*, in millionths of a bit."""
    shared: pa.StringArray
    """The comparisons on which some of their records are equal (`equal_comparisons`), in the model's order, joined by commas."""
    households: int = 0
    people: int = 0
    """In all households together."""
    cut: int = 0
    """Groups that were too large for a household and lost their weakest links."""

    def __len__(self) -> int:
        return len(self.left)

    def take(self, chosen: Mask) -> Related:
        """Some of the pairs."""
        named = ("left", "right", "kind", "probability", "strength")
        return replace(self, **{name: getattr(self, name)[chosen] for name in named}, shared=self.shared.filter(pa.array(chosen)))

    def joined(self, other: Related) -> Related:
        """The pairs of both, in order; no pair is in both."""
        order = np.lexsort((np.concatenate((self.right, other.right)), np.concatenate((self.left, other.left))))
        named = ("left", "right", "kind", "probability", "strength")
        columns: dict[str, Any] = {name: np.concatenate((getattr(self, name), getattr(other, name)))[order] for name in named}
        return replace(self, **columns, shared=pa.concat_arrays([self.shared, other.shared]).take(pa.array(order)))

    def count(self, kind: Kind) -> int:
        """How many pairs are of a kind."""
        return int((self.kind == KINDS.index(kind)).sum())


def relate(
    forms: Mapping[str, Forms], population: Population, model: Model, scored: Scored, clusters: Clusters, decided: Constraints
) -> Related:
    """The clusters that belong together. `decided` are the stewards' decisions."""
    return with_households(related_clusters(forms, population, model, scored, clusters, decided), len(population))


def related_clusters(
    forms: Mapping[str, Forms], population: Population, model: Model, scored: Scored, clusters: Clusters, decided: Constraints
) -> Related:
    """The clusters that belong together, in whatever large households."""
    used = model.weighed(forms)
    classes = model.classes(used)

    def levels_of(left: Ints, right: Ints) -> LevelArray:
        return level_matrix(model.comparisons, used, classes, left, right)

    members = Members.of(clusters.label)
    left, right = proposed(scored, members)
    linkage = linkages(members, left, right, levels_of, model.scoring, population, scored.over_rivals(len(population)))
    apart = ~linkage.admissible | told_apart(members, left, right, decided)
    probability = related_probability(linkage, model, apart)
    kind = kinds(linkage.best, model.comparisons, organisations(forms, members), left, right)
    kept = (probability >= LEAST) & ((kind != KINDS.index(Kind.RELATED)) | (agreeing(linkage, model.comparisons) >= LEAST_SHARED))
    return Related(
        members.order[members.start[left]][kept],
        members.order[members.start[right]][kept],
        kind[kept],
        probability[kept],
        strength_of(probability[kept]),
        names_of(equal_comparisons(linkage, model.comparisons)[kept], [c.name for c in model.comparisons]),
    )


def proposed(scored: Scored, members: Members) -> tuple[Ints, Ints]:
    """Pairs of clusters worth comparing as a whole: some candidate pair across them is related, if not the same."""
    worth = scored.related >= PROPOSED * (1 - scored.probability)
    return across_pairs(members, scored.pairs.left[worth], scored.pairs.right[worth])


def told_apart(members: Members, left: Ints, right: Ints, decided: Constraints) -> Mask:
    """Pairs of clusters that a steward has separated."""
    sides = across_pairs(members, *decided.different)
    width = max(len(members.size), 1)
    return np.isin(left.astype(np.int64) * width + right, sides[0].astype(np.int64) * width + sides[1])


def related_probability(linkage: Linkage, model: Model, apart: Mask) -> Floats:
    """Probability that two clusters are related; of those that are known not to be the same (`apart`), given that."""
    same, related = linkage.probabilities(model.scoring)
    given = np.divide(related, 1 - same, out=np.zeros_like(related), where=same < 1)
    return np.where(apart, given, related)


def strength_of(probability: Floats) -> Bits:
    """Log-odds in millionths of a bit."""
    held = np.clip(probability, 1e-12, 1 - 1e-12)
    return np.round(np.log2(held / (1 - held)) * MICRO).astype(np.int64)


def equal_comparisons(linkage: Linkage, comparisons: Sequence[Comparison]) -> Mask:
    """On which comparisons some record of one cluster equals one of the other, or has the same address or telephone, however written.

    A comparison that speaks for nobody does not count.
    """
    telling = np.array([c.role is not Role.NEUTRAL for c in comparisons], bool)
    equal = (linkage.best > 0) & (linkage.best <= len(RARITY)) & telling
    for k, comparison in enumerate(comparisons):
        equal[:, k] |= np.isin(linkage.best[:, k], levels_at_home(comparison))
    return np.asarray(equal)


def agreeing(linkage: Linkage, comparisons: Sequence[Comparison]) -> npt.NDArray[np.int64]:
    """On how many shared comparisons some record of one cluster agrees with one of the other, at any level but the last."""
    last = np.array([len(c.labels) - 1 for c in comparisons])
    shared = np.array([c.role is Role.SHARED for c in comparisons], bool)
    return np.asarray(((linkage.best > 0) & (linkage.best < last) & shared).sum(axis=1))


def names_of(chosen: Mask, names: Sequence[str]) -> pa.StringArray:
    """The names chosen in each row, joined by commas.

    >>> names_of(np.array([[True, False, True], [False, False, False]]), ["surname", "email", "phone"]).to_pylist()
    ['surname,phone', '']
    """
    patterns, which = np.unique(chosen, axis=0, return_inverse=True) if len(chosen) else (chosen, np.empty(0, np.int64))
    texts = [",".join(name for name, has in zip(names, row, strict=True) if has) for row in patterns]
    return pa.array(texts, pa.string()).take(pa.array(which.reshape(-1)))


def organisations(forms: Mapping[str, Forms], members: Members) -> Mask:
    """Which clusters are organisations: more of their records name one than name a person.

    Somebody with an employer is named at least as often; an organisation's contact is not named everywhere.
    """

    def naming(types: frozenset[str]) -> npt.NDArray[np.int64]:
        rows = [own.row for own in forms.values() if own.attribute.type in types and len(own.row)]
        records = np.unique(np.concatenate(rows)) if rows else np.empty(0, np.int32)
        return np.bincount(members.of_record[records], minlength=len(members.size))

    return naming(frozenset({"organisation"})) > naming(frozenset({"given_name", "full_name", "date_of_birth"}))


def kinds(levels: LevelArray, comparisons: Sequence[Comparison], firm: Mask, left: Ints, right: Ints) -> npt.NDArray[np.int8]:
    """How the two of each pair belong together, as an index into `KINDS`; `levels` (pairs × comparisons) are their strongest."""
    at_home, one_firm = np.zeros(len(left), bool), np.zeros(len(left), bool)
    for k, comparison in enumerate(comparisons):
        level = levels[:, k]
        at_home |= np.isin(level, levels_at_home(comparison))
        if comparison.attributes[0].type in ("organisation", "url"):
            one_firm |= (level > 0) & (level < len(comparison.labels) - 1)
    both, neither = firm[left] & firm[right], ~firm[left] & ~firm[right]
    found = np.full(len(left), KINDS.index(Kind.RELATED), np.int8)
    found[both & one_firm] = KINDS.index(Kind.BRANCH)
    found[neither & at_home] = KINDS.index(Kind.HOUSEHOLD)
    return found


def levels_at_home(comparison: Comparison) -> list[int]:
    """The levels of a comparison at which two people live together: one place, or one telephone."""
    kind = comparison.attributes[0].type
    if kind == "phone":
        same = SAME_TELEPHONE
    elif comparison.is_place or kind in STREET_TYPES:
        same = SAME_PLACE
    else:
        return []
    return [at for at, label in enumerate(comparison.labels) if 1 <= at <= len(RARITY) or label in same]


def with_households(found: Related, count: int) -> Related:
    """The same without the weakest links of households that would be too large; with how many households there are."""
    held, cut = small_enough(found, count)
    home = found.kind == KINDS.index(Kind.HOUSEHOLD)
    size = np.bincount(connected(count, found.left[held & home], found.right[held & home]))
    household = size[size > 1]
    kept = found.take(held) if cut else found
    return replace(kept, households=len(household), people=int(household.sum()), cut=cut)


def small_enough(found: Related, count: int) -> tuple[Mask, int]:
    """Which links stay when too large households lose their weakest, and how many of them do.

    A household is all people whom links of that kind hold together, over however many others.
    """
    home = found.kind == KINDS.index(Kind.HOUSEHOLD)
    held = home.copy()
    cut = 0
    for floor in range(1, 42):
        label = connected(count, found.left[held], found.right[held])
        large = np.bincount(label) > LARGEST_HOUSEHOLD
        if floor == 1:
            cut = int(large.sum())
        if not large.any():
            break
        held &= ~large[label[found.left]] | (found.strength >= floor * MICRO)
    return np.asarray(held | ~home), cut
