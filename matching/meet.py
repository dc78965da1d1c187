"""Meet: which blocking keys bring two records together, so that the batch compares them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from matching.block import candidate_pairs, pair_budget
from matching.chance import Population
from matching.forms import Forms
from matching.model import Model


@dataclass(frozen=True, slots=True)
class Meeting:
    """How two records meet in the batch."""

    keys: tuple[str, ...]
    """Blocking keys that both have and that make them a candidate pair."""
    too_common: tuple[str, ...]
    """Keys that both have, but so many others as well that they count only together with another."""
    admissible: bool
    """Whether they may be compared at all: a `unique` source holds no customer twice."""

    @property
    def met(self) -> bool:
        """Whether the batch compares them."""
        return self.admissible and bool(self.keys)


def meeting(forms: Mapping[str, Forms], model: Model, population: Population) -> Meeting:
    """How the only two records of `forms` would meet; a key's value is a function of one record's own values.

    So blocking the two alone, with the model's plan, comes to what the batch came to.
    """
    found = candidate_pairs(model.weighed(forms), population, model.plan, pair_budget(len(population)))
    made = tuple(key.name for key in found.keys if key.pairs)
    refined = tuple(key.name for key in found.keys if not key.pairs and key.refined_records > key.refined_blocks)
    return Meeting(made, refined, bool(population.pairs))
