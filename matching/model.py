"""The model: everything learned from the whole population, frozen, so that one run scores like the next."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from domain.attributes import Attribute
from domain.errors import OnefoldError
from matching.attribute_types.trigrams import TrigramWeights
from matching.block import Plan
from matching.cluster import Scoring
from matching.compare import Comparison, comparisons_for
from matching.forms import Forms, compared_attributes, hash_forms
from matching.keys import Hashes
from matching.one_to_one import Matched
from matching.parallel import in_parallel
from matching.placeholders import without_placeholders
from matching.score import Fit, Weights

FORMAT = 4
"""Version of the artefact; a model of another version must be trained again."""


@dataclass(frozen=True, slots=True)
class Model:
    """What `onefold train` learned; its fingerprint names it."""

    comparisons: tuple[Comparison, ...]
    scoring: Scoring
    fit: Fit
    common: Mapping[str, tuple[Hashes, npt.NDArray[np.uint8]]]
    """By attribute: hashes of the forms that are not in the rarest frequency class, sorted, and their classes. An unseen form is rare."""
    trigrams: Mapping[str, TrigramWeights]
    """By attribute whose type weighs them: how rare each letter trigram is."""
    plan: Plan
    matched: Matched
    """Of sources without duplicates: the share of one's records that have a counterpart in another."""
    records: int
    """Records it was trained on."""
    placeholders: Mapping[str, Hashes] = field(default_factory=dict)
    """By attribute: sorted hashes of the forms that were found to stand for a missing value."""

    def classes(self, forms: Mapping[str, Forms]) -> dict[str, npt.NDArray[np.uint8]]:
        """The frequency class of every form, by attribute."""
        return dict(zip(forms, in_parallel(self.classes_of, forms.values()), strict=True))

    def classes_of(self, own: Forms) -> npt.NDArray[np.uint8]:
        """The frequency class of each distinct form of one attribute."""
        hashes, classes = self.common.get(own.attribute.name, (np.empty(0, np.uint64), np.empty(0, np.uint8)))
        result = np.zeros(len(own.distinct), np.uint8)
        if len(hashes):
            mine = hash_forms(own)
            place = np.minimum(np.searchsorted(hashes, mine), len(hashes) - 1)
            hit = hashes[place] == mine
            result[hit] = classes[place[hit]]
        return result

    def weighed(self, forms: Mapping[str, Forms]) -> dict[str, Forms]:
        """The forms the model compares, without learned placeholders, and with how rare each letter trigram was when it was trained."""
        used = {a.name for c in self.comparisons for a in c.attributes}
        return {name: self.weighed_one(name, own) for name, own in forms.items() if name in used}

    def weighed_one(self, name: str, own: Forms) -> Forms:
        """The same of one attribute."""
        if name in self.placeholders:
            own = without_placeholders(own, self.placeholders[name])
        return replace(own, weights=self.trigrams[name]) if name in self.trigrams else own

    @property
    def placeholder_counts(self) -> dict[str, int]:
        """How many forms of each attribute were found to stand for a missing value."""
        return {name: len(hashes) for name, hashes in self.placeholders.items()}

    @property
    def fingerprint(self) -> str:
        """A name that tells this model from every other."""
        return hashlib.blake2b(self.dump(), digest_size=8).hexdigest()

    def dump(self) -> bytes:
        """The artefact, as JSON."""
        document = {
            "format": FORMAT,
            "comparisons": [{"name": c.name, "attributes": [a.name for a in c.attributes], "labels": c.labels} for c in self.comparisons],
            "weights": [{"same": w.same.tolist(), "related": w.related.tolist()} for w in self.scoring.weights],
            "prior": [self.scoring.prior_same, self.scoring.prior_related],
            "fit": fit_document(self.fit),
            "common": {name: [h.tolist(), c.tolist()] for name, (h, c) in sorted(self.common.items())},
            "trigrams": {name: b64encode(weights.tobytes()).decode() for name, weights in sorted(self.trigrams.items())},
            "plan": {
                "everything": self.plan.everything,
                "limits": self.plan.limits,
                "keys": self.plan.keys,
                "refined": {k: v.tolist() for k, v in sorted(self.plan.refined.items())},
            },
            "matched": [[a, b, share] for (a, b), share in sorted(self.matched.items())],
            "records": self.records,
            "placeholders": {name: hashes.tolist() for name, hashes in sorted(self.placeholders.items())},
        }
        return orjson.dumps(document)


def fit_document(fitted: Fit) -> dict[str, Any]:
    """A fit as plain lists and numbers."""
    return {
        "m": [levels.tolist() for levels in fitted.m],
        "u": [levels.tolist() for levels in fitted.u],
        "r": [levels.tolist() for levels in fitted.r],
        "same_pairs": fitted.same_pairs,
        "related_pairs": fitted.related_pairs,
        "admissible_pairs": fitted.admissible_pairs,
        "rounds": fitted.rounds,
        "converged": fitted.converged,
    }


def load_model(artefact: bytes, attributes: Sequence[Attribute]) -> Model:
    """A model from its artefact, for the project's attributes; an error if it was trained on other comparisons."""
    document = orjson.loads(artefact)
    names = {name for c in document["comparisons"] for name in c["attributes"]}
    comparisons = comparisons_for([a for a in compared_attributes(attributes) if a.name in names])
    trained = [(c["name"], c["attributes"], c["labels"]) for c in document["comparisons"]]
    if document["format"] != FORMAT or trained != [(c.name, [a.name for a in c.attributes], list(c.labels)) for c in comparisons]:
        raise OnefoldError("the adopted model was trained on other attributes or by another version. Train again: onefold train.")
    weights = tuple(Weights(np.array(w["same"], np.int64), np.array(w["related"], np.int64)) for w in document["weights"])
    levels: dict[str, Any] = {side: tuple(np.array(x, np.float64) for x in document["fit"].pop(side)) for side in ("m", "u", "r")}
    return Model(
        comparisons,
        Scoring(weights, *document["prior"]),
        Fit(**levels, **document["fit"]),
        {name: (np.array(h, np.uint64), np.array(c, np.uint8)) for name, (h, c) in document["common"].items()},
        {name: np.frombuffer(b64decode(weights), np.uint8) for name, weights in document["trigrams"].items()},
        Plan(
            document["plan"]["everything"],
            tuple(document["plan"]["limits"]),
            tuple(tuple(path) for path in document["plan"]["keys"]),
            {k: np.array(v, np.uint64) for k, v in document["plan"]["refined"].items()},
        ),
        {(a, b): share for a, b, share in document["matched"]},
        document["records"],
        {name: np.array(hashes, np.uint64) for name, hashes in document["placeholders"].items()},
    )


def common_forms(own: Forms, classes: npt.NDArray[np.uint8]) -> tuple[Hashes, npt.NDArray[np.uint8]]:
    """What a model keeps of the frequencies of one attribute."""
    kept = classes > 0
    hashes = hash_forms(own)[kept]
    order = np.argsort(hashes)
    return hashes[order], classes[kept][order]
