"""Matched: records become scored pairs and clusters; the one place where the command calls the engine."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.errors import NothingToMatch
from domain.settings import MatchSettings
from matching.block import Pairs
from matching.chance import Population
from matching.cluster import Clusters, Constraints
from matching.estimate import Believed, believe
from matching.forms import Forms, forms_of
from matching.labels import record_tickets
from matching.match import Scored, find_clusters, score_pairs
from matching.model import Model
from matching.patterns import Patterns
from matching.records import Records
from matching.train import train, unique_sources
from matching.unique import duplicates_within

TOO_COMMON = "no two records have anything in common that few others have too"
"""Said where no blocking key brings any two records together."""


@dataclass(frozen=True, slots=True)
class Matched:
    """What came of matching."""

    scored: Scored
    clusters: Clusters
    model: Model | None
    """None where nothing could be matched: then every record is a cluster of its own."""
    unique: tuple[str, ...]
    """Sources taken to be free of duplicates."""
    proposed: tuple[str, ...]
    """Sources that seem to be, by their records alone."""
    why_nothing: str = ""
    believed: Believed | None = None
    """What the match believes of its clusters; None where nothing is joined."""


@dataclass(frozen=True, slots=True)
class Trained:
    """A model, and what it says of the candidate pairs."""

    population: Population
    model: Model
    scored: Scored


def match(records: Records, unique: Collection[str] | None, adopt: bool, settings: MatchSettings) -> Matched:
    """Train, score and cluster; `unique` names sources known to be free of duplicates.

    Where it is not known (None) and there are several sources, those that seem to be are proposed, and with `adopt` taken to be.
    """
    known = frozenset(unique or ())
    if len(records) < 2:
        return nothing(len(records), "there is but one record")
    forms = forms_of(records)
    if all(len(own.distinct) <= 1 for own in forms.values()) and any(own.holders == len(records) for own in forms.values()):
        return nothing(len(records), "every record has the same values, so nothing tells one from another")
    try:
        proposed = propose(records, forms) if unique is None and len(records.sources) > 1 else ()
        chosen = known | set(proposed if adopt else ())
        trained = trained_with(records, forms, chosen)
    except NothingToMatch:
        return nothing(len(records), "no record has a value in any attribute that tells one from another")
    clusters = find_clusters(forms, trained.population, trained.model, trained.scored, settings, Constraints.none())
    believed = believe(forms, trained.model, trained.scored, clusters, Constraints.none(), record_tickets(records))
    taken = tuple(name for name in records.sources if name in chosen)
    why_nothing = "" if trained.scored.pairs.candidates else TOO_COMMON
    return Matched(trained.scored, clusters, trained.model, taken, proposed, why_nothing, believed)


def propose(records: Records, forms: dict[str, Forms]) -> tuple[str, ...]:
    """The sources that seem to be free of duplicates, by a model trained as if all were."""
    first = trained_with(records, forms, records.sources, one_to_one=False)
    found = duplicates_within(forms, records.source, records.sources, first.model, first.scored)
    return tuple(one.source for one in found if one.negligible)


def trained_with(records: Records, forms: dict[str, Forms], unique: Collection[str], one_to_one: bool = True) -> Trained:
    """Learn a model and score the candidate pairs, these sources being free of duplicates."""
    population = Population(records.source, unique_sources(records.sources, frozenset(unique)), records.sources)
    model, pairs, patterns = train(forms, population, one_to_one=one_to_one)
    return Trained(population, model, score_pairs(pairs, patterns, model, population))


def nothing(count: int, why: str) -> Matched:
    """Every record by itself."""
    none: npt.NDArray[np.float64] = np.empty(0)
    pairs = Pairs(np.empty(0, np.int32), np.empty(0, np.int32))
    patterns = Patterns(np.empty((0, 0), np.uint8), np.empty(0, np.int64), np.empty(0, np.int32))
    scored = Scored(pairs, none, none, np.empty(0, np.int64), patterns, np.empty(0, np.int64))
    alone = np.arange(count, dtype=np.int32)
    return Matched(scored, Clusters(alone, np.ones(count), 0, 1, alone), None, (), (), why)
