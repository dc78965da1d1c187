"""Turned: whether a record's new version is somebody else than its old one."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matching.compare import level_matrix
from matching.forms import forms_of
from matching.model import Model
from matching.records import Ints, Records
from matching.score import probabilities, sums


def turned(records: Records, model: Model, old: Ints, new: Ints, ask: float) -> npt.NDArray[np.bool_]:
    """Which pairs of versions, given by their positions, the model holds to be different people: less probable than `ask`.

    What was compared must speak against them as well. A key that stays is evidence of its own that the model does not have, so
    it is not enough that two versions have too little in common to be told the same: an emptied record is nobody else.
    """
    forms = model.weighed(forms_of(records))
    levels = level_matrix(model.comparisons, forms, model.classes(forms), old, new)
    same, related = sums(levels, model.scoring.weights)
    probability = probabilities(same + model.scoring.prior_same, related + model.scoring.prior_related)[0]
    return np.asarray((probability < ask) & (same < 0))
