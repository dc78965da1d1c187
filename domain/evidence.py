"""Evidence: what speaks for and against two records being one customer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.records import RecordKey


class PairClass(StrEnum):
    """What two records can be to one another."""

    SAME = "same"
    """One customer."""
    RELATED = "related"
    """Two who belong together: a household, branches of a firm."""
    UNRELATED = "unrelated"
    """Strangers."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One comparison of a pair: its level, and what that level is worth."""

    comparison: str
    """For example `given_name`, or `address` for a group."""
    level: str
    """The level's label, for example `nickname`; `missing` is neutral."""
    weight: float
    """Bits for *same* against *unrelated*."""
    related_weight: float
    """Bits for *related* against *unrelated*."""
    left: str | None = None
    """The value of the left record, for people to read; several are joined by ` · `."""
    right: str | None = None
    rarity: str | None = None
    """Of equal values: how many share them, for example `shared by 1 in 10,000`."""


@dataclass(frozen=True, slots=True)
class Rivalry:
    """What others add to or take from a pair, where a source holds each customer once: only one can be the counterpart."""

    weight: float
    """Bits for *same*; below 0 where they take some."""
    told: str
    """Why, for people: `another record of mobile_app fits better`."""
    strongest: RecordKey | None = None
    """The rival that fits best, where it is known."""


@dataclass(frozen=True, slots=True)
class ScoredPair:
    """Two records with all that was compared of them."""

    left: RecordKey
    right: RecordKey
    evidence: tuple[Evidence, ...]
    prior_weight: float
    """Bits for *same* before anything is compared."""
    related_prior_weight: float
    match_probability: float
    """Probability of *same* among the three classes."""
    match_weight: float
    """Bits of *same* against everything else."""
    related_probability: float
    related_as: str = "related"
    """What they are if they are related: `household`, `branch`, or `related` where it is neither."""
    organisations: tuple[bool, bool] = (False, False)
    """Whether the left and the right record are of an organisation."""
    rivalry: Rivalry | None = None
    """What rivals add or take; it is in the probabilities and in the match weight."""

    @property
    def probabilities(self) -> dict[PairClass, float]:
        """Of each class; together they are 1."""
        same, related = self.match_probability, self.related_probability
        return {PairClass.SAME: same, PairClass.RELATED: related, PairClass.UNRELATED: max(1.0 - same - related, 0.0)}

    @property
    def weights(self) -> dict[PairClass, float]:
        """Of each class, bits against *unrelated*; they tell apart what probabilities round to nothing."""
        return {PairClass.SAME: self.same_weight, PairClass.RELATED: self.related_weight, PairClass.UNRELATED: 0.0}

    @property
    def winner(self) -> PairClass:
        """The most probable class."""
        return max(PairClass, key=self.weights.__getitem__)

    @property
    def rival(self) -> PairClass:
        """The second most probable class."""
        return max((one for one in PairClass if one is not self.winner), key=self.weights.__getitem__)

    @property
    def lead(self) -> float:
        """Bits by which the winner is ahead of its rival."""
        return self.weights[self.winner] - self.weights[self.rival]

    @property
    def same_weight(self) -> float:
        """Bits for *same* against *unrelated*, the prior and what rivals add or take among them."""
        return self.prior_weight + sum(one.weight for one in self.evidence) + (self.rivalry.weight if self.rivalry else 0.0)

    @property
    def related_weight(self) -> float:
        """Bits for *related* against *unrelated*, the prior among them."""
        return self.related_prior_weight + sum(one.related_weight for one in self.evidence)
